"""Drawings as PNG, and the one thing that a build takes over from the one before: pictures that it would draw again.

A picture is kept under a name made of all that it depends on, so that a kept one is the one that would be drawn.
"""

from __future__ import annotations

import functools
import hashlib
from importlib.metadata import version
from pathlib import Path

from livingreview.repository import replace_file

#: Folder of the kept pictures, beside that of the site.
FOLDER = "pictures"


@functools.cache
def _fonts() -> list[str]:
    """The fonts that the figures were laid out with. matplotlib brings them, so they are the same everywhere."""
    import matplotlib

    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    return [str(folder / f"DejaVuSans{style}.ttf") for style in ("", "-Bold", "-Oblique", "-BoldOblique")]


def picture(drawing: str) -> bytes:
    """Draw an SVG as PNG, three pixels a point: 994 pixels wide, enough for a slide."""
    import resvg_py

    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=drawing.replace('width="100%"', "", 1),
            zoom=3,
            skip_system_fonts=True,
            font_files=_fonts(),
            font_family="DejaVu Sans",
            sans_serif_family="DejaVu Sans",
        )
    )


@functools.cache
def _maker() -> bytes:
    """All that a picture depends on besides its drawing: this file, and the packages that draw and bring the fonts."""
    return "\n".join([Path(__file__).read_text(encoding="utf-8"), version("resvg_py"), version("matplotlib")]).encode()


def name(drawing: str) -> str:
    """Name under which the picture of a drawing is kept."""
    return hashlib.sha256(_maker() + drawing.encode()).hexdigest()


def kept(drawing: str, folder: Path) -> bytes:
    """Give the picture of a drawing: the kept one, or one that is drawn and kept.

    Parameters
    ----------
    drawing : str
        The SVG.
    folder : Path
        Of the kept pictures; it need not be there.

    Returns
    -------
    bytes
        A PNG. A file that is not as it was written is not used.
    """
    file = folder / name(drawing)
    stored = file.read_bytes() if file.exists() else b""
    digest, png = stored[:32], stored[32:]
    if hashlib.sha256(png).digest() != digest:
        png = picture(drawing)
        folder.mkdir(parents=True, exist_ok=True)
        replace_file(file, hashlib.sha256(png).digest() + png)
    return png


def names(folder: Path) -> set[str]:
    """List the kept pictures."""
    return {path.name for path in folder.glob("*")}


def tidy(site: Path, folder: Path) -> set[str]:
    """Drop the kept pictures that a site does not show, and list the others."""
    shown = {name(path.read_text(encoding="utf-8")) for path in site.glob("figures/*/*.svg")}
    for unused in names(folder) - shown:
        (folder / unused).unlink()
    return names(folder)
