# Needs Python 3.11 to 3.13 with pip, and make. `make help` lists what there is.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
unexport PYTHONDONTWRITEBYTECODE  # compiling at every start of every process costs more than starting

.DEFAULT_GOAL := help
.PHONY: help install up test faults bench lint format lock clean

help:  ## Show this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile

install:  ## Make .venv from the lock; nothing to do when it is up to date
	@$(PYTHON) backend/devstack/install.py

up: install  ## Start Lulus with everything it needs; Ctrl-C stops it
	@exec $(BIN)/python -m backend.devstack --parent $$PPID up

test: install  ## Run every check and every test on throw-away services
	@exec $(BIN)/python -m backend.devstack --parent $$PPID test

faults: install  ## Break everything while work flows, and count; SOAK=minutes (10; 0: none), SEED=n, K=name
	@exec $(BIN)/python -m backend.devstack --parent $$PPID faults $(if $(SOAK),--soak $(SOAK)) \
		$(if $(SEED),--seed $(SEED)) $(if $(K),--only "$(K)")

bench: install  ## Measure Lulus beside its ceilings; W=name for one workload, QUICK=1 for the short form
	@exec $(BIN)/python -m bench --parent $$PPID $(if $(QUICK),--quick) $(if $(W),--workload $(W))

lint: install  ## Check format, style, types and import contracts
	@$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy && $(BIN)/lint-imports

format: install  ## Format the code and mend what can be mended
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

lock: install  ## Resolve the dependencies anew and export them for pip
	@$(BIN)/uv lock && $(BIN)/uv export --frozen --no-emit-project --no-header --quiet -o requirements.txt

clean:  ## Remove .venv and the data of `make up`
	rm -rf .venv var
