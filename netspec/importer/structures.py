"""Nested results and arguments: tuples, lists, dicts, named tuples, data classes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from torch import nn


def is_closed(module: nn.Module) -> bool:
    """Whether a module prints as one line of its own, and what is in it has no state: its layers are
    part of its forward then, and no layers of a spec."""
    printing = type(module).__repr__
    if printing is nn.Module.__repr__ or not any(True for _ in module.children()):
        return False
    return not module.state_dict() and not any(True for _ in module.parameters()) and "\n" not in repr(module)


def is_record(thing: Any) -> bool:
    """A data class instance that is no mapping."""
    return dataclasses.is_dataclass(thing) and not isinstance(thing, type | Mapping)


def parts(structure: Any) -> list[tuple[str, Any]] | None:
    """The parts of a structure by name (`0`, `1`, ... where they have none); None for a leaf."""
    if isinstance(structure, tuple) and hasattr(structure, "_fields"):
        return list(zip(structure._fields, structure, strict=True))
    if isinstance(structure, tuple | list):
        return [(str(index), each) for index, each in enumerate(structure)]
    if isinstance(structure, Mapping):
        return [(str(name), each) for name, each in structure.items()]
    if is_record(structure):
        return [(each.name, getattr(structure, each.name)) for each in dataclasses.fields(structure)]
    return None


def mapped(structure: Any, change: Callable[[str, Any], Any], name: str = "") -> Any:
    """The same structure with each leaf changed; a structure that cannot be built anew is kept.

    `change` gets the leaf's name, made of those of the parts that lead to it.
    """
    inner = parts(structure)
    if inner is None:
        return change(name, structure)
    made = [mapped(each, change, f"{name}_{key}" if name else key) for key, each in inner]
    if all(new is old for new, (_, old) in zip(made, inner, strict=True)):
        return structure
    if isinstance(structure, tuple) and hasattr(structure, "_fields"):
        return type(structure)(*made)
    if type(structure) in (tuple, list):
        return type(structure)(made)
    if isinstance(structure, tuple | list):
        return tuple(made) if isinstance(structure, tuple) else list(made)
    pairs = {key: each for (key, _), each in zip(inner, made, strict=True)}
    return pairs if type(structure) is dict else type(structure)(**pairs)
