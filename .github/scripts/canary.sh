#!/usr/bin/env bash
# Build the pages with plain Sphinx and the newest Sphinx, MyST-NB, MyST-Parser and docutils, without jupyter-book: it is
# no longer developed in its first line, and this says each week that the sources do not depend on it. What the pages say
# is compared by nobody: the build of record is that of the lock.
set -euo pipefail
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# what requirements.in pins is taken newest, and all that only tests or jupyter-book need is left out
sed -nE '/^# build/,/^# watch/ s/^([A-Za-z0-9-]+).*/\1/p' requirements.in | grep -vx jupyter-book >"$work/requirements.in"
printf '%s\n' sphinx-external-toc rispy pyyaml >>"$work/requirements.in"
python3 -m venv "$work/venv"
"$work/venv/bin/python" -m pip install --quiet --requirement "$work/requirements.in"
"$work/venv/bin/python" -m pip list --format=freeze | grep -iE '^(sphinx|myst|docutils|furo)'
cat >"$work/conf.py" <<'CONF'
import os
import sys
from pathlib import Path

import yaml

root = Path(os.environ["BOOK"])  # Sphinx reads this file from its own folder
sys.path.insert(0, str(root))
book = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
globals().update(book["sphinx"]["config"])
extensions = [name for name in extensions if name != "jupyter_book"]  # noqa: F821 (from the line above)
project, author = book["title"], book["author"]
bibtex_bibfiles = [str(root / name) for name in book["bibtex_bibfiles"]]  # else looked for beside this file
html_title = book["title"]
exclude_patterns = book["exclude_patterns"]
myst_enable_extensions = book["parse"]["myst_enable_extensions"]
nb_execution_mode = book["execute"]["execute_notebooks"]
external_toc_path, external_toc_exclude_missing = str(root / "_toc.yml"), book["only_build_toc_files"]
CONF
BOOK=$PWD PYTHONHASHSEED=0 "$work/venv/bin/python" -m sphinx -b html -W -n --keep-going -q -c "$work" -d "$work/doctrees" . "$work/html"
echo "Plain Sphinx builds the sources: $(find "$work/html" -name '*.html' | wc -l) pages."
