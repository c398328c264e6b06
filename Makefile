# `make demo` and `make test` do all the set-up they need; it is skipped when .venv is current.
# PYTHON=/path/to/python3.9 chooses the Python for .venv; ARGS="-k patches" goes to pytest.
.PHONY: help venv demo examples test clean

help:
	@echo "make demo    run CellProfiler with MeasureImageFocus on example images"
	@echo "make examples run the other example pipelines on plates of known defocus, and print what each kept"
	@echo "make test    check the format and the types, then run the tests; ARGS=... goes to pytest"
	@echo "make check-tf1  the model for Fiji in TensorFlow 1.15, in an environment of its own (wants Python 3.7)"
	@echo "make check-gui  the module in CellProfiler's own window, on a virtual screen; keeps pictures (wants wxPython)"
	@echo "make check-cp5  the demo in a CellProfiler 5 nightly, in an environment of its own (wants Python 3.11)"
	@echo "make check-py38 the demo on Python 3.8 without TensorFlow, as in CellProfiler's application (wants Python 3.8)"
	@echo "make check-browser  the report in headless Chromium; keeps pictures (wants Chromium)"
	@echo "make check-core the core on each Python from 3.8 on that is here, with the oldest and the newest NumPy"
	@echo "make check-cluster  the Snakemake example on two cores, interrupted and killed (wants Python 3.11 or newer)"
	@echo "make check-fuzz thousands of damaged image files, and damaged tables, through imagefocus rate"
	@echo "make check-hardship  read-only, offline, crowded, ended and killed: the same tables"
	@echo "make check-soak the memory of 10,000 ratings, and of 300 image sets in one CellProfiler"
	@echo "make venv    only the set-up: .venv with CellProfiler, TensorFlow and this project"
	@echo "make clean   remove .venv and what builds and tests left"
	@echo "PYTHON=/path/to/python3.9 after any of them chooses the Python (3.8 or 3.9)"

venv:
	@tools/make_venv.sh

demo: venv
	.venv/bin/python example_pipelines/run_demo.py

examples: venv
	.venv/bin/python example_pipelines/run_examples.py

test: venv
	.venv/bin/ruff check .
	.venv/bin/ruff format --check --quiet .
	.venv/bin/mypy
	.venv/bin/python -m pytest $(ARGS)

# An acceptance check is a folder tests/checks/NAME with a run.sh; `help` above lists them.
check-%: venv tests/checks/%/run.sh
	tests/checks/$*/run.sh

# Makes all its environments itself, so it runs where CellProfiler cannot be installed.
check-core: tests/checks/core/run.sh
	tests/checks/core/run.sh

clean:
	rm -rf .venv demo_output examples_output gui_pictures browser_pictures .snakemake snakemake-env focus_results plate build dist *.egg-info .pytest_cache .hypothesis .mypy_cache .ruff_cache
