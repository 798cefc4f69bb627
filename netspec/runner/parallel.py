"""How a network is spread over the processes of a run, and its state as if it were not spread at all.

DDP: every process has all weights, and gradients are averaged. FSDP2 (`fully_shard`): every process has
a part of each weight, and whole ones only while a block runs. Checkpoints hold whole tensors in either
case, so that a run may go on with another number of processes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn, optim

from netspec.runner.errors import RunError
from netspec.runner.world import World


def choose_parallel(name: str, world: World) -> str:
    """`ddp`, `fsdp`, or `none` for one process alone, which has nothing to share."""
    if world.size == 1:
        return "none"
    return "fsdp" if name == "fsdp" else "ddp"


def shard(module: nn.Module, device: torch.device) -> None:
    """Spread the weights, block by block: each child with weights is a unit, and so is each member of a
    container; what is left belongs to the whole."""
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard

    mesh = init_device_mesh(device.type, (torch.distributed.get_world_size(),))
    for unit in _units(module):
        fully_shard(unit, mesh=mesh)
    fully_shard(module, mesh=mesh)


def _units(module: nn.Module) -> Iterator[nn.Module]:
    for child in module.children():
        if isinstance(child, nn.Sequential | nn.ModuleList | nn.ModuleDict):
            yield from _units(child)
        elif any(True for _ in child.parameters()):
            yield child


def replicate(module: nn.Module, device: torch.device) -> nn.Module:
    """The network with averaged gradients."""
    from torch.nn.parallel import DistributedDataParallel

    devices = None if device.type == "cpu" else [device]
    return DistributedDataParallel(module, device_ids=devices)


def last_only(network: Callable[..., Any], last: bool) -> AbstractContextManager[object]:
    """Within it, gradients are sent only for the last of the batches that make a step."""
    if hasattr(network, "set_requires_gradient_sync"):
        network.set_requires_gradient_sync(last)
        return nullcontext()
    if last or not hasattr(network, "no_sync"):
        return nullcontext()
    context: AbstractContextManager[object] = network.no_sync()
    return context


def whole(state: Any) -> Any:
    """A state with whole tensors on the CPU in place of parts; every process has to take part."""
    match state:
        case Tensor():
            value = state.full_tensor() if hasattr(state, "full_tensor") else state
            return value.detach().cpu()
        case dict():
            return {key: whole(value) for key, value in state.items()}
        case list():
            return [whole(value) for value in state]
        case tuple():
            return tuple(whole(value) for value in state)
    return state


def load_module(module: nn.Module, state: dict[str, Tensor]) -> None:
    """Load whole tensors into a network that may be spread."""
    own = module.state_dict()
    module.load_state_dict({name: _like(value, own.get(name)) for name, value in state.items()})


def load_optimizer(optimizer: optim.Optimizer, state: dict[str, Any]) -> None:
    """Load an optimizer's whole state; what has a parameter's shape is spread as the parameter is."""
    parameters = [each for group in optimizer.param_groups for each in group["params"]]
    spread = {
        place: {
            name: _like(value, parameters[place])
            if isinstance(value, Tensor) and value.shape == parameters[place].shape
            else value
            for name, value in values.items()
        }
        for place, values in state["state"].items()
    }
    optimizer.load_state_dict({**state, "state": spread})


def _like(value: Tensor, own: Any) -> Tensor:
    if not hasattr(own, "device_mesh"):
        return value
    from torch.distributed.tensor import distribute_tensor

    return distribute_tensor(value.to(own.device), own.device_mesh, own.placements)


@contextmanager
def failures_of_others_explained(world: World) -> Iterator[None]:
    """RunError in place of what PyTorch raises where another process has gone."""
    try:
        yield
    except RuntimeError as error:
        text = str(error)
        if "Expected to have finished reduction" in text:
            raise RunError(
                "a parameter takes no part in the loss, which averaging gradients over processes does not "
                "allow: remove the layer, or name its parameters in `freeze`"
            ) from error
        gone = isinstance(error, torch.distributed.DistError) or "gloo" in text
        if world.size == 1 or not gone:
            raise
        raise RunError(
            f"process {world.rank} of {world.size} has lost another one, which says itself what happened"
        ) from error
