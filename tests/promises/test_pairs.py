"""Networks of many kinds, each as a spec and as the class that a person writes for it: no difference.

The specs lie in `fixtures/pairs` and in `specs/networks`. `fixtures/pairs/NAME.py`, or
`fixtures/networks/NAME.py`, has the class, `given(batch)` for its inputs, and where the defaults are not
meant `ARGUMENTS` for its constructor; `OTHERS` are further arguments to compare for.
"""

from __future__ import annotations

import copy
import inspect
import io
import itertools
import pickle
import runpy
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch

import netspec
from netspec.resolve.program import Module

pytestmark = pytest.mark.torch

TESTS = Path(__file__).parents[1]
PAIRS, CLASSES = TESTS / "fixtures" / "pairs", TESTS / "fixtures" / "networks"
NETWORKS = TESTS.parent / "specs" / "networks"
# A spec and the file of its class, by a name for both.
FILES = {path.stem: (path, path.with_suffix(".py")) for path in sorted(PAIRS.glob("*.yaml"))} | {
    f"networks/{path.stem}": (path, CLASSES / f"{path.stem}.py") for path in sorted(NETWORKS.glob("*.yaml"))
}
NAMES = list(FILES)
CASES = [
    (name, index)
    for name, (_, written) in FILES.items()
    for index in range(1 + len(runpy.run_path(str(written)).get("OTHERS", ())))
]


class Pair:
    """One spec with its hand-written class, both made from one seed."""

    def __init__(self, name: str, case: int = 0) -> None:
        path, written = FILES[name]
        self.facts = runpy.run_path(str(written))
        self.spec = netspec.load(path)
        self.arguments: dict[str, Any] = dict(self.facts.get("ARGUMENTS", {}))
        if case:
            self.arguments = dict(self.facts["OTHERS"][case - 1])
        torch.manual_seed(0)
        self.compiled = netspec.compile(path, **self.arguments)
        torch.manual_seed(0)
        self.written = self.facts[self.spec.name](**self.arguments)

    @property
    def module(self) -> Module:
        assert self.spec.checked.program is not None
        return self.spec.checked.program.main

    @property
    def optional(self) -> list[str]:
        return [each.name for each in self.module.inputs if each.optional]

    def inputs(self, batch: int = 3) -> tuple[torch.Tensor, ...]:
        torch.manual_seed(1)
        given = self.facts["given"]
        wanted = inspect.signature(given).parameters
        made: tuple[torch.Tensor, ...] = given(
            batch, **{key: value for key, value in self.arguments.items() if key in wanted}
        )
        return made


def flat(output: Any) -> list[torch.Tensor]:
    """The tensors of an output, in order."""
    match output:
        case torch.Tensor():
            return [output]
        case None:
            return []
        case dict():
            return [tensor for key in output for tensor in flat(output[key])]
    return [tensor for item in output for tensor in flat(item)]


def differentiable(given: Any) -> Any:
    """A copy of an input that gets a gradient, where it can have one."""
    if isinstance(given, list):
        return [differentiable(each) for each in given]
    return given.clone().requires_grad_() if given.is_floating_point() else given


def ran(net: torch.nn.Module, inputs: tuple[torch.Tensor, ...]) -> Any:
    torch.manual_seed(7)
    return net(*inputs)


@pytest.mark.parametrize(("name", "case"), CASES)
def test_they_print_the_same(name: str, case: int) -> None:
    pair = Pair(name, case)
    assert str(pair.compiled) == str(pair.written)
    assert type(pair.compiled).__doc__ == type(pair.written).__doc__
    assert [n for n, _ in pair.compiled.named_modules()] == [n for n, _ in pair.written.named_modules()]


