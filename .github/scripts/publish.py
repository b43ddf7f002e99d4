"""Publish what the build of a proposal left: a comment on its pull request, and a preview of its pages.

This runs with rights that the build did not have, so that it runs no code of the proposal and believes nothing that the
build left: the pull request is found by what the service says about the run, the archive is tested by `archive`, and
what the proposal changes is computed by the code of the default branch. Its texts are shown only where they cannot act.

    python3 publish.py comment      needs pull-requests: write
    python3 publish.py preview      needs contents: write, and the branch `previews` served from another host
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import archive
import service
from service import BOT, StopError, variable

ARTIFACT, BRANCH = "proposal", "previews"
MARK = "<!-- what this proposal changes -->"
LONGEST = 60_000
#: Files that a change of the evidence touches; all others are code or rules, and a reviewer reads these first.
EVIDENCE = re.compile(
    r"data/(?:\w+\.csv|references\.bib)|chapters/(?:\w+\.(?:ipynb|md)|fingerprints\.txt|basis\.csv)|index\.md"
)

# the one place that says how a text is escaped; it needs nothing but Python
_SPEC = importlib.util.spec_from_file_location(
    "escaping", Path(__file__).resolve().parents[2] / "livingreview" / "history" / "escaping.py"
)
assert _SPEC is not None
assert _SPEC.loader is not None
escaping = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(escaping)

_CODE = r"<code>(?:[A-Za-z0-9 ,-]|(?<=[0-9])\.(?=[0-9])|&#[0-9]{1,3};|[^\x00-\x7f])*</code>"
# words that went or came are marked around their code element, never within it
_MARKED = rf"(?:<del>{_CODE}</del>|<ins>{_CODE}</ins>|{_CODE})"
_LINE = rf"(?:(?={_MARKED}|[A-Za-z])(?:{_MARKED}|[A-Za-z0-9 ,:;%()'>-]|\.(?![A-Za-z0-9]))*)?"
_SHAPES = re.compile(
    rf"(?:#{{2,3}} | {{2}}- |- )?{_LINE}|<details><summary>{_LINE}</summary>|</details>", re.ASCII | re.DOTALL
)
#: What the service makes a link of without any sign: a reference to an issue, and a commit.
_REFERENCE = re.compile(r"gh-\d|(?<![0-9a-z])[0-9a-f]{7,40}(?![0-9a-z])", re.IGNORECASE)


def formatted(body: str) -> bool:
    """Return whether a text has the form in which we write a difference, in which nothing of it can act.

    Parameters
    ----------
    body : str
        The difference.

    Returns
    -------
    bool
        True when it is made of nothing but headings, lists, folds, words, and code elements, marked where they are
        deleted or inserted, whose signs stand as character references: no link, image, mention, reference or other
        element can be in it.
    """
    lines = body.split("\n")
    folds = [line for line in lines if line.startswith(("<details>", "</details>"))]
    return (
        all(character.isprintable() or character == "\n" for character in body)
        and all(_SHAPES.fullmatch(line) for line in lines)
        and not _REFERENCE.search(re.sub(_CODE, "", body))
        and all(line.startswith("</") == bool(i % 2) for i, line in enumerate(folds))
        and len(folds) % 2 == 0
    )


def shown(body: str) -> str:
    """Write the difference for a comment: as it is when it has our form, else as text without any form."""
    if len(body) <= LONGEST and formatted(body):
        return body
    # without backticks nothing can end the block that holds it
    lines = [escaping.plain(line).replace("`", "'") for line in body[:LONGEST].split("\n")]
    text = "\n".join(lines)
    cut = "\n\nThe rest of it is in the artifact." if len(text) > LONGEST or len(body) > LONGEST else ""
    head = "It is not in the form that this project writes, and is shown as text."
    return f"{head}\n\n```text\n{text[:LONGEST]}\n```{cut}"


def pull_request(run: Mapping[str, Any], claimed: int) -> dict[str, Any] | None:
    """Find the pull request of a run by what the service says about the run.

    Parameters
    ----------
    run : mapping
        The run, as the event describes it.
    claimed : int
        The number that the archive claims; it only chooses among those of the run.

    Returns
    -------
    dict or None
        None when the branch has moved on or the pull request is closed.

    Raises
    ------
    StopError
        When the archive claims another one.
    """
    head = run.get("head_repository") or {}
    owner = (head.get("owner") or {}).get("login", "")
    pulls = {
        pull["number"]: pull
        for pull in service.every("pulls", state="open", head=f"{owner}:{run['head_branch']}")
        if pull["head"]["sha"] == run["head_sha"]
        and (pull["head"]["repo"] or {}).get("full_name") == head.get("full_name")
    }
    if pulls and claimed not in pulls:
        raise StopError("The archive claims to belong to another pull request than the run does.")
    return pulls.get(claimed)


def artifact(run: Mapping[str, Any]) -> dict[str, bytes]:
    """Download and test the archive of a run; blank when it left none. A run that was tried again may have several."""
    artifacts = service.every(f"actions/runs/{int(run['id'])}/artifacts", ".artifacts[]", name=ARTIFACT)
    newest = max((int(each["id"]) for each in artifacts if not each.get("expired")), default=None)
    if newest is None:
        return {}
    return archive.files(service.download(f"actions/artifacts/{newest}/zip", archive.LARGEST))


def others(number: int) -> list[str]:
    """List the files of a pull request that are not evidence, by the service's own list."""
    names = [file["filename"] for file in service.every(f"pulls/{number}/files")]
    return [name for name in names if not EVIDENCE.fullmatch(name)]


