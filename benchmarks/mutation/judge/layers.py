"""Layers as they are written -> modules that PyTorch builds."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torchvision.ops
from torch import nn

from benchmarks.mutation.judge.arguments import Op, as_op, bound, check_keywords, split, value_of
from benchmarks.mutation.judge.reading import Breach

CONTROLS = ("for", "let", "when", "repeat", "group", "discard")
CONTAINERS = ("Sequential", "ModuleList", "ModuleDict")
MakeBlock = Callable[[str, list[Any], dict[str, Any]], "nn.Module | None"]


class Layers:
    """Builds layers; `block` makes a module of a block, or None where no block has the name."""

    def __init__(self, block: MakeBlock) -> None:
        self.block = block

    def entries(self, data: Any, names: Mapping[str, Any]) -> Iterator[tuple[str, nn.Module | None]]:
        """Each layer of a list or a mapping with its name; None for one that is absent."""
        count = 0
        for label, value, scope in expanded(data, names):
            module = None if value is ABSENT else self.module(value, scope)
            if label is None:
                if value is ABSENT:
                    continue
                label, count = str(count), count + 1
            elif "." in label or not label:
                raise Breach(f"{label} cannot be a name")
            yield label, module

    def module(self, data: Any, names: Mapping[str, Any]) -> nn.Module | None:
        """One layer: `ReLU`, `{Linear: [8, 4]}`, `$act`, `{$norm: 8}` or a container."""
        match data:
            case str():
                value = value_of(data, names)
                if data.startswith("$") and value is None:
                    return None
                return self.built(as_op(value))
            case dict() if len(data) == 1:
                ((key, arguments),) = data.items()
                if key in CONTAINERS:
                    return self.container(key, arguments, names)
                positional, keywords = split(arguments, names)
                op = as_op(value_of(key, names))
                if op is None:
                    return None
                given = Op(op.name, (*op.positional, *positional), {**op.keywords, **keywords})
                return self.built(given)
        raise Breach(f"{data!r} is no layer")

    def container(self, kind: str, data: Any, names: Mapping[str, Any]) -> nn.Module:
        if not isinstance(
            data, dict if kind == "ModuleDict" else list if kind == "ModuleList" else dict | list
        ):
            raise Breach(f"{kind} of {data!r}")
        container: nn.Module = getattr(nn, kind)()
        for name, module in self.entries(data, names):
            if name in container._modules:
                raise Breach(f"{name} twice")
            if module is not None:
                container.add_module(name, module)
        return container

    def built(self, op: Op | None, *, instance: bool = True) -> Any:
        """The module of an op, or what makes it."""
        if op is None:
            return None
        positional, keywords = list(op.positional), dict(op.keywords)
        if instance:
            made = self.block(op.name, positional, keywords)
            if made is not None:
                return made
        kind = getattr(nn, op.name, None) or getattr(torchvision.ops, op.name, None)
        if not (isinstance(kind, type) and issubclass(kind, nn.Module)):
            raise Breach(f"no layer type {op.name}")
        if not instance:
            check_keywords(kind, keywords)
            return functools.partial(kind, *positional, **keywords) if positional or keywords else kind
        positional, keywords = bound(
            kind, positional, keywords, lambda each, instance: self.built(each, instance=instance)
        )
        return kind(*positional, **keywords)


ABSENT = object()


def expanded(data: Any, names: Mapping[str, Any]) -> Iterator[tuple[str | None, Any, Mapping[str, Any]]]:
    """Each layer with its label (None in a list) and the names it sees, loops and conditions done."""
    match data:
        case list():
            pairs: list[tuple[str | None, Any]] = [(None, each) for each in data]
        case dict():
            pairs = list(data.items())
        case None:
            pairs = []
        case _:
            raise Breach(f"{data!r} is no list of layers")
    for label, value in pairs:
        yield from _entry(label, value, names)


def _entry(
    label: str | None, value: Any, names: Mapping[str, Any]
) -> Iterator[tuple[str | None, Any, Mapping[str, Any]]]:
    controls = {key: value[key] for key in CONTROLS if key in value} if isinstance(value, dict) else {}
    rest = {key: each for key, each in value.items() if key not in controls} if controls else value
    seen = set()
    for scope in turns(controls, names):
        if "group" in controls:
            if rest:
                raise Breach("an op beside `group`")
            if holds(controls, scope):
                yield from expanded(controls["group"], scope)
            continue
        name = None if label is None else str(value_of(label, scope))
        if name is not None and name in seen:
            raise Breach(f"{name} twice")
        seen.add(name)
        yield name, rest if holds(controls, scope) else ABSENT, scope


def turns(controls: Mapping[str, Any], names: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The names of each turn of `for` or `repeat`; one turn where there is neither."""
    if "for" in controls and "repeat" in controls:
        raise Breach("both `for` and `repeat`")
    if "for" in controls:
        if not isinstance(controls["for"], dict) or len(controls["for"]) != 1:
            raise Breach("`for` has one variable")
        ((variable, values),) = controls["for"].items()
        items = value_of(values, names)
        scopes = [{**names, variable: item} for item in (range(items) if isinstance(items, int) else items)]
    else:
        count = value_of(controls.get("repeat", 1), names)
        if not isinstance(count, int) or isinstance(count, bool) or count < 0:
            raise Breach(f"`repeat` of {count!r}")
        scopes = [dict(names)] * count
    for scope in scopes:
        yield with_lets(controls.get("let"), scope)


def with_lets(lets: Any, names: Mapping[str, Any]) -> dict[str, Any]:
    scope = dict(names)
    if lets is not None and not isinstance(lets, dict):
        raise Breach("`let` is a mapping")
    for name, value in (lets or {}).items():
        if name in scope:
            raise Breach(f"{name} twice")
        scope[name] = value_of(value, scope)
    return scope


def holds(controls: Mapping[str, Any], names: Mapping[str, Any]) -> bool:
    value = value_of(controls.get("when", True), names)
    if isinstance(value, str | tuple | dict):
        raise Breach(f"`when` of {value!r}")
    return bool(value)
