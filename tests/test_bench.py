"""The parts of the bench that measure nothing: failures are reported, tables are formatted and put in their place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import __main__ as bench
from benchmarks import chapters, commands, table
from benchmarks.__main__ import COLD, OUR_NBVAL, OURS, REQUESTS, STOCK
from livingreview.notebooks.files import read, source

ROOT = Path(__file__).parents[1]


def test_a_failing_tool_is_reported_and_does_not_stop_the_rest(capsys: pytest.CaptureFixture[str]) -> None:
    def broken() -> Iterator[table.Row]:
        yield table.row(REQUESTS, "first", "", [2])
        raise commands.CommandError("first: cannot open /home/someone/one/book.yml\nand more")

    rows = [
        *bench.attempted(COLD, "first", broken()),
        *bench.attempted(COLD, "second", [table.row(COLD, "second", "s", [2.0])]),
    ]
    assert [(row.tool, row.median, row.note) for row in rows] == [
        ("first", 2, ""),
        ("first", None, "failed: first: cannot open book.yml"),
        ("second", 2.0, ""),
    ]
    assert "cannot open book.yml" in capsys.readouterr().err


def test_a_command_that_fails_gives_its_first_error(tmp_path: Path) -> None:
    script = "import sys; print('on'); print('Error: no chapters'); print('Error: more'); sys.exit(3)"
    with pytest.raises(commands.CommandError, match=r"^python: Error: no chapters$"):
        commands.run(["python", "-c", script], tmp_path)
    assert commands.run(["python", "-c", script], tmp_path, good=(0, 3)).memory > 0


def test_a_command_that_takes_too_long_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "LIMIT", 0.2)
    with pytest.raises(commands.CommandError, match=r"^python: stopped after 0\.2 s$"):
        commands.run(["python", "-c", "import time; time.sleep(60)"], tmp_path)


def test_rows_are_summarised_and_compared() -> None:
    rows = [table.row("build", tool, "s", values) for tool, values in (("a", [4, 2, 3]), ("b", [6.0]), ("c", []))]
    compared = table.compared(rows, ["floor", "a"])
    assert [row.ratio for row in compared] == [1, 2, None]
    assert table.as_markdown(compared).splitlines()[2:] == [
        "| build | a | 3 s | 2 to 4 | 3 | 1.00 |  |",
        "| build | b | 6 s |  | 1 | 2.00 |  |",
        "| build | c | failed |  |  |  | failed |",
    ]


def test_the_bar_says_what_is_met_and_what_was_not_measured() -> None:
    rows = [table.row(COLD, tool, "s", [t]) for tool, t in ((OURS, 20), (STOCK, 10))]
    rows += [table.row(measure, OURS, unit, [n]) for measure, (n, unit) in bench.SHOWN[0].limits.items()]
    rows += [table.row(bench.VERIFIED, OUR_NBVAL, "s", [])]
    lines = table.bar(table.compared(rows, [STOCK]), bench.SHOWN).splitlines()[2:]
    assert [line.split(" | ")[1:] for line in lines] == [
        ["40 KB; 3; 0", "40 KB; 3; 0", "yes", " |"],
        ["2.60 times", "", "not measured", " |"],
        ["1.20 times", "2 times", "no", "1 times |"],
        ["0; 0", "", "not measured", " |"],
    ]


def test_only_the_block_of_a_page_is_replaced(tmp_path: Path) -> None:
    page = tmp_path / "README.md"
    page.write_text(f"before\n{table.START}\nold\n{table.END}\nafter\n", encoding="utf-8")
    table.into(page, "new")
    assert page.read_text(encoding="utf-8") == f"before\n{table.START}\n\nnew\n{table.END}\nafter\n"
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]
    page.write_text("no marks", encoding="utf-8")
    with pytest.raises(SystemExit, match=r"README\.md: must have the marks"):
        table.into(page, "new")


def test_the_pages_that_the_bench_writes_have_the_marks_and_the_lines() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert all(f"| {line.what} |" in readme for line in bench.SHOWN)
    for name in ("bench.md", "growth.md"):
        text = (ROOT / "benchmarks/results" / name).read_text(encoding="utf-8")
        assert text.index(table.START) < text.index(table.END)


def test_a_stock_book_has_the_numbers_and_none_of_our_roles(tmp_path: Path) -> None:
    chapters.stock_book(ROOT, tmp_path / "book")
    names = {path.name for path in (ROOT / "chapters").glob("*.ipynb")}
    copies = {path.name: read(path) for path in (tmp_path / "book/chapters").iterdir()}
    assert copies.keys() == names
    prose = [source(cell) for book in copies.values() for cell in book["cells"] if cell["cell_type"] == "markdown"]
    assert prose
    assert not [text for text in prose if "{n}`" in text or "{src}`" in text or ":::" in text]
