"""`data` of a recipe: the sets, their transforms, and which column goes where."""

from __future__ import annotations

from typing import Any

from netspec.diagnostics import Collector, Span
from netspec.document.decode import decode
from netspec.runner.recipe.keys import DataKeys
from netspec.runner.recipe.records import Component, Data
from netspec.runner.recipe.uses import read_component, read_components, stated
from netspec.runner.recipe.words import read_integer
from netspec.syntax import Entry, Mapping, Scalar, kind_of


def read_data(node: Mapping | None, root: Mapping, collector: Collector) -> Data:
    """What a recipe says of its data; faulty components where it says nothing."""
    missing = Component("?", root.span, faulty=True)
    if node is None:
        return Data(missing, missing, None, (), (), 1)
    node = stated(node, DataKeys)
    entry = root.entry("data")
    at = entry.key.span if entry is not None else root.span
    keys = decode(node, DataKeys, collector, where="`data`", at=at)

    def part(name: str) -> Any:
        return getattr(keys, name, None)

    def source(name: str) -> Component:
        return missing if part(name) is None else read_component(part(name), "data", collector)

    return Data(
        train=source("train"),
        test=source("test"),
        validation=source("validation") if part("validation") is not None else None,
        transform=read_components(part("transform"), "transform", collector),
        augment=read_components(part("augment"), "transform", collector),
        batch_size=read_integer("batch_size", part("batch_size"), 1, collector, minimum=1),
        inputs=_inputs(part("inputs"), collector),
        target=None if part("target") is None else part("target").text,
        mix=read_components(part("mix"), "mix", collector),
        workers=read_integer("workers", part("workers"), 0, collector, minimum=0),
        in_memory=None if part("in_memory") is None else part("in_memory").value,
        spans=_spans(node),
    )


def _spans(node: Mapping) -> dict[str, Span]:
    """Where keys stand; `target` and `inputs.NAME`: where their columns are named."""
    found = {entry.name: entry.key.span for entry in node.entries}
    if isinstance(target := node.get("target"), Scalar):
        found["target"] = target.span
    if isinstance(inputs := node.get("inputs"), Mapping):
        found |= {f"inputs.{entry.name}": entry.value.span for entry in inputs.entries}
        found |= {f"inputs key {entry.name}": entry.key.span for entry in inputs.entries}
    return found


def _inputs(node: Mapping | None, collector: Collector) -> dict[str, str]:
    given = () if node is None else node.entries
    return {entry.name: entry.value.text for entry in given if _is_column(entry, collector)}  # type: ignore[union-attr]


def _is_column(entry: Entry, collector: Collector) -> bool:
    if isinstance(entry.value, Scalar) and entry.value.value is not None:
        return True
    message = f"`{entry.name}` of `inputs` must be the name of a column, but is {kind_of(entry.value)}"
    collector.add("NS104", message, entry.key.span, help=f"write `{entry.name}: COLUMN`")
    return False
