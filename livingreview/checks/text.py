"""Rules on files, lines and cells as text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache

from livingreview.checks.package import DICTIONARY, REFERENCES, UNSEEN, Fault, Package, Row, Text, shown, visible
from livingreview.checks.reading import BOM
from livingreview.checks.rules import Wrong, each
from livingreview.evidence.topic import TOPIC

Test = tuple[Callable[[str], object], str, str]
#: Most characters of a cell or of a text of the dictionary, and of a word and of an id in it. A search query, a list
#: of sources or a note keeps far below; what is longer was pasted by mistake, or is no text.
LONGEST, LONGEST_WORD, LONGEST_ID = 1000, 80, 64
#: What passwords and keys for services look like: the prefixes that their issuers give them.
SECRET = re.compile(
    r"\b(gh[opsur]_|github_pat_|glpat-|xox[abprs]-|sk-|sk_live_|npm_|pypi-|hf_)[A-Za-z0-9_-]{16}"
    r"|\b(AKIA|ASIA)[A-Z0-9]{12}|\bAIza[\w-]{20}|\beyJ[\w-]{8,}\.eyJ|-----BEGIN |\bBearer [\w.-]{16}|://[^/\s:@]+:[^/\s@]+@"
)
SHORTEST_SECRET = 16
#: What a page of Markdown would make code, a table, a link, emphasis, a heading, a quotation or a list, and what a
#: hosting service would make a message to a person or a link to a thread; and the characters that all of them need.
MARKUP = re.compile(
    r"[`|]|\*\*|~~|\]\(|\[\[|!\[|\{\w+\}|\$\$|^#+ |^> |^(\* |\+ |\d+\. )"
    r"|(?<![\w*])\*\w[^*]*\w\*(?![\w*])|(?<!\w)_\w[^_]*\w_(?!\w)|(?<![\w.])@\w|(?<![\w&])#\d+\b"
)
OF_MARKUP = re.compile(r"[`|*~\[{$#>+@_]|^\d+\. ")
#: Names that every object of JavaScript has: the search of the pages would find those in place of a row.
OF_OBJECTS = frozenset(
    (
        *("constructor", "hasownproperty", "isprototypeof", "propertyisenumerable", "prototype", "tojson"),
        *("tolocalestring", "tostring", "valueof", "__proto__"),
        *("__definegetter__", "__definesetter__", "__lookupgetter__", "__lookupsetter__"),
    )
)
#: A number with decimals, and how many of them without a zero at the end of any are no chance: one in ten has one.
_DECIMAL, MANY = re.compile(r"-?\d+\.\d+"), 60
#: Columns of keys and ids, by their names.
_OF_IDS = re.compile(r"(?:_keys?|_ids?|\bparts|\bwhole|checked_against|echoes)$")
#: Words in British spelling; a name in capitals may have its own.
BRITISH = re.compile(
    r"\b[Rr]andomis\w+|\b(?:standardis|optimis|generalis|recognis|organis|behaviour|favour|colour|modell|labell)\w*"
    r"|\b(?:programmes?|centres?|analysed|enrol|enrols|enrolments?)\b"
)
#: What no line and no cell may contain: a function that finds it, the requirement, and the remedy.
LINES: tuple[Test, ...] = (
    (
        # control and invisible characters, reversed text, unusual spaces
        lambda text: not text.isprintable(),
        "hold visible characters and common spaces",
        "Delete what is shown as a code, or type it again.",
    ),
    (
        lambda text: not text.isascii() and UNSEEN.search(text),
        "hold no character that cannot be seen",
        "Delete the words around it, and type them again.",
    ),
    (
        lambda text: len(text) >= SHORTEST_SECRET and SECRET.search(text),
        "hold no password or key",
        "Delete it here, and revoke it where it was issued.",
    ),
    (
        re.compile(r"[\u00c2\u00c3][\u0080-\u00bf]|\u00e2\u20ac|\u00ef\u00bb\u00bf|\ufffd").search,
        "hold letters that were read in the right encoding",
        "Type those letters again.",
    ),
    (
        lambda text: not text.isascii() and any(char.isdecimal() and not char.isascii() for char in text),
        "have digits from 0 to 9",
        "Type those digits again.",
    ),
    (
        lambda text: not unicodedata.is_normalized("NFC", text),
        "have each letter with its accent as one character",
        "Type those letters again.",
    ),
    (
        # for example Cyrillic letters that look Latin, ligatures from a PDF, full-width letters
        re.compile(
            r"[A-Za-z]\w*[\u0370-\u03bb\u03bd-\u052f]|[\u0370-\u03bb\u03bd-\u052f]\w*[A-Za-z]"
            r"|[\ufb00-\ufb06\uff01-\uff5e\U0001d400-\U0001d7ff\U0001f000-\U0001faff]"
        ).search,
        "have letters of one alphabet in a word, and no joined letters or pictures",
        "Type that word again.",
    ),
    (
        re.compile(r"<[A-Za-z/!?]|&#?\w+;|(java|vb)script:|data:text/|\bon\w+ ?= ?[\"']", re.IGNORECASE).search,
        "hold plain text without HTML or scripts",
        "Write it in words; a space may follow '<'.",
    ),
)
#: What no cell, and no text of the dictionary, may be.
SIZES: tuple[Test, ...] = (
    (lambda text: len(text) > LONGEST, f"have at most {LONGEST} characters", "Say it in fewer words."),
    (
        lambda text: len(text) > LONGEST_WORD and max(map(len, text.split()), default=0) > LONGEST_WORD,
        f"have words of at most {LONGEST_WORD} letters",
        "Look for lost spaces, or write the word as it is.",
    ),
)
#: What no cell may contain in addition.
CELLS: tuple[Test, ...] = (
    *SIZES,
    *LINES,
    (
        lambda text: text != text.strip() or "  " in text,
        "have no space at its ends and no two in a row",
        "Delete the spaces.",
    ),
    (
        # placeholders, and errors of spreadsheets
        re.compile(r"n/?a|nan|null|nil|tbd|todo|fixme|\?+|-+|\.+|x{3,}|#(n/a|[a-z/0]+[!?])", re.IGNORECASE).fullmatch,
        "be blank where nothing is known",
        "Delete what stands there, or write what is known.",
    ),
    (
        re.compile(r"\u2212|(?<![\w)])[\u2010-\u2015\ufe63\uff0d]\s?[\d.]").search,
        "have a plain hyphen (-) as minus",
        "Type the minus again.",
    ),
    (
        re.compile(r"(?<![\d,.])\d{1,3},\d{1,2}(?![\d,])").search,
        "have a point before decimals, and a space after any other comma",
        "Correct the comma.",
    ),
    (
        re.compile(r"[=+@\uff0b\uff1d\uff20].|-(?!\.?\d[\d.]*($|[;,%)\s]))").match,
        "not begin like a formula of a spreadsheet (= + - @)",
        "Begin with a letter or a digit.",
    ),
    (
        lambda text: OF_MARKUP.search(text) and MARKUP.search(text),
        "hold plain text without Markdown or mentions",
        "Write it in words, without ` | * _ # or @ around them.",
    ),
)


def files_described(package: Package) -> Iterator[Fault]:
    """Test that the folder contains only the dictionary, the tables that it describes and the references."""
    text = package.texts.get(DICTIONARY)
    # a table whose entry has a fault counts as described
    described = "\n".join(line for _, line in text.lines) if text else ""
    for path in sorted(package.data.iterdir()) if package.resources else []:
        expected = path.name in (DICTIONARY, REFERENCES, TOPIC) or (
            path.suffix == ".csv" and f'"{path.name}"' in described
        )
        if not expected and not path.name.startswith("."):
            requirement, actual = f"be described in data/{DICTIONARY}", "no entry"
            remedy = "Describe it there, or move it out."
            if path.suffix.lower() != ".csv" or not path.is_file():
                requirement, actual, remedy = "not be here", "no part of the data", "Move it out of the folder."
            yield Fault(f"data/{path.name}", 0, "", requirement, actual, remedy)


def saved_by_spreadsheet(package: Package) -> Iterator[Fault]:
    """Test that numbers still have the zeros at their end, which a spreadsheet drops from the whole file."""
    for table in package.tables.values():
        decimals = [cell for row in table.rows for cell in row.cells.values() if _DECIMAL.fullmatch(cell)]
        if len(decimals) >= MANY and not any(cell.endswith("0") for cell in decimals):
            actual = f"{len(decimals)} numbers with decimals, none of which ends with 0"
            remedy = (
                "A spreadsheet has saved this file and shortened its numbers: run 'make mend', which puts them back "
                f"and keeps your changes. Or take it back with 'git checkout {table.text.file}', and import every "
                "column as text."
            )
            yield table.text.fault(0, "have numbers as printed, such as 3.50", actual, remedy)


def _unsaved(text: Text, remedy: str) -> str:
    """Name the command that mends what a spreadsheet does to a table."""
    return f"Run 'make mend' where a spreadsheet saved it. {remedy}" if text.file.endswith(".csv") else remedy


def byte_order_mark(package: Package) -> Iterator[Fault]:
    """Test that no file begins with a byte-order mark."""
    for text in package.texts.values():
        if text.raw.startswith(BOM):
            yield text.fault(
                0,
                "begin with its text",
                "a byte-order mark",
                _unsaved(text, "Save the file as UTF-8 without that mark."),
            )


def line_ends(package: Package) -> Iterator[Fault]:
    """Test that lines end with a line feed alone, the last one included."""
    for text in package.texts.values():
        if b"\r" in text.raw:
            line = text.raw.partition(b"\r")[0].count(b"\n") + 1
            actual = f"carriage returns (as on Windows), first in line {line}"
            yield text.fault(
                0, "have the line ends of Unix", actual, _unsaved(text, "Save the file with line ends 'LF'.")
            )
        if not text.raw.endswith((b"\n", b"\r")):
            yield text.fault(0, "end with a line end", "none", "Press Enter at the end of the last line.")


@lru_cache(maxsize=32768)
def _wrong(text: str, tests: tuple[Test, ...]) -> Wrong:
    """Give the message of the first failing test; cached, since many cells have the same text."""
    return next(((requirement, remedy) for finds, requirement, remedy in tests if finds(text)), ())


def unfit(cell: str) -> Wrong:
    """Say why a text may not be in a cell: what it must be, and what to do; blank if it may."""
    return _wrong(cell, CELLS)


def fits(cell: str) -> bool:
    """Say whether a text may be in a cell: it contains nothing that `CELLS` lists."""
    return not _wrong(cell, CELLS)


def plain_lines(package: Package) -> Iterator[Fault]:
    """Test lines of the dictionary and the references for what `LINES` lists."""
    for text in (package.texts[name] for name in (DICTIONARY, REFERENCES) if name in package.texts):
        for number, line in text.lines:
            if wrong := _wrong(line.replace("\t", " "), LINES):
                yield text.fault(number, wrong[0], shown(line.strip()), wrong[1])


def plain_dictionary(package: Package) -> Iterator[Fault]:
    """Test the texts of the dictionary as JSON reads them: a line hides any character behind its code."""
    text = package.texts.get(DICTIONARY)
    for where, words in _texts(package.descriptor, ()) if text else ():
        wrong = _wrong(words, SIZES) or _wrong(words, LINES)
        if text and wrong and (len(words) > LONGEST_WORD or words.encode("utf-8", "replace") not in text.raw):
            yield text.fault(0, wrong[0], shown(words), wrong[1], ".".join(where))


def _texts(part: object, where: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Give every text of the dictionary with the names that lead to it; names of properties are texts too."""
    if isinstance(part, str):
        yield where, part
    elif isinstance(part, list):
        for number, value in enumerate(part, start=1):
            name = value.get("name") if isinstance(value, dict) else None
            yield from _texts(value, (*where, visible(name if isinstance(name, str) else str(number))))
    elif isinstance(part, dict):
        for name, value in part.items():
            yield where, name
            yield from _texts(value, (*where, visible(name)))


