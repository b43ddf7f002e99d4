"""The command line: ``livingreview COMMAND``. The Makefile's targets are thin over it."""

from __future__ import annotations

import argparse
import dataclasses
import os
import shutil
import signal
import subprocess
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from livingreview.evidence import Evidence, EvidenceError
from livingreview.repository import GitError, enclosing, own_root, project, replace_file, replaced_folder

if TYPE_CHECKING:
    from livingreview.contribute import rereading
    from livingreview.contribute.edits import Edit

#: The project that the command was started in.
ROOT = project()
SITE = ROOT / "_build" / "html"
#: What to type where the check refuses a correction, and where it refuses what a source prints.
_MORE = "Correct the command, or add what must change with it: ROW COLUMN VALUE, and again."
_FROM_FILE = "Save the record as RIS or BibTeX where you can read it, and give that: --from FILE."
_LATER = "Edit this issue some hours later, and it is asked again."
#: What a person does with what a form proposed.
_TO_REVIEW = (
    "Somebody other than its author compares every number with the source.",
    "Sentences that it changed are read and confirmed with livingreview confirm.",
    "What a form does not ask is added with livingreview add, or corrected with livingreview correct.",
)
_AGAIN = "If the source prints it so, give the same command again with --printed-so at its end."


class StepError(Exception):
    """A step failed and has said why."""


@contextmanager
def step(name: str) -> Iterator[None]:
    """Say what runs, and how long it took."""
    print(f"== {name}", flush=True)
    start = time.perf_counter()
    yield
    print(f"   done in {time.perf_counter() - start:.1f} s", flush=True)


def check() -> None:
    """Check the data package."""
    from livingreview.checks import annotation, main_text
    from livingreview.checks import check as faults_of

    faults = faults_of(ROOT / "data")
    print(main_text(faults))
    if os.environ.get("GITHUB_ACTIONS") == "true":  # they show on the lines of a pull request
        print(*map(annotation, faults), sep="\n")
    if faults:
        raise StepError("Correct the rows named above, then run 'make check' again.")


def sort() -> None:
    """Put the rows of the tables and the references in their order."""
    from livingreview.checks import sort as sort_files

    changed = sort_files(ROOT / "data")
    print(f"Sorted: {', '.join(changed)}." if changed else "Every row stands in its place, or its file has a fault.")
    print("Next: make check")


def mend() -> None:
    """Put back what a spreadsheet did to the tables by saving them; what you changed in them stays."""
    from livingreview.checks import sort as sort_files
    from livingreview.contribute.spreadsheets import mend as mend_files

    mended = mend_files(ROOT)
    sort_files(ROOT / "data")
    if mended:
        print(*mended, "Next: read what is named above as your change, then make check", sep="\n")
    else:
        print("No table looks as if a spreadsheet had saved it. Next: make check")


def merge() -> None:
    """After a merge with conflicts: put rows together by their ids, and notebooks by their cells."""
    from livingreview.contribute.merging import settle
    from livingreview.notebooks.merging import merge_notebook

    settled = settle(ROOT, merge_notebook)
    for file in settled.files:
        print(f"{file}: settled")
    for line in settled.left:
        print(line)
    if settled.left:
        raise StepError("Settle what is named above by hand.")
    if not settled.files:
        print("Nothing is in conflict.")
    print("Next: make check, make refresh, then git add -A and git commit.")


def forms() -> None:
    """Write the issue forms anew from the dictionary of the data."""
    from livingreview.contribute.forms import write

    print(f"Written: {', '.join(write(ROOT)) or 'nothing, the forms fit the dictionary'}.")


def lint() -> None:
    """Check the form of the notebooks."""
    from livingreview.audit import overturn, sentences
    from livingreview.audit.sentences import register
    from livingreview.evidence import load
    from livingreview.notebooks import linting, wording_rules
    from livingreview.publish import overturned

    audited = sentences.problems(load(), sentences.pages(ROOT), register.read(ROOT))
    problems = [*linting.lint(ROOT), *wording_rules.problems(ROOT), *audited, *_files_of_facts(write=False)]
    for problem in problems:
        print(problem)
    if problems:
        raise StepError(f"{len(problems)} problems in the notebooks.")
    try:
        old = overturn.stale(ROOT)
    except overturned.OverturnError as error:
        raise StepError(str(error)) from error
    if old:
        print(*(f"older than its statement or its rows: what would overturn '{name}'" for name in old), sep="\n")
        print(f"What would overturn a sentence named above ({len(old)} in all) is not on the pages. Run: make overturn")
    print("notebooks: no problem.")


def confirm(page: str) -> None:
    """Confirm what each new or edited sentence of a page rests on, one after another."""
    from livingreview.audit import sentences
    from livingreview.audit.sentences.asking import ask

    pages = sentences.pages(ROOT)
    if page and page not in pages:
        raise StepError(f"'{page}' is no page of the book. The pages are: {', '.join(sorted(pages))}.")
    confirmed, gone = sentences.confirm(ROOT, page, ask)
    print(f"\n{confirmed} confirmed, {gone} taken out that no page says any more. Next: make lint, then commit both.")


def _files_of_facts(write: bool) -> list[str]:
    """Compare the files that state the facts of the review with these, and write those that differ if asked to."""
    from livingreview.site import citing

    problems = []
    for name, text in citing.files(Evidence(ROOT / "data").facts, ROOT).items():
        path = ROOT / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            problems.append(f"{name}: must say what data/review.csv says; found other text, or none. Run: make refresh")
            if write:
                replace_file(path, text.encode())
    return problems


