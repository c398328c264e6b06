#!/usr/bin/env bash
# Puts damaged image files and damaged tables through `imagefocus rate`; keeps those that it does wrong.
set -euo pipefail
cd "$(dirname "$0")/../../.."

.venv/bin/python tests/checks/fuzz/check.py
