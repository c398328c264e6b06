#!/usr/bin/env bash
# Runs example_pipelines/snakemake on two cores on a plate with damaged images, kills and interrupts it on the way, and
# compares what comes out with one undisturbed run of CellProfiler. Snakemake is in an environment of its own.
set -euo pipefail
cd "$(dirname "$0")/../../.."

for version in 3.11 3.12 3.13; do
    python=$(tests/checks/common/python_of.sh "$version" "${PYTHON311:-}") && break
done
if [ -z "$python" ]; then
    echo "check-cluster: Python 3.11, 3.12 or 3.13 with venv is needed, which Snakemake 9 runs on: install one (on Debian" \
         "and Ubuntu: python3.11-venv), or name a Python 3.11 in PYTHON311." >&2
    exit 1
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
echo "Installing Snakemake for $python ..."
tests/checks/common/fresh_venv.sh "$python" "$folder/venv" -r tests/checks/cluster/requirements.txt

# Scratch folders of killed jobs are left where they were; here they go with the rest.
mkdir "$folder/scratch"
TMPDIR=$folder/scratch PYTHONPATH=tests .venv/bin/python tests/checks/cluster/check.py "$folder/venv/bin/snakemake" "$folder"
