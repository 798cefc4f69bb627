"""The Python calls: what is public, what they take, what they return and raise."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import netspec

SPEC = """\
netspec: 1
name: Net
params: {width: 8, depths: [1, 2]}
inputs:
  x: [N, 4]
layers:
  fc: {Linear: [4, $width]}
forward:
  - fc
  - {mul: "$(depths[0])"}
"""
BAD = SPEC.replace("[4, $width]", "[5, $width]")

SIGNATURES = {
    "validate": (
        "(spec: 'SpecLike', /, *, oracle: \"Literal['torch'] | None\" = None, **params: 'Any') -> 'Report'"
    ),
    "validate_text": (
        "(text: 'str', /, *, path: 'str' = '<text>', oracle: \"Literal['torch'] | None\" = None,"
        " **params: 'Any') -> 'Report'"
    ),
    "load": "(path: 'str | os.PathLike[str]', /, **params: 'Any') -> 'Spec'",
    "loads": "(text: 'str', /, *, path: 'str' = '<text>', **params: 'Any') -> 'Spec'",
    "source": "(spec: 'SpecLike', /, **params: 'Any') -> 'str'",
    "summary": "(spec: 'SpecLike', /, **params: 'Any') -> 'Summary'",
    "compile_class": "(spec: 'SpecLike', /) -> 'type[torch.nn.Module]'",
    "compile": (
        "(spec: 'SpecLike', /, *, device: 'str | torch.device | None' = None, **params: 'Any')"
        " -> 'torch.nn.Module'"
    ),
}


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.yaml").write_text(SPEC)
    (tmp_path / "bad.yaml").write_text(BAD)
    return tmp_path / "net.yaml"


@pytest.mark.parametrize("name", SIGNATURES)
def test_the_signatures_are_fixed(name: str) -> None:
    assert str(inspect.signature(getattr(netspec, name))) == SIGNATURES[name]


def test_every_public_name_exists_and_is_documented() -> None:
    assert {*SIGNATURES, "Report", "Spec", "SpecError", "NetspecError", "__version__"} <= set(netspec.__all__)
    for name in set(netspec.__all__) - {"__version__"}:
        assert inspect.getdoc(getattr(netspec, name)), name
    assert sorted(netspec.__all__, key=str.casefold) == sorted(set(netspec.__all__), key=str.casefold)


def test_importing_and_checking_does_not_import_torch(path: Path) -> None:
    code = (
        "import sys, netspec\n"
        "spec = netspec.load('net.yaml')\n"
        "netspec.source(spec); str(netspec.summary(spec)); netspec.validate('bad.yaml').render('full')\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=path.parent)


def test_a_spec_is_named_by_path_by_object_or_by_content(path: Path) -> None:
    content = yaml.safe_load(SPEC)
    spec = netspec.load(path)
    sources = {netspec.source(each) for each in ("net.yaml", str(path), path, spec, content)}
    assert len(sources) == 1
    assert all(netspec.validate(each).ok for each in ("net.yaml", path, spec, content))
    assert (spec.name, spec.params, spec.path) == ("Net", {"width": 8, "depths": [1, 2]}, str(path))
    assert spec.text == SPEC
    assert repr(netspec.loads(SPEC)) == "<Spec Net from <text>>"


def test_a_bad_spec_is_reported_by_validate_and_raised_by_all_else(path: Path) -> None:
    report = netspec.validate("bad.yaml")
    assert not report.ok
    assert [found.code for found in report.diagnostics] == ["NS402"]
    for call in (netspec.load, netspec.source, netspec.summary):
        with pytest.raises(netspec.SpecError) as caught:
            call("bad.yaml")
        assert caught.value.report.diagnostics == report.diagnostics
        assert str(caught.value) == report.render("full")


def test_params_are_values_for_the_spec() -> None:
    assert netspec.validate_text(SPEC, width=3).ok
    assert netspec.loads(SPEC, width=3, depths=[4]).params == {"width": 3, "depths": [4]}
    (found,) = netspec.validate_text(SPEC, widht=3).diagnostics
    assert (found.code, found.help) == ("NS307", "the param may be `width`")
    (found,) = netspec.validate_text(SPEC, width="wide").diagnostics
    assert found.code == "NS304"
    assert netspec.validate_text(SPEC, depths=[]).diagnostics[0].code == "NS303"


@pytest.mark.parametrize("name", ["spec", "text", "device", "path"])
def test_a_param_may_bear_the_name_of_an_argument(name: str) -> None:
    """All but the keyword-only ones are positional, so that params are free to use their names."""
    text = SPEC.replace("width", name)
    assert netspec.validate_text(text).ok
    given = {} if name in ("path", "device") else {name: 3}
    assert netspec.validate(yaml.safe_load(text), **given).ok


@pytest.mark.parametrize("missing", ["none.yaml", "none/net.yaml", "."])
def test_what_cannot_be_read_is_a_netspec_error(missing: str, path: Path) -> None:
    for call in (netspec.validate, netspec.load, netspec.source):
        with pytest.raises(netspec.NetspecError) as caught:
            call(missing)
        assert not isinstance(caught.value, netspec.SpecError)
        assert missing in str(caught.value)


def test_bytes_that_are_no_text_are_a_finding(path: Path) -> None:
    path.write_bytes(b"netspec: 1\nname: \xff\n")
    assert [found.code for found in netspec.validate(path).diagnostics] == ["NS010"]
    with pytest.raises(netspec.SpecError, match="NS010"):
        netspec.load(path)


@pytest.mark.parametrize("text", ["1e-3", "0o17", "010", "true", "yes", "null", "", "1_000", "a: b", "é"])
def test_a_text_in_a_mapping_stays_a_text(text: str) -> None:
    content = {**yaml.safe_load(SPEC), "params": {"width": 8, "depths": [1], "kind": text}}
    assert netspec.validate(content).ok
    assert f"kind: str = {json.dumps(text, ensure_ascii=False)}" in netspec.source(content)


@pytest.mark.parametrize(
    "odd", [{}, {"netspec": 1}, {1: 2}, {"netspec": 1, "name": None, "forward": {1: [None]}}]
)
def test_any_mapping_has_a_report(odd: dict[object, object]) -> None:
    assert not netspec.validate(odd).ok  # type: ignore[arg-type]


@pytest.mark.parametrize("odd", [{"a": object()}, {"a": len}, {"a": 1j}])
def test_a_mapping_with_other_objects_is_a_netspec_error(odd: dict[str, object]) -> None:
    with pytest.raises(netspec.NetspecError):
        netspec.validate(odd)


@pytest.mark.torch
def test_one_text_is_one_class_and_params_are_its_arguments(path: Path) -> None:
    pytest.importorskip("torch", reason="building a module needs PyTorch")
    compiled = netspec.compile_class("net.yaml")
    assert compiled is netspec.compile_class(netspec.load(path))
    assert compiled.__name__ == "Net"
    assert compiled(width=3).fc.out_features == 3
    assert type(netspec.compile(path, width=5)) is compiled
    assert netspec.compile("net.yaml", width=5, device="meta").fc.weight.is_meta
    assert netspec.compile(path, width=5).fc.out_features == 5
    with pytest.raises(netspec.SpecError, match="NS307"):
        netspec.compile(path, widht=5)
    with pytest.raises(netspec.SpecError, match="NS402"):
        netspec.compile_class("bad.yaml")


def test_a_file_of_blocks_is_for_others_to_use(tmp_path: Path) -> None:
    block = "  Residual:\n    inputs: {x: [N, 8]}\n    forward:\n      - {add, from: [_, [relu]]}\n"
    (tmp_path / "blocks.yaml").write_text(f"netspec: 1\nblocks:\n{block}")
    user = "netspec: 1\nname: Net\nuse: blocks.yaml\ninputs: {x: [N, 8]}\nlayers: {a: Residual}\nforward: [a]"
    (tmp_path / "net.yaml").write_text(user)
    assert netspec.validate(tmp_path / "blocks.yaml").ok
    assert "class Residual" in netspec.source(tmp_path / "net.yaml")
    with pytest.raises(netspec.SpecError, match="holds only blocks"):
        netspec.load(tmp_path / "blocks.yaml")
