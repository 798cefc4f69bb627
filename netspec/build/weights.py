"""A network in one file, and back: weights as safetensors, with the spec in the header.

Nothing is unpickled, and no code of a file runs: the class is generated from the spec that it carries, which
passes the checks of any spec first. Everything is verified before anything of the network's size is made.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import safetensors.torch
import torch
from torch import Tensor, nn

from netspec.atomic import replace_whole
from netspec.build.instantiate import instantiate
from netspec.build.origin import Opaque, Origin, origin_of
from netspec.build.rebuild import checked_of
from netspec.build.state import State, check_state, described, state_of
from netspec.carry import Bundle, Record, read_safe_file
from netspec.carry.header import DTYPES
from netspec.carry.place import SUFFIX
from netspec.carry.read import fail_without_spec
from netspec.carry.record import bundle_of, encode, sealed
from netspec.catalog import registered
from netspec.errors import NetspecError, SafeFileError
from netspec.pipeline import Checked

_KNOWN = {name for name, _ in DTYPES.values()}


def save(module: nn.Module, path: str, about: Mapping[str, str]) -> None:
    """Write a compiled network. NetspecError where it is none any more, or where the disk refuses."""
    origin = _origin(module)
    _write(module.state_dict(keep_vars=True), origin.bundle, origin.params, path, about)


def write_safe_file(
    state: Mapping[str, Tensor],
    spec: Checked,
    params: Mapping[str, Any],
    path: str,
    *,
    about: Mapping[str, str] | None = None,
) -> None:
    """Write the state of a network that `spec` describes for `params`, as `save` does. A name that is tied
    may have its own copy of the values, if they are equal."""
    bundle = bundle_of(spec.source, (each.source for each in spec.used))
    _write(state, bundle, params, path, about or {})


def open(path: str, device: str | torch.device | None = None) -> nn.Module:
    """The network in a safe file, on the CPU or moved to `device`."""
    target = _device(device)
    found = read_safe_file(path)
    record = found.record
    if record is None:
        fail_without_spec(path)
    checked = checked_of(record.bundle, record.params, path)
    wanted = state_of(checked)
    check_state(found.header.tensors, {name: wanted.tensors[name] for name in wanted.stored}, path)
    if record.tied != wanted.tied:
        raise SafeFileError(f"{path} ties other tensors than its spec", code="NS604")
    module = drawn(checked, 0)
    _fill(module, safetensors.torch.load(found.data))
    return module if target is None else _moved(module, target)


def spec_of(module: nn.Module) -> Checked:
    """The spec that a module was compiled from. NetspecError where it was not."""
    origin = _origin(module)
    return checked_of(origin.bundle, origin.params, f"net{SUFFIX}")


def drawn(checked: Checked, seed: int) -> nn.Module:
    """A new network on the CPU, its weights drawn from a seed; PyTorch's own generator stays as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return instantiate(checked, checked.params or {}, "cpu")


def _origin(module: nn.Module) -> Origin:
    origin = origin_of(module)
    if origin is None:
        raise NetspecError(
            f"{type(module).__name__} was not compiled from a spec, so that netspec knows none of it: "
            "give the module that netspec.compile returned, and not one around it"
        )
    for name, value in origin.params.items():
        if isinstance(value, Opaque):
            raise NetspecError(
                f"the param `{name}` is {value.text}, which only Python knows: build the network with "
                f"netspec.compile(..., {name}=...), by the name of an op"
            )
    return origin


def _write(
    state: Mapping[str, Any], bundle: Bundle, params: Mapping[str, Any], path: str, about: Mapping[str, str]
) -> None:
    if not path.endswith(SUFFIX):
        raise NetspecError(f"{path}: the name of a safe file ends in {SUFFIX}, by which commands know it")
    wanted = _expected(bundle, encode(Record(bundle, params, torch="")), path, registered.state())
    _check_values(state)
    check_state({name: described(value) for name, value in state.items()}, wanted.tensors, "the network")
    _check_ties(state, wanted)
    record = Record(bundle, params, torch.__version__, tied=wanted.tied, about=about)
    data = safetensors.torch.save(_apart({name: state[name] for name in wanted.stored}))
    try:
        replace_whole(path, sealed(data, encode(record)))
    except OSError as error:
        why = error.strerror or error
        raise NetspecError(f"{path} cannot be written ({why}): make room, or choose another place") from error


