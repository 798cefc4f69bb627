"""The top mapping of a recipe file -> `Recipe`, with every fault of its text reported.

What the recipe names is looked up here; whether model, data and loss fit each other is for `check.py`.
"""

from __future__ import annotations

import re
from typing import Any

from netspec.diagnostics import Collector
from netspec.document.decode import decode
from netspec.runner.recipe.figures import best_of
from netspec.runner.recipe.keys import RecipeKeys
from netspec.runner.recipe.read_data import read_data
from netspec.runner.recipe.read_losses import read_losses
from netspec.runner.recipe.read_model import read_model
from netspec.runner.recipe.read_training import (
    read_checkpoint,
    read_clip,
    read_early_stopping,
    read_freeze,
    read_groups,
    read_warmup,
)
from netspec.runner.recipe.records import Component, Recipe
from netspec.runner.recipe.uses import read_component, read_components, stated
from netspec.runner.recipe.words import (
    PARALLEL,
    PRECISIONS,
    check_choice,
    check_device,
    read_integer,
    read_number,
)
from netspec.syntax import Mapping, Node, Scalar, kind_of

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
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
    root = stated(root, RecipeKeys)
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

    scheduler = part("scheduler")
    losses = read_losses(root, keys, collector)
    optimizer = _optimizer(part("optimizer"), root, collector)
    best = best_of(part("best"), losses, collector)
    return Recipe(
        name=_name(part("recipe"), collector),
        path=root.span.source.path,
        doc=part("doc").text if part("doc") is not None else None,
        model=read_model(part("model"), root, collector),
        data=read_data(part("data"), root, collector),
        losses=losses,
        optimizer=optimizer,
        scheduler=read_component(scheduler, "scheduler", collector) if scheduler is not None else None,
        epochs=read_integer("epochs", part("epochs"), 1, collector, minimum=1),
        precision=check_choice("precision", part("precision"), PRECISIONS, "auto", collector),
        seed=read_integer("seed", part("seed"), 0, collector, minimum=0, maximum=2**63 - 1),
        device=check_device(part("device"), collector),
        spans={entry.name: entry.key.span for entry in root.entries},
        root=root,
        accumulate=read_integer("accumulate", part("accumulate"), 1, collector, minimum=1),
        clip=read_clip(part("clip"), collector),
        ema=_ema(part("ema"), collector),
        warmup=read_warmup(part("warmup"), collector),
        early_stopping=read_early_stopping(part("early_stopping"), best[0], collector),
        best=best,
        freeze=tuple(node.text for node in read_freeze(part("freeze"), collector)),
        groups=read_groups(part("groups"), optimizer, collector),
        checkpoint=read_checkpoint(part("checkpoint"), collector),
        compile=part("compile") is not None and part("compile").value,
        parallel=check_choice("parallel", part("parallel"), PARALLEL, "auto", collector),
        trackers=read_components(part("trackers"), "tracker", collector),
    )


def _optimizer(node: Node | None, root: Mapping, collector: Collector) -> Component:
    if node is None:
        return Component("?", root.span, faulty=True)
    return read_component(node, "optimizer", collector)


def _ema(node: Scalar | None, collector: Collector) -> float | None:
    return None if node is None else read_number("ema", node, 0.999, collector, below=1)


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
