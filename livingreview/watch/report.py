"""What a run found, as files: a report for people, one for machines, and proposed changes of the registry's facts.

Every text from a service is escaped for the kind of file that it goes into.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import asdict
from difflib import unified_diff
from pathlib import Path

from livingreview.checks import fits
from livingreview.evidence import Evidence
from livingreview.evidence.ids import row_id
from livingreview.repository import replace_file
from livingreview.watch.notices import KINDS
from livingreview.watch.records import Record
from livingreview.watch.run import LAG, Findings
from livingreview.watch.writing import as_csv

#: Most records that the report lists; the others are in the files for screening.
LISTED = 100
_MARKS = re.compile(r"([\\`*_\[\]()<>#|~$!])")
_CALLS = re.compile(r"(@|#|\bGH-)(?=\w)", re.IGNORECASE)


def md(text: str) -> str:
    """Escape a text for Markdown: it formats nothing, links nowhere, and mentions nobody."""
    plain = _MARKS.sub(r"\\\1", text.replace("&", "&amp;"))
    plain = _CALLS.sub(r"\1&#8203;", plain).replace("://", ":&#8203;//")
    return re.sub(r"\b(www)\.", r"\1&#8203;.", plain, flags=re.IGNORECASE)


def write(findings: Findings, evidence: Evidence, folder: Path) -> list[Path]:
    """Write all files of a run.

    Parameters
    ----------
    findings : Findings
    evidence : Evidence
    folder : Path
        Folder of the run.

    Returns
    -------
    list of Path
        The files, the report first.
    """
    texts = {
        "report.md": markdown(findings, evidence),
        "report.json": json.dumps(as_dict(findings), indent=2, ensure_ascii=False) + "\n",
        "registry.patch": registry_patch(findings, evidence),
    }
    for name, text in texts.items():
        replace_file(folder / name, text.encode())
    return [folder / name for name in texts]


def as_dict(findings: Findings) -> dict[str, object]:
    """The run for machines; `livingreview notice --answer` records its ``notices``."""
    return {
        "day": str(findings.day),
        "complete": findings.complete,
        "services": [
            {
                "service": inquiry.service.name,
                "title": inquiry.service.title,
                "since": str(inquiry.since),
                **{name: getattr(inquiry, name) for name in ("complete", "asked", "answered", "problems", "notes")},
            }
            for inquiry in findings.inquiries
        ],
        "notices": [notice.as_dict() for notice in findings.notices],
        "changes": [asdict(change) for change in findings.changes],
        "first_seen": [asdict(change) for change in findings.first],
        "records": [{**asdict(record), "link": record.link} for record in findings.records],
        "unasked_sources": findings.unasked,
        "trials_in_other_registries": findings.elsewhere,
        "trials_without_a_registration": findings.unregistered,
    }


def markdown(findings: Findings, evidence: Evidence) -> str:
    """The run for people, as Markdown."""
    return "\n".join(_lines(findings, evidence)) + "\n"


def _lines(findings: Findings, evidence: Evidence) -> Iterator[str]:
    yield f"# Watch of {findings.day}"
    yield ""
    if findings.complete:
        yield "Every service answered in full."
    else:
        failed = ", ".join(inquiry.service.title for inquiry in findings.inquiries if not inquiry.complete)
        yield f"**Incomplete: {failed}.** What the others answered is below; the dates of the incomplete searches stay."
    yield ""
    yield "| Service | Asked since | Questions answered | Complete |"
    yield "|---|---|---|---|"
    for inquiry in findings.inquiries:
        word = "yes" if inquiry.complete else "**no**"
        yield f"| {inquiry.service.title} | {inquiry.since} | {inquiry.answered} of {inquiry.asked} | {word} |"
    yield ""
    for inquiry in findings.inquiries:
        title = inquiry.service.title
        yield from (f"- {title}, missing: {md(problem)}" for problem in inquiry.problems)
        yield from (f"- {title}: {md(note)}" for note in inquiry.notes)
        if not findings.joins(inquiry):
            yield (
                f"- {title} was asked from {inquiry.since} on only, and what is older has not been searched: its date "
                "of search stays. `livingreview watch --whole` asks for everything."
            )
    yield from _notices(findings, evidence)
    yield from _registry(findings)
    yield from _records(findings)
    yield from _unasked(findings, evidence)
    yield from _next(findings)


def _notices(findings: Findings, evidence: Evidence) -> Iterator[str]:
    yield from ("", f"## Notices on sources of this review that are not recorded: {len(findings.notices)}", "")
    for notice in sorted(
        findings.notices, key=lambda notice: (KINDS.index(notice.kind) if notice.kind else -1, notice)
    ):
        source = evidence.sources[notice.source_key]
        numbers = (notice.doi and f"doi:{notice.doi}", notice.pmid and f"PMID {notice.pmid}")
        where = ", ".join(filter(None, numbers)) or "no number given"
        kind = notice.kind.replace("_", " ").capitalize() or "A word that is not known"
        yield (
            f"- **{kind}** about {md(source.short)} (`{notice.source_key}`), {notice.date or 'no date given'}: "
            f"{md(where)} ({md(' and '.join(notice.services))}: {md(notice.wording)})"
        )
        words = shlex.join((notice.source_key, notice.kind or "KIND", notice.date, notice.place_or(source)))
        read = "" if notice.kind else f", when somebody has read which KIND it is: {', '.join(KINDS)}"
        yield f"  `livingreview notice {words}` records it{read}."
    if not findings.notices:
        yield "None."
    if findings.recorded:
        yield from ("", f"Recorded already in data/notices.csv: {findings.recorded}.")


def _registry(findings: Findings) -> Iterator[str]:
    yield from ("", f"## Registry records that changed: {len(findings.changes)} facts", "")
    if findings.changes:
        yield from ("| Trial | Fact | As last seen | Now |", "|---|---|---|---|")
    for change in findings.changes:
        seen = f"{md(_cut(change.old))} ({change.as_of})" if change.as_of else md(_cut(change.old))
        new = md(_cut(change.new)) or "no longer there"
        yield f"| {md(findings.names.get(change.nct, ''))} {change.nct} | {_words(change.field)} | {seen} | {new} |"
    if not findings.changes:
        yield "None of the facts that were seen before."
    if findings.first:
        yield from ("", f"Seen for the first time: {len(findings.first)} facts.", "")
        yield from ("| Trial | Status | Enrolment | Results posted | Last update |", "|---|---|---|---|---|")
        facts = {(change.nct, change.field): change.new for change in findings.first}
        for nct in dict.fromkeys(change.nct for change in findings.first):
            shown = ("overall_status", "enrolment", "has_results", "last_update_posted")
            cells = " | ".join(md(_words(facts.get((nct, name), ""))) for name in shown)
            yield f"| {md(findings.names.get(nct, ''))} {nct} | {cells} |"


def _records(findings: Findings) -> Iterator[str]:
    yield from ("", f"## Records that the review does not know: {len(findings.records)}", "")
    reports = [record for record in findings.records if record.kind == "report"]
    trials = [record for record in reports if _about(record, findings)]
    groups = {
        "Reports of trials in the data": trials,
        "Registrations that match the query": [record for record in findings.records if record.kind == "registration"],
        "Other reports that match the query": [record for record in reports if record not in trials],
    }
    space = LISTED
    for head, group in groups.items():
        if not group:
            continue
        yield from (f"### {head}: {len(group)}", "")
        yield from (_listed(record, _about(record, findings)) for record in group[:space])
        if len(group) > space:
            yield f"- and {len(group) - space} more, in data/records.csv"
        space = max(0, space - len(group))
        yield ""
    if not findings.records:
        yield "None."


def _unasked(findings: Findings, evidence: Evidence) -> Iterator[str]:
    sources = [evidence.sources[key].short for key in findings.unasked]
    lists = {
        "Sources without a DOI, PMID or PMCID that a service knows": sources,
        "Trials in other registries": findings.elsewhere,
        "Trials without a registration in the data": findings.unregistered,
    }
    yield from ("", "## What could not be asked about", "")
    yield from (f"- {head}, {len(names)}: {md('; '.join(names))}." for head, names in lists.items() if names)
    yield from ("", "Somebody must look at these by hand.")


def _listed(record: Record, about: str) -> str:
    et_al = " and others" if len(record.authors) > 1 else ""
    who = f"{record.authors[0]}{et_al}" if record.authors else "no author given"
    dated = ", ".join(filter(None, (record.journal, record.year)))
    title = md(record.title or "no title given")
    linked = f"[{title}]({record.link})" if record.link else title
    found_by = f"{', '.join(record.services)}: {'; '.join(record.reasons)}"
    return f"- {linked}. {md(who)}. {md(dated)}. {about and f'About {md(about)}. '}({md(found_by)})"


def _next(findings: Findings) -> Iterator[str]:
    yield from ("", "## What to do with this", "")
    yield "1. Read the notices first: the command under each records it and shows what it changes;"
    yield "   `livingreview notice --answer report.json` records them all."
    yield "2. `livingreview screening out FOLDER` writes what is to be screened, for ASReview LAB and Rayyan, and"
    yield "   `livingreview screening in FILE --by NAME` takes the decisions of each of two people. What is included"
    yield "   becomes a source and rows of the data. The date of a complete search moves when all of it is screened."
    yield "3. `git apply registry.patch` records what the registry says now."
    yield ""
    yield f"Each service was asked again for the {LAG} days before its last search, since records are listed late."
    yield "Every record is in the ledger, `data/records.csv`; nothing else in `data/` was changed."


def _about(record: Record, findings: Findings) -> str:
    """Names of the trials in the data that a report names, or whose registry record lists it."""
    listed = [nct for reason in record.reasons for nct in findings.names if reason == f"listed in {nct}"]
    mentioned = [nct for nct in record.trials if nct in findings.names]
    names = [findings.names[nct] for nct in dict.fromkeys([*listed, *mentioned])]
    return ", ".join(names) or ("a trial named in its text" if "names a trial of the data" in record.reasons else "")


def _words(name: str) -> str:
    return name.replace("_", " ").lower() if name.isupper() or name.islower() else name


def _cut(text: str) -> str:
    return text if len(text) <= 200 else f"{text[:199]}…"


def registry_patch(findings: Findings, evidence: Evidence) -> str:
    """What the registry says now, as a patch for data/registry.csv."""
    rows = evidence.rows("registry")
    at = {(row["nct"], row["field"]): row for row in rows}
    fresh = {"as_of": str(findings.day), "source_key": "", "locator": "", "note": ""}
    for change in [*findings.changes, *findings.first]:
        if not (change.new and fits(change.new)):
            continue
        if (change.nct, change.field) in at:
            at[change.nct, change.field].update(value=change.new, **fresh)
        else:
            fact = {"nct": change.nct, "field": change.field, "value": change.new, **fresh}
            rows.append({"registry_id": row_id("registry", fact, rows, evidence.short_words), **fact})
    return _patch("registry", evidence, rows)


def _patch(table: str, evidence: Evidence, rows: list[dict[str, str]]) -> str:
    name, before = f"data/{table}.csv", evidence.rows(table)
    old, new = (as_csv(before[0], cells).splitlines(keepends=True) for cells in (before, rows))
    return "".join(unified_diff(old, new, f"a/{name}", f"b/{name}"))
