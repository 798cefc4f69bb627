"""`netspec validate` for a project: settings, baselines, the cache, a matrix of params, standard input."""

from __future__ import annotations

import io
import json
import os
import shutil
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netspec.cli import main
from netspec.report import RENDERERS

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
BAD = GOOD.replace("[4, $width]", "[5, $width]")
DIVIDES = GOOD.replace(
    "  fc: {Linear: [4, $width]}", "  fc: {Linear: [4, $width]}\n  norm: {GroupNorm: [4, $width]}"
)
DIVIDES = DIVIDES.replace("  - fc\n", "  - fc\n  - norm\n").replace(", act: relu", "")
USED = """\
netspec: 1
name: Parts
blocks:
  Part:
    inputs: {x: [N, 4]}
    layers: {fc: {Linear: [4, 4]}}
    forward: [fc]
"""
USER = "netspec: 1\nname: Net\nuse: [part.yaml]\ninputs: {x: [N, 4]}\nlayers: {a: {Part: {}}}\nforward: [a]\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NETSPEC_CACHE_DIR", str(tmp_path / ".cache"))
    (tmp_path / "warned.yaml").write_text(GOOD)
    (tmp_path / "bad.yaml").write_text(BAD)
    return tmp_path


def config(text: str) -> None:
    Path("pyproject.toml").write_text(text)


@pytest.mark.parametrize(
    ("table", "arguments", "status"),
    [
        ('fail-on = "warning"', ["warned.yaml"], 1),
        ('fail-on = "warning"', ["warned.yaml", "--fail-on", "error"], 0),
        ('fail-on = "warning"\nignore = ["NS504"]', ["warned.yaml"], 0),
        ('fail-on = "warning"\nignore = ["NS504"]', ["warned.yaml", "--ignore", "NS501"], 1),
        ('fail-on = "warning"\nselect = ["NS4"]', ["warned.yaml"], 0),
        ('fail-on = "warning"\nselect = ["NS4"]', ["warned.yaml", "--select", "NS5"], 1),
        ('fail-on = "warning"\nper-file-ignores = {"w*.yaml" = ["NS5"]}', ["./warned.yaml"], 0),
        ('fail-on = "warning"\nper-file-ignores = {"b*.yaml" = ["NS5"]}', ["warned.yaml"], 1),
        ('ignore = ["NS402"]', ["bad.yaml"], 1),
    ],
)
@pytest.mark.usefixtures("folder")
def test_the_settings_of_a_project_hold_where_the_command_line_is_silent(
    table: str, arguments: list[str], status: int
) -> None:
    config(f"[tool.netspec]\n{table}\n")
    assert main(["validate", *arguments]) == status


