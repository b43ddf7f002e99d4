"""The forms of the chapter `clinic`: plain controls, and the answer for their initial values.

A form is hidden until its script (site/static/clinic.js) is loaded; the tables of the chapter are always there. The
numbers and sentences that the script needs are in attributes of the form.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from html import escape

from livingreview.publish.calculator import (
    LONGEST,
    PANEL,
    PREVALENCE,
    STAFFING_LINES,
    TOGETHER,
    Block,
    Field,
    Guidance,
    Outcome,
    effect_answer,
    sentences,
    staffing_answer,
)
from livingreview.publish.numbers import Cell

_MIX = "Shares of the people on the caseload, in %; they must add up to 100."
_WITHOUT = "The form for your own numbers needs JavaScript. The table below answers for common numbers."
_SHARE = "The link to this page saves your entries."


@dataclass(frozen=True)
class Tool:
    """A form with its answer.

    Parameters
    ----------
    name : str
        'effect' or 'staffing': which calculation the script does.
    title : str
        Names the form for a screen reader.
    controls : str
        HTML of the labelled controls.
    numbers : mapping
        What the calculation needs besides the entries.
    answer : sequence of Block
        The answer for the initial values of the controls.
    sources : Cell
        What the answer means and where its numbers come from.
    """

    name: str
    title: str
    controls: str
    numbers: Mapping[str, object]
    answer: Sequence[Block]
    sources: Cell

    def _repr_html_(self) -> str:
        data = "".join(
            f" data-{key}='{escape(json.dumps(value))}'"
            for key, value in (("numbers", self.numbers), ("words", sentences()), ("lines", STAFFING_LINES))
            if key != "lines" or self.name == "staffing"
        )
        blocks = "\n".join(map(_block, self.answer))
        share = f'\n<p class="table-note">{_SHARE}</p>' if self.name == "effect" else ""
        return (
            f'<noscript><p class="table-note">{_WITHOUT}</p></noscript>\n'
            f'<form class="lr-tool" id="tool-{self.name}" data-tool="{self.name}"{data} '
            f'aria-label="{escape(self.title)}" hidden>\n{self.controls}\n'
            f'<output aria-live="polite">\n{blocks}\n</output>\n'
            f'<p class="table-note">{self.sources.html()}</p>{share}\n</form>'
        )

    def __repr__(self) -> str:
        return f"Tool: {self.title}"


def effect_tool(title: str, outcomes: Sequence[Outcome], sources: Cell) -> Tool:
    """A form that applies published ratios of an outcome to a baseline risk.

    Parameters
    ----------
    title : str
        Names the form.
    outcomes : sequence of Outcome
        One for each source of ratios; the first one is selected initially.
    sources : Cell
        Where the ratios come from.
    """
    first = outcomes[0]
    hint = "a number from 0 to 100, such as 12.5"
    question = f"Of 100 of your patients, how many would {first.verb} with {first.comparator}?"
    field = Field("baseline", question, hint, first.baseline)
    options = "".join(f'<option value="{outcome.name}">{escape(outcome.label)}</option>' for outcome in outcomes)
    select = (
        f'<p><label for="tool-outcome">Ratio from</label> '
        f'<select id="tool-outcome" name="outcome">{options}</select></p>'
    )
    numbers = {outcome.name: asdict(outcome) for outcome in outcomes}
    answer = effect_answer(first, field, field.value)
    return Tool("effect", title, f"{select}\n{_input(field)}", numbers, answer, sources)


def staffing_tool(title: str, groups: Sequence[str], guidance: Guidance, sources: Cell) -> Tool:
    """A form that turns a panel, a prevalence and a case mix into staff, contacts and minutes.

    Parameters
    ----------
    title : str
        Names the form.
    groups : sequence of str
        Names of the groups of `guidance.caseloads`.
    guidance : Guidance
    sources : Cell
        Where the guidance comes from.
    """
    mix = mix_fields(groups)
    fields = [PANEL, PREVALENCE, TOGETHER, *mix]
    asked, shares = ("\n".join(map(_input, group)) for group in (fields[: -len(mix)], mix))
    hint = f'<p class="lr-hint" id="tool-mix-hint">{_MIX}</p>'
    controls = f"{asked}\n<fieldset><legend>Case mix</legend>\n{hint}\n{shares}\n</fieldset>"
    answer = staffing_answer(fields, guidance, {field.name: field.value for field in fields})
    return Tool("staffing", title, controls, asdict(guidance), answer, sources)


def mix_fields(groups: Sequence[str]) -> list[Field]:
    """The fields of the case mix, one for each group."""
    share = str(100 // len(groups))
    return [Field(f"mix{n}", group, "a number from 0 to 100, such as 25", share) for n, group in enumerate(groups)]


def _block(block: Block) -> str:
    head, lines = block
    texts = "".join(f"<span>{escape(line)}</span>" for line in lines)
    return f'<span class="lr-block"><b>{escape(head)}</b>{texts}</span>'


def _input(field: Field) -> str:
    name, mode = f"tool-{field.name}", "numeric" if field.whole else "decimal"
    whole = " data-whole" if field.whole else ""
    shared = field.name.startswith("mix")
    hint = "tool-mix-hint" if shared else f"{name}-hint"
    text = (
        "" if shared else f' <span class="lr-hint" id="{hint}">{escape(field.hint[:1].upper() + field.hint[1:])}</span>'
    )
    return (
        f'<p><label for="{name}">{escape(field.label)}</label> <input id="{name}" name="{field.name}" '
        f'value="{escape(field.value)}" inputmode="{mode}" autocomplete="off" maxlength="{LONGEST}" '
        f'aria-describedby="{hint}" data-most="{field.most}"{whole} data-wrong="{escape(field.wrong)}">{text}</p>'
    )
