#!/usr/bin/env bash
# Runs the core with the oldest and the newest NumPy of every Python from 3.8 on that is here, NumPy alone beside it.
#     tests/checks/core/run.sh [VERSION ...]    these Pythons alone
set -euo pipefail
cd "$(dirname "$0")/../../.."

[ $# -gt 0 ] || set -- 3.8 3.9 3.10 3.11 3.12 3.13
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
count=0
versions=""
for version in "$@"; do
    python=$(tests/checks/common/python_of.sh "$version") || continue
    # The oldest with a wheel for that Python, 1.20 being the oldest that the project allows.
    case $version in
        3.8 | 3.9) oldest="1.20.*" ;;
        3.10) oldest="1.21.*" ;;
        3.11) oldest="1.23.*" ;;
        3.12) oldest="1.26.*" ;;
        *) oldest="2.1.*" ;;
    esac
    for numpy in "numpy==$oldest" numpy; do
        rm -rf "$folder/venv"
        tests/checks/common/fresh_venv.sh "$python" "$folder/venv" --only-binary :all: "$numpy"
        "$folder/venv/bin/python" tests/checks/core/check.py
        count=$((count + 1))
    done
    versions+=" $version"
done
if [ "$count" = 0 ]; then
    echo "check-core: no Python $* was found on the PATH or among pyenv's." >&2
    exit 1
fi
echo "check-core: the core is right with the oldest and the newest NumPy on Python$versions"
