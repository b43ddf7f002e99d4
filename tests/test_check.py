"""Every fault that the check of the data must find, with the message that it must give.

The faults are made in a small package, cut out of the real one by ids, so that each case takes a moment.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import math
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import frictionless
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from livingreview import checks as module
from livingreview.checks import RULES, Fault, annotation, bibliography, broken, check, main_text, sort
from livingreview.checks.order import ABOUT, UNSORTED
from livingreview.checks.reading import read_package
from livingreview.evidence import DATA, Evidence, split

#: Rows of the small package; the first of them is row 2 of its file.
KEEP = {
    "studies": ["impact", "claro", "proud", "ahead", "incpad"],
    "arms": [
        *("impact-cc", "impact-control", "claro-cc", "claro-control", "proud-cc", "proud-control"),
        *("ahead-cc", "ahead-control", "incpad-cc", "incpad-control"),
    ],
    "sets": ["impact-people-two-sites-cc", "impact-people-two-sites-control"],
    "results": [
        *(
            "impact-response-12m-cc",
            "impact-response-12m-contrast",
            "impact-scl20-24m-contrast",
            "impact-pain-12m-cc-arthritis",
            "impact-prefers-counselling-baseline-stated",
            "impact-cardiac-event-96m-indiana",
            "impact-cardiac-event-96m-cc-indiana-no-cvd",
        ),
        *(
            "claro-first-fill-6m-contrast",
            "proud-oud-years-24m-contrast-new-patients",
            "proud-oud-years-36m-contrast-system-1",
            "proud-oud-years-36m-contrast-system-2",
        ),
    ],
    "outcomes": ["claro-outcome-first-fill"],
    "milestones": ["impact-results-published", "claro-results-published"],
    "baseline": ["impact-baseline-age", "impact-baseline-a1c-diabetes"],
    "components": ["model-core-principles-count-core-principles", "model-caseload-typical-full-time"],
    "pooled": ["pooled-archer2012-depression-improvement-0-6m", "pooled-archer2012-depression-response-0-6m"],
    "certainty": ["certainty-archer2012-depression-anxiety"],
    "claims": ["claro-claim-797-adults-randomised", "claro-claim-arms-400-397"],
    "discrepancies": ["claro-patients-per-design-paper-registry", "claro-patients-per-trial-report"],
    "instruments": ["scale-phq9-mcid", "scale-phq9-mic"],
    "explanations": ["why-proud-oud-years-36m-contrast-system-1", "why-proud-oud-years-36m-contrast-system-2"],
    "relations": ["sum-claro"],
    "risk_of_bias": ["impact-bias-response-12m-d1"],
    "judgments": [],
    "notices": [],
    "causes": [],
    "left_out": ["sources"],
    "readings": [],
    "reading_values": [],
    "glossary": ["absolute-difference"],
    "searches": ["search-public-texts", "search-pubmed"],
    "runs": [],
    "records": [],
    "screenings": [],
    "living": ["living-search"],
    "registry": ["nct01561105-last-update-posted"],
    "checklists": ["prisma-2020-1", "prisma-2020-3"],
}


class Folder:
    """A folder with the data package, and ways to spoil it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.whole = self.bytes()
        paths = [resource["path"] for resource in json.loads(self.whole["datapackage.json"])["resources"]]
        #: Names of the files, as the dictionary lists them; the references come last.
        self.order = [*paths, "references.bib"]

    def cells(self, table: str, row: str, **values: str) -> None:
        """Write cells of one row; only its line changes."""
        lines = self.read(f"{table}.csv").split("\n")
        columns = lines[0].split(",")
        at = next(i for i, line in enumerate(lines) if line.startswith(f"{row},"))
        cells = next(csv.reader([lines[at]]))
        for column, value in values.items():
            cells[columns.index(column)] = value
        out = io.StringIO()
        csv.writer(out, lineterminator="").writerow(cells)
        lines[at] = out.getvalue()
        self.write(f"{table}.csv", "\n".join(lines))

    def text(self, name: str, old: str, new: str) -> None:
        """Replace the first place of a text, which must be there."""
        text = self.read(name)
        assert old in text, old
        self.write(name, text.replace(old, new, 1))

    def lines(self, name: str, change: Callable[[list[str]], list[str]]) -> None:
        self.write(name, "\n".join(change(self.read(name).split("\n"))))

    def package(self, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> None:
        """Change the dictionary's list of tables."""
        package = json.loads(self.read("datapackage.json"))
        package["resources"] = change(package["resources"])
        self.write("datapackage.json", json.dumps(package, indent=2, ensure_ascii=False) + "\n")

    def resource(self, change: Callable[[dict[str, Any]], object], name: str = "arms") -> None:
        """Change the entry of a table in the dictionary."""

        def changed(resources: list[dict[str, Any]]) -> list[dict[str, Any]]:
            change(next(r for r in resources if r["name"] == name))
            return resources

        self.package(changed)

    def entry(self, change: Callable[[dict[str, Any]], object], column: tuple[str, str] = ("results", "n")) -> None:
        """Change the entry of a column in the dictionary."""
        self.resource(lambda r: change(next(f for f in r["schema"]["fields"] if f["name"] == column[1])), column[0])

    def explain(self, check: str, row_ids: str, found: str) -> None:
        """Add an explanation."""
        line = ["expl-99", check, row_ids, found, "rounding", "a reason", "", ""]
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerow(line)
        self.write("explanations.csv", self.read("explanations.csv") + out.getvalue())

    def raw(self, name: str, change: Callable[[bytes], bytes]) -> None:
        path = self.path / name
        path.write_bytes(change(path.read_bytes()))

    def mend(self) -> None:
        for name, raw in self.whole.items():
            if (self.path / name).read_bytes() != raw:
                (self.path / name).write_bytes(raw)

    def read(self, name: str) -> str:
        return (self.path / name).read_bytes().decode()

    def write(self, name: str, text: str) -> None:
        (self.path / name).write_bytes(text.encode())

    def bytes(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in self.path.iterdir() if path.is_file()}


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Cut a small package, which has no fault, out of the real one."""
    path = tmp_path_factory.mktemp("package") / "data"
    path.mkdir()
    for name in ("datapackage.json", "review.csv"):
        shutil.copy(DATA / name, path)
    for table, ids in KEEP.items():
        lines = (DATA / f"{table}.csv").read_text(encoding="utf-8").splitlines()
        # nobody read these results again: a number that is spoiled then breaks the rules on it alone
        kept = [line.replace(",read_twice,", ",single,") for line in lines[1:] if next(csv.reader([line]))[0] in ids]
        (path / f"{table}.csv").write_text("\n".join([lines[0], *kept]) + "\n", encoding="utf-8", newline="\n")
    cited = set()
    for file in path.glob("*.csv"):
        for row in csv.DictReader(file.read_text(encoding="utf-8").splitlines()):
            for column in ("source_key", "source_keys", "primary_source_key"):
                cited.update(split(row.get(column) or ""))
    entries = re.findall(r"@.*?\n}\n", (DATA / "references.bib").read_text(encoding="utf-8"), re.DOTALL)
    kept = [entry for entry in entries if re.match(r"@\w+{([^,]+)", entry)[1] in cited]  # type: ignore[index]
    (path / "references.bib").write_text("\n".join(kept), encoding="utf-8", newline="\n")
    return path


@pytest.fixture
def folder(small: Path, tmp_path: Path) -> Folder:
    return Folder(Path(shutil.copytree(small, tmp_path / "data")))


Bend = Callable[[Folder], object]
BIB = "references.bib"
NCT = "nct          = {NCT01561105}"
RESULTS = "results.csv"
FILL = "claro-first-fill-6m-contrast"
UNUSED = (
    b"\n@misc{zhao2020,\n  title        = {{A trial}},\n  kind         = {primary},\n  read         = {abstract},\n}\n"
)
FIRST, CONTRAST = "impact-response-12m-cc", "impact-response-12m-contrast"
POOLED = "pooled-archer2012-depression-improvement-0-6m"
RECORD = "nct01561105-last-update-posted"
#: Name of each fault, and how it is made; faults/messages.txt has what must be said about it.
FAULTS: dict[str, Bend] = {
    # --- files
    "a table is missing": lambda f: (f.path / "sets.csv").unlink(),
    "the studies are missing": lambda f: (f.path / "studies.csv").unlink(),
    "the dictionary is missing": lambda f: (f.path / "datapackage.json").unlink(),
    "the references are missing": lambda f: (f.path / BIB).unlink(),
    "a table is a folder": lambda f: ((f.path / "sets.csv").unlink(), (f.path / "sets.csv").mkdir()),
    "a table is a link": lambda f: (
        (f.path / "sets.csv").unlink(),
        (f.path / "sets.csv").symlink_to(f.path / "arms.csv"),
    ),
    "a table is empty": lambda f: f.raw("sets.csv", lambda _: b""),
    "a table has blank lines only": lambda f: f.raw("sets.csv", lambda _: b"\n\n,,\n"),
    "a table is a spreadsheet": lambda f: f.raw("sets.csv", lambda _: b"PK\x03\x04\x14\x00"),
    "a table is in UTF-16": lambda f: f.raw("sets.csv", lambda raw: raw.decode().encode("utf-16")),
    "a table is in UTF-16 without its mark": lambda f: f.raw("sets.csv", lambda raw: raw.decode().encode("utf-16-le")),
    "a table is in UTF-32": lambda f: f.raw("sets.csv", lambda raw: raw.decode().encode("utf-32")),
    "a table is compressed": lambda f: f.raw("sets.csv", gzip.compress),
    "a table is a PDF": lambda f: f.raw("sets.csv", lambda _: b"%PDF-1.7\n"),
    "a table is a pipe": lambda f: ((f.path / "sets.csv").unlink(), os.mkfifo(f.path / "sets.csv")),
    "the references are a folder": lambda f: ((f.path / BIB).unlink(), (f.path / BIB).mkdir()),
    "a table in capital letters": lambda f: (f.path / "sets.csv").rename(f.path / "Sets.csv"),
    "a folder in the data": lambda f: (f.path / "more").mkdir(),
    "a link to a folder": lambda f: (f.path / "etc").symlink_to("/etc"),
    "a link to nothing": lambda f: (f.path / "more.csv").symlink_to("/nowhere"),
    "a file that a merge left": lambda f: f.write("results.csv.orig", "x"),
    "a program in the data": lambda f: f.write("clean.py", "print()\n"),
    "a table that nobody described": lambda f: f.write("further.csv", "id\n1\n"),
    "a spreadsheet beside its table": lambda f: f.write("results.xlsx", "PK"),
    # --- the dictionary
    "broken JSON": lambda f: f.text("datapackage.json", '"name": "sets",', '"name": "sets"'),
    "a comment in JSON": lambda f: f.text("datapackage.json", "{\n", "{ // the dictionary\n"),
    "a property of a column twice": lambda f: f.text(
        "datapackage.json", '"name": "set_id",', '"name": "set_id", "name": "set",'
    ),
    "a byte-order mark in the dictionary": lambda f: f.raw("datapackage.json", lambda raw: b"\xef\xbb\xbf" + raw),
    "HTML in the dictionary": lambda f: f.entry(lambda c: c.update(description="<script>alert(1)</script>")),
    "a bound that is no number of JSON": lambda f: f.entry(lambda c: c.update(constraints={"minimum": math.nan})),
    "words that are one word": lambda f: f.entry(
        lambda c: c.update(constraints={"required": True, "enum": "primary"}), ("results", "tier")
    ),
    "words that nobody lists any more": lambda f: f.entry(lambda c: c["constraints"].pop("enum"), ("results", "tier")),
    "a tier that nobody requires any more": lambda f: f.entry(
        lambda c: c["constraints"].pop("required"), ("results", "tier")
    ),
    "a study that need not be there": lambda f: f.resource(lambda r: r["schema"].pop("foreignKeys")),
    "a dialect": lambda f: f.resource(lambda r: r.update(dialect={"delimiter": ";"})),
    "a path on the web": lambda f: f.resource(lambda r: r.update(path="http://example.org/arms.csv")),
    "a table that is no table": lambda f: f.package(lambda resources: ["arms", *resources]),
    "a table described and not there": lambda f: f.package(
        lambda resources: [
            *resources,
            {
                "name": "more",
                "path": "more.csv",
                "schema": {"fields": [{"name": "id", "type": "string", "description": "Id."}], "primaryKey": ["id"]},
            },
        ]
    ),
    "JSON of another kind": lambda f: f.write("datapackage.json", "[1, 2]\n"),
    "JSON too deep": lambda f: f.write("datapackage.json", "[" * 100_000 + "\n"),
    "no resources": lambda f: f.text("datapackage.json", '"resources"', '"resource"'),
    "a table without its entry": lambda f: f.package(lambda resources: [r for r in resources if r["name"] != "sets"]),
    "a column renamed in dictionary and table": lambda f: (
        f.entry(lambda c: c.update(name="p"), ("results", "p_value")),
        f.entry(lambda c: c.update(name="p"), ("pooled", "p_value")),
        f.text("results.csv", "p_value", "p"),
        f.text("pooled.csv", "p_value", "p"),
    ),
    "a table without schema": lambda f: f.resource(lambda r: r.pop("schema")),
    "a path that leads elsewhere": lambda f: f.resource(lambda r: r.update(path="../../etc/passwd")),
    "a table described twice": lambda f: f.package(
        lambda resources: [next(r for r in resources if r["name"] == "sets"), *resources]
    ),
    "another word for blank": lambda f: f.resource(lambda r: r["schema"].update(missingValues=["", "NA"])),
    "a primary key that is no column": lambda f: f.resource(lambda r: r["schema"].update(primaryKey=["id"])),
    "a foreign key to no table": lambda f: f.resource(
        lambda r: r["schema"]["foreignKeys"][0]["reference"].update(resource="study")
    ),
    "a description that is no text": lambda f: f.resource(lambda r: r.update(description=None)),
    "a property that changes how cells are read": lambda f: f.entry(lambda c: c.update(decimalChar=",")),
    "a format that is not CSV": lambda f: f.resource(lambda r: r.update(format="tsv")),
    "a column that its listing lacks": lambda f: f.text(
        "datapackage.json", '"Size": "n",\n          "Size is of": "n_basis"', '"Size": "n"'
    ),
    "a page divided that lists nothing": lambda f: f.text(
        "datapackage.json", '"sources",\n    "trials"', '"sources",\n    "impact"'
    ),
    "a listing in another form": lambda f: f.text("datapackage.json", '"Size": "n",', '"Size": ["n"],'),
    "a column without description": lambda f: f.entry(lambda c: c.update(description=" ")),
    "a column described twice": lambda f: f.entry(lambda c: c.update(name="note")),
    "a type that does not exist": lambda f: f.entry(lambda c: c.update(type="numbr")),
    "a constraint that does not exist": lambda f: f.entry(lambda c: c.update(constraints={"minimun": 1})),
    "a pattern that is none": lambda f: f.entry(
        lambda c: c.update(constraints={"pattern": "("}), ("results", "definition")
    ),
    "a bound that is no number": lambda f: f.entry(lambda c: c.update(constraints={"minimum": "one"})),
    "a column that the table lacks": lambda f: f.resource(
        lambda r: r["schema"]["fields"].append({"name": "blinding", "type": "string", "description": "Who was blind."}),
    ),
    # --- header and form of the rows
    "a column that the dictionary lacks": lambda f: f.entry(lambda c: c.update(name="total")),
    "a column renamed": lambda f: f.text(RESULTS, "p_value", "pvalue"),
    "a column twice": lambda f: f.text("left_out.csv", "file,row_id,what", "file,row_id,row_id"),
    "a column without name": lambda f: f.text("left_out.csv", "reason", "reason,"),
    "names of two columns exchanged": lambda f: f.text(RESULTS, "ci_low,ci_high", "ci_high,ci_low"),
    "a column in capital letters": lambda f: f.text(RESULTS, ",estimate,", ",Estimate,"),
    "a column with a space before": lambda f: f.text(RESULTS, ",estimate,", ", estimate,"),
    "a column more in every row": lambda f: f.raw("sets.csv", lambda raw: raw.replace(b"\n", b",\n")),
    "the header twice": lambda f: f.lines("sets.csv", lambda lines: [lines[0], *lines]),
    "a comment before the header": lambda f: f.lines("sets.csv", lambda lines: ["# sets", *lines]),
    "a line for spreadsheets before the header": lambda f: f.lines("sets.csv", lambda lines: ["sep=,", *lines]),
    "tabs for commas": lambda f: f.raw("left_out.csv", lambda raw: raw.replace(b",", b"\t")),
    "columns in another order": lambda f: f.text("left_out.csv", "file,row_id", "row_id,file"),
    "semicolons for commas": lambda f: f.raw("left_out.csv", lambda raw: raw.replace(b",", b";")),
    "the header is gone": lambda f: f.lines("review.csv", lambda lines: lines[1:]),
    "a header alone": lambda f: f.lines("review.csv", lambda lines: [*lines[:1], ""]),
    "a comma too many": lambda f: f.text("sets.csv", "two sites with 4-year costs", "two sites, with 4-year costs"),
    "a comma too few": lambda f: f.text(
        "sets.csv", "impact-people-two-sites-cc,impact,", "impact-people-two-sites-cc impact,"
    ),
    "a blank line": lambda f: f.lines("sets.csv", lambda lines: [*lines[:2], "", *lines[2:]]),
    "a row of commas": lambda f: f.lines("sets.csv", lambda lines: [*lines[:2], "," * 9, *lines[2:]]),
    "a blank line at the end": lambda f: f.raw("sets.csv", lambda raw: raw + b"\n"),
    "a quote not closed": lambda f: f.text("sets.csv", "two sites", '"two sites'),
    "a quote within a cell": lambda f: f.text("sets.csv", "two sites", 'two "sites"'),
    "a line break in a cell": lambda f: f.text("sets.csv", "two sites with", '"two sites\nwith"'),
    "marks of a merge conflict": lambda f: f.lines(
        "sets.csv",
        lambda lines: [lines[0], "<<<<<<< HEAD", lines[1], "=======", ">>>>>>> theirs", *lines[2:]],
    ),
    "a row out of its place": lambda f: f.lines("studies.csv", lambda lines: [lines[0], *reversed(lines[1:-1]), ""]),
    "a row at the end of its table": lambda f: f.lines("arms.csv", lambda x: [*x[:2], *x[3:-1], x[2], ""]),
    "ids by their letters and not their numbers": lambda f: f.lines(
        "glossary.csv", lambda lines: [lines[0], "term-10,ten,,term,", "term-9,nine,,term,", ""]
    ),
    # --- text
    "a letter in Latin-1": lambda f: f.raw(
        "sets.csv", lambda raw: raw.replace(b"two sites", "zwei Städte".encode("latin-1"), 1)
    ),
    "a byte-order mark": lambda f: f.raw(RESULTS, lambda raw: b"\xef\xbb\xbf" + raw),
    "Windows line ends": lambda f: f.raw(RESULTS, lambda raw: raw.replace(b"\n", b"\r\n")),
    "one Windows line end": lambda f: f.raw("sets.csv", lambda raw: raw[:-1] + b"\r\n"),
    "old Mac line ends": lambda f: f.raw("sets.csv", lambda raw: raw.replace(b"\n", b"\r")),
    "no end of the last line": lambda f: f.raw(RESULTS, lambda raw: raw[:-1]),
    "a control character": lambda f: f.cells("results", "impact-response-12m-cc", note="a\x07b"),
    "a mark of the beginning in the middle": lambda f: f.text(
        "sets.csv", "impact-people-two-sites-control", "\ufeffset-02"
    ),
    "a line separator": lambda f: f.cells("results", "impact-response-12m-cc", note="a\u2028b"),
    "a soft hyphen": lambda f: f.cells("results", "impact-response-12m-cc", note="collabo\u00adrative"),
    "a joiner of no width": lambda f: f.cells("results", "impact-response-12m-cc", outcome="depression\u2060 response"),
    "a mark of the writing direction": lambda f: f.cells("results", "impact-response-12m-cc", note="abc\u200fdef"),
    "a Cyrillic letter in an id": lambda f: f.cells(
        "discrepancies", "claro-patients-per-design-paper-registry", quantity="clini\u0441s"
    ),
    "a Cyrillic letter in a study": lambda f: f.cells("results", "impact-response-12m-cc", study_id="imp\u0430ct"),
    "a Greek letter in a word": lambda f: f.cells(
        "results", "impact-response-12m-cc", outcome="depressi\u03bfn response"
    ),
    "joined letters of a PDF": lambda f: f.cells("results", "impact-response-12m-cc", note="modi\ufb01ed"),
    "wide letters": lambda f: f.cells("results", "impact-response-12m-cc", note="\uff23\uff22\uff34"),
    "a picture": lambda f: f.cells("results", "impact-response-12m-cc", note="done \U0001f44d"),
    "wide digits": lambda f: f.cells(
        "results", "impact-prefers-counselling-baseline-stated", n="\uff11\uff16\uff10\uff12"
    ),
    "a thin space in a number": lambda f: f.cells(
        "results", "impact-prefers-counselling-baseline-stated", n="1\u2009602"
    ),
    "a web address in a note": lambda f: f.cells("results", "impact-response-12m-cc", note="see https://example.org/x"),
    "a link in Markdown": lambda f: f.cells("results", "impact-response-12m-cc", note="[here](http://example.org)"),
    "a role of MyST": lambda f: f.cells("results", "impact-response-12m-cc", note="{raw}`html <b>`"),
    "an event of HTML": lambda f: f.cells("results", "impact-response-12m-cc", note='x" onmouseover="alert(1)'),
    "a comment of HTML": lambda f: f.cells("results", "impact-response-12m-cc", note="a<!-- b -->"),
    "a null byte": lambda f: f.cells("results", "impact-response-12m-cc", note="a\x00b"),
    "an escape sequence of terminals": lambda f: f.cells("results", "impact-response-12m-cc", note="\x1b[2Jgone"),
    "a space of no width": lambda f: f.cells("results", "impact-response-12m-cc", instrument="SCL\u200b-20"),
    "text turned round": lambda f: f.cells("results", "impact-response-12m-cc", note="\u202e02 ni 1"),
    "a no-break space": lambda f: f.cells("results", "impact-response-12m-cc", note="n\u00a0=\u00a012"),
    "a tab in a cell": lambda f: f.cells("results", "impact-response-12m-cc", note="a\tb"),
    "letters read in a wrong encoding": lambda f: f.cells("results", "impact-response-12m-cc", note="UnÃ¼tzer"),
    "a letter lost": lambda f: f.cells("results", "impact-response-12m-cc", note="Un\ufffdtzer"),
    "an accent apart from its letter": lambda f: f.cells("results", "impact-response-12m-cc", note="Noe\u0308l"),
    "digits of another script": lambda f: f.cells("results", "impact-response-12m-cc", estimate="٤٥"),
    "a true minus": lambda f: f.cells("results", "claro-first-fill-6m-contrast", estimate="\u22127.0"),
    "a dash for a minus": lambda f: f.cells("results", "claro-first-fill-6m-contrast", estimate="\u20137.0"),
    "a dash for a minus in words": lambda f: f.cells(
        "claims", "claro-claim-797-adults-randomised", numbers="difference \u20131.0"
    ),
    "a decimal comma": lambda f: f.cells("results", "impact-response-12m-cc", estimate="45,2"),
    "a decimal comma in words": lambda f: f.cells("claims", "claro-claim-797-adults-randomised", numbers="40,2; 54.3"),
    "a thousands comma": lambda f: f.cells("results", "impact-prefers-counselling-baseline-stated", n="1,602"),
    "a space before": lambda f: f.cells("results", "impact-response-12m-cc", arm=" control"),
    "a space after": lambda f: f.cells("results", "impact-response-12m-cc", estimate="45 "),
    "two spaces": lambda f: f.cells("results", "impact-response-12m-cc", note="two  spaces"),
    "a word for nothing": lambda f: f.cells("results", "impact-response-12m-cc", n="NA"),
    "an error of a spreadsheet": lambda f: f.cells("results", "impact-response-12m-cc", note="#REF!"),
    "a formula": lambda f: f.cells("results", "impact-response-12m-cc", note="=HYPERLINK(A1)"),
    "a formula that begins with plus": lambda f: f.cells("results", "impact-response-12m-cc", note="+1+cmd"),
    "a formula that begins with minus": lambda f: f.cells(
        "results", "impact-response-12m-cc", note="-2+3+cmd|' /C calc'!A0"
    ),
    "a formula that begins with at": lambda f: f.cells("results", "impact-response-12m-cc", note="@SUM(1;1)"),
    "HTML": lambda f: f.cells("results", "impact-response-12m-cc", note="see <b>Table 2</b>"),
    "a script": lambda f: f.cells("claims", "claro-claim-797-adults-randomised", why="<script>alert(1)</script>"),
    "the address of a script": lambda f: f.cells(
        "claims", "claro-claim-797-adults-randomised", why="JavaScript:alert(1)"
    ),
    "a letter as HTML": lambda f: f.cells("claims", "claro-claim-797-adults-randomised", why="Un&uuml;tzer"),
    # --- Table Schema
    "words for a number": lambda f: f.cells("results", "impact-response-12m-cc", estimate="about 45"),
    "a number with underscores": lambda f: f.cells("results", "impact-prefers-counselling-baseline-stated", n="1_602"),
    "a number in powers of ten": lambda f: f.cells("results", "impact-prefers-counselling-baseline-stated", n="1e3"),
    "a number without its 0": lambda f: f.cells("results", "claro-first-fill-6m-contrast", p_value=".19"),
    "a number with a sign before": lambda f: f.cells("results", "claro-first-fill-6m-contrast", estimate="--7.0"),
    "a number with a plus": lambda f: f.cells("results", "impact-response-12m-cc", estimate="+45"),
    "a number with a point at its end": lambda f: f.cells("results", "impact-response-12m-cc", estimate="45."),
    "a number with a 0 before": lambda f: f.cells("results", "impact-prefers-counselling-baseline-stated", n="01602"),
    "a number with its name": lambda f: f.cells("results", "impact-prefers-counselling-baseline-stated", n="n=1602"),
    "a number that is about": lambda f: f.cells("results", "impact-prefers-counselling-baseline-stated", n="~1602"),
    "a number in base 16": lambda f: f.cells("results", "impact-prefers-counselling-baseline-stated", n="0x10"),
    "a fraction": lambda f: f.cells("results", "impact-response-12m-cc", estimate="½"),
    "a number with an apostrophe": lambda f: f.cells(
        "results", "impact-prefers-counselling-baseline-stated", n="1'602"
    ),
    "a number in the German way": lambda f: f.cells(
        "results", "impact-prefers-counselling-baseline-stated", n="1.602,0"
    ),
    "the sign for infinity": lambda f: f.cells("results", "impact-response-12m-contrast", ci_high="∞"),
    "infinity in small letters": lambda f: f.cells("results", "impact-response-12m-contrast", ci_high="inf"),
    "an interval in one cell": lambda f: f.cells("results", "impact-response-12m-contrast", ci_low="2.71 to 4.38"),
    "P with its sign in one cell": lambda f: f.cells("results", "claro-first-fill-6m-contrast", p_value="<0.001"),
    "a sign of P in words": lambda f: f.cells("results", "claro-first-fill-6m-contrast", p_operator="less than"),
    "months in words": lambda f: f.cells("results", "impact-response-12m-contrast", months="12 months"),
    "months beyond a life": lambda f: f.cells("results", "impact-response-12m-contrast", months="1200"),
    "fewer than nobody": lambda f: f.cells("results", "impact-cardiac-event-96m-indiana", events="-1"),
    "a negative standard deviation": lambda f: f.cells("baseline", "impact-baseline-age", sd="-3"),
    "heterogeneity above 100": lambda f: f.cells("pooled", "pooled-archer2012-depression-improvement-0-6m", i2="140"),
    "nobody in an arm": lambda f: f.cells("arms", "proud-control", n="0"),
    "a percent sign": lambda f: f.cells("results", "impact-response-12m-cc", estimate="45%"),
    "not a number": lambda f: f.cells("results", "impact-response-12m-contrast", ci_high="NaN"),
    "an endless number": lambda f: f.cells("results", "impact-prefers-counselling-baseline-stated", n="9" * 5000),
    "infinite people": lambda f: f.cells("results", "impact-prefers-counselling-baseline-stated", n="INF"),
    "half a person": lambda f: f.cells("results", "impact-prefers-counselling-baseline-stated", n="1602.5"),
    "no id": lambda f: f.cells("results", "impact-response-12m-contrast", result_id=""),
    "no source": lambda f: f.cells("results", "impact-response-12m-contrast", source_key=""),
    "no locator": lambda f: f.cells("results", "impact-response-12m-contrast", locator=""),
    "a locator that says nothing": lambda f: f.cells("results", "impact-response-12m-contrast", locator="unknown"),
    "a locator of one letter": lambda f: f.cells("results", "impact-response-12m-contrast", locator="x"),
    "a source without its place": lambda f: f.cells("instruments", "scale-phq9-mcid", locator=""),
    "no tier": lambda f: f.cells("results", "impact-response-12m-contrast", tier=""),
    "no extraction": lambda f: f.cells("results", "impact-response-12m-contrast", extraction=""),
    "a registration with a comma": lambda f: f.cells("studies", "impact", registration="NCT01561105, NCT01561106"),
    "an arm that is no word of ours": lambda f: f.cells("results", "impact-response-12m-contrast", arm="contrst"),
    "a measure that is no word of ours": lambda f: f.cells(
        "results", "impact-response-12m-contrast", measure="odds ratio"
    ),
    "a verdict that is no word of ours": lambda f: f.cells(
        "claims", "claro-claim-797-adults-randomised", verdict="refuted"
    ),
    "an id in another form": lambda f: f.cells(
        "discrepancies", "claro-patients-per-design-paper-registry", discrepancy_id="d9"
    ),
    "a registration in another form": lambda f: f.cells("studies", "impact", registration="NCT0156110"),
    "a range that a spreadsheet made a date": lambda f: f.cells(
        "results", "impact-pain-12m-cc-arthritis", scale_range="10-Jan"
    ),
    "a P value above 1": lambda f: f.cells("results", "claro-first-fill-6m-contrast", p_value="19"),
    "months below 0": lambda f: f.cells("results", "impact-response-12m-contrast", months="-12"),
    "nobody": lambda f: f.cells("results", "impact-prefers-counselling-baseline-stated", n="0"),
    "an id twice in a table": lambda f: f.cells(
        "results", "impact-pain-12m-cc-arthritis", result_id="impact-response-12m-contrast"
    ),
    "a fact left out twice": lambda f: f.lines("left_out.csv", lambda lines: [*lines[:2], *lines[1:]]),
    "a study that is not there": lambda f: f.cells("results", "impact-response-12m-contrast", study_id="impct"),
    # --- ids and links
    "an id in two tables": lambda f: f.cells("glossary", "absolute-difference", term_id="impact"),
    "an id that is the key of a source": lambda f: f.cells(
        "glossary", "absolute-difference", term_id="unutzer2002jama"
    ),
    "an unknown source": lambda f: f.cells("results", "impact-response-12m-contrast", source_key="unutzer2002jamma"),
    "a source in other letters": lambda f: f.cells(
        "results", "impact-response-12m-contrast", source_key="Unutzer2002JAMA"
    ),
    "an unknown source among several": lambda f: f.cells(
        "studies", "incpad", source_keys="kroenke2010_incpad; zzz1999"
    ),
    "sources with commas between": lambda f: f.cells(
        "studies", "incpad", source_keys="kroenke2010_incpad, choiyoo2014_incpad"
    ),
    "sources without a space between": lambda f: f.cells(
        "studies", "incpad", source_keys="kroenke2010_incpad;choiyoo2014_incpad"
    ),
    "two sources with a comma": lambda f: f.cells(
        "results", "impact-response-12m-contrast", source_key="unutzer2002jama,unutzer2008ajmc"
    ),
    "an id in other letters": lambda f: f.lines(
        "results.csv", lambda lines: [*lines[:3], lines[2].replace("impact-response-12m-cc", "IMPACT-001"), *lines[3:]]
    ),
    "an outcome in capital letters": lambda f: f.cells(
        "results", "impact-response-12m-contrast", outcome="Depression response"
    ),
    "an instrument without its hyphen": lambda f: f.cells(
        "results", "impact-response-12m-contrast", instrument="SCL20"
    ),
    "a source twice": lambda f: f.cells("studies", "incpad", source_keys="kroenke2010_incpad; kroenke2010_incpad"),
    "a tier above its source": lambda f: f.cells("results", "claro-first-fill-6m-contrast", tier="primary_full_text"),
    "an unknown primary source": lambda f: f.cells(
        "claims", "claro-claim-797-adults-randomised", primary_source_key="watkins2026_claro"
    ),
    "a claim checked against nothing": lambda f: f.cells(
        "claims", "claro-claim-797-adults-randomised", checked_against="claro-first-fill-6m-contrst"
    ),
    "an outcome reported by another study": lambda f: f.cells(
        "outcomes", "claro-outcome-first-fill", contrast_id="impact-response-12m-contrast"
    ),
    "an outcome reported by nothing": lambda f: f.cells(
        "outcomes", "claro-outcome-first-fill", contrast_id="claro-first-fill-6m-contrst"
    ),
    "an outcome of one arm": lambda f: (
        f.cells("results", "impact-pain-12m-cc-arthritis", study_id="claro"),
        f.cells("outcomes", "claro-outcome-first-fill", intervention_id="impact-pain-12m-cc-arthritis"),
    ),
    "sizes of arms that have none": lambda f: f.cells(
        "outcomes",
        "claro-outcome-first-fill",
        study_id="proud",
        contrast_id="proud-oud-years-24m-contrast-new-patients",
        sizes="randomised",
    ),
    # --- numbers
    "P without its sign": lambda f: f.cells("results", "claro-first-fill-6m-contrast", p_operator=""),
    "a sign without P": lambda f: f.cells("results", "claro-first-fill-6m-contrast", p_value=""),
    "P printed as 0": lambda f: f.cells("results", "claro-first-fill-6m-contrast", p_value="0.000"),
    "one limit": lambda f: f.cells("results", "impact-response-12m-contrast", ci_high=""),
    "limits exchanged": lambda f: f.cells("results", "impact-response-12m-contrast", ci_low="4.38", ci_high="2.71"),
    "limits that are one": lambda f: f.cells("results", "impact-response-12m-contrast", ci_low="3.45", ci_high="3.45"),
    "limits without type": lambda f: f.cells("results", "impact-response-12m-contrast", ci_type=""),
    "a type without limits": lambda f: f.cells("results", "impact-response-12m-contrast", ci_low="", ci_high=""),
    "an open end of a two-sided interval": lambda f: f.cells("results", "impact-response-12m-contrast", ci_high="INF"),
    "a one-sided interval with two ends": lambda f: f.cells(
        "results", "proud-oud-years-24m-contrast-new-patients", ci_high="10.3"
    ),
    "an interval without level": lambda f: f.cells("results", "impact-response-12m-contrast", ci_level=""),
    "a level without interval": lambda f: f.cells("results", "impact-response-12m-cc", ci_level="95"),
    "an estimate outside its interval": lambda f: f.cells("results", "impact-response-12m-contrast", estimate="34.5"),
    "a lost minus": lambda f: f.cells("pooled", "pooled-archer2012-depression-improvement-0-6m", estimate="0.34"),
    "a threshold outside its interval": lambda f: f.cells("instruments", "scale-phq9-mcid", ci_low="6", ci_high="7"),
    "a percentage above 100": lambda f: f.cells("results", "impact-response-12m-cc", estimate="450"),
    "a percentage below 0": lambda f: f.cells("results", "impact-response-12m-cc", estimate="-45"),
    "a characteristic above 100 percent": lambda f: f.cells(
        "baseline", "impact-baseline-a1c-diabetes", measure="percent", value="650"
    ),
    "a ratio below 0": lambda f: f.cells("results", "impact-response-12m-contrast", ci_low="-2.71"),
    "a pooled ratio of 0": lambda f: f.cells(
        "pooled", "pooled-archer2012-depression-response-0-6m", estimate="0", ci_low="0"
    ),
    "a unit of another measure": lambda f: f.cells("results", "impact-response-12m-contrast", unit="points"),
    "no unit": lambda f: f.cells("results", "impact-pain-12m-cc-arthritis", unit=""),
    "a ratio in one arm": lambda f: f.cells("results", "impact-response-12m-contrast", arm="comparator"),
    "a P value of the contrast on an arm": lambda f: f.cells(
        "results", "impact-response-12m-cc", p_operator="<", p_value="0.001"
    ),
    "a contrast in words without its direction": lambda f: f.cells(
        "results", FILL, measure="direction_only", estimate="", p_operator="", p_value=""
    ),
    "a direction in words beside a number": lambda f: f.cells("results", FILL, direction_reported="did not differ"),
    "an interval of an arm on the P value of the contrast": lambda f: f.cells(
        "results", CONTRAST, measure="p_value", estimate="", unit=""
    ),
    "a bound of nothing": lambda f: f.cells("results", FILL, estimate="", estimate_operator=">"),
    "a result without number": lambda f: f.cells(
        "results", "impact-cardiac-event-96m-indiana", estimate="", n="", events="", denominator_basis=""
    ),
    "a direction with a number": lambda f: f.cells("results", "claro-first-fill-6m-contrast", measure="direction_only"),
    "more people than there are": lambda f: f.cells("results", "impact-cardiac-event-96m-indiana", events="236"),
    "people counted out of nothing": lambda f: f.cells(
        "results", "impact-cardiac-event-96m-indiana", n="", denominator_basis=""
    ),
    "a number without basis": lambda f: f.cells(
        "results", "impact-prefers-counselling-baseline-stated", denominator_basis=""
    ),
    "a basis without number": lambda f: f.cells("results", "impact-prefers-counselling-baseline-stated", n=""),
    "a percentage without basis": lambda f: f.cells("results", "impact-response-12m-cc", denominator_basis=""),
    "a sum that is none": lambda f: f.cells(
        "results", "impact-response-12m-contrast", n="1800", denominator_basis="sum"
    ),
    "one number of people with two bases": lambda f: f.cells(
        "results",
        "impact-response-12m-contrast",
        arm="intervention",
        measure="percent",
        n="906",
        denominator_basis="printed",
        estimate="45",
        ci_low="",
        ci_high="",
        ci_level="",
        ci_type="",
        unit="percent",
        p_operator="",
        p_value="",
        definition="another",
    ),
    "a care manager denied by no place": lambda f: f.cells("arms", "claro-control", care_manager="none"),
    "a scale that no text names": lambda f: f.cells(
        "results", "impact-pain-12m-cc-arthritis", instrument_basis="other_source"
    ),
    "a team without a psychiatrist among the trials": lambda f: f.cells("studies", "proud", group="substance_use"),
    "adolescents among the trials": lambda f: f.cells("studies", "claro", min_age="14"),
    "a hospital among the trials": lambda f: f.cells("studies", "claro", setting="trauma centers"),
    "a study that is shown apart and does not say why": lambda f: f.cells("studies", "proud", note=""),
    "more people at baseline than there are": lambda f: f.cells("baseline", "impact-baseline-a1c-diabetes", n="294"),
    "the size of an arm without basis": lambda f: f.cells("arms", "impact-cc", n_basis=""),
    "more people than randomised to the arm": lambda f: f.cells(
        "results", "impact-cardiac-event-96m-indiana", study_id="claro", arm="comparator", n="3970", events=""
    ),
    "more people than randomised": lambda f: f.cells(
        "results", "impact-prefers-counselling-baseline-stated", n="16020"
    ),
    "more people at baseline than randomised": lambda f: f.cells(
        "baseline", "impact-baseline-a1c-diabetes", denominator="2930"
    ),
    "a set larger than its arm": lambda f: f.cells("sets", "impact-people-two-sites-cc", n="2790"),
    "arms that do not add up": lambda f: f.cells("arms", "impact-cc", n="907"),
    "more people randomised than assessed": lambda f: f.cells("studies", "ahead", n_assessed="65"),
    "more people analysed than randomised": lambda f: f.cells("studies", "impact", n_analysed="1802"),
    "a percentage that its count does not give": lambda f: f.cells(
        "results", "impact-cardiac-event-96m-indiana", estimate="15"
    ),
    "a percentage that no count gives": lambda f: f.cells(
        "results", "impact-cardiac-event-96m-indiana", n="7", events="", estimate="51"
    ),
    "P and interval that disagree": lambda f: f.cells(
        "results", "impact-response-12m-contrast", p_operator="=", p_value="0.8"
    ),
    "a mean off its scale": lambda f: f.cells("results", "impact-pain-12m-cc-arthritis", estimate="56.2"),
    "a scale that falls": lambda f: f.cells("results", "impact-pain-12m-cc-arthritis", scale_range="10-0"),
    "the higher end below the lower": lambda f: f.cells(
        "components", "model-caseload-typical-full-time", value_high="15"
    ),
    "a scale of nothing": lambda f: f.cells("instruments", "scale-phq9-mcid", range_high="0"),
    "a result told twice": lambda f: f.lines(
        "results.csv", lambda lines: [*lines[:3], lines[2].replace("impact-response-12m-cc", "impact-901"), *lines[3:]]
    ),
    "a pooled effect told twice": lambda f: f.lines(
        "pooled.csv",
        lambda lines: [
            *lines[:2],
            lines[1].replace("pooled-archer2012-depression-improvement-0-6m", "pool-91"),
            *lines[2:],
        ],
    ),
    "a direction against its instrument": lambda f: f.cells(
        "results", "impact-pain-12m-cc-arthritis", instrument="PHQ-9", scale_range="0-27", direction_of_benefit="higher"
    ),
    "a range against its instrument": lambda f: f.cells(
        "results", "impact-pain-12m-cc-arthritis", instrument="PHQ-9", scale_range="0-24"
    ),
    "more people than in the set": lambda f: f.cells(
        "results",
        "impact-pain-12m-cc-arthritis",
        population="two sites with 4-year costs",
        n="280",
        denominator_basis="printed",
    ),
    "fewer people than randomised, called randomised": lambda f: f.cells(
        "results", "impact-pain-12m-cc-arthritis", population="all", n="890", denominator_basis="randomised"
    ),
    "a count that its percentage denies, with a note on another matter": lambda f: f.cells(
        "results", "impact-cardiac-event-96m-indiana", events="19", note="from Table 2"
    ),
    "an interval that is not symmetric": lambda f: f.cells("results", "impact-response-12m-contrast", ci_low="1.71"),
    "another interval than the one explained": lambda f: f.cells(
        "results", "proud-oud-years-36m-contrast-system-1", ci_low="30.8"
    ),
    "an explanation of what agrees": lambda f: f.explain(
        "interval symmetric", "impact-response-12m-contrast", "3.45 is not the middle"
    ),
    "an explanation of no row": lambda f: f.cells(
        "explanations", "why-proud-oud-years-36m-contrast-system-1", row_ids="proud-oud-years-36m-contrast-system1"
    ),
    "an explanation told twice": lambda f: f.lines(
        "explanations.csv",
        lambda lines: [
            *lines[:2],
            lines[1].replace("why-proud-oud-years-36m-contrast-system-1", "expl-98"),
            *lines[2:],
        ],
    ),
    "nothing that would settle it": lambda f: f.cells(
        "explanations", "why-proud-oud-years-36m-contrast-system-1", kind="not resolved", settled_by=""
    ),
    "a check that is no word of ours": lambda f: f.cells(
        "explanations", "why-proud-oud-years-36m-contrast-system-1", check="symmetric interval"
    ),
    "a relation to no row": lambda f: f.cells("relations", "sum-claro", parts="claro-cc; claro_uc"),
    "a relation to words": lambda f: f.cells("relations", "sum-claro", whole="claro.acronym"),
    "weights that are no numbers": lambda f: f.cells("relations", "sum-claro", weights="1; one"),
    "parts that do not make their whole": lambda f: f.cells("relations", "sum-claro", whole="800"),
    "a direction against the same outcome": lambda f: f.cells(
        "results",
        "proud-oud-years-24m-contrast-new-patients",
        outcome="depression response",
        measure="odds_ratio",
        unit="ratio",
        direction_of_benefit="lower",
    ),
    "a follow-up shorter than the treatment": lambda f: f.cells("studies", "impact", followup_months="2.4"),
    "an assessment after the follow-up": lambda f: f.cells("studies", "impact", assessment_months="0; 3; 6; 99"),
    "months that deny the printed time": lambda f: f.cells(
        "results", "impact-response-12m-contrast", time_as_printed="6 months"
    ),
    "one month for two times": lambda f: f.cells("results", FILL, time_as_printed="6 and 12 months"),
    "a claim supported by what nobody could read": lambda f: f.cells(
        "claims", "claro-claim-797-adults-randomised", verdict="supported"
    ),
    "a claim checked against the text that makes it": lambda f: f.cells(
        "claims", "claro-claim-797-adults-randomised", primary_source_key="hmp2025_claro"
    ),
    "a verdict that its rule denies": lambda f: f.cells(
        "claims", "claro-claim-797-adults-randomised", verdict="contradicted"
    ),
    "a registration of another study": lambda f: f.cells("studies", "proud", registration="NCT04559893"),
    "a claim told twice": lambda f: f.lines(
        "claims.csv",
        lambda lines: [
            *lines[:2],
            lines[1].replace("claro-claim-797-adults-randomised", "claro-claim-901"),
            *lines[2:],
        ],
    ),
    "an arm is gone": lambda f: f.lines(
        "arms.csv", lambda lines: [x for x in lines if not x.startswith("impact-control")]
    ),
    # --- dates and the review
    "a day that does not exist": lambda f: f.cells("studies", "impact", enrol_end="2001-02-30"),
    "a date in another form": lambda f: f.cells("studies", "impact", enrol_end="08/2001"),
    "a year long ago": lambda f: f.cells(
        "discrepancies", "claro-patients-per-design-paper-registry", date="1021-03-10"
    ),
    "a date of the model that does not exist": lambda f: f.cells(
        "components", "model-caseload-typical-full-time", date="2020-13-01"
    ),
    "enrolment that ends before it starts": lambda f: f.cells("studies", "impact", enrol_end="1998"),
    "months of assessment that fall": lambda f: f.cells("studies", "impact", assessment_months="0; 6; 3"),
    "months of assessment with commas": lambda f: f.cells("studies", "impact", assessment_months="0, 3, 6"),
    "no source searched": lambda f: f.cells("searches", "search-public-texts", last_search=""),
    "no row of a source that was searched": lambda f: f.lines(
        "searches.csv", lambda lines: [x for x in lines if not x.startswith("search-public-texts")]
    ),
    "a date of the search in words": lambda f: f.cells(
        "searches", "search-public-texts", last_search="21 November 2026"
    ),
    "a month of the search": lambda f: f.cells("searches", "search-public-texts", last_search="2026-11"),
    "a next search before the last": lambda f: f.cells("searches", "search-public-texts", next_due="2025-05-21"),
    "a next search after its interval": lambda f: f.cells("searches", "search-public-texts", next_due="2027-05-22"),
    "no date of the next search": lambda f: f.cells("searches", "search-pubmed", next_due=""),
    "a service without a query": lambda f: f.cells("searches", "search-pubmed", query=""),
    "a service that is none": lambda f: f.cells("searches", "search-pubmed", service="pubmd"),
    "no months until dormant": lambda f: f.cells("review", "dormant_after_months", value="never"),
    "no row of the months until dormant": lambda f: f.lines(
        "review.csv", lambda lines: [x for x in lines if "dormant" not in x]
    ),
    "a fact of the registry twice": lambda f: f.lines(
        "registry.csv",
        lambda lines: [*lines[:2], lines[1].replace("nct01561105-last-update-posted", "reg-98"), *lines[2:]],
    ),
    "a reported item without its place": lambda f: f.cells("checklists", "prisma-2020-3", place=""),
    "an item that is not reported and does not say why": lambda f: f.cells("checklists", "prisma-2020-1", missing=""),
    "a version in another form": lambda f: f.cells("review", "version", value="v1.0"),
    "an address of the site that is none": lambda f: f.cells("review", "site_url", value="www.example.org"),
    "a DOI of the review that is none": lambda f: f.cells("review", "doi", value="https://doi.org/10.5281/zenodo.1"),
    # --- references
    "a brace not closed": lambda f: f.text(BIB, "{10.1001/jama.288.22.2836}", "{10.1001/jama.288.22.2836"),
    "a comma missing between fields": lambda f: f.text(
        BIB, "{10.1001/jama.288.22.2836},", "{10.1001/jama.288.22.2836}"
    ),
    "a value without braces": lambda f: f.text(BIB, "{10.1001/jama.288.22.2836}", "unknown"),
    "a source that no row rests on": lambda f: f.raw(BIB, lambda raw: raw + UNUSED),
    "a reference twice": lambda f: f.raw(BIB, lambda raw: raw + b"\n" + raw[: raw.index(b"\n}\n") + 3]),
    "a field twice": lambda f: f.text(BIB, "  doi          = {10.1001/jama.288.22.2836},", "  year = {2003},"),
    "a key with a space": lambda f: f.text(BIB, "@article{unutzer2002jama,", "@article{Unutzer-2002,"),
    "an entry without its mark": lambda f: f.text(BIB, "@article{unutzer2002jama,", "article{unutzer2002jama,"),
    "names with commas between": lambda f: f.text(BIB, "{Unützer, J and Katon, W and", "{Unützer, J, Katon, W, and"),
    "names with semicolons between": lambda f: f.text(BIB, "{Unützer, J and Katon, W", "{Unützer, J; Katon, W"),
    "names in the order of PubMed": lambda f: f.text(BIB, "{Unützer, J and Katon, W", "{Unützer J and Katon W"),
    "names in the order of PubMed with commas": lambda f: f.text(
        BIB, "{Unützer, J and Katon, W", "{Unützer J, Katon W"
    ),
    "names without a comma": lambda f: f.text(BIB, "{Unützer, J and Katon, W", "{Jürgen Unützer and Katon, W"),
    "a suffix behind the given names": lambda f: f.text(BIB, "{Unützer, J and Katon, W", "{Unützer, J Jr and Katon, W"),
    "others before the end": lambda f: f.text(BIB, "{Unützer, J and Katon, W", "{others and Katon, W"),
    "a cut list in words": lambda f: f.text(BIB, "{Unützer, J and Katon, W", "{Unützer, J and et al. and Katon, W"),
    "a kind of entry that nobody knows": lambda f: f.text(
        BIB, "@article{unutzer2002jama,", "@artikel{unutzer2002jama,"
    ),
    "no comma after a key": lambda f: f.text(BIB, "@article{unutzer2002jama,", "@article{unutzer2002jama"),
    "an entry without key": lambda f: f.text(BIB, "@article{unutzer2002jama,", "@article{,"),
    "a comment of BibTeX": lambda f: f.raw(BIB, lambda raw: b"@comment{hello}\n\n" + raw),
    "an abbreviation of BibTeX": lambda f: f.raw(BIB, lambda raw: b'@string{jama = "JAMA"}\n\n' + raw),
    "a null byte in a reference": lambda f: f.text(BIB, "late-life depression", "late\x00life depression"),
    "the references cut off": lambda f: f.raw(BIB, lambda raw: raw[: len(raw) // 2]),
    "Windows line ends in the references": lambda f: f.raw(BIB, lambda raw: raw.replace(b"\n", b"\r\n")),
    "pages with a dash": lambda f: f.text(BIB, "{2836--2845}", "{2836–2845}"),
    "no kind": lambda f: f.text(BIB, "  kind         = {primary},\n", ""),
    "no title": lambda f: f.text(BIB, "  title        = {{Collaborative care management of late-life", "  note = {{"),
    "a reference from the future": lambda f: f.text(BIB, "{2002}", "{2062}"),
    "a kind that is no word of ours": lambda f: f.text(BIB, "{primary}", "{trial}"),
    "a year of two digits": lambda f: f.text(BIB, "{2002}", "{02}"),
    "a DOI with its address": lambda f: f.text(BIB, "{10.1001/jama.288", "{https://doi.org/10.1001/jama.288"),
    "a DOI with a full stop": lambda f: f.text(BIB, "{10.1001/jama.288.22.2836}", "{10.1001/jama.288.22.2836.}"),
    "a DOI with its name": lambda f: f.text(BIB, "{10.1001/jama.288", "{doi:10.1001/jama.288"),
    "a DOI with a bracket": lambda f: f.text(BIB, "{10.1001/jama.288.22.2836}", "{10.1001/jama.288.22.2836)}"),
    "a DOI without its second half": lambda f: f.text(BIB, "{10.1001/jama.288.22.2836}", "{10.1001/}"),
    "a PMID of nine digits": lambda f: f.text(BIB, "pmid         = {", "pmid         = {99"),
    "an NCT number of seven digits": lambda f: f.text(BIB, "nct          = {NCT0", "nct          = {NCT"),
    "a web address with a space": lambda f: f.text(BIB, NCT, "url          = {https:// example.org/record}"),
    "a PMID that is none": lambda f: f.text(BIB, "pmid         = {", "pmid         = {PMID"),
    "a PMCID that is none": lambda f: f.text(BIB, "pmcid        = {PMC", "pmcid        = {"),
    "an NCT number that is none": lambda f: f.text(BIB, "nct          = {NCT", "nct          = {"),
    "an address that follows from the number": lambda f: f.text(
        BIB, NCT, f"{NCT},\n  url          = {{https://clinicaltrials.gov/study/NCT01561105}}"
    ),
    "the address of a script as reference": lambda f: f.text(BIB, NCT, "url          = {javascript://example.org}"),
    "an address without its protocol": lambda f: f.text(BIB, NCT, "url          = {ftp://example.org/record}"),
    "a field that nobody reads": lambda f: f.text(BIB, "journal      =", "jurnal      ="),
    "a command of TeX": lambda f: f.text(BIB, "{Unützer, J", '{Un{\\"u}tzer, J'),
    "a DOI of two references": lambda f: f.raw(
        BIB, lambda raw: re.sub(rb"(?<=doi          = \{)[^}]*", b"10.1001/jama.1", raw, count=2)
    ),
    "a reference out of its place": lambda f: f.raw(
        BIB, lambda raw: raw[raw.index(b"\n}\n") + 4 :] + b"\n" + raw[: raw.index(b"\n}\n") + 3]
    ),
    "HTML in a title": lambda f: f.text(BIB, "late-life depression", "<i>late-life</i> depression"),
    # --- text that hides, or that a page or a service would take for something else
    "a letter that cannot be seen": lambda f: f.cells("results", FIRST, note="a\u3164b"),
    "a selector of variants": lambda f: f.cells("results", FIRST, note="a\ufe0fb"),
    "accents piled up": lambda f: f.cells("results", FIRST, note="q\u0338\u0336 x"),
    "half a character behind its code in the dictionary": lambda f: f.text(
        "datapackage.json", '"description": "The study.', '"description": "The \\ud83d study.'
    ),
    "a letter that cannot be seen behind its code in the dictionary": lambda f: f.text(
        "datapackage.json", '"description": "The study.', '"description": "The \\u2800 study.'
    ),
    "a key for a service": lambda f: f.cells("results", FIRST, note="ghp_0123456789abcdef0123456789abcdef0123"),
    "a password in the references": lambda f: f.text(BIB, "read         = {", "read         = {AKIA0123456789ABCDEF "),
    "code in Markdown": lambda f: f.cells("results", FIRST, note="see `rm`"),
    "bold in Markdown": lambda f: f.cells("results", FIRST, note="**very** sure"),
    "emphasis in Markdown": lambda f: f.cells("results", FIRST, note="_very_ sure"),
    "a heading in Markdown": lambda f: f.cells("results", FIRST, note="## Results"),
    "a pipe in an acronym": lambda f: f.cells("studies", "claro", acronym="CLA|RO"),
    "a mention": lambda f: f.cells("results", FIRST, note="ask @octocat"),
    "a link to a thread": lambda f: f.cells("results", FIRST, note="see #12"),
    "a word of 5,000 letters": lambda f: f.cells("studies", "impact", note="w" * 81),
    "a note of 2,000 letters": lambda f: f.cells("studies", "impact", note="no " * 667),
    "a note of 10 MB": lambda f: f.cells("studies", "impact", note="no " * 3_500_000),
    "a description of 1 MB": lambda f: f.entry(lambda c: c.update(description="x " * 500_000)),
    "a description of 2,000 letters": lambda f: f.entry(lambda c: c.update(description="no " * 667)),
    "an id of every object": lambda f: f.cells("glossary", "absolute-difference", term_id="constructor"),
    "an id of 66 letters": lambda f: f.cells("glossary", "absolute-difference", term_id="ab" * 33),
    # --- rules of the dictionary
    "a word more in an enum": lambda f: f.entry(
        lambda c: c["constraints"]["enum"].append("hearsay"), ("results", "tier")
    ),
    "a bound loosened": lambda f: f.entry(lambda c: c["constraints"].update(maximum=1000), ("results", "months")),
    "a pattern that never ends": lambda f: (
        f.entry(lambda c: c.update(constraints={"pattern": "^(([a-z ])+.)+$"}), ("results", "note")),
        f.cells("results", FIRST, note="a" * 70 + "!"),
    ),
    "another licence": lambda f: f.text("datapackage.json", '"name": "CC-BY-4.0"', '"name": "proprietary"'),
    "a number of 6,000 digits": lambda f: f.text("datapackage.json", '"maximum": 240', f'"maximum": {"9" * 6000}'),
    # --- references
    "a space inside the braces": lambda f: f.text(BIB, "10.1001/jama.288.22.2836}", "10.1001/jama.288.22.2836 }"),
    "an article without its journal": lambda f: f.text(BIB, "  journal      = {JAMA},\n", ""),
    "pages backwards": lambda f: f.text(BIB, "{2836--2845}", "{2845--2836}"),
    "a volume below zero": lambda f: f.text(BIB, "volume       = {288}", "volume       = {-288}"),
    "read in no word": lambda f: f.text(BIB, "read         = {Table 3", "read         = {whatever"),
    "a year that the key denies": lambda f: f.text(BIB, "year         = {2002}", "year         = {2003}"),
    "a DOI of another page": lambda f: f.text(BIB, "10.1001/jama.288.22.2836}", "10.1001/jama.288.22.9999}"),
    "a DOI of another volume": lambda f: f.text(BIB, "10.1001/jama.288.22.2836}", "10.1001/jama.298.22.2836}"),
    "a full text of which an abstract was read": lambda f: f.cells("results", FIRST, tier="primary_full_text"),
    # --- values that cannot be right
    "P below 1": lambda f: f.cells("results", CONTRAST, p_operator="<", p_value="1"),
    "P above 1": lambda f: f.cells("results", CONTRAST, p_operator=">", p_value="1"),
    "a level that nobody uses": lambda f: f.cells("results", CONTRAST, ci_level="99.9"),
    "dollars of a response": lambda f: f.cells("results", "claro-first-fill-6m-contrast", unit="USD"),
    "points of a rate": lambda f: f.cells(
        "results", "proud-oud-years-24m-contrast-new-patients", measure="rate", unit="points", arm="both"
    ),
    "months exchanged in their digits": lambda f: f.cells("results", CONTRAST, months="21"),
    "the arm of another id": lambda f: f.cells("results", FIRST, arm="comparator"),
    "a time of which nothing else speaks": lambda f: f.cells(
        "results", "proud-oud-years-24m-contrast-new-patients", result_id="proud-oud-years-42m-new", months="42"
    ),
    "a threshold off its scale": lambda f: f.cells("instruments", "scale-phq9-mcid", threshold="99"),
    "a threshold of no difference": lambda f: f.cells("instruments", "scale-phq9-mcid", threshold="0"),
    "another range of one instrument": lambda f: f.cells("instruments", "scale-phq9-mic", range_high="72"),
    "another direction of one instrument": lambda f: f.cells(
        "instruments", "scale-phq9-mic", better_direction="higher"
    ),
    "a difference larger than its scale": lambda f: f.cells(
        "results",
        "claro-first-fill-6m-contrast",
        **{"instrument": "PHQ-9", "unit": "points", "estimate": "-70", "direction_of_benefit": "lower"},
    ),
    "a spread that the scale cannot have": lambda f: f.cells("results", "claro-first-fill-6m-contrast", estimate="70"),
    # --- rows that speak of others
    "an outcome reported by a row on another": lambda f: f.cells(
        "outcomes", "claro-outcome-first-fill", outcome="depression severity"
    ),
    "an outcome in the wrong form": lambda f: f.cells("outcomes", "claro-outcome-first-fill", form="binary"),
    "an outcome without the rows that report it": lambda f: f.cells(
        "outcomes", "claro-outcome-first-fill", contrast_id=""
    ),
    "an outcome at two times": lambda f: f.cells(
        "outcomes",
        "claro-outcome-first-fill",
        **{"study_id": "impact", "outcome": "depression response", "form": "binary"},
        **{"contrast_id": CONTRAST, "intervention_id": FIRST, "comparator_id": "impact-pain-12m-cc-arthritis"},
    ),
    "a claim checked against another study": lambda f: f.cells(
        "claims", "claro-claim-797-adults-randomised", checked_against="impact", numbers="1801", rule="", otherwise=""
    ),
    "numbers that the claim has not": lambda f: f.cells(
        "claims", "claro-claim-arms-400-397", numbers="400; 379", rule="", otherwise=""
    ),
    "a claim that echoes itself": lambda f: f.cells(
        "claims", "claro-claim-arms-400-397", echoes="claro-claim-arms-400-397"
    ),
    "claims that echo each other": lambda f: (
        f.cells("claims", "claro-claim-arms-400-397", echoes="claro-claim-797-adults-randomised"),
        f.cells("claims", "claro-claim-797-adults-randomised", echoes="claro-claim-arms-400-397"),
    ),
    "a record of another study": lambda f: f.cells("registry", RECORD, nct="NCT04559893"),
    "a record seen in a year to come": lambda f: f.cells("registry", RECORD, as_of="2040-01-01"),
    "a record updated after it was seen": lambda f: f.cells("registry", RECORD, as_of="2011-01-01"),
    "an enrolment in words": lambda f: f.cells("registry", RECORD, field="enrolment", value="many"),
    "an item of a checklist twice": lambda f: f.cells(
        "checklists", "prisma-2020-3", item="1", label="the title says what kind of review it is"
    ),
    "a fact on the review that nobody reads": lambda f: f.raw("review.csv", lambda raw: raw + b"colour,blue,x\n"),
    "a contact that is no address": lambda f: f.text("review.csv", "contact,,", "contact,at the desk,"),
    "a registration of another record": lambda f: f.cells("studies", "claro", registration="NCT04600414"),
    "a planned size that the discrepancies do not have": lambda f: f.cells("studies", "claro", n_planned="797"),
    "results published ten years after their source": lambda f: f.cells(
        "milestones", "impact-results-published", date="2012"
    ),
    "enhanced usual care called usual": lambda f: f.cells("studies", "claro", comparator_type="usual_care"),
    "patients randomised in a cluster trial": lambda f: f.cells("studies", "proud", unit_of_randomisation="patient"),
    "an age that the words do not name": lambda f: f.cells("studies", "impact", min_age="65"),
    "a threshold that is half of its scale": lambda f: f.cells("instruments", "scale-phq9-mcid", threshold="13"),
    "two units on one scale": lambda f: (
        f.cells("results", FILL, instrument="0-10 scale", unit="points"),
        f.cells("results", "impact-pain-12m-cc-arthritis", unit="SD"),
    ),
    "two better directions of one outcome": lambda f: f.cells("results", FIRST, direction_of_benefit="lower"),
    "a percentage that falls to a tenth": lambda f: (
        f.cells("results", "impact-cardiac-event-96m-indiana", arm="intervention", time_as_printed="8 years"),
        f.cells(
            "results",
            "impact-cardiac-event-96m-cc-indiana-no-cvd",
            **{"population": "Indiana sites", "months": "24", "time_as_printed": "24 months", "estimate": "5"},
            **{"n": "", "denominator_basis": "not_stated"},
        ),
    ),
    "a window that the printed time denies": lambda f: f.cells("pooled", POOLED, window="7_to_12"),
    "several windows called one": lambda f: f.cells("pooled", POOLED, time_window="4-11 months", window="13_to_24"),
    "two effects of one outcome in one window": lambda f: f.lines(
        "pooled.csv",
        lambda lines: [
            *lines[:2],
            lines[1].replace(POOLED, POOLED + "-late").replace("short term 0-6 months", "4-6 months"),
            *lines[2:],
        ],
    ),
    "a pooled effect of ten times the people": lambda f: f.cells("pooled", POOLED, n="598400"),
    "a pooled effect with its direction turned": lambda f: f.cells("pooled", POOLED, direction_of_benefit="higher"),
    "a type that the words of a comparator do not bear out": lambda f: f.cells(
        "studies", "impact", comparator_type="consultation"
    ),
    "groups randomised without a word of them": lambda f: f.cells(
        "studies", "impact", unit_of_randomisation="practice"
    ),
    "a randomised study in which nothing was": lambda f: f.cells("studies", "impact", unit_of_randomisation="none"),
    "an instrument that the outcome has in no other row": lambda f: f.cells(
        "results", "proud-oud-years-36m-contrast-system-1", instrument="chart review"
    ),
    "labels of two arms exchanged": lambda f: (
        f.cells("arms", "impact-cc", label="Usual care"),
        f.cells("arms", "impact-control", label="Collaborative care (IMPACT)"),
    ),
    "fewer organisations than places": lambda f: f.cells("studies", "impact", organisations="4"),
    "one clinic of a study in clinics": lambda f: f.cells("studies", "ahead", setting="primary care clinics"),
    "clinics other than those in the note": lambda f: f.cells("studies", "incpad", clinics="61"),
    "organisations other than those in the note": lambda f: f.cells("studies", "proud", organisations="7"),
    "clinics that no text gives": lambda f: f.cells(
        "discrepancies", "claro-patients-per-trial-report", quantity="clinics", value="17"
    ),
    "follow-up beyond the last assessment": lambda f: f.cells("studies", "impact", followup_months="36"),
    "an intervention longer than its study": lambda f: f.cells("studies", "impact", intervention_months="36"),
    "an intervention that ends at no time of its study": lambda f: f.cells(
        "studies", "impact", intervention_months="7"
    ),
    "follow-up to no time of the results": lambda f: f.cells("studies", "claro", followup_months="9"),
    "arms reported in two measures": lambda f: f.lines(
        RESULTS,
        lambda lines: [
            twin
            for line in lines
            for twin in (
                [line, line.replace("-cc,", "-control,").replace("intervention,percent,", "comparator,mean,")]
                if line.startswith(f"{FIRST},")
                else [line]
            )
        ],
    ),
    "an exact P value with a sign of less": lambda f: f.cells("results", CONTRAST, p_value="0.0012"),
    "words that deny the sign of a bound": lambda f: f.cells(
        "results", FIRST, estimate_operator=">", note="about 45 percent"
    ),
    "an outcome of which more is better, called lower": lambda f: (
        f.cells("results", FIRST, direction_of_benefit="lower"),
        f.cells("results", CONTRAST, direction_of_benefit="lower"),
    ),
    "one of several differences standardised": lambda f: f.lines(
        RESULTS,
        lambda lines: [
            twin
            for line in lines
            for twin in (
                [
                    *(line.replace("-24m-", f"-{m}m-").replace(",24,,contrast", f",{m},,contrast") for m in (12, 18)),
                    line.replace("mean_difference", "cohen_d").replace(",points,", ",SD,"),
                ]
                if line.startswith("impact-scl20-24m-contrast,")
                else [line]
            )
        ],
    ),
    "an arm that got worse without a word": lambda f: f.cells(
        "results", FIRST, measure="mean_change", estimate="-5", unit="points"
    ),
    "clinics of two kinds that are not their sum": lambda f: f.cells(
        "studies", "incpad", clinics="10", note="clinics or clusters as printed: 10 town and 6 VA clinics; 309"
    ),
    "clinics that the note does not give": lambda f: f.cells("studies", "impact", note=""),
    "a place that a claim names and the study lacks": lambda f: f.cells(
        "claims", "claro-claim-797-adults-randomised", claim="797 adults were randomised in Nevada"
    ),
    "clinics randomised in a trial of patients": lambda f: f.cells("studies", "ahead", unit_of_randomisation="clinic"),
    "an instrument that is not that of the id": lambda f: f.cells(
        "results", "impact-scl20-24m-contrast", instrument="SCL-90", scale_range="", unit="points"
    ),
    "a bound without a word for it": lambda f: f.cells("results", FIRST, estimate_operator=">"),
    "a P value printed as more without a word for it": lambda f: f.cells(
        "results",
        CONTRAST,
        measure="p_value",
        estimate="",
        ci_low="",
        ci_high="",
        ci_level="",
        ci_type="",
        unit="",
        p_operator=">",
        p_value="0.05",
    ),
    "a pooled effect the wrong way round": lambda f: f.cells(
        "pooled", "pooled-archer2012-depression-improvement-0-6m", estimate="0.34", ci_low="", ci_high="", ci_type=""
    ),
    "few people for the studies of a pool": lambda f: f.cells(
        "pooled", "pooled-archer2012-depression-response-0-6m", n="112"
    ),
    "a percentage that its counts in brackets are not": lambda f: f.cells(
        "studies", "impact", retention_intervention="67% at 4 months (262/344)"
    ),
    "a percentage that the counts in the note are not": lambda f: f.cells(
        "baseline", "impact-baseline-age", measure="percent", value="33.9", sd="", note="not stated (68/254 fits)"
    ),
    "a threshold outside what the note says": lambda f: f.cells(
        "instruments", "scale-phq9-mic", threshold="7.1", note="range 1.5 to 2.0"
    ),
    "a fact of more than everything": lambda f: f.cells(
        "components", "model-caseload-typical-full-time", value="580", value_high="", unit="percent"
    ),
    "an outcome called reported that the study names as primary": lambda f: f.cells(
        "outcomes", "claro-outcome-first-fill", role="reported"
    ),
    "an outcome called primary that its note calls secondary": lambda f: f.cells(
        "outcomes", "claro-outcome-first-fill", note="secondary outcome of the trial"
    ),
    "an outcome of another kind than its name": lambda f: f.cells(
        "outcomes", "claro-outcome-first-fill", kind="mental_health"
    ),
    "sources that disagree and give one value": lambda f: (
        f.cells("discrepancies", "claro-patients-per-design-paper-registry", quantity="people", value="797")
        or f.cells("discrepancies", "claro-patients-per-trial-report", quantity="people", value="797")
    ),
    "an enrolment that is no size of the study": lambda f: f.cells(
        "registry", "nct01561105-last-update-posted", field="enrolment", value="1081"
    ),
    "an arm whose role its id denies": lambda f: f.cells("arms", "impact-cc", role="comparator"),
    "a characteristic of an arm that is not there": lambda f: (
        f.lines("arms.csv", lambda lines: [line for line in lines if not line.startswith("impact-c")])
        or f.cells("baseline", "impact-baseline-age", arm="intervention")
    ),
    "a mean age below the least age": lambda f: f.cells("baseline", "impact-baseline-age", value="17.2"),
    "a denominator that its count denies": lambda f: f.cells(
        *("baseline", "impact-baseline-age"),
        measure="percent",
        value="59.9",
        sd="",
        n="139",
        denominator="254",
        denominator_basis="implied",
        note="",
    ),
    "a ratio of another kind than beside it": lambda f: f.cells(
        "results",
        "impact-scl20-24m-contrast",
        measure="risk_ratio",
        estimate="3",
        unit="ratio",
        outcome="depression response",
        source_key="unutzer2002jama",
        p_operator="",
        p_value="",
        scale_range="",
        direction_of_benefit="higher",
    ),
    "SD for points": lambda f: f.cells("results", "impact-scl20-24m-contrast", unit="SD"),
    "an outcome reported by a row on another instrument": lambda f: f.cells(
        "outcomes", "claro-outcome-first-fill", instrument="PHQ-9"
    ),
    "arms of one label": lambda f: f.cells("arms", "impact-control", label="Collaborative care"),
}


def _messages() -> dict[str, list[str]]:
    """What must be said about each fault: blocks of a name and its messages."""
    blocks = (Path(__file__).parent / "faults" / "messages.txt").read_text(encoding="utf-8").strip().split("\n\n")
    return {block.split("\n")[0]: block.split("\n")[1:] for block in blocks}


MESSAGES = _messages()


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_told(name: str, folder: Folder) -> None:
    FAULTS[name](folder)
    before = folder.bytes()
    assert [str(fault) for fault in check(folder.path)] == MESSAGES[name]
    assert folder.bytes() == before


def test_every_fault_has_its_messages() -> None:
    assert list(MESSAGES) == list(FAULTS)
    assert len(FAULTS) >= 120
    assert all(
        len(re.findall(r": must .+, found .+\. .+\.$", line)) == 1 for lines in MESSAGES.values() for line in lines
    )


# ----------------------------------------------------------------------------------------------- what is no fault


def test_a_table_that_a_spreadsheet_saved_is_one_fault_that_names_the_remedy(tmp_path: Path) -> None:
    shutil.copytree(DATA, tmp_path / "data")
    table = tmp_path / "data/results.csv"
    shortened = re.sub(rb"(?<=,)(-?\d+)(?:\.0+|(\.\d*?[1-9])0+)(?=,)", rb"\1\2", table.read_bytes())
    table.write_bytes(b"\xef\xbb\xbf" + shortened.replace(b"\n", b"\r\n"))
    (fault,) = check(tmp_path / "data")
    assert re.fullmatch(
        r"data/results.csv: must have numbers as printed, such as 3\.50, found \d+ numbers with decimals, none of which"
        r" ends with 0\. A spreadsheet has saved this file .* 'git checkout data/results.csv', .*",
        str(fault),
    )


def test_the_data_have_no_fault() -> None:
    faults = check(DATA)
    assert not faults, main_text(faults)
    assert re.fullmatch(r"data: \d+ tables, \d+ rows, \d+ sources: no fault\.", main_text(faults))


def test_the_place_of_an_item_is_a_page_of_the_book(folder: Folder) -> None:
    folder.cells("checklists", "prisma-2020-3", place="nowhere", status="reported")
    assert not [fault for fault in check(folder.path) if fault.column == "place"], "the contents are not here"
    (folder.path.parent / "_toc.yml").write_text("root: index\nchapters:\n- file: chapters/methods\n", encoding="utf-8")
    (fault,) = [fault for fault in check(folder.path) if fault.column == "place"]
    assert "place: must name a page of the book, found 'nowhere'. Correct" in str(fault)
    folder.cells("checklists", "prisma-2020-3", place="methods#searches", status="reported")
    assert not [fault for fault in check(folder.path) if fault.column == "place"]


def test_the_small_package_has_no_fault(folder: Folder) -> None:
    assert check(folder.path) == []
    assert main_text([], folder.path).startswith("data: 31 tables, ")


ALLOWED: dict[str, Bend] = {
    "more people than randomised, as a discrepancy explains": lambda f: (
        f.cells(
            "results",
            "impact-pain-12m-cc-arthritis",
            **{"result_id": "claro-pain-cc-arthritis", "study_id": "claro", "months": "", "n": "900"},
            denominator_basis="printed",
        ),
        sort(f.path),
    ),
    "arms that do not add up, as the note says": lambda f: (
        f.cells("arms", "impact-control", n="894"),
        f.cells("studies", "impact", note="one withdrew consent, which leaves 1800 in the arms; 18 clinics"),
    ),
    "P that its interval denies, as an explanation says": lambda f: (
        f.cells("results", "impact-response-12m-contrast", p_operator="=", p_value="0.05"),
        f.explain("P from the interval", "impact-response-12m-contrast", "2.71 to 4.38 gives 4.9e-24, printed = 0.05"),
    ),
    "an interval whose level is not stated, as the note says": lambda f: f.cells(
        "results", "impact-response-12m-contrast", ci_level="", note="level not stated"
    ),
    "an interval that is not symmetric, as an explanation says": lambda f: (
        f.cells("results", "impact-response-12m-contrast", ci_low="1.71"),
        f.explain(
            "interval symmetric", "impact-response-12m-contrast", "the middle of 1.71 and 4.38 is 2.737 and not 3.45"
        ),
    ),
    "a range without its estimate in it": lambda f: f.cells(
        "results", "impact-pain-12m-cc-arthritis", ci_low="7", ci_high="8", ci_type="range"
    ),
    "events that round to the percentage": lambda f: f.cells(
        "results", "impact-cardiac-event-96m-indiana", events="120"
    ),
    "a claim checked against nothing that we have": lambda f: f.cells(
        "claims", "claro-claim-797-adults-randomised", rule="", otherwise="", checked_against=""
    ),
    "a less-than sign": lambda f: f.cells("results", "impact-response-12m-contrast", note="P <0.001; n<5; a < b"),
    "a list of numbers with a minus": lambda f: f.cells(
        "claims",
        "claro-claim-797-adults-randomised",
        rule="",
        otherwise="",
        claim="-1.20, -.5 and 2,400",
        numbers="-1.20; -.5; 2,400",
    ),
    "a dash between numbers": lambda f: f.cells(
        "claims", "claro-claim-797-adults-randomised", claim="aged 60\u201374 (Table 2)"
    ),
    "letters of other scripts": lambda f: f.cells(
        "claims", "claro-claim-797-adults-randomised", claim="Unützer, Areán, 调整后的比值"
    ),
    "quotes and commas in quotes": lambda f: f.cells(
        "claims", "claro-claim-797-adults-randomised", why='said "no", twice'
    ),
    "a transcript": lambda f: f.cells("claims", "claro-claim-797-adults-randomised", why="transcript: not read"),
    "a level that the note names": lambda f: (
        f.cells("results", CONTRAST, ci_level="99.9", p_operator="", p_value="", note="limits of 99.9% as printed"),
    ),
    "a time that the source prints": lambda f: f.cells(
        "results", CONTRAST, months="8", time_as_printed="8 months after the start"
    ),
    "a year that the annote explains": lambda f: (
        f.text(BIB, "year         = {2002},\n  volume       = {288}", "year         = {2003},\n  volume       = {288}"),
        f.text(BIB, "{doi and issue from", "{online in 2002; doi and issue from"),
    ),
    "a year and a month as dates": lambda f: f.cells("studies", "impact", enrol_start="1999", enrol_end="1999-07"),
}


@pytest.mark.parametrize("name", ALLOWED)
def test_what_is_explained_or_right_is_no_fault(name: str, folder: Folder) -> None:
    ALLOWED[name](folder)
    assert [str(fault) for fault in check(folder.path)] == []


@pytest.mark.parametrize(
    ("rule", "old", "new", "found"),
    [
        (bibliography.doi_of_paper, "ps.2006.57.7.946", "ps.2007.57.7.946", "10.1176/ps.2007.57.7.946"),
        (bibliography.pmid_in_order, "PMC12036629", "PMC168861", "PMC168861"),
    ],
)
def test_a_number_of_a_paper_is_one_of_its_year(tmp_path, rule, old, new, found):
    data = Path(shutil.copytree(DATA, tmp_path / "data"))
    assert list(rule(read_package(data))) == []
    text = (data / BIB).read_text(encoding="utf-8")
    assert old in text
    (data / BIB).write_text(text.replace(f"{old}}}", f"{new}}}", 1), encoding="utf-8")
    assert [fault.actual.strip("'") for fault in rule(read_package(data))] == [found]


# ----------------------------------------------------------------------------------------------- what is written


def test_all_faults_are_told_at_once_in_order_of_file_and_row(folder: Folder) -> None:
    folder.cells("studies", "claro", source_keys="nobody2020")
    folder.cells("results", "claro-first-fill-6m-contrast", estimate="7,0", source_key="nobody2020")
    folder.cells("results", "impact-response-12m-cc", estimate="450")
    folder.cells("arms", "impact-control", role="team")
    faults = check(folder.path)
    assert [(fault.file, fault.row, fault.column) for fault in faults] == [
        ("data/arms.csv", 7, "role"),
        ("data/results.csv", 2, "estimate"),
        ("data/results.csv", 2, "source_key"),
        ("data/results.csv", 3, "estimate"),
        ("data/sets.csv", 3, "arm"),
        ("data/studies.csv", 3, "source_keys"),
    ]
    assert faults == sorted(faults)


def test_sorting_puts_rows_and_references_back_and_changes_nothing_else(folder: Folder) -> None:
    def groups_reversed(lines: list[str], column: str) -> list[str]:
        at = next(csv.reader(lines)).index(column) if column else 0
        groups: dict[str, list[str]] = {}
        for line in lines[1:-1]:
            groups.setdefault(next(csv.reader([line]))[at], []).append(line)
        return [lines[0], *(line for group in reversed(groups.values()) for line in group), ""]

    # rows about one thing keep an order of their own: it is the things that are put out of order
    for name in (name.removesuffix(".csv") for name in folder.whole if name.endswith(".csv")):
        if name.replace("-", "_") not in UNSORTED:
            column = ABOUT.get(name.replace("-", "_"), "")
            folder.lines(f"{name}.csv", lambda lines, column=column: groups_reversed(lines, column))
    FAULTS["a reference out of its place"](folder)
    shuffled = folder.bytes()
    assert sort(folder.path) == [f"data/{name}" for name in folder.order if shuffled[name] != folder.whole[name]]
    assert folder.bytes() == folder.whole
    assert sort(folder.path) == []


def test_rows_whose_ids_begin_alike_are_sorted(folder: Folder) -> None:
    folder.lines("glossary.csv", lambda lines: [lines[0], "claro2,b,,term,", "claro-2,c,,term,", "claro,a,,term,", ""])
    assert sort(folder.path) == ["data/glossary.csv"]
    assert folder.read("glossary.csv").split("\n")[1:4] == ["claro,a,,term,", "claro2,b,,term,", "claro-2,c,,term,"]
    folder.lines("studies.csv", lambda lines: [*lines[:-1], lines[2].replace("claro", "claro2", 1), ""])
    assert "claro2" in folder.read("studies.csv").split("\n")[-2]
    assert sort(folder.path) == ["data/studies.csv"]
    assert [line.split(",")[0] for line in folder.read("studies.csv").split("\n")[2:4]] == ["claro", "claro2"]


def test_a_file_that_cannot_be_read_whole_is_not_sorted(folder: Folder) -> None:
    FAULTS["a row at the end of its table"](folder)
    folder.lines("arms.csv", lambda lines: [*lines[:2], "<<<<<<< HEAD", *lines[2:]])
    folder.text(BIB, "@", "A line between entries.\n\n@")
    spoilt = folder.bytes()
    assert sort(folder.path) == []
    assert folder.bytes() == spoilt


def test_the_verdict_counts_faults_and_files() -> None:
    one = Fault("data/arms.csv", 2, "n", "be at least 1", "0", "Correct the cell.")
    two = Fault("data/sets.csv", 0, "", "be a file with text", "no file", "Restore the file.")
    assert main_text([one]).splitlines() == [
        "data/arms.csv, row 2, n: must be at least 1, found 0. Correct the cell.",
        "1 fault in 1 file. Nothing was changed.",
    ]
    assert main_text([one, two]).splitlines()[-1] == "2 faults in 2 files. Nothing was changed."


def test_an_annotation_cannot_be_broken_out_of(folder: Folder) -> None:
    folder.cells("results", "impact-response-12m-cc", note="50%\r::error::x")
    folder.write("a%,b:c.csv", "id\n")
    assert [annotation(fault) for fault in check(folder.path)] == [
        "::error file=data/a%25%2Cb%3Ac.csv::data/a%25,b:c.csv: must be described in data/datapackage.json, "
        "found no entry. Describe it there, or move it out.",
        "::error file=data/results.csv::data/results.csv: must have the line ends of Unix, "
        "found carriage returns (as on Windows), first in line 3. Run 'make mend' where a spreadsheet saved it. "
        "Save the file with line ends 'LF'.",
        *(annotation(fault) for fault in check(folder.path)[2:]),
    ]
    assert all("\n" not in annotation(fault) and "\r" not in annotation(fault) for fault in check(folder.path))


def test_a_rule_that_breaks_is_told_and_hides_no_other(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(_package: object) -> Iterator[Fault]:
        raise ZeroDivisionError
        yield

    folder.cells("results", "impact-response-12m-cc", estimate="450")
    monkeypatch.setattr(module, "RULES", (breaks, *RULES))
    assert [fault.file for fault in check(folder.path)] == ["data/results.csv", "livingreview/checks"]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert {fault.actual for fault in check(tmp_path / "nowhere")} == {"no file"}


# ----------------------------------------------------------------------------------------------- bends at random


@pytest.fixture(scope="module")
def bent(small: Path, tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return Folder(Path(shutil.copytree(small, tmp_path_factory.mktemp("bent") / "data")))


def _checked(folder: Folder) -> list[Fault]:
    """Check a spoilt package, which must neither crash nor be changed."""
    spoilt = folder.bytes()
    faults = check(folder.path)
    assert folder.bytes() == spoilt
    assert faults == sorted(set(faults))
    assert not [fault for fault in faults if fault.file == "livingreview/checks"]
    assert all(str(fault).isprintable() and fault.remedy.endswith(".") for fault in faults)
    if not faults:
        assert Evidence(folder.path).sources
        if any(spoilt[name] != folder.whole[name] for name in spoilt if name != BIB):
            _is_valid(folder.path)
    return faults


def _is_valid(path: Path) -> None:
    """What the check lets pass, frictionless accepts too."""
    report = frictionless.Package(str(path / "datapackage.json")).validate()
    assert report.valid, report.flatten(["rowNumber", "fieldName", "type", "note"])


BENDS = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
NASTY = st.sampled_from(
    [
        *("", " ", "0", "-1", "1e9", "NaN", "INF", "-INF", "1,5", "=1+1", "\u2212 3", "<b>", '"', "'", ",", "; ;", "٣"),
        *("\n", "\r", "\x00", "\ufeff", "99999999999999999999", "2001-02-30", "impact", "unutzer2002jama"),
        *("not_stated", "two_sided", "contrast", "percent"),
    ]
)
WORDS = st.one_of(NASTY, st.text(max_size=12), st.integers(-5, 5000).map(str), st.decimals(-9, 999, places=2).map(str))


@BENDS
@given(data=st.data())
def test_a_cell_bent_at_random(bent: Folder, data: st.DataObject) -> None:
    bent.mend()
    for _ in range(data.draw(st.integers(1, 3))):
        name = data.draw(st.sampled_from([*KEEP, "review"]))
        rows = list(csv.reader(io.StringIO(bent.read(f"{name}.csv"), newline="")))
        row = data.draw(st.sampled_from([row for row in rows if row]))
        row[data.draw(st.integers(0, len(row) - 1))] = data.draw(WORDS)
        out = io.StringIO(newline="")
        csv.writer(out, lineterminator="\n").writerows(rows)
        (bent.path / f"{name}.csv").write_bytes(out.getvalue().encode())
    _checked(bent)


@BENDS
@given(data=st.data())
def test_bytes_bent_at_random(bent: Folder, data: st.DataObject) -> None:
    bent.mend()
    name = data.draw(st.sampled_from(sorted(bent.whole)))
    raw = bent.whole[name]
    start = data.draw(st.integers(0, len(raw)))
    end = start + data.draw(st.integers(0, 40))
    new = data.draw(st.one_of(st.binary(max_size=8), NASTY.map(str.encode)))
    (bent.path / name).write_bytes(raw[:start] + new + raw[end:])
    _checked(bent)


@settings(BENDS, max_examples=12)
@given(data=st.data())
def test_a_row_twice_or_gone(bent: Folder, data: st.DataObject) -> None:
    bent.mend()
    name = data.draw(st.sampled_from([*(table for table, rows in KEEP.items() if rows), "review"]))
    lines = bent.read(f"{name}.csv").split("\n")[:-1]
    row, to = data.draw(st.integers(1, len(lines) - 1)), data.draw(st.integers(1, len(lines)))
    twice = data.draw(st.booleans())
    changed = [*lines[:to], lines[row], *lines[to:]] if twice else [*lines[:row], *lines[row + 1 :]]
    bent.write(f"{name}.csv", "\n".join(changed) + "\n")
    faults = _checked(bent)
    assert faults or not twice


@BENDS
@given(data=st.data())
def test_a_column_twice_gone_or_elsewhere(bent: Folder, data: st.DataObject) -> None:
    bent.mend()
    name = data.draw(st.sampled_from(list(KEEP)))
    rows = list(csv.reader(io.StringIO(bent.read(f"{name}.csv"), newline="")))
    column, to = data.draw(st.integers(0, len(rows[0]) - 1)), data.draw(st.integers(0, len(rows[0]) - 1))
    change = data.draw(st.sampled_from(["twice", "gone", "elsewhere"]))
    for row in rows if data.draw(st.booleans()) else rows[:1]:
        cell = row[column] if change == "twice" else row.pop(column)
        if change != "gone":
            row.insert(to, cell)
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(rows)
    bent.write(f"{name}.csv", out.getvalue())
    assert _checked(bent) or (change == "elsewhere" and column == to)


@BENDS
@given(data=st.data())
def test_a_reference_bent_at_random(bent: Folder, data: st.DataObject) -> None:
    bent.mend()
    lines = bent.read(BIB).split("\n")
    at = data.draw(st.integers(0, len(lines) - 2))
    marks = st.sampled_from([*'{}@,=#"\\%', "and", ";", "<i>", "doi = {10.1}", "\u2013", "\u0430", "\x00"])
    change = data.draw(st.sampled_from(["gone", "twice", "marked"]))
    place = data.draw(st.integers(0, len(lines[at])))
    marked = lines[at][:place] + data.draw(marks) + lines[at][place:]
    lines[at : at + 1] = {"gone": [], "twice": [lines[at]] * 2, "marked": [marked]}[change]
    bent.write(BIB, "\n".join(lines))
    _checked(bent)


@BENDS
@given(data=st.data())
def test_the_dictionary_bent_at_random(bent: Folder, data: st.DataObject) -> None:
    bent.mend()
    package = json.loads(bent.whole["datapackage.json"])
    at: Any = package["resources"]
    for _ in range(data.draw(st.integers(1, 6))):
        keys = list(at) if isinstance(at, dict) else list(range(len(at)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(at[key], dict | list) or not at[key]:
            break
        at = at[key]
    values = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.just([]), st.just({}), NASTY)
    keys = list(at) if isinstance(at, dict) else list(range(len(at)))
    at[data.draw(st.sampled_from(keys))] = data.draw(values)
    bent.write("datapackage.json", json.dumps(package, indent=2) + "\n")
    _checked(bent)


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        (
            "results.csv",
            "comparator,percent,,19,",
            "comparator,percent,,29,",
            "verdict: must be contradicted, which follows from impact-response-12m-cc; "
            "impact-response-12m-control by the rule 'ratio_above 2', "
            "found 'overstated'. Change the verdict, and read the row's words again.",
        ),
        ("claims.csv", ",ratio_above 2,", ",hearsay 2,", "rule: must be one of matches, differs,"),
        ("claims.csv", ",ratio_above 2,contradicted,", ",ratio_above 2,,", "otherwise: must stand with a rule"),
    ],
)
def test_a_verdict_follows_its_numbers(tmp_path, file, old, new, message):
    data = shutil.copytree(DATA, tmp_path / "data")
    text = (data / file).read_text(encoding="utf-8")
    assert old in text
    (data / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    assert message in main_text(check(data))


def test_numbers_that_disagree_can_still_be_computed_with(tmp_path):
    data = shutil.copytree(DATA, tmp_path / "data")
    text = (data / "results.csv").read_text(encoding="utf-8")
    (data / "results.csv").write_text(text.replace("intervention,percent,,45,", "intervention,percent,,47,", 1))
    assert "must agree with impact-response-12m-cc-substantial" in main_text(check(data))
    assert broken(data) == []
