"""Open one issue about something, or bring the one that is open up to date; never a second one.

    python3 issue.py NAME TITLE FILE      the report in FILE is about a trouble
    python3 issue.py NAME TITLE           the trouble is over: close the issue, if one is open

Needs issues: write. The report is Markdown: who writes it escapes what came from elsewhere.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from service import BOT, Service, StopError, variable

LONGEST = 60_000


def report(service: Service, name: str, title: str, text: str | None) -> str:
    """Open, update or close the issue of a name; gives what was done.

    Parameters
    ----------
    service : Service
    name : str
        Lower-case letters and hyphens; it stands in the issue, and by it the issue is found again.
    title : str
    text : str or None
        None when there is nothing to report any more.

    Returns
    -------
    str
    """
    if not re.fullmatch(r"[a-z][a-z-]{0,40}", name):
        raise StopError("The name of an issue must be lower-case letters and hyphens.")
    mark = f"<!-- issue: {name} -->"
    run = f"{variable('GITHUB_SERVER_URL')}/{service.repository}/actions/runs/{variable('GITHUB_RUN_ID')}"
    mine = (
        one
        for one in service.every("/issues", {"state": "open", "creator": BOT})
        if "pull_request" not in one and (one["body"] or "").startswith(mark)
    )
    found = next(mine, None)
    if text is None:
        if found is None:
            return "There is nothing to report, and no issue is open."
        service.tell("POST", f"/issues/{found['number']}/comments", {"body": f"Over by [this run]({run})."})
        service.tell("PATCH", f"/issues/{found['number']}", {"state": "closed"})
        return f"Issue {found['number']} was closed."
    cut = "\n\nThe rest is in the log of the run." if len(text) > LONGEST else ""
    body = f"{mark}\nLast found by [this run]({run}). It blocks nothing.\n\n{text[:LONGEST]}{cut}"
    if found is None:
        return f"Issue {service.tell('POST', '/issues', {'title': title, 'body': body})['number']} was opened."
    service.tell("PATCH", f"/issues/{found['number']}", {"title": title, "body": body})
    return f"Issue {found['number']} was brought up to date."


if __name__ == "__main__":
    try:
        if len(sys.argv) not in (3, 4):
            raise StopError(f"Say NAME, TITLE and, if there is a trouble, FILE.\n{__doc__}")
        said = Path(sys.argv[3]).read_text(encoding="utf-8") if len(sys.argv) == 4 else None
        print(report(Service(), sys.argv[1], sys.argv[2], said))
    except (StopError, OSError) as stop:
        sys.exit(str(stop))
