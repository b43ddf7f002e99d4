#!/usr/bin/env bash
# Run every test with the newest packages, instead of the locked ones: what will break when a pin is raised is known
# before. Only jupyter-book keeps to its first line, the last that reads _config.yml, and holds Sphinx back with it; the
# newest Sphinx is tried by canary.sh. The environment is the one that make uses, marked as ready.
set -euo pipefail
cd "$(dirname "$0")/../.."
python3 -m venv --clear .venv
sed -E 's/^jupyter-book==[^ ]+/jupyter-book<2/; s/^([A-Za-z0-9-]+)==[^ ]+/\1/' requirements.in >.venv/newest.in
.venv/bin/python -m pip install --quiet --upgrade --requirement .venv/newest.in
.venv/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable .
touch .venv/building .venv/ready
.venv/bin/python -m pip list --format=freeze
make test
