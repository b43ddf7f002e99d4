#!/usr/bin/env bash
# Gather what a proposal changes into a folder, for the workflow that publishes it: the difference to what it is based
# on as Markdown and as a page, the pages of the book where it can be built, and the number of the pull request.
#   proposal.sh BASE NUMBER FOLDER
set -euo pipefail
[ $# -eq 3 ] || { echo "usage: proposal.sh BASE NUMBER FOLDER" >&2; exit 2; }
base=$1 number=$2 folder=$3
[[ $number =~ ^[1-9][0-9]*$ ]] || { echo "The number of a pull request must be digits, found '$number'." >&2; exit 2; }

mkdir -p "$folder/site"
printf '%s\n' "$number" >"$folder/number"
# parts that cannot be read are named in the difference itself, so that it is of use even then
./.venv/bin/livingreview diff "$base" --markdown "$folder/diff.md" --html "$folder/site/difference.html" || true
[ -s "$folder/diff.md" ] || { echo "There is no difference to publish; the messages above say why." >&2; exit 1; }
if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then cat "$folder/diff.md" >>"$GITHUB_STEP_SUMMARY"; fi
if make book; then cp -R _build/html/. "$folder/site/"; else echo "The book cannot be built yet; there is no preview."; fi
