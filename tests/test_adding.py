"""What `livingreview correct` and `livingreview add` write: all of it or nothing, and each fault where it was given."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from watch_server import World, article, serve, study, work

from livingreview import cli
from livingreview.checks import check
from livingreview.contribute import adding, asking, bibliography, edits, submissions, visibility
from livingreview.contribute.correcting import Correction, correct, triples
from livingreview.contribute.edits import ContributionError, Edit
from livingreview.contribute.submissions import Given, Submission
from livingreview.evidence import Evidence
from livingreview.watch.lookup import LookUpError, look_up
from livingreview.watch.web import Client

PROJECT = Path(__file__).parent.parent
RESPONSE = {
    "outcome": "depression response",
    "definition": ">=50% fall from baseline",
    "instrument": "PHQ-9",
    "months": 12,
}
TRIAL: dict[str, Any] = {
    "study": {
        "acronym": "ZZ-Test",
        "group": "comparison",
        "design": "randomized controlled trial",
        "unit_of_randomisation": "patient",
        "population": "adults with depression",
        "n_randomised": 240,
        "comparator": "usual care",
        "comparator_type": "usual_care",
    },
    "arms": [
        {"role": "intervention", "label": "Collaborative care", "n": 120, "care_manager": "nurse"},
        {"role": "comparator", "label": "Usual care", "n": "120", "note": None},
    ],
    "outcomes": [{"outcome": "depression response", "kind": "mental_health", "role": "primary"}],
    "results": [
        {**RESPONSE, "arm": "intervention", "measure": "percent", "estimate": "50.0", "n": 120, "events": 60},
        {**RESPONSE, "arm": "comparator", "measure": "percent", "estimate": "30.0", "n": 120, "events": 36},
        {
            **RESPONSE,
            "arm": "contrast",
            "measure": "odds_ratio",
            "estimate": 2.33,
            "ci_low": 1.37,
            "ci_high": 3.96,
            "ci_level": 95,
        },
    ],
    "source": {
        "author": ["Doe, Jane", "Roe, Richard"],
        "title": "A trial & its 50% effect",
        "journal": "A Journal of Tests",
        "year": 2024,
        "pages": "10-19",
        "doi": "https://doi.org/10.5555/ZZ.2024",
        "kind": "primary",
        "read": "abstract",
    },
    "because": "abstract, Results",
}
RIS = """TY  - JOUR
AU  - Doe, Jane
AU  - Roe, Richard
TI  - A trial & its 50% effect
JO  - A Journal of Tests
PY  - 2024/05/01
SP  - 10
EP  - 19
DO  - 10.5555/zz.2024
UR  - https://example.org/zz
ER  -
"""
BIBTEX = """@article{Doe2024,
  author = {Doe, Jane and Roe, Richard}, title = {A trial \\& its 50\\% effect}, journal = {A Journal of Tests},
  year = 2024, pages = {10--19}, doi = {10.5555/zz.2024}, abstract = {Not read.}, keywords = {a, b}
}
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    shutil.copy(PROJECT / "_toc.yml", tmp_path)
    return Path(shutil.copytree(PROJECT / "data", tmp_path / "data"))


@pytest.fixture
def file(tmp_path: Path) -> Callable[[str, object], Path]:
    def write(name: str, content: object) -> Path:
        path = tmp_path / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return path

    return write


def content(data: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in data.iterdir()}


def lines(data: Path, name: str) -> list[str]:
    return (data / name).read_text(encoding="utf-8").splitlines()


def corrections(*words: str) -> list[Correction]:
    return triples([*words])


# ------------------------------------------------------------------------------------------------------- a correction


def test_a_correction_changes_its_cells_and_no_other_byte(data: Path) -> None:
    before = content(data)
    place = next(
        i for i, line in enumerate(lines(data, "results.csv")) if line.startswith("impact-response-12m-contrast,")
    )
    words = (
        "impact-response-12m-contrast",
        "note",
        'adjusted, as "Table 2" says',
        "impact-response-12m-cc",
        "note",
        "",
    )
    corrected = correct(data, corrections(*words), "Table 2")
    assert content(data) == before
    assert corrected.edit.write() == []
    changed = {name for name, raw in content(data).items() if raw != before[name]}
    assert changed == {"results.csv", "causes.csv"}
    old, new = before["results.csv"].decode().splitlines(), lines(data, "results.csv")
    assert sum(a != b for a, b in zip(old, new, strict=True)) == 2
    assert new[place].endswith(',"adjusted, as ""Table 2"" says"')
    assert new[place].startswith(old[place][:60])
    cause = lines(data, "causes.csv")[-1]
    assert ",correction,impact-response-12m-contrast; impact-response-12m-cc," in cause
    assert "(Table 2)" in cause


