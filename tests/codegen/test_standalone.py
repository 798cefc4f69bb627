"""Several specs as one module that needs nothing of netspec, and shapes as comments that hold."""

from __future__ import annotations

import ast
import io
import tokenize
import types
from pathlib import Path
from typing import Any

import pytest

import netspec
from netspec.cli import main
from netspec.views import formatted as formatting

ROOT = Path(__file__).parents[2] / "specs"
FAMILIES = ["mnist", "networks/unet", "networks/gpt2", "networks/transformer_seq2seq", "torchvision/resnet18",
            "torchvision/mobilenet_v3_small", "torchvision/swin_t", "torchvision/googlenet"]  # fmt: skip

TWICE = """\
netspec: 1
name: Twice
inputs:
  x: [N, 8, H=32]
layers:
  narrow: {Conv: [8, 4]}
  wide: {Conv: [4, 8]}
  steps_: {ModuleList: [{Linear: [8, 6]}, {Linear: [6, 4]}]}
forward:
  - narrow
  - wide
  - {softmax: {dim: -1}, as: y}
  - {mean: -1, from: y}
  - steps_
  - {max: {dim: -1}, as: [best, place]}
  - {mul, from: [best, place]}
blocks:
  Conv:
    params: {before: int, after: int}
    inputs: {x: [N, $before, H]}
    layers: {conv: {Conv1d: [$before, $after, 3, {padding: 1}]}}
    forward: [conv, relu]
"""


def path(name: str) -> str:
    return str(ROOT / f"{name}.yaml")


def loaded(source: str) -> types.ModuleType:
    module = types.ModuleType("standalone")
    exec(compile(source, "standalone.py", "exec", dont_inherit=True), module.__dict__)
    return module


def test_shapes_stand_behind_the_lines_that_make_them() -> None:
    found = netspec.standalone([netspec.loads(TWICE)], annotate=True)
    for line in (
        "x = self.conv(x)  # [N, _, H]",
        "return F.relu(x)  # [N, _, H]",
        "x = self.narrow(x)  # [N, 4, H]",
        "x = self.wide(x)  # [N, 8, H]",
        "x = y.mean(-1)  # [N, 8]",
        "x = layer(x)\n",
        "best, place = x.max(dim=-1)  # [N], int64 [N]",
    ):
        assert line in found, found


def test_without_annotations_it_is_the_source() -> None:
    for name in FAMILIES:
        assert netspec.standalone([path(name)]) == netspec.source(path(name))


def test_a_class_of_several_specs_stands_there_once(tmp_path: Path) -> None:
    specs = [path("torchvision/resnet18"), path("torchvision/fcn_resnet50"), path("mnist")]
    found = netspec.standalone(specs[1:])
    names = [node.name for node in ast.parse(found).body if isinstance(node, ast.ClassDef)]
    assert len(names) == len({*names})
    assert names[-1] == "Net"
    with pytest.raises(
        netspec.NetspecError, match=r"ResNet is not the same in .*resnet18.yaml and .*resnet50.yaml"
    ):
        netspec.standalone([specs[0], path("torchvision/resnet50")])


def test_names_of_one_spec_do_not_hide_the_imports_of_another(tmp_path: Path) -> None:
    one = {"netspec": 1, "name": "One", "inputs": {"F": ["N", 4]}, "forward": ["relu"]}
    two = {"netspec": 1, "name": "Two", "inputs": {"x": ["N", 4]}, "forward": ["gelu"]}
    found = netspec.standalone([one, two])
    assert "import torch.nn.functional as F_" in found
    assert "return F_.gelu(x)" in found


