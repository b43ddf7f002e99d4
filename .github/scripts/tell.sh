#!/usr/bin/env bash
# Keep one issue each for the packages, for plain Sphinx, for what differs between machines and for the links. A job that could not run to
# its end has another result than success: nothing is known then, and its issue stays as it is.
set -euo pipefail
here=$(dirname "$0")

tell() { # RESULT REPORT NAME TITLE
    [ "$1" != success ] || REPORT=$2 python3 "$here/issue.py" "$3" "$4"
}

report=""
if [ "$UNLOCKED_FAILED" = true ]; then
    report="With the newest packages of requirements.in, .github/scripts/unlocked.sh fails; with the locked ones
nothing has changed. Its log names the versions and the tests. Pin the package with its reason, or mend the code, then
run: make lock"
fi
tell "$UNLOCKED" "$report" newest-packages "The newest packages break the tests"

report=""
if [ "$CANARY_FAILED" = true ]; then
    report="Plain Sphinx and the newest Sphinx, MyST-NB and docutils, without jupyter-book, do not build the sources:
.github/scripts/canary.sh fails, and its log names the place. The build of record is not touched: mend it in peace."
fi
tell "$CANARY" "$report" plain-sphinx "The newest Sphinx does not build the book"

report=""
if [ "$REPRODUCIBLE_FAILED" = true ]; then
    report="Executed, built and printed on three versions of Python, in other places, zones and locales, the book differs:
.github/scripts/reproducible.sh fails, and its log names the files. Find what they take from the machine."
fi
tell "$REPRODUCIBLE" "$report" not-the-same "The book is not the same on every machine"

tell "$LINKS" "$LINKS_REPORT" links "Links that are gone"
