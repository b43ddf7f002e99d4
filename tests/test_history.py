"""What a change does to the review: versions in real git checkouts, and tables bent at random."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from lxml import html as parser
from markdown_it import MarkdownIt
from small_book import CODE, FIGURE, FILES, PROSE, RECORD, notebook, published

from livingreview import cli, history
from livingreview.history import Effect, Snapshot, compare, material, moved
from livingreview.history.escaping import markdown as in_markdown
from livingreview.history.escaping import plain

CLAIMS = "claim_id,claim,verdict\nc-1,It halves symptoms.,supported\n"
CONCLUSION = {
    "output_type": "display_data",
    "data": {"application/papermill.record/text/plain": "It's better at 12 months."},
    "metadata": {"livingreview": {"conclusion": True}},
}


def review(**changed: str) -> dict[str, str]:
    """The files of the small review, some of them changed; a file is named by its last part."""
    files = FILES | {"data/claims.csv": CLAIMS}
    names = {name.rpartition("/")[2].replace(".", "_"): name for name in files}
    return files | {names.get(name, name): text for name, text in changed.items()}


def version(name: str = "after", **changed: str) -> Snapshot:
    return Snapshot(name, {path: text.encode() for path, text in review(**changed).items()})


def results(*changes: tuple[str, str]) -> str:
    text = FILES["data/results.csv"]
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text


def chapter(*outputs: Any, prose: str = PROSE) -> str:
    return notebook(prose, CODE, *outputs)


def rows(diff: history.Diff, table: str = "results") -> dict[str, history.RowChange]:
    return {row.id: row for one in diff.tables if one.name == table for row in one.rows}


# ------------------------------------------------------------------------------------------------------- git


@pytest.fixture
def repository(tmp_path: Path) -> Callable[..., Path]:
    """A checkout with one commit for each set of files, the last ones left in the working tree."""

    def make(*versions: dict[str, str]) -> Path:
        root = tmp_path / "review"
        root.mkdir()
        git(root, "init", "-q", "-b", "main")
        for i, files in enumerate(versions):
            for name, text in files.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text, encoding="utf-8")
            git(root, "add", "-A")
            git(root, "commit", "-q", "-m", f"version {i}")
            git(root, "tag", f"v{i}")
        return root

    return make


def git(root: Path, *arguments: str) -> None:
    who = {"GIT_AUTHOR_NAME": "t", "GIT_AUTHOR_EMAIL": "t", "GIT_COMMITTER_NAME": "t", "GIT_COMMITTER_EMAIL": "t"}
    subprocess.run(["git", "-C", root, *arguments], check=True, env=os.environ | who, capture_output=True)


def run(root: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr(cli, "ROOT", root)
    monkeypatch.setattr("livingreview.notebooks.fingerprints.stale", lambda root: [])
    return cli.main(["diff", *arguments])


def test_a_revision_and_the_working_tree_are_compared_and_nothing_is_touched(repository, monkeypatch, capsys, tmp_path):
    root = repository(review(), review(results_csv=results(("percent,45", "percent,40"))))
    (root / "data/results.csv").write_text(results(("percent,45", "percent,30")), encoding="utf-8")
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*") if ".git" not in path.parts}
    pages = [tmp_path / name for name in ("d.md", "d.html")]
    assert run(root, monkeypatch, "v0", "--markdown", str(pages[0]), "--html", str(pages[1])) == 0
    said = capsys.readouterr()
    assert "estimate: 45 -> 30" in said.out
    assert said.out.rstrip().splitlines()[-1].startswith("Next: ")
    assert "reading the tables of both versions ..." in said.err
    assert "impact&#45;001" not in pages[0].read_text(encoding="utf-8")
    assert "<code>45</code> -> <code>30</code>" in pages[0].read_text(encoding="utf-8")
    assert "<del>45</del> → <ins>30</ins>" in pages[1].read_text(encoding="utf-8")
    assert before == {path: path.stat().st_mtime_ns for path in root.rglob("*") if ".git" not in path.parts}
    assert run(root, monkeypatch, "v0", "v1") == 0
    assert "estimate: 45 -> 40" in capsys.readouterr().out


def test_a_version_and_itself_do_not_differ(repository, monkeypatch, capsys):
    root = repository(review())
    assert compare(root, root).empty
    assert run(root, monkeypatch, "HEAD") == 0
    assert "Nothing changed." in capsys.readouterr().out
    assert compare(history.revision(root, "v0"), root).empty


def test_outputs_that_are_older_than_the_data_are_named(repository, monkeypatch, capsys):
    root = repository(review())
    monkeypatch.setattr(cli, "ROOT", root)
    assert cli.main(["diff", "HEAD"]) == 1
    said = capsys.readouterr()
    assert "the stored outputs of impact, results, sources are older than the data or the code" in said.out
    assert "Run 'make refresh'" in said.out
    assert cli.main(["diff", "HEAD", "HEAD"]) == 0


def test_line_ends_and_a_byte_order_mark_make_no_difference(repository):
    root = repository(review())
    for name in ("data/results.csv", "data/references.bib", "data/datapackage.json", "chapters/impact.ipynb"):
        content = (root / name).read_bytes().replace(b"\n", b"\r\n")
        (root / name).write_bytes(b"\xef\xbb\xbf" + content if name.endswith(".csv") else content)
    assert compare(history.revision(root, "HEAD"), root).empty


@pytest.mark.parametrize("option", ["--markdown", "--html"])
def test_a_file_that_cannot_be_written_is_a_message(repository, monkeypatch, capsys, tmp_path, option):
    root = repository(review())
    for place in (tmp_path / "nowhere" / "x", tmp_path):
        assert run(root, monkeypatch, "HEAD", option, str(place)) == 1
        assert "cannot be written" in capsys.readouterr().err
    assert not list(tmp_path.glob("*.tmp"))


def test_an_older_version_is_read_without_its_code(repository, monkeypatch, tmp_path):
    mark = tmp_path / "run"
    code = f"open({str(mark)!r}, 'w')"
    root = repository(
        review() | {"livingreview/__init__.py": code, "chapters/conf.py": code, ".gitattributes": "* text"}
    )
    compare(history.revision(root, "HEAD"), root)
    assert not mark.exists()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nowhere", "git knows no revision 'nowhere'. Look at 'git branch -a' and 'git tag', or fetch it first"),
        ("--output=x", "git knows no revision"),
        ("v0:data", "git knows no revision"),
        ("", "git knows no revision ''"),
        ("a\0b", r"git knows no revision 'a\x00b'"),
        ("\x1b[2J", r"git knows no revision '\x1b[2J'"),
    ],
)
def test_an_unknown_revision_is_named(repository, name, said):
    root = repository(review())
    with pytest.raises(history.HistoryError, match=re.escape(said)):
        history.revision(root, name)


def test_without_git_or_a_checkout_a_message_says_so(tmp_path, monkeypatch, capsys):
    assert run(tmp_path, monkeypatch, "HEAD") == 1
    assert "This is not a git checkout" in capsys.readouterr().err
    monkeypatch.setenv("PATH", str(tmp_path))
    assert run(tmp_path, monkeypatch, "HEAD") == 1
    assert "Install git" in capsys.readouterr().err


def test_a_base_without_the_files_counts_everything_as_added(repository, monkeypatch, capsys):
    root = repository({"README.md": "Nothing yet."}, review())
    assert run(root, monkeypatch, "v0") == 1
    said = capsys.readouterr().out
    assert "has no data and no chapters" in said
    assert "impact-response-12m-cc: added" in said
    assert "impact_cc: (none) -> 45%" in said


def test_a_project_below_the_top_of_its_checkout_is_read(repository):
    root = repository({f"book/{name}": text for name, text in review().items()})
    assert compare(history.revision(root / "book", "HEAD"), root / "book").empty


def test_links_and_huge_files_are_named_and_not_read(repository, monkeypatch):
    root = repository(review())
    secret = root.parent / "secret.csv"
    secret.write_text("id\nsecret\n", encoding="utf-8")
    (root / "data/more.csv").symlink_to(secret)
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "link")
    monkeypatch.setattr("livingreview.history.snapshots.LARGEST", 500)
    for side in (history.revision(root, "HEAD"), history.working_tree(root)):
        assert "data/more.csv: is a symbolic link and was not read" in side.problems[0] + side.problems[-1]
        assert any("data/datapackage.json: has" in problem for problem in side.problems)
        assert "data/more.csv" not in side.files


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {"results_csv": "result_id,estimate\nimpact-001,45,more\n"},
            "data/results.csv, row 2: has 3 cells, its header 2",
        ),
        ({"results_csv": 'result_id,estimate\n"impact-response-12m-cc,45\n'}, "data/results.csv, row "),
        ({"results_csv": "result_id,result_id\na,b\n"}, "two columns of one name"),
        ({"results_csv": "result_id,estimate\na,1\na,2\n"}, "the id 'a' stands twice"),
        ({"datapackage_json": "{"}, "data/datapackage.json cannot be read"),
        ({"datapackage_json": '{"resources": [1]}'}, "data/datapackage.json cannot be read"),
        ({"datapackage_json": "[" * 100_000}, "data/datapackage.json cannot be read"),
        ({"references_bib": "@article{a, title={b}"}, "data/references.bib"),
        ({"impact_ipynb": "<<<<<<< HEAD"}, "chapters/impact.ipynb cannot be read"),
        ({"impact_ipynb": '{"cells": [1]}'}, "chapters/impact.ipynb cannot be read"),
        ({"impact_ipynb": '{"cells": [{"cell_type": "code", "outputs": {"a": 1}}]}'}, "chapters/impact.ipynb"),
        (
            {"impact_ipynb": '{"cells": [{"cell_type": "code", "outputs": [{"metadata": []}]}]}'},
            "chapters/impact.ipynb",
        ),
        ({"impact_ipynb": "[" * 100_000}, "chapters/impact.ipynb cannot be read"),
    ],
)
@pytest.mark.parametrize("broken_first", [True, False])
def test_a_broken_file_is_a_message_and_the_rest_is_compared(changed, said, broken_first):
    broken, other = version("broken", **changed), version("other", claims_csv=CLAIMS.replace("supported", "overstated"))
    diff = compare(*((broken, other) if broken_first else (other, broken)))
    assert any(problem.startswith("broken: ") and said in problem for problem in diff.problems)
    assert [turn.subject for turn in diff.verdicts] == ["c-1"]
    for show in (history.text, history.markdown, history.page):
        assert "Could not be compared" in show(diff)


@settings(max_examples=120, deadline=None)
@given(st.data())
def test_files_bent_at_random_are_compared_or_named(data):
    files = dict(version().files)
    for _ in range(data.draw(st.integers(1, 3))):
        name = data.draw(st.sampled_from(sorted(files)))
        content = bytearray(files[name])
        at = data.draw(st.integers(0, len(content)))
        cut = data.draw(st.integers(0, 30))
        content[at : at + cut] = data.draw(
            st.binary(max_size=4) | st.sampled_from([b'"', b"{", b"]", b",", b"\n", b"\0"])
        )
        files[name] = bytes(content)
    bent = Snapshot("bent", files)
    for diff in (compare(version(), bent), compare(bent, version())):
        assert history.text(diff)
        assert history.markdown(diff)
    assert compare(bent, bent).empty


def test_a_file_that_is_not_text_is_named():
    files = {**version().files, "data/claims.csv": b"claim_id\n\xff\n"}
    assert any(
        "data/claims.csv is not UTF-8 at byte 9" in one for one in compare(version(), Snapshot("x", files)).problems
    )


# ------------------------------------------------------------------------------------------------------ rows


def test_rows_are_matched_by_id_wherever_they_stand():
    head, *lines = FILES["data/results.csv"].splitlines()
    text = "\n".join([head, lines[1], lines[2], lines[3], lines[0]]) + "\n"
    changed = rows(compare(version(), version(results_csv=text)))
    assert {row: (one.kind, one.cells) for row, one in changed.items()} == {"impact-response-12m-cc": ("moved", ())}
    changed = rows(compare(version(), version(results_csv=text.replace("percent,45", "percent,50"))))
    assert changed["impact-response-12m-cc"].kind == "changed"
    assert changed["impact-response-12m-cc"].moved
    assert [(cell.column, cell.old, cell.new) for cell in changed["impact-response-12m-cc"].cells] == [
        ("estimate", "45", "50")
    ]
    assert changed["impact-response-12m-cc"].chapters == ("impact",)


def test_added_removed_and_renumbered_rows():
    text = results(
        (
            "impact-response-12m-contrast,impact,odds_ratio,3.45",
            "impact-response-12m-control-substantial,impact,odds_ratio,3.45",
        )
    )
    text = text.replace(
        "impact-response-12m-control,impact,percent,19,895,,unutzer2002,abstract,primary_abstract\n", ""
    )
    changed = rows(
        compare(
            version(),
            version(results_csv=text + "impact-treatment-12m-contrast,impact,mean,7,,,unutzer2002,abstract,x\n"),
        )
    )
    assert {row: (one.kind, one.was) for row, one in changed.items()} == {
        "impact-response-12m-control": ("removed", ""),
        "impact-response-12m-control-substantial": ("renumbered", "impact-response-12m-contrast"),
        "impact-treatment-12m-contrast": ("added", ""),
    }
    assert ("estimate", "", "7") in {(c.column, c.old, c.new) for c in changed["impact-treatment-12m-contrast"].cells}


def test_a_row_that_moved_to_another_table_is_told_in_both_and_is_not_gone():
    row = "impact-response-12m-contrast,impact,odds_ratio,3.45,,,unutzer2002,abstract,primary_abstract\n"
    package = json.loads(FILES["data/datapackage.json"])
    pooled = {"data/pooled.csv": FILES["data/results.csv"].splitlines()[0] + "\n" + row}
    package["resources"].append({**package["resources"][0], "name": "pooled", "path": "pooled.csv"})
    moved = version(results_csv=results((row, "")), datapackage_json=json.dumps(package), **pooled)
    diff = compare(version(), moved)
    assert rows(diff)["impact-response-12m-contrast"].other == "data/pooled.csv"
    assert rows(diff, "pooled")["impact-response-12m-contrast"].other == "data/results.csv"
    assert "impact-response-12m-contrast: removed, now in data/pooled.csv" in history.text(diff)
    assert not diff.material


def test_a_renamed_column_is_one_column_and_its_other_changes_are_told():
    text = results(("estimate,n,note", "value,n,note"), ("percent,45", "percent,46"))
    diff = compare(version(), version(results_csv=text))
    (table,) = (one for one in diff.tables if one.name == "results")
    assert table.renamed == (("estimate", "value"),)
    assert (table.added, table.removed) == ((), ())
    assert [(c.column, c.old, c.new) for row in table.rows for c in row.cells] == [("value", "45", "46")]
    assert "column renamed: estimate -> value" in history.text(diff)


def test_a_column_with_other_content_is_added_and_not_renamed():
    text = FILES["data/results.csv"].replace("locator,tier", "place,tier").replace(",abstract,", ",Table 2,")
    (table,) = (one for one in compare(version(), version(results_csv=text)).tables if one.name == "results")
    assert (table.added, table.removed, table.renamed) == (("place",), ("locator",), ())
    assert len([c for row in table.rows for c in row.cells]) == 8


def test_the_dictionary_and_the_sources_are_rows_too():
    package = FILES["data/datapackage.json"].replace(
        '"name": "estimate", "type": "number"', '"name": "estimate", "type": "string"'
    )
    bib = FILES["data/references.bib"].replace("volume={288}", "volume={289}")
    diff = compare(version(), version(datapackage_json=package, references_bib=bib))
    assert [(c.column, c.old, c.new) for c in rows(diff, "dictionary")["results.estimate"].cells] == [
        ("type", "number", "string")
    ]
    assert [(c.column, c.old, c.new) for c in rows(diff, "sources")["unutzer2002"].cells] == [("volume", "288", "289")]


CELL = st.text(st.characters(exclude_categories=("Cs",)), max_size=5)
COLUMNS = ("id", "a", "b", "c")


@st.composite
def table(draw: st.DrawFn) -> list[dict[str, str]]:
    ids = draw(st.lists(st.sampled_from("pqrstuvw"), unique=True, max_size=8))
    return [{"id": i} | {column: draw(st.sampled_from(["", "1", "2"]) | CELL) for column in COLUMNS[1:]} for i in ids]


def written(lines: list[dict[str, str]], columns: tuple[str, ...] = COLUMNS) -> Snapshot:
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(columns)
    writer.writerows([line[column] for column in COLUMNS] for line in lines)
    return Snapshot("x", {"data/things.csv": file.getvalue().encode()})


@settings(max_examples=150, deadline=None)
@given(table(), table(), st.booleans())
def test_every_changed_cell_is_listed_and_no_other(before, after, rename):
    names = ("id", "a", "b", "d") if rename else COLUMNS
    diff = compare(written(before), written(after, names))
    found = next((one for one in diff.tables if one.name == "things"), None)
    listed = {}
    for row in found.rows if found else ():
        for cell in row.cells:
            listed[row.id, cell.column] = (cell.old, cell.new)
    renamed = dict(found.renamed) if found else {}
    was = {row.was: row.id for row in found.rows if row.was} if found else {}
    old = {(was.get(r["id"], r["id"]), renamed.get(c, c)): r[c] for r in before for c in COLUMNS}
    new = {(r["id"], name): r[c] for r in after for c, name in zip(COLUMNS, names, strict=True)}
    expected = {at: (old.get(at, ""), new.get(at, "")) for at in old | new if old.get(at, "") != new.get(at, "")}
    # the id of a renumbered row is the change
    expected |= {(new_id, "id"): (old_id, new_id) for old_id, new_id in was.items()}
    assert listed == {at: pair for at, pair in expected.items() if pair[0] != pair[1]}
    text = history.text(diff)
    for (row, column), (first, second) in listed.items():
        assert plain(row) in text
        assert plain(column) in text
        assert plain(first) in text
        assert plain(second) in text


def test_one_changed_cell_of_any_real_table_is_listed_and_nothing_else():
    root = Path(__file__).parents[1]
    # without the references, which take long to read
    files = (path for path in (root / "data").iterdir() if path.suffix in (".csv", ".json"))
    data = Snapshot("now", {f"data/{path.name}": path.read_bytes() for path in files})
    for name, content in data.files.items():
        if not name.endswith(".csv"):
            continue
        read = list(csv.reader(io.StringIO(content.decode())))
        if len(read) == 1:
            continue  # a table without rows yet
        line, column = len(read) // 2, len(read[0]) - 1
        was, read[line][column] = read[line][column], "changed here"
        file = io.StringIO(newline="")
        csv.writer(file, lineterminator="\n").writerows(read)
        diff = compare(data, Snapshot("then", {**data.files, name: file.getvalue().encode()}))
        cells = [(one.file, cell) for one in diff.tables for row in one.rows for cell in row.cells]
        assert cells == [(name, history.CellChange(read[0][column], was, "changed here"))], name


@settings(max_examples=60, deadline=None)
@given(table(), st.randoms(use_true_random=False))
def test_a_table_and_itself_do_not_differ_and_shuffled_rows_only_move(lines, random):
    assert compare(written(lines), written(lines)).empty
    shuffled = random.sample(lines, len(lines))
    changed = rows(compare(written(lines), written(shuffled)), "things")
    assert {one.kind for one in changed.values()} <= {"moved"}
    kept = [line["id"] for line in shuffled if line["id"] not in changed]
    assert kept == [line["id"] for line in lines if line["id"] in kept]


# --------------------------------------------------------------------------------- what the chapters publish


def test_published_numbers_name_the_chapters_that_show_them_and_their_cause():
    intro = notebook("See {n}`impact:impact_cc`.", "pass")
    old, new = (
        version(
            "v",
            results_csv=results(("percent,45", f"percent,{share}")),
            impact_ipynb=chapter(published("impact_cc", f"{share}%", ["impact-response-12m-cc"]), CONCLUSION),
            **{"chapters/intro.ipynb": intro},
        )
        for share in (45, 46)
    )
    (number,) = compare(old, new).numbers
    assert (number.key, number.old, number.new) == ("impact_cc", "45%", "46%")
    assert number.shown_in == ("impact", "intro")
    assert number.causes == ("impact-response-12m-cc",)
    assert "shown in impact, intro; because of impact-response-12m-cc" in history.text(compare(old, new))


REAL = sorted((Path(__file__).parents[1] / "chapters").glob("*.ipynb"))


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.stem)
def test_every_number_conclusion_and_figure_of_a_real_chapter_that_changes_is_listed(path):
    """All outputs of a chapter are changed at once; what is listed is what was changed."""
    book = json.loads(path.read_bytes())
    numbers, conclusions, figures = set(), [], 0
    for output in (output for cell in book["cells"] for output in cell.get("outputs", ())):
        data, ours = output.get("data", {}), output.get("metadata", {}).get("livingreview", {})
        if RECORD in data:
            data[RECORD] = "".join(data[RECORD]) + " changed"
            numbers |= {output["metadata"]["scrapbook"]["name"]} if "rows" in ours else set()
            conclusions += [data[RECORD]] if ours.get("conclusion") else []
        html = "".join(data.get("text/html", ""))
        if "<svg" in html:
            figures += 1
            data["text/html"] = html.replace("</td>", " changed</td>").replace("</text>", " changed</text>")
    name = f"chapters/{path.name}"
    diff = compare(Snapshot("a", {name: path.read_bytes()}), Snapshot("b", {name: json.dumps(book).encode()}))
    assert {one.key for one in diff.numbers} == numbers
    assert sorted(turn.new or "" for turn in diff.conclusions) == sorted(conclusions)
    assert len(diff.figures) == figures
    assert compare(
        Snapshot("b", {name: json.dumps(book).encode()}), Snapshot("b", {name: json.dumps(book).encode()})
    ).empty


def test_a_judgment_that_turns_is_a_verdict():
    judged = "row_id,item,judge,role,word\nimpact-1,D2,A. Person,assessor,low\n"
    before, after = ({"data/judgments.csv": text} for text in (judged, judged.replace("low", "high")))
    diff = compare(version(**before), version(**after))
    assert [(turn.about, turn.old, turn.new) for turn in diff.verdicts] == [("D2", "low", "high")]
    assert diff.material


def test_conclusions_and_verdicts_that_turn_are_material():
    reworded = json.loads(json.dumps(CONCLUSION).replace("It's better", "It's no better"))
    diff = compare(
        version(impact_ipynb=chapter(CONCLUSION)),
        version(impact_ipynb=chapter(reworded), claims_csv=CLAIMS.replace("supported", "overstated")),
    )
    assert [(turn.old, turn.new) for turn in diff.conclusions] == [
        ("It's better at 12 months.", "It's no better at 12 months.")
    ]
    assert [(turn.subject, turn.old, turn.new) for turn in diff.verdicts] == [("c-1", "supported", "overstated")]
    assert [reason.subject for reason in diff.material] == ["c-1", "The conclusion 'It's better at 12 months.'"]
    new = compare(version(impact_ipynb=chapter()), version(impact_ipynb=chapter(CONCLUSION)))
    assert [(turn.old, turn.new) for turn in new.conclusions] == [(None, "It's better at 12 months.")]
    assert not new.material
    assert compare(version(impact_ipynb=chapter(CONCLUSION)), version(impact_ipynb=chapter())).material


def test_a_row_that_only_a_conclusion_rests_on_is_that_of_its_chapter():
    resting = {
        **CONCLUSION,
        "metadata": {"livingreview": {"conclusion": True, "rests_on": ["impact-response-12m-contrast"]}},
    }
    changed = results(("odds_ratio,3.45", "odds_ratio,3.46"))
    diff = compare(version(impact_ipynb=chapter(resting)), version(impact_ipynb=chapter(resting), results_csv=changed))
    assert rows(diff)["impact-response-12m-contrast"].chapters == ("impact",)


def test_what_moved_within_the_book_has_not_turned():
    number, word = published("impact_cc", "45%", ["impact-response-12m-cc"]), published("impact_x", "1", [])
    old = version(impact_ipynb=chapter(number, CONCLUSION, DRAWN.replace("VALUE", "45%")))
    new = version(
        impact_ipynb=chapter(word),
        **{
            "chapters/response.ipynb": chapter(
                CONCLUSION, DRAWN.replace("VALUE", "40%"), {**number, "data": {RECORD: "40%"}}
            )
        },
    )
    diff = compare(old, new)
    assert (diff.conclusions, diff.material) == ((), ())
    changed = {one.key: one for one in diff.numbers}
    assert (changed["impact_cc"].old, changed["impact_cc"].new) == ("45%", "40%")
    assert (changed["impact_cc"].was_in, changed["impact_cc"].chapter) == ("impact", "response")
    assert changed["impact_cc"].shown_in == ("impact", "response")
    (figure,) = diff.figures
    assert (figure.old.chapter, figure.new.chapter, len(figure.cells)) == ("impact", "response", 1)


def test_a_conclusion_that_two_chapters_share_turns_where_it_turned():
    other = json.loads(json.dumps(CONCLUSION).replace("better", "worse"))
    both = {"chapters/clinic.ipynb": chapter(CONCLUSION)}
    diff = compare(version(impact_ipynb=chapter(CONCLUSION), **both), version(impact_ipynb=chapter(other), **both))
    assert [(turn.subject, turn.old, turn.new) for turn in diff.conclusions] == [
        ("impact", "It's better at 12 months.", "It's worse at 12 months.")
    ]


def test_an_interval_that_turns_while_its_estimate_stays_is_material():
    def said(interval: str) -> Snapshot:
        how = "risk ratio, a against b"
        both = (("impact_rr", "1.50"), ("impact_rr_ci", interval))
        return version(
            impact_ipynb=chapter(*(published(key, text, ["impact-response-12m-cc"], how) for key, text in both))
        )

    assert [(r.subject, r.why) for r in compare(said("1.01 to 2.00"), said("0.99 to 2.00")).material] == [
        ("impact_rr", "no longer leaves no difference out")
    ]


def test_a_word_that_follows_from_numbers_is_material_when_it_turns_and_a_count_is_not():
    def said(word: str, formula: str = "interval against no difference") -> Snapshot:
        return version(impact_ipynb=chapter(published("impact_word", word, ["impact-response-12m-cc"], formula)))

    assert [r.why for r in compare(said("fell more"), said("did not differ")).material] == [
        "says 'did not differ' instead of 'fell more'"
    ]
    assert not compare(said("two"), said("three")).material
    assert not compare(said("a funder", ""), said("two funders", "")).material


def test_a_check_that_turns_is_told_with_columns_renamed():
    columns = "result_id,study_id,arm,measure,estimate,ci_low,ci_high,ci_type,source_key\n"
    row = "impact-response-12m-contrast,impact,contrast,mean_difference,-0.40,-0.46,{},two_sided,unutzer2002\n"
    old, new = columns + row.format("-0.33"), columns.replace("ci_low", "low") + row.format("-0.13")
    assert [
        (t.subject, t.old, t.new)
        for t in compare(version(results_csv=old), version(results_csv=columns + row.format("-0.13"))).checks
    ] == [("interval symmetric", "consistent", "inconsistent")]
    back = compare(version(results_csv=new.replace("low,", "ci_low,", 1)), version(results_csv=old)).checks
    assert [(t.old, t.new) for t in back] == [("inconsistent", "consistent")]
    assert not compare(version(results_csv=old.replace("ci_low", "low")), version(results_csv=old)).checks


# --------------------------------------------------------------------------------------------------- figures

DRAWN = """<figure class="lr-figure"><figcaption>Response. <span class="lr-sources">Source: X.</span></figcaption>
<svg viewBox="0 0 331.2 60" width="100%" role="img" aria-labelledby="impact-response-t impact-response-d">
<title id="impact-response-t">Response</title><desc id="impact-response-d">Bars.</desc>
<text x="2" y="10">VALUE</text><path d="M10 20L163 38" stroke="currentColor"/></svg>
<details class="lr-data"><summary>Data</summary><p>One bar.</p><table><thead><tr><th scope="col">Result</th>
<th scope="col">Value</th></tr></thead><tbody><tr><th scope="row">Response</th><td>VALUE</td></tr></tbody></table>
</details></figure>"""


def drawn(value: str, **more: str) -> Snapshot:
    return version(impact_ipynb=chapter(DRAWN.replace("VALUE", value)), **more)


def test_a_figure_whose_data_changed_is_drawn_old_over_new():
    diff = compare(drawn("3.45 (2.71 to 4.38)"), drawn("2.10 (1.50 to 2.94)"))
    (figure,) = diff.figures
    assert [(c.row, c.column, c.old, c.new) for c in figure.cells] == [
        ("Response", "Value", "3.45 (2.71 to 4.38)", "2.10 (1.50 to 2.94)")
    ]
    page = parser.document_fromstring(history.page(diff))
    drawings = page.findall(".//svg")
    assert len(drawings) == 3
    texts = " ".join(drawings[0].itertext())
    assert texts.index("3.45 (2.71 to 4.38)") < texts.index("2.10 (1.50 to 2.94)")
    assert {"before", "after"} <= set(drawings[0].itertext())
    for drawing in drawings:
        for attribute, tag in (("aria-labelledby", "title"), ("aria-describedby", "desc")):
            told = page.get_element_by_id(drawing.get(attribute))
            assert told.tag == tag
            assert told.text.strip()
    assert "3.45 (2.71 to 4.38)" in "".join(drawings[1].itertext())
    assert "2.10 (1.50 to 2.94)" in "".join(drawings[2].itertext())
    ids = page.xpath("//@id")
    assert len(ids) == len(set(ids))


def test_figures_that_come_go_or_have_no_numbers_are_shown():
    for old, new, kind in (
        (version(impact_ipynb=chapter()), drawn("45%"), "new"),
        (drawn("45%"), version(impact_ipynb=chapter()), "gone"),
        (drawn("yes"), drawn("no"), "changed"),
        (
            drawn("x"),
            version(impact_ipynb=chapter(DRAWN.replace("VALUE", "x").replace("163", "164"))),
            "drawn otherwise",
        ),
    ):
        diff = compare(old, new)
        assert f"impact-response in impact: {kind}" in history.text(diff)
        assert "impact-response in impact" in history.page(diff)


@pytest.mark.parametrize(
    "value",
    [
        "−$1:−0",
        "9" * 400,
        "0." + "0" * 50 + "1",
        "1 to 2",
        "(1 to 2)",
        "$1 $x_2$",
        "1e5",
        "٣",
        "½",
        "漢字 12",
        "12 (x to y)",
    ],
)
def test_a_value_that_cannot_be_drawn_is_shown_as_text(value):
    diff = compare(drawn("3.45 (2.71 to 4.38)"), drawn(value))
    assert value[:50] in parser.document_fromstring(history.page(diff)).text_content()


HOSTILE = """<svg viewBox="0 0 1 1" onload="alert(1)" aria-labelledby="impact-response-t impact-response-d"
 xmlns:xlink="http://www.w3.org/1999/xlink"><script>alert(2)</script><title>T</title><desc>D</desc>
