#!/bin/sh
# Runs the tests, those of the core first: `sh scripts/test.sh`. Arguments go to pytest, e.g.
# `sh scripts/test.sh tests/shapes -x`.
#
# The first time, it makes .venv and installs netspec with all that its tests need. PYTHON names the
# Python to use (3.11 or newer).
set -eu
cd "$(dirname "$0")/.."
. scripts/environment.sh

# pytest's status for "no test was chosen": in one half that is no failure.
none=5

prepare dev
core=0
.venv/bin/python -m pytest -m "not torch" "$@" || core=$?
[ "$core" -eq 0 ] || [ "$core" -eq $none ] || exit "$core"
torch=0
.venv/bin/python -m pytest -m torch "$@" || torch=$?
[ "$torch" -eq $none ] && exit "$core"
exit "$torch"
