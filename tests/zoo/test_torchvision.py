"""Every spec of specs/torchvision is the torchvision builder of its name, bit for bit.

What a network prints and holds is compared for every builder. Weights, outputs, gradients and exports
are compared for one builder of each family, or, with the environment's NETSPEC_ZOO=all, for every one.
"""

from __future__ import annotations

import copy
import functools
import os
import subprocess
import sys
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
    "mnasnet0_5",
    "resnet18",
    "resnext50_32x4d",
    "shufflenet_v2_x0_5",
    "squeezenet1_1",
    "vgg11_bn",
]
RUN = NAMES if os.environ.get("NETSPEC_ZOO") == "all" else CHOSEN
# Where a network's image size is a param, a small one makes the comparison quick.
SMALL_IMAGE: dict[str, int] = {}
LEAST = 64


def params_of(name: str) -> dict[str, int]:
    return {"image_size": size} if (size := SMALL_IMAGE.get(name)) else {}


def images(name: str, batch: int = 2) -> Any:
    """A batch of the smallest images that the network takes and that leave it more than one place."""
    least = models.get_model_weights(name).DEFAULT.meta["min_size"][0]
    size = params_of(name).get("image_size", max(least, LEAST))
    return torch.randn(batch, 3, size, size, generator=torch.Generator().manual_seed(1))


@functools.lru_cache(maxsize=1)
def pair(name: str) -> tuple[Any, Any]:
    """The compiled network and torchvision's, each made from seed 0; not to be changed."""
    torch.manual_seed(0)
    compiled = netspec.compile(SPECS / f"{name}.yaml", **params_of(name))
    torch.manual_seed(0)
    return compiled, models.get_model(name, weights=None, **params_of(name))


def flat(result: Any) -> list[Any]:
    """The tensors of a result: one, or the fields of a tuple."""
    return [result] if isinstance(result, torch.Tensor) else list(result)


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


@pytest.mark.parametrize("name", RUN)
def test_one_seed_makes_the_same_weights(name: str) -> None:
    compiled, wanted = (network.state_dict() for network in pair(name))
    assert [key for key in wanted if not torch.equal(compiled[key], wanted[key])] == []


@pytest.mark.parametrize("training", [False, True], ids=["eval", "train"])
@pytest.mark.parametrize("name", RUN)
def test_outputs_and_gradients_are_the_same(name: str, training: bool) -> None:
    compiled, wanted = map(copy.deepcopy, pair(name))
    compiled.load_state_dict(wanted.state_dict())
    results = []
    for network in (compiled, wanted):
        network.train(training)
        torch.manual_seed(2)
        result = network(images(name))
        sum(each.square().sum() for each in flat(result)).backward()
        gradients = [parameter.grad for parameter in network.parameters()]
        results.append((result, gradients, list(network.buffers())))
    (output, gradients, buffers), (wanted_output, wanted_gradients, wanted_buffers) = results
    assert type(output).__name__ == type(wanted_output).__name__
    assert getattr(output, "_fields", None) == getattr(wanted_output, "_fields", None)
    assert same(flat(output), flat(wanted_output))
    assert same(gradients, wanted_gradients)
    assert same(buffers, wanted_buffers)


def same(first: list[Any], second: list[Any]) -> bool:
    """Whether tensors, or their absence, agree bit for bit."""
    return len(first) == len(second) and all(
        torch.equal(a, b) if a is not None and b is not None else a is b
        for a, b in zip(first, second, strict=True)
    )


@pytest.mark.parametrize("name", RUN)
def test_it_exports_with_any_batch_size(name: str) -> None:
    compiled = copy.deepcopy(pair(name)[0]).eval()
    dynamic = ({0: torch.export.Dim("N", min=2, max=64)},)
    exported = torch.export.export(compiled, (images(name),), dynamic_shapes=dynamic)
    with torch.no_grad():
        batch = images(name, batch=3)
        assert torch.allclose(exported.module()(batch), compiled(batch), atol=1e-6)


@pytest.mark.parametrize("name", CHOSEN)
def test_its_source_runs_without_netspec(name: str, tmp_path: Path) -> None:
    spec = SPECS / f"{name}.yaml"
    (tmp_path / "net.py").write_text(netspec.source(spec), encoding="utf-8")
    shape = list(images(name).shape)
    given = ", ".join(f"{key}={value}" for key, value in params_of(name).items())
    code = (
        "import sys; sys.modules['netspec'] = None; import torch, net; "
        f"print(list(net.{netspec.load(spec).name}({given}).eval()(torch.zeros({shape})).shape))"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert (run.stdout, run.stderr) == ("[2, 1000]\n", "")


def test_each_family_has_a_chosen_builder() -> None:
    def family(name: str) -> str:
        return models.get_model_builder(name).__module__

    assert {family(name) for name in CHOSEN} == {family(name) for name in NAMES}
