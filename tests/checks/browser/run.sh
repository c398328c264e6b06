#!/usr/bin/env bash
# Makes the report of a made-up 384-well plate and uses it in headless Chromium, through Playwright in an environment of
# its own; keeps pictures of what was seen.
set -euo pipefail
cd "$(dirname "$0")/../../.."

CHROMIUM=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}
if [ -z "$CHROMIUM" ]; then
    echo "check-browser: Chromium is missing. On Debian: apt-get install chromium; or name a browser in CHROMIUM." >&2
    exit 1
fi
export CHROMIUM
pictures=$PWD/browser_pictures

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
echo "Installing Playwright ..."
tests/checks/common/fresh_venv.sh .venv/bin/python "$folder/venv" "playwright>=1.40"

rm -rf "$pictures"
mkdir -p "$pictures"
.venv/bin/python tests/checks/browser/check.py make "$folder"
"$folder/venv/bin/python" tests/checks/browser/check.py check "$folder" "$pictures"