@pytest.mark.parametrize(("name", "case"), CASES)
def test_one_seed_gives_the_same_state(name: str, case: int) -> None:
    pair = Pair(name, case)
    state = pair.compiled.state_dict()
    assert list(state) == list(pair.written.state_dict())
    assert [n for n, _ in pair.compiled.named_parameters()] == [n for n, _ in pair.written.named_parameters()]
    assert [n for n, _ in pair.compiled.named_buffers()] == [n for n, _ in pair.written.named_buffers()]
    for key, tensor in pair.written.state_dict().items():
        assert state[key].dtype == tensor.dtype, key
        assert torch.equal(state[key], tensor), key


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(("name", "case"), CASES)
def test_outputs_and_gradients_are_bit_identical(name: str, case: int, training: bool) -> None:
    pair = Pair(name, case)
    found = []
    for net in (pair.compiled, pair.written):
        net.train(training)
        inputs = tuple(map(differentiable, pair.inputs()))
        output = ran(net, inputs)
        torch.stack([each.square().sum() for each in flat(output)]).sum().backward()
        found.append((output, flat(output), [each.grad for each in (*flat(inputs), *net.parameters())]))
    (one, outputs, grads), (two, outputs2, grads2) = found
    assert type(one) is type(two)
    if isinstance(one, dict):
        assert list(one) == list(two)
    for a, b in zip((*outputs, *grads), (*outputs2, *grads2), strict=True):
        assert (a is None) == (b is None)
        assert a is None or torch.equal(a, b)


# PyTorch says this of its own encoder, which declares a module as a constant.
@pytest.mark.filterwarnings("ignore:'norm' was found in ScriptModule constants")
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(
    "name", [name for name in NAMES if "optional: true" in FILES[name][0].read_text("utf-8")]
)
def test_inputs_may_be_left_out(name: str, training: bool) -> None:
    """Every choice of the optional inputs gives what the hand-written class gives, and what was promised."""
    pair = Pair(name)
    inputs = dict(zip((each.name for each in pair.module.inputs), pair.inputs(), strict=True))
    for size in range(1, 1 + len(pair.optional)):
        for left_out in itertools.combinations(pair.optional, size):
            given = {key: tensor for key, tensor in inputs.items() if key not in left_out}
            found = []
            for net in (pair.compiled.train(training), pair.written.train(training)):
                torch.manual_seed(7)
                net.zero_grad()
                output = net(**given)
                torch.stack([each.square().sum() for each in flat(output)]).sum().backward()
                found.append((*flat(output), *(each.grad for each in net.parameters())))
            assert len(found[0]) == len(found[1])
            for a, b in zip(*found, strict=True):
                assert (a is None) == (b is None)
                assert a is None or torch.equal(a, b)
        if not training and pair.facts.get("SCRIPTS", True):
            wanted = flat(pair.compiled(**given))
            assert all(map(torch.equal, flat(torch.jit.script(pair.compiled)(**given)), wanted))


@pytest.mark.parametrize("name", NAMES)
def test_copies_are_the_same(name: str) -> None:
    pair = Pair(name)
    net = pair.compiled.eval()
    wanted = flat(ran(net, pair.inputs()))
    buffer = io.BytesIO()
    torch.save(net, buffer)
    buffer.seek(0)
    copies = copy.deepcopy(net), pickle.loads(pickle.dumps(net)), torch.load(buffer, weights_only=False)
    for copied in copies:
        assert type(copied) is type(net)
        assert all(map(torch.equal, flat(ran(copied, pair.inputs())), wanted))


@pytest.mark.parametrize("name", NAMES)
def test_the_shapes_are_as_promised(name: str) -> None:
    """What the checker says of the outputs holds for what the module returns."""
    pair = Pair(name)
    spec = netspec.load(FILES[name][0], **pair.arguments)
    graph, shapes = spec.checked.graph, spec.checked.shapes
    assert graph is not None
    assert shapes is not None
    inputs = pair.inputs()
    sizes: dict[str, int] = {}
    shapes_of = [each.items if each.listed else (each.shape,) for each in graph.inputs]
    declared = [shape for each in shapes_of for shape in each]
    for shape, tensor in zip(declared, flat(inputs), strict=True):
        for size, number in zip(shape or (), tensor.shape, strict=True):
            sizes.update(dict.fromkeys((each.name for each in size.symbols), number))
    outputs = flat(ran(pair.compiled.eval(), inputs))
    for (_, number), tensor in zip(graph.outputs, outputs, strict=True):
        promised = shapes.of(number)
        assert [each.evaluate(sizes) for each in promised.shape] == list(tensor.shape)  # type: ignore[union-attr]
        assert f"torch.{promised.dtype}" == str(tensor.dtype)  # type: ignore[union-attr]


