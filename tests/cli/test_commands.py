"""Every command: what it prints where, its exit status, and that no input gives a traceback."""

from __future__ import annotations

import ast
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import netspec
from netspec.cli import main
from netspec.cli.main import COMMANDS

ROOT = Path(__file__).parents[2]
GOOD = """\
netspec: 1
name: Net
params: {width: 8, act: relu}
inputs:
  x: [N, 4]
layers:
  fc: {Linear: [4, $width]}
forward:
  - fc
  - {gelu: {approximate: none}}
"""
UNUSED = GOOD.replace(", act: relu", "")
BAD = UNUSED.replace("[4, $width]", "[5, $width]")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.yaml").write_text(UNUSED)
    (tmp_path / "warned.yaml").write_text(GOOD)
    (tmp_path / "bad.yaml").write_text(BAD)
    return tmp_path


def run(
    *arguments: str, stdin: str | bytes = "", env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "netspec", *arguments],
        input=stdin.encode() if isinstance(stdin, str) else stdin,
        capture_output=True,
        env={**os.environ, **(env or {})},
    )


def feed(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


@pytest.mark.parametrize("command", COMMANDS)
def test_help_has_an_example_and_says_what_the_command_does(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        main([command, "--help"])
    assert stop.value.code == 0
    text = capsys.readouterr().out
    assert re.search(rf"examples?:\s+netspec {command}", text)
    assert COMMANDS[command][1:40] in " ".join(text.split())


def test_the_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    text = capsys.readouterr().out
    assert all(command in text for command in COMMANDS)
    assert "example:" in text


@pytest.mark.parametrize(
    "arguments", [[], ["nonsense"], ["validate"], ["validate", "x", "--format", "no"], ["show", "a", "b"]]
)
def test_wrong_usage_is_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(arguments)
    assert stop.value.code == 2
    out = capsys.readouterr()
    assert out.out == ""
    assert "usage: netspec" in out.err


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["good.yaml"], 0),
        (["warned.yaml"], 0),
        (["bad.yaml"], 1),
        (["good.yaml", "bad.yaml"], 1),
        (["."], 1),
        (["*.yaml"], 1),
        (["g*.yaml"], 0),
        (["warned.yaml", "--fail-on", "warning"], 1),
        (["warned.yaml", "--fail-on", "warning", "--ignore", "NS504"], 0),
        (["warned.yaml", "--fail-on", "warning", "--ignore", "ns5"], 0),
        (["warned.yaml", "--fail-on", "warning", "--select", "NS4"], 0),
        (["warned.yaml", "--fail-on", "info"], 1),
        (["bad.yaml", "--fail-on", "never"], 0),
        (["bad.yaml", "--ignore", "NS402"], 1),
        (["bad.yaml", "--select", "NS4, NS501"], 1),
        (["good.yaml", "--set", "width=16"], 0),
        (["good.yaml", "--set", "width=wide"], 1),
        (["good.yaml", "--set", "wdith=16"], 1),
    ],
)
@pytest.mark.usefixtures("folder")
def test_validate_has_the_exit_status_of_its_findings(
    arguments: list[str], status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["validate", *arguments]) == status
    out = capsys.readouterr()
    assert out.err == ""
    assert out.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["validate", "none.yaml"], "no such file"),
        (["validate", "*.none"], "no spec is found"),
        (["validate", "empty"], "no spec is found"),
        (["validate", "good.yaml", "--select", "XX1"], "netspec explain"),
        (["validate", "good.yaml", "--set", "width"], "NAME=VALUE"),
        (["validate", "good.yaml", "--set", "=3"], "NAME=VALUE"),
        (["validate", "good.yaml", "--set", "width=[1"], "--set width=[1"),
        (["validate", "good.yaml", "--output-file", "none/out.txt"], "none/out.txt"),
        (["compile", "none.yaml"], "no such file"),
        (["compile", "empty"], "is a folder"),
        (["compile", "good.yaml", "-o", "bad.yaml"], "--force"),
        (["compile", "good.yaml", "-o", "none/net.py"], "none/net.py"),
        (["summary", "none.yaml"], "no such file"),
        (["show", "none.yaml"], "no such file"),
        (["explain", "NS999"], "NS999"),
        (["explain", "Conv2"], "Conv2d"),
        (["ops", "zzzzz"], "no op matches"),
        (["init", "no-name"], "cannot name a class"),
        (["train", "none.yaml"], "none.yaml"),
    ],
)
def test_a_fault_of_the_call_is_2_and_says_why(
    arguments: list[str], words: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "empty").mkdir()
    assert main(arguments) == 2
    out = capsys.readouterr()
    assert out.out == ""
    assert out.err.startswith("netspec: ")
    assert words in out.err
    assert "Traceback" not in out.err