@lru_cache(maxsize=8)
def _expected(bundle: Bundle, record: str, path: str, ops: tuple[int, ...]) -> State:
    """The state that whoever opens the file will expect, learnt in the way that he does."""
    return state_of(checked_of(bundle, json.loads(record)["params"], path))


def _check_values(state: Mapping[str, Any]) -> None:
    for name, value in state.items():
        if not isinstance(value, Tensor):
            raise SafeFileError(f"`{name}` of the network is no tensor, and cannot be stored", code="NS604")
        if value.is_meta:
            raise NetspecError(f"the network has no values yet: `{name}` lies on the meta device")
        if described(value).dtype not in _KNOWN:
            raise NetspecError(f"`{name}` is {value.dtype}, which safetensors cannot hold: cast it first")


def _check_ties(state: Mapping[str, Tensor], wanted: State) -> None:
    """What the spec ties is equal, and nothing else is one tensor."""
    for name, other in wanted.tied.items():
        if not same(state[name], state[other]):
            raise SafeFileError(
                f"`{name}` and `{other}` are tied in the spec, but have different values", code="NS604"
            )
    first: dict[int, str] = {}
    for name in wanted.stored:
        known = first.setdefault(id(state[name]), name)
        if known != name:
            raise SafeFileError(
                f"`{name}` is `{known}` itself, but the spec does not tie the two: add `tie` to it",
                code="NS604",
            )


def same(a: Tensor, b: Tensor) -> bool:
    """Whether two tensors of one shape and dtype hold the same bits, NaN included."""
    if a.untyped_storage().data_ptr() == b.untyped_storage().data_ptr():
        return True
    one, other = (each.detach().cpu().contiguous().reshape(-1).view(torch.uint8) for each in (a, b))
    return torch.equal(one, other)


def _apart(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The values on the CPU, each with memory of its own, as safetensors wants them."""
    found: dict[str, Tensor] = {}
    seen: set[int] = set()
    for name, value in state.items():
        tensor = value.detach().cpu().contiguous()
        storage = tensor.untyped_storage()
        if storage.data_ptr() in seen or storage.nbytes() != tensor.nbytes:
            tensor = tensor.clone()
        seen.add(storage.data_ptr())
        found[name] = tensor
    return found


def _device(device: str | torch.device | None) -> torch.device | None:
    try:
        return None if device is None else torch.device(device)
    except RuntimeError as error:
        raise NetspecError(f"{device} is no device: {str(error).partition(chr(10))[0]}") from None


def _moved(module: nn.Module, device: torch.device) -> nn.Module:
    try:
        return module.to(device)
    except (RuntimeError, AssertionError) as error:
        why = str(error).partition("\n")[0]
        raise NetspecError(f"the network cannot be moved to {device}: {why}") from error


def _fill(module: nn.Module, values: Mapping[str, Tensor]) -> None:
    """Put values of the right shapes in place of a module's own; each keeps its dtype."""
    owners = dict(module.named_modules())
    built = {value.dtype for value in module.parameters() if value.is_floating_point()}
    for name, value in values.items():
        path, _, key = name.rpartition(".")
        owner = owners[path]
        if key in owner._parameters:
            parameter = owner._parameters[key]
            assert parameter is not None
            # What shares this parameter goes on doing so.
            parameter.data = value
        else:
            owner._buffers[key] = value
    _cast_unsaved(module, built)


def _cast_unsaved(module: nn.Module, built: set[torch.dtype]) -> None:
    """Buffers that no file has follow the parameters where all of these were cast, as `net.half()` does."""
    now = {value.dtype for value in module.parameters() if value.is_floating_point()}
    if len(now) != 1 or now == built:
        return
    for owner in module.modules():
        for name in owner._non_persistent_buffers_set:
            value = owner._buffers[name]
            if value is not None and value.dtype in built:
                owner._buffers[name] = value.to(next(iter(now)))
