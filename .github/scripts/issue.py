"""Keep one issue about something: open it, update it, or close it when the trouble is over; never a second one.

    python3 issue.py NAME TITLE      the report is the variable REPORT; a blank one closes the issue, if one is open

Needs issues: write. The report is Markdown: who writes it escapes what came from elsewhere.
"""

from __future__ import annotations

import os
import re
import sys

import service
from service import BOT, StopError, variable

LONGEST = 60_000


def report(name: str, title: str, text: str) -> str:
    """Open, update or close the issue of a name.

    Parameters
    ----------
    name : str
        Lower-case letters and hyphens; it stands in the issue, and by it the issue is recognized.
    title : str
    text : str
        Blank when there is nothing to report any more.

    Returns
    -------
    str
        What was done.
    """
    if not re.fullmatch(r"[a-z][a-z-]{0,40}", name):
        raise StopError("The name of an issue must be lower-case letters and hyphens.")
    mark, run = f"<!-- issue: {name} -->", service.run_address(variable("GITHUB_RUN_ID"))
    ours = (
        issue["number"]
        for issue in service.every("issues", state="open", creator=BOT)
        if "pull_request" not in issue and (issue["body"] or "").startswith(mark)
    )
    number = next(ours, None)
    if not text:
        if number is None:
            return "There is nothing to report, and no issue is open."
        service.write("POST", f"issues/{number}/comments", {"body": f"Over by [this run]({run})."})
        service.write("PATCH", f"issues/{number}", {"state": "closed"})
        return f"Issue {number} was closed."
    cut = "\n\nThe rest is in the log of the run." if len(text) > LONGEST else ""
    content = {
        "title": title,
        "body": f"{mark}\nLast seen by [this run]({run}). It blocks nothing.\n\n{text[:LONGEST]}{cut}",
    }
    if number is None:
        return f"Issue {service.write('POST', 'issues', content)['number']} was opened."
    service.write("PATCH", f"issues/{number}", content)
    return f"Issue {number} was updated."


if __name__ == "__main__":
    try:
        if len(sys.argv) != 3:
            raise StopError(f"Say NAME and TITLE.\n{__doc__}")
        print(report(sys.argv[1], sys.argv[2], os.environ.get("REPORT", "")))
    except StopError as stop:
        sys.exit(str(stop))
