#!/usr/bin/env bash
# Puts damaged image files and damaged tables through `imagefocus rate`; keeps those that it does wrong.
set -euo pipefail
cd "$(dirname "$0")/.."

PYTHONPATH=tools:plugins .venv/bin/python tools/check_fuzz.py