def test_a_number_that_fits_no_other_is_written_only_as_printed_so(data: Path) -> None:
    before, words = content(data), ("adapt_c-response-12m-contrast", "estimate", "4.98")
    refused = correct(data, corrections(*words), "Table 3").edit.write()
    assert content(data) == before
    (message,) = map(str, refused)
    assert message.startswith("data/results.csv, row 6, adapt_c-response-12m-contrast, estimate: ")
    assert "must lie within its interval 1.16 to 3.38, found 4.98." in message
    assert 'livingreview correct adapt_c-response-12m-contrast --printed-so --because "Table 2"' in message
    corrected = correct(data, corrections(*words), "Table 3", printed_so=True)
    assert corrected.edit.write() == []
    new = [line for line in lines(data, "explanations.csv") if line.encode() not in before["explanations.csv"]]
    assert [line.split(",")[1] for line in new] == [
        "interval symmetric",
        "odds ratio from the percentages",
        "P from the interval",
    ]
    assert all(",not resolved,The source prints it so (Table 3);" in line for line in new)
    assert all(line.endswith(",ell2008_adaptc") for line in new)
    assert all(line.split(",")[0] in lines(data, "causes.csv")[-1] for line in new)
    # and back: nothing is left to explain
    words = ("adapt_c-response-12m-contrast", "estimate", "1.98")
    assert correct(data, corrections(*words), "Table 3").edit.write() == []
    assert content(data)["explanations.csv"] == before["explanations.csv"]
    assert content(data)["results.csv"] == before["results.csv"]


def test_an_explanation_is_kept_for_other_numbers_only_if_asked(data: Path) -> None:
    words = ("casper-meets-criteria-4m-contrast", "ci_low", "0.60")
    messages = [str(fault) for fault in correct(data, corrections(*words), "Table 1").edit.write()]
    assert any(
        "data/explanations.csv" in message and "found: must be what the check finds" in message for message in messages
    )
    corrected = correct(data, corrections(*words), "Table 1", printed_so=True)
    said = "why-casper-meets-criteria-4m-contrast now explains other numbers: read its words again."
    assert said in corrected.said
    assert corrected.edit.write() == []
    row = next(
        line for line in lines(data, "explanations.csv") if line.startswith("why-casper-meets-criteria-4m-contrast,")
    )
    assert "the middle of 0.60 to 1.27 is" in row
    assert "One of the three numbers may be a slip" in row
    words = (
        "casper-meets-criteria-4m-contrast",
        "ci_low",
        "0.61",
        "casper-meets-criteria-4m-contrast",
        "estimate",
        "0.88",
    )
    corrected = correct(data, corrections(*words), "Table 1", printed_so=True)
    assert "why-casper-meets-criteria-4m-contrast is taken out: the numbers that it explained agree." in corrected.said


def test_everything_that_is_wrong_with_a_correction_is_said_at_once(data: Path) -> None:
    words = (
        "impact-respons-12m-cc",
        "n",
        "1",
        "impact-response-12m-cc",
        "estimat",
        "1",
        "impact-response-12m-cc",
        "n",
        "906",
    )
    with pytest.raises(ContributionError) as error:
        correct(
            data,
            corrections(*words, "impact-response-12m-cc", "result_id", "x", "unutzer2002jama", "year", "2003"),
            "p. 1",
        )
    said = str(error.value).split("\n")
    assert said[0].startswith(
        "No row of the data is called 'impact-respons-12m-cc'. Did you mean 'impact-response-12m-"
    )
    assert said[1].startswith(
        "impact-response-12m-cc: 'estimat' is no column of data/results.csv. Did you mean 'estimate'?"
    )
    assert said[2] == "impact-response-12m-cc, n: is 906 already. Nothing is to be corrected."
    assert said[3].startswith("impact-response-12m-cc: its id stays")
    assert said[4].startswith("unutzer2002jama is a source: correct it in data/references.bib")
    with pytest.raises(ContributionError, match="must be followed by a VALUE"):
        corrections("impact-response-12m-cc", "n")


