"""Every spec of specs/torchvision is the torchvision builder of its name, bit for bit.

What a network prints and holds is compared for every builder. Weights, outputs, gradients and exports
are compared for one builder of each family, or, with the environment's NETSPEC_ZOO=all, for every one.
"""

from __future__ import annotations

import os
import subprocess
import sys
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
    "densenet121",
    "efficientnet_b0",
    "efficientnet_v2_s",
    "googlenet",
    "inception_v3",
    "mnasnet0_5",
    "mobilenet_v2",
    "mobilenet_v3_small",
    "regnet_y_400mf",
    "resnet18",
    "resnext50_32x4d",
    "shufflenet_v2_x0_5",
    "squeezenet1_1",
    "vgg11_bn",
    "vit_b_32",
]
RUN = NAMES if os.environ.get("NETSPEC_ZOO") == "all" else CHOSEN
# Where a network's image size is a param, a small one makes the comparison quick.
SMALL_IMAGE = {"vit_b_16": 48, "vit_b_32": 96, "vit_h_14": 42, "vit_l_16": 48, "vit_l_32": 96}
# What torchvision does not say: Inception needs more for training, and RegNet less than its weights.
LEAST_IMAGE = {"inception_v3": 299, "regnet_y_128gf": 64}
LEAST = 64


def params_of(name: str) -> dict[str, int]:
    return {"image_size": size} if (size := SMALL_IMAGE.get(name)) else {}


def images(name: str, batch: int = 2) -> Any:
    """A batch of the smallest images that the network takes and that leave it more than one place."""
    least = LEAST_IMAGE.get(name) or models.get_model_weights(name).DEFAULT.meta["min_size"][0]
    size = params_of(name).get("image_size", max(least, LEAST))
    return torch.randn(batch, 3, size, size, generator=torch.Generator().manual_seed(1))


@dataclass(frozen=True)
class Pair:
    """The compiled network and torchvision's, with one state, and which tensors one seed made differ."""

    name: str
    compiled: Any
    wanted: Any
    differing: list[str]


@pytest.fixture(scope="module", params=RUN)
def pair(request: pytest.FixtureRequest) -> Pair:
    name = request.param
    torch.manual_seed(0)
    compiled = netspec.compile(SPECS / f"{name}.yaml", **params_of(name))
    torch.manual_seed(0)
    wanted = models.get_model(name, weights=None, **params_of(name))
    state = compiled.state_dict()
    differing = [key for key, tensor in wanted.state_dict().items() if not torch.equal(state[key], tensor)]
    make_telling(wanted)
    compiled.load_state_dict(wanted.state_dict())
    return Pair(name, compiled, wanted, differing)


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
        compiled, wanted = netspec.compile(SPECS / f"{name}.yaml"), models.get_model(name, weights=None)
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
    pair.compiled.load_state_dict(pair.wanted.state_dict())
    output, gradients, buffers = results(pair.compiled, images(pair.name), training)
    wanted_output, wanted_gradients, wanted_buffers = results(pair.wanted, images(pair.name), training)
    assert type(output).__name__ == type(wanted_output).__name__
    assert getattr(output, "_fields", None) == getattr(wanted_output, "_fields", None)
    assert same(flat(output), flat(wanted_output))
    assert same(gradients, wanted_gradients)
    assert same(buffers, wanted_buffers)
    assert sum(gradient is not None and bool(gradient.any()) for gradient in gradients) > len(gradients) / 2


def results(network: Any, batch: Any, training: bool) -> tuple[Any, list[Any], list[Any]]:
    """Output, gradients and buffers of one step forward and back."""
    network.train(training)
    network.zero_grad()
    torch.manual_seed(2)
    output = network(batch)
    generator = torch.Generator().manual_seed(4)
    sum((each * torch.randn(each.shape, generator=generator)).sum() for each in flat(output)).backward()
    gradients = [parameter.grad for parameter in network.parameters()]
    return output, gradients, list(network.buffers())


def flat(output: Any) -> list[Any]:
    """The tensors of an output: one, or the fields of a tuple."""
    return [output] if isinstance(output, torch.Tensor) else list(output)


def same(first: list[Any], second: list[Any]) -> bool:
    """Whether tensors, or their absence, agree bit for bit."""
    return len(first) == len(second) and all(
        torch.equal(a, b) if a is not None and b is not None else a is b
        for a, b in zip(first, second, strict=True)
    )


def test_it_exports_with_any_batch_size(pair: Pair) -> None:
    compiled = pair.compiled.eval()
    dynamic = ({0: torch.export.Dim("N", min=2, max=64)},)
    exported = torch.export.export(compiled, (images(pair.name),), dynamic_shapes=dynamic).module()
    with torch.no_grad():
        batch = images(pair.name, batch=3)
        assert torch.allclose(exported(batch), compiled(batch), atol=1e-5)


def test_the_sources_run_without_netspec(tmp_path: Path) -> None:
    lines = ["import sys", "sys.modules['netspec'] = None", "import importlib, torch"]
    for name in CHOSEN:
        spec = netspec.load(SPECS / f"{name}.yaml")
        (tmp_path / f"{name}.py").write_text(netspec.source(spec), encoding="utf-8")
        shape = list(images(name).shape)
        lines += [
            f"made = importlib.import_module({name!r}).{spec.name}(**{params_of(name)})",
            f"print({name!r}, list(made.eval()(torch.zeros({shape})).shape))",
        ]
    code = "\n".join(lines)
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert run.stderr == ""
    assert run.stdout.splitlines() == [f"{name} [2, 1000]" for name in CHOSEN]


def test_each_family_has_a_chosen_builder() -> None:
    def family(name: str) -> str:
        return models.get_model_builder(name).__module__

    assert {family(name) for name in CHOSEN} == {family(name) for name in NAMES}
