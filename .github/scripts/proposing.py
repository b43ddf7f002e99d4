"""Make a pull request of what a form proposed, or say on its issue what is missing.

This runs with rights that the reading of the form did not have. It runs nothing of what a stranger wrote: the change is
a difference of texts, of files of evidence alone, which git applies; the words about it are shown only where they
cannot act.

    python3 proposing.py      needs contents, pull-requests and issues: write
"""

from __future__ import annotations

import base64
import binascii
import json
import lzma
import os
import re
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import publish
import service
from service import BOT, StopError, variable

MARK = "<!-- what a form lacks -->"
#: Most bytes of a change.
LARGEST = 20_000_000
#: By whom `service.git` commits.
MAIL = "bot@localhost"


def unpacked(text: str) -> bytes:
    """Unpack a change.

    Raises
    ------
    StopError
        If it is none, or larger than the data ever are.
    """
    try:
        content = lzma.LZMADecompressor().decompress(base64.b64decode(text, validate=True), LARGEST + 1)
    except (binascii.Error, lzma.LZMAError, EOFError, ValueError) as error:
        raise StopError("The change cannot be unpacked.") from error
    if len(content) > LARGEST:
        raise StopError(f"The change has more than {LARGEST:,} bytes.")
    return content


def commit(root: Path, change: bytes, number: int, title: str) -> None:
    """Commit a change on a branch of its own; refuse one that touches more than evidence.

    Parameters
    ----------
    root : Path
        A checkout of the default branch.
    change : bytes
        What git applies.
    number : int
        Of the issue.
    title : str
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "change")
        path.write_bytes(change)
        service.git(root, "checkout", "--quiet", "-B", branch(number))
        service.git(root, "apply", "--index", str(path))
    for line in service.git(root, "diff", "--cached", "--raw", "--no-renames", "HEAD").splitlines():
        modes, _, name = line.partition("\t")
        if not publish.EVIDENCE.fullmatch(name) or modes.split()[:2] != [":100644", "100644"]:
            raise StopError("The change touches a file that is no evidence.")
    service.git(root, "commit", "--quiet", "--message", f"{title}\n\nProposed with a form in issue {number}.")


def branch(number: int) -> str:
    """Return the name of the branch of an issue."""
    return f"form-{number}"


def push(root: Path, number: int) -> None:
    """Push the branch of an issue, in place of what was made of the form before; never over the work of a person."""
    name = f"refs/heads/{branch(number)}"
    address = f"{variable('GITHUB_SERVER_URL')}/{variable('GITHUB_REPOSITORY')}.git"
    former = service.git(root, "ls-remote", address, name).split()
    if former:
        service.git(root, "fetch", "--quiet", "--depth=1", address, name)
        if service.git(root, "log", "-1", "--format=%ae", "FETCH_HEAD").strip() != MAIL:
            raise StopError(f"Somebody has worked on the branch {branch(number)}; it stays as it is.")
    lease = f"--force-with-lease={name}:{former[0] if former else ''}"
    service.git(root, "push", "--quiet", lease, address, f"HEAD:{name}")


def proposed(root: Path, event: Mapping[str, Any], change: str, answer: str) -> str:
    """Make or update the pull request of a form; return what was done."""
    number, base = int(event["issue"]["number"]), str(event["repository"]["default_branch"])
    heading = answer.partition("\n")[0].removeprefix("## ")
    kind = heading if re.fullmatch(r"[A-Z][a-z ]{3,40}", heading) else "A change"
    title = f"{kind} (issue {number})"
    commit(root, unpacked(change), number, title)
    push(root, number)
    text = f"Made of the form in #{number} by the code of `{base}`; nobody has read it yet.\n\n"
    text += f"{publish.shown(answer)}\n\nCloses #{number}."
    owner = variable("GITHUB_REPOSITORY").partition("/")[0]
    for pull in service.every("pulls", state="open", head=f"{owner}:{branch(number)}"):
        service.write("PATCH", f"pulls/{int(pull['number'])}", {"title": title, "body": text})
        return f"Pull request {pull['number']} was updated."
    content = {"title": title, "body": text, "head": branch(number), "base": base}
    made = service.write("POST", "pulls", content)
    said(number, f"It became pull request #{int(made['number'])}. Edit this issue, and it is read again.")
    return f"Pull request {made['number']} was opened."


def said(number: int, text: str) -> str:
    """Write our comment on an issue, or update it; return what was done."""
    content = {"body": f"{MARK}\n{text}"}
    for other in service.every(f"issues/{number}/comments"):
        if other["user"]["login"] == BOT and other["body"].startswith(MARK):
            service.write("PATCH", f"issues/comments/{int(other['id'])}", content)
            return "The comment was updated."
    service.write("POST", f"issues/{number}/comments", content)
    return "The comment was written."


def main(root: Path, change: str, answer: str) -> str:
    """Make a pull request, or say what is missing; return what was done."""
    event = json.loads(Path(variable("GITHUB_EVENT_PATH")).read_text(encoding="utf-8"))
    if change:
        return proposed(root, event, change, answer)
    advice = "Nothing was changed yet. Edit the text of this issue, below its headings, and it is read again."
    return said(int(event["issue"]["number"]), f"{publish.shown(answer)}\n\n{advice}")


if __name__ == "__main__":
    try:
        print(main(Path.cwd(), os.environ.get("CHANGE", "").strip(), variable("ANSWER").strip("\n") + "\n"))
    except StopError as stop:
        sys.exit(f"Nothing was proposed. {stop}")
