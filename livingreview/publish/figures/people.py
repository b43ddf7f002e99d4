"""Out of 100 people: one square per person."""

from __future__ import annotations

from livingreview.publish.figures.page import EDGE, LINE, WIDTH, Edges, sheet, wrap
from livingreview.publish.figures.parts import Figure, Risk, check_printed, drawing, known, prose, table
from livingreview.statistics.wording import listed

_ROW = 10  # squares
_GAP = 24.0  # between the two arms
_AIR = 3.0  # between two squares
_KEY = "Each square is one of 100 people. Paler squares lie within the 95% CI."


@drawing
def people(name: str, outcome: Risk, *, summary: str = "") -> Figure:
    """Draw the risks of two arms as 100 squares each, the squares within the interval paler.

    Parameters
    ----------
    name : str
        Prefix of the ids, unique on the page.
    outcome : Risk
        Two arms whose estimates and limits are people out of 100, and their difference as printed.
    summary : str
        First sentence of the description.

    Raises
    ------
    ValueError
        If a number is unknown, lies outside 0 to 100, or is not stated by the text beside it.
    """
    side = (WIDTH - 2 * EDGE - _GAP) / 2
    step = (side + _AIR) / _ROW
    with sheet() as page:
        heads = [[*wrap(arm.label, side, bold=True), *wrap(arm.printed, side)] for arm in outcome.arms]
        top = page.y + LINE * max(map(len, heads)) + 4
        for i, (arm, head) in enumerate(zip(outcome.arms, heads, strict=True)):
            counts = [known(number) for number in (arm.low, arm.estimate, arm.high)]
            drawn = [count for count in counts if count is not None]
            if len(drawn) < len(counts) or not 0 <= min(drawn) <= max(drawn) <= _ROW**2:
                raise ValueError(f"{name}, {arm.label}: must have an estimate with limits, from 0 to 100.")
            check_printed(f"{name}, {arm.label}", arm.printed, *drawn)
            left = EDGE + i * (side + _GAP)
            area = (left, page.y, left + side, top - 4)
            page.centred(area, [(line, line in wrap(arm.label, side, bold=True)) for line in head])
            boxes: list[Edges] = []
            for n in range(_ROW**2):
                x, y = left + n % _ROW * step, top + n // _ROW * step
                boxes.append((x, y, x + step - _AIR, y + step - _AIR))
            low, middle, high = (int(count + 0.5) for count in drawn)
            page.tiles(boxes[:low], series=i, tint=1.0)
            page.tiles(boxes[low:middle], series=i, tint=0.6)
            page.tiles(boxes[middle:high], series=i, tint=0.2)
            page.tiles(boxes[high:])
        page.y = top + side + 6
        if outcome.difference:
            first, second = (arm.estimate or 0.0 for arm in outcome.arms)
            check_printed(f"{name}, difference", outcome.difference, abs(first - second), unsigned=True)
            page.paragraph(f"Difference: {outcome.difference}", bold=True)
        page.paragraph(_KEY)
        arms_in_words = listed([f"{arm.label} {arm.printed}" for arm in outcome.arms])
        difference = f", difference {outcome.difference}" if outcome.difference else ""
        alt = prose(f"Out of 100 people. {outcome.title}: {arms_in_words}{difference}")
        description = prose(
            summary, f"Two squares of 100 people each. {outcome.title}: {arms_in_words}{difference}", _KEY
        )
        columns, data = table(("Outcome", "Arm", "Value"), [(outcome.title, a.label, a.printed) for a in outcome.arms])
        return Figure(page.svg(name, alt, description), alt, description, columns, data)