@pytest.mark.parametrize("name", NAMES)
def test_export_with_a_dynamic_batch(name: str) -> None:
    pair = Pair(name)
    net, inputs = pair.compiled.eval(), pair.inputs()
    batch = torch.export.Dim("batch")
    with warnings.catch_warnings():
        # PyTorch's own recurrent layers assign their flat weights.
        warnings.filterwarnings("ignore", message="The tensor attributes self.*_flat_weights")
        shapes = tuple([{0: batch}] * len(e) if isinstance(e, list) else {0: batch} for e in inputs)
        exported = torch.export.export(net, inputs, dynamic_shapes=shapes).module()
    for size in (2, 5):
        given = pair.inputs(size)
        for a, b in zip(flat(exported(*given)), flat(net(*given)), strict=True):
            torch.testing.assert_close(a, b)


# PyTorch says this of its own encoder, which declares a module as a constant.
@pytest.mark.filterwarnings("ignore:'norm' was found in ScriptModule constants")
@pytest.mark.parametrize(("name", "case"), CASES)
def test_torchscript(name: str, case: int) -> None:
    pair = Pair(name, case)
    net = pair.compiled.eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", FutureWarning)
        if pair.facts.get("SCRIPTS", True) is False:
            # Python itself refuses what this network does; the hand-written class is no better.
            with pytest.raises((RuntimeError, torch.jit.frontend.NotSupportedError)):
                torch.jit.script(net)
            return
        scripted = torch.jit.script(net)
    for a, b in zip(flat(ran(scripted, pair.inputs())), flat(ran(net, pair.inputs())), strict=True):
        assert torch.equal(a, b)


def test_the_sources_run_without_netspec(tmp_path: Path) -> None:
    lines = ["import sys", "sys.modules['netspec'] = None", "import importlib"]
    for index, name in enumerate(NAMES):
        pair = Pair(name)
        (tmp_path / f"made{index}.py").write_text(netspec.source(pair.spec), encoding="utf-8")
        lines.append(f"print(importlib.import_module('made{index}').{pair.spec.name}(**{pair.arguments!r}))")
    run = subprocess.run(
        [sys.executable, "-c", "\n".join(lines)], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert run.stderr == ""
    assert run.stdout == "".join(f"{Pair(name).written}\n" for name in NAMES)


def test_every_class_has_its_spec() -> None:
    written = {path for folder in (PAIRS, CLASSES) for path in folder.glob("*.py")}
    assert written == {path for _, path in FILES.values()}


@pytest.mark.parametrize(
    ("name", "arguments", "size"),
    [
        ("resnet18", {"num_classes": 10}, 32),
        ("vit_b_16", {"image_size": 32, "num_classes": 10}, 32),
    ],
)
def test_the_zoo_of_torchvision_agrees(name: str, arguments: dict[str, Any], size: int) -> None:
    """The same text, the same state, and from one state the same outputs."""
    models = pytest.importorskip("torchvision.models")
    written = getattr(models, name)(**arguments).eval()
    compiled = netspec.compile(PAIRS / f"{name}.yaml", **arguments).eval()
    shapes = {key: tensor.shape for key, tensor in written.state_dict().items()}
    assert {key: tensor.shape for key, tensor in compiled.state_dict().items()} == shapes
    assert sorted(compiled.state_dict()) == sorted(written.state_dict())
    compiled.load_state_dict(written.state_dict())
    images = torch.rand(2, 3, size, size, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        assert torch.equal(compiled(images), written(images))