# ---------------------------------------------------------------------------------------------------- written whole


def test_files_are_put_back_when_one_cannot_be_written(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, written = content(data), []
    edit = correct(data, corrections("impact-response-12m-contrast", "note", "another note"), "Table 2").edit

    def fails(path: Path, raw: bytes) -> None:
        written.append(path.name)
        if len(written) == 2:
            raise KeyboardInterrupt
        path.write_bytes(raw)

    monkeypatch.setattr(edits, "replace_file", fails)
    with pytest.raises(KeyboardInterrupt):
        edit.write()
    assert written[:2] == ["causes.csv", "results.csv"]
    assert content(data) == before


def test_what_was_edited_meanwhile_is_not_overwritten(data: Path) -> None:
    edit = correct(data, corrections("impact-response-12m-contrast", "note", "another note"), "Table 2").edit
    with (data / "glossary.csv").open("a", encoding="utf-8") as file:
        file.write("zz,zz,,term,A word.\n")
    before = content(data)
    with pytest.raises(ContributionError, match=r"data/glossary\.csv was edited meanwhile"):
        edit.write()
    assert content(data) == before


def test_a_table_with_a_fault_is_mended_first(data: Path) -> None:
    (data / "results.csv").write_bytes((data / "results.csv").read_bytes().replace(b"\n", b"\r\n"))
    with pytest.raises(ContributionError, match=r"data/results\.csv has a fault already"):
        correct(data, corrections("impact-response-12m-contrast", "note", "another note"), "Table 2")


# ----------------------------------------------------------------------------------------------------------- a trial


def submitted(kind: str, data: Path, *paths: Path) -> adding.Added:
    edit = Edit(data)
    return adding.add(kind, submissions.read(paths, adding.KINDS[kind][0], edit), edit)


def test_a_trial_is_added_whole_and_once(data: Path, file: Callable[[str, object], Path]) -> None:
    before, path = content(data), file("trial.json", TRIAL)
    added = submitted("trial", data, path)
    assert added.edit.write() == []
    assert check(data) == []
    assert added.ids["results"] == [
        "zz_test-response-12m-cc",
        "zz_test-response-12m-control",
        "zz_test-response-12m-contrast",
    ]
    new = {name: [line for line in lines(data, name) if line.encode() not in before[name]] for name in before}
    assert {name for name, more in new.items() if more} == {
        *("studies.csv", "arms.csv", "results.csv", "outcomes.csv", "references.bib", "causes.csv")
    }
    assert new["results.csv"][0] == (
        "zz_test-response-12m-cc,zz_test,all,depression response,>=50% fall from baseline,PHQ-9,,,12,,intervention,"
        'percent,,50.0,,,,,,,120,60,printed,percent,higher,,doe2024,"abstract, Results",primary_abstract,single,'
    )
    assert ",95,two_sided," in new["results.csv"][2]
    assert "binary,primary,,zz_test-response-12m-contrast,zz_test-response-12m-cc," in new["outcomes.csv"][0]
    assert new["references.bib"][:3] == [
        "@article{doe2024,",
        "  author       = {Doe, Jane and Roe, Richard},",
        r"  title        = {{A trial \& its 50\% effect}},",
    ]
    assert ",new_trial,zz_test," in new["causes.csv"][0]
    shown = visibility.report(added.ids, ["depression"], Evidence(data))
    assert shown[:2] == ["Listed on: results-zz_test, trials-zz_test.", "Also changed: depression."]
    assert "ZZ-Test is flagged where trials are compared: no arm says consultant." in shown
    written = content(data)
    with pytest.raises(ContributionError, match=r"trial\.json, study: zz_test is in the data already"):
        submitted("trial", data, path)
    assert content(data) == written


def test_a_fault_is_named_where_the_row_was_given(data: Path, file: Callable[[str, object], Path]) -> None:
    trial = json.loads(json.dumps(TRIAL))
    trial["results"][0] |= {"arm": "interventio", "estimate": "501"}
    trial["study"] |= {"comparator_type": "usual"}
    del trial["source"]["title"]
    before = content(data)
    said = [str(fault) for fault in submitted("trial", data, file("trial.json", trial)).edit.write()]
    assert content(data) == before
    assert "trial.json, source, title: must be filled in, found nothing. Write the title of doe2024." in said
    assert any(
        line.startswith("trial.json, results 1, arm: must be one of") and "Did you mean 'intervention'?" in line
        for line in said
    )
    assert any(line.startswith("trial.json, results 1, estimate: must be from 0 to 100") for line in said)
    assert any(line.startswith("trial.json, study, comparator_type: must be one of") for line in said)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "t.json: must be one object, in braces, found a list."),
        ('{"study": {"acronym": "A"}', "t.json, line 1: must be JSON, found Expecting ',' delimiter."),
        ('{"because": "a", "because": "b"}', "t.json: must be JSON, found 'because' twice in one object."),
        ('{"studdy": {}}', "t.json: must name parts of the data, found 'studdy'. Did you mean 'study'?"),
        (
            '{"arms": [{"lable": "x"}]}',
            "t.json, arms 1: must have columns of the data, found 'lable'. Did you mean 'label'?",
        ),
        ('{"arms": [1]}', "t.json, arms 1: must be an object, in braces, found text."),
        ('{"arms": [{"n": true}]}', "t.json, arms 1, n: must be text or a number, found true."),
        ('{"arms": [{"n": {}}]}', "t.json, arms 1, n: must be text or a number, found an object."),
        (f'{{"because": "{"x" * 6000}"}}', "t.json, because: must have at most 5000 characters, found 6000."),
        ("[" * 100_000, "t.json: must be JSON, found "),
        ("\ufeff{", "t.json, line 1: must be JSON"),
    ],
)
def test_json_that_cannot_be_read_is_refused_in_words(
    text: str, message: str, data: Path, file: Callable[[str, object], Path]
) -> None:
    with pytest.raises(ContributionError) as error:
        submissions.read([file("t.json", text)], "studies", Edit(data))
    assert str(error.value).startswith(message)


