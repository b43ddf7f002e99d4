"""Rules that compare the fields of a reference with each other, and with the rows that rest on it.

Only the services that `livingreview watch` asks know whether a DOI is that of the paper; these rules check what can be
checked without them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from livingreview.checks.package import Fault, Package, Row, shown
from livingreview.evidence import split

YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
#: DOIs that are made of the year, the volume, the issue and the first page of the paper.
DOIS = tuple(
    re.compile(pattern, re.ASCII | re.IGNORECASE)
    for pattern in (
        r"10\.1001/[a-z]+\.(?P<volume>\d{1,3})\.(?P<number>\d+)\.(?P<first>\d+)",
        r"10\.1176/(?:appi\.)?[a-z]+\.(?:(?P<year>\d{4})\.)?(?P<volume>\d{1,3})\.(?P<number>\d+)\.(?P<first>\d+)",
        r"10\.7326/\d{4}-\d{4}-(?P<volume>\d+)-(?P<number>\d+)-(?P<year>\d{4})\d*-\d+",
        r"10\.1093/[a-z]+/(?P<volume>\d+)\.(?P<number>\d+)\.(?P<first>\d+)",
        r"10\.1136/[a-z]{2,5}\.(?P<volume>\d{1,2})\.(?P<number>\d+)\.(?P<first>\d+)",
        r"10\.2337/[a-z]+\.(?P<volume>\d+)\.(?P<number>\d+)\..*",
        r"10\.1186/\d{4}-\d{3}[\dX]-(?P<volume>\d+)-(?P<first>[a-z]?\d+)",
        r"10\.(?:1001|1016|1176|1136|1017)/(?:j\.|appi\.)?[a-z]+[.-](?P<year>(?:19|20)\d\d)[.-].*",
    )
)
#: Most years between those of a DOI or of PubMed and that of the issue: papers appear online first.
YEARS_AHEAD = 1
VOLUME = r"[1-9]\d{0,4}( Suppl( \d+)?)?"
NUMBER = r"[1-9]\d{0,4}(-\d+)?|(\d+ )?Suppl( [A-Z]?\d+)?"
#: What `read` names: the part of a source that was read.
READ = re.compile(
    r"\b(abstract|excerpt|opening|text|pages?|tables?|figure|record|summary|title|author|letter|poster|notice|lecture|copy"
    r"|transcript|takeaways|points|alert|appendix|article|chapter|report|supplement|available|news|characters"
    r"|findings?|messages|interview|reference)\b",
    re.IGNORECASE,
)
#: What must have been read of a source for a number to come from its full text.
FULL = re.compile(r"full|whole|nearly|table|appendix|figure|chapter|section|page|copy", re.IGNORECASE)


def _fields(package: Package) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Give key, kind and fields of the references that can be read."""
    references = package.references
    keys = {key for _, key in references.keys} - references.broken
    for key, entry in references.entries.items() if references.whole else ():
        if key not in keys:
            continue
        yield key, entry.type, {name.lower(): value.strip("{}") for name, value in entry.fields.items()}


def _fault(package: Package, key: str, name: str, requirement: str, remedy: str) -> Fault:
    """Make a fault of a field."""
    references = package.references
    value = references.entries[key].fields.get(name, "").strip("{}")
    return references.text.fault(references.line(key, name), requirement, shown(value), remedy, name)


def no_space_at_ends(package: Package) -> Iterator[Fault]:
    """Test that no value begins or ends with a space, which the parser takes away and a search does not."""
    for number, line in package.references.text.lines:
        if re.search(r"=\s*\{+\s|\s\}+,?\s*$", line):
            remedy = "Delete the space."
            yield package.references.text.fault(number, "have no space inside the braces", shown(line.strip()), remedy)


def article_whole(package: Package) -> Iterator[Fault]:
    """Test that an article has its journal and year, unless its ``annote`` names the field as not read."""
    for key, kind, fields in _fields(package):
        for name in ("journal", "year") if kind == "article" else ():
            if not fields.get(name) and not re.search(
                rf"\b{name}\b.* not (available|in the part)", fields.get("annote", "")
            ):
                remedy = f"Write the {name} of {key}, make it @misc, or say in annote that it is not in the part read."
                yield _fault(package, key, name, "be filled in for an article", remedy)


def issue_and_pages(package: Package) -> Iterator[Fault]:
    """Test that volume and number are such, and that pages go forwards."""
    for key, _, fields in _fields(package):
        for name, pattern in (("volume", VOLUME), ("number", NUMBER)):
            if fields.get(name) and not re.fullmatch(pattern, fields[name], re.ASCII):
                requirement = "be a number such as 288" + (", or one such as Suppl 2" if name == "number" else "")
                yield _fault(package, key, name, requirement, "Correct it.")
        ends = re.fullmatch(r"([A-Za-z]*)(\d{1,9})--\1(\d{1,9})", fields.get("pages", ""), re.ASCII)
        if ends and int(ends[2]) > int(ends[3]):
            remedy = "Exchange them, or write the last page in full."
            yield _fault(package, key, "pages", "go from the first page to the last", remedy)


def read_in_words(package: Package) -> Iterator[Fault]:
    """Test that ``read`` says which part of the source was read."""
    for key, _, fields in _fields(package):
        if fields.get("read") and not READ.search(fields["read"]):
            requirement = "name the part that was read, such as abstract, full text, opening, table 2 or excerpt"
            yield _fault(package, key, "read", requirement, "Say what was read.")


