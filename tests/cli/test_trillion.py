"""A decoder of a trillion parameters is validated and summarised in little memory, and counted exactly."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SPEC = Path(__file__).parents[2] / "benchmarks" / "trillion.yaml"
_RUN = """
import json, resource, sys
from netspec.cli.main import main
status = main(sys.argv[1:])
print(json.dumps({"status": status, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}))
"""


@pytest.mark.parametrize("command", [["validate"], ["summary", "--format", "json"]])
def test_it_takes_less_than_200_megabytes(command: list[str]) -> None:
    run = subprocess.run(
        [sys.executable, "-c", _RUN, command[0], str(SPEC), *command[1:]],
        capture_output=True,
        text=True,
        check=True,
    )
    *printed, last = run.stdout.splitlines()
    told = json.loads(last)
    assert told["status"] == 0
    # Kilobytes on Linux.
    assert told["peak"] < 200_000
    if command[0] == "summary":
        total = json.loads("\n".join(printed))["total"]
        width, depth, vocabulary, context = 25_600, 128, 50_304, 2048
        block = 12 * width**2 + 13 * width
        assert total["parameters"] == depth * block + (2 * vocabulary + context + 2) * width
        assert total["training_bytes"] is not None
