#!/usr/bin/env bash
# Read an issue that was written with a form, and hand on what it changes and what to say about it. Its text is a
# stranger's: it is read out of the file of the event, by code of the default branch, in a job that may only read.
#   form.sh EVENT
set -euo pipefail
[ $# -eq 1 ] || { echo "usage: form.sh EVENT" >&2; exit 2; }
here=$(dirname "$0") event=$1
answer=$(mktemp) change=$(mktemp)

.venv/bin/livingreview propose "$event" "$answer"
packed() { git diff --no-ext-diff --no-color --full-index HEAD -- "$@" | xz -9 | base64 -w 0; }
if ! git diff --quiet HEAD; then
    packed data chapters index.md >"$change"
    # a variable of the next job holds no more; chapters can be run again
    [ "$(wc -c <"$change")" -lt 120000 ] || packed data >"$change"
fi
"$here/output.sh" answer "$answer"
"$here/output.sh" change "$change" 130000
