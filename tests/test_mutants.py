"""The mutants of the package can be put into it; that tests see each is tried by ``make mutants``."""

from mutants import MUTANTS, ROOT


def test_every_mutant_changes_a_line_of_the_package():
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
    for name, file, old, new, tests in MUTANTS:
        assert old in (ROOT / "livingreview" / file).read_text(encoding="utf-8"), name
        assert old != new, name
        assert (ROOT / "tests" / f"test_{tests.split()[0]}.py").is_file(), name
