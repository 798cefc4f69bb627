#!/bin/sh
# Checks, prints and trains the reference network: `sh scripts/demo.sh`.
#
# The first time, it makes .venv and installs netspec and PyTorch there. PYTHON names the Python to
# use (3.11 or newer), e.g. `PYTHON=python3.12 sh scripts/demo.sh`.
set -eu
cd "$(dirname "$0")/.."
. scripts/environment.sh

show() {
  echo "\$ netspec $*"
  .venv/bin/netspec "$@"
  echo
}

prepare train dev
show validate specs/mnist.yaml
show show specs/mnist.yaml
show train specs/recipes/digits.yaml
