"""Every spec of specs/torchvision is the torchvision builder of its name, bit for bit.

What a network prints and holds, and that its source runs alone, is compared for every builder. Weights,
outputs, gradients and exports are compared for one builder of each family, or, as the environment's
NETSPEC_ZOO says, for `all`, for those with `many` parameters or for those with `few`. The last two are
halves that take about as long, so that `.ci/run` makes them at the same time: only one has large networks.
"""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
import unittest.mock
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import netspec

torch = pytest.importorskip("torch")
models = pytest.importorskip("torchvision.models")
pytestmark = pytest.mark.torch

SPECS = Path(__file__).parents[2] / "specs" / "torchvision"
NAMES = sorted(path.stem for path in SPECS.glob("*.yaml"))
# One builder of each family; where a family has two kinds of block, one of each.
CHOSEN = [
    "alexnet",
    "convnext_tiny",
    "deeplabv3_mobilenet_v3_large",
    "densenet121",
    "efficientnet_b0",
    "efficientnet_v2_s",
    "fcn_resnet50",
    "googlenet",
    "inception_v3",
    "lraspp_mobilenet_v3_large",
    "maxvit_t",
    "mnasnet0_5",
    "mobilenet_v2",
    "mobilenet_v3_small",
    "mvit_v1_b",
    "mvit_v2_s",
    "r2plus1d_18",
    "regnet_y_400mf",
    "resnet18",
    "resnext50_32x4d",
    "s3d",
    "shufflenet_v2_x0_5",
    "squeezenet1_1",
    "swin3d_t",
    "swin3d_t",
    "swin_t",
    "swin_v2_t",
    "vgg11_bn",
    "vit_b_32",
]
MANY = 60_000_000  # parameters
# What both sides are built with, so that the comparison is quick: where the size of images is a param, a
# small one. Outputs, gradients and exports are compared with these, the rest with the defaults.
PARAMS: dict[str, dict[str, Any]] = {
    "vit_b_16": {"image_size": 48},
    "vit_b_32": {"image_size": 96},
    "vit_h_14": {"image_size": 42},
    "vit_l_16": {"image_size": 48},
    "vit_l_32": {"image_size": 96},
    "mvit_v1_b": {"image_size": 64, "frames": 4},
    "mvit_v2_s": {"image_size": 64, "frames": 4},
}
# The shape of one input, where it is no image of 3 channels and of the smallest size that torchvision names:
# Inception needs more for training, RegNet less than its weights, and videos have frames.
SHAPES: dict[str, tuple[int, ...]] = {
    "inception_v3": (3, 299, 299),
    "regnet_y_128gf": (3, 64, 64),
    **dict.fromkeys(("r3d_18", "mc3_18", "r2plus1d_18"), (3, 8, 32, 32)),
    "s3d": (3, 14, 224, 224),
    # Windows are shifted in the first two stages, and cover what is left in the others.
    **dict.fromkeys(("swin_t", "swin_s", "swin_b"), (3, 60, 64)),
    **dict.fromkeys(("swin3d_t", "swin3d_s", "swin3d_b"), (3, 18, 32, 60)),
    **dict.fromkeys(("swin3d_t", "swin3d_s", "swin3d_b"), (3, 18, 32, 60)),
    **dict.fromkeys(("swin_v2_t", "swin_v2_s", "swin_v2_b"), (3, 60, 72)),
    **dict.fromkeys(("mvit_v1_b", "mvit_v2_s"), (3, 4, 64, 64)),
}
LEAST = 64


def is_run(name: str) -> bool:
    """Whether weights, outputs, gradients and exports are compared in this run."""
    match os.environ.get("NETSPEC_ZOO"):
        case "all":
            return True
        case "many" | "few" as part:
            return (part == "many") == (about(name)["num_params"] >= MANY)
    return name in CHOSEN


def about(name: str) -> dict[str, Any]:
    """What torchvision says of the weights of a builder: number of parameters, smallest image."""
    return models.get_model_weights(name).DEFAULT.meta


def shape_of(name: str) -> tuple[int, ...]:
    """The smallest input that the network takes and that leaves it more than one place."""
    size = PARAMS.get(name, {}).get("image_size") or max(*about(name)["min_size"], LEAST)
    return SHAPES.get(name, (3, size, size))


