"""Falsehoods planted into a small chapter: each is shown as not confirmed, and most are refused once confirmed."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from livingreview import cli
from livingreview.audit import sentences
from livingreview.audit.sentences import asking, register, rules, tables, words
from livingreview.audit.sentences.context import Context
from livingreview.audit.sentences.register import Basis
from livingreview.audit.sentences.texts import distinct, normal
from livingreview.evidence import DATA, load
from livingreview.evidence.about import about

RECORD = "application/papermill.record/text/plain"
CC, UC, BOTH = "impact-response-12m-cc", "impact-response-12m-control", "impact-response-12m-contrast"
SCL = "impact-scl20-12m-contrast"
COSTS = ("impact-health-cost-48m-cc-two-sites", "impact-health-cost-48m-control-two-sites")

PROSE = """## What the trial found

At 12 months {n}`cc` of the people offered collaborative care responded, against {n}`uc` with usual care.
Out of 100 people {n}`rd` more responded with collaborative care than with usual care (95% CI {n}`rd_ci`).
The {n}`size` people had depression and were treated in US primary care.
On the SCL-20 the difference was {n}`scl` points at 12 months (95% CI {n}`scl_ci`), better with collaborative care.
The difference on the SCL-20 was significant at 12 months ({n}`scl_p`).
Over 4 years collaborative care cost {n}`cost_cc` dollars a person and usual care {n}`cost_uc`.
In the CLARO trial depression did not differ significantly from enhanced usual care at 6 months ({n}`claro`).
IMPACT enrolled {n}`size` people and CLARO {n}`claro_n`.
More people responded with collaborative care than with usual care at 12 months.
The comparator was usual care for depression, incl. antidepressants or referral.
Response means that the score had at least halved.
The abstract names no primary outcome.
"""


def number(key: str, text: str, rows: list[str], columns: tuple[str, ...] = (), formula: str = "") -> dict[str, Any]:
    ours = {"rows": rows, "formula": formula, "cells": [f"{row}.{column}" for row in rows for column in columns]}
    metadata = {"scrapbook": {"name": key}, "livingreview": ours}
    return {"output_type": "display_data", "data": {RECORD: text}, "metadata": metadata}


FIGURE = (
    "<figure><figcaption>People out of 100 who responded at 12 months.</figcaption>"
    "<svg><title>t</title><desc>Collaborative care: 45. Usual care: 19. Left favours usual care.</desc>"
    "<text>Collaborative care</text><text>45</text><text>Usual care</text><text>favours usual care</text>"
    "<text>favours collaborative care</text><text>months after entry</text></svg></figure>"
)
TABLE = (
    '<table class="lr"><caption>Costs over 4 years in US dollars.</caption><thead><tr><th>Arm</th>'
    "<th>Collaborative care, dollars</th><th>Usual care, dollars</th></tr></thead><tbody>"
    f'<tr><th>Cost a person</th><td><a class="n" href="results.html#{COSTS[0]}">29,422</a></td>'
    f'<td><a class="n" href="results.html#{COSTS[1]}">32,785</a></td></tr></tbody></table>'
    "<p>Means with the limits of each.</p>"
)
CONCLUSION = "More people responded with collaborative care than with usual care at 12 months."
OUTPUTS = [
    number("cc", "45%", [CC], ("estimate",)),
    number("uc", "19%", [UC], ("estimate",)),
    number("rd", "26", [CC, UC], ("estimate",), "risk difference, 45% of 906 against 19% of 895"),
    number("rd_ci", "22 to 30", [CC, UC], ("estimate",), "risk difference, 45% of 906 against 19% of 895"),
    number("scl", "−0.4", [SCL], ("estimate",)),
    number("scl_ci", "−0.46 to −0.33", [SCL], ("ci_low", "ci_high")),
    number("scl_p", "P < 0.001", [SCL], ("p_value",)),
    number("cost_cc", "29,422", [COSTS[0]], ("estimate",)),
    number("cost_uc", "32,785", [COSTS[1]], ("estimate",)),
    number("word", "more people", [CC, UC]),
    {
        "output_type": "display_data",
        "data": {RECORD: CONCLUSION},
        "metadata": {"livingreview": {"conclusion": True, "rests_on": [CC, UC]}},
    },
]
SHOWN = [
    {"output_type": "display_data", "data": {"text/html": FIGURE}, "metadata": {"livingreview": {"drawn": [CC, UC]}}},
    {"output_type": "execute_result", "data": {"text/html": TABLE}, "metadata": {}},
    number("size", "1,801", ["impact"], ("n_randomised",)),
    number("claro", "−1.0", ["claro-phq9-6m-contrast"], ("estimate",)),
    number("arm_n", "400", ["claro-cc"], ("n",)),
    number("women", "65%", ["impact-baseline-women"], ("value",)),
    number("care_months", "12", ["impact"]),
    number("or", "3.45", [BOTH], ("estimate",)),
    number("claro_n", "797", ["claro"], ("n_randomised",)),
]


def chapter(prose: str = PROSE) -> dict[str, Any]:
    """A chapter in memory, on rows of the data."""
    cells = [("code", OUTPUTS), ("markdown", prose), ("code", SHOWN)]
    return {
        "cells": [
            {"cell_type": kind, "id": f"c{i}", "metadata": {}}
            | ({"source": "x", "outputs": copy.deepcopy(content)} if kind == "code" else {"source": content})
            for i, (kind, content) in enumerate(cells)
        ]
    }


BOOK = load()


def confirmed(content: dict[str, Any]) -> list[Basis]:
    """The register of a chapter whose every sentence was confirmed as proposed."""
    pages = {"trial": content}
    context = Context(BOOK, pages)
    return [register.propose(context, sentence) for sentence in distinct(BOOK, pages).values()]


def problems(content: dict[str, Any], lines: list[Basis]) -> list[str]:
    return [str(problem) for problem in sentences.problems(BOOK, {"trial": content}, lines)]


TRUE = confirmed(chapter())

ADDED = [
    "It took place in nineteen clinics.",
    "The trial had three arms.",
    "Fourscore people took part.",
    "The share fell by a fifth with collaborative care.",
    "A tenth of the people left.",
    "The arms had LX and IV sites.",
    "This was a phase IV trial.",
    "It had ⠼⠙⠑ sites.",
    "It had ⅷ sites.",
    "It had ½ of the sites.",
    "It had ④ sites.",
    "Response was nineteen per cent with collaborative care.",
    "Response was fifteen percent with collaborative care.",
    "It was the nineteenth such trial.",
    "Collaborative care ranked last of the arms.",
    "It took two to four years.",
    "It had seven to nine sites.",
    "It ended in July.",
    "It ended in the spring of last year.",
    "Dozens of clinics took part.",
    "Nobody left the trial.",
    "Most people left the trial.",
    "Four times as many people responded.",
    "Hundreds of people died.",
    "The trial lasted a decade.",
    "In usual care everyone responded.",
    "Symptoms fell by at least half in everyone.",
    "Response doubled with collaborative care.",
    "A third of the people responded.",
    "Twice the number responded.",
    "A threefold difference was reported.",
    "Response was read on the PHQ-2.",
    "Depression was measured with the SCL-90.",
    "Symptoms were rated on the HAM-D.",
    "The trial is registered as NCT99999999.",
    "Its report is PMC1234567.",
    "The report has the doi 10.1000/xyz123.",
    "The team billed code 99499.",
    "The comparator was placebo.",
    "The comparator was a waiting list.",
    "The control arm had sham treatment.",
    "The people had schizophrenia.",
    "It enrolled adolescents.",
    "The people were children with anxiety.",
    "It took place in Canadian hospitals.",
    "It was run in Australia.",
    "It enrolled pregnant women.",
    "It took place in prisons.",
    "Costs are given in euros.",
    "Costs are given in pounds.",
    "It enrolled people with HIV.",
    "The people had dementia.",
    "It was done in nursing homes.",
    "The risk of bias was rated low.",
    "The certainty of the evidence is high.",
    "This is high-certainty evidence.",
    "Collaborative care is equivalent to usual care.",
    "Collaborative care has no effect on deaths.",
    "The trial proved that it works.",
    "Collaborative care cures depression.",
    "The result is conclusive.",
    "It always helps.",
    "The difference in costs was significant.",
    "Deaths did not differ significantly.",
    "More people had thoughts of suicide with collaborative care.",
    "The difference in symptoms grew.",
    "Usual care was better for pain.",
    "Symptoms were worse with collaborative care.",
    "Fewer people responded.",
    "Collaborative care was the best of the arms.",
    "It had the largest difference of any trial.",
    "Costs rose with collaborative care.",
    "Quality of life declined.",
    "The people improved less in the programme.",
    "Fewer people responded with collaborative care than with usual care at 12 months.",
    "More people responded with collaborative care than with usual care at 24 months.",
    "More people died with collaborative care than with usual care at 12 months.",
    "More people relapsed with collaborative care than with usual care at 12 months.",
    "More people did not respond with collaborative care than with usual care at 12 months.",
    "At 12 months {n}`uc` responded with collaborative care.",
    "At 12 months {n}`cc` responded with usual care.",
    "With collaborative care {n}`uc` responded, and with usual care {n}`cc`.",
    "At 24 months {n}`cc` responded with collaborative care.",
    "At 12 weeks {n}`cc` responded with collaborative care.",
    "At 3 years {n}`cc` responded with collaborative care.",
    "In PROUD {n}`cc` responded with collaborative care.",
    "Of the veterans {n}`cc` responded with collaborative care.",
    "In Germany {n}`cc` responded with collaborative care.",
    "Of the people with diabetes {n}`cc` responded.",
    "In remission with collaborative care were {n}`cc`.",
    "Of the people {n}`cc` died.",
    "On the PHQ-9 {n}`cc` responded.",
    "They paid {n}`cost_cc` euros with collaborative care.",
    "The difference was {n}`scl` points (95% CI {n}`rd_ci`).",
    "Fewer people responded with collaborative care: {n}`rd`.",
    "The difference favours usual care: {n}`scl` points.",
    "Collaborative care was worse by {n}`scl` points.",
    "The difference was not significant: {n}`scl`.",
    "The difference with CLARO was significant: {n}`claro`.",
    "It shows with moderate certainty that {n}`cc` responded.",
    "The costs were {n}`cost_uc` with collaborative care.",
    "Against placebo {n}`cc` responded.",
    "In prisons {n}`cc` responded.",
    "Of the children {n}`cc` responded.",
    "Six of the people died, and {n}`cc` responded.",
    "Half responded with collaborative care, {n}`cc`.",
]

#: One-word edits of the sentences of the chapter.
EDITS = [
    ("At 12 months {n}`cc`", "At 24 months {n}`cc`"),
    ("At 12 months {n}`cc`", "At 12 weeks {n}`cc`"),
    ("At 12 months {n}`cc`", "At 6 months {n}`cc`"),
    ("{n}`cc` of the people offered", "{n}`uc` of the people offered"),
    ("against {n}`uc` with", "against {n}`cc` with"),
    ("`uc` with usual care.", "`uc` with placebo."),
    ("`uc` with usual care.", "`uc` with collaborative care."),
    ("people offered collaborative", "people offered usual"),
    ("care responded, against", "care relapsed, against"),
    ("care responded, against", "care died, against"),
    ("of the people offered", "of the children offered"),
    ("of the people offered", "of the veterans offered"),
    ("`rd` more responded", "`rd` fewer responded"),
    ("`rd` more responded", "`rd` more died"),
    ("`rd` more responded", "`rd` more remitted"),
    ("than with usual care (95%", "than with placebo (95%"),
    ("(95% CI {n}`rd_ci`)", "(95% CI {n}`scl_ci`)"),
    ("people had depression", "people had anxiety"),
    ("people had depression", "people had cancer"),
    ("people had depression", "people had diabetes"),
    ("treated in US primary", "treated in UK primary"),
    ("treated in US primary", "treated in German primary"),
    ("US primary care.", "US hospitals."),
    ("{n}`size` people had", "{n}`claro_n` people had"),
    ("On the SCL-20 the", "On the PHQ-9 the"),
    ("On the SCL-20 the", "On the PCL-5 the"),
    ("points at 12 months (95%", "points at 24 months (95%"),
    ("points at 12 months (95%", "points at 12 years (95%"),
    ("(95% CI {n}`scl_ci`)", "(95% CI {n}`rd_ci`)"),
    ("better with", "worse with"),
    ("`scl` points at 12", "`scl` euros at 12"),
    ("was significant at 12", "was not significant at 12"),
    ("SCL-20 was significant", "SF-12 was significant"),
    ("significant at 12 months", "significant at 4 years"),
    ("Over 4 years", "Over 4 months"),
    ("Over 4 years", "Over 2 years"),
    ("`cost_cc` dollars", "`cost_cc` euros"),
    ("`cost_cc` dollars", "`cost_uc` dollars"),
    ("usual care {n}`cost_uc`", "usual care {n}`cost_cc`"),
    ("In the CLARO trial", "In the CHAMP trial"),
    ("In the CLARO trial", "In the IMPACT trial"),
    ("did not differ significantly", "differed significantly"),
    ("enhanced usual care at 6", "placebo at 6"),
    ("usual care at 6 months", "usual care at 12 months"),
    ("trial depression did", "trial pain did"),
    ("and CLARO {n}`claro_n`", "and CHAMP {n}`claro_n`"),
    ("IMPACT enrolled", "PROUD enrolled"),
    ("and CLARO {n}`claro_n`", "and CLARO {n}`size`"),
    ("More people responded", "Fewer people responded"),
    ("than with usual care (95%", "than with collaborative care (95%"),
    ("Over 4 years collaborative care", "Over 4 years usual care"),
    ("More people responded", "More people relapsed"),
    ("than with usual care at 12 months.", "than with placebo at 12 months."),
    ("than with usual care at 12 months.", "than with usual care at 24 months."),
    ("comparator was usual care for", "comparator was enhanced usual care for"),
    ("care for depression, incl.", "care for anxiety, incl."),
    ("comparator was usual care", "comparator was placebo"),
    ("names no primary", "names three primary"),
    ("score had at least halved", "score had at least doubled"),
    ("What the trial found", "What the trial proved"),
    ("people had depression", "people had PTSD"),
]

#: Words of labels, headers, captions, descriptions and series that code exchanges.
LABELS = [
    (
        "<text>Collaborative care</text><text>45</text><text>Usual care</text>",
        "<text>Usual care</text><text>45</text><text>Collaborative care</text>",
    ),
    (
        "<text>favours usual care</text><text>favours collaborative care</text>",
        "<text>favours collaborative care</text><text>favours usual care</text>",
    ),
    (
        "<th>Collaborative care, dollars</th><th>Usual care, dollars</th>",
        "<th>Usual care, dollars</th><th>Collaborative care, dollars</th>",
    ),
    ("responded at 12 months", "responded at 24 months"),
    ("who responded at", "who died at"),
    ("months after entry", "weeks after entry"),
    ("Left favours usual", "Left favours collaborative"),
    ("Collaborative care: 45. Usual care: 19.", "Usual care: 45. Collaborative care: 19."),
    ("Costs over 4 years in US dollars", "Costs over 4 years in euros"),
    ("Cost a person", "Cost a clinic"),
    ("Means with the limits", "Medians with the limits"),
    ("People out of 100 who", "Children out of 100 who"),
]


#: Each of these is refused by a rule of its own, whatever it is confirmed as.
REFUSED = [
    "Care lasted {n}`care_months` years.",
    "The people, {n}`size` in all, were aged {n}`women` or under.",
    "Odds of response were lower with it (odds ratio {n}`or`).",
    "At 24 months {n}`cc` of the people offered collaborative care responded.",
    "In CLARO the secondary outcome, depression, differed by {n}`claro` points.",
    "IMPACT compared the two arms in {n}`claro_n` people.",
    "At the start people gave usual care minus collaborative care as the difference.",
    "Clinicians went through the results by hand.",
    "On the SCL-20 people had −0.4 fewer points with collaborative care.",
    "On the SCL-20 symptoms fell less with collaborative care than with usual care ({n}`scl`).",
    "On the SCL-20 the people improved less with collaborative care ({n}`scl`).",
    "Of the people {n}`cc` responded; fewer responded with collaborative care than with usual care ({n}`rd`).",
    "Of people without treatment fewer responded with collaborative care ({n}`rd`).",
    "CLARO had {n}`arm_n` people in usual care.",
    "Of the people {n}`cc` responded with mental health care only.",
    "With care for OUD added {n}`uc` responded.",
    "In CLARO usual care differed by {n}`claro` points.",
    "Of the people {n}`cc` recovered.",
    "Of the people {n}`cc` were well again.",
    "A pharmacist saw {n}`cc` of the people.",
    "A peer saw {n}`cc` of the people.",
    "It took place in Ohio with {n}`size` people.",
    "In IMPACT clinics were randomized, {n}`size` people in all.",
    "In IMPACT {n}`women` of the people were women at the end.",
    "Collaborative care is likely to help.",
    "Collaborative care is as effective as usual care.",
    "Collaborative care does just as well.",
    "Collaborative care is better than usual care.",
    "The review rates this evidence as strong.",
    "We have graded the evidence.",
    "A benefit is ruled out.",
    "Nurses met on the roof ({n}`cc`).",
    "Response was not {n}`cc`.",
    "A full paper gives {n}`cc` in remission.",
    "On the PHQ-9 collaborative care was better by {n}`scl`.",
    "The people had usual care with usual care, {n}`uc`.",
    "The clinics with depression were {n}`size`.",
    "Their physical health changed by {n}`scl` with methadone.",
    "The gap widened each week, {n}`cc`.",
]

#: Sentences near those, which hold.
ACCEPTED = [
    "On the SCL-20 symptoms fell more with collaborative care than with usual care ({n}`scl`).",
    "In CLARO enhanced usual care differed by {n}`claro` points.",
    "A nurse saw {n}`cc` of the people.",
    "It took place in Texas with {n}`size` people.",
    "In IMPACT people were randomized, {n}`size` of them.",
    "In IMPACT {n}`women` of the people were women.",
    "It is unlikely to hide a benefit.",
    "CLARO had {n}`arm_n` people in collaborative care.",
    "Of people without treatment more responded with collaborative care ({n}`rd`).",
    "Out of 100 people {n}`rd` more responded with collaborative care; on the SCL-20 scores were lower ({n}`scl`).",
]


def planted() -> list[tuple[str, dict[str, Any]]]:
    """Every falsehood in a chapter of its own."""
    made = [(text, chapter(PROSE + text + "\n")) for text in ADDED]
    for old, new in EDITS:
        assert old in PROSE, old
        made.append((new, chapter(PROSE.replace(old, new, 1))))
    for old, new in LABELS:
        content = chapter()
        for output in content["cells"][2]["outputs"]:
            for kind, text in output["data"].items():
                output["data"][kind] = text.replace(old, new, 1)
        made.append((new, content))
    return made


PLANTED = planted()


def test_the_true_chapter_raises_no_alarm():
    assert problems(chapter(), TRUE) == []


def test_no_falsehood_passes_without_being_shown_as_not_confirmed():
    assert len(PLANTED) > 150
    unseen = [
        text for text, made in PLANTED if not any("livingreview confirm trial" in p for p in problems(made, TRUE))
    ]
    assert unseen == []


def share(falsehoods: list[tuple[str, dict[str, Any]]]) -> tuple[float, list[str]]:
    """The share that passes even when whoever wrote it confirmed it as proposed."""
    passed = [text for text, content in falsehoods if not problems(content, confirmed(content))]
    return len(passed) / len(falsehoods), passed


def test_most_falsehoods_are_refused_although_they_were_confirmed():
    passed, which = share(PLANTED[: len(ADDED)])
    assert passed <= 0.05, which
    passed, which = share(PLANTED[len(ADDED) : len(ADDED) + len(EDITS)])
    assert passed <= 0.15, which


def alarms(text: str) -> list[str]:
    """What is said of the chapter with a sentence more that was confirmed as proposed."""
    made = chapter(f"{PROSE}{text}\n")
    return problems(made, confirmed(made))


@pytest.mark.parametrize("text", REFUSED)
def test_each_rule_refuses_what_it_is_for(text: str):
    assert alarms(text)


@pytest.mark.parametrize("text", ACCEPTED)
def test_no_rule_refuses_what_holds(text: str):
    assert alarms(text) == []


def test_a_published_word_of_direction_is_compared_with_the_sign():
    made = chapter()
    made["cells"][0]["outputs"][9] = number("word", "fewer people", [CC, UC])
    shown = problems(made, confirmed(made))
    assert any("'fewer', but the difference lies above no difference" in problem for problem in shown)


@pytest.mark.parametrize(
    "new", ["responded at 24 months", "who died at", "Costs over 4 years in euros", "Children out of 100"]
)
def test_a_caption_is_compared_with_the_rows_that_are_shown(new):
    content = next(made for text, made in PLANTED if text.startswith(new))
    assert problems(content, confirmed(content))


def test_exchanged_headers_are_refused_by_the_rows_of_their_cells():
    content = next(made for text, made in PLANTED if text.startswith("<th>Usual care, dollars"))
    shown = problems(content, confirmed(content))
    assert len(shown) == 2
    assert f'must stand under its own arm; found "29,422", but {COSTS[0]} is a number of the intervention' in shown[0]


def lines_of(*lines: tuple[str, str, str]) -> str:
    """A table whose lines have a label, a row of the data and its number."""
    cells = (f'<tr><th>{label}</th><td><a href="#{row}">{text}</a></td></tr>' for label, row, text in lines)
    return f"<table><thead><tr><th>Outcome</th><th>Result</th></tr></thead><tbody>{''.join(cells)}</tbody></table>"


PHQ, PCL = "claro-phq9-6m-contrast", "claro-pcl5-6m-contrast"


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ([("Depression, PHQ-9", PHQ, "−1.0"), ("PTSD, PCL-5, at 6 months", PCL, "−0.9")], []),
        ([("PTSD, PCL-5", PHQ, "−1.0"), ("Depression, PHQ-9", PCL, "−0.9")], ["PTSD", "PCL-5", "PHQ-9", "PTSD, PCL-5"]),
        ([("Depression, PHQ-9, at 12 months", PHQ, "−1.0")], ["12 months"]),
        ([("Depression, PHQ-9", PHQ, "−1.0 fewer")], ["−1.0 fewer"]),
        ([("Usual care minus collaborative care", PHQ, "−1.0")], ["Usual care minus collaborative care"]),
        ([("Dissatisfied people", PHQ, "−1.0")], ["Dissatisfied"]),
    ],
)
def test_the_label_of_a_line_is_compared_with_the_rows_of_its_cells(lines, found):
    said = {fault.word for fault in tables.exchanged(BOOK, lines_of(*lines))}
    assert said & set(found) if found else not said


def test_an_axis_has_the_unit_of_its_times():
    own = about(BOOK, [SCL])
    assert [fault.word for fault in rules.label("points · weeks after entry", own, own)] == ["weeks"]
    assert not [*rules.label("points · months after entry", own, own)]


def test_names_levels_and_bases_keep_their_numerals():
    text = "SCL-20: −0.4 points (95% CI −0.5 to −0.3), 4.9 fewer per 1,000, at 12 months"
    assert normal(text) == "SCL-20: # points (95% CI # to #), # fewer per 1,000, at 12 months"


def test_a_quantifier_is_that_of_its_own_clause():
    basis = "Most people had an alcohol use disorder, few had opioid use disorder."
    assert words.other_quantity("Few people had an alcohol use disorder.", basis) == "few"
    assert words.other_quantity("Most people had an alcohol use disorder.", basis) == ""


def test_a_change_that_was_more_does_not_stand_for_one_that_was_less():
    context = Context(BOOK, {"trial": chapter()})
    said = next(iter(distinct(BOOK, {"trial": chapter("Days of use fell less with it.")}).values()))
    said = replace(said, text="Days of use fell less with it.")
    assert context.unlike(said, "Days of use fell more with it.") == "fell less"


def test_another_row_behind_the_same_words_is_shown():
    content = chapter()
    content["cells"][2]["outputs"][2] = number("size", "1,801", ["claro"], ("n_randomised",))
    shown = problems(content, TRUE)
    assert any("confirmed on impact; it rests on claro now" in problem for problem in shown)


def test_an_edited_sentence_is_shown_with_the_words_that_changed():
    shown = problems(chapter(PROSE.replace("names no primary", "names a primary")), TRUE)
    assert any("edited and not confirmed: abstract names [no -> a] primary outcome." in problem for problem in shown)
    assert any("which the page does not say" in problem for problem in shown)


def with_basis(sentence: str, basis: str, on: str = "", exception: str = "") -> list[str]:
    """What is said of the chapter with a sentence more that was confirmed with a basis."""
    line = Basis("trial", sentence, basis, on, exception)
    return problems(chapter(f"{PROSE}{sentence}\n"), [*TRUE, line])


@pytest.mark.parametrize(
    ("sentence", "basis", "on", "said"),
    [
        ("The report names no people assessed.", "gap", "impact.n_assessed", ""),
        ("The report names no design.", "gap", "impact.design", "a gap that is none any more: impact.design says"),
        ("The report names no cost.", "gap", "", "a gap without a cell"),
        (f"It was a {BOOK.studies.loc['impact', 'design']}.", "fact", "impact.design", ""),
        ("It was a cohort.", "fact", "impact.design", "a fact that impact.design does not say"),
        ("It was a cohort.", "fact", "nowhere.design", "No row of the evidence is called 'nowhere'"),
        ("It was a cohort.", "fact", "impact.colour", "'colour', which is no column of impact"),
        (CONCLUSION[:-1] + ", as planned.", "conclusion", CONCLUSION, ""),
        (CONCLUSION[:-1] + ", as planned.", "conclusion", f"{CONCLUSION} + {CONCLUSION}", ""),
        ("It works.", "conclusion", f"{CONCLUSION} + It works.", "no conclusion of the chapter reads 'It works.'"),
        ("Fewer people responded with collaborative care.", "conclusion", CONCLUSION, "'fewer', which the conclusion"),
        ("People did not respond with collaborative care.", "conclusion", CONCLUSION, "'not', which the conclusion"),
        ("It works.", "conclusion", "It works.", "no conclusion of the chapter reads 'It works.'"),
        ("It was offered to all.", "navigation", "", "a navigation in the past tense, 'was'"),
        ("Costs rose with the programme.", "method", "", "a result in words, 'rose', that rests on a method"),
        ("Collaborative care works for depression.", "method", "", "'works', that rests on a method"),
        ("Costs are lower with the program.", "navigation", "", "'lower', that rests on a navigation"),
        ("The program pays for itself.", "definition", "", "'pays for itself', that rests on a definition"),
        ("Most people respond in some weeks.", "method", "", "'Most people', that rests on a method"),
        ("The program is the best of its kind.", "method", "", "'best', that rests on a method"),
        ("Read on: usual care beats the program.", "navigation", "", "'beats', that rests on a navigation"),
        ("Read what the trial found.", "navigation", "", ""),
        ("A small benefit could have been missed.", "method", "", ""),
        ("It says so.", "numbers", "", "a sentence without a number that is to rest on numbers"),
        ("It says so.", "shown", "", "prose that is to rest on what a table shows"),
        ("It says so.", "hearsay", "", "no basis of a known kind, 'hearsay'"),
    ],
)
def test_a_basis_is_checked(sentence: str, basis: str, on: str, said: str):
    shown = with_basis(sentence, basis, on)
    assert (any(said in problem for problem in shown) and len(shown) == 1) if said else shown == []


def on_a_page_of_results(sentence: str, basis: str, on: str = "", heading: str = "Results") -> list[str]:
    """What is said of one more sentence of a chapter that says what was found."""
    pages = {"impact": chapter(f"{PROSE}\n## {heading}\n\n{sentence}\n")}
    shown = map(str, sentences.problems(BOOK, pages, [Basis("impact", sentence, basis, on)]))
    return [problem for problem in shown if sentence in problem]


@pytest.mark.parametrize(
    ("sentence", "basis", "on", "said"),
    [
        ("Care managers phoned people at noon.", "method", "", "names nothing that was read"),
        ("Care managers phoned people daily.", "method", "", "'daily', that rests on a method"),
        ("We pool nothing.", "method", "", ""),
        ("The abstract gives the denominators.", "method", "", "says what a source says, 'abstract gives'"),
        ("The abstract gives no denominators.", "method", "", ""),
        ("The effect is large.", "definition", "", "defines nothing"),
        ("In IMPACT response means recovery of mood.", "definition", "", "speaks of a trial, IMPACT"),
        ("Response means that the score halved again.", "definition", "", ""),
        ("Care managers see people at the clinic.", "navigation", "", "leads nowhere in the book"),
        ("Costs: see the landscape of all chapters.", "navigation", "", ""),
        ("The clinics had no psychiatrist.", "gap", "impact-cc.psychotherapy", "says of nothing that it is absent"),
        ("The report names no colour.", "gap", "impact.n_assessed", "a gap that does not name n_assessed"),
        (
            "The design was neither open nor blinded.",
            "fact",
            "impact.design; impact.setting",
            "impact.setting does not say",
        ),
        ("The comparator was usual care.", "fact", "impact.comparator_type", "holds a code and no words"),
        ("The comparator was usual care.", "fact", "impact.comparator", ""),
        ("The comparator gave tea, cake and songs.", "fact", "impact.comparator", "impact.comparator does not say"),
        ("The comparator was not usual care.", "fact", "impact-control.label", "a negation that its cells do not have"),
        ("A cardiologist gave usual care.", "fact", "impact-control.label", "whose cells do not say 'cardiologist'"),
        ("Tea and songs helped in the end.", "conclusion", CONCLUSION, "no word of the conclusion"),
        ("Few people responded with collaborative care.", "conclusion", CONCLUSION, "'few', which the conclusion"),
        ("Of those with tea, cake and songs more responded.", "conclusion", CONCLUSION, "do not say: tea, cake, songs"),
        ("We read the full papers.", "method", "", "how much was read and judged is counted"),
        ("Clinicians have checked the numbers.", "method", "", "how much was read and judged is counted"),
    ],
)
def test_a_basis_bears_its_sentence_out(sentence: str, basis: str, on: str, said: str):
    shown = on_a_page_of_results(sentence, basis, on)
    assert (any(said in problem for problem in shown)) if said else shown == []


def test_plain_words_and_limits_say_less_of_their_basis():
    sentence = "Doctors elsewhere offered tea, or the usual."
    assert on_a_page_of_results(sentence, "fact", "impact.comparator")
    assert on_a_page_of_results(sentence, "fact", "impact.comparator", register.PLAIN) == []
    limit = "Another place. Clinics elsewhere work otherwise."
    assert on_a_page_of_results(limit, "method")
    assert on_a_page_of_results(limit, "method", heading=register.LIMITS) == []


def test_an_exception_holds_for_its_sentence_alone():
    assert with_basis("The trial had three arms.", "method", exception="as an example") == []
    assert with_basis("The trial had three sites.", "method") != []


def test_exceptions_are_few():
    lines = [replace(line, exception="why") for line in TRUE for _ in range(3)]
    assert any("must have at most 40 exceptions; found" in problem for problem in problems(chapter(), lines))


@pytest.mark.parametrize(
    "text", ["PHQ-9 of the two arms", "these three trials", "one of them", "at least halved", "in May be"]
)
def test_names_and_the_few_that_were_named_are_no_numerals(text: str):
    assert words.numerals(text.replace("in May be", "it may be")) == []


@pytest.mark.parametrize(
    ("text", "months"), [("at 12, 18 and 24 months", [12, 18, 24]), ("after two years", [24]), ("a 6-month trial", [6])]
)
def test_times_are_read_in_months(text: str, months: list[float]):
    assert sorted({round(value) for _, value in words.times(text)}) == months


def test_a_number_knows_what_it_is_about():
    known = about(BOOK, [SCL], [f"{SCL}.ci_low"])
    (row,) = known.rows
    assert (row.trial, row.arm, row.outcome, row.instrument) == ("IMPACT", "contrast", "depression severity", "SCL-20")
    assert (row.unit, row.benefit, row.settled, known.months) == ("points", "lower", True, {"12"})
    assert (known.direction, known.favours, known.kinds) == (-1, 1, {"interval"})
    assert "usual care" in known.words
    assert about(BOOK, [CC, UC]).direction == 1


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "chapters").mkdir()
    (tmp_path / "data").symlink_to(DATA)
    (tmp_path / "index.md").write_text("# A review\n\nIt is about care.\n", encoding="utf-8")
    monkeypatch.setattr(cli, "ROOT", tmp_path)
    return tmp_path


def answers(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    left = iter(lines)

    def give(_prompt: str) -> str:
        try:
            return next(left)
        except StopIteration:
            raise EOFError from None

    monkeypatch.setattr("builtins.input", give)


def test_confirm_takes_a_basis_for_each_sentence_and_writes_them_sorted(project, monkeypatch, capsys):
    answers(monkeypatch, "method ! as an example", "about nothing", "definition")
    assert cli.main(["confirm"]) == 0
    lines = (project / register.REGISTER).read_text(encoding="utf-8").splitlines()
    assert lines == [
        "page,sentence,basis,on,exception",
        "index,A review,method,,as an example",
        "index,It is about care.,definition,,",
    ]
    assert "A basis is one of these, found 'about'" in capsys.readouterr().out


def test_confirm_shows_the_words_that_changed_and_leaves_what_is_not_answered(project, monkeypatch, capsys):
    answers(monkeypatch, "", "definition")
    cli.main(["confirm"])
    (project / "index.md").write_text("# A review\n\nIt is not about care.\n", encoding="utf-8")
    answers(monkeypatch)
    cli.main(["confirm", "index"])
    assert "changed: It is [ -> not] about care." in capsys.readouterr().out
    assert [line.sentence for line in register.read(project)] == ["A review", "It is about care."]
    answers(monkeypatch, "definition")
    cli.main(["confirm", "index"])
    assert "changed: It is [ -> not] about care." in capsys.readouterr().out, "an edit is shown until it is answered"
    assert [line.sentence for line in register.read(project)] == ["A review", "It is not about care."]


def test_a_page_that_the_book_has_not_is_named_with_those_it_has(project, capsys):
    assert cli.main(["confirm", "nowhere"]) == 1
    assert "'nowhere' is no page of the book. The pages are: index." in capsys.readouterr().err
    assert not (project / register.REGISTER).exists()


HEADER = b"page,sentence,basis,on,exception\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "line 1: must be page,sentence,basis,on,exception, found ''"),
        (b"page,sentence\na,b\n", "line 1: must be page,sentence,basis,on,exception, found 'page,sentence'"),
        (HEADER + b"a,b,c\n", "line 2: must have 5 cells, found 3"),
        (HEADER + b"a,b,c,d,e\na,\xff,c,d,e\n", "line 3: must be UTF-8, found other bytes"),
        (HEADER + b'a,"b,c,d,e\n', "must be CSV, found an error"),
    ],
)
def test_a_register_that_cannot_be_read_is_named_and_left_as_it_is(project, capsys, content, message):
    path = project / register.REGISTER
    path.write_bytes(content)
    assert cli.main(["confirm"]) == 1
    assert message in capsys.readouterr().err
    assert path.read_bytes() == content


def test_the_book_raises_no_alarm():
    root = DATA.parent
    shown = sentences.problems(BOOK, sentences.pages(root), register.read(root))
    assert [str(problem) for problem in shown] == []


def test_asking_keeps_what_a_basis_rests_on(monkeypatch):
    answers(monkeypatch, "fact", "gap impact.name", "-")
    sentence = next(iter(distinct(BOOK, {"index": "It is a trial.\n"}).values()))
    proposed = Basis("index", sentence.text, "fact", "impact.design")
    assert asking.ask(sentence, None, proposed, []) == proposed
    assert asking.ask(sentence, None, proposed, []) == replace(proposed, basis="gap", on="impact.name")
    assert asking.ask(sentence, None, proposed, []) is None


def test_enter_alone_leaves_prose_unconfirmed(monkeypatch, capsys):
    sentence = next(iter(distinct(BOOK, {"index": "It is a trial of some kind.\n"}).values()))
    for basis in ("method", "navigation", "definition"):
        answers(monkeypatch, "")
        assert asking.ask(sentence, None, Basis("index", sentence.text, basis), []) is None
    out = capsys.readouterr().out
    assert out.count("left unconfirmed: no basis was typed") == 3
    assert "rests on: method" not in out


def test_enter_confirms_what_the_data_propose(monkeypatch):
    sentence = next(iter(distinct(BOOK, {"index": "It is a trial of some kind.\n"}).values()))
    for kind, basis in (("prose", "numbers"), ("prose", "conclusion"), ("heading", "navigation"), ("label", "shown")):
        answers(monkeypatch, "")
        proposed = Basis("index", sentence.text, basis)
        assert asking.ask(replace(sentence, kind=kind), None, proposed, []) == proposed
