#!/usr/bin/env bash
# Execute, build and print the book anew with each Python that is named, in clones at different paths, time zones,
# locales and hash seeds, without a cache of fonts, and compare every file:
#     .github/scripts/reproducible.sh python3.11 python3.12 python3.13
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
commit=$(git -C "$here" rev-parse HEAD) # the pages name it, and a commit made meanwhile is another
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
zones=(UTC Pacific/Chatham America/St_Johns)
mapfile -t locales < <(locale -a)
number=0
for python in "$@"; do
    number=$((number + 1))
    book=$work/$(printf 'deeper/%.0s' $(seq $number))book
    git clone --quiet "$here" "$book"
    git -C "$book" checkout --quiet --detach "$commit"
    make --no-print-directory -C "$book" .venv/ready PYTHON="$python"
    export TZ=${zones[$((number % 3))]} LC_ALL=${locales[$((number % ${#locales[@]}))]} PYTHONHASHSEED=$number
    export MPLBACKEND=Agg MPLCONFIGDIR=$work/fonts-$number XDG_CACHE_HOME=$work/fonts-$number
    mkdir "$MPLCONFIGDIR"
    echo "== $python, TZ=$TZ, LC_ALL=$LC_ALL, PYTHONHASHSEED=$PYTHONHASHSEED, $book"
    cd "$book"
    rm chapters/fingerprints.txt # every chapter is stale, and is executed
    .venv/bin/livingreview refresh
    git diff --stat --exit-code # what was executed is what is stored
    .venv/bin/livingreview book
    .venv/bin/livingreview pdf
    .venv/bin/python .github/scripts/text.py _build/pdf
    mkdir "$work/$number"
    mv _build/html _build/pdf "$work/$number"
    unset TZ LC_ALL PYTHONHASHSEED MPLCONFIGDIR XDG_CACHE_HOME
    cd "$here"
    diff --recursive --brief "$work/1" "$work/$number"
done
echo "The notebooks, every file of the site and the text of every PDF are the same: $*."
