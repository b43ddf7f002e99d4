"""Issue forms for people who do not use git: one per kind of fact, with exactly the columns of the dictionary."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from livingreview.checks.references import ENTRIES, FORMS, KINDS
from livingreview.evidence import load
from livingreview.repository import replace_file

FOLDER = ".github/ISSUE_TEMPLATE"
#: The forms: file, name, purpose, and the table whose columns the form asks for.
TABLES = {
    "2-result": ("Add a result", "A result of a trial, as a source prints it: one number, one form.", "results"),
    "3-trial": ("Add a trial", "A trial that the review does not have.", "studies"),
    "4-arm": ("Add an arm of a trial", "What one arm of a trial did, and its size.", "arms"),
    "6-claim": ("Add a claim", "What a text says about the model or a trial, checked against its source.", "claims"),
}
#: Descriptions of the fields of a reference that are not in `FORMS`.
REFERENCE = {
    "author": "Names as 'Last, First', with ' and ' between them; a group in braces; 'and others' for the rest.",
    "title": "The title as printed.",
    "journal": "The journal.",
    "howpublished": "For a page on the web: its site.",
    "volume": "Volume.",
    "number": "Issue.",
    "read": "What you read of it: full text, abstract, the registry record.",
    "annote": "What a reader must know about it.",
}
SOURCES = "Facts come from sources: give the source and the place in it. Leave blank what it does not say."
LICENCE = "What you send is published under {}; numbers, short labels and places only, no copied sentences."


def write(root: Path) -> list[str]:
    """Rewrite the forms from the dictionary.

    Returns
    -------
    list of str
        The forms that changed.
    """
    changed = []
    for name, text in texts(root).items():
        path = root / FOLDER / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(path, text.encode())
            changed.append(name)
    return changed


def texts(root: Path) -> dict[str, str]:
    """Give the text of each form by the name of its file."""
    package = json.loads((root / "data/datapackage.json").read_text(encoding="utf-8"))
    schemas = {resource["name"]: resource["schema"] for resource in package["resources"]}
    forms = {"1-correction": _correction(), "5-source": _source()}
    for file, (name, about, table) in TABLES.items():
        key = schemas[table]["primaryKey"][0]
        asked = [f for f in schemas[table]["fields"] if f["name"] != key or key == "study_id"]
        forms[file] = _form(name, about, [_question(f) for f in asked])
    licence = package["licenses"][0]["name"].replace("-", " ")
    start = {"type": "markdown", "attributes": {"value": f"{SOURCES}\n\n{LICENCE.format(licence)}"}}
    return {f"{file}.yml": _yaml(form | {"body": [start, *form["body"]]}) for file, form in sorted(forms.items())}


def _form(name: str, about: str, questions: list[dict[str, Any]]) -> dict[str, Any]:
    return {"name": name, "description": about, "title": f"{name}: ", "labels": ["data"], "body": questions}


def _question(f: dict[str, Any]) -> dict[str, Any]:
    """Ask for a column: a list if the dictionary lists its words, else a line of text."""
    constraints = f.get("constraints", {})
    # GitHub reserves the word 'none', which it shows if nothing is chosen
    words = ["none of these" if word == "none" else str(word) for word in constraints.get("enum", [])]
    kind = "dropdown" if words else "textarea" if f["name"] in ("note", "claim", "why") else "input"
    attributes = {"label": f["name"], "description": f["description"], **({"options": words} if words else {})}
    question = {"type": kind, "id": f["name"], "attributes": attributes}
    return question | ({"validations": {"required": True}} if constraints.get("required") else {})


def _line(name: str, description: str, required: bool = True, kind: str = "input") -> dict[str, Any]:
    question = {"type": kind, "id": name, "attributes": {"label": name, "description": description}}
    return question | ({"validations": {"required": True}} if required else {})


def _example() -> str:
    """Give the id of a row that compares two arms."""
    return str(next(i for i in load().results.index if str(i).endswith("-contrast")))


def _correction() -> dict[str, Any]:
    return _form(
        "Correct a number",
        "A number or a word on a page that is not what its source says.",
        [
            _line("row", f"The id of the row, such as {_example()}: follow the number on the page to it."),
            _line("column", "The column that is wrong, such as estimate.", required=False),
            _line("found", "What the page says."),
            _line("must_be", "What it must be, with the digits as the source prints them."),
            _line("source_key", "The source: its key on the page of sources, its DOI or its PubMed number."),
            _line("locator", "Where in the source it stands: table, figure, page, section."),
            _line("note", "What else we must know.", required=False, kind="textarea"),
        ],
    )


def _source() -> dict[str, Any]:
    described = REFERENCE | {name: f"{words[0].upper()}{words[1:]}." for name, (_, words) in FORMS.items()}
    listed = {"entry": ENTRIES, "kind": KINDS}
    asked = [
        {
            "name": name,
            "description": described.get(name, "Kind of entry."),
            "constraints": {
                "required": name in ("entry", "title", "kind", "read"),
                **({"enum": listed[name]} if name in listed else {}),
            },
        }
        for name in ("entry", *described)
    ]
    about = "A paper, registry record or page that the review should read, or read again in full."
    return _form("Add a source", about, [*map(_question, asked)])


def _yaml(form: dict[str, Any]) -> str:
    head = "# Written by 'livingreview forms' from data/datapackage.json; a test compares.\n"
    return head + yaml.safe_dump(form, sort_keys=False, allow_unicode=True, width=118)
