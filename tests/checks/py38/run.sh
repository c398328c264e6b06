#!/usr/bin/env bash
# Runs the demo in CellProfiler 4.2.8 on Python 3.8 without TensorFlow, which is what CellProfiler's built application
# has, and compares its image measurements with those of .venv.
set -euo pipefail
cd "$(dirname "$0")/../../.."

python=$(tests/checks/common/python_of.sh 3.8 "${PYTHON38:-}") || true
[ -z "$python" ] || python=$(PYTHON=$python tools/find_python.sh) || true   # says what else may be missing
if [ -z "$python" ]; then
    echo "check-py38: Python 3.8 with its C headers and venv is needed: install it, or name it in PYTHON38." >&2
    exit 1
fi
if [ -z "${JAVA_HOME:-}" ] && ! command -v javac >/dev/null; then
    echo "check-py38: a JDK is needed to compile python-javabridge: install one, or name it in JAVA_HOME." >&2
    exit 1
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

install() {
    "$folder/venv/bin/python" -m pip --quiet --disable-pip-version-check install --constraint constraints.txt "$@"
}

echo "Installing CellProfiler 4.2.8 for $python ..."
"$python" -m venv "$folder/venv"
# As tools/make_venv.sh does, where the reasons are, but without TensorFlow and this project: as in the application, the
# module has only the plugins directory.
install pip setuptools wheel numpy
JAVA_HOME=${JAVA_HOME:-$(dirname "$(dirname "$(readlink -f "$(command -v javac)")")")} \
    install --no-build-isolation --no-deps python-javabridge
"$python" - >"$folder/requirements.txt" <<'END'
import configparser
setup = configparser.ConfigParser()
setup.read("setup.cfg")
print(setup["options.extras_require"]["cellprofiler"])
END
install --no-build-isolation -r "$folder/requirements.txt"
install --no-deps cellprofiler

if "$folder/venv/bin/python" -c 'import tensorflow' 2>/dev/null; then
    echo "check-py38: TensorFlow can be imported in the new environment, so the check would prove nothing." >&2
    exit 1
fi
PYTHONPATH=tests .venv/bin/python tests/checks/common/compare_demo.py "check-py38: without TensorFlow," "$folder"
