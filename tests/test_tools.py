"""The forms of the chapter on the clinic: in a browser their script answers as the functions in Python do."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from livingreview.publish import calculator, calculator_forms
from livingreview.publish.calculator import WEEKS, Block, Field, Guidance, Outcome
from livingreview.publish.numbers import Cell
from livingreview.site import pages

#: What people, other people's keyboards and hostile addresses put into a field.
NONSENSE = (
    *("", " ", "-0", "-1", "\N{MINUS SIGN}5", "+5", "1e9", "1e309", "-1e309", "1e-9", "1000000000", "NaN", "Infinity"),
    *(
        "letters",
        "twenty",
        "12,5",
        "12.5",
        " 12.5 ",
        "12.5%",
        "12.5 %",
        "12.5%%",
        "%",
        ".5",
        ",5",
        "5.",
        ".",
        ",",
        "1.2.3",
    ),
    *(
        "1,234",
        "1234,567",
        "12.5000000000000",
        "12.50000000000000",
        "0" * 14 + "5",
        "0" * 15 + "5",
        "1,234,567",
        "12,34",
        "0,123",
        "0x10",
        "1_000",
        "1 000",
        "0",
        "00",
        "000019",
        "100",
        "100.0",
        "100.0001",
    ),
    *(
        "99.99999",
        "0.0000001",
        "10000000",
        "10000001",
        "10,000,000",
        "999999999999999",
        "123456789012345678",
        "9" * 5000,
    ),
    *("٣٤", "12", "½", "\u00a012\u00a0", "\t12", "1\u200b2", "\ufeff12", "<b>1</b>", '"><img src=x onerror=alert(1)>'),
    *(
        "{risk}",
        "__proto__",
        "constructor",
        "null",
        "undefined",
        "true",
        "[]",
        "12;13",
        "'",
        "\\",
        "🙂",
        "javascript:alert(1)",
    ),
)
#: Ratios on each side of one, wide, across one, and exactly one.
OUTCOMES = [
    Outcome(name, f"Outcome {name}", verb, "usual care", risk, odds, baseline, ("17.4", "50"), better)
    for name, verb, risk, odds, baseline, better in (
        ("response", "respond", ("2.37", "2.03", "2.76"), ("3.45", "2.71", "4.38"), "19", True),
        ("ideation", "have thoughts of suicide", ("0.63", "0.49", "0.81"), ("0.59", "0.45", "0.79"), "15.5", False),
        ("across", "relapse", ("0.80", "0.50", "1.20"), ("0.75", "0.30", "1.40"), "20", False),
        ("harm", "respond", ("0.50", "0.25", "1.00"), ("0.40", "0.10", "0.90"), "33.3", True),
        ("same", "respond", ("1.00", "0.90", "1.10"), ("1.00", "0.90", "1.10"), "50", True),
        ("pool", "respond", ("1.32", "1.22", "1.43"), None, "30", True),
    )
]
GROUPS = ["low", "moderate, medical", "moderate", '<i>high</i> & "medical"']
GUIDANCE = Guidance([(90, 120), (80, 100), (60, 80), (50, 75)], 0.02, 3, WEEKS, 2, 1, (60, 70), 30)
SOURCES = Cell("Sources")
EFFECT = calculator_forms.effect_tool("Effects", OUTCOMES, SOURCES)
STAFFING = calculator_forms.staffing_tool("Staff", GROUPS, GUIDANCE, SOURCES)
FIELDS = [calculator.PANEL, calculator.PREVALENCE, calculator.TOGETHER, *calculator_forms.mix_fields(GROUPS)]
BASELINE = Field(
    "baseline",
    "Of 100 of your patients, how many would respond with usual care?",
    "a number from 0 to 100, such as 12.5",
    "19",
)

# Enters one set of values after another, and gives what the form answers to each, and which fields it calls invalid.
ANSWERS = """([id, entries]) => entries.map((values) => {
  const form = document.getElementById(`tool-${id}`);
  for (const [name, value] of Object.entries(values)) form.elements[name].value = value;
  form.elements[Object.keys(values).at(-1)].dispatchEvent(new Event("change", { bubbles: true }));
  const blocks = [...form.querySelectorAll("output > .lr-block")].map((block) => {
    const [head, ...lines] = [...block.children].map((part) => part.textContent);
    return [head, lines];
  });
  return [blocks, [...form.querySelectorAll("[aria-invalid=true]")].map((field) => field.name)];
})"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return the Chromium of this machine."""
    executable = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if executable is None:
        what = "there is no Chromium; install it to test the forms in a browser"
        pytest.fail(what) if os.environ.get("CI") == "true" else pytest.skip(what)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a page with both forms, under the policy of the site."""
    folder = tmp_path_factory.mktemp("tools")
    (folder / pages.TOOLS).write_bytes((pages.STATIC / pages.TOOLS).read_bytes())
    (folder / "page.html").write_text(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>x</title><meta http-equiv='
        f'"Content-Security-Policy" content="{escape(pages.policy())}"><script src="{pages.TOOLS}" defer></script>'
        f"{EFFECT._repr_html_()}{STAFFING._repr_html_()}",
        encoding="utf-8",
    )
    return folder / "page.html"


@pytest.fixture
def page(browser: Browser, file: Path) -> Iterator[Page]:
    """Open the page, and hold that nothing went wrong on it."""
    page = browser.new_page()
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("dialog", lambda dialog: wrong.append(dialog.message) or dialog.dismiss())  # type: ignore[func-returns-value]
    page.on("request", lambda sent: wrong.append(sent.url) if not sent.url.startswith(file.parent.as_uri()) else None)
    page.goto(file.as_uri())
    yield page
    page.close()
    assert wrong == []


def answers(page: Page, form: str, entries: list[dict[str, str]]) -> list[tuple[list[Block], list[str]]]:
    found: Any = page.evaluate(ANSWERS, [form, entries])
    return [([(head, tuple(lines)) for head, lines in blocks], invalid) for blocks, invalid in found]


def differences(entries: list[dict[str, str]], found: list[Any], wanted: list[Any]) -> list[str]:
    return [f"{e}: {f} is not {w}" for e, f, w in zip(entries, found, wanted, strict=True) if f != w]


def test_effects_are_those_of_python(page: Page) -> None:
    chance = random.Random(7)
    grid = [f"{n / 4:g}" for n in range(401)]
    odd = [f"{chance.uniform(0, 100):.{chance.randint(0, 9)}f}" for _ in range(200)]
    entries = [{"outcome": o.name, "baseline": e} for o in OUTCOMES for e in (*NONSENSE, *grid, *odd)]
    outcomes = {outcome.name: outcome for outcome in OUTCOMES}
    found = answers(page, "effect", entries)
    typed = [e["baseline"] for e in entries]
    wanted = [
        calculator.effect_answer(outcomes[e["outcome"]], BASELINE, t) for e, t in zip(entries, typed, strict=True)
    ]
    assert differences(entries, [blocks for blocks, _ in found], wanted) == []
    assert [bool(invalid) for _, invalid in found] == [BASELINE.number(t) is None for t in typed]
    assert {len(blocks) for blocks, _ in found} == {1, 2, 3}


def test_staffing_is_that_of_python(page: Page) -> None:
    chance = random.Random(7)
    start = {field.name: field.value for field in FIELDS}
    entries = [{**start, field.name: entry} for field in FIELDS for entry in NONSENSE]
    for _ in range(300):
        cuts = sorted(
            chance.choice((0, 10, 25, 33.3, 50, 66.67, 100, round(chance.uniform(0, 100), 2))) for _ in range(3)
        )
        mix = [f"{b - a:.2f}" for a, b in zip([0, *cuts], [*cuts, 100], strict=True)]
        panel, prevalence = (
            chance.choice((str(chance.randint(0, 10_000_000)), f"{chance.randint(1, 999)},500")),
            chance.uniform(0, 100),
        )
        rest = [panel, f"{prevalence:.{chance.randint(0, 5)}f}", f"{chance.uniform(0, 100):.1f}"]
        entries.append(dict(zip(start, [*rest, *mix], strict=True)))
    found = answers(page, "staffing", entries)
    wanted = [calculator.staffing_answer(FIELDS, GUIDANCE, entry) for entry in entries]
    assert differences(entries, [blocks for blocks, _ in found], wanted) == []
    invalid = [[field.name for field in FIELDS if field.number(entry[field.name]) is None] for entry in entries]
    assert [names for _, names in found] == invalid
    assert sum(len(blocks) == 5 for blocks, _ in found) > 300


def test_no_answer_is_a_number_that_is_none(page: Page) -> None:
    entries = [{"outcome": o.name, "baseline": e} for o in OUTCOMES for e in NONSENSE]
    start = {field.name: field.value for field in FIELDS}
    zeros = dict.fromkeys(("mix1", "mix2", "mix3"), "0")
    found = answers(page, "effect", entries)
    found += answers(page, "staffing", [{**start, "mix0": "100", **zeros, "panel": e} for e in NONSENSE])
    said = " ".join(f"{head} {' '.join(lines)}" for blocks, _ in found for head, lines in blocks)
    for word in ("NaN", "Infinity", "undefined", "null", "{"):
        assert word not in said
    assert "enter a number from 0 to 100" in said
    assert "enter a whole number from 0 to 10,000,000" in said


def test_the_first_answer_is_the_one_that_the_page_came_with(page: Page) -> None:
    for form, tool in (("effect", EFFECT), ("staffing", STAFFING)):
        blocks = page.locator(f"#tool-{form} output > .lr-block")
        assert blocks.count() == len(tool.answer)
        for block, (head, lines) in zip(blocks.all(), tool.answer, strict=True):
            assert block.locator("> *").all_text_contents() == [head, *lines]


def test_the_address_keeps_what_was_entered(page: Page) -> None:
    page.get_by_label("Ratio from", exact=True).select_option("ideation")
    page.get_by_label("Of 100 of your patients, how many would respond with usual care?").fill("12,5")
    page.wait_for_url("**baseline=12%2C5*")
    page.get_by_label("Adults in the panel").fill("<b>1e9</b>")
    page.wait_for_url("**panel=%3Cb%3E1e9%3C%2Fb%3E*")
    said = page.locator("output").all_text_contents()
    page.reload()
    assert page.locator("output").all_text_contents() == said
    assert page.get_by_label("Adults in the panel").input_value() == "<b>1e9</b>"
    assert page.locator("form b b").count() == 0


def test_whoever_comes_back_finds_what_was_entered(page: Page) -> None:
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<a href=clinic.js>away</a>')")
    page.get_by_label(BASELINE.label).fill("12,5")
    page.get_by_role("link", name="away").click()
    page.wait_for_url("**/clinic.js")
    page.go_back()
    assert page.get_by_label(BASELINE.label).input_value() == "12,5"
    assert "12.5 of 100 respond" in page.locator("#tool-effect output").inner_text()


def test_a_tiny_difference_has_no_number_needed_to_treat(page: Page) -> None:
    ((blocks, _),) = answers(page, "effect", [{"outcome": "pool", "baseline": "0.0022"}])
    (_, warning), (_, lines) = blocks
    assert warning == ("outside the 17.4 to 50 of 100 at which this ratio was seen: an extrapolation",)
    assert lines[1:] == ("0.0 more per 100 (0.0 to 0.0)", calculator.WORDS["tiny"])


@pytest.mark.parametrize(
    "entry", ['"><img src=x onerror=alert(1)>', "<script>alert(1)</script>", "javascript:alert(1)", "9" * 9999]
)
def test_a_hostile_address_is_text(page: Page, file: Path, entry: str) -> None:
    names = ["outcome", "baseline", *(field.name for field in FIELDS), "__proto__", "tool"]
    before = page.evaluate("document.querySelectorAll('*').length - document.querySelectorAll('output *').length")
    page.goto(f"{file.as_uri()}?{'&'.join(f'{name}={quote(entry)}' for name in names)}#{quote(entry)}")
    after = page.evaluate("document.querySelectorAll('*').length - document.querySelectorAll('output *').length")
    assert after == before
    assert page.get_by_label("Ratio from", exact=True).input_value() == OUTCOMES[0].name
    assert page.locator("#tool-effect output").inner_text() == BASELINE.wrong
    assert page.locator("#tool-staffing output .lr-block").count() == len(FIELDS)


def test_the_baseline_follows_the_outcome_until_another_is_entered(page: Page) -> None:
    baseline, outcome = page.get_by_label(BASELINE.label), page.get_by_label("Ratio from", exact=True)
    outcome.select_option("ideation")
    assert baseline.input_value() == "15.5"
    baseline.fill("30")
    outcome.select_option("response")
    assert baseline.input_value() == "30"
    assert "30.0 of 100 respond" in page.locator("#tool-effect output").inner_text()


def test_every_control_has_a_name_and_a_hint_for_a_screen_reader(page: Page) -> None:
    for field in [BASELINE, *FIELDS]:
        control = page.get_by_role("textbox", name=field.label, exact=True)
        hint = control.get_attribute("aria-describedby")
        assert page.locator(f"#{hint}").inner_text()
    assert page.get_by_role("combobox", name="Ratio from", exact=True).count() == 1
    assert page.get_by_role("form", name="Effects").count() == page.get_by_role("form", name="Staff").count() == 1
    assert page.get_by_role("group", name="Case mix").count() == 1
    assert page.get_by_role("status").count() == 2


def test_the_script_is_small_and_knows_no_ratio_and_no_guidance() -> None:
    script = (pages.STATIC / pages.TOOLS).read_text(encoding="utf-8")
    assert len(script) < 9_000
    for number in ("2.37", "3.45", "120", "99492", "30", "60", "70", "4.348", "10000000"):
        assert number not in script
