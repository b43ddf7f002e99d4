# Every target is thin over the command-line program `livingreview` and over pytest.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
BUILDING := $(VENV)/building
READY := $(VENV)/ready
PORT ?= 8000
BASE ?= main
# the same hash seed and drawing backend wherever code of the book runs
export PYTHONHASHSEED := 0
export MPLBACKEND := Agg
# what is imported is compiled once, then; most of what is installed is never imported
unexport PYTHONDONTWRITEBYTECODE
.DEFAULT_GOAL := help
# every target has a line in the help, and none is a file
.PHONY: $(shell sed -nE 's/^([a-z]+):.*\#\#.*/\1/p' $(firstword $(MAKEFILE_LIST)))

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

# uv installs in a fifth of the time where it is there and finds the packages, and pip otherwise
INSTALL := add() { uv pip install --quiet --python $(BIN)/python "$$@" 2>/dev/null || \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile "$$@"; }; add

# what building needs; what only tests need is added by what needs it
$(BUILDING): requirements-book.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed; none was found. Install it, or name it: make book PYTHON=/path/to/python3"; exit 1; }
	@echo "== make the environment (up to some minutes the first time)"
	@$(PYTHON) -m venv --clear $(VENV)
	@$(INSTALL) --require-hashes -r requirements-book.txt
	@$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@

$(READY): $(BUILDING) requirements.txt
	@echo "== add what tests need to the environment"
	@$(INSTALL) --require-hashes -r requirements.txt
	@touch $@

book: $(BUILDING) ## check the data, verify the stored outputs, build the site
	@$(BIN)/livingreview book

serve: $(BUILDING) ## show the built site on localhost
	@$(BIN)/livingreview serve --port $(PORT)

site: $(READY) ## put every published version together, the newest at the root, to _build/site
	@$(BIN)/livingreview site

pdf: $(READY) ## print each chapter and the whole book to _build/pdf: make pdf PAGES="impact claro" PAPER=letter
	@$(BIN)/livingreview pdf $(PAGES) --paper "$(PAPER)"

check: $(BUILDING) ## check the data only (a few seconds)
	@$(BIN)/livingreview check

sort: $(BUILDING) ## put the rows of the data in their order
	@$(BIN)/livingreview sort

mend: $(BUILDING) ## after a spreadsheet saved a table: put back what it changed, keep what you changed
	@$(BIN)/livingreview mend

pins: $(READY) ## after a meant change of the rules in data/datapackage.json: write livingreview/checks/pins.csv anew
	$(BIN)/python -c "from livingreview.checks import dictionary; dictionary.write_pins()"

merge: $(BUILDING) ## after a merge with conflicts: settle rows by id and notebooks by cell
	@$(BIN)/livingreview merge

refresh: $(BUILDING) ## re-execute stale chapters, store their outputs, say which numbers changed
	@$(BIN)/livingreview refresh

quick: $(READY) ## what a change can reach, in half a minute; make test is what counts: make quick BASE=main
	@$(BIN)/livingreview quick $(BASE)

diff: $(BUILDING) ## say what a change does to the review: make diff BASE=main
	@$(BIN)/livingreview diff $(BASE)

lint: $(READY) ## check the form of code and notebooks
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/livingreview lint
	@# the register holds every sentence of the book; the names of bodies and of a unit of the data keep their spelling
	@$(BIN)/codespell --builtin clear,en-GB_to_en-US --ignore-words-list centre,organisations,complier,compliers *.md chapters/*.md chapters/basis.csv
	@$(BIN)/zizmor --offline --quiet --no-progress --persona=pedantic .github
	@# no package of the lock ships it: it runs where it is installed, and with its own reading of the shell where that is
	@if command -v actionlint >/dev/null; then actionlint; else echo "actionlint is not installed: left out."; fi

test: $(READY) ## everything: data, lint, nbval over every chapter, unit tests, build, tests of the built pages
	@$(BIN)/livingreview check
	@$(MAKE) --no-print-directory lint
	@echo "== nbval: every chapter is re-executed and compared"
	@$(BIN)/pytest --nbval --nbval-current-env --nbval-cell-timeout 60 chapters -n 2 --dist loadfile
	@echo "== mutation: a sample of changes, each of which a guard must notice; under another hash seed than was stored"
	@PYTHONHASHSEED=1 $(BIN)/livingreview mutate --sample 2000
	@echo "== the built site"
	@$(BIN)/livingreview build
	@echo "== unit tests, and those of the built pages"
	@$(BIN)/pytest tests -n 2 --dist loadfile -rs

watch: $(BUILDING) ## ask PubMed, Europe PMC, ClinicalTrials.gov and Crossref what is new, and write it into the ledger
	@$(BIN)/livingreview watch

mutate: $(READY) ## change data and notebooks in one place at a time, and see that each change is caught (long)
	@$(BIN)/livingreview mutate --resume

overturn: $(BUILDING) ## search for the smallest change that turns each conclusion (up to 4 minutes; only what changed is searched)
	@$(BIN)/livingreview overturn

mutants: $(READY) ## put faults into the package one by one, and see that its tests see each (some minutes)
	@$(BIN)/python tests/mutants.py

bench: $(READY) ## measure beside the stock theme, and write the table of README.md (some ten minutes)
	@$(BIN)/python -m benchmarks

release: $(READY) ## cut a version, or say why not: make release OVERDUE="why a search is late"
	@$(BIN)/livingreview release --overdue "$(OVERDUE)"

COMPILE := UV_CUSTOM_COMPILE_COMMAND="make lock" $(BIN)/uv pip compile --quiet --no-emit-index-url --generate-hashes --universal --python-version 3.11
lock: $(READY) ## compile requirements.txt and requirements-book.txt from requirements.in
	@$(COMPILE) requirements.in -o requirements.txt
	@sed '/^# test/,$$d' requirements.in | $(COMPILE) - --constraints requirements.txt -o requirements-book.txt

clean: ## remove what was built
	rm -rf _build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
