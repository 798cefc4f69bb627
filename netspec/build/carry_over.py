"""Weights of a file into a network that need not be the same: what fits is taken, the rest is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import safetensors.torch
import torch
from torch import nn

from netspec.build.state import declared, fits
from netspec.carry import read_safe_file
from netspec.carry.header import Stored
from netspec.errors import SafeFileError
from netspec.report.display import escaped


@dataclass(frozen=True, slots=True)
class Reshaped:
    """A name that file and network share, with tensors that differ in shape, or in the kind of dtype."""

    name: str
    stored: Stored
    own: Stored


@dataclass(frozen=True, slots=True)
class CarriedOver:
    """What became of each name. `kept` were loaded; `reshaped` and `new` stay as the network had them;
    `lost` are only in the file. Names are the network's, for `lost` the file's."""

    kept: tuple[str, ...]
    reshaped: tuple[Reshaped, ...]
    lost: tuple[str, ...]
    new: tuple[str, ...]

    @property
    def complete(self) -> bool:
        """Whether everything of the file was loaded, and nothing is missing."""
        return not (self.reshaped or self.lost or self.new)

    def __str__(self) -> str:
        total = len(self.kept) + len(self.reshaped) + len(self.new)
        return "\n".join((f"kept {len(self.kept)} of {total} tensors", *self.differences))

    @property
    def differences(self) -> tuple[str, ...]:
        """A line for each name that was not loaded."""
        lines = [
            f"reshaped  {each.name}: {each.stored} in the file, {each.own} here" for each in self.reshaped
        ]
        lines += [f"lost      {name}: not in the network" for name in self.lost]
        lines += [f"new       {name}: not in the file" for name in self.new]
        return tuple(map(escaped, lines))


def carry_over(
    module: nn.Module, path: str, *, renames: Mapping[str, str] | None = None, strict: bool = False
) -> CarriedOver:
    """Load what fits from a `.safetensors` file, by name; `renames` has other names of the network for names
    of the file. Values are copied, and take the dtype and device of the network.

    SafeFileError, and nothing is loaded, where the file is damaged, where nothing of it fits, or, if
    `strict`, where not everything does.
    """
    found = read_safe_file(path)
    tied = {} if found.record is None else found.record.tied
    stored = dict(found.header.tensors) | {name: found.header.tensors[tied[name]] for name in tied}
    named = {(renames or {}).get(name, name): name for name in stored}
    own = declared(module).tensors
    both = [name for name in own if name in named]
    kept = tuple(name for name in both if fits(stored[named[name]], own[name]))
    result = CarriedOver(
        kept,
        tuple(Reshaped(name, stored[named[name]], own[name]) for name in both if name not in kept),
        tuple(name for new, name in named.items() if new not in own),
        tuple(name for name in own if name not in named),
    )
    if not kept and own:
        raise SafeFileError(f"nothing in {path} fits the network: it has other names or shapes", code="NS604")
    if strict and not result.complete:
        raise SafeFileError(f"{path} does not fit the network: {'; '.join(result.differences)}", code="NS604")
    values = safetensors.torch.load(found.data)
    state = module.state_dict(keep_vars=True)
    with torch.no_grad():
        for name in kept:
            source = named[name]
            state[name].copy_(values[tied.get(source, source)])
    return result
