#!/usr/bin/env bash
# Keep one issue for what the watch found: opened, brought up to date, or closed when there is nothing to look at.
set -euo pipefail
here=$(dirname "$0")
report=$(mktemp)
trap 'rm -f "$report"' EXIT

title="What the review does not know yet"
if [ -n "$REPORT" ]; then
    printf '%s\n' "$REPORT" >"$report"
    python3 "$here/issue.py" watch "$title" "$report"
else
    python3 "$here/issue.py" watch "$title"
fi