def _refuse_code() -> None:
    """Stop before code of chapters runs that does more than chapters may."""
    from livingreview.notebooks import allowed_code

    if problems := allowed_code.of_project(ROOT):
        print(*problems, sep="\n")
        raise StepError("Nothing was run: the code of the chapters named above is not allowed in a chapter.")


def refresh() -> None:
    """Re-execute the chapters that are stale and store their outputs."""
    from livingreview.checks import broken, main_text
    from livingreview.checks import check as faults_of

    faults = broken(ROOT / "data")
    if faults:
        print(main_text(faults))
        raise StepError("Correct the rows named above, then run 'make refresh' again.")
    _refresh()
    for fault in faults_of(ROOT / "data"):
        print(fault)
    print("Next: read the changes with 'git diff', mend what is named above if anything is, then 'make book'.")


def _refresh() -> list[str]:
    """Run the chapters, and store what they show; give the names of those that changed."""
    from livingreview.notebooks import refreshing

    _refuse_code()
    report = refreshing.refresh(ROOT)
    print(report)
    if report.failed:
        raise StepError("The chapters named above were left as they were.")
    _files_of_facts(write=True)
    return [outcome.chapter for outcome in report.outcomes if outcome.cells]


def correct(words: list[str], because: str, *, printed_so: bool) -> None:
    """Correct cells: ROW COLUMN VALUE, checked, refreshed and compared with what was committed, or nothing written."""
    from livingreview.contribute import correcting
    from livingreview.contribute.edits import ContributionError

    try:
        only = words[0] if len(words) == 1 and printed_so else ""
        corrections = [] if only else correcting.triples(words)
        because = because or _asked("Where does the source say so (table, page or section)?", "--because")
        corrected = correcting.correct(ROOT / "data", corrections, because, printed_so=printed_so, of=only)
        if not corrected.said:
            raise StepError(f"No check finds anything about {only} that has no explanation. Nothing was written.")
        again = "" if printed_so else f" {_AGAIN}"
        _carry_out(corrected.edit, corrected.said, f"{_MORE}{again}")
    except ContributionError as error:
        raise StepError(f"{error}\nNothing was written.") from error
    _next(f"Correct {' and '.join(dict.fromkeys(words[::3]))}")


def add(kind: str, identifier: str, files: list[Path], study: str, because: str, *, printed_so: bool) -> None:
    """Add a trial, results, a source or claims: asked for in a terminal, or taken from files; or write nothing."""
    from livingreview.contribute import adding, asking, submissions, visibility
    from livingreview.contribute.edits import ContributionError, Edit

    try:
        edit = Edit(ROOT / "data")
        if files:
            submission = submissions.read(files, adding.KINDS[kind][0], edit)
            if identifier:  # what the files say of the source goes before what a register says
                given = submission.source.cells if submission.source else {}
                submission.source = submissions.Given({**_look_up(identifier), **given}, identifier)
        elif sys.stdin.isatty():
            submission = asking.interview(kind, edit, input, _look_up, identifier)
        else:
            raise StepError(
                "Questions need a terminal. Give what is to be added with --from FILE. Nothing was written."
            )
        submission.because = because or submission.because
        added = adding.add(kind, submission, edit, study=study, printed_so=printed_so)
        again = "" if printed_so else f" {_AGAIN}"
        changed = _carry_out(edit, added.said, f"Correct what is named above, and run it again.{again}")
    except ContributionError as error:
        raise StepError(f"{error}\nNothing was written.") from error
    print(*visibility.report(added.ids, changed, Evidence(ROOT / "data")), sep="\n")
    _next(f"Add the {kind} {added.name}")


def propose(event: Path, answer: Path) -> None:
    """Make a change of the data of an issue that was written with a form, or say in a file what its answers lack."""
    from livingreview.contribute import issues
    from livingreview.contribute.edits import ContributionError, Edit
    from livingreview.history.escaping import markdown

    try:
        look_up = partial(_look_up, otherwise=_LATER)
        proposal = issues.propose(issues.body(event), Edit(ROOT / "data"), look_up, _rows_of_numbers)
        proposal.write()
    except issues.AnswersError as error:
        remarks = [": ".join(map(markdown, filter(None, (r.question, r.text)))) for r in error.remarks]
        replace_file(answer, _listed({"What is missing": remarks}))
        print(f"Nothing was written. {answer} says what is missing.")
        return
    except ContributionError as error:
        raise StepError(f"{error}\nNothing was written.") from error
    try:
        changed = _refresh()
        after = f"Chapters that it changed: {len(changed)}."
    except StepError:
        after = "Some chapters could not be run with it, and are as they were: run make refresh."
    parts = {
        proposal.form.title: [*map(markdown, proposal.said)],
        "What was answered": [f"{markdown(label)}: {markdown(text)}" for label, text in proposal.answers.items()],
        "Before it is merged": [after, *_TO_REVIEW],
    }
    replace_file(answer, _listed(parts))
    print(f"Written. {answer} says what, for the pull request.")


def _listed(parts: dict[str, list[str]]) -> bytes:
    """Write lists under headings, in Markdown."""
    lines = (
        line
        for heading, entries in parts.items()
        for line in (f"## {heading}", "", *(f"- {entry}" for entry in entries), "")
    )
    return "\n".join(lines).encode()


def _rows_of_numbers() -> dict[str, tuple[str, ...]]:
    """Rows of each published number by the end of its permanent link."""
    from livingreview.notebooks import files
    from livingreview.notebooks.outputs import of_chapter

    stored = (of_chapter(path.stem, files.read(path)) for path in files.chapters(ROOT))
    return {number.key.replace("_", "-"): number.rows for chapter in stored for number in chapter.numbers}


