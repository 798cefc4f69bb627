"""The keys of a recipe that say how training goes: warm-up, clipping, averages, freezing, groups, ends."""

from __future__ import annotations

from typing import Any, TypeGuard

from netspec.diagnostics import Collector
from netspec.document.decode import decode
from netspec.document.envelope import Envelope
from netspec.runner.recipe.keys import CheckpointKeys, ClipKeys, EarlyStoppingKeys, WarmupKeys
from netspec.runner.recipe.records import (
    CheckpointUse,
    Clip,
    Component,
    EarlyStopping,
    Group,
    Warmup,
)
from netspec.runner.recipe.uses import read_stated
from netspec.runner.recipe.words import read_integer, read_number
from netspec.syntax import Mapping, Node, Scalar, Sequence, kind_of


def read_warmup(node: Node | None, collector: Collector) -> Warmup | None:
    """`warmup: 500` (steps), or `{steps: 500}` or `{epochs: 1.5}` with `start`."""
    if node is None:
        return None
    if _is_integer(node):
        return Warmup(read_integer("warmup", node, 1, collector, minimum=1), None)
    keys = _long(node, WarmupKeys, "warmup", "a number of steps", collector)
    if keys is None or not _has_one(node, ("steps", "epochs"), "warmup", collector):
        return None
    start = read_number("start", _part(keys, "start"), 0.01, collector, below=1)
    if _part(keys, "epochs") is not None:
        return Warmup(None, read_number("epochs", keys.epochs, 1.0, collector), start)
    return Warmup(read_integer("steps", _part(keys, "steps"), 1, collector, minimum=1), None, start)


def read_clip(node: Node | None, collector: Collector) -> Clip | None:
    """`clip: 1.0` (the norm), or `{norm: 1.0}`, or `{value: 0.5}`."""
    if node is None:
        return None
    if isinstance(node, Scalar) and type(node.value) in (int, float):
        return Clip(read_number("clip", node, 1.0, collector))
    keys = _long(node, ClipKeys, "clip", "a number", collector)
    if keys is None or not _has_one(node, ("norm", "value"), "clip", collector):
        return None
    if _part(keys, "value") is not None:
        return Clip(value=read_number("value", keys.value, 1.0, collector))
    return Clip(read_number("norm", _part(keys, "norm"), 1.0, collector))


def read_early_stopping(node: Node | None, best: str, collector: Collector) -> EarlyStopping | None:
    """`early_stopping: 5` (epochs), or `{patience: 5, metric: loss, min_delta: 0.01}`."""
    if node is None:
        return None
    if _is_integer(node):
        return EarlyStopping(best, read_integer("early_stopping", node, 1, collector, minimum=1))
    keys = _long(node, EarlyStoppingKeys, "early_stopping", "a number of epochs", collector)
    if keys is None:
        return None
    metric = _part(keys, "metric")
    return EarlyStopping(
        best if metric is None else metric.text,
        read_integer("patience", _part(keys, "patience"), 1, collector, minimum=1),
        _min_delta(_part(keys, "min_delta"), collector),
    )


def _min_delta(node: Any, collector: Collector) -> float:
    if node is not None and node.value == 0:
        return 0.0
    return read_number("min_delta", node, 0.0, collector)


def read_checkpoint(node: Mapping | None, collector: Collector) -> CheckpointUse:
    """`{steps: 1000, keep: 2}`."""
    if node is None:
        return CheckpointUse()
    keys = decode(node, CheckpointKeys, collector, where="`checkpoint`")
    steps, keep = _part(keys, "steps"), _part(keys, "keep")
    return CheckpointUse(
        None if steps is None else read_integer("steps", steps, 1, collector, minimum=1),
        read_integer("keep", keep, 2, collector, minimum=1),
    )


def read_freeze(node: Node | None, collector: Collector) -> tuple[Scalar, ...]:
    """Patterns of paths: a text, or a list of them."""
    if node is None:
        return ()
    items = node.items if isinstance(node, Sequence) else (node,)
    found = []
    for item in items:
        if isinstance(item, Scalar) and isinstance(item.value, str) and item.value:
            found.append(item)
        else:
            collector.add(
                "NS104",
                f"`freeze` must hold paths of parameters, but this is {kind_of(item)}",
                item.span,
                help='write `freeze: ["stem.*"]`',
            )
    return tuple(found)


def read_groups(node: Sequence | None, optimizer: Component, collector: Collector) -> tuple[Group, ...]:
    """Mappings of `match` and arguments of the recipe's optimizer."""
    items = () if node is None else node.items
    found = (_group(item, optimizer, collector) for item in items)
    return tuple(group for group in found if group is not None)


def _group(node: Node, optimizer: Component, collector: Collector) -> Group | None:
    match = node.entry("match") if isinstance(node, Mapping) else None
    if not isinstance(node, Mapping) or match is None:
        collector.add(
            "NS103",
            "a group needs the key `match`",
            node.span,
            help='say which parameters it holds: `{match: "head.*", lr: 1e-2}`',
        )
        return None
    if not isinstance(match.value, Scalar) or not isinstance(match.value.value, str) or not match.value.value:
        collector.add(
            "NS104",
            f"`match` must be a path of parameters, but is {kind_of(match.value)}",
            match.key.span,
            help='write `match: "head.*"`',
        )
        return None
    arguments = Mapping(tuple(entry for entry in node.entries if entry is not match), node.span, node.flow)
    stated = read_stated(optimizer, arguments, "optimizer", collector)
    if stated is None:
        return None
    return Group(match.value.value, stated.stated, match.value.span, stated.spans)


def _is_integer(node: Node) -> TypeGuard[Scalar]:
    return isinstance(node, Scalar) and type(node.value) is int


def _part(keys: Any, name: str) -> Any:
    return getattr(keys, name, None)


def _long(node: Node, model: type[Envelope], key: str, short: str, collector: Collector) -> Any:
    """The long form's keys; None, after a report, where the node is neither form."""
    if isinstance(node, Mapping):
        return decode(node, model, collector, where=f"`{key}`", at=node.span)
    collector.add(
        "NS104",
        f"`{key}` of a recipe must be {short}, but is {kind_of(node)}",
        node.span,
        help=f"write {short}, or a mapping of {', '.join(f'`{name}`' for name in model.model_fields)}",
    )
    return None


def _has_one(node: Node, names: tuple[str, str], key: str, collector: Collector) -> bool:
    assert isinstance(node, Mapping)
    given = [entry for entry in node.entries if entry.name in names]
    if len(given) == 1:
        return True
    first, second = names
    help = f"write `{key}: {{{first}: ...}}` or `{key}: {{{second}: ...}}`"
    if given:
        message = f"`{key}` has `{first}` or `{second}`, not both"
        collector.add("NS105", message, given[1].key.span, help=help)
    else:
        collector.add("NS103", f"`{key}` needs `{first}` or `{second}`", node.span, help=help)
    return False
