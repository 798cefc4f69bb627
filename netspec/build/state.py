"""What the state of a network must be: names, shapes, dtypes, and which names share a tensor.

It is learnt from the spec alone, on the meta device, before anything of that size is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from netspec.build.instantiate import instantiate
from netspec.carry.header import Stored
from netspec.errors import SafeFileError
from netspec.pipeline import Checked

_MOST_SHOWN = 5
_FLOATS = ("float", "bfloat")


@dataclass(frozen=True, slots=True)
class State:
    """`tensors` has every name, in the order of `state_dict`; `tied` those that share the tensor of an
    earlier name, with that name."""

    tensors: Mapping[str, Stored]
    tied: Mapping[str, str]

    @property
    def stored(self) -> tuple[str, ...]:
        """The names under which a file has tensors: each tensor once."""
        return tuple(name for name in self.tensors if name not in self.tied)


def state_of(checked: Checked) -> State:
    """The state of the network that a spec without errors describes, for its params."""
    return declared(instantiate(checked, checked.params or {}, "meta"))


def declared(module: nn.Module) -> State:
    """The state of a module."""
    tensors: dict[str, Stored] = {}
    tied: dict[str, str] = {}
    first: dict[int, str] = {}
    found: dict[str, Any] = module.state_dict(keep_vars=True)
    for name, value in found.items():
        if not isinstance(value, Tensor):
            raise SafeFileError(f"`{name}` of the network is no tensor, and cannot be stored", code="NS604")
        tensors[name] = described(value)
        known = first.setdefault(id(value), name)
        if known != name:
            tied[name] = known
    return State(tensors, tied)


def described(tensor: Tensor) -> Stored:
    return Stored(str(tensor.dtype).removeprefix("torch."), tuple(tensor.shape))


def fits(stored: Stored, own: Stored) -> bool:
    """Whether values can stand in for others: of one shape, and both floating or of one dtype."""
    floating = stored.dtype.startswith(_FLOATS) and own.dtype.startswith(_FLOATS)
    return stored.shape == own.shape and (floating or stored.dtype == own.dtype)


def check_state(found: Mapping[str, Stored], wanted: Mapping[str, Stored], what: str) -> None:
    """SafeFileError (NS604) where the tensors are not those of the spec, one for one."""
    problems = [f"`{name}` is missing" for name in wanted if name not in found]
    problems += [f"`{name}` is no part of the network" for name in found if name not in wanted]
    problems += [
        f"`{name}` is {found[name]}, but the spec has {wanted[name]}"
        for name in wanted
        if name in found and not fits(found[name], wanted[name])
    ]
    if problems:
        more = f", and {len(problems) - _MOST_SHOWN} more" if len(problems) > _MOST_SHOWN else ""
        raise SafeFileError(
            f"{what} does not fit its spec: {', '.join(problems[:_MOST_SHOWN])}{more}", code="NS604"
        )
