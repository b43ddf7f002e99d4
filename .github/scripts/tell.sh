#!/usr/bin/env bash
# Keep one issue each for the packages, for what differs between machines and for the links: opened, brought up to date,
# or closed when all is well. A job that could not run to its end says nothing, and leaves its issue as it is.
set -euo pipefail
here=$(dirname "$0")
report=$(mktemp)
trap 'rm -f "$report"' EXIT

packages="The newest packages break the tests"
if [ "$UNLOCKED_FAILED" = true ]; then
    echo "With the newest packages that requirements.in allows, .github/scripts/unlocked.sh fails; with the locked ones" \
        "nothing has changed. Its log names the versions and the tests. Pin the package with its reason, or mend the code," \
        "then run: make lock" >"$report"
    python3 "$here/issue.py" newest-packages "$packages" "$report"
elif [ "$UNLOCKED" = success ]; then
    python3 "$here/issue.py" newest-packages "$packages"
fi

differs="The book is not the same on every machine"
if [ "$REPRODUCIBLE_FAILED" = true ]; then
    echo "Executed, built and printed on three versions of Python, in other places, zones and locales, the book differs:" \
        ".github/scripts/reproducible.sh fails, and its log names the files. Find what they take from the machine." >"$report"
    python3 "$here/issue.py" not-the-same "$differs" "$report"
elif [ "$REPRODUCIBLE" = success ]; then
    python3 "$here/issue.py" not-the-same "$differs"
fi

links="Links that are gone"
if [ -n "$LINKS_REPORT" ]; then
    printf '%s\n' "$LINKS_REPORT" >"$report"
    python3 "$here/issue.py" links "$links" "$report"
elif [ "$LINKS" = success ]; then
    python3 "$here/issue.py" links "$links"
fi
