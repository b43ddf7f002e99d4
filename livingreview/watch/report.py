"""What a run found, as files: a report to read, one for machines, files for screening, and proposed changes.

Every text of a service is escaped for the kind of file that it goes into.
"""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from difflib import unified_diff
from pathlib import Path

import rispy

from livingreview.checks import fits
from livingreview.evidence import Evidence, months_after
from livingreview.ids import row_id
from livingreview.repository import replace_file
from livingreview.watch.notices import KINDS
from livingreview.watch.records import Record
from livingreview.watch.run import LAG, Found

#: Records that the report lists; the others are in the files for screening.
LISTED = 100
#: Columns that ASReview and Rayyan know by these names, and what is ours at the end.
COLUMNS = [
    *("key", "title", "authors", "journal", "year", "abstract", "doi", "url", "pubmed_id", "pmc_id"),
    *("nct", "services", "notes"),
]

_MARKS = re.compile(r"([\\`*_\[\]()<>#|~$!])")
_CALLS = re.compile(r"(@|#|\bGH-)(?=\w)", re.IGNORECASE)


def md(text: str) -> str:
    """A text of a service for Markdown: it formats nothing, links nowhere, calls nobody."""
    found = _MARKS.sub(r"\\\1", text.replace("&", "&amp;"))
    found = _CALLS.sub(r"\1&#8203;", found).replace("://", ":&#8203;//")
    return re.sub(r"\b(www)\.", r"\1&#8203;.", found, flags=re.IGNORECASE)


