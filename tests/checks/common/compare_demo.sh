#!/usr/bin/env bash
# The end of `make check-cp5` and `make check-py38`: rates the demo plate in .venv and in FOLDER/venv and compares.
#     tests/checks/common/compare_demo.sh LABEL FOLDER [more options for the CellProfiler in FOLDER ...]
set -euo pipefail
cd "$(dirname "$0")/../../.."
label=$1 folder=$2
shift 2

about() { echo "CellProfiler $("$1/bin/cellprofiler" --version) on $("$1/bin/python" --version)"; }
here=$(about .venv)
there=$(about "$folder/venv")

# Both take one copy of the plugins, and the images that .venv makes: other versions of SciPy may make others.
cp -r plugins "$folder/plugins"
echo "$here rates the demo images ..."
.venv/bin/python example_pipelines/run_demo.py --output "$folder/demo" --plugins "$folder/plugins" >/dev/null

echo "$there rates them ..."
results=$folder/results
mkdir "$results"
status=0
"$folder/venv/bin/cellprofiler" -c -r -p example_pipelines/measure_focus.cppipe -i "$folder/demo/images" -o "$results" \
    --plugins-directory "$folder/plugins" "$@" >"$folder/log" 2>&1 || status=$?
# A module that could not be loaded cuts the pipeline and leaves the exit status 0, but nothing is exported then.
if [ "$status" != 0 ] || [ ! -e "$results/FocusImage.csv" ]; then
    cat "$folder/log" >&2
    echo "$label $there did not run the demo, status $status; its log is above." >&2
    exit 1
fi
.venv/bin/python tests/checks/common/compare_demo.py "$label $there" "$results/FocusImage.csv" \
    "$here" "$folder/demo/results/FocusImage.csv"
