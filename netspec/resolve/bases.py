"""`extends` and `sequential`: the layer or container that a block subclasses.

The base is kept as a layer of its own under the name `BASE`, which no spec can write: `super` calls it,
and its tensors are those of the block.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from netspec.catalog.load import Catalog
from netspec.catalog.model import Param, Signature
from netspec.diagnostics import Collector
from netspec.document.layers import read_layers, read_members
from netspec.document.ops import read_op
from netspec.document.records import Clauses, LayerDecl, OpUse
from netspec.document.words import CONTAINERS
from netspec.resolve.layers import LayerContext, resolve_layer
from netspec.resolve.program import BASE, Layer
from netspec.syntax import Mapping, Node, Scalar

ONE_INPUT: Signature = (Param("input", ("any",)),)


@dataclass(frozen=True, slots=True)
class BaseDecl:
    """What a block extends, as written. `members` are the layers that a container is given."""

    use: OpUse
    members: tuple[LayerDecl, ...] = ()

    @property
    def container(self) -> str | None:
        return self.use.name if self.use.name in CONTAINERS else None


def read_base(keys: Any, root: Mapping, collector: Collector, where: str) -> BaseDecl | None:
    """The base of a block; None where it extends nothing, or after a report."""
    sequential, extends = getattr(keys, "sequential", None), getattr(keys, "extends", None)
    if sequential is not None:
        entry = root.entry("sequential")
        assert entry is not None
        if extends is not None:
            _twice(root, collector)
        return BaseDecl(OpUse("Sequential", entry.key.span), read_layers(sequential, collector))
    if extends is None:
        return None
    use, _ = read_op(extends, (), collector, what=f"`extends` of {where}")
    if use is None or use.name not in CONTAINERS:
        return None if use is None else BaseDecl(use)
    members = read_members(use, collector) or ()
    other = root.entry("layers")
    if members and other is not None:
        collector.add(
            "NS102",
            f"the members of `{use.name}` stand under `extends` already",
            other.key.span,
            help=f"move these layers into `{{{use.name}: ...}}`, or all of them to `layers`",
        )
    return BaseDecl(use, members)


def _twice(root: Mapping, collector: Collector) -> None:
    entry = root.entry("extends")
    assert entry is not None
    collector.add(
        "NS102",
        "a `sequential` block extends `Sequential`, and no second class",
        entry.key.span,
        help="remove `extends` or `sequential`",
    )


def resolve_base(base: BaseDecl, context: LayerContext) -> Layer:
    """The base as the layer `BASE`."""
    span = base.use.span
    if base.container is not None:
        return Layer(BASE, span, op_span=span, container=base.container)
    if base.use.name.startswith("$"):
        context.collector.add(
            "NS201",
            f"`extends` names one layer type, but `{base.use.name}` is decided by a param",
            span,
            help="write the layer type itself: a class has the same base for all params",
        )
        return Layer(BASE, span, op_span=span, faulty=True)
    op = context.catalog.get(base.use.name)
    if op is not None and op.kind == "module" and not {".", ":"}.intersection(op.source):
        context.collector.add(
            "NS201",
            f"`{base.use.name}` is a block, and a block extends layers of PyTorch or containers",
            span,
            help=f"use `{base.use.name}` as a layer of this block",
        )
        return Layer(BASE, span, op_span=span, faulty=True)
    declared = LayerDecl(Scalar(BASE, BASE, span), base.use, Clauses(), span)
    return resolve_layer(declared, context)


def has_own_name(layer: Layer, base: Layer, collector: Collector) -> bool:
    """Whether a layer of a block bears no name that what the block extends uses; reported if not."""
    if base.op is None or layer.name not in base.op.attributes:
        return True
    collector.add(
        "NS105",
        f"a layer cannot be called `{layer.name}`: `{base.op.name}`, which the block extends, uses that name",
        layer.span,
        help=f"choose another name, such as `{layer.name}_layer`",
    )
    return False


def base_call(keys: Any, catalog: Catalog) -> Signature | None:
    """What a block is called with whose forward is its base's; None where it has one of its own, or where
    its `inputs` say it."""
    if getattr(keys, "forward", None) is not None or getattr(keys, "inputs", None) is not None:
        return None
    node: Node | None = getattr(keys, "extends", None)
    if node is None:
        return None if getattr(keys, "sequential", None) is None else ONE_INPUT
    use, _ = read_op(node, (), Collector(), what="")
    op = catalog.get(use.name) if use is not None else None
    # What is no layer is reported, and its calls are not.
    return op.call if op is not None and op.kind == "module" else ONE_INPUT