def plain_ids(package: Package) -> Iterator[Fault]:
    """Test that no id is longer than a title, or the name of what every object of a page's program has."""
    for table in package.tables.values():
        for row in table.rows if set(table.key) <= set(table.columns) else []:
            for column in table.key:
                if wrong := _wrong_id(row[column]):
                    yield row.fault(column, *wrong)
    for line, key in package.references.keys:
        if wrong := _wrong_id(key):
            yield package.references.text.fault(line, wrong[0], shown(key), wrong[1])


def _wrong_id(word: str) -> Wrong:
    """Say what is wrong with an id."""
    if len(word) > LONGEST_ID:
        return f"have at most {LONGEST_ID} characters", "Give it a shorter id, also where rows name it."
    if word.casefold() in OF_OBJECTS:
        return "be no word that programs of web pages give a meaning", "Rename it, also where rows name it."
    return ()


@each()
def plain_cells(row: Row) -> Iterator[Wrong]:
    """Test cells for what `CELLS` lists."""
    for column, cell in row.cells.items():
        if cell and (wrong := _wrong(cell, CELLS)):
            yield column, *wrong
        elif ("://" in cell or "www." in cell) and row.table.name != "review":
            remedy = f"Put the address into data/{REFERENCES}, and name its source here."
            yield column, "hold no web address", remedy


@each()
def american_spelling(row: Row) -> Iterator[Wrong]:
    """Test that sentences and labels, which pages show as they are, have American spelling; codes and ids are apart."""
    for column, cell in row.cells.items():
        if cell and (word := BRITISH.search(cell)) and _is_words(row, column):
            yield column, f"have American spelling, not '{word[0]}'", "Spell it as in the United States."


def _is_words(row: Row, column: str) -> bool:
    """Whether a column holds words and neither codes nor ids."""
    table = row.table
    field, constraints = table.fields[column], table.constraints(column)
    is_coded = field.get("coded") or {"enum", "pattern"} & set(constraints) or column in table.key
    return field.get("type") == "string" and not is_coded and not _OF_IDS.search(column)


@each()
def plain_numbers(row: Row) -> Iterator[Wrong]:
    """Test that a number has digits and at most one point; INF is only for the open end of an interval."""
    for column in row.table.numeric:
        if row[column] and (row.number(column) is None or (row[column].endswith("INF") and column[:3] != "ci_")):
            yield column, "be a plain number such as 1801, 0.50 or -3.2", "Write the number, and the rest in the note."