def reread(
    words: list[str], by: str, file: Path | None, *, out: Path | None, as_of: str, because: str, software: bool
) -> None:
    """Read results a second time without seeing their values: asked for, or by a form; compare, keep both, settle."""
    from livingreview.contribute import rereading
    from livingreview.contribute.edits import ContributionError

    data, reader = ROOT / "data", rereading.Reader(" ".join(by.split()), software)
    try:
        if words[:1] == ["settle"]:
            by = reader.name or _asked("Who settles it, by the name that is to be published?", "--by")
            because = because or _asked("Where does the source say so (table, page or section)?", "--because")
            _take(rereading.settle(data, words[1:], by, because), f"Settle {' '.join(words[1:3])}")
        elif out:
            count = rereading.write_out(out, book := Evidence(data), rereading.to_read(book, words, reader.name))
            print(
                f"{count} results in {out}, without their values. Blank rows are not read yet; readable is yes or no."
            )
            print(f"Next: fill it in from the sources, then: livingreview reread --from {out} --by NAME")
        elif not (file or by):
            print(*rereading.report(Evidence(data)), sep="\n")
            print("Next: livingreview reread --by NAME reads what is not read yet; --out FILE writes a form.")
        elif not reader.name:
            raise StepError("Name the reader with --by, and say --software if it is software. Nothing was written.")
        elif file:
            _reread_from(file, reader, as_of, words)
        else:
            _reread_here(reader, words)
    except ContributionError as error:
        raise StepError(f"{error}\nNothing was written.") from error


def _reread_from(file: Path, reader: rereading.Reader, as_of: str, words: list[str]) -> None:
    """Take in a form that a reader filled in."""
    from livingreview.contribute import rereading
    from livingreview.evidence.ids import CHANGED, changed
    from livingreview.history import revision

    if words:
        raise StepError("A form is taken in whole: leave out the ids. Nothing was written.")
    renames = (ROOT / CHANGED).read_text(encoding="utf-8")
    results = (ROOT / "data" / "results.csv").read_bytes()
    first = rereading.first_reading(
        (revision(ROOT, as_of).files["data/results.csv"] if as_of else results).decode(), renames
    )
    now = rereading.first_reading(results.decode(), "")
    readings, remarks = rereading.read(file, now, changed(renames))
    taken = rereading.take_in(ROOT / "data", readings, reader, first, date.today())
    print(*(f"Not readable: {remark}" for remark in remarks), sep="\n")
    _take(taken, f"Take in the readings of {reader.name}")


def _reread_here(reader: rereading.Reader, words: list[str]) -> None:
    """Ask for one result after the other; each is written before the next is asked for."""
    from livingreview.contribute import rereading

    if not sys.stdin.isatty():
        raise StepError("Questions need a terminal. Write a form with --out FILE. Nothing was written.")
    book = Evidence(ROOT / "data")
    waiting, first = (
        rereading.to_read(book, words, reader.name),
        {row["result_id"]: row for row in book.rows("results")},
    )
    print(f"{len(waiting)} results. Enter leaves blank what the source does not print; Ctrl-C stops.")
    taken = None
    for result_id in waiting:
        try:
            reading = rereading.interview(book, result_id, input)
        except (KeyboardInterrupt, EOFError):
            break
        taken = rereading.take_in(ROOT / "data", [reading], reader, first, date.today())
        if faults := taken.edit.write():
            raise StepError("\n".join(map(str, faults)))
        print(*taken.said, sep="\n")
    if taken:
        with step("refresh the chapters"):
            _refresh()
    print("", *rereading.report(Evidence(ROOT / "data")), sep="\n")


def _take(taken: rereading.Taken, message: str) -> None:
    """Write what was taken in, and refresh the chapters; nothing where all of it was there before."""
    from livingreview.contribute import rereading

    if taken.changes:
        _carry_out(taken.edit, list(taken.said), "Correct what is named above, and run it again.")
        _next(message)
    else:
        print(*taken.said, "Nothing is new, and nothing was written.", sep="\n")
    print(*rereading.report(Evidence(ROOT / "data")), sep="\n")


def judge_out(folder: Path, rows: list[str]) -> None:
    """Write forms for judging risk of bias (RoB 2) and certainty (GRADE), and for robvis what is settled."""
    from livingreview.contribute import judging
    from livingreview.contribute.edits import ContributionError
    from livingreview.publish.summary import limits_to_certainty

    book = Evidence(ROOT / "data")
    try:
        limits = {row: limits_to_certainty([row]) for row in judging.default_rows(book, rows)}
    except ContributionError as error:
        raise StepError(str(error)) from error
    print(*judging.write_out(folder, book, limits), sep="\n")
    print("Next: two people fill them in, each apart; then livingreview judge in FILE --by NAME for each.")


def judge_in(file: Path, by: str, settles: bool, today: date) -> None:
    """Take the judgments of one person in, all or none; list agreement and conflicts."""
    from livingreview.contribute import judging
    from livingreview.contribute.edits import ContributionError

    try:
        edit, added = judging.take_in(ROOT / "data", file, " ".join(by.split()), today, settles=settles)
        if added:
            _carry_out(edit, [f"{added} judgments of {by} added."], "Correct what is named above, and run it again.")
            _next(f"Take in the judgments of {by}")
        else:
            print("Nothing is new, and nothing was written.")
    except ContributionError as error:
        raise StepError(f"{error}\nNothing was written.") from error
    print(*judging.report(Evidence(ROOT / "data")), sep="\n")


