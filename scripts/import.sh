#!/bin/sh
# Imports the models of torchvision, timm and transformers, and renews the table in docs/import.md.
# Takes hours; what has a result in benchmarks/import.jsonl is not done again.
set -e
cd "$(dirname "$0")/.."
export PYTHONPATH="$PWD" OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}"
python=${PYTHON:-python}
$python benchmarks/import_table.py run torchvision timm transformers
$python benchmarks/import_table.py table