def comment(run: Mapping[str, Any], number: int, body: str, site: str) -> str:
    """Write the comment, or update ours; return what was done."""
    text = "\n\n".join(filter(None, [MARK, *_frame(run, others(number), number, site), _cells(body), shown(body)]))
    for other in service.every(f"issues/{number}/comments"):
        if other["user"]["login"] == BOT and other["body"].startswith(MARK):
            service.write("PATCH", f"issues/comments/{int(other['id'])}", {"body": text})
            return "The comment was updated."
    service.write("POST", f"issues/{number}/comments", {"body": text})
    return "The comment was written."


def _cells(body: str) -> str:
    """Warn of changed code in chapters, which the difference shows as code."""
    if not re.search(r"^#+ Changed in .*: \d+ lines? of code \(\d+\)$", body, re.MULTILINE):
        return ""
    return "**This proposal changes the code of chapters.** Read the lines of code below before you trust its numbers."


def _frame(run: Mapping[str, Any], code: list[str], number: int, site: str) -> list[str]:
    """Write what stands before the difference: the files that are code, and where it comes from."""
    warning = ""
    if code:
        names = ", ".join(escaping.markdown(name) for name in code[:20])
        more = f" and {len(code) - 20} more" if len(code) > 20 else ""
        warning = (
            "**This proposal changes more than data and chapters.** Read these files first; what stands below was "
            f"computed without them: {names}{more}."
        )
    where = f"Built from {escaping.markdown(run['head_sha'])}. The page with the figures old over new is in the "
    where += f"artifact `{ARTIFACT}` of [the run]({service.run_address(int(run['id']))})."
    if site:
        here = f"{site.rstrip('/')}/{number}/"
        where += f" Pages that nobody has reviewed, shown without their scripts: {here} and {here}difference.html"
    return [warning, where]


def previewed(number: int, pages: Mapping[str, bytes]) -> str:
    """Put a preview on the branch of previews, and take those of closed pull requests off it."""
    kept = {int(pull["number"]) for pull in service.every("pulls", state="open")} - {number}
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        service.git(root, "init", "--quiet", "--initial-branch", BRANCH)
        address = f"{variable('GITHUB_SERVER_URL')}/{variable('GITHUB_REPOSITORY')}.git"
        service.git(root, "remote", "add", "origin", address)
        if service.git(root, "ls-remote", "origin", f"refs/heads/{BRANCH}"):
            service.git(root, "fetch", "--quiet", "--depth=1", "origin", f"refs/heads/{BRANCH}")
            for name in service.git(root, "ls-tree", "--name-only", "FETCH_HEAD").split():
                if name.isdigit() and int(name) in kept:
                    service.git(root, "read-tree", f"--prefix={name}/", "-u", f"FETCH_HEAD:{name}")
        for name, content in pages.items():
            path = root / str(number) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        (root / ".nojekyll").touch()
        service.git(root, "add", "--all", "--force")
        service.git(root, "commit", "--quiet", "--message", f"Preview of pull request {number}")
        # one commit without a parent: previews that are gone take no space
        service.git(root, "push", "--quiet", "--force", "origin", f"HEAD:refs/heads/{BRANCH}")
    return f"The preview of {len(pages)} files is on the branch {BRANCH}, in the folder {number}."


def main(arguments: list[str]) -> str:
    """Publish the comment or the preview; return what was done."""
    site = os.environ.get("PREVIEW_SITE", "")
    if site and not re.fullmatch(r"https://[\w.-]+(?:/[\w.-]+)*/?", site):
        raise StopError("PREVIEW_SITE must be an address that begins with https://, without a query.")
    run = json.loads(Path(variable("GITHUB_EVENT_PATH")).read_text(encoding="utf-8"))["workflow_run"]
    if run["event"] != "pull_request" or not re.fullmatch(r"[0-9a-f]{40}", run["head_sha"]):
        raise StopError("The run is not that of a pull request.")
    content = artifact(run)
    if not content:
        return "There is nothing to publish: the check left no artifact, and its log says why."
    pull = pull_request(run, archive.number(content))
    if pull is None:
        return "There is nothing to publish: the pull request is closed, or its branch has moved on."
    pages = archive.preview(content)
    if arguments == ["preview"]:
        return previewed(pull["number"], pages) if pages else "There is no site to show."
    if arguments == ["comment"]:
        return comment(run, pull["number"], variable("DIFFERENCE").rstrip("\n") + "\n", site if pages else "")
    raise StopError("Say what to publish: comment or preview.")


if __name__ == "__main__":
    try:
        print(main(sys.argv[1:]))
    except StopError as stop:
        sys.exit(f"Nothing was published. {stop}")
