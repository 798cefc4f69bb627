"""How long `netspec validate` takes: whole processes, from start to exit, without torch.

Run: python benchmarks/validate.py. Prints the median of several runs for the reference spec, a spec
of 5,000 lines, and a folder of 500 small files (whose rate leaves the start of the process out).
"""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SPECS = Path(__file__).parents[1] / "specs"
RUNS = 7


def seconds(*arguments):
    """The wall time of `netspec ARGUMENTS`, median and extremes over the runs."""
    command = [sys.executable, "-m", "netspec", *arguments]
    times = []
    for run in range(RUNS + 1):
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        if run:  # the first run warms the caches of the file system
            times.append(time.perf_counter() - start)
    return statistics.median(times), min(times), max(times)


def long_spec(lines):
    """Pairs of a layer and a step for each two lines, all of them checked."""
    pairs = (lines - 6) // 2
    layers = "\n".join(f"  fc{i}: {{Linear: [64, 64]}}" for i in range(pairs))
    steps = "\n".join(f"  - fc{i}" for i in range(pairs))
    return f"netspec: 1\nname: Net\ninputs:\n  x: [N, 64]\nlayers:\n{layers}\nforward:\n{steps}\n"


def show(what, times):
    median, least, most = times
    print(f"{what:32} {median:6.3f} s  ({least:.3f} to {most:.3f})")


def main():
    show("reference spec", seconds("validate", str(SPECS / "mnist.yaml")))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long.yaml"
        path.write_text(long_spec(5000))
        show("5,000 lines", seconds("validate", str(path)))
        many = Path(folder) / "many"
        many.mkdir()
        text = (SPECS / "mnist.yaml").read_text()
        for index in range(500):
            (many / f"spec{index}.yaml").write_text(text.replace("name: Net", f"name: Net{index}"))
        one = seconds("validate", str(many / "spec0.yaml"))
        all_of_them = seconds("validate", str(many))
        show("500 files", all_of_them)
        print(f"{'rate after the start':32} {499 / (all_of_them[0] - one[0]):6.0f} files a second")


if __name__ == "__main__":
    main()
