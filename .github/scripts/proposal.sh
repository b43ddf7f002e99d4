#!/usr/bin/env bash
# Gather the pages of a proposal into a folder, for the workflow that publishes them: the difference to what it is based
# on as a page, the pages of the book where it can be built, and the number of the pull request. All of it is made by
# code of the proposal; what is said about the proposal is not taken from here, see difference.sh.
#   proposal.sh BASE NUMBER FOLDER
set -euo pipefail
[ $# -eq 3 ] || { echo "usage: proposal.sh BASE NUMBER FOLDER" >&2; exit 2; }
base=$1 number=$2 folder=$3
[[ $number =~ ^[1-9][0-9]*$ ]] || { echo "The number of a pull request must be digits, found '$number'." >&2; exit 2; }

mkdir -p "$folder/site"
printf '%s\n' "$number" >"$folder/number"
./.venv/bin/livingreview diff "$base" --html "$folder/site/difference.html" || echo "Some parts could not be compared."
if make book; then cp -R _build/html/. "$folder/site/"; else echo "The book cannot be built yet; there is no preview."; fi
