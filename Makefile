# Everything a person types to run Attest or to work on it. `make help` lists it.

PYTHON ?= python3
PY := .venv/bin/python
COMPILE := $(PY) -m piptools compile --quiet --strip-extras --allow-unsafe --no-header --no-emit-index-url \
	--no-emit-trusted-host --no-emit-find-links --no-emit-options --annotation-style=line

.PHONY: help run test reset lint lock bench eval eval-gate drill-ingestion drill-answers drill-audit audit-dependencies clean python installed installed-dev

help: ## Show this list
	@grep -E '^[a-z-]+:.*## ' Makefile | sed 's/:.*## /\t/' | expand -t 18

run: installed ## Run everything; Ctrl-C stops it (ATTEST_PORT=8001 make run for another port)
	@exec $(PY) manage.py serve

test: installed-dev ## Run all tests (ARGS="app/tests -k name" for some)
	@exec $(PY) -m pytest $(ARGS)

reset: installed ## Delete the data of the embedded services and start over (FORCE=1: do not ask)
	@exec $(PY) -m app.embedded.reset $(if $(filter 1,$(FORCE)),--yes)

lint: installed-dev ## Check style, types, import rules and migrations
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy .
	.venv/bin/lint-imports
	$(PY) manage.py makemigrations --check --dry-run

lock: $(if $(wildcard requirements-dev.txt),installed-dev) ## Pin the ranges of pyproject.toml anew (UPGRADE=1: to the newest versions)
	$(COMPILE) $(if $(filter 1,$(UPGRADE)),--upgrade) --output-file requirements.txt pyproject.toml
	$(COMPILE) $(if $(filter 1,$(UPGRADE)),--upgrade) --extra dev --constraint requirements.txt \
		--output-file requirements-dev.txt pyproject.toml
	@# A local build's suffix (torch 2.13.0+cpu) names a file that only some machines have.
	sed -i.bak -E 's/^([^ ]+==[^ +]+)\+[a-z0-9.]+/\1/' requirements.txt requirements-dev.txt
	rm -f requirements.txt.bak requirements-dev.txt.bak

bench: installed-dev ## Measure the figures of docs/performance.md
	@exec $(PY) manage.py bench $(ARGS)

eval: installed ## Ask the evaluation cases (ARGS="--tag typo --mode scripted", or "--dataset FOLDER")
	@exec $(PY) manage.py evaluate $(ARGS)

eval-gate: installed-dev ## Ask all cases and fail where answers are worse than accepted (ARGS="--mode extractive")
	@$(PY) manage.py migrate --verbosity 0
	@exec $(PY) manage.py eval_gate $(ARGS)

drill-ingestion: installed-dev ## Kill everything for 3 minutes while documents change, then compare (ARGS="--seed 7")
	@exec $(PY) -m ingestion.drill $(ARGS)

drill-answers: installed-dev ## Inject every fault while questions are asked, and write docs/resilience.md (ARGS="--only 500,cut --dry")
	@exec $(PY) -m evals.drill_answers $(ARGS)

drill-audit: installed ## Kill processes that write and chain audit entries, then prove the chain (ARGS="--entries 5000")
	@exec $(PY) -m app.audit.drill $(ARGS)

audit-dependencies: installed ## Look for known weaknesses of the pinned packages (ADVISORIES=osv.zip; without it pip-audit asks the network)
ifdef ADVISORIES
	@exec $(PY) manage.py audit_dependencies --advisories "$(ADVISORIES)"
else
	@$(PY) -m pip_audit --version >/dev/null 2>&1 || { echo "Install pip-audit into .venv, or name advisories: make audit-dependencies ADVISORIES=osv.zip" >&2; exit 2; }
	@exec $(PY) -m pip_audit --requirement requirements.txt --no-deps --disable-pip
endif

clean: ## Remove the virtual environment and caches, never data
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -not -path './var/*' -exec rm -rf {} +

python:
	@command -v $(PYTHON) >/dev/null || { \
		echo "There is no $(PYTHON) here; install Python 3.11 or newer, or run make PYTHON=/path/to/python3." >&2; exit 2; }

installed: python
	@$(PYTHON) deploy/environment.py requirements.txt

installed-dev: python
	@$(PYTHON) deploy/environment.py requirements-dev.txt requirements-models.txt
