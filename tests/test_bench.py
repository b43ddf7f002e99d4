"""The parts of the bench that measure nothing: what fails is said, tables are formatted and put in their place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import __main__ as bench
from benchmarks import bar, peers, table
from benchmarks.peers import OURS, STOCK


def test_a_failing_tool_is_said_and_does_not_stop_the_rest(capsys: pytest.CaptureFixture[str]) -> None:
    def broken() -> Iterator[table.Row]:
        yield table.row(bar.REQUESTS, "one", "", [2])
        raise peers.PeerError("one: cannot open /home/someone/one/book.yml\nand more")

    def sound() -> Iterator[table.Row]:
        yield from bench.repeated(bar.COLD, "other", lambda: 2.0)

    rows = [
        *bench.attempted(bar.COLD, "one", "s", broken()),
        *bench.attempted(bar.COLD, "other", "s", sound()),
    ]
    assert [(row.tool, row.median, row.note) for row in rows] == [
        ("one", 2, ""),
        ("one", None, "failed: one: cannot open book.yml"),
        ("other", 2.0, ""),
    ]
    assert "book.yml" in capsys.readouterr().err


def test_a_program_that_fails_gives_its_first_error(tmp_path: Path) -> None:
    with pytest.raises(peers.PeerError, match=r"^sh: Error: no chapters$"):
        peers.run(["sh", "-c", "echo on; echo Error: no chapters >&2; echo Error: more; exit 3"], tmp_path)


def test_rows_are_summarised_and_compared() -> None:
    rows = [table.row("build", tool, "s", values) for tool, values in (("a", [4, 2, 3]), ("b", [6.0]), ("c", []))]
    compared = table.compared(rows, "a")
    assert [row.ratio for row in compared] == [1, 2, None]
    assert table.as_markdown(compared, "A machine.").splitlines()[4:] == [
        "| build | a | 3 s | 2 to 4 | 3 | 1.00 |  |",
        "| build | b | 6 s |  | 1 | 2.00 |  |",
        "| build | c | failed |  |  |  | failed |",
    ]
    assert table.tidy({"first": compared}).splitlines()[:2] == [
        "section,measure,tool,unit,median,low,high,runs,ratio,note",
        "first,build,a,s,3,2,4,3,1,",
    ]


def test_the_bar_says_what_is_met_and_what_was_not_measured() -> None:
    rows = table.compared([table.row(bar.COLD, tool, "s", [t]) for tool, t in ((OURS, 20), (STOCK, 10))], STOCK)
    lines = bar.as_markdown(rows).splitlines()
    assert f"| Cold build, over the stock theme | 1.50 times | 2 times | no | {STOCK} 1 times |" in lines
    assert sum("not measured" in line for line in lines) == len(bar.LINES) - 1


def test_only_the_block_of_the_readme_is_replaced(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(f"before\n{table.START}\nold\n{table.END}\nafter\n", encoding="utf-8")
    table.into(readme, "new")
    assert readme.read_text(encoding="utf-8") == f"before\n{table.START}\n\nnew\n{table.END}\nafter\n"
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]
    readme.write_text("no marks", encoding="utf-8")
    with pytest.raises(SystemExit, match=r"README\.md: must have the marks"):
        table.into(readme, "new")