def test_the_command_bundles_and_formats(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    specs = [path("mnist"), path("networks/unet")]
    assert main(["compile", *specs]) == 2
    assert "give --standalone" in capsys.readouterr().err
    target = str(tmp_path / "models.py")
    assert main(["compile", *specs, "--standalone", "--annotate", "--format", "-o", target]) == 0
    text = Path(target).read_text()
    assert "class UNet(nn.Module):" in text
    assert formatting.formatted(text) == text


def test_without_ruff_the_source_is_printed_as_it_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(formatting, "find_spec", lambda name: None)
    monkeypatch.setattr(formatting, "which", lambda name: None)
    assert main(["compile", path("mnist"), "--format"]) == 0
    printed = capsys.readouterr()
    assert printed.out == netspec.source(path("mnist"))
    assert "ruff is not installed" in printed.err
    with pytest.raises(netspec.NetspecError, match="pip install ruff"):
        netspec.standalone([path("mnist")], format=True)


@pytest.mark.torch
@pytest.mark.parametrize("name", FAMILIES)
def test_the_source_alone_makes_the_same_network(name: str) -> None:
    import torch

    source = netspec.standalone([path(name)], annotate=True, format=True)
    imported = {
        (node.module or "") if isinstance(node, ast.ImportFrom) else node.names[0].name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert "netspec" not in {each.partition(".")[0] for each in imported}
    spec = netspec.load(path(name))
    with torch.device("meta"):
        net = getattr(loaded(source), spec.name)()
    expected = netspec.compile(spec, device="meta")
    assert str(net) == str(expected)
    assert list(net.state_dict()) == list(expected.state_dict())


# The meta device has no nested tensors, which PyTorch's own Transformer makes.
@pytest.mark.torch
@pytest.mark.filterwarnings("ignore:dropout2d")
@pytest.mark.parametrize("name", sorted({*FAMILIES} - {"networks/transformer_seq2seq"}))
def test_the_comments_are_true(name: str) -> None:
    check_comments(path(name))


def check_comments(spec: str, **more: int) -> int:
    """Run annotated source on the meta device, comparing each commented value; how many were compared."""
    import torch

    from netspec.build.examples import examples_of

    loaded_spec = netspec.load(spec)
    examples = examples_of(loaded_spec.checked, tuple(
        each.name for each in loaded_spec.checked.program.main.inputs if each.optional
    ))  # fmt: skip
    compared: list[str] = []
    for turn in (0, 1):
        sizes = examples.sizes(64, turn)
        module = loaded(_checking(netspec.standalone([loaded_spec], annotate=True)))

        def check(value: Any, comment: str, sizes: dict[str, int] = sizes) -> Any:
            compared.append(comment)
            values = value if isinstance(value, tuple) else (value,)
            for each, text in zip(values, comment.replace("], ", "]|").split("|"), strict=True):
                dtype, _, shape = (
                    text.rpartition(" [") if not text.startswith("[") else ("float32", "", text[1:])
                )
                wanted = [
                    eval(size, {"min": min, "max": max}, {**sizes, "_": None})
                    for size in shape[:-1].split(", ")
                    if size
                ]
                assert str(each.dtype) == f"torch.{dtype}", (comment, each.dtype)
                assert len(wanted) == each.dim(), (comment, each.shape)
                assert all(w in (None, size) for w, size in zip(wanted, each.shape, strict=True)), (
                    comment,
                    each.shape,
                )
            return value

        module.__dict__["check_"] = check
        with torch.device("meta"):
            net = getattr(module, loaded_spec.name)()
        with torch.device("meta"):
            given = examples.tree(
                lambda _, each, shape, sizes=sizes: torch.zeros(
                    [size.evaluate(sizes) for size in shape], dtype=getattr(torch, each.dtype)
                )
            )
        for mode in (True, False):
            net.train(mode)
            net(*given)
    assert compared
    return len(compared)


def _checking(source: str) -> str:
    """The source with a call of `check_` for each comment behind a statement."""
    comments = {
        token.start[0]: token.string.removeprefix("# ")
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type == tokenize.COMMENT and token.string.endswith("]")
    }

    class Add(ast.NodeTransformer):
        def visit_Assign(self, node: ast.Assign) -> Any:
            comment = comments.get(node.end_lineno or 0)
            if comment is None:
                return node
            value = ast.Call(ast.Name("check_", ast.Load()), [node.value, ast.Constant(comment)], [])
            return ast.Assign(node.targets, value)

        def visit_Return(self, node: ast.Return) -> Any:
            comment = comments.get(node.end_lineno or 0)
            if comment is None or node.value is None:
                return node
            return ast.Return(
                ast.Call(ast.Name("check_", ast.Load()), [node.value, ast.Constant(comment)], [])
            )

    return ast.unparse(ast.fix_missing_locations(Add().visit(ast.parse(source))))
