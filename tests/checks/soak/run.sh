#!/usr/bin/env bash
# Rates 10,000 images in one process and runs 300 image sets through one CellProfiler process, and fails if memory grows.
# Options go to check.py: `--ratings 1000 --sets 100` for a quick look.
set -euo pipefail
cd "$(dirname "$0")/../../.."

PYTHONPATH=plugins:tests .venv/bin/python tests/checks/soak/check.py "$@"