def test_settings_are_found_upwards_and_may_be_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config('[tool.netspec]\nfail-on = "warning"\n')
    (folder / "sub").mkdir()
    shutil.copy("warned.yaml", "sub/warned.yaml")
    monkeypatch.chdir(folder / "sub")
    assert main(["validate", "warned.yaml"]) == 1
    Path("own.toml").write_text("")
    assert main(["validate", "warned.yaml", "--config", "own.toml"]) == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "[tool.netspec]\nselct = []\n",
            "pyproject.toml:2: [tool.netspec] has no key `selct`; similar: select",
        ),
        ('[tool.netspec]\nfail-on = "warn"\n', "pyproject.toml:2: `fail-on` is one of"),
        ('[tool.netspec]\n\nignore = "NS5"\n', "pyproject.toml:3: `ignore` is a list"),
        ('[tool.netspec]\nignore = ["XX"]\n', "pyproject.toml:2: `ignore`: no diagnostic's code begins"),
        ("[tool.netspec]\nbaseline = 3\n", "pyproject.toml:2: `baseline` is a text"),
        ('[tool.netspec.per-file-ignores]\n"a" = 1\n', "pyproject.toml:2: `a` is a list"),
        ("[tool]\nnetspec = 1\n", "pyproject.toml:2: `tool.netspec` is a table"),
        ("[tool.netspec]\nselect = [\n", "pyproject.toml:3"),
        ("# netspec\nx = = 1\n", "pyproject.toml:2:5: Invalid value"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_a_mistake_in_the_settings_is_2_with_its_line(
    text: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    config(text)
    assert main(["validate", "warned.yaml"]) == 2
    assert words in capsys.readouterr().err


@pytest.mark.usefixtures("folder")
def test_a_baseline_leaves_only_what_is_new(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["validate", ".", "--format", "concise", "--baseline", "base.json"]
    assert main(arguments) == 2
    assert "--write-baseline" in capsys.readouterr().err
    assert main([*arguments, "--write-baseline"]) == 0
    capsys.readouterr()
    assert main(arguments) == 0
    assert capsys.readouterr() == ("", "")
    Path("bad.yaml").write_text("# moved\n\n" + BAD)
    assert main(arguments) == 0
    assert capsys.readouterr().out == ""
    Path("bad.yaml").write_text(BAD + "  - none_such\n")
    assert main(arguments) == 1
    assert "NS201" in capsys.readouterr().out
    Path("bad.yaml").write_text(GOOD)
    assert main(arguments) == 0
    assert "1 findings of base.json are gone" in capsys.readouterr().err


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"format_version": 2}', '{"format_version": 1, "findings": 3}']
)
@pytest.mark.usefixtures("folder")
def test_a_file_that_is_no_baseline_is_2(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("base.json").write_text(text)
    assert main(["validate", ".", "--baseline", "base.json"]) == 2
    assert "base.json" in capsys.readouterr().err


@pytest.mark.usefixtures("folder")
def test_a_matrix_checks_each_choice_and_says_which_are_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    Path("group.yaml").write_text(DIVIDES)
    assert main(["validate", "group.yaml", "--matrix", "width=[8, 16]"]) == 0
    capsys.readouterr()
    assert main(["validate", "group.yaml", "--matrix", "width=[8, 10, 6]"]) == 1
    out = capsys.readouterr().out
    assert "found for width=10" in out
    assert "width=8" not in out
    assert main(["validate", "group.yaml", "--matrix", "width=8"]) == 2
    assert "--matrix width=[VALUE, VALUE]" in capsys.readouterr().err


@pytest.mark.usefixtures("folder")
def test_standard_input_may_have_a_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("sub").mkdir()
    Path("sub/part.yaml").write_text(USED)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(USER.encode())))
    assert main(["validate", "-", "--stdin-filename", "sub/net.yaml"]) == 0
    assert capsys.readouterr().out == "sub/net.yaml: ok\n"
    assert main(["validate", "bad.yaml", "--stdin-filename", "a"]) == 2


