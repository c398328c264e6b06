#!/usr/bin/env bash
# Runs the demo in a CellProfiler 5 nightly, on Python 3.11, and compares its image measurements with those of .venv.
set -euo pipefail
cd "$(dirname "$0")/../../.."

python=$(tests/checks/common/python_of.sh 3.11 "${PYTHON311:-}") || true
if [ -z "$python" ]; then
    echo "check-cp5: Python 3.11 with venv is needed, the newest that CellProfiler 5 has a SciPy for: install it (on" \
         "Debian and Ubuntu: python3.11-venv), or name it in PYTHON311." >&2
    exit 1
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
echo "Installing the CellProfiler 5 nightly for $python ..."
# The list is complete; with dependencies pip would add wxPython, which headless runs do not need.
tests/checks/common/fresh_venv.sh "$python" "$folder/venv" --no-deps -r tests/checks/cp5/requirements.txt

# imageio reads the TIFFs: the default reader would download Bio-Formats at run time.
PYTHONPATH=tests .venv/bin/python tests/checks/common/compare_demo.py check-cp5: "$folder" -e imageio_reader
