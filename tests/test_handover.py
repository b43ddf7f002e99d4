"""The first section of MAINTAINING.md: its commands run as written, on a copy, against services on this machine."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from test_contributing import Copy, copy, made  # noqa: F401  # fixtures
from test_watch import book, world  # noqa: F401  # fixtures
from watch_server import World, article, serve

from livingreview import cli
from livingreview.evidence import Evidence
from livingreview.publish import searched

PROJECT = Path(__file__).parent.parent
GUIDE = (PROJECT / "MAINTAINING.md").read_text(encoding="utf-8")
SECTION = GUIDE.partition("\n## Take it over\n")[2].partition("\n## ")[0]
FIRST, AUTHOR = (block.strip().splitlines() for block in re.findall(r"```sh\n(.*?)```", SECTION, re.S))
#: Sends the services' questions to this machine, in every Python that a command starts.
REDIRECT = """
from dataclasses import replace
import livingreview.watch.run as run
for name, module in run.SERVICES.items():
    module.SERVICE = replace(module.SERVICE, base={bases!r}[name], pause=0.0)
"""


def screened(folder: Path, name: str) -> None:
    """Decide on every title, as a program for screening exports it: what is a trial goes on."""
    (table,) = (folder / "to-screen").glob("*.csv")
    rows = list(csv.DictReader(table.open(encoding="utf-8", newline="")))
    with (folder / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [*rows[0], "included"], lineterminator="\n")
        writer.writeheader()
        writer.writerows({**row, "included": int("trial" in row["title"])} for row in rows)


def test_the_first_afternoon_runs_as_written(copy: Copy, world: World, tmp_path: Path) -> None:  # noqa: F811
    world.added = ["39000001", "39000002"]
    world.pubmed["39000001"] = article("39000001", "A trial of collaborative care")
    world.pubmed["39000002"] = article("39000002", "A comment on something else")
    site = tmp_path / "site"
    site.mkdir()
    with serve(world) as bases:
        (site / "sitecustomize.py").write_text(REDIRECT.format(bases=bases), encoding="utf-8")
        copy.environment["PYTHONPATH"] += f":{site}"
        said: dict[str, str] = {}
        for line in FIRST:
            if "../first.csv" in line:
                screened(copy.root.parent, "first.csv")
                screened(copy.root.parent, "second.csv")
            said[line] = copy.run(line)
    after = Evidence(copy.root / "data")
    assert "no fault" in said["make check"]
    assert "No systematic search has been run yet." in said[".venv/bin/livingreview status"]
    assert {row["complete"] for row in after.rows("runs")} == {"yes"}
    assert len(after.rows("screenings")) == 4
    assert "1 waiting for a decision" in searched.status(after)  # a full text is still to be read
    assert "Europe PMC and ClinicalTrials.gov searched to" in searched.status(after)


def test_an_author_is_added_as_written(copy: Copy) -> None:  # noqa: F811
    old = "Collaborative Care Living Review contributors"
    copy.edit("data/review.csv", lambda text: text.replace(f"contributors,{old}", 'contributors,"Doe, Ada; Roe, Kofi"'))
    said = [copy.run(line) for line in AUTHOR]
    assert "no fault" in said[-1]
    citation = (copy.root / "CITATION.cff").read_text(encoding="utf-8")
    assert "family-names: Doe" in citation
    assert "given-names: Kofi" in citation


def test_what_the_section_names_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    items = {row["item"] for row in Evidence(PROJECT / "data").rows("review")}
    named = {"contact", "contributors", "competing_interests", "funding", "site_url", "doi", "summary", "how_made"}
    assert named <= items & set(re.findall(r"`([a-z_]+)`", SECTION))
    targets = re.findall(r"^([a-z]+):", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.M)
    assert {*re.findall(r"\bmake ([a-z]+)", SECTION)} <= set(targets)
    workflows = {
        re.search(r"^name: (.*)$", path.read_text(encoding="utf-8"), re.M)[1]
        for path in (PROJECT / ".github/workflows").glob("*.yml")
    }  # type: ignore[index]
    assert {"Watch", "Weekly"} <= workflows
    for line in FIRST:
        if "livingreview" in line:
            with pytest.raises(SystemExit):
                cli.main([line.split()[1], "--help"])
            assert line.split()[1] in capsys.readouterr().out
    assert len(SECTION.split()) < 600
