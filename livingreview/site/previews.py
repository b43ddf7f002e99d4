"""The picture that other sites show beside a link to a page: its title, and how far the evidence was searched."""

from __future__ import annotations

from pathlib import Path

from livingreview.publish.figures.page import SIZE, STYLE, wrap

FOLDER = "previews"
WIDTH, HEIGHT = 1200, 630  # pixels: what sites ask for
INK, PAPER, ACCENT = "#1c2126", "#eef5f3", "#1d6b5a"  # as on the page
_LEFT, _TOP = 90, 200
_SIZES = (72, 60, 48, 40)  # of the title: the first in which it takes four lines


def draw(path: Path, title: str, above: str, below: str) -> None:
    """Write the preview of a page; the same texts give the same bytes.

    Parameters
    ----------
    path : Path
        Where the PNG goes; its folder is made.
    title : str
        Title of the page.
    above, below : str
        One line each.
    """
    import matplotlib.style
    from matplotlib.figure import Figure

    def lines(size: int) -> list[str]:
        return wrap(title, (WIDTH - 2 * _LEFT) * SIZE / size, bold=True)

    size = next((size for size in _SIZES if len(lines(size)) <= 4), _SIZES[-1])
    with matplotlib.style.context(STYLE, after_reset=True):
        figure = Figure(figsize=(WIDTH / 72, HEIGHT / 72), dpi=72, facecolor=PAPER)
        texts: list[tuple[float, str, int, str]] = [(110, above, 32, "normal"), (HEIGHT - 70, below, 28, "normal")]
        texts += [(_TOP + size * (0.5 + 1.25 * i), line, size, "bold") for i, line in enumerate(lines(size))]
        for y, text, points, weight in texts:
            figure.text(_LEFT / WIDTH, 1 - y / HEIGHT, text, size=points, weight=weight, color=INK, va="baseline")
        bar = figure.add_axes((0, 0, 24 / WIDTH, 1))
        bar.set_facecolor(ACCENT)
        bar.set(xticks=[], yticks=[])
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, format="png", dpi=72, facecolor=PAPER, metadata={"Software": None})
