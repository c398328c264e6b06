#!/usr/bin/env bash
# Runs the SavedModel for Fiji in TensorFlow 1.15.5, which the Fiji plugin has, on Python 3.7, and compares it with NumPy.
set -euo pipefail
cd "$(dirname "$0")/../../.."

python=$(tests/checks/common/python_of.sh 3.7 "${PYTHON37:-}") || true
if [ -z "$python" ]; then
    echo "check-tf1: Python 3.7 is needed, the newest that TensorFlow 1.15 knows: install it, or name it in PYTHON37." >&2
    exit 1
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
echo "Installing TensorFlow 1.15.5 for $python ..."
# protobuf 3.20 is the last that TensorFlow 1 can read its own files with.
tests/checks/common/fresh_venv.sh "$python" "$folder/venv" "tensorflow==1.15.5" "protobuf<3.21"

.venv/bin/python -m model_export export --fiji "$folder/model"
.venv/bin/python tests/checks/tf1/check.py expect "$folder"
"$folder/venv/bin/python" tests/checks/tf1/check.py check "$folder"
