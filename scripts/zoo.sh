#!/bin/sh
# Compares every spec of the zoo with torchvision, where the tests compare one of each family:
# `sh scripts/zoo.sh`. Arguments go to pytest.
#
# Two processes of one thread each, of which one has the networks with many parameters: together they
# need less than 12 GB of memory.
set -eu
cd "$(dirname "$0")/.."
. scripts/environment.sh

compare() {
  part=$1
  shift
  NETSPEC_ZOO=$part OMP_NUM_THREADS=1 .venv/bin/python -m pytest tests/zoo/test_torchvision.py \
    -k "same_weights or gradients or exports" --durations=5 "$@" >"$logs/$part" 2>&1
}

prepare dev
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT
compare few "$@" &
few=0
many=0
compare many "$@" || many=$?
wait $! || few=$?
cat "$logs/many" "$logs/few"
[ "$many" -eq 0 ] && [ "$few" -eq 0 ]
