"""How long `netspec validate` takes: whole processes, from start to exit, without torch.

Run: python benchmarks/validate.py. Prints the median of several runs for the reference spec, a spec
of 5,000 lines, and a folder of 500 small files (whose rate leaves the start of the process out), without
the cache; then the folder with every outcome known, and what `--watch` takes after a save. Beside the wall
time stands the processor's, which other programs disturb less.
"""

import os
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SPECS = Path(__file__).parents[1] / "specs"
RUNS = 7


def seconds(*arguments):
    """Wall and processor time of `netspec ARGUMENTS`: the median, and the extremes of the wall time."""
    command = [sys.executable, "-m", "netspec", *arguments]
    walls, processor = [], []
    for run in range(RUNS + 1):
        start, before = time.perf_counter(), children()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        if run:  # the first run warms the caches of the file system, and netspec's own
            walls.append(time.perf_counter() - start)
            processor.append(children() - before)
    return statistics.median(walls), min(walls), max(walls), statistics.median(processor)


def children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def of_process(number):
    """The processor time of a running process, in hundredths of a second; Linux only."""
    fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def watched(folder, spec):
    """From the save of one file of a folder to its report, as a running `--watch` gives it."""
    command = [sys.executable, "-u", "-m", "netspec", "validate", "--watch", "--format", "concise", folder]
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stdout=pipe, stderr=subprocess.STDOUT, text=True)
    while "watching" not in process.stdout.readline():
        pass
    text = spec.read_text()
    walls, processor = [], []
    for run in range(RUNS):
        wrong = spec.with_suffix(".new")
        wrong.write_text(text.replace("9216", str(9217 + run)))
        start, before = time.perf_counter(), of_process(process.pid)
        os.replace(wrong, spec)
        while "NS402" not in process.stdout.readline():
            pass
        walls.append(time.perf_counter() - start)
        processor.append(of_process(process.pid) - before)
    process.send_signal(signal.SIGINT)
    process.communicate()
    spec.write_text(text)
    return statistics.median(walls), min(walls), max(walls), statistics.median(processor)


def long_spec(lines):
    """Pairs of a layer and a step for each two lines, all of them checked."""
    pairs = (lines - 6) // 2
    layers = "\n".join(f"  fc{i}: {{Linear: [64, 64]}}" for i in range(pairs))
    steps = "\n".join(f"  - fc{i}" for i in range(pairs))
    return f"netspec: 1\nname: Net\ninputs:\n  x: [N, 64]\nlayers:\n{layers}\nforward:\n{steps}\n"


def show(what, times):
    median, least, most, processor = times
    print(f"{what:32} {median:6.3f} s  ({least:.3f} to {most:.3f})  processor {processor:.3f} s")


def main():
    show("reference spec", seconds("validate", "--no-cache", str(SPECS / "mnist.yaml")))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long.yaml"
        path.write_text(long_spec(5000))
        show("5,000 lines", seconds("validate", "--no-cache", str(path)))
        many = Path(folder) / "many"
        many.mkdir()
        text = (SPECS / "mnist.yaml").read_text()
        for index in range(500):
            (many / f"spec{index}.yaml").write_text(text.replace("name: Net", f"name: Net{index}"))
        one = seconds("validate", "--no-cache", str(many / "spec0.yaml"))
        all_of_them = seconds("validate", "--no-cache", str(many))
        show("500 files", all_of_them)
        print(f"{'rate after the start':32} {499 / (all_of_them[0] - one[0]):6.0f} files a second")
        os.environ["NETSPEC_CACHE_DIR"] = str(Path(folder) / "cache")
        show("500 files, all known", seconds("validate", str(many)))
        show("--watch, one of 500 files saved", watched(str(many), many / "spec0.yaml"))


if __name__ == "__main__":
    main()