@pytest.mark.usefixtures("folder")
def test_a_bad_spec_is_reported_on_standard_error_by_other_commands(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for command in ("compile", "summary", "show"):
        assert main([command, "bad.yaml"]) == 1
        out = capsys.readouterr()
        assert out.out == ""
        assert "error[NS402]" in out.err


@pytest.mark.parametrize("command", ["validate", "compile", "summary"])
def test_a_dash_is_standard_input(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    feed(monkeypatch, UNUSED.encode())
    assert main([command, "-"]) == 0
    assert capsys.readouterr().out
    feed(monkeypatch, BAD.encode())
    assert main([command, "-"]) == 1
    out = capsys.readouterr()
    assert "<stdin>:7:" in out.out + out.err


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"\x00\x01\x02", b"\x89PNG\r\n\x1a\n\x00", b"a: \xe9"])
def test_a_file_that_is_no_text_is_a_finding(
    data: bytes, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "odd.yaml").write_bytes(data)
    for command in ("validate", "compile", "summary", "show"):
        assert main([command, "odd.yaml"]) == 1
        out = capsys.readouterr()
        assert "error[NS0" in out.out + out.err
        assert "= help:" in out.out + out.err


def test_a_byte_order_mark_and_windows_line_ends_are_fine(folder: Path) -> None:
    (folder / "windows.yaml").write_bytes(b"\xef\xbb\xbf" + UNUSED.replace("\n", "\r\n").encode())
    assert main(["validate", "windows.yaml"]) == 0