def test_a_source_or_a_trial_that_is_not_there_is_refused_with_the_nearest(data: Path, tmp_path: Path) -> None:
    for source, study_id, message in (
        ("unutzer2002jam", "impact", "'unutzer2002jam' is no source of the data. Did you mean 'unutzer2002jama'?"),
        ("unutzer2002jama", "impakt", "'impakt' is no trial of the data. Did you mean 'impact'?"),
    ):
        given = Submission(
            {"studies": [Given({"study_id": study_id}, "f")], "results": [Given({}, "f")]}, Given({"key": source}, "f")
        )
        with pytest.raises(ContributionError) as error:
            adding.add("result", given, Edit(data))
        assert message in str(error.value)
    with pytest.raises(ContributionError, match="A claim must have a row of claims, found results"):
        adding.add("claim", Submission({"results": [Given({}, "f")]}), Edit(data))
    with pytest.raises(ContributionError, match=r"none\.json: must be a file, found nothing"):
        submissions.read([tmp_path / "none.json"], "studies", Edit(data))


# ------------------------------------------------------------------------------------------------------------- files


def test_a_spreadsheet_is_read_as_it_was_meant(data: Path, file: Callable[[str, object], Path]) -> None:
    text = (
        "\ufeffstudy_id;outcome;months;arm;measure;estimate;ci_low;ci_high;ci_level;unit;direction_of_benefit;note\r\n"
        "impact;sleep;12;contrast;mean_difference;\u2212,50;-0,90;-0,10;95;points;lower; adjusted;\r\n"
    ).replace(" adjusted;", " adjusted ")
    path = file("results.csv", text.encode())
    submission = submissions.read(
        [path, file("s.json", {"source": "unutzer2002jama", "because": "Table 3"})], "results", Edit(data)
    )
    (row,) = submission.rows["results"]
    assert row.cells["estimate"] == "-0.50"
    assert row.cells["note"] == "adjusted"
    assert row.place == "results.csv, row 2"
    assert len(submission.mended) == 3
    added = adding.add("result", submission, Edit(data))
    assert added.ids["results"] == ["impact-sleep-12m-contrast"]
    assert added.edit.write() == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            b"study_id,outcom\nimpact,x\n",
            "r.csv, row 1: must name columns of results, found 'outcom'. Did you mean 'outcome'?",
        ),
        (b"study_id,outcome,arm\nimpact,a,b,c\n", "r.csv, row 2: must have 3 cells, found 4."),
        (b"PK\x03\x04rest", "r.csv: must be text in UTF-8, found a spreadsheet or another packed file."),
        (b"study_id,outcome\nimpact,caf\xe9\n", "r.csv: must be text in UTF-8, found another encoding."),
        (b'study_id,outcome\nimpact,"x\n', "r.csv: must be CSV, found"),
        (b"x" * 1_000_001, "r.csv: must have at most 1000000 bytes, found 1000001."),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_in_words(
    text: bytes, message: str, data: Path, file: Callable[[str, object], Path]
) -> None:
    with pytest.raises(ContributionError) as error:
        submissions.read([file("r.csv", text)], "results", Edit(data))
    assert str(error.value).startswith(message)