def _next(message: str) -> None:
    """Say what to do after a change of the data: confirm the sentences that it changed, and commit."""
    from livingreview.audit import sentences
    from livingreview.audit.sentences import register

    with step("look for sentences that it changed"):
        problems = sentences.problems(Evidence(ROOT / "data"), sentences.pages(ROOT), register.read(ROOT))
    confirm_first = f"livingreview confirm ({len(problems)} sentences to look at), then: " if problems else ""
    print(f"\nNext: read the difference above, then: {confirm_first}git commit -am '{message}'")


def _look_up(identifier: str, otherwise: str = _FROM_FILE) -> dict[str, str]:
    """Find what a register knows of a source; say what to do otherwise where it does not answer."""
    from livingreview.contribute.edits import ContributionError
    from livingreview.watch import lookup
    from livingreview.watch.web import Client

    contact = Evidence(ROOT / "data").facts.get("contact", "")
    try:
        with TemporaryDirectory(prefix="livingreview-") as folder:
            return lookup.look_up(identifier, Client(Path(folder), {}, contact))
    except lookup.LookUpError as error:
        raise ContributionError(f"{error} {otherwise}" if error.may_answer else str(error)) from error


def _asked(question: str, option: str) -> str:
    """Ask for what a command lacks, in a terminal; elsewhere say which option gives it."""
    if not sys.stdin.isatty():
        raise StepError(f"{question} Say it with {option}. Nothing was written.")
    while not (answer := input(f"{question} ").strip()):
        pass
    return answer


def _carry_out(edit: Edit, said: list[str], remedy: str) -> list[str]:
    """Check and write a change of the data, refresh the chapters, and compare; give the chapters that changed."""
    from livingreview import history
    from livingreview.checks import main_text

    with step("check the change in a copy"):
        if faults := edit.write():
            print(main_text(faults))
            raise StepError(f"Nothing was written. {remedy}")
    print("\n".join(f"   {line}" for line in said))
    with step("refresh the chapters"):
        try:
            changed = _refresh()
        except StepError as error:
            raise StepError(f"The data are written. {error} Mend what is named, then: make refresh") from error
        except KeyboardInterrupt:
            print("\nThe data are written, and not yet what the chapters show. Next: make refresh", file=sys.stderr)
            raise
    with step("compare with what was committed"):
        print(history.text(history.compare(history.revision(ROOT, "HEAD"), history.working_tree(ROOT))))
    return changed


def verify() -> None:
    """Compare the stored outputs with what the data give."""
    from livingreview.notebooks import fingerprints

    if stale := fingerprints.stale(ROOT):
        names = ", ".join(stale)
        raise StepError(f"The stored outputs of {names} are older than the data or the code. Run: make refresh")
    _recompute()
    print("notebooks: every stored output is what the data give.")


def quick(base: str) -> None:
    """Check what a change can reach, and say what was left out: 'make test' is what counts."""
    from livingreview.history.reach import reach
    from livingreview.notebooks import files

    with step(f"look for what differs from where this branch left {base}"):
        change = reach(ROOT, base)
    if not change.files:
        raise StepError("Nothing differs. Change something first, or name another branch: make quick BASE=...")
    print(f"   {len(change.files)} files, {len(change.rows)} rows of the data")
    python = [name for name in change.python if (ROOT / name).is_file()]
    steps: list[tuple[bool, str, Callable[[], None]]] = [
        (change.data, "check the data", check),
        (bool(change.chapters), f"run {', '.join(change.chapters)}", partial(_recompute, change.chapters)),
        (change.text, "read the sentences", lint),
        (bool(python), "read the code", partial(_run_tool, "ruff", "check", *python)),
        (bool(change.tests), "test the code", partial(_run_tool, "pytest", "-q", *change.tests)),
    ]
    failed = [name for needed, name, run in steps if needed and not _succeeds(name, run)]
    others = [path.stem for path in files.chapters(ROOT) if path.stem not in change.chapters]
    left_out = [
        "types of the code",
        "nbval",
        "the proof by mutation",
        "the build",
        "tests of other code and of the book",
    ]
    print(f"\nLeft out: {', '.join([*left_out, *others])}.")
    if failed:
        raise StepError(f"Mend what is named above: {'; '.join(failed)}.")
    print("Next: commit, then make test, which leaves nothing out.")


def _succeeds(name: str, run: Callable[[], None]) -> bool:
    """Take a step, and report its failure without stopping."""
    try:
        with step(name):
            run()
    except StepError as error:
        print(error)
        return False
    return True


def _recompute(names: Sequence[str] = ()) -> None:
    """Compare the stored outputs of some chapters, or of all, with what the data give."""
    from livingreview.notebooks import verifying

    _refuse_code()
    differences = verifying.verify(ROOT, names)
    for difference in differences:
        print(difference)
    if differences:
        raise StepError("The stored outputs are not what the data give. Run: make refresh")


def _run_tool(*command: str) -> None:
    """Run a tool of the environment on the project."""
    if subprocess.run([sys.executable, "-m", *command], cwd=ROOT, check=False).returncode:
        raise StepError(f"{command[0]} names what is wrong.")