def year_of_key(package: Package) -> Iterator[Fault]:
    """Test that the year in a key is that of the reference, unless its ``annote`` speaks of the year."""
    for key, _, fields in _fields(package):
        years = re.findall(r"(?:19|20)\d\d", key)
        note = fields.get("annote", "")
        if years and fields.get("year") and fields["year"] not in years and not re.search(r"year|online|paper:", note):
            requirement = f"be {years[0]}, as in the key {key}"
            remedy = f"Correct the year, or say in annote where the other year comes from (online {years[0]})."
            yield _fault(package, key, "year", requirement, remedy)


def doi_of_paper(package: Package) -> Iterator[Fault]:
    """Test that a DOI that is made of year, volume, issue and page has those of its reference."""
    for key, _, fields in _fields(package):
        match = next((match for doi in DOIS if (match := doi.fullmatch(fields.get("doi", "")))), None)
        for name, part in match.groupdict().items() if match else ():
            if part is None:
                continue
            if name == "year" and fields.get("year", "").isdigit():
                ahead = (
                    0 if match and "volume" in match.groupdict() else YEARS_AHEAD
                )  # volume and year are of one issue
                wrong = not -ahead <= int(fields["year"]) - int(part) <= ahead
            elif name == "first":
                page = re.match(r"\w+(?=--|$)", fields.get("pages", ""))
                wrong = page is not None and page[0].lower() != part.lower().lstrip("0")
            else:
                wrong = bool(fields.get(name)) and fields[name] != part.lstrip("0")
            if wrong:
                printed = fields["pages"] if name == "first" else fields[name]
                requirement = (
                    f"be that of the paper, whose {'pages are' if name == 'first' else f'{name} is'} {printed}"
                )
                yield _fault(package, key, "doi", requirement, "Correct the DOI, or the other field.")
                break


def doi_of_publisher(package: Package) -> Iterator[Fault]:
    """Test that a DOI begins like those of its journal's other papers, unless it has its own year: journals move."""
    of_journal: dict[str, list[str]] = {}
    for _, _, fields in _fields(package):
        if fields.get("journal") and "/" in fields.get("doi", ""):
            of_journal.setdefault(fields["journal"].casefold(), []).append(fields["doi"].partition("/")[0])
    for key, _, fields in _fields(package):
        begins = Counter(of_journal.get(fields.get("journal", "").casefold(), []))
        usual, times = begins.most_common(1)[0] if begins else ("", 0)
        prefix, slash, suffix = fields.get("doi", "").partition("/")
        dated = fields.get("year") in YEAR.findall(suffix)
        if times > 1 and slash and prefix != usual and not dated:
            requirement = f"begin with {usual}/, as those of {times} papers of {fields['journal']} do"
            yield _fault(package, key, "doi", requirement, "Correct the DOI, or the journal.")


def pmid_in_order(package: Package) -> Iterator[Fault]:
    """Test that a number of PubMed, or of its archive, lies among those of its years, since both count upwards."""
    for name, prefix in (("pmid", ""), ("pmcid", "PMC")):
        numbered = sorted(
            (int(fields[name].removeprefix(prefix)), int(fields["year"]), key)
            for key, _, fields in _fields(package)
            if re.fullmatch(rf"{prefix}[1-9]\d{{0,7}}", fields.get(name, ""))
            and re.fullmatch(r"\d{4}", fields.get("year", ""))
        )
        for at, (_, year, key) in enumerate(numbered):
            before = sorted(year_of for _, year_of, _ in numbered[max(0, at - 3) : at])
            after = sorted(year_of for _, year_of, _ in numbered[at + 1 : at + 4])
            early = len(before) == 3 and year < before[0] - YEARS_AHEAD
            # the archive takes in old papers later
            if (early and name == "pmid") or (len(after) == 3 and year > after[-1] + YEARS_AHEAD):
                first, last = (before or after)[0], (after or before)[-1]
                requirement = f"be a number of about {year}: those beside it are of {first} to {last}"
                yield _fault(package, key, name, requirement, "Correct the number, or the year.")


def tier_read(package: Package) -> Iterator[Fault]:
    """Test that a number is said to come from a full text only where more than an abstract of its source was read."""
    read = {key: fields.get("read", "") for key, _, fields in _fields(package)}
    for table in package.tables.values() if package.references.whole else ():
        for row in table.rows if {"tier", "source_key", "locator"} <= set(table.columns) else ():
            if row["tier"] == "primary_full_text" and not _in_full(row, read):
                requirement = f"not be primary_full_text, since of {row['source_key']} was read: {_reads(row, read)}"
                remedy = "Write primary_abstract, or say under read in data/references.bib what else was read."
                yield row.fault("tier", requirement, remedy)


def _reads(row: Row, read: dict[str, str]) -> str:
    return "; ".join(read.get(key, "") for key in split(row["source_key"]))


def _in_full(row: Row, read: dict[str, str]) -> bool:
    """Whether what was read can hold the number: a full text, or the table that the row names as its place."""
    if all(re.match(r"abstract\b", place, re.IGNORECASE) for place in split(row["locator"])):
        return False
    for key in split(row["source_key"]):
        words = re.sub(
            r"(full|whole|nearly whole|nearly full) ?(abstract|summary|poster abstract)|abstract, nearly whole",
            "",
            read.get(key, ""),
            flags=re.IGNORECASE,
        )
        if FULL.search(words) or re.search(r"own page", row["locator"]):
            return True
    return False