def inputs(name: str, batch: int = 2) -> Any:
    return torch.randn(batch, *shape_of(name), generator=torch.Generator().manual_seed(1))


def built_by_torchvision(name: str, **params: Any) -> Any:
    """The builder's network, without pretrained weights, those of its backbone included."""
    parameters = inspect.signature(models.get_model_builder(name)).parameters
    without = {key: None for key in ("weights", "weights_backbone") if key in parameters}
    if name.startswith("mvit") and params:
        return small_mvit(name, **params)
    return models.get_model(name, **without, **params)


def small_mvit(name: str, *, frames: int, image_size: int) -> Any:
    """The builders of MViT fix the size of videos; what they call does not."""
    mvit = models.video.mvit
    original = mvit._mvit

    def with_size(**given: Any) -> Any:
        return original(**given | {"temporal_size": frames, "spatial_size": (image_size, image_size)})

    with unittest.mock.patch.object(mvit, "_mvit", with_size):
        return models.get_model(name, weights=None)


@dataclass(frozen=True)
class Pair:
    """The compiled network and torchvision's, on the same tensors, and those that one seed made differ.

    Sharing their state halves the memory, and is the strictest way to have one state. What a network
    writes to its buffers is taken back after each comparison.
    """

    name: str
    compiled: Any
    wanted: Any
    differing: list[str]


@pytest.fixture(scope="module", params=[name for name in NAMES if is_run(name)])
def pair(request: pytest.FixtureRequest) -> Iterator[Pair]:
    name = request.param
    params = PARAMS.get(name, {})
    torch.manual_seed(0)
    compiled = netspec.compile(SPECS / f"{name}.yaml", **params)
    torch.manual_seed(0)
    wanted = built_by_torchvision(name, **params)
    state = compiled.state_dict()
    differing = [key for key, tensor in wanted.state_dict().items() if not torch.equal(state[key], tensor)]
    del state  # its tensors, which the network does not need from here on
    make_telling(wanted)
    compiled.load_state_dict(wanted.state_dict(), assign=True)
    yield Pair(name, compiled, wanted, differing)
    # The test that failed may be kept with its traceback, but not hundreds of millions of gradients.
    compiled.zero_grad()
    wanted.zero_grad()


def make_telling(network: Any) -> None:
    """Give constant tensors (norms, biases, heads that begin as zeros) values that show in the outputs."""
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for tensor in network.state_dict().values():
            if tensor.is_floating_point() and (tensor == tensor.flatten()[0]).all():
                tensor.add_(torch.rand(tensor.shape, generator=generator), alpha=0.1)


@pytest.fixture
def widths_on_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """RegNet computes its widths with tensors, and they need values."""
    original = models.regnet.BlockParams.from_init_params

    def from_init_params(*args: Any, **more: Any) -> Any:
        with torch.device("cpu"):
            return original(*args, **more)

    monkeypatch.setattr(models.regnet.BlockParams, "from_init_params", from_init_params)


@pytest.mark.usefixtures("widths_on_the_cpu")
@pytest.mark.parametrize("name", NAMES)
def test_it_prints_and_holds_the_same(name: str) -> None:
    with torch.device("meta"):
        compiled, wanted = netspec.compile(SPECS / f"{name}.yaml"), built_by_torchvision(name)
    assert str(compiled) == str(wanted)
    assert described(compiled.state_dict()) == described(wanted.state_dict())
    assert [n for n, _ in compiled.named_parameters()] == [n for n, _ in wanted.named_parameters()]
    assert [n for n, _ in compiled.named_modules()] == [n for n, _ in wanted.named_modules()]


