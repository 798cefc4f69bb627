"""The top mapping of a recipe file -> `Recipe`, with every fault of its text reported.

What the recipe names is looked up here; whether model, data and loss fit each other is for `check.py`.
"""

from __future__ import annotations

import re
from typing import Any, TypeGuard

from netspec.diagnostics import Collector
from netspec.document.decode import decode
from netspec.document.ops import key_span
from netspec.resolve.params import literal
from netspec.runner.recipe.keys import DataKeys, ModelKeys, RecipeKeys
from netspec.runner.recipe.records import Component, Data, ModelUse, Recipe
from netspec.runner.recipe.uses import read_component, read_components
from netspec.runner.recipe.words import PRECISIONS, check_choice, check_device, read_integer
from netspec.syntax import Mapping, Node, Scalar, kind_of

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_ACCURACY = "accuracy"
VERSION = 1


def is_recipe(root: Node) -> bool:
    """Whether a document is a recipe, and not a spec: it has the key `recipe`."""
    return isinstance(root, Mapping) and root.entry("recipe") is not None


def read_recipe(root: Node, collector: Collector) -> Recipe | None:
    """The recipe of a document; None where it is none at all."""
    if not isinstance(root, Mapping):
        collector.add(
            "NS101",
            f"a recipe is a mapping, but this is {kind_of(root)}",
            root.span,
            help="begin the file with `netspec: 1` and `recipe: NAME`",
        )
        return None
    if not is_recipe(root):
        place = root.entries[0].key.span if root.entries else root.span
        collector.add(
            "NS101",
            "this is not a recipe: the key `recipe` is missing",
            place,
            help="add `recipe: NAME` below `netspec: 1`",
        )
        return None
    keys = decode(root, RecipeKeys, collector, where="a recipe")
    _check_version(root, collector)
    return _recipe(root, keys, collector)


def _check_version(root: Mapping, collector: Collector) -> None:
    entry = root.entry("netspec")
    if entry is None:
        return
    if isinstance(entry.value, Scalar) and type(entry.value.value) is int and entry.value.value == VERSION:
        return
    place = entry.value.span if isinstance(entry.value, Scalar) else entry.key.span
    collector.add("NS101", "this release reads version 1 of the language", place, help="write `netspec: 1`")


def _recipe(root: Mapping, keys: Any, collector: Collector) -> Recipe:
    def part(name: str) -> Any:
        return getattr(keys, name, None)

    metrics = read_components(part("metrics"), "metric", collector)
    scheduler = part("scheduler")
    return Recipe(
        name=_name(part("recipe"), collector),
        path=root.span.source.path,
        doc=part("doc").text if part("doc") is not None else None,
        model=_model(part("model"), root, collector),
        data=_data(part("data"), root, collector),
        loss=_component(part("loss"), "loss", root, collector),
        metrics=metrics or (Component(_ACCURACY, root.span),),
        optimizer=_component(part("optimizer"), "optimizer", root, collector),
        scheduler=read_component(scheduler, "scheduler", collector) if _is_set(scheduler) else None,
        epochs=read_integer("epochs", part("epochs"), 1, collector, minimum=1),
        precision=check_choice("precision", part("precision"), PRECISIONS, "auto", collector),
        seed=read_integer("seed", part("seed"), 0, collector, minimum=0, maximum=2**63 - 1),
        device=check_device(part("device"), collector),
        spans={entry.name: entry.key.span for entry in root.entries},
        root=root,
    )


def _is_set(node: Node | None) -> TypeGuard[Node]:
    """`scheduler:` with nothing behind it means none."""
    return node is not None and not (isinstance(node, Scalar) and node.value is None)


def _name(node: Scalar | None, collector: Collector) -> str:
    if node is None:
        return "recipe"
    if not _NAME.fullmatch(node.text):
        collector.add(
            "NS105",
            f"`{node.text}` cannot name a recipe",
            node.span,
            help="the name becomes part of a folder's name: use letters, digits, `.`, `_` and `-`",
        )
        return "recipe"
    return node.text


def _component(node: Node | None, kind: Any, root: Mapping, collector: Collector) -> Component:
    if node is None:
        return Component("?", root.span, faulty=True)
    return read_component(node, kind, collector)


def _model(node: Node | None, root: Mapping, collector: Collector) -> ModelUse:
    match node:
        case None:
            return ModelUse("", root.span, faulty=True)
        case Scalar(value=str(path)) if path:
            return ModelUse(path, node.span)
        case Mapping():
            keys = decode(node, ModelKeys, collector, where="`model`", at=key_span(node))
            spec, params = getattr(keys, "spec", None), getattr(keys, "params", None)
            if spec is None:
                return ModelUse("", key_span(node), faulty=True)
            given = () if params is None else params.entries
            values = {entry.name: literal(entry.value) for entry in given}
            return ModelUse(spec.text, spec.span, values, {entry.name: entry.key.span for entry in given})
    collector.add(
        "NS104",
        f"`model` of a recipe must be a path, but is {kind_of(node)}",
        node.span,
        help="write `model: ../mnist.yaml`, or `{spec: PATH, params: {...}}`",
    )
    return ModelUse("", node.span, faulty=True)


def _data(node: Mapping | None, root: Mapping, collector: Collector) -> Data:
    missing = Component("?", root.span, faulty=True)
    if node is None:
        return Data(missing, missing, None, (), (), 1)
    entry = root.entry("data")
    at = entry.key.span if entry is not None else root.span
    keys = decode(node, DataKeys, collector, where="`data`", at=at)

    def source(key: str) -> Component:
        value = getattr(keys, key, None)
        return missing if value is None else read_component(value, "data", collector)

    validation = getattr(keys, "validation", None)

    return Data(
        train=source("train"),
        test=source("test"),
        validation=source("validation") if _is_set(validation) else None,
        transform=read_components(getattr(keys, "transform", None), "transform", collector),
        augment=read_components(getattr(keys, "augment", None), "transform", collector),
        batch_size=read_integer("batch_size", getattr(keys, "batch_size", None), 1, collector, minimum=1),
    )