def render() -> None:
    """Make the pages anew; every warning is an error. Of the build before, pictures of the same drawings are kept."""
    from livingreview.publish.figures import pictures
    from livingreview.site import gate

    before = pictures.names(folder := SITE.parent / pictures.FOLDER)
    gate.place(SITE).unlink(missing_ok=True)
    for name in (SITE.name, ".doctrees", "jupyter_execute"):  # all that a build writes but the pictures
        shutil.rmtree(SITE.parent / name, ignore_errors=True)
    command = [
        str(Path(sys.executable).with_name("jupyter-book")),
        "build",
        str(ROOT),
        "-W",
        "-n",
        "--keep-going",
        "-q",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode or not (SITE / "index.html").exists():
        print(done.stdout[-8000:], done.stderr[-8000:], sep="\n")
        raise StepError("The book was not built. The messages above name the file and the line.")
    shown = pictures.tidy(SITE, folder)
    print(f"   {len(shown)} figures as pictures: {len(shown & before)} kept, {len(shown - before)} drawn", flush=True)


def bound() -> None:
    """Bind every numeral and every file of the built site to what it came from."""
    from livingreview.audit.numerals import bind, main_text
    from livingreview.site.counts import fill

    report = bind(SITE, ROOT)
    print(main_text(report))
    if report.problems:
        raise StepError("Numerals of the pages are not accounted for.")
    fill(SITE, report)


def compare_printed() -> None:
    """Compare every PDF of the built site with its pages."""
    from livingreview.audit.files import of_pdfs

    count, problems = of_pdfs(SITE, ROOT)
    for problem in problems:
        print(problem)
    if problems:
        raise StepError("Some PDFs are not what their pages say.")
    print(f"   {count} PDFs say what their pages say")


def build() -> None:
    """Build the site from verified outputs, bind it, and mark it as fit to be shown, printed and published."""
    from livingreview.site import gate, printing

    with step("verify the stored outputs"):
        verify()
    with step("build the site"):
        render()
    with step("bind every numeral of the pages"):
        bound()
    if os.environ.get(printing.PUBLISHED):
        with step("print the chapters and the whole book"):
            printing.publish(SITE, Evidence(ROOT / "data").facts)
        with step("compare what was printed with the pages"):
            compare_printed()
    gate.mark(SITE)


def book() -> None:
    """Check, verify and build; say where the book is."""
    with step("check the data"):
        check()
    build()
    print(f"\nThe book is built. Open {SITE / 'index.html'} or run 'make serve'.")


def _refuse_unbound() -> None:
    """Stop where the built site has not the mark of one that was verified and bound."""
    from livingreview.site import gate

    if why := gate.refusal(SITE):
        raise StepError(why)


def notice(answer: list[Path], words: list[str]) -> None:
    """Record a notice on a source (retraction, concern, correction); flag what rests on it."""
    from livingreview.watch.notices import AnswerError
    from livingreview.watch.recording import gather, record

    book = Evidence(ROOT / "data")
    try:
        notices, unknown = gather(answer, words, book)
        added, repeated = record(notices, book, date.today().isoformat())
    except AnswerError as error:
        raise StepError(str(error)) from error
    for row in repeated:
        print(f"{row} was recorded before.")
    for row in added:
        print(f"recorded in data/notices.csv: {row}")
    if added:
        with step("flag what rests on it"):
            refresh()
        build()
        print("\nNext: read chapters/notices.html and 'git diff', then commit data/notices.csv with the chapters.")
    elif not repeated:
        print("The answer has no notice. Nothing was recorded.")
    if unknown:
        lines = [
            f"{n.source_key}: {', '.join(n.services)} has '{n.wording}' at {n.place or 'no place'}" for n in unknown
        ]
        raise StepError("\n".join([*lines, "These words are not known: read the notices, and record each by hand."]))


def diff(base: str, head: str | None, markdown: Path | None, html: Path | None) -> None:
    """Say what a change does to the review, from one revision to another or to the working tree."""
    from livingreview import history
    from livingreview.notebooks import fingerprints

    def progress(line: str) -> None:
        print(f"{line} ...", file=sys.stderr, flush=True)

    progress(f"reading {history.plain(base)}")
    before = history.revision(ROOT, base)
    after = history.revision(ROOT, head) if head else history.working_tree(ROOT)
    stale = [] if head else fingerprints.stale(ROOT)
    if stale:
        names = ", ".join(stale)
        problem = f"the stored outputs of {names} are older than the data or the code. Run 'make refresh' first."
        after = dataclasses.replace(after, problems=(*after.problems, problem))
    difference = history.compare(before, after, progress)
    print(history.text(difference))
    for path, as_text in ((markdown, history.markdown), (html, history.page)):
        if path:
            progress(f"writing {path}")
            try:
                replace_file(path, as_text(difference).encode())
            except OSError as error:
                remedy = "Name a file in a folder that exists."
                raise StepError(f"{path} cannot be written ({error.strerror}). {remedy}") from error
    if difference.problems:
        raise StepError("Some parts could not be compared; they are named first, above.")
    print("\nNext: mend what was not meant to change, then commit the data and the notebooks together.")


def site() -> None:
    """Put the newest version at the root of a site, and every published one under /v/; each with its PDFs."""
    from livingreview.site import archive, printing

    out, cache = ROOT / "_build" / "site", ROOT / ".site"
    os.environ[printing.PUBLISHED] = "yes"  # for the versions too, which their own code builds
    try:
        printing.browser()  # before what takes minutes
        published = archive.tagged(ROOT)
        if not published:
            print(
                "No version is published yet; a tag such as v2026.1.0 makes one. The site is the draft in this folder."
            )
            build()
            with replaced_folder(out) as draft:
                shutil.copytree(SITE, draft, dirs_exist_ok=True)
        else:
            with step(f"build {len(published)} versions"):
                built = {version.name: archive.build(ROOT, version, cache) for version in published}
            build()
            with step("put them together"):
                archive.assemble(built, out, SITE, Evidence(ROOT / "data").facts["site_url"])
    except (archive.VersionError, printing.PrintError) as error:
        raise StepError(str(error)) from error
    finally:
        del os.environ[printing.PUBLISHED]
    print(f"\nThe site is {out}. Copy it to any host of plain files, under any path.")


def pdf(pages: list[str], paper: str) -> None:
    """Print pages, or each chapter and the whole book, on A4 and on Letter."""
    from livingreview.site import printing

    _refuse_unbound()
    papers, facts = [paper] if paper else printing.PAPERS, Evidence(ROOT / "data").facts
    with step(f"print {', '.join(pages) or 'each chapter and the whole book'}"):
        try:
            made = printing.print_all(SITE, ROOT / "_build" / "pdf", facts, papers, names=pages)
        except printing.PrintError as error:
            raise StepError(str(error)) from error
    print(f"\n{len(made)} files. The first is {made[0]}.")


def release(overdue: str) -> None:
    """Cut a version: refuse with every reason at once, or write, commit and tag it."""
    from livingreview.history import release as releasing

    with step("work out the version"):
        done, reasons = releasing.plan(ROOT, date.today(), overdue)
    for run in (check, lint, build):
        with step(f"{run.__name__}: {(run.__doc__ or '').splitlines()[0]}"):
            try:
                run()
            except (StepError, EvidenceError) as error:
                reasons.append(f"{run.__name__}: {error}")
    if reasons or done is None:
        raise StepError("\n".join([*reasons, "No version was cut. Mend what is named above, then run it again."]))
    with step("run every test (some minutes)"):
        if subprocess.run(["make", "test"], cwd=ROOT, check=False).returncode:
            raise StepError("A test is red, named above. No version was cut.")

    def checks() -> None:
        lint()
        build()

    with step(f"cut version {done.version.name}"):
        tag = releasing.cut(ROOT, done, refresh, checks)
    print(f"\nVersion {done.version.name} is committed and tagged here as {tag}, and nowhere else.")
    print(f"Next: read chapters/changes.html and CHANGELOG.md, then: git push --follow-tags (or git tag -d {tag})")


def status(day: str) -> None:
    """Say how current the review is, on any day."""
    from livingreview.publish import searched

    try:
        when = date.fromisoformat(day)
    except ValueError as error:
        raise StepError(f"--day must be a day as YYYY-MM-DD, found '{day}'.") from error
    book = Evidence(ROOT / "data")
    names = searched.spells(book)
    spells = ", ".join(f"{word} from {start}" for word, start in names)
    print(f"{searched.word(names, when)} on {when}: version {book.facts['version']}; {spells}.")
    print(searched.in_words(book))


class Pages(SimpleHTTPRequestHandler):
    """The built site as a static host shows it, with its own page for what is not there."""

    lost = "404.html"

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer with that page where nothing was found."""
        page = Path(self.directory, self.lost)
        if code != HTTPStatus.NOT_FOUND or not page.exists():
            super().send_error(code, message, explain)
            return
        self.send_response(code)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(page.read_bytes())


def serve(port: int) -> None:
    """Show the built site on localhost until interrupted."""
    _refuse_unbound()
    handler = partial(Pages, directory=str(SITE))
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError as error:
        raise StepError(f"Port {port} is not free ({error.strerror}). Choose another: make serve PORT=8001") from error
    print(f"The book is at http://localhost:{port} (stop with Ctrl-C).")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print("\nStopped.")
    finally:
        server.server_close()


def screening_out(folder: Path, stage: str) -> None:
    """Write what is to be screened, for ASReview LAB and Rayyan."""
    from livingreview.watch import screening

    try:
        written, bare = screening.write_out(folder, stage, Evidence(ROOT / "data"), ROOT / "watch")
    except screening.ScreeningError as error:
        raise StepError(str(error)) from error
    print(f"{written} records in {folder}, as CSV and as RIS; {bare} have no abstract in the reports under watch/.")
    print("Next: two people screen them, each apart; then livingreview screening in FILE --by NAME for each.")


def screening_in(file: Path, by: str, stage: str, settles: bool, today: date) -> None:
    """Take the decisions of one person into the ledger, all or none; list agreement and conflicts."""
    from livingreview.watch import screening

    try:
        added, repeated = screening.read_in(file, by, stage, Evidence(ROOT / "data"), today, settles=settles)
    except screening.ScreeningError as error:
        raise StepError(str(error)) from error
    print(f"{added} decisions of {by} added, {repeated} were there before.")
    for line in screening.told(Evidence(ROOT / "data"), stage):
        print(line)


def watch(today: date, since: date | None, whole: bool, folder: Path | None) -> None:
    """Ask PubMed, Europe PMC, ClinicalTrials.gov and Crossref what is new; write it into the ledger."""
    from livingreview.watch import command

    try:
        command.watch(folder or ROOT / "watch" / str(today), today, command.BEGINNING if whole else since)
    except command.WatchError as error:
        raise StepError(str(error)) from error


def _offer_rounds(
    commands: Any, name: str, about: str, out: Callable[..., None], back: Callable[..., None]
) -> tuple[argparse.ArgumentParser, argparse.ArgumentParser]:
    """Offer a command that hands something out to people, and takes back what each of them decided."""
    ways = commands.add_parser(name, help=about).add_subparsers(required=True, metavar="out|in")
    first = ways.add_parser("out", help=(out.__doc__ or "").splitlines()[0])
    second = ways.add_parser("in", help=(back.__doc__ or "").splitlines()[0])
    first.set_defaults(run=out)
    first.add_argument("folder", type=Path, metavar="DIR", help="folder for the files")
    second.set_defaults(run=back)
    second.add_argument("file", type=Path, metavar="FILE", help="what came back: CSV, and of screening TSV or RIS too")
    second.add_argument("--by", required=True, metavar="NAME", help="who decided, as it is to be published")
    second.add_argument("--settles", action="store_true", help="whether NAME settles conflicts between others")
    second.add_argument("--today", type=date.fromisoformat, default=date.today(), help="the day, as YYYY-MM-DD")
    return first, second


def _offer_screening(commands: Any) -> None:
    about = "Send records out to be screened, and take decisions back."
    for way in _offer_rounds(commands, "screening", about, screening_out, screening_in):
        way.add_argument("--stage", choices=("title", "full_text"), default="title", help="title by default")


def _offer_judge(commands: Any) -> None:
    about = "Send forms out for RoB 2 and GRADE, and take judgments back."
    out, _ = _offer_rounds(commands, "judge", about, judge_out, judge_in)
    out.add_argument("rows", nargs="*", metavar="ROW", help="results or pooled effects whose certainty is to be rated")


def _positive(text: str) -> int:
    """Read a whole number from 1 up, so that a sample of nothing is no proof."""
    if not text.isascii() or not text.isdigit() or not int(text):
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 up, found '{text}'")
    return int(text)


def mutate(sample: int | None, seed: int, resume: bool) -> None:
    """Change the data and the notebooks in one place at a time, and see that each change is caught."""
    from livingreview.audit.mutation.proof import run
    from livingreview.audit.mutation.tally import MutationError, main_text
    from livingreview.notebooks.files import chapters, read

    for path in chapters(ROOT):
        try:
            read(path)
        except ValueError as error:
            raise StepError(f"{error} Mend it, or take it from the history again; then run: make mutate") from error
    _refuse_code()
    try:
        tally = run(ROOT, sample, seed, 2, print, resume=resume)
    except MutationError as error:
        raise StepError(str(error)) from error
    print(main_text(tally))
    if tally.survivors or tally.passed:
        raise StepError("Some changes were not caught where they should be; they are named above.")
    if tally.hidden:
        raise StepError(f"{tally.hidden} changes are accepted by a refresh, and no diff names them.")


def overturn(anew: bool) -> None:
    """Search for the smallest change of the data that turns each conclusion; only what changed is searched again."""
    from livingreview.audit import overturn as search
    from livingreview.audit.mutation.tally import MutationError
    from livingreview.publish.overturned import KEPT, KINDS, OverturnError

    try:
        answers = search.run(ROOT, 2, partial(print, flush=True), anew=anew)
    except (MutationError, OverturnError) as error:
        raise StepError(str(error)) from error
    for kind, n in Counter(answer.kind for answer in answers).most_common():
        print(f"  {KINDS[kind]}: {n}")
    print(f"Kept in {KEPT}: {len(answers)} sentences and lines. Next: make refresh, which shows them, then make lint.")


def _parser() -> argparse.ArgumentParser:
    """Every command, with its options under the names of its function's parameters."""
    parser = argparse.ArgumentParser(prog="livingreview", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def offer(name: str, run: Callable[..., None]) -> argparse.ArgumentParser:
        command: argparse.ArgumentParser = commands.add_parser(name, help=(run.__doc__ or "").splitlines()[0])
        command.set_defaults(run=run)
        return command

    offer("check", check)
    offer("sort", sort)
    offer("mend", mend)
    offer("merge", merge)
    offer("forms", forms)
    offer("lint", lint)
    offer("confirm", confirm).add_argument(
        "page", metavar="PAGE", nargs="?", default="", help="name of the page; all pages without it"
    )
    _offer_correct(offer("correct", correct))
    _offer_add(offer("add", add))
    _offer_propose(offer("propose", propose))
    _offer_reread(offer("reread", reread))
    _offer_judge(commands)
    offer("refresh", refresh)
    offer("verify", verify)
    offer("build", build)
    offer("bound", bound)
    offer("book", book)
    offer("quick", quick).add_argument("base", metavar="BASE", help="the branch that the change is for")
    _offer_pdf(offer("pdf", pdf))
    offer("site", site)
    offer("serve", serve).add_argument("--port", type=int, default=8000)
    _offer_watch(offer("watch", watch))
    _offer_screening(commands)
    offer("overturn", overturn).add_argument(
        "--anew", action="store_true", help="search again for what is kept as well"
    )
    offer("release", release).add_argument(
        "--overdue", default="", metavar="WHY", help="why it is cut although a search is overdue"
    )
    offer("status", status).add_argument(
        "--day", default=date.today().isoformat(), metavar="YYYY-MM-DD", help="today by default"
    )
    _offer_mutate(offer("mutate", mutate))
    _offer_notice(offer("notice", notice))
    _offer_diff(offer("diff", diff))
    return parser


def _offer_correct(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "words", nargs="+", metavar="ROW COLUMN VALUE", help="id of the row, column, value as printed; again for others"
    )
    command.add_argument("--because", default="", metavar="PLACE", help="where the source says so, as 'Table 2'")
    command.add_argument(
        "--printed-so", action="store_true", help="the source prints it so, though it does not fit other numbers"
    )


def _offer_reread(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "words", nargs="*", metavar="ROW|STUDY", help="ids of results or of trials; or: settle ROW FIELD VALUE"
    )
    command.add_argument("--by", default="", metavar="NAME", help="who reads or settles, as it is to be published")
    command.add_argument("--software", action="store_true", help="whether the reader is software")
    command.add_argument("--out", type=Path, metavar="FILE", help="write a form without values for the reader")
    command.add_argument("--from", type=Path, dest="file", metavar="FILE", help="take in a form that was filled in")
    command.add_argument(
        "--as-of", default="", metavar="REVISION", help="compare with the results of a commit: the one the reader had"
    )
    command.add_argument("--because", default="", metavar="PLACE", help="of 'settle': where the source says so")


def _offer_add(command: argparse.ArgumentParser) -> None:
    command.add_argument("kind", choices=("trial", "result", "source", "claim"))
    command.add_argument(
        "identifier", nargs="?", default="", metavar="NUMBER", help="DOI, PMID or NCT number of the source"
    )
    command.add_argument(
        "--from", nargs="+", type=Path, default=[], dest="files", metavar="FILE", help="JSON, CSV, RIS or BibTeX"
    )
    command.add_argument("--study", default="", metavar="ID", help="the trial that a source is about")
    command.add_argument("--because", default="", metavar="PLACE", help="where the source says so, as 'Table 2'")
    command.add_argument(
        "--printed-so", action="store_true", help="the source prints it so, though it does not fit other numbers"
    )


def _offer_propose(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "event", type=Path, metavar="EVENT", help="JSON that describes the issue, as a workflow has it"
    )
    command.add_argument("answer", type=Path, metavar="FILE", help="where to write what to say about it")


def _offer_pdf(command: argparse.ArgumentParser) -> None:
    command.add_argument("pages", metavar="PAGE", nargs="*", help="name of a page, or book; all when left out")
    command.add_argument("--paper", default="", help="A4 or Letter; both when left out")


def _offer_watch(command: argparse.ArgumentParser) -> None:
    command.add_argument("--today", type=date.fromisoformat, default=date.today(), help="the day, as YYYY-MM-DD")
    start = command.add_mutually_exclusive_group()
    start.add_argument("--since", type=date.fromisoformat, help="ask from this day on, not from the last search")
    start.add_argument("--whole", action="store_true", help="ask for everything, as the first search of a source must")
    command.add_argument("--folder", type=Path, help="folder of the run, watch/<day> without it")


def _offer_mutate(command: argparse.ArgumentParser) -> None:
    command.add_argument("--sample", type=_positive, help="how many changes to draw; all of them when left out")
    command.add_argument("--seed", type=int, default=2026, help="of the drawing")
    command.add_argument("--resume", action="store_true", help="go on with a run that was stopped")


def _offer_notice(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--answer", type=Path, action="append", default=[], metavar="FILE", help="answer of Crossref, PubMed"
    )
    command.add_argument("words", nargs="*", metavar="SOURCE KIND DATE WHERE", help="a notice found by hand")


def _offer_diff(command: argparse.ArgumentParser) -> None:
    command.add_argument("base", metavar="BASE", help="the revision before: a branch, tag or commit")
    command.add_argument("head", metavar="HEAD", nargs="?", help="the revision after; the working tree by default")
    command.add_argument("--markdown", type=Path, metavar="FILE", help="also write it for a pull request")
    command.add_argument("--html", type=Path, metavar="FILE", help="also write it as a page, with the figures")


def main(arguments: list[str] | None = None) -> int:
    """Run one command on the project that the current folder is in.

    Parameters
    ----------
    arguments : list of str, optional
        Arguments of the command line.

    Returns
    -------
    int
        0 when all went well, 1 when the command found something wrong.
    """
    options = vars(_parser().parse_args(arguments))
    root = enclosing(Path.cwd())
    if root is None:
        print("This folder is in no checkout of a review: change to one with 'cd', and run it again.", file=sys.stderr)
        return 1
    if root != own_root() and (root / "livingreview" / "cli.py").is_file():
        return _run_own_code(root, sys.argv[1:] if arguments is None else arguments)
    return _run(options.pop("run"), options)


def _run_own_code(root: Path, arguments: list[str]) -> int:
    """Start again with the code of the current checkout, since other code could change it in other ways."""
    paths = list(filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep)))
    if str(root) not in paths[:1]:
        print(f"Using the code of {root}, where you are, not that of {own_root()}.", file=sys.stderr, flush=True)
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root), *paths])}
        os.execve(sys.executable, [sys.executable, "-m", "livingreview.cli", *arguments], environment)
    print(f"The code of {own_root()} runs in {root}. Use the environment that 'make' makes there.", file=sys.stderr)
    return 1


def _run(command: Callable[..., None], options: dict[str, Any]) -> int:
    """Run a command; whatever goes wrong is reported in words, without a traceback."""
    from livingreview.history.snapshots import HistoryError
    from livingreview.notebooks.files import NotebookError

    # whoever ends the program ends it as with Ctrl-C, so that what it started ends too
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        command(**options)
    except (StepError, EvidenceError, HistoryError, GitError, NotebookError) as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # whoever read the output has seen enough, as in `livingreview diff BASE | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted. Nothing is half written.", file=sys.stderr)
        return 130
    except OSError as error:
        name = error.filename or "The system"
        print(f"\n{name}: {error.strerror or error}. Mend that, and run it again.", file=sys.stderr)
        return 1
    except Exception as error:
        at = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(at.filename).name}, line {at.lineno}"
        print(f"\nA fault of this program ({type(error).__name__} in {where}: {error}).", file=sys.stderr)
        print("Nothing is half written. Report this line, with the command that you gave.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
