"""How checking grows with a spec: generated specs of 1,000, 10,000 and 100,000 layers, without torch.

Run: python benchmarks/scale.py [LAYERS...]. Each check is a process of its own, `netspec validate` on a
file, from start to exit. Shown are its wall time, the CPU time that it used, and that time for each layer:
where the last column stays, the cost grows linearly.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

LAYERS = (1_000, 10_000, 100_000)
RUNS = 3
HEAD = "netspec: 1\nname: Net\ninputs:\n  x: [N, 8]\n"


def flat(layers):
    """Every layer declared and called by its name."""
    declared = "".join(f"  fc{i}: {{Linear: [8, 8]}}\n" for i in range(layers))
    return HEAD + "layers:\n" + declared + "forward:\n" + "".join(f"  - fc{i}\n" for i in range(layers))


def named_values(layers):
    """Each result has a name, and a step adds it to an earlier one."""
    declared = "".join(f"  fc{i}: {{Linear: [8, 8]}}\n" for i in range(layers))
    steps = "".join(
        f"  - {{fc{i}: , as: v{i}}}\n  - {{add, from: [v{i}, v{i // 2}]}}\n".replace("add,", "add: ,")
        for i in range(layers)
    )
    return HEAD + "layers:\n" + declared + "forward:\n" + steps


def blocks(layers):
    """Blocks of ten layers, each of its own class and used once."""
    count = layers // 10
    used = "".join(f"  b{i}: Block{i}\n" for i in range(count))
    calls = "".join(f"  - b{i}\n" for i in range(count))
    declared = "".join(
        f"  Block{i}:\n    inputs:\n      x: [N, 8]\n    layers:\n"
        + "".join(f"      fc{j}: {{Linear: [8, 8]}}\n" for j in range(10))
        + "    forward:\n"
        + "".join(f"      - fc{j}\n" for j in range(10))
        for i in range(count)
    )
    return HEAD + f"layers:\n{used}forward:\n{calls}blocks:\n{declared}"


def branches(layers):
    """One step that joins a branch for each layer."""
    declared = "".join(f"  fc{i}: {{Linear: [8, 8]}}\n" for i in range(layers))
    sources = ", ".join(f"[fc{i}]" for i in range(layers))
    return HEAD + f"layers:\n{declared}forward:\n  - {{cat: {{dim: 1}}, from: [{sources}]}}\n"


def containers(layers):
    """`Sequential`s of ten layers inside one `Sequential`."""
    inner = "".join("      - Sequential:\n" + 9 * "        - {Linear: [8, 8]}\n" for _ in range(layers // 10))
    return HEAD + f"layers:\n  all:\n    Sequential:\n{inner}forward:\n  - all\n"


def loops(layers):
    """Loops over layers and steps: ten lines, however many layers they make."""
    return HEAD + (
        "layers:\n"
        f"  all: {{ModuleList: [{{Linear: [8, 8], repeat: {layers // 100}}}]}}\n"
        f"  stage$i: {{for: {{i: {layers // 100}}}, Sequential: [{{Linear: [8, 8], repeat: 98}}]}}\n"
        "forward:\n"
        f"  - {{for: {{i: {layers // 100}}}, steps: [all.$i, stage$i]}}\n"
    )


def faults(layers):
    """As `flat`, and every tenth layer takes a number of features that it does not get."""
    return flat(layers).replace("0: {Linear: [8, 8]}", "0: {Linear: [9, 8]}")


KINDS = (flat, named_values, blocks, branches, containers, loops, faults)


def one_run(path):
    """Wall and CPU seconds of one `netspec validate`."""
    before, start = os.times(), time.perf_counter()
    command = [sys.executable, "-m", "netspec", "validate", "--no-cache", "--format", "json", str(path)]
    status = subprocess.run(command, stdout=subprocess.DEVNULL).returncode
    wall, after = time.perf_counter() - start, os.times()
    assert status in (0, 1), status
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return wall, used


def main():
    sizes = [int(each) for each in sys.argv[1:]] or LAYERS
    print(f"{'kind':14}{'layers':>9}{'wall':>10}{'CPU':>10}{'CPU a layer':>14}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "net.yaml"
        for kind in KINDS:
            for layers in sizes:
                path.write_text(kind(layers))
                runs = [one_run(path) for _ in range(RUNS if layers <= 10_000 else 1)]
                wall, used = (statistics.median(times) for times in zip(*runs, strict=True))
                print(
                    f"{kind.__name__:14}{layers:9,}{wall:8.2f} s{used:8.2f} s{1e6 * used / layers:11.0f} us"
                )


if __name__ == "__main__":
    main()
