#!/usr/bin/env bash
# Run every test with the newest packages that requirements.in allows, instead of the locked ones: what will break at
# the next `make lock` is known before. The environment is the one that make uses, marked as ready.
set -euo pipefail
cd "$(dirname "$0")/../.."
python3 -m venv --clear .venv
.venv/bin/python -m pip install --quiet --upgrade --requirement requirements.in
.venv/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable .
touch .venv/ready
.venv/bin/python -m pip list --format=freeze
make test