def cell(text: str) -> str:
    """A text of a service for a CSV file: a spreadsheet takes it for no formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def write(found: Found, evidence: Evidence, folder: Path) -> list[Path]:
    """Write all files of a run.

    Parameters
    ----------
    found : Found
    evidence : Evidence
    folder : Path
        Folder of the run.

    Returns
    -------
    list of Path
        The files, the report first.
    """
    texts = {
        "report.md": markdown(found, evidence),
        "report.json": json.dumps(as_dict(found), indent=2, ensure_ascii=False) + "\n",
        "screening.csv": screening_csv(found.records),
        "screening.ris": screening_ris(found.records),
        "searches.patch": searches_patch(found, evidence),
        "registry.patch": registry_patch(found, evidence),
    }
    for name, text in texts.items():
        replace_file(folder / name, text.encode())
    return [folder / name for name in texts]


def as_dict(found: Found) -> dict[str, object]:
    """The run for machines; ``notices`` are what `livingreview.watch.notices.read` gives back."""
    return {
        "day": str(found.day),
        "complete": found.complete,
        "services": [
            {
                "service": one.service,
                "title": one.title,
                "since": str(found.since[one.service]),
                "complete": one.complete,
                "asked": one.asked,
                "answered": one.answered,
                "problems": one.problems,
                "notes": one.notes,
            }
            for one in found.outcomes
        ],
        "notices": [one.as_dict() for one in found.notices],
        "changes": [asdict(one) for one in found.changes],
        "first_seen": [asdict(one) for one in found.first],
        "records": [{**asdict(one), "link": one.link} for one in found.records],
        "unasked_sources": found.unasked,
    }


def markdown(found: Found, evidence: Evidence) -> str:
    """The run for people."""
    return "\n".join(_lines(found, evidence)) + "\n"


def _lines(found: Found, evidence: Evidence) -> Iterator[str]:
    yield f"# Watch of {found.day}"
    yield ""
    if found.complete:
        yield "Every service answered in full."
    else:
        failed = ", ".join(one.title for one in found.outcomes if not one.complete)
        yield f"**Incomplete: {failed}.** What the others told is below; the dates of the incomplete searches stay."
    yield ""
    yield "| Service | Asked since | Questions answered | Complete |"
    yield "|---|---|---|---|"
    for one in found.outcomes:
        word = "yes" if one.complete else "**no**"
        yield f"| {one.title} | {found.since[one.service]} | {one.answered} of {one.asked} | {word} |"
    yield ""
    for one in found.outcomes:
        yield from (f"- {one.title}, missing: {md(problem)}" for problem in one.problems)
        yield from (f"- {one.title}: {md(note)}" for note in one.notes)
        if not found.joins(one.service):
            yield (
                f"- {one.title} was asked from {found.since[one.service]} on only, and what is older has not been "
                "searched: its date of search stays. `livingreview watch --whole` asks for everything."
            )
    yield from _notices(found, evidence)
    yield from _registry(found)
    yield from _records(found)
    yield from _next(found)


def _notices(found: Found, evidence: Evidence) -> Iterator[str]:
    yield from ("", f"## Notices about sources of this review that are not recorded: {len(found.notices)}", "")
    for one in sorted(found.notices, key=lambda notice: (KINDS.index(notice.kind), notice)):
        source = evidence.sources[one.source_key]
        where = ", ".join(filter(None, (one.doi and f"doi:{one.doi}", one.pmid and f"PMID {one.pmid}")))
        told = f"{' and '.join(one.told_by)}: {one.told_as}"
        dated = one.date or "no date told"
        yield (
            f"- **{one.kind.replace('_', ' ').capitalize()}** about {md(source.short)} (`{one.source_key}`), {dated}: "
            f"{md(where) or 'no number told'} ({md(told)})"
        )
        place = one.where or source.doi or f"PMID {source.pmid}"
        yield f"  `livingreview notice {shlex.join((one.source_key, one.kind, one.date, place))}` records it."
    if not found.notices:
        yield "None was told."
    if found.recorded:
        yield from ("", f"{found.recorded} were told that data/notices.csv has.")
    if found.unasked:
        yield ""
        yield (
            f"{len(found.unasked)} sources have no DOI, PMID or PMCID that a service knows, and could not be asked "
            "about; report.json names them."
        )


def _registry(found: Found) -> Iterator[str]:
    yield from ("", f"## Registry records that changed: {len(found.changes)} facts", "")
    if found.changes:
        yield from ("| Trial | Fact | As last seen | Now |", "|---|---|---|---|")
    for one in found.changes:
        seen = f"{md(_cut(one.old))} ({one.as_of})" if one.as_of else md(_cut(one.old))
        new = md(_cut(one.new)) or "not told any more"
        yield f"| {md(found.names.get(one.nct, ''))} {one.nct} | {_words(one.field)} | {seen} | {new} |"
    if not found.changes:
        yield "None of the facts that were seen before."
    if found.first:
        yield from ("", f"Seen for the first time: {len(found.first)} facts.", "")
        yield from ("| Trial | Status | Enrolment | Results posted | Last update |", "|---|---|---|---|---|")
        facts = {(one.nct, one.field): one.new for one in found.first}
        for nct in dict.fromkeys(one.nct for one in found.first):
            shown = ("overall_status", "enrolment", "has_results", "last_update_posted")
            told = " | ".join(md(_words(facts.get((nct, name), ""))) for name in shown)
            yield f"| {md(found.names.get(nct, ''))} {nct} | {told} |"


def _records(found: Found) -> Iterator[str]:
    yield from ("", f"## Records that the review does not know: {len(found.records)}", "")
    reports = [one for one in found.records if one.kind == "report"]
    trials = [one for one in reports if _about(one, found)]
    groups = {
        "Reports of trials in the data": trials,
        "Registrations that match the query": [one for one in found.records if one.kind == "registration"],
        "Other reports that match the query": [one for one in reports if one not in trials],
    }
    left = LISTED
    for head, group in groups.items():
        if not group:
            continue
        yield from (f"### {head}: {len(group)}", "")
        for one in group[:left]:
            about = _about(one, found)
            who = (
                f"{one.authors[0]}{' and others' if len(one.authors) > 1 else ''}" if one.authors else "no author told"
            )
            dated = ", ".join(filter(None, (one.journal, one.year)))
            title = md(one.title or "no title told")
            named = f"[{title}]({_href(one)})" if one.link else title
            told = f"{', '.join(one.services)}: {'; '.join(one.reasons)}"
            yield f"- {named}. {md(who)}. {md(dated)}. {about and f'About {md(about)}. '}({md(told)})"
        if len(group) > left:
            yield f"- and {len(group) - left} more, in screening.csv"
        left = max(0, left - len(group))
        yield ""
    if not found.records:
        yield "None."


def _next(found: Found) -> Iterator[str]:
    yield from ("", "## What to do with this", "")
    yield "1. Read the notices first: the command under each records it and shows what it changes;"
    yield "   `livingreview notice --answer report.json` records them all."
    yield "2. Screen `screening.csv` or `screening.ris` (ASReview and Rayyan read both)."
    yield (
        "   What is included becomes a source and rows of the data; what is not, a row of `data/left_out.csv` with its "
        "DOI, PMID or NCT number as `row_id`, and the watch will not list it again."
    )
    yield "3. When all is screened: `git apply searches.patch` moves the dates of the searches that were complete."
    yield "4. `git apply registry.patch` records what the registry says now."
    yield ""
    yield f"Each service was asked again for the {LAG} days before its last search, since records are listed late."
    yield "Nothing in `data/` was changed."


def _about(record: Record, found: Found) -> str:
    """Names of the trials of the data that a report names, or that list it."""
    listed = [nct for reason in record.reasons for nct in found.names if reason == f"listed in {nct}"]
    named = [nct for nct in record.trials if nct in found.names]
    names = [found.names[nct] for nct in dict.fromkeys([*listed, *named])]
    return ", ".join(names) or ("a trial named in its text" if "names a trial of the data" in record.reasons else "")


def _href(record: Record) -> str:
    return re.sub(r"[^\w:/.\-;]", lambda char: "".join(f"%{byte:02X}" for byte in char[0].encode()), record.link)


def _words(name: str) -> str:
    return name.replace("_", " ").lower() if name.isupper() or name.islower() else name


def _cut(text: str) -> str:
    return text if len(text) <= 200 else f"{text[:199]}…"


def _row(record: Record, number: int) -> dict[str, str]:
    texts = {
        "key": record.doi or (record.pmid and f"pmid-{record.pmid}") or record.nct or record.pmcid or f"row-{number}",
        "title": record.title,
        "authors": "; ".join(record.authors),
        "journal": record.journal,
        "year": record.year,
        "abstract": record.abstract,
        "doi": record.doi,
        "url": record.link,
        "pubmed_id": record.pmid,
        "pmc_id": record.pmcid,
        "nct": "; ".join(record.trials),
        "services": "; ".join(record.services),
        "notes": "; ".join(record.reasons),
    }
    return {name: cell(texts[name]) for name in COLUMNS}


def screening_csv(records: Iterable[Record]) -> str:
    """The records as a table for ASReview or Rayyan."""
    return _csv(COLUMNS, [_row(record, number) for number, record in enumerate(records, 1)])


def _csv(columns: list[str], rows: list[dict[str, str]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def screening_ris(records: Iterable[Record]) -> str:
    """The records as RIS for ASReview or Rayyan."""
    entries = []
    for number, record in enumerate(records, 1):
        row = _row(record, number)
        entry = {
            "type_of_reference": "JOUR" if record.kind == "report" else "GEN",
            "id": row["key"],
            "title": record.title,
            "authors": list(record.authors),
            "journal_name": record.journal,
            "year": record.year,
            "abstract": record.abstract,
            "doi": record.doi,
            "urls": [record.link] if record.link else [],
            "accession_number": record.pmid or record.nct or record.pmcid,
            "notes": [part for part in (row["nct"], row["services"], row["notes"]) if part],
        }
        entries.append({name: value for name, value in entry.items() if value})
    return str(rispy.dumps(entries, implementation=_Unnumbered))


class _Unnumbered(rispy.RisWriter):  # type: ignore[misc]
    """RIS as its description has it: records begin with their type, and not with a number of their own."""

    def set_header(self, count: int) -> str:
        """Write nothing before a record."""
        return ""


def searches_patch(found: Found, evidence: Evidence) -> str:
    """The dates of the searches that were complete, as a patch for data/searches.csv."""
    rows = evidence.rows("searches")
    joined = {one.service for one in found.outcomes if one.complete and found.joins(one.service)}
    for row in rows:
        if row["service"] in joined and str(found.day) >= row["last_search"]:
            row["last_search"] = str(found.day)
            row["next_due"] = str(months_after(found.day, int(row["interval_months"])))
    return _patch("searches", evidence, rows)


def registry_patch(found: Found, evidence: Evidence) -> str:
    """What the registry says now, as a patch for data/registry.csv."""
    rows = evidence.rows("registry")
    at = {(row["nct"], row["field"]): row for row in rows}
    fresh = {"as_of": str(found.day), "source_key": "", "locator": "", "note": ""}
    for one in (one for one in [*found.changes, *found.first] if one.new and fits(one.new)):
        if (one.nct, one.field) in at:
            at[one.nct, one.field].update(value=one.new, **fresh)
        else:
            row = {"nct": one.nct, "field": one.field, "value": one.new, **fresh}
            rows.append({"registry_id": row_id("registry", row, rows, evidence.short_words), **row})
    return _patch("registry", evidence, rows)


def _patch(table: str, evidence: Evidence, rows: list[dict[str, str]]) -> str:
    name, before = f"data/{table}.csv", evidence.rows(table)
    old, new = (_csv(list(before[0]), some).splitlines(keepends=True) for some in (before, rows))
    return "".join(unified_diff(old, new, f"a/{name}", f"b/{name}"))