def test_a_folder_stands_for_the_specs_in_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "sub").mkdir()
    (folder / "sub" / "inner.yml").write_text(UNUSED)
    (folder / "sub" / "compose.yaml").write_text("services: {}\n")
    (folder / ".hidden").mkdir()
    (folder / ".hidden" / "bad.yaml").write_text(BAD)
    assert main(["validate", "sub", "--format", "json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert "inner.yml" in json.dumps(report)
    assert "compose" not in json.dumps(report)


@pytest.mark.usefixtures("folder")
def test_a_report_goes_to_a_file_and_the_counts_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["validate", "bad.yaml", "warned.yaml", "--output-file", "out.txt", "--statistics"]
    assert main(arguments) == 1
    out = capsys.readouterr()
    assert out.out == ""
    assert [line.split()[:2] for line in out.err.splitlines()] == [["1", "NS402"], ["1", "NS504"]]
    written = Path("out.txt").read_text()
    assert "error[NS402]" in written
    assert "\x1b" not in written


@pytest.mark.parametrize("form", ["full", "concise", "json", "jsonl", "github"])
def test_formats_write_to_standard_output(
    form: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from netspec.report import RENDERERS

    if form not in RENDERERS:
        with pytest.raises(SystemExit) as stop:
            main(["validate", "bad.yaml", "--format", form])
        assert stop.value.code == 2
        return
    assert main(["validate", str(folder / "bad.yaml"), "--format", form]) == 1
    assert "NS402" in capsys.readouterr().out


@pytest.mark.usefixtures("folder")
def test_compile_writes_a_file_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compile", "good.yaml", "-o", "net.py"]) == 0
    out = capsys.readouterr()
    assert out.out == ""
    assert "wrote net.py" in out.err
    text = Path("net.py").read_text()
    ast.parse(text)
    Path("net.py").write_text("mine")
    assert main(["compile", "good.yaml", "-o", "net.py"]) == 2
    assert Path("net.py").read_text() == "mine"
    assert main(["compile", "good.yaml", "-o", "net.py", "--force"]) == 0
    assert Path("net.py").read_text() == text
    capsys.readouterr()
    assert main(["compile", "good.yaml"]) == 0
    assert capsys.readouterr().out == text


@pytest.mark.usefixtures("folder")
def test_summary_as_text_and_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["summary", "good.yaml"]) == 0
    assert "fc" in capsys.readouterr().out
    assert main(["summary", "good.yaml", "--format", "json", "--set", "width=3"]) == 0
    assert "15" in json.dumps(json.loads(capsys.readouterr().out))


@pytest.mark.torch
@pytest.mark.usefixtures("folder")
def test_show_prints_what_print_prints(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("torch", reason="building a module needs PyTorch")
    assert main(["show", "good.yaml", "--set", "width=5"]) == 0
    assert capsys.readouterr().out == f"{netspec.compile('good.yaml', width=5)}\n"


@pytest.mark.usefixtures("folder")
def test_init_writes_a_spec_that_validates_and_keeps_what_is_there(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["init", "Classifier"]) == 0
    assert capsys.readouterr().out == "classifier.yaml\n"
    assert main(["validate", "classifier.yaml", "--fail-on", "info"]) == 0
    before = Path("classifier.yaml").read_text()
    assert main(["init", "Classifier"]) == 2
    assert Path("classifier.yaml").read_text() == before
    assert json.loads(Path("netspec.schema.json").read_text())["title"] == "netspec spec"


def test_coverage_says_what_no_rule_knows(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ops", "--coverage"]) == 0
    count, _, rest = capsys.readouterr().out.partition(" of ")
    assert rest.startswith(f"{count} ops have a rule")
    assert "no rule" not in rest
    assert main(["ops", "--coverage", "one_hot", "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found == {
        "ops": 1,
        "with_rule": 1,
        "without_rule": [],
        "dtype_alone": {"one_hot": "without num_classes"},
    }


def test_ops_explain_schema_and_doctor_print(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ops", "Conv?d"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines() if line.startswith("Conv")] == [
        "Conv1d", "Conv2d", "Conv3d",
    ]  # fmt: skip
    assert main(["ops", "relu", "--format", "json", "--kind", "function"]) == 0
    assert any(row["name"] == "relu" for row in json.loads(capsys.readouterr().out))
    for subject in ("NS402", "ns402", "size-mismatch"):
        assert main(["explain", subject]) == 0
        assert capsys.readouterr().out.startswith("# NS402 size-mismatch")
    assert main(["explain", "Conv2d"]) == 0
    assert "kernel_size" in capsys.readouterr().out
    assert main(["explain"]) == 0
    assert "NS402" in capsys.readouterr().out
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "netspec spec"
    assert main(["doctor"]) == 0
    assert "libyaml" in capsys.readouterr().out


def test_an_interrupt_is_130_without_a_traceback(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("netspec.cli.validate.validate_once", interrupted)
    assert main(["validate", str(folder / "good.yaml")]) == 130
    out = capsys.readouterr()
    assert (out.out, out.err) == ("", "netspec: interrupted\n")


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "netspec", "ops"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert child.stdout is not None
    assert child.stderr is not None
    child.stdout.readline()
    child.stdout.close()
    errors = child.stderr.read()
    child.stderr.close()
    assert child.wait() in (0, 1)
    assert errors == b""


@pytest.mark.usefixtures("folder")
def test_pipes_get_no_colour_and_utf8() -> None:
    found = run("validate", "bad.yaml", env={"TERM": "xterm-256color", "NO_COLOR": ""})
    assert found.returncode == 1
    assert b"\x1b" not in found.stdout


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("variables", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]
)
def test_a_terminal_gets_colour_unless_it_is_forbidden(
    variables: dict[str, str], coloured: bool, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    screen = Terminal()
    monkeypatch.setattr(sys, "stdout", screen)
    assert main(["validate", str(folder / "bad.yaml")]) == 1
    assert ("\x1b[" in screen.getvalue()) is coloured


@pytest.mark.usefixtures("folder")
def test_an_output_that_cannot_show_a_character_is_no_traceback() -> None:
    Path("wide.yaml").write_text(BAD.replace("fc", "größe"), encoding="utf-8")
    for encoding in ("ascii", "latin-1"):
        found = run("validate", "wide.yaml", env={"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"})
        assert found.returncode == 1
        assert b"Traceback" not in found.stderr
