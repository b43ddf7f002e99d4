#!/usr/bin/env bash
# Write what a proposal changes, by the code of the default branch: the texts of both are read out of git, and nothing
# of the proposal is checked out or run, so that it cannot say anything about itself.
#   difference.sh HEAD FILE
set -euo pipefail
[ $# -eq 2 ] || { echo "usage: difference.sh HEAD FILE" >&2; exit 2; }
head=$1 file=$2
[[ $head =~ ^[0-9a-f]{40}$ ]] || { echo "The head of a proposal must be a commit, found '$head'." >&2; exit 2; }

git fetch --quiet --no-tags origin "$head"
base=$(git merge-base HEAD "$head")
# parts that cannot be read are named in the difference itself, so that it is of use even then
./.venv/bin/livingreview diff "$base" "$head" --markdown "$file" || true
[ -s "$file" ] || { echo "There is no difference to publish; the messages above say why." >&2; exit 1; }
