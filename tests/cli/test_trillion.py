"""A decoder of a trillion parameters is validated and summarised in little memory, and counted exactly."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SPEC = Path(__file__).parents[2] / "benchmarks" / "trillion.yaml"
# The peak of this program alone: what `getrusage` tells includes the process that started it.
_RUN = """
import json, sys
from netspec.cli.main import main
status = main(sys.argv[1:])
lines = open("/proc/self/status").read().splitlines()
peak = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
print(json.dumps({"status": status, "peak": peak}))
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads Linux's /proc")
@pytest.mark.parametrize("command", [["validate", "--no-cache"], ["summary", "--format", "json"]])
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
    # In kB.
    assert told["peak"] < 200_000
    if command[0] == "summary":
        total = json.loads("\n".join(printed))["total"]
        width, depth, vocabulary, context = 25_600, 128, 50_304, 2048
        block = 12 * width**2 + 13 * width
        assert total["parameters"] == depth * block + (2 * vocabulary + context + 2) * width
        assert total["training_bytes"] is not None
