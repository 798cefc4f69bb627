"""The 20 faults that people make in the reference spec: each found at its place, once, with a way out."""

import subprocess
import sys
from pathlib import Path

import pytest

import netspec
from netspec.cli import main

SPEC = (Path(__file__).parents[2] / "specs" / "mnist.yaml").read_text()
CONV1 = "{Conv2d: [1, 32, 3]}"


def with_change(old, new):
    assert SPEC.count(old) >= 1
    return SPEC.replace(old, new, 1)


def place(text, marked):
    """Line and column (from 1) of a stretch of text that stands there once."""
    assert text.count(marked) == 1, marked
    before = text[: text.index(marked)]
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


def keywords(arguments):
    return with_change(CONV1, f"{{Conv2d: {{{arguments}}}}}")


# name: (text, code, the marked text or its place, a word of the help)
FAULTS = {
    "unknown layer type": (with_change(CONV1, "{Conv2D: [1, 32, 3]}"), "NS201", "Conv2D", "`Conv2d`"),
    "kernal_size": (
        keywords("in_channels: 1, out_channels: 32, kernal_size: 3"),
        "NS202", "kernal_size", "`kernel_size`",
    ),
    "strid": (with_change(CONV1, "{Conv2d: [1, 32, 3, {strid: 1}]}"), "NS202", "strid", "`stride`"),
    "thirty-two": (
        keywords("in_channels: 1, out_channels: thirty-two, kernel_size: 3"),
        "NS204", "thirty-two", "integer",
    ),
    "missing out_channels": (
        keywords("in_channels: 1, kernel_size: 3"), "NS203", "Conv2d: {", "add `out_channels: ...`",
    ),
    "9217": (with_change("9216", "9217"), "NS402", "9217", "9216"),
    "unknown name in forward": (with_change("- conv2\n", "- conv3\n"), "NS201", "conv3", "`conv2`"),
    "unused layer": (
        with_change("  fc2:", "  fc3: {Linear: [10, 10]}\n  fc2:"), "NS501", "fc3", "remove it",
    ),
    "duplicate key": (with_change("name: Net\n", "name: Net\nname: Other\n"), "NS004", (3, 1), "remove it"),
    "duplicate layer": (
        with_change("  conv2: {", "  conv2: {Conv2d: [32, 64, 3]}\n  conv2: {"), "NS004", None, "remove it",
    ),
    "quoted number": (with_change("{Dropout2d: 0.25}", '{Dropout2d: "1e-3"}'), "NS204", '"1e-3"', "`1e-3`"),
    "-32 channels": (with_change("[1, 32, 3]", "[1, -32, 3]"), "NS205", "-32", "at least 1"),
    "16 channels after 32": (with_change("[32, 64, 3]", "[16, 64, 3]"), "NS402", "16, 64", "32"),
    "tab": (with_change("  conv2: {", "\tconv2: {"), "NS002", "\t", "spaces"),
    "empty file": ("", "NS003", (1, 1), "netspec: 1"),
    "list at the top": ("- conv1\n- relu\n", "NS101", (1, 1), "netspec: 1"),
    "contains itself": (with_change("{Linear: [128, 10]}", "Net"), "NS305", None, "spec of its own"),
    "dropout 1.5": (with_change("0.25", "1.5"), "NS205", "1.5", "at most 1"),
    "kernel 40 on 28 x 28": (with_change("[1, 32, 3]", "[1, 32, 40]"), "NS404", "40", "input"),
    "unknown top-level key": (with_change("doc:", "docs:"), "NS102", "docs", "`doc`"),
}  # fmt: skip


def expected_place(text, name, marked):
    if isinstance(marked, tuple):
        return marked
    if name == "duplicate layer":
        first = text.index("  conv2:")
        return place(text[:first] + "#" * 8 + text[first + 8 :], "conv2:")
    if name == "contains itself":
        line, column = place(text, "fc2: Net")
        return line, column + len("fc2: ")
    return place(text, marked)


@pytest.mark.parametrize("name", FAULTS)
def test_the_fault_is_reported_once_at_its_place(name, tmp_path, capsys):
    text, code, marked, help = FAULTS[name]
    report = netspec.validate_text(text, path="net.yaml")
    assert [found.code for found in report.diagnostics] == [code]
    (found,) = report.diagnostics
    assert found.span.start_position == expected_place(text, name, marked)
    assert help in (found.help or "")
    path = tmp_path / "net.yaml"
    path.write_text(text)
    # An unused layer is a warning: it fails where the user says so.
    options = ["--fail-on", "warning"] if found.severity == "warning" else []
    assert main(["validate", str(path), *options]) == 1
    out = capsys.readouterr()
    assert f"{code}" in out.out
    assert out.err == ""


def test_all_of_them_are_found_without_torch_and_without_a_traceback(tmp_path):
    for index, (text, *_) in enumerate(FAULTS.values()):
        (tmp_path / f"fault{index}.yaml").write_text(text)
    code = f"""
import sys
sys.modules["torch"] = None
from netspec.cli import main
files = [f"fault{{i}}.yaml" for i in range({len(FAULTS)})]
sys.exit(main(["validate", *files, "--format", "concise"]))
"""
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 1
    assert run.stderr == ""
    lines = [line for line in run.stdout.splitlines() if line.startswith("fault")]
    assert len(lines) == len(FAULTS)


def test_independent_faults_of_one_file_are_reported_together():
    text = SPEC.replace("doc:", "docs:").replace("9216", "9217").replace("[128, 10]", "[127, 10]")
    text = text.replace("  fc2:", "  fc3: {Linear: [1, 2, {bais: false}]}\n  fc2:")
    report = netspec.validate_text(text)
    assert [found.code for found in report.diagnostics] == ["NS102", "NS402", "NS501", "NS202", "NS402"]


def test_the_reference_spec_is_clean_and_its_warning_is_only_ignored():
    assert netspec.validate_text(SPEC).diagnostics == ()
    bare = "\n".join(line for line in SPEC.splitlines() if not line.strip().startswith("#"))
    (found,) = netspec.validate_text(bare).diagnostics
    assert (found.code, found.severity) == ("NS503", "warning")
    assert bare.splitlines()[found.span.start_position.line - 1] == "  - dropout2"
