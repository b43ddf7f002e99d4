#!/usr/bin/env bash
# Hand the text of a file on to later jobs; blank where there is no such file.
#   output.sh NAME FILE
set -euo pipefail
name=$1 file=$2
# a line of the text must not be able to end it, and begin another output
end=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
{
    printf '%s<<%s\n' "$name" "$end"
    if [ -f "$file" ]; then head -c 60000 "$file"; printf '\n'; fi
    printf '%s\n' "$end"
} >>"$GITHUB_OUTPUT"