def described(state: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    return [(key, tensor.shape, tensor.dtype) for key, tensor in state.items()]


def test_one_seed_makes_the_same_weights(pair: Pair) -> None:
    assert pair.differing == []


@pytest.mark.parametrize("training", [False, True], ids=["eval", "train"])
def test_outputs_and_gradients_are_the_same(pair: Pair, training: bool) -> None:
    output, gradients, buffers = results(pair.compiled, inputs(pair.name), training)
    wanted_output, wanted_gradients, wanted_buffers = results(pair.wanted, inputs(pair.name), training)
    assert kind(output) == kind(wanted_output)
    assert names(output) == names(wanted_output)
    assert same(flat(output), flat(wanted_output))
    assert same(gradients, wanted_gradients)
    assert same(buffers, wanted_buffers)
    assert sum(gradient is not None and bool(gradient.any()) for gradient in gradients) > len(gradients) / 2


def results(network: Any, batch: Any, training: bool) -> tuple[Any, list[Any], list[Any]]:
    """Output, gradients and buffers of one step forward and back, which leaves the network as it was."""
    before = [buffer.clone() for buffer in network.buffers()]
    network.train(training)
    torch.manual_seed(2)
    output = network(batch)
    generator = torch.Generator().manual_seed(4)
    sum((each * torch.randn(each.shape, generator=generator)).sum() for each in flat(output)).backward()
    gradients = [parameter.grad for parameter in network.parameters()]
    buffers = [buffer.clone() for buffer in network.buffers()]
    network.zero_grad()
    for buffer, value in zip(network.buffers(), before, strict=True):
        buffer.copy_(value)
    return output, gradients, buffers


def kind(output: Any) -> str:
    """The name of an output's type; all dicts are alike, since any dict keeps its order."""
    return "dict" if isinstance(output, dict) else type(output).__name__


def names(output: Any) -> Any:
    """The names of the parts of an output that has them."""
    return list(output) if isinstance(output, dict) else getattr(output, "_fields", None)


def flat(output: Any) -> list[Any]:
    """The tensors of an output: one, or the parts of a tuple or a dict."""
    if isinstance(output, torch.Tensor):
        return [output]
    return list(output.values() if isinstance(output, dict) else output)


def same(first: list[Any], second: list[Any]) -> bool:
    """Whether tensors, or their absence, agree bit for bit."""
    return len(first) == len(second) and all(
        torch.equal(a, b) if a is not None and b is not None else a is b
        for a, b in zip(first, second, strict=True)
    )


def test_it_exports_with_any_batch_size(pair: Pair) -> None:
    compiled = pair.compiled.eval()
    dynamic = ({0: torch.export.Dim("N", min=2, max=64)},)
    exported = torch.export.export(compiled, (inputs(pair.name),), dynamic_shapes=dynamic).module()
    with torch.no_grad():
        batch = inputs(pair.name, batch=3)
        found, wanted = exported(batch), compiled(batch)
        assert names(found) == names(wanted)
        for first, second in zip(flat(found), flat(wanted), strict=True):
            assert torch.allclose(first, second, atol=1e-5)


@pytest.mark.usefixtures("widths_on_the_cpu")
def test_the_sources_run_without_netspec(tmp_path: Path) -> None:
    """Each in a process that cannot import netspec; without values, which are the class's anyway."""
    lines = ["import sys", "sys.modules['netspec'] = None", "import importlib, torch"]
    for name in NAMES:
        spec = netspec.load(SPECS / f"{name}.yaml")
        (tmp_path / f"{name}.py").write_text(netspec.source(spec), encoding="utf-8")
        lines += [
            "with torch.device('meta'):",
            f"    network = importlib.import_module({name!r}).{spec.name}(**{PARAMS.get(name, {})}).eval()",
            f"    output = network(torch.zeros(2, *{shape_of(name)}))",
            "outputs = output.values() if isinstance(output, dict) else [output]",
            f"print({name!r}, *(list(each.shape) for each in outputs))",
        ]
    (tmp_path / "run.py").write_text("\n".join(lines), encoding="utf-8")
    run = subprocess.run([sys.executable, "run.py"], cwd=tmp_path, capture_output=True, text=True)
    assert run.stderr == ""
    assert run.stdout.splitlines() == [" ".join([name, *output_shapes(name)]) for name in NAMES]


def output_shapes(name: str) -> list[str]:
    """The shapes of torchvision's outputs in eval mode."""
    with torch.device("meta"):
        network = built_by_torchvision(name, **PARAMS.get(name, {})).eval()
        return [str(list(each.shape)) for each in flat(network(torch.zeros(2, *shape_of(name))))]


def test_each_family_has_a_chosen_builder() -> None:
    def family(name: str) -> str:
        return models.get_model_builder(name).__module__

    assert {family(name) for name in CHOSEN} == {family(name) for name in NAMES}
