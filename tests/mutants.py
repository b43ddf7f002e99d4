"""Faults put into the package one by one, each of which the tests named beside it must see.

Run with ``make mutants``, or with words of their names to try some: ``python tests/mutants.py forest table``. A copy of
the package is changed, never the package itself. Every mutant runs only its own tests, in a child of a warm process.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]


class Mutant(NamedTuple):
    """A fault: the text that it replaces must occur, of which the first is replaced."""

    name: str
    file: str
    old: str
    new: str
    tests: str


WORDING, NUMBERS, TABLES = "statistics/wording.py", "publish/numbers.py", "publish/evidence_tables.py"
ROWS, CURVES, PEOPLE = "publish/figures/rows.py", "publish/figures/curves.py", "publish/figures/people.py"
CONCLUSIONS, STATED, EFFECTS = "publish/conclusions.py", "publish/stated.py", "statistics/effects.py"

MUTANTS = [
    Mutant(
        "more for less",
        WORDING,
        "return more if value > null else less",
        "return less if value > null else more",
        "wording",
    ),
    Mutant(
        "ratio against zero",
        WORDING,
        "more if value > null else less if value < null",
        "more if value > 0 else less if value < 0",
        "wording",
    ),
    Mutant(
        "finding on the wrong side",
        WORDING,
        "return more if low > null else less",
        "return less if low > null else more",
        "wording",
    ),
    Mutant("limit at no difference settles", WORDING, "not low <= null <= high", "not low < null < high", "wording"),
    Mutant("everything is settled", WORDING, "if not settles(low, high, null):", "if False:", "wording"),
    Mutant(
        "favors the other arm",
        WORDING,
        '(direction_of_benefit == "higher") else',
        '(direction_of_benefit == "lower") else',
        "wording",
    ),
    Mutant("count one less", WORDING, "_COUNTS[n] if", "_COUNTS[n - 1] if", "wording"),
    Mutant("no minus sign", WORDING, "minus = MINUS if", 'minus = "" if', "wording"),
    Mutant("other level untold", WORDING, '("" if math.isclose(level, LEVEL) else', '("" if level else', "wording"),
    Mutant("list without its last but one", WORDING, "', '.join(most)", "', '.join(most[:-1])", "wording"),
    Mutant("scale of limits left out", WORDING, "number(limit * scale,", "number(limit,", "wording"),
    Mutant("last row of every table", NUMBERS, "enumerate(self.rows))", "enumerate(self.rows[:-1]))", "publish"),
    Mutant("last cell of every row", NUMBERS, "for c in rest)", "for c in rest[:-1])", "publish"),
    Mutant("anchors off by a row", NUMBERS, "self.ids[i]", "self.ids[i - 1]", "publish"),
    Mutant(
        "interval of the row turned round",
        NUMBERS,
        '("ci_low_printed", "ci_high_printed"))',
        '("ci_high_printed", "ci_low_printed"))',
        "publish",
    ),
    Mutant(
        "arms exchanged",
        NUMBERS,
        "effects.risk(*counts[:2]), effects.risk(*counts[2:])",
        "effects.risk(*counts[2:]), effects.risk(*counts[:2])",
        "publish",
    ),
    Mutant(
        "labels of arms exchanged",
        NUMBERS,
        'arms[["intervention", "comparator"]]',
        'arms[["comparator", "intervention"]]',
        "publish",
    ),
    Mutant(
        "drawn with the estimate as its upper limit",
        NUMBERS,
        'row["estimate"], row["ci_low"], row["ci_high"], note',
        'row["estimate"], row["ci_low"], row["estimate"], note',
        "publish",
    ),
    Mutant(
        "plotted without its lower limit",
        NUMBERS,
        'printed, row["ci_low"], row["ci_high"])',
        'printed, row["estimate"], row["ci_high"])',
        "publish",
    ),
    Mutant("estimate stored without its scale", NUMBERS, "estimate.value * scale", "estimate.value", "publish"),
    Mutant("unknown rows published", NUMBERS, "        evidence.load().table(row_id)\n", "", "publish"),
    Mutant(
        "markup from the data",
        NUMBERS,
        "            return escape(self.text)\n",
        "            return self.text\n",
        "publish",
    ),
    Mutant(
        "forest to the estimate only",
        ROWS,
        "axes.plot([start, end], [y, y], color=LIGHT[0], lw=1.8)",
        "axes.plot([start, middle], [y, y], color=LIGHT[0], lw=1.8)",
        "geometry",
    ),
    Mutant(
        "forest from the estimate only",
        ROWS,
        "axes.plot([start, end], [y, y], color=LIGHT[0], lw=1.8)",
        "axes.plot([middle, end], [y, y], color=LIGHT[0], lw=1.8)",
        "geometry",
    ),
    Mutant("marker at the lower limit", ROWS, 'axes.plot([middle], [y], "s"', 'axes.plot([low], [y], "s"', "geometry"),
    Mutant("span from zero", ROWS, "_block(axes, low, high, y)", "_block(axes, 0.0, high, y)", "geometry"),
    Mutant(
        "interval of a bar to the bar",
        ROWS,
        'axes.plot([low, high], [y, y], "|-"',
        'axes.plot([low, value], [y, y], "|-"',
        "geometry",
    ),
    Mutant(
        "bar to its limit",
        ROWS,
        "_block(axes, 0.0, value or 0.0, y, series)",
        "_block(axes, 0.0, high or 0.0, y, series)",
        "geometry",
    ),
    Mutant(
        "figures' data without their last row",
        ROWS,
        "for row in panel.rows]",
        "for row in panel.rows[:-1]]",
        "figures -k data or table or forest",
    ),
    Mutant(
        "interval over time to the estimate",
        CURVES,
        "axes.plot([point.x] * 2, limits,",
        "axes.plot([point.x] * 2, (limits[0], y),",
        "geometry",
    ),
    Mutant("squares to the upper limit", PEOPLE, "page.tiles(boxes[:low]", "page.tiles(boxes[:high]", "geometry"),
    Mutant("every conclusion holds", CONCLUSIONS, "    if not conclusion.holds:\n", "    if False:\n", "conclusions"),
    Mutant(
        "conclusions switched off",
        CONCLUSIONS,
        "    if session.current().asserting:\n",
        "    if False:\n",
        "conclusions",
    ),
    Mutant("any sentence passes", CONCLUSIONS, "    if faults:\n", "    if False:\n", "conclusions"),
    Mutant(
        "a condition is a conclusion",
        CONCLUSIONS,
        "    if not isinstance(conclusion, Conclusion):\n",
        "    if False:\n",
        "conclusions",
    ),
    Mutant("either side is above", CONCLUSIONS, "return above or below", "return above", "conclusions"),
    Mutant(
        "harm is benefit",
        CONCLUSIONS,
        'return (self.side == "benefit") == (self.span.better == "higher")',
        'return self.span.better == "higher"',
        "conclusions",
    ),
    Mutant("every interval includes", CONCLUSIONS, "return not self._excludes.holds", "return True", "conclusions"),
    Mutant("none is not all", CONCLUSIONS, "return not self._holding", "return bool(self._failing)", "conclusions"),
    Mutant(
        "most need not be said",
        CONCLUSIONS,
        "needs=(*sense.needs, quantifier)",
        "may=sense.may | quantifier",
        "conclusions",
    ),
    Mutant("most is some", CONCLUSIONS, '"most": len(self.parts) / 2', '"most": 0', "conclusions"),
    Mutant("several is some", CONCLUSIONS, '"several": 1,', '"several": 0,', "conclusions"),
    Mutant("a gap of some cells", CONCLUSIONS, "return not any(text for", "return not all(text for", "conclusions"),
    Mutant("filled in some cells", CONCLUSIONS, "return all(text for", "return any(text for", "conclusions"),
    Mutant(
        "a word in a word",
        CONCLUSIONS,
        "else self.word.casefold() == text",
        "else self.word.casefold() in text",
        "conclusions",
    ),
    Mutant("times not compared", STATED, "*_of_times(sentence, about), ", "", "conclusions"),
    Mutant("arms and trials not compared", STATED, ", *_of_names(sentence, sense, about)]", "]", "conclusions"),
    Mutant("negation not compared", STATED, "    if negative != sense.negative:\n", "    if False:\n", "conclusions"),
    Mutant("directions not compared", STATED, "if state not in sense.allowed}", "if False}", "conclusions"),
    Mutant("nothing needs to be said", STATED, "    if missing:\n", "    if False:\n", "conclusions"),
    Mutant("arms in any order", STATED, "    if before and after and not", "    if False and not", "conclusions"),
    Mutant(
        "last row of every listing",
        TABLES,
        "for _, row in frame.iterrows()]",
        "for _, row in frame.iloc[:-1].iterrows()]",
        "listings",
    ),
    Mutant(
        "rows of all studies listed",
        TABLES,
        "        frame = frame[frame[column] == value]\n",
        "        pass\n",
        "listings",
    ),
    Mutant("rule on sources off", "checks/__init__.py", "    links.sources_known,\n", "", "check -k unknown"),
    Mutant("first source left out", TABLES, "        for s in listed\n", "        for s in listed[1:]\n", "listings"),
]


def survivors(mutants: list[Mutant]) -> Iterator[Mutant]:
    """Try mutants in a copy of the package, and yield those that their tests do not see."""
    import matplotlib.pyplot  # noqa: F401 (what every child would load)
    import pandas  # noqa: F401

    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in ("livingreview", "tests"):
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        for path in ROOT.iterdir():
            if not (copy / path.name).exists() and not path.name.startswith((".", "_build")):
                (copy / path.name).symlink_to(path)
        unchanged = sorted({mutant.tests for mutant in mutants})
        for tests in unchanged:
            if _fails(copy, tests):
                raise SystemExit(f"The tests '{tests}' must pass on the package as it is.")
        for mutant in mutants:
            path = copy / "livingreview" / mutant.file
            text = path.read_text(encoding="utf-8")
            if mutant.old not in text:
                raise SystemExit(f"{mutant.name}: {mutant.file} must have {mutant.old!r}. Write the mutant anew.")
            path.write_text(text.replace(mutant.old, mutant.new, 1), encoding="utf-8")
            seen = _fails(copy, mutant.tests)
            path.write_text(text, encoding="utf-8")
            print("seen    " if seen else "SURVIVES", mutant.name, flush=True)
            if not seen:
                yield mutant


def _fails(copy: Path, tests: str) -> bool:
    """Whether a test fails on the copy; in a child, since it imports the copy."""
    name, *options = tests.split(" ", 2)
    child = os.fork()
    if not child:
        import pytest

        os.chdir(copy)
        sys.path.insert(0, str(copy))
        sys.dont_write_bytecode = True
        with Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), 1)
            os.dup2(nowhere.fileno(), 2)
            arguments = ["-q", "-x", "-p", "no:cacheprovider", f"tests/test_{name}.py", *options]
            os._exit(int(pytest.main(arguments)))
    return os.waitpid(child, 0)[1] != 0


def main(words: list[str]) -> int:
    """Try the mutants whose names have one of the words, or all."""
    chosen = [mutant for mutant in MUTANTS if not words or any(word in mutant.name for word in words)]
    alive = list(survivors(chosen))
    print(f"{len(chosen) - len(alive)} of {len(chosen)} mutants of the package are seen by their tests.")
    return 1 if alive else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