def outcome(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(["validate", *arguments])
    return status, *capsys.readouterr()


SPECS = st.sampled_from(
    [GOOD, BAD, DIVIDES, USER, USED, "", "netspec: 1\n", "a: \x1b\n", "recipe: 1\nmodel: no.yaml\n"]
)


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(SPECS, min_size=1, max_size=4),
    part=st.sampled_from([USED, USED.replace("[4, 4]", "[3, 4]"), None]),
    form=st.sampled_from(sorted(RENDERERS)),
    more=st.sampled_from([[], ["--set", "width=12"], ["--matrix", "width=[6, 8]"]]),
)
def test_with_and_without_the_cache_the_same_bytes_come_out(
    texts: list[str],
    part: str | None,
    form: str,
    more: list[str],
    folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("part.yaml").unlink(missing_ok=True)
    if part is not None:
        Path("part.yaml").write_text(part)
    names = [f"s{index}.yaml" for index in range(len(texts))]
    for name, text in zip(names, texts, strict=True):
        Path(name).write_text(text)
    arguments = [*names, "--format", form, *more]
    plain = outcome(capsys, *arguments, "--no-cache")
    assert outcome(capsys, *arguments) == plain
    assert outcome(capsys, *arguments) == plain


def test_a_change_of_a_used_file_is_seen(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("net.yaml").write_text(USER)
    for text, status in ((USED, 0), (USED.replace("[4, 4]", "[3, 4]"), 1), (USED, 0), (None, 1), (USED, 0)):
        part = Path("part.yaml")
        part.unlink(missing_ok=True)
        if text is not None:
            part.write_text(text)
        for _ in range(2):
            assert outcome(capsys, "net.yaml")[0] == status


def entries(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / ".cache").rglob("*") if path.is_file())


@pytest.mark.parametrize("damage", [b"", b"\x00\xff", b"{}", b"x" * 64 + b"\n{}"])
def test_a_damaged_cache_is_harmless(damage: bytes, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = outcome(capsys, "bad.yaml", "warned.yaml")
    assert len(entries(folder)) == 2
    for path in entries(folder):
        path.write_bytes(damage)
    assert outcome(capsys, "bad.yaml", "warned.yaml") == first
    for path in entries(folder):
        path.write_bytes(path.read_bytes().replace(b"4", b"5"))
    assert outcome(capsys, "bad.yaml", "warned.yaml") == first


def test_a_cache_that_cannot_be_written_is_harmless(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "file").write_text("mine")
    assert outcome(capsys, "bad.yaml", "--cache-dir", "file")[0] == 1
    assert outcome(capsys, "bad.yaml", "--cache-dir", "file/sub")[2] == ""
    (folder / "closed").mkdir()
    (folder / "closed").chmod(stat.S_IRUSR | stat.S_IXUSR)
    assert outcome(capsys, "bad.yaml", "--cache-dir", "closed")[2] == ""
    assert (folder / "file").read_text() == "mine"


def test_nothing_is_kept_where_that_is_not_wanted(folder: Path) -> None:
    main(["validate", "bad.yaml", "--no-cache"])
    assert entries(folder) == []
    main(["validate", "bad.yaml", "--cache-dir", "mine"])
    assert entries(folder) == []
    assert any(Path("mine").rglob("*"))


def aged(path: Path, days: float) -> Path:
    then = time.time() - days * 24 * 3600
    os.utime(path, (then, then))
    return path


def test_what_was_written_30_days_ago_is_forgotten(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = outcome(capsys, ".")
    old, young = entries(folder)
    aged(old, 30.1)
    aged(young, 29.9)
    Path("zz.yaml").write_text(BAD)
    outcome(capsys, ".")
    assert not old.exists()
    assert young.exists()
    Path("zz.yaml").unlink()
    assert outcome(capsys, ".") == before


def test_what_other_versions_left_goes_after_30_days_and_nothing_of_the_user_s(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cache = folder / ".cache"
    for name in ("0" * 24, "1" * 24, "not-ours"):
        (cache / name).mkdir(parents=True)
        (cache / name / "entry").write_bytes(b"")
    old, young, other = (cache / name for name in ("0" * 24, "1" * 24, "not-ours"))
    aged(old, 30.1)
    aged(young, 29.9)
    aged(other, 30.1)
    outcome(capsys, ".")
    assert [old.exists(), young.exists(), other.exists()] == [False, True, True]


def test_processes_may_share_a_cache(folder: Path) -> None:
    for index in range(20):
        Path(f"n{index}.yaml").write_text(BAD.replace("Net", f"Net{index}"))
    command = [sys.executable, "-m", "netspec", "validate", ".", "--format", "concise"]
    runs = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(3)]
    outs = [run.communicate() for run in runs]
    assert len(set(outs)) == 1
    assert outs[0][1] == b""
    assert [run.returncode for run in runs] == [1, 1, 1]
    assert not [path for path in entries(folder) if path.name.startswith(".")]


ALL_KNOWN = """
import sys
from netspec.cli import main
status = main(["validate", ".", "--format", {form!r}])
heavy = {{"pydantic", "yaml", "netspec.pipeline", "netspec.catalog", "importlib.metadata"}} & set(sys.modules)
assert not heavy, heavy
sys.exit(status)
"""


@pytest.mark.parametrize("form", ["full", "json", "github"])
@pytest.mark.usefixtures("folder")
def test_nothing_heavy_is_imported_where_every_outcome_is_known(form: str) -> None:
    main(["validate", "."])
    code = ALL_KNOWN.format(form=form)
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=os.environ)
    assert run.returncode == 1, run.stderr


@pytest.mark.usefixtures("folder")
def test_the_json_report_has_a_result_for_each_file(capsys: pytest.CaptureFixture[str]) -> None:
    main(["validate", ".", "--format", "json"])
    files = json.loads(capsys.readouterr().out)["summary"]["files"]
    assert [(each["path"], each["ok"]) for each in files] == [("./bad.yaml", False), ("./warned.yaml", True)]