<foreignObject><iframe src="https://example.org"></iframe></foreignObject>
<a xlink:href="javascript:alert(3)"><text>l</text></a>
<image href="https://example.org/x.png"/><use href="#x"/><style>*{background:url(https://example.org)}</style>
<path d="M0 0" style="fill:url(https://example.org)" onclick="alert(4)"/>
<text x="1" y='2"onload="alert(5)'>&lt;b&gt;hi</text>
<animate attributeName="href" to="javascript:alert(6)"/></svg>"""


def test_a_hostile_drawing_keeps_its_shapes_and_loses_the_rest():
    diff = compare(drawn("1"), version(impact_ipynb=chapter(f"<figure>{HOSTILE}</figure>")))
    page = history.page(diff).partition("<h2>Figures, old over new</h2>")[2]
    assert re.search(r"<svg|<path|&lt;b&gt;hi", page)
    for word in (
        "script",
        "iframe",
        "javascript",
        "example.org",
        "onload",
        "onclick",
        "alert",
        "href",
        "<image",
        "<style>*",
    ):
        assert word not in page, word


@pytest.mark.parametrize("bomb", ['<!DOCTYPE svg [<!ENTITY a "aa">]><svg>&a;</svg>', "<svg><unclosed></svg>", ""])
def test_a_drawing_that_cannot_be_read_is_a_sentence(bomb):
    from livingreview.history.drawings import stored

    assert stored(bomb, "x") == "<p>The stored drawing cannot be read.</p>" or "aa" not in stored(bomb, "x")


# ------------------------------------------------------------------------------------------------- escaping

ATTACKS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![x](https://example.org/track.png) [click](javascript:alert(1))",
    "@team please merge, fixes #12, GH-3, see www.example.org and https://example.org",
    "`code` **bold** _it_ ~~no~~ | cell | <!-- hidden -->",
    "\x1b[2J\x1b]0;title\x07\r\nimpact-002: 19 -> 90",
    "\u202ereversed\u202c zero\u200bwidth \u2028 line",
    "</code></details>\n\n# Approved by the maintainers\n\n- [x] merged",
    "&lt;b&gt; &#64;team &amp;",
    "-->\n:::{raw} html\n",
)


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_text_of_a_version_acts_where_it_is_shown(attack):
    cell = f'"{attack.replace(chr(34), chr(34) * 2)}"'
    changed = results(("-0.40 in 2 of 3", cell))
    conclusion = json.loads(json.dumps(CONCLUSION))
    conclusion["data"]["application/papermill.record/text/plain"] = attack
    shown = published(attack, attack, [attack], attack)
    figure = DRAWN.replace("VALUE", attack.replace("&", "&amp;").replace("<", "&lt;"))
    diff = compare(
        version("before"), version(attack, results_csv=changed, impact_ipynb=chapter(conclusion, shown, figure))
    )
    text, markdown, page = history.text(diff), history.markdown(diff), history.page(diff)
    assert all(c.isprintable() or c == "\n" for c in text)
    assert all(line == line.strip() or line.startswith("  ") for line in text.splitlines())
    outside = re.sub(r"<code>(?:[\w ,;&#-]|(?<=\d)\.(?=\d)|[^\x00-\x7f])*</code>", "", markdown)
    assert "<code>" not in outside
    assert not re.search(r"[@`*\[\]\\!]|<(?!/?(?:details|summary|del|ins)>)|https?:|www\.|#\d", outside), outside
    assert all("&" not in part for part in outside.splitlines())
    rendered = parser.document_fromstring(MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown))
    tags = {element.tag for element in rendered.iter(etree.Element)}
    assert tags <= {"html", "body", "h2", "h3", "p", "ul", "li", "code", "details", "summary", "del", "ins"}
    assert not rendered.xpath("//@*")
    assert plain(attack) in {code.text for code in rendered.iter("code")}
    document = parser.document_fromstring(page)
    allowed = re.findall(
        r"\w+",
        "html head meta title style body main h1 h2 h3 p strong ul li del ins figure figcaption svg desc text path "
        "details summary div table caption tbody tr th td",
    )
    assert {element.tag for element in document.iter(etree.Element)} <= {*allowed}
    assert not [a for a in document.xpath("//@*") if "javascript" in a or "example.org" in a]
    assert " ".join(plain(attack).split()) in " ".join(document.text_content().split())


def test_markdown_keeps_its_size_and_says_what_it_left_out():
    lines = "".join(
        f"x-{i},impact,percent,{i},,a note of some length,unutzer2002,abstract,primary\n" for i in range(400)
    )
    text = history.markdown(compare(version(), version(results_csv=FILES["data/results.csv"] + lines)))
    assert len(text) <= 60_000
    assert re.search(r"- and \d+ more, which the report as a page lists", text)
    assert text.count("<details>") == text.count("</details>") == 1


def test_markdown_escapes_only_what_could_act():
    assert in_markdown("-0.40, a_b") == "<code>-0.40, a&#95;b</code>"


# ------------------------------------------------------------------------------------------------- material


@pytest.mark.parametrize(
    ("measure", "old", "new", "moves"),
    [
        # 10% of the old value, and not a hair more
        ("mean", "100", "110", False),
        ("mean", "100", "111", True),
        ("mean", "100", "90", False),
        ("mean", "100", "89", True),
        ("mean_difference", "-0.50", "-0.55", False),
        ("mean_difference", "-0.50", "-0.56", True),
        # ratios on the log scale: times or divided by more than 1.1, the same for a ratio and its inverse
        ("odds_ratio", "0.50", "0.55", False),
        ("odds_ratio", "0.50", "0.56", True),
        ("odds_ratio", "2.00", "1.82", False),
        ("odds_ratio", "2.00", "1.81", True),
        ("risk_ratio", "1.10", "1.00", False),
        ("risk_ratio", "0.10", "0.12", True),
        # no more than rounding: both may be one value
        ("percent", "1", "2", False),
        ("percent", "1.0", "1.2", True),
        ("odds_ratio", "0.1", "0.2", False),
        ("percent", "45", "45.4", False),
        ("mean", "3", "3.00", False),
        # from and to zero
        ("mean_difference", "0", "1", False),
        ("mean_difference", "0.0", "0.2", True),
        ("mean_difference", "0.2", "0.0", True),
        ("mean_difference", "0", "0", False),
        # signs
        ("mean_difference", "-0.1", "0.1", True),
        ("percent", "−5%", "5%", True),
        # a gap has not moved
        ("percent", "", "45", False),
        ("percent", "45", "", False),
        # typography
        ("mean", "$29,422", "$29,500", False),
        ("mean", "1,801", "2,801", True),
        # a ratio that cannot be is measured plainly
        ("odds_ratio", "0.0", "0.5", True),
        ("odds_ratio", "-1.0", "1.0", True),
        # what is no number cannot have moved by a known amount, and is told
        ("mean", "many", "few", True),
    ],
)
def test_an_effect_moves_by_more_than_its_rounding_and_ten_percent(measure, old, new, moves):
    assert bool(moved(measure, old, new)) == moves


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        (Effect("odds_ratio", "0.97"), Effect("odds_ratio", "1.03"), "has the other direction"),
        (Effect("mean_difference", "-0.20"), Effect("mean_difference", "0.20"), "has the other direction"),
        (Effect("mean_difference", "0.01"), Effect("mean_difference", "0.00"), ""),
        (Effect("odds_ratio", "1.00"), Effect("odds_ratio", "1.05"), ""),
        (Effect("odds_ratio", "1.50", "0.99", "2"), Effect("odds_ratio", "1.50", "1.01", "2"), "no longer includes"),
        (Effect("mean_difference", "1", "0.1", "2"), Effect("mean_difference", "1", "-0.1", "2"), "no longer leaves"),
        (
            Effect("mean_difference", "1", "0.1", "INF"),
            Effect("mean_difference", "1", "-0.1", "INF"),
            "no longer leaves",
        ),
        (
            Effect("mean_difference", "1", "", "", "=", "0.03"),
            Effect("mean_difference", "1", "", "", "=", "0.06"),
            "no longer",
        ),
        (
            Effect("mean_difference", "1", "", "", "<", "0.05"),
            Effect("mean_difference", "1", "", "", ">", "0.05"),
            "no longer",
        ),
        (Effect("mean_difference", "1", "", "", "<", "0.2"), Effect("mean_difference", "1", "", "", "=", "0.06"), ""),
        (
            Effect("mean_difference", "1", "0.1", "2", "=", "0.03"),
            Effect("mean_difference", "1", "0.1", "2", "=", "0.3"),
            "",
        ),
        (Effect("mean_difference", "1"), Effect("mean_difference", "1", "0.1", "2"), ""),
        (Effect("percent", "45", benefit="higher"), Effect("percent", "45", benefit="lower"), "counts the other way"),
        (Effect("percent", "45", unit="percent"), Effect("percent", "45", unit="points"), "is another quantity"),
        (Effect("odds_ratio", "2"), Effect("risk_ratio", "2"), "is another quantity: odds ratio 2 is now risk ratio 2"),
        (Effect("percent", ""), Effect("percent", "45"), ""),
        (Effect("percent", "45"), Effect("percent", ""), "is gone: 45"),
        (Effect("percent", "45"), None, "is gone: 45"),
        (Effect("percent", ""), None, ""),
        (
            Effect("p_value", "", p_operator="=", p_value="0.01"),
            Effect("p_value", "", p_operator="=", p_value="0.4"),
            "no longer",
        ),
    ],
)
def test_a_change_to_an_effect_is_material_when_it_turns_or_is_gone(old, new, why):
    reasons = material(old, new)
    assert any(why in reason for reason in reasons) if why else reasons == []


def test_effects_of_rows_and_derived_numbers_are_material():
    def derived(value: str, interval: str, share: str) -> Snapshot:
        how = "risk ratio, 45% of 906 against 19% of 895; log interval"
        outputs = [
            published(f"impact_rr{end}", text, ["impact-response-12m-cc", "impact-response-12m-control"], how)
            for end, text in (("", value), ("_ci", interval))
        ]
        return version(impact_ipynb=chapter(*outputs), results_csv=results(("percent,45", f"percent,{share}")))

    told = compare(derived("2.37", "2.03 to 2.76", "45"), derived("2.58", "2.20 to 3.00", "49")).material
    assert told == ()
    told = compare(derived("2.37", "2.03 to 2.76", "45"), derived("1.05", "0.90 to 1.22", "20")).material
    assert [(one.subject, one.why.split(":")[0]) for one in told] == [
        ("impact-response-12m-cc", "moved from 45 to 20, by 56%"),
        ("impact_rr", "no longer leaves no difference out"),
        ("impact_rr", "moved from 2.37 to 1.05, by a factor of 2.26"),
    ]


def test_a_number_taken_from_another_row_is_judged_by_both_rows():
    old = version(impact_ipynb=chapter(published("impact_cc", "45%", ["impact-response-12m-cc"])))
    new = version(impact_ipynb=chapter(published("impact_cc", "19%", ["impact-response-12m-control"])))
    assert [(one.subject, one.why) for one in compare(old, new).material] == [
        ("impact_cc", "moved from 45 to 19, by 58%"),
        ("impact_cc", "is taken from another row, changed in denominator: 1801 is now 895"),
    ]
    assert not compare(
        old, version(impact_ipynb=chapter(published("impact_cc", "1,801", ["impact-response-12m-cc"])))
    ).material


def test_a_withdrawn_row_is_material_and_a_new_one_is_not():
    lines = FILES["data/results.csv"]
    shorter = lines.replace(
        "champ-opioid-days-contrast,champ,odds_ratio,0.10,,,unutzer2002,abstract,primary_abstract\n", ""
    )
    assert [one.subject for one in compare(version(), version(results_csv=shorter)).material] == [
        "champ-opioid-days-contrast"
    ]
    assert not compare(version(results_csv=shorter), version()).material


def test_the_small_figure_is_read(tmp_path):
    diff = compare(version(impact_ipynb=chapter()), version(impact_ipynb=chapter(FIGURE)))
    assert diff.figures[0].new.data == (("collaborative care", "45%", "171 of 895"),)


# ------------------------------------------------------------------------------------------------- words

TABLE = """<table class="lr"><caption>The trials</caption><thead><tr><th scope="col">Trial</th><th scope="col">Compared\
 with</th></tr></thead><tbody><tr><th scope="row"><a class="n" href="trials.html#impact">IMPACT</a></th>\
<td>usual care</td></tr></tbody></table>"""
SENTENCE = "At 12 months {n}`impact_cc` responded, a ratio"
WORDS = {
    "prose": ((SENTENCE, SENTENCE.replace("months", "weeks")), "[-months-]", "{+weeks+}"),
    "number exchanged": (
        (SENTENCE, SENTENCE.replace("impact_cc", "impact_control")),
        "[-45-]% [[-impact_cc-]]",
        "{+19+}% [{+impact_control+}]",
    ),
    "heading": (("# The IMPACT trial", "# The CLARO trial"), "[-IMPACT-]", "{+CLARO+}"),
    "not": (("PHQ-9 was not used", "PHQ-9 was used"), "[- not-]", "PHQ-9 was used"),
    "title": ((":::{conclusions}", ":::{conclusions} Proven"), ":::{conclusions}", "{+ Proven+}"),
    "caption": (("The trials", "The cures"), "[-trials-]", "{+cures+}"),
    "header": (("Compared", "Agreed"), "[-Compared-]", "{+Agreed+}"),
    "cell": (("<td>usual care", "<td>no care"), "[-usual-]", "{+no+}"),
    "link": (("trials.html#impact", "trials.html#claro"), "[-impact-]", "{+claro+}"),
    "label": (('y="20">45%<', 'y="20">54%<'), "[-45-]", "{+54+}"),
    "long description": (("Two bars: 45", "Two bars: 54"), "[-45-]", "{+54+}"),
    "formula": (("risk ratio = 45%", "odds ratio = 45%"), "[-risk-]", "{+odds+}"),
    "code": (("assert 45 > 19", "assert 45 > 0 "), "[-19-]", "{+0+}"),
}


def worded(*change: str) -> Snapshot:
    ratio = published("impact_rr", "2.37", ["impact-response-12m-cc"], "risk ratio = 45% / 19%")
    shares = [
        published("impact_cc", "45%", ["impact-response-12m-cc"]),
        published("impact_control", "19%", ["impact-response-12m-control"]),
    ]
    text = chapter(ratio, *shares, TABLE, FIGURE)
    old, new = (json.dumps(part)[1:-1] for part in change or ("", ""))
    assert text.count(old) == 1 or not change
    return version("edited" if change else "before", impact_ipynb=text.replace(old, new) if change else text)


@pytest.mark.parametrize("kind", WORDS)
def test_every_changed_line_is_shown_with_its_words_marked_and_nobody_calls_it_tested(kind):
    change, lost, won = WORDS[kind]
    diff = compare(worded(), worded(*change))
    (line,) = diff.lines
    assert (line.file, diff.material, diff.empty) == ("chapters/impact.ipynb", (), False)
    said = history.text(diff)
    assert lost in said
    assert won in said
    assert "Text changed in 1 line, which no test judges" in said
    marked = {"[-": "<del>", "-]": "</del>", "{+": "<ins>", "+}": "</ins>"}
    for show in (history.markdown, history.page):
        assert all(mark in show(diff) for sign, mark in marked.items() if sign in f"{lost} {won}")


def test_lines_that_come_go_and_move_are_each_named_with_their_file_and_cell():
    more = PROSE.replace("PHQ-9 was", "Nobody was harmed.\nPHQ-9 was")
    for old, new, kind in ((PROSE, more, "(new)"), (more, PROSE, "(gone)")):
        said = history.text(compare(version(impact_ipynb=chapter(prose=old)), version(impact_ipynb=chapter(prose=new))))
        assert f"Changed in chapters/impact.ipynb: 1 line of text\n  cell 1, line 4, prose {kind}" in said
    register = {"chapters/basis.csv": "sentence,basis\nNobody was harmed.,definition\n"}
    (line,) = compare(
        version(**register), version(**{name: text.replace("No", "Any") for name, text in register.items()})
    ).lines
    assert (line.file, line.line.number) == ("chapters/basis.csv", 2)


def test_a_long_table_is_cut_and_the_lines_that_are_not_shown_are_named():
    def listed(word: str) -> Snapshot:
        body = "".join(f"<tr><td>{word} {i}</td></tr>" for i in range(30))
        return version(impact_ipynb=chapter(f"<table><caption>T</caption><tbody>{body}</tbody></table>"))

    diff = compare(listed("few"), listed("many"))
    said = history.text(diff)
    assert len(diff.lines) == 30
    assert said.count("{+many+}") == 12
    assert "and 18 more lines of the output of cell 2: 14 to 31" in said


def test_a_long_line_shows_the_words_around_its_change():
    words = " ".join(f"word{i}" for i in range(400))
    texts = [chapter(prose=f"{words} {end} {words}") for end in ("rose", "fell")]
    (said,) = [
        line
        for line in history.text(compare(*(version(impact_ipynb=text) for text in texts))).split("\n")
        if "after:" in line
    ]
    assert "word399 {+fell+} word0" in said
    assert len(said) < 400


ABOUT = ("arm", "population", "outcome", "months", "denominator_basis", "ci_level", "ci_low", "ci_high")


def about(**cells: str) -> Snapshot:
    known = {"result_id": "r-1", "study_id": "impact", "measure": "odds_ratio", "estimate": "1.50", "n": "100"}
    known |= (
        dict(zip(ABOUT, ("contrast", "all", "response", "12", "printed", "95", "1.10", "2.10"), strict=True)) | cells
    )
    return version(results_csv=f"{','.join(known)}\n{','.join(known.values())}\n")


@pytest.mark.parametrize(
    ("cell", "new", "why"),
    [
        ("study_id", "champ", "changed in trial: impact is now champ"),
        ("arm", "intervention", "changed in arm: contrast is now intervention"),
        ("population", "women", "changed in people: all is now women"),
        ("months", "6", "changed in time: 12 is now 6"),
        ("n", "101", "changed in denominator: 100 is now 101"),
        ("denominator_basis", "", "changed in basis of the denominator: printed is now blank"),
        ("ci_level", "90", "changed in level of the interval: 95 is now 90"),
        ("ci_high", "2.60", "has a wider interval: 1.10 to 2.10 is now 1.10 to 2.60"),
        ("ci_low", "1.30", "has a narrower interval: 1.10 to 2.10 is now 1.30 to 2.10"),
    ],
)
def test_what_a_row_is_about_is_material(cell, new, why):
    assert why in [one.why for one in compare(about(), about(**{cell: new})).material]


def test_what_is_filled_or_only_printed_otherwise_is_not_material():
    assert not compare(about(arm="", months="12.0"), about()).material
    assert not compare(about(), about(ci_high="2.15")).material


def test_trials_outcomes_and_notices_that_come_or_go_are_material():
    notices = "notice_id,source_key,kind\nn-1,unutzer2002,retraction\n"
    cases = {
        "n-1": (version(), version(**{"data/notices.csv": notices})),
        "summit": (version(), version(studies_csv=FILES["data/studies.csv"].replace("summit,SUMMIT\n", ""))),
        "impact": (about(), about(outcome="remission")),
    }
    for what, (old, new) in cases.items():
        for kind, sides in (("added", (old, new)), ("removed", (new, old))):
            reasons = [one.why for one in compare(*sides).material if one.subject == what]
            assert any("added" in why or "removed" in why for why in reasons), (what, kind)


def test_a_notice_says_how_many_rows_rest_on_its_source():
    """Also one that is only looked at again: what it says must differ, not the day on which somebody compared it."""
    head = "notice_id,source_key,kind,recorded,compared\n"
    without = version()
    corrected, compared, retracted = (
        version(**{"data/notices.csv": f"{head}n-1,unutzer2002,{words}\n"})
        for words in ("correction,2027-01-06,", "correction,2027-01-06,2027-01-08", "retraction,2027-01-06,")
    )
    count = FILES["data/results.csv"].count(",unutzer2002,")
    assert count > 1
    (added,) = (one for one in compare(without, corrected).material if one.subject == "n-1")
    assert added.why == f"is a notice that was added; {count} rows of the data rest on its source"
    assert [one for one in compare(corrected, compared).material if one.subject == "n-1"] == []
    (changed,) = (one for one in compare(corrected, retracted).material if one.subject == "n-1")
    assert changed.why.startswith("is a notice that was changed")


def test_a_tally_in_a_bottom_line_is_material_and_elsewhere_is_not():
    def said(count: str, card: str) -> Snapshot:
        prose = f"{card}\n{{n}}`impact_yes` of four differed.\n:::\n"
        return version(
            impact_ipynb=chapter(published("impact_yes", count, ["impact-response-12m-cc"], "count"), prose=prose)
        )

    card = ":::{container} bottom-line"
    assert [one.why for one in compare(said("one", card), said("two", card)).material] == [
        "is a tally in a bottom line: one is now two"
    ]
    assert not compare(said("one", ":::{note}"), said("two", ":::{note}")).material
    assert "Nothing material was found in what was tested: conclusions" in history.text(
        compare(said("one", ":::{note}"), said("two", ":::{note}"))
    )
