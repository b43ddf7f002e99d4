"""Rules on the references."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial

from livingreview.checks.package import Fault, Package, near, shown
from livingreview.checks.reading import ENTRY
from livingreview.evidence.identifiers import is_written
from livingreview.evidence.sources import NAMES, faults_of_names

KINDS = ("primary", "protocol", "registry", "secondary", "guidance", "review", "method")
ENTRIES = ("article", "misc", "book", "incollection", "inproceedings", "techreport", "phdthesis", "mastersthesis")
ADDRESS = r"https?://[\w-]+(\.[\w-]+)+(:\d+)?([/?#][^\s<>\"'{}|\\^`]*)?"
Form = tuple[Callable[[str], bool], str]


def form(pattern: str, words: str) -> Form:
    """The required form of a text: a test, and the form in words."""
    return lambda text: re.fullmatch(pattern, text, re.ASCII) is not None, words


#: The required form of the fields of a reference, as a test and in words.
FORMS: dict[str, Form] = {
    "doi": (partial(is_written, "doi"), "a DOI without its address, such as 10.1001/jama.288.22.2836"),
    "pmid": (partial(is_written, "pmid"), "a PubMed number of up to 8 digits, such as 12472325"),
    "pmcid": (partial(is_written, "pmcid"), "a PubMed Central number, such as PMC1360390"),
    "nct": (partial(is_written, "nct"), "NCT and 8 digits, such as NCT01561105"),
    "url": form(ADDRESS, "a web address that begins with https:// or http://"),
    "year": form(r"(19|20)\d\d", "a year of 4 digits"),
    "pages": form(r"[A-Za-z]*\d+(--[A-Za-z]*\d+)?", "pages such as 2836--2845, e123 or CD006525"),
    "kind": form("|".join(KINDS), f"one of {', '.join(KINDS)}"),
}
OTHER_FIELDS = ("author", "title", "journal", "howpublished", "volume", "number", "read", "annote")
FIRST_LINE = re.compile(rf"@({'|'.join(ENTRIES)})\{{[^\s,{{}}]+,")


def references_begin(package: Package) -> Iterator[Fault]:
    """Test that each reference begins with its kind and key on a line of their own."""
    for number, line in package.references.text.lines:
        if (match := ENTRY.match(line)) and not FIRST_LINE.fullmatch(line):
            kind, requirement = match[1], "begin like @article{key, or @misc{key, and go on on the next line"
            hint = f"{near(kind.lower(), ENTRIES)}The kinds are {', '.join(ENTRIES)}. "
            remedy = f"{'' if kind in ENTRIES else hint}Correct the line."
            yield package.references.text.fault(number, requirement, shown(line), remedy)


def references_once(package: Package) -> Iterator[Fault]:
    """Test that each reference has a unique key of lower-case letters, digits and underscores."""
    references = package.references
    first: dict[str, int] = {}
    for line, key in references.keys:
        requirement = remedy = ""
        if not re.fullmatch(r"[a-z][a-z0-9_]*", key):
            requirement = "have a key of small letters, digits and underscores"
            remedy = "Rename the entry, also where rows cite it."
        elif first.setdefault(key, line) != line:
            requirement = f"have a key of its own (line {first[key]} has it)"
            remedy = "Rename one of the two, or delete it."
        if requirement:
            yield references.text.fault(line, requirement, shown(key), remedy)


def reference_forms(package: Package) -> Iterator[Fault]:
    """Test that references have a title, a kind and what was read, and well-formed numbers and addresses."""
    references = package.references
    keys = {key for _, key in references.keys} - references.broken
    for key, entry in references.entries.items():
        if key not in keys:
            continue
        values = {name.lower(): value for name, value in entry.fields.items()}
        for name in ("title", "kind", "read"):
            if not values.get(name, "").strip("{} "):
                place = references.line(key, name)
                yield references.text.fault(place, "be filled in", "nothing", f"Write the {name} of {key}.", name)
                values.pop(name, None)
        for name, value in values.items():
            plain = re.sub(r"\\([%&#_$])|[{}]", r"\1", value)
            requirement, actual, remedy = "", shown(plain), "Correct it."
            if name in FORMS:
                requirement = "" if FORMS[name][0](plain) else f"be {FORMS[name][1]}"
            elif name not in OTHER_FIELDS:
                requirement, actual = "be a field that the review reads", shown(name)
                remedy = f"{near(name, (*FORMS, *OTHER_FIELDS))}Rename or delete it."
            if not requirement and name == "url" and values.get("nct"):
                requirement, remedy = "be left out: the address follows from the field nct", "Delete it."
            if requirement:
                yield references.text.fault(references.line(key, name), requirement, actual, remedy, name)


def names_in_order(package: Package) -> Iterator[Fault]:
    """Test that people's names have a comma after the last name, and groups' names have braces."""
    references = package.references
    for key, entry in references.entries.items():
        for name, remedy in faults_of_names(entry.fields.get("author", "")):
            yield references.text.fault(references.line(key, "author"), NAMES, shown(name), remedy, "author")


def plain_letters(package: Package) -> Iterator[Fault]:
    """Test that references contain letters, not TeX commands."""
    for number, line in package.references.text.lines:
        if re.search(r"\\(?![%&#_$])", line):
            remedy = "Write letters as they are; only % & # _ $ have a backslash before them."
            yield package.references.text.fault(number, "hold no command of TeX", shown(line.strip()), remedy)


def references_differ(package: Package) -> Iterator[Fault]:
    """Test that no two references are to the same paper."""
    references = package.references
    seen: dict[tuple[str, str], str] = {}
    for key, entry in references.entries.items():
        for name in ("doi", "pmid", "pmcid"):
            value = entry.fields.get(name, "").lower()
            if value and seen.setdefault((name, value), key) != key:
                requirement = f"differ from that of {seen[name, value]}"
                remedy = "Correct it, or merge the two references."
                yield references.text.fault(references.line(key, name), requirement, shown(value), remedy, name)


def text_between_references(package: Package) -> Iterator[Fault]:
    """Test that there is no text between references, where a parser would skip it."""
    references = package.references
    depth = 0
    for number, line in references.text.lines if references.whole else []:
        if depth == 0 and line.strip() and not ENTRY.match(line):
            remedy = "Begin the entry with @, or delete the line."
            yield references.text.fault(number, "belong to an entry", shown(line.strip()), remedy)
        braces = re.sub(r"\\[{}]", "", line)
        depth = max(0, depth + braces.count("{") - braces.count("}"))
