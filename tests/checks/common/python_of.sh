#!/usr/bin/env bash
# Prints a Python of a version that starts and can make environments, from the PATH or pyenv; exits with 1 if there is none.
#     tests/checks/common/python_of.sh VERSION [the only one to try]
version=$1
found=$(type -ap "python$version"; ls "${PYENV_ROOT:-${HOME:-}/.pyenv}"/versions/"$version".*/bin/"python$version" 2>/dev/null)
for candidate in ${2:-$found}; do
    if "$candidate" -c "import ensurepip, venv, sys; sys.exit('%d.%d' % sys.version_info[:2] != '$version')" 2>/dev/null; then
        echo "$candidate"
        exit
    fi
done
exit 1
