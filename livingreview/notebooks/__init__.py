"""The chapters as files: their rules, their fingerprints, and their stored outputs, which are the publication.

`files` reads them, `prose` and `linting` check what is written, `refreshing` stores outputs, `verifying` compares them.
Heavy libraries are imported where they are needed, so that a build can ask `stale` at no cost.
"""

from livingreview.notebooks.files import Problem, environment, fingerprint, published, records, stale
from livingreview.notebooks.linting import lint
from livingreview.notebooks.refreshing import Change, Outcome, Report, refresh
from livingreview.notebooks.verifying import verify

__all__ = [
    "Change",
    "Outcome",
    "Problem",
    "Report",
    "environment",
    "fingerprint",
    "lint",
    "published",
    "records",
    "refresh",
    "stale",
    "verify",
]
