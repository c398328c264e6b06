#!/usr/bin/env bash
# Runs `imagefocus` and the module in CellProfiler where they may write nothing and reach nobody, beside seven others, and
# killed at random moments, and compares what they wrote with a quiet run, byte for byte. Needs unshare and setpriv, which
# util-linux brings, and user namespaces or root; it works as either.
#     tests/checks/hardship/run.sh
#     tests/checks/hardship/run.sh inside read-only|no-permission FOLDER COMMAND ...    what check.py calls it with
set -euo pipefail

# In namespaces of its own, without a network: every file system read-only but FOLDER/out, or FOLDER/plugins and FOLDER/home
# protected by their permissions alone; then without the capabilities that root has over permissions.
inside() {
    local how=$1 folder=$2 mount
    shift 2
    mount --make-rprivate /
    if [ "$how" = read-only ]; then
        mount --bind "$folder/out" "$folder/out"
        while read -r _ _ _ _ mount _; do
            case $mount in
                "$folder/out" | /proc | /proc/* | /sys | /sys/* | /dev | /dev/*) ;;
                *) mount -o remount,bind,ro "$mount" 2>/dev/null || true ;; # a file system that is so already
            esac
        done </proc/self/mountinfo
    fi
    export HOME=$folder/home TMPDIR=$folder/out/tmp
    exec setpriv --bounding-set=-all --inh-caps=-all --no-new-privs bash -c '
        for place in "$0/plugins" "$0/plugins/imagefocus" "$HOME"; do
            ! touch "$place/written" 2>/dev/null || { echo "$place can be written to" >&2; exit 3; }
        done
        ! grep -qv -e "lo:" -e "|" /proc/net/dev || { echo "there is a network" >&2; exit 3; }
        exec "$@"' "$folder" "$@"
}

if [ "${1:-}" = inside ]; then
    shift
    inside "$@"
fi
cd "$(dirname "$0")/../../.."
if ! unshare --map-root-user --net --mount setpriv --bounding-set=-all --inh-caps=-all true 2>/dev/null; then
    echo "check-hardship: unshare and setpriv of util-linux are needed, and a system that allows user namespaces." >&2
    exit 1
fi
folder=$(mktemp -d)
trap 'chmod -R u+w "$folder"; rm -rf "$folder"' EXIT
mkdir -p "$folder/home" "$folder/out/tmp"
cp -r plugins "$folder/plugins"
find "$folder/plugins" -name __pycache__ -prune -exec rm -r {} +
chmod -R a-w "$folder/plugins" "$folder/home"
PYTHONPATH=tests .venv/bin/python tests/checks/hardship/check.py "$folder"
