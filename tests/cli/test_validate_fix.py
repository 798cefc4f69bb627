"""`netspec validate --fix` and `--diff`: what is written, what is printed, and the exit status."""

from __future__ import annotations

import io
import json
import os
import stat
import sys
from pathlib import Path

import pytest

from netspec.cli import main

GOOD = """\
netspec: 1
name: Net
inputs:
  x: [N, 4]
layers:
  fc: {Linear: [4, 8]}  # mine
forward:
  - fc
  - relu
"""
BAD = GOOD.replace("[4, 8]", "[5, 8]").replace("- relu", "- rleu")
RECIPE = """\
netspec: 1
recipe: small
model: net.yaml
data:
  train: {Digits: {split: train}}
  transform: [{Resize: 28}]
  batch_size: 32
loss: cross_entropy
optimizr: {SGD: {lr: 0.1}}
epochs: 3
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NETSPEC_CACHE_DIR", str(tmp_path / ".cache"))
    Path("bad.yaml").write_bytes(BAD.encode())
    Path("good.yaml").write_bytes(GOOD.encode())
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(["validate", *arguments])
    return status, *capsys.readouterr()


def test_a_file_is_mended_and_reported_as_it_is_then(capsys: pytest.CaptureFixture[str]) -> None:
    before = Path("good.yaml").stat()
    assert run(capsys, "--fix", "bad.yaml", "good.yaml") == (
        0, "2 files: ok\n", "netspec: fixed 2 findings in 1 file\n",
    )  # fmt: skip
    assert Path("bad.yaml").read_text() == GOOD
    assert Path("good.yaml").stat() == before
    assert run(capsys, "--fix", "bad.yaml") == (0, "bad.yaml: ok\n", "netspec: fixed nothing\n")


def test_a_diff_writes_nothing_and_says_that_there_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "--diff", str(Path("bad.yaml").absolute()))
    assert status == 1
    assert out.splitlines() == [
        "--- bad.yaml",
        "+++ bad.yaml",
        "@@ -3,7 +3,7 @@",
        " inputs:",
        "   x: [N, 4]",
        " layers:",
        "-  fc: {Linear: [5, 8]}  # mine",
        "+  fc: {Linear: [4, 8]}  # mine",
        " forward:",
        "   - fc",
        "-  - rleu",
        "+  - relu",
    ]
    assert err.startswith("netspec: would fix 2 findings in 1 file\n")
    assert Path("bad.yaml").read_text() == BAD
    assert run(capsys, "--diff", "bad.yaml", "--fail-on", "never")[0] == 0
    assert run(capsys, "--diff", "good.yaml") == (0, "", "netspec: would fix nothing\ngood.yaml: ok\n")


def test_what_is_left_counts(capsys: pytest.CaptureFixture[str]) -> None:
    Path("bad.yaml").write_text(BAD + "  - entirely_unknown\n")
    status, out, err = run(capsys, "--fix", "bad.yaml", "--format", "json")
    assert status == 1
    assert [each["code"] for each in json.loads(out)["diagnostics"]] == ["NS201"]
    assert err == "netspec: fixed 2 findings in 1 file\n"
    assert Path("bad.yaml").read_text() == GOOD + "  - entirely_unknown\n"


def test_standard_input_is_mended_on_standard_output(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    for text, result in ((BAD, GOOD), (GOOD, GOOD)):
        data = text.replace("\n", "\r\n").encode()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        assert main(["validate", "--fix", "-", "--stdin-filename", "net.yaml"]) == 0
        out, err = capfdbinary.readouterr()
        assert out == result.replace("\n", "\r\n").encode()
        assert b"net.yaml: ok" in err
    assert not Path("net.yaml").exists()


def test_standard_input_that_is_no_text_comes_out_as_it_is(
    monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff\x00")))
    assert main(["validate", "--fix", "-"]) == 1
    out, err = capfdbinary.readouterr()
    assert out == b"\xff\x00"
    assert b"NS010" in err


def test_an_unsafe_fix_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    Path("bad.yaml").write_text(GOOD.replace("forward:", "  fc: {Linear: [4, 2]}\nforward:"))
    status, _, err = run(capsys, "--fix", "bad.yaml")
    assert (status, err) == (1, "netspec: fixed nothing; 1 more with --unsafe-fixes\n")
    assert run(capsys, "--fix", "--unsafe-fixes", "bad.yaml")[0] == 0
    assert Path("bad.yaml").read_text() == GOOD


def test_a_recipe_is_mended_too(capsys: pytest.CaptureFixture[str]) -> None:
    Path("net.yaml").write_text(BAD)
    Path("recipe.yaml").write_text(RECIPE)
    before = run(capsys, "recipe.yaml", "--format", "concise")[1]
    assert "optimizr" in before
    run(capsys, "--fix", "recipe.yaml")
    assert Path("recipe.yaml").read_text() == RECIPE.replace("optimizr", "optimizer")
    assert Path("net.yaml").read_text() == BAD
    run(capsys, "--fix", "recipe.yaml", "net.yaml")
    assert Path("net.yaml").read_text() == GOOD


def test_the_cache_knows_the_mended_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "bad.yaml")[0] == 1
    assert run(capsys, "--diff", "bad.yaml")[0] == 1
    assert run(capsys, "bad.yaml")[0] == 1
    assert run(capsys, "--fix", "bad.yaml")[0] == 0
    assert run(capsys, "bad.yaml") == (0, "bad.yaml: ok\n", "")


def test_mode_and_link_stay(capsys: pytest.CaptureFixture[str]) -> None:
    Path("bad.yaml").chmod(0o640)
    Path("link.yaml").symlink_to("bad.yaml")
    assert run(capsys, "--fix", "link.yaml", "bad.yaml") == (
        0, "2 files: ok\n", "netspec: fixed 2 findings in 1 file\n",
    )  # fmt: skip
    assert Path("link.yaml").is_symlink()
    assert Path("bad.yaml").read_text() == GOOD
    assert stat.S_IMODE(os.stat("bad.yaml").st_mode) == 0o640


def test_what_is_not_reported_is_not_mended(capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "--fix", "bad.yaml", "--select", "NS4")
    assert (
        Path("bad.yaml").read_text() == BAD.replace("[5, 8]", "[4, 8]") or Path("bad.yaml").read_text() == BAD
    )
    Path("bad.yaml").write_text(BAD)
    run(capsys, "bad.yaml", "--baseline", "base.json", "--write-baseline")
    assert run(capsys, "--fix", "bad.yaml", "--baseline", "base.json")[0] == 0
    assert Path("bad.yaml").read_text() == BAD


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--fix", "--diff"], "give one of the two"),
        (["--unsafe-fixes"], "goes with --fix or --diff"),
        (["--fix", "--watch"], "--fix does not go with --watch"),
        (["--diff", "--watch"], "--diff does not go with --watch"),
        (["--fix", "--oracle", "torch"], "--fix does not go with --oracle"),
        (["--fix", "--write-baseline", "--baseline", "b"], "--fix does not go with --write-baseline"),
        (["--fix", "--matrix", "a=[1, 2]"], "give it with --set"),
        (["-", "--fix", "--stdin-filename", "bad.yaml"], "bad.yaml is given twice"),
    ],
)
def test_what_makes_no_sense_together_is_2(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
    status, out, err = run(capsys, "bad.yaml", *arguments)
    assert (status, out) == (2, "")
    assert words in err
    assert Path("bad.yaml").read_text() == BAD