def test_ris_bibtex_and_json_give_the_same_entry(data: Path, file: Callable[[str, object], Path]) -> None:
    edit, entries = Edit(data), []
    for path in (file("a.ris", RIS), file("a.bib", BIBTEX), file("a.json", {"source": TRIAL["source"]})):
        source = submissions.read([path], "studies", edit).source
        assert source is not None
        fields = bibliography.completed({**source.cells, "kind": "primary", "read": "abstract"}, edit.keys)
        entries.append(bibliography.entry(fields))
    assert len({*entries}) == 1
    assert "@article{doe2024," in entries[0]
    assert "  pages        = {10--19},\n  doi          = {10.5555/zz.2024},\n  kind " in entries[0]
    for name, text in (
        ("b.ris", "nothing"),
        ("b.bib", BIBTEX + BIBTEX.replace("Doe2024", "x")),
        ("b.bib", "@article{"),
    ):
        with pytest.raises(ContributionError, match=rf"{name}: must be "):
            submissions.read([file(name, text)], "studies", edit)


def test_a_source_is_added_to_its_trial(data: Path, file: Callable[[str, object], Path]) -> None:
    path = file("s.json", {"source": TRIAL["source"], "study": {"study_id": "impact"}})
    added = submitted("source", data, path)
    assert added.edit.write() == []
    row = next(line for line in lines(data, "studies.csv") if line.startswith("impact,"))
    assert "; doe2024" in row
    assert ",new_source,doe2024; impact," in lines(data, "causes.csv")[-1]
    # one that is there is named by any of its numbers
    known = Edit(data).package.references.entries["doe2024"].fields["doi"].strip("{}")
    assert bibliography.known(Edit(data).package, {"doi": f"doi:{known.upper()}"}) == "doe2024"


# ----------------------------------------------------------------------------------------------------- its number


@pytest.fixture
def client(tmp_path: Path) -> Iterator[Callable[[], Client]]:
    world = World(
        pubmed={"7": article("7", "A trial of care.", doi="10.5555/zz.7")},
        studies={"NCT00000001": study("NCT00000001", "A registered trial")},
        works={
            "10.5555/zz.2024": {
                **work("10.5555/zz.2024", title="A trial"),
                "author": [{"family": "Doe", "given": "Jane"}, {"name": "A group"}],
                "container-title": ["A Journal of Tests"],
                "issued": {"date-parts": [[2024, 5]]},
                "page": "10-9",
            }
        },
    )
    with serve(world) as bases:
        yield lambda: Client(tmp_path, bases, sleep=lambda _: None, say=lambda _: None)


def test_a_number_is_looked_up_where_it_is_registered(client: Callable[[], Client]) -> None:
    assert look_up("https://doi.org/10.5555/ZZ.2024", client()) == {
        "author": "Doe, Jane and {A group}",
        "title": "A trial",
        "journal": "A Journal of Tests",
        "year": "2024",
        "pages": "10-19",
        "doi": "10.5555/zz.2024",
    }
    of_pubmed = look_up("PMID: 7", client())
    assert of_pubmed["author"] == "Unützer, Jürgen and {A group}"
    assert (of_pubmed["title"], of_pubmed["pmid"], of_pubmed["year"]) == ("A trial of care", "7", "2026")
    registered = look_up("NCT00000001", client())
    assert (registered["kind"], registered["title"], registered["nct"]) == (
        "registry",
        "A registered trial",
        "NCT00000001",
    )
    with pytest.raises(LookUpError, match=r"Crossref has no record 10\.5555/none"):
        look_up("10.5555/none", client())
    with pytest.raises(LookUpError, match="'a paper' is no DOI, PMID or NCT number"):
        look_up("a paper", client())


