"""A chapter on one page, for a visit or a meeting: what its first screen says, in plain words, and what is not known.

All sentences are those of the page, which are bound. Without the time and the place of its making in it, a PDF is the
same each time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes

from livingreview.evidence import load
from livingreview.publish.figures.page import SIZE, wrap
from livingreview.site import citing
from livingreview.site.pages import ADVICE
from livingreview.statistics import wording

if TYPE_CHECKING:
    from sphinx.application import Sphinx

#: Folder of the handouts, from the root of the site.
FOLDER = "handouts"
#: Papers and their sizes in points.
PAPERS = {"a4": (595.28, 841.89), "letter": (612.0, 792.0)}
#: The heads of a handout that are those of sections of its page.
PLAIN, GAPS, HARMS = "In plain words", "What this does not show", "Harms"
CRISIS = "In crisis? Call or text 988 (US). Emergency: 911. Outside the US: your local emergency number."

_MARGIN = 50.0
_SMALLEST = 7.0
_HARM = re.compile(r"(?i)\bharm")

#: Text, size relative to that of the running text, whether it is bold, and the space above it in lines.
Paragraph = tuple[str, float, bool, float]


@dataclass(frozen=True)
class Handout:
    """What a handout says.

    Parameters
    ----------
    title : str
        That of the chapter.
    answer, plain, gaps : sequence of str
        Paragraphs of the card at its top, of its plain words, and of what it does not show.
    cite : str
        How the chapter is cited.
    """

    title: str
    answer: Sequence[str]
    plain: Sequence[str]
    gaps: Sequence[str]
    cite: str

    @property
    def has_harms(self) -> bool:
        """Whether it says something about harms."""
        return any(map(_HARM.search, (*self.answer, *self.plain, *self.gaps)))


def collect(app: Sphinx, page: str, _template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Keep what the handout of a chapter says, and name it to the template."""
    if doctree is None or app.builder.format != "html":
        return
    if not hasattr(app.builder, "handouts"):
        app.builder.handouts, app.builder.harms = {}, ""  # type: ignore[attr-defined]
    if page == app.config.root_doc:
        app.builder.harms = _of_harms(doctree)  # type: ignore[attr-defined]
        return
    answer = [text for text in citing.paragraphs(doctree, full=True) if text]
    gaps = [*_texts(doctree, GAPS)]
    if not answer or not gaps:
        return
    facts, title = load().facts, next(doctree.findall(nodes.title)).astext()
    cite = citing.vancouver(citing.of_review(facts, f"{page}.html", title), facts)
    name = Path(page).name
    app.builder.handouts[name] = Handout(title, answer, [*_texts(doctree, PLAIN)], gaps, cite)  # type: ignore[attr-defined]
    context["handouts"] = [(f"../{FOLDER}/{name}-{paper}.pdf", paper.capitalize()) for paper in PAPERS]


def _of_harms(document: nodes.document) -> str:
    """What the first page of the review answers where the question is harms."""
    for item in document.findall(nodes.list_item):
        question, *answer = (" ".join(text.astext().split()) for text in item.findall(nodes.paragraph))
        if question == HARMS:
            return f"{HARMS}: {' '.join(answer)}"
    return ""


def _texts(document: nodes.document, head: str) -> Iterator[str]:
    """Paragraphs of the section of a head."""
    for section in document.findall(nodes.section):
        title = section.next_node(nodes.title)
        if title is not None and title.parent is section and title.astext() == head:
            for child in section.findall(nodes.paragraph):
                yield " ".join(child.astext().split())


def write(app: Sphinx, error: Exception | None) -> None:
    """Write the handouts, each on every paper."""
    handouts: dict[str, Handout] = getattr(app.builder, "handouts", {})
    if error is not None or not handouts:
        return
    folder = Path(app.outdir, FOLDER)
    folder.mkdir(exist_ok=True)
    harms: str = getattr(app.builder, "harms", "")
    for name, handout in handouts.items():
        of_review = [] if handout.has_harms or not harms else [harms]
        for paper, size in PAPERS.items():
            draw(folder / f"{name}-{paper}.pdf", paragraphs(handout, of_review, load().facts), handout.title, size)


def paragraphs(handout: Handout, harms: Sequence[str], facts: dict[str, str]) -> list[Paragraph]:
    """List what stands on a handout, from its top.

    Parameters
    ----------
    handout : Handout
    harms : sequence of str
        What the review says about harms, where the chapter says nothing.
    facts : dict of str to str
        The facts of the review.

    Returns
    -------
    list of Paragraph
    """
    version = f"Version {facts['version']}, evidence read to {wording.day(facts['evidence_searched_to'])}."
    first, *others = handout.answer
    listed: list[Paragraph] = [
        (facts["title"], 0.85, False, 0),
        (handout.title, 1.7, True, 0.3),
        (first, 1.1, True, 0.6),
    ]
    listed += [(f"• {text}", 1, False, 0.3) for text in others]
    for head, texts in ((PLAIN, handout.plain), (GAPS, [f"• {text}" for text in (*handout.gaps, *harms)])):
        listed += [(head, 1.2, True, 1), *((text, 1, False, 0.25) for text in texts)]
    ends = (f"{version} {facts['licence']}.", handout.cite, ADVICE, CRISIS)
    return [*listed, *((text, 0.8, False, 0.2 if n else 1.2) for n, text in enumerate(ends))]


def draw(path: Path, shown: Sequence[Paragraph], title: str, paper: tuple[float, float]) -> None:
    """Set paragraphs on one page, as large as they fit.

    Parameters
    ----------
    path : Path
        The PDF.
    shown : sequence of Paragraph
    title : str
        Of the file.
    paper : tuple of float
        Width and height in points.

    Raises
    ------
    ValueError
        If they do not fit in a size that can be read.
    """
    import matplotlib
    from matplotlib.figure import Figure

    size = SIZE
    while (lines := _set(shown, paper, size))[-1][1] > paper[1] - _MARGIN:
        size -= 0.25
        if size < _SMALLEST:
            raise ValueError(f"{path.name} must fit on one page; shorten the card or the gaps of its chapter.")
    with matplotlib.rc_context({"pdf.fonttype": 42, "font.family": "DejaVu Sans"}):
        figure = Figure(figsize=(paper[0] / 72, paper[1] / 72))
        for text, y, points, bold in lines:
            weight = "bold" if bold else "normal"
            figure.text(_MARGIN / paper[0], 1 - y / paper[1], text, size=points, weight=weight, parse_math=False)
        figure.savefig(path, format="pdf", metadata={"Title": title, "CreationDate": None})


def _set(shown: Sequence[Paragraph], paper: tuple[float, float], size: float) -> list[tuple[str, float, float, bool]]:
    """Break paragraphs into lines: text, baseline from the top, size, whether it is bold."""
    lines, y = [], _MARGIN
    for text, scale, bold, above in shown:
        points = size * scale
        y += above * size
        for line in wrap(text, (paper[0] - 2 * _MARGIN) * SIZE / points, bold):
            y += points * 1.35
            lines.append((line, y, points, bold))
    return lines
