#!/usr/bin/env bash
# Prints the path of a Python that .venv can be made from: it starts, is 3.8 or 3.9 and can compile C extensions.
# An explicit PYTHON is the only one tried. Otherwise says on stderr what is missing and exits with 1.
set -euo pipefail

# A name proves nothing (a pyenv shim called python3.9 may exit 127), so each candidate is asked. The answer is the real
# path: where the candidate is itself a virtual environment, even .venv, the new one hangs on the Python below it.
question='
import os, sys, sysconfig
try:
    import ensurepip, venv
    has_venv = True
except ImportError:
    has_venv = False
version = "%d.%d" % sys.version_info[:2]
package = "(on Debian and Ubuntu: apt-get install python" + version
if version not in ("3.8", "3.9"):
    print("is Python " + version)
elif not os.path.exists(os.path.join(sysconfig.get_paths()["include"], "Python.h")):
    print("has no Python.h " + package + "-dev)")
elif not has_venv:
    print("has no venv " + package + "-venv)")
else:
    print("fits " + os.path.realpath(sys.executable))
'

ask() {
    local answer
    answer=$("$1" -c "$question" 2>/dev/null </dev/null) && [ -n "$answer" ] || answer="does not start"
    echo "$answer"
}

candidates() {
    type -ap python3.9 python3.8
    for folder in "${PYENV_ROOT:-${HOME:-}/.pyenv}"/versions/*; do echo "$folder"; done | in_folders
    "${CONDA_EXE:-conda}" env list 2>/dev/null | awk '!/^#/ && NF { print $NF }' | in_folders
    uv python find 3.9 2>/dev/null
    uv python find 3.8 2>/dev/null
}

in_folders() {
    local folders
    mapfile -t folders
    for name in python3.9 python3.8; do
        for folder in "${folders[@]}"; do
            [ ! -x "$folder/bin/$name" ] || echo "$folder/bin/$name"
        done
    done
}

if [ -n "${PYTHON:-}" ]; then
    answer=$(ask "$PYTHON")
    case $answer in
        "fits "*) echo "${answer#fits }"; exit ;;
    esac
    echo "PYTHON=$PYTHON $answer. CellProfiler 4.2.8.1 needs Python 3.8 or 3.9: name another, or leave PYTHON out to" \
         "have one looked for." >&2
    exit 1
fi

passed_over=""
while IFS= read -r candidate; do
    answer=$(ask "$candidate")
    case $answer in
        "fits "*) echo "${answer#fits }"; exit ;;
    esac
    passed_over+="    passed over: $candidate $answer"$'\n'
done < <(candidates || true)

cat >&2 <<END
No fitting Python was found. CellProfiler 4.2.8.1 needs Python 3.8 or 3.9; looked on the PATH and at what pyenv, conda
and uv have.
${passed_over}Get one in any of these ways and run make again:
    uv python install 3.9
    pyenv install 3.9
    conda create --name python39 python=3.9
or name one: make demo PYTHON=/path/to/python3.9
END
exit 1
