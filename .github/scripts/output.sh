#!/usr/bin/env bash
# Hand the text of a file on to later jobs, at most 60000 bytes or LONGEST of it; blank where there is no such file.
#   output.sh NAME FILE [LONGEST]
set -euo pipefail
name=$1 file=$2 longest=${3:-60000}
# a line of the text must not be able to end it, and begin another output
end=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
{
    printf '%s<<%s\n' "$name" "$end"
    if [ -f "$file" ]; then head -c "$longest" "$file"; printf '\n'; fi
    printf '%s\n' "$end"
} >>"$GITHUB_OUTPUT"
