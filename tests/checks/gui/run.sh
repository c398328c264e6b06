#!/usr/bin/env bash
# Uses MeasureImageFocus in CellProfiler's own window, on a virtual screen, and keeps pictures of what was seen.
set -euo pipefail
cd "$(dirname "$0")/../../.."

missing=()
for command in Xvfb import; do command -v "$command" >/dev/null || missing+=("$command"); done
if [ ${#missing[@]} -gt 0 ]; then
    echo "check-gui: ${missing[*]} missing. On Debian: apt-get install xvfb imagemagick libwxgtk3.2-1" \
         "libwxgtk-media3.2-1 libwxgtk-webview3.2-1" >&2
    exit 1
fi

folder=$(mktemp -d)
screen=""
trap '[ -z "$screen" ] || kill "$screen"; rm -rf "$folder"' EXIT

# A Python with CellProfiler and wxPython: the one named, or one on top of .venv that has the wheel named.
python=${PYTHON_GUI:-}
if [ -z "$python" ]; then
    wheel=${WXPYTHON_WHEEL:-$(ls ../shared/wheels/wxPython-*.whl 2>/dev/null | head -n 1)}
    if [ ! -f "$wheel" ]; then
        echo "check-gui: wxPython is needed. Name a Python that has it and CellProfiler 4.2.8.1 in PYTHON_GUI (conda-forge" \
             "has wxPython), or a wheel of wxPython 4.2.1 for .venv's Python in WXPYTHON_WHEEL." >&2
        exit 1
    fi
    tests/checks/common/fresh_venv.sh .venv/bin/python "$folder/venv" --no-deps "$wheel"
    .venv/bin/python -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])' \
        >"$("$folder/venv/bin/python" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')/below.pth"
    python=$folder/venv/bin/python
fi

pictures=$PWD/gui_pictures
rm -rf "$pictures"
mkdir -p "$pictures" "$folder/home/.config"
.venv/bin/python - "$folder" <<'END'
import sys
from model_export.demo_plate import make_five_channel_plate, make_plate
make_plate(sys.argv[1] + "/images")
make_five_channel_plate(sys.argv[1] + "/five_channels")
END

# Dialogs that would cover the window.
cat >"$folder/home/.config/CellProfilerLocal.cfg" <<END
Telemetry prompt=0
Telemetry=0
StartupBlurb=0
END

Xvfb -displayfd 3 -screen 0 1500x1000x24 -noreset 3>"$folder/display" 2>/dev/null &
screen=$!
until [ -s "$folder/display" ]; do sleep 0.2; done
sleep 1
DISPLAY=:$(cat "$folder/display") HOME=$folder/home timeout 500 "$python" tests/checks/gui/check.py "$folder" "$pictures" 2>"$folder/log" || {
    tail -n 30 "$folder/log" >&2
    exit 1
}
