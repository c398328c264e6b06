#!/usr/bin/env bash
# Makes an environment in a new folder with a Python, and installs into it what pip is given.
#     tests/checks/common/fresh_venv.sh PYTHON FOLDER [what goes to `pip install`] ...
set -euo pipefail
python=$1 folder=$2
shift 2
"$python" -m venv "$folder"
"$folder/bin/python" -m pip --quiet --disable-pip-version-check install "$@"
