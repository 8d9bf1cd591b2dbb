# Every target sets up what it needs in .venv; only system-deps touches the system.
VENV ?= .venv
PYTHON_IN_VENV = $(VENV)/bin/python
SSAGLIOMA = $(VENV)/bin/ssaglioma
CASE ?=
OUTPUT ?=
FOLD ?= 0
SSAGLIOMA_DATA ?= $(HOME)/.cache/ssaglioma-data
PYTEST_ARGS ?=
TEST_PROCESSES ?= 2
SOURCES = SSACore SSAGliomaSeg SSAStyleTransfer scripts Testing
REQUIREMENTS = pyproject.toml addresses.env SSACore/ssaglioma/requirements.txt scripts/install.sh scripts/install_torch.sh scripts/make_venv.sh
DEBIAN_PACKAGES = python3 python3-venv python3-pip make \
  libgl1-mesa-dri libegl1 libgl1 libglx-mesa0 libosmesa6 libxkbcommon0 libdbus-1-3 libfontconfig1 libglib2.0-0 \
  fonts-dejavu-core
MODULE ?= SSAGliomaSeg
STATE ?= all
export SSAGLIOMA_DATA
export PYTHONUTF8 = 1

# PYTHON=/path/to/python3 chooses the interpreter of a new .venv
ifdef PYTHON
export PYTHON
endif

.DEFAULT_GOAL := help
.PHONY: help demo test check test-data test-nnunet data bench slicer-shot train-model format lists wheel system-deps clean

help: ## Show the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

$(VENV)/.run-ready: $(REQUIREMENTS)
	@scripts/install.sh $(VENV) base
	@touch $@

$(VENV)/.dev-ready: $(REQUIREMENTS)
	@scripts/install.sh $(VENV) dev
	@touch $@ $(VENV)/.run-ready

demo: $(VENV)/.run-ready ## Segment and score the sample case (or CASE=folder), with a report
	$(SSAGLIOMA) demo $(if $(CASE),"$(CASE)") $(if $(OUTPUT),--output "$(OUTPUT)")

test: $(VENV)/.dev-ready ## Run the quick tests, in TEST_PROCESSES processes (2) of one thread each
	OMP_NUM_THREADS=1 $(PYTHON_IN_VENV) -m pytest -n $(TEST_PROCESSES) --dist loadfile -m "not slow and not gpu and not shared_data" $(PYTEST_ARGS)

check: $(VENV)/.dev-ready ## Style, types, import rules, CMake lists, Python 3.10 syntax, spelling
	$(PYTHON_IN_VENV) -m ruff check $(SOURCES)
	$(PYTHON_IN_VENV) -m ruff format --check $(SOURCES)
	$(PYTHON_IN_VENV) -m mypy
	$(PYTHON_IN_VENV) scripts/check_syntax.py $(SOURCES)
	$(PYTHON_IN_VENV) scripts/cmake_lists.py --check
	$(PYTHON_IN_VENV) -m pytest -q Testing/Core/test_import_rules.py Testing/Core/test_cmake_lists.py
	$(VENV)/bin/codespell $(SOURCES) docs *.md CMakeLists.txt Makefile pyproject.toml

data: $(VENV)/.dev-ready ## Unpack the shared cases, where there are any, to SSAGLIOMA_DATA
	@scripts/unpack_shared_data.sh $(PYTHON_IN_VENV) "$(SSAGLIOMA_DATA)"

test-data: $(VENV)/.dev-ready data ## Run the slow tests and those on real cases
	@$(PYTHON_IN_VENV) -m pytest -m "(shared_data or slow) and not gpu" $(PYTEST_ARGS) || \
	  { code=$$?; [ $$code -eq 5 ] && echo "No slow test and none on real cases was found."; [ $$code -eq 5 ]; }

test-nnunet: $(VENV)-nnunet/.ready ## Compare with the real nnU-Net: probabilities, speed (2 GB)
	OMP_NUM_THREADS=1 $(VENV)-nnunet/bin/python -m pytest Testing/Core/training/test_nnunet_parity.py $(PYTEST_ARGS)
	OMP_NUM_THREADS=1 $(VENV)-nnunet/bin/python Testing/benchmarks/bench_training_step.py

$(VENV)-nnunet/.ready: pyproject.toml scripts/install_nnunet.sh
	@scripts/install_nnunet.sh $(VENV)-nnunet
	@touch $@

bench: $(VENV)/.dev-ready ## Measure times and memory
	@for script in Testing/benchmarks/*.py; do \
	  [ -e "$$script" ] || continue; \
	  echo "== $$script"; $(PYTHON_IN_VENV) "$$script" || exit 1; \
	done

slicer-shot: $(VENV)/.dev-ready ## Draw MODULE in STATE (or all) to OUTPUT as in Slicer, without Slicer
	$(PYTHON_IN_VENV) scripts/slicer_shot.py $(MODULE) $(STATE) "$(or $(OUTPUT),build/shots)"

train-model: $(VENV)/.dev-ready data ## Train the shipped model anew on the shared cases (hours)
	$(SSAGLIOMA) train "$(SSAGLIOMA_DATA)/glioma" --output "$(or $(OUTPUT),runs/model)" --fold $(FOLD)

format: $(VENV)/.dev-ready lists ## Mend style and the CMake lists
	$(PYTHON_IN_VENV) -m ruff check --fix $(SOURCES)
	$(PYTHON_IN_VENV) -m ruff format $(SOURCES)

lists: $(VENV)/.dev-ready ## Write the lists of files that CMake installs
	$(PYTHON_IN_VENV) scripts/cmake_lists.py

wheel: $(VENV)/.dev-ready ## Build the pip package into dist/
	$(PYTHON_IN_VENV) -m build --wheel --outdir dist .

system-deps: ## Install the Debian packages that set-up and pictures need (asks for root)
	@if command -v apt-get >/dev/null 2>&1; then \
	  sudo=; [ "$$(id -u)" -eq 0 ] || sudo=sudo; \
	  $$sudo apt-get update -qq && \
	  $$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $(DEBIAN_PACKAGES); \
	else \
	  echo "Not a Debian system: install Python >= 3.10 with pip and venv, and make, in your system's way."; \
	fi

clean: ## Remove the virtual environment and everything that was built
	rm -rf $(VENV) $(VENV)-nnunet build dist .mypy_cache .ruff_cache .pytest_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
