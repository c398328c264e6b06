#!/usr/bin/env bash
# Rates 10,000 images in one process and runs 300 image sets through one CellProfiler process, and fails if memory grows.
# Options go to check_soak.py: `--ratings 1000 --sets 100` for a quick look.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ ! -x .venv/bin/python ]; then
    echo "check-soak: .venv is missing: run make venv first." >&2
    exit 1
fi
exec .venv/bin/python tools/check_soak.py "$@"