def raising(error: Exception) -> Callable[..., dict[str, str]]:
    def look_up(*_arguments: object) -> dict[str, str]:
        raise error

    return look_up


def test_without_a_network_a_file_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = Client(tmp_path, {"crossref": "http://127.0.0.1:9/"}, sleep=lambda _: None, say=lambda _: None)
    with pytest.raises(LookUpError, match=r"Crossref did not answer \(no connection\)\.$") as unanswered:
        look_up("10.5555/zz.2024", nowhere)
    monkeypatch.setattr("livingreview.watch.lookup.look_up", raising(unanswered.value))
    with pytest.raises(ContributionError, match=r"no connection\)\. Save the record .*--from FILE"):
        cli._look_up("10.5555/zz.2024")


# --------------------------------------------------------------------------------------------------------- questions


class Person:
    """Answers questions by the column or the words that they begin with; Enter for anything else."""

    def __init__(self, answers: dict[str, list[str]]) -> None:
        self.answers, self.asked = {name: iter(values) for name, values in answers.items()}, []

    def __call__(self, prompt: str) -> str:
        self.asked.append(prompt)
        name = next((name for name in self.answers if prompt.strip().startswith(name)), "")
        return next(self.answers[name], "") if name else ""


def test_a_trial_is_asked_for_in_words_of_the_field(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit = Edit(data)
    person = Person(
        {
            "The source:": ["10.5555/zz.2024"],
            "read:": ["abstract"],
            "kind:": ["secundary", "primary", "3"],
            "Where in the source": ["abstract, Results"],
            "acronym": ["", "ZZ-Test"],
            "group": ["comparisn", "4"],
            "design": ["randomized controlled trial"],
            "unit_of_randomisation": ["patient"],
            "population": ["adults with depression"],
            "n_randomised": ["two hundred", "240"],
            "comparator:": ["usual care"],
            "comparator_type": ["usual_care"],
            "followup_months": ["12"],
            "label": ["Collaborative care", "Usual care"],
            "n:": ["120", "120", "120"],
            "Are there results": ["y"],
            "outcome:": ["depression respons"],
            "Is it": ["y"],
            "months": ["12"],
            "arm": ["intervention"],
            "measure": ["percent"],
            "estimate": ["50.0"],
            "events": ["60"],
            "role": ["primary"],
        }
    )
    registered = {
        "author": "Doe, Jane",
        "title": "A trial",
        "journal": "Tests",
        "year": "2024",
        "doi": "10.5555/zz.2024",
    }
    submission = asking.interview("trial", edit, person, lambda number: registered | {"doi": number})
    out = capsys.readouterr().out
    assert edit.table("studies").fields["comparator_type"]["description"] in out
    assert "Did you mean 'comparison'?" in out
    assert "It must be a plain number" in out
    assert "This is needed." in out
    added = adding.add("trial", submission, edit)
    assert added.edit.write() == []
    assert added.ids["results"] == ["zz_test-response-12m-cc"]
    row = next(line for line in lines(data, "results.csv") if line.startswith("zz_test"))
    assert ",depression response," in row
    assert ",120,60,printed,percent,higher," in row


def test_questions_that_are_interrupted_write_nothing(
    data: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before, asked = content(data), []

    def interrupted(prompt: str) -> str:
        asked.append(prompt)
        if len(asked) == 4:
            raise KeyboardInterrupt
        return "unutzer2002jama" if len(asked) == 1 else "x"

    monkeypatch.setattr(cli, "ROOT", data.parent)
    monkeypatch.setattr("sys.stdin", type("Terminal", (), {"isatty": lambda _: True})())
    monkeypatch.setattr("builtins.input", interrupted)
    options = {"kind": "trial", "identifier": "", "files": [], "study": "", "because": "", "printed_so": False}
    assert cli._run(cli.add, options) == 130
    assert content(data) == before
    monkeypatch.setattr("sys.stdin", type("Pipe", (), {"isatty": lambda _: False})())
    assert cli._run(cli.add, options) == 1
    assert cli._run(cli.correct, {"words": ["a", "b", "c"], "because": "", "printed_so": False}) == 1
    said = capsys.readouterr().err
    assert "Questions need a terminal. Give what is to be added with --from FILE. Nothing was written." in said
    assert "Say it with --because. Nothing was written." in said
