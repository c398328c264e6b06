#!/usr/bin/env bash
# Makes .venv with CellProfiler 4.2.8.1 (headless), TensorFlow, the test tools and this project; nothing if it is current.
set -euo pipefail
cd "$(dirname "$0")/.."

has() { command -v "$1" >/dev/null; }

# `make demo` and `make test` started together take turns.
exec 9<setup.cfg
! has flock || flock 9

# The stamp marks a .venv as made here. Its two lines, written last, say what from; the place counts since no venv
# survives being moved.
stamp=.venv/imagefocus-stamp
recipe=$({ pwd; cat setup.cfg constraints.txt tools/make_venv.sh; } | sha256sum)

is_current() {
    local made_by made_from
    .venv/bin/python -c '' 2>/dev/null || return 1   # the Python below it may be gone
    { read -r made_by && read -r made_from; } 2>/dev/null <"$stamp" || return 1
    [ "$made_by" = "$recipe" ] || return 1
    [ -z "${PYTHON:-}" ] || [ "$made_from" = "$(tools/find_python.sh 2>/dev/null)" ]
}

if is_current; then
    exit
fi

# Everything is checked before anything is touched, and said at once.
problems=()
python=$(tools/find_python.sh 2>&1) || problems+=("$python")

if [ -e .venv ] && [ ! -e "$stamp" ]; then
    problems+=("There is a .venv that make did not make. Move it away or delete it.")
fi

# javabridge takes its headers from JAVA_HOME, else from the JDK on the PATH.
if [ -n "${JAVA_HOME:-}" ]; then
    export PATH="$JAVA_HOME/bin:$PATH"
    [ -x "$JAVA_HOME/bin/javac" ] ||
        problems+=("JAVA_HOME is $JAVA_HOME, which has no bin/javac. Set it to a JDK, or unset it.")
fi

# What is needed counts, not the package it came in: any JDK will do, and default-jdk-headless is in every release.
packages=()
has gcc || packages+=(build-essential)
has javac || packages+=(default-jdk-headless)
has mysql_config || has mariadb_config || packages+=(default-libmysqlclient-dev)
has pkg-config || packages+=(pkg-config)   # Ubuntu's mysql_config calls it

may_install() { [ "$(id -u)" = 0 ] && has apt-get; }
if [ ${#packages[@]} -gt 0 ] && ! may_install; then
    problems+=("System packages are missing. Install them and run make again:
    sudo apt-get install ${packages[*]}")
fi

if [ ${#problems[@]} -gt 0 ]; then
    printf '%s\n' "${problems[@]}" >&2
    exit 1
fi

if [ ${#packages[@]} -gt 0 ]; then
    echo "Installing system packages: apt-get install ${packages[*]}"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${packages[@]}" >/dev/null
fi

# Whatever ends this early, Ctrl-C included, leaves no half of a .venv behind; a second Ctrl-C does not stop that.
clean_up() {
    trap '' INT TERM HUP
    rm -rf .venv
    echo "Set-up failed; .venv is removed." >&2
}
trap clean_up EXIT
rm -rf .venv
mkdir .venv
touch "$stamp"

install() {
    .venv/bin/python -m pip --quiet --disable-pip-version-check install --constraint constraints.txt "$@"
}

echo "Making .venv with $python; this takes 2 to 5 minutes."
"$python" -m venv .venv

echo "Installing pip, setuptools and NumPy (1/4) ..."
install pip setuptools wheel numpy

echo "Compiling python-javabridge (2/4) ..."
# Without isolation, as in isolation it would be compiled against a NumPy that is too new.
JAVA_HOME=${JAVA_HOME:-$(dirname "$(dirname "$(readlink -f "$(command -v javac)")")")} \
    install --no-build-isolation --no-deps python-javabridge

echo "Installing TensorFlow, what CellProfiler needs, and this project (3/4) ..."
install --no-build-isolation --editable ".[cellprofiler,tensorflow,export,test]"

echo "Installing CellProfiler 4.2.8.1 (4/4) ..."
# Without its dependencies: those are in setup.cfg, all but wxPython, which headless runs do not need and which takes
# 40 minutes to compile.
install --no-deps cellprofiler
.venv/bin/cellprofiler --version >/dev/null   # starts Java

printf '%s\n' "$recipe" "$python" >"$stamp"
trap - EXIT
