#!/usr/bin/env bash
# Ask the services what is new, and hand the report on to the next job; blank where there is nothing to look at.
#   watch.sh FOLDER
set -euo pipefail
here=$(dirname "$0") folder=$1
# a service that is down makes the watch incomplete: the second run asks only what was not answered, the report has the
# rest, and only a watch that wrote no report has failed
.venv/bin/livingreview watch --folder "$folder" || .venv/bin/livingreview watch --folder "$folder" || true
status=0
python3 "$here/news.py" "$folder/report.json" || status=$?
case $status in
0) "$here/output.sh" report "$folder/report.md" ;;
1) "$here/output.sh" report "$folder/none" ;;
*) exit "$status" ;;
esac
