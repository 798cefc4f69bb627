"""What `netspec summary` counts is what PyTorch counts: parameters, buffers, FLOPs, bytes of activations.

For training, what autograd's hooks are given to keep, parameters and buffers apart. For inference, the most
bytes of tensors alive at once in a run that lets go of each value after its last use.
"""

from __future__ import annotations

import weakref
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode

import netspec
from netspec.build.evaluation import Evaluation
from netspec.build.promised import made
from netspec.diagnostics import Collector
from netspec.graph.elaborate import elaborate
from netspec.graph.verify import used

pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore:dropout2d")]

ROOT = Path(__file__).parents[2] / "specs"
CHOSEN = """
    mnist torchvision/alexnet torchvision/convnext_tiny torchvision/densenet121 torchvision/efficientnet_b0
    torchvision/googlenet torchvision/inception_v3 torchvision/mnasnet0_5 torchvision/mobilenet_v2
    torchvision/mobilenet_v3_small torchvision/regnet_y_400mf torchvision/resnet18
    torchvision/shufflenet_v2_x0_5 torchvision/squeezenet1_1 torchvision/vgg11_bn torchvision/vit_b_32
    networks/dcgan_discriminator networks/dcgan_generator networks/image_and_table networks/siamese
    networks/vae
""".split()


class Case:
    """A spec, its module on CPU, and inputs of its typical sizes (2 where it has none)."""

    def __init__(self, name: str) -> None:
        self.spec = netspec.load(ROOT / f"{name}.yaml")
        self.summary = netspec.summary(self.spec)
        self.module = netspec.compile(self.spec)
        graph, shapes = self.spec.checked.graph, self.spec.checked.shapes
        assert graph is not None
        assert shapes is not None
        typical = {name: size for each in graph.inputs for name, size in each.typical.items()}
        self.sizes = {name: typical.get(name, 2) for name in self.summary.typical}
        self.inputs = [real(made(shapes.of(each.value), self.sizes)) for each in graph.inputs]


def real(tensor: torch.Tensor) -> torch.Tensor:
    if tensor.is_floating_point():
        return torch.rand(tensor.shape, dtype=tensor.dtype)
    return torch.zeros(tensor.shape, dtype=tensor.dtype)


@pytest.fixture(scope="module", params=CHOSEN)
def case(request: pytest.FixtureRequest) -> Case:
    return Case(request.param)


def storage(tensor: torch.Tensor) -> Any:
    return tensor.untyped_storage()


def owned(module: torch.nn.Module) -> set[int]:
    return {storage(tensor)._cdata for tensor in [*module.parameters(), *module.buffers()]}


def test_parameters_and_buffers(case: Case) -> None:
    assert case.summary.parameters == sum(each.numel() for each in case.module.parameters())
    assert case.summary.buffers == sum(each.numel() for each in case.module.buffers())


def test_flops(case: Case) -> None:
    # The counter does not know the fused attention of CPUs, but the products that it stands for.
    with FlopCounterMode(display=False) as counter, torch.no_grad(), sdpa_kernel(SDPBackend.MATH):
        case.module.train()(*case.inputs)
    assert case.summary.flops is not None
    assert case.summary.flops.evaluate(case.sizes) == counter.get_total_flops()


@pytest.mark.parametrize("name", sorted(path.stem for path in (ROOT / "networks").glob("*.yaml")))
def test_flops_of_a_network_on_the_meta_device(name: str) -> None:
    """Where PyTorch's counter sees through recurrent layers and transformers."""
    spec = netspec.load(ROOT / "networks" / f"{name}.yaml")
    summary, graph, shapes = netspec.summary(spec), spec.checked.graph, spec.checked.shapes
    assert graph is not None
    assert shapes is not None
    sizes = {symbol: 8 if size == 1 else min(size, 64) for symbol, size in summary.typical.items()}
    inputs = [made(shapes.of(each.value), sizes) for each in graph.inputs]
    with torch.device("meta"):
        module = netspec.compile(spec)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module(*inputs)
    assert summary.flops is not None
    assert summary.flops.evaluate(sizes) == counter.get_total_flops() > 0


def test_what_training_keeps(case: Case) -> None:
    seen: dict[int, Any] = {}
    own = owned(case.module)

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        if storage(tensor)._cdata not in own:
            # Held, so that no other storage takes its place.
            seen[storage(tensor)._cdata] = storage(tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        case.module.train()(*case.inputs)
    assert case.summary.kept is not None
    assert case.summary.kept.evaluate(case.sizes) == sum(each.nbytes() for each in seen.values())


class Alive(TorchDispatchMode):
    """The bytes of the storages that live, and the most there were."""

    def __init__(self, without: set[int]) -> None:
        super().__init__()
        self.alive: dict[int, int] = dict.fromkeys(without, 0)
        self.total = self.peak = 0

    def add(self, tensor: torch.Tensor) -> None:
        held = storage(tensor)
        if held._cdata not in self.alive:
            self.alive[held._cdata] = held.nbytes()
            self.total += held.nbytes()
            self.peak = max(self.peak, self.total)
            weakref.finalize(held, self.drop, held._cdata)

    def drop(self, key: int) -> None:
        self.total -= self.alive.pop(key)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        found = func(*args, **(kwargs or {}))
        for each in tree_leaves(found):
            if isinstance(each, torch.Tensor):
                self.add(each)
        return found


class Frugal(Evaluation):
    """Lets go of each value after its last use."""

    def run(self) -> Frugal:
        last = {number: at for at, node in enumerate(self.graph.nodes) for number in used(node.arguments)}
        kept = {*used(self.graph.returned), *(each.value for each in self.graph.inputs)}
        for at, node in enumerate(self.graph.nodes):
            self.step(node)
            for number in {*used(node.arguments), *node.results.flat} - kept:
                if last.get(number, -1) <= at:
                    self.values.pop(number, None)
        return self


def test_the_peak_of_inference(case: Case) -> None:
    program = case.spec.checked.program
    assert program is not None
    graph = elaborate(program, case.spec.checked.params or {}, Collector(), training=False)
    with torch.no_grad(), Alive(owned(case.module)) as alive:
        for tensor in case.inputs:
            alive.add(tensor)
        Frugal(graph, case.module.eval(), case.inputs, case.sizes).run()
    assert case.summary.peak is not None
    assert case.summary.peak.evaluate(case.sizes) == alive.peak
