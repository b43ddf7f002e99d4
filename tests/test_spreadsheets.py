"""A table that went through a spreadsheet comes back as it was, with the change that a person made in it."""

from __future__ import annotations

import csv
import io
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from livingreview.checks import check
from livingreview.contribute.spreadsheets import mend
from livingreview.evidence import DATA


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout that holds the data."""
    root = tmp_path_factory.mktemp("sheet")
    shutil.copytree(DATA, root / "data")
    git = ["git", "-C", str(root), "-c", "user.name=x", "-c", "user.email=x@localhost", "-c", "core.autocrlf=false"]
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "data"]):
        subprocess.run([*git, *command], check=True, capture_output=True)
    return root


def cells(change: Callable[[str], str]) -> Callable[[str], bytes]:
    """Change every cell but those of the header."""

    def saved(text: str) -> bytes:
        head, *rows = csv.reader(io.StringIO(text))
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows([head, *([change(cell) for cell in row] for row in rows)])
        return out.getvalue().encode()

    return saved


def separated(mark: str, encoding: str = "utf-8-sig") -> Callable[[str], bytes]:
    def saved(text: str) -> bytes:
        out = io.StringIO()
        csv.writer(out, delimiter=mark, lineterminator="\r\n").writerows(csv.reader(io.StringIO(text)))
        return out.getvalue().encode(encoding)

    return saved


def number(change: Callable[[str], str]) -> Callable[[str], bytes]:
    return cells(lambda cell: change(cell) if re.fullmatch(r"-?\d+(\.\d+)?", cell) else cell)


def day(cell: str) -> str:
    match = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)", cell)
    return f"{match[3]}/{match[2]}/{match[1]}" if match else cell


#: What spreadsheets do to a table when they save it.
SAVED: dict[str, Callable[[str], bytes]] = {
    "a byte-order mark": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "line ends of Windows": lambda text: text.replace("\n", "\r\n").encode(),
    "line ends of an old Mac": lambda text: text.replace("\n", "\r").encode(),
    "semicolons": separated(";"),
    "tabs in UTF-16": separated("\t", "utf-16"),
    "zeros at the end are lost": number(lambda cell: f"{float(cell):g}" if len(cell) < 7 else cell),
    "decimal commas": number(lambda cell: cell.replace(".", ",")),
    "a minus sign": number(lambda cell: cell.replace("-", "\N{MINUS SIGN}")),
    "days turned": cells(day),
    "ranges taken for days": cells(lambda cell: "04-Mar" if cell == "3-4" else cell),
    "everything in quotation marks": lambda text: "\n".join(
        ",".join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in row) for row in csv.reader(io.StringIO(text))
    ).encode(),
    "empty columns and rows": lambda text: "\n".join([*(f"{line},," for line in text.splitlines()), ",,,"]).encode(),
}


@pytest.mark.parametrize("how", SAVED)
def test_every_table_comes_back_as_it_was(how: str, kept: Path) -> None:
    before = {path: path.read_bytes() for path in (kept / "data").glob("*.csv")}
    changed = {path: SAVED[how](raw.decode()) for path, raw in before.items()}
    for path, raw in changed.items():
        path.write_bytes(raw)
    mended = mend(kept)
    assert {path: path.read_bytes() for path in before} == before
    assert {done.file for done in mended} == {f"data/{path.name}" for path in before if changed[path] != before[path]}
    assert not [done.kept for done in mended if done.kept]


def test_what_a_person_changed_stays_and_is_shown(kept: Path) -> None:
    path = kept / "data/results.csv"
    before = path.read_text(encoding="utf-8")
    row = next(line for line in before.split("\n") if line.startswith("impact-response-12m-contrast,"))
    edited = row.replace(",3.45,", ",3,55,")
    assert edited != row
    path.write_bytes(
        separated(";")(before.replace(row, row.replace(",3.45,", ',"3,55",')) + row.replace("-12m-", "-13m-"))
    )
    (done,) = mend(kept)
    after = path.read_text(encoding="utf-8")
    assert after == before.replace(row, row.replace(",3.45,", ",3.55,")) + row.replace("-12m-", "-13m-") + "\n"
    assert done.kept == (
        "impact-response-12m-contrast, estimate: '3.45' -> '3.55'",
        "impact-response-13m-contrast: a new row",
    )
    assert str(done).startswith(
        "data/results.csv: a mark at its beginning, the line ends of Windows, columns separated by semicolons, "
    )
    assert "your change, kept: impact-response-12m-contrast, estimate: '3.45' -> '3.55'" in str(done)
    path.write_text(before, encoding="utf-8")
    assert mend(kept) == []


def test_a_table_with_other_columns_is_left_to_the_check(kept: Path) -> None:
    path = kept / "data/sets.csv"
    before = path.read_bytes()
    path.write_bytes(b"\xef\xbb\xbfa,b\n1,2\n")
    assert mend(kept) == []
    path.write_bytes(b"\xef\xbb\xbf" + before)
    assert any("Run 'make mend' where a spreadsheet saved it." in str(fault) for fault in check(kept / "data"))
    path.write_bytes(before)
