"""`blocks`: the module classes that a spec declares, each an op whose arguments are its params."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from netspec.catalog.load import Catalog
from netspec.catalog.model import REQUIRED, Op, Param, Signature
from netspec.diagnostics import Collector, Span
from netspec.document.decode import decode
from netspec.document.envelope import BlockKeys
from netspec.document.words import CONTAINERS, is_identifier
from netspec.resolve.bases import base_call
from netspec.resolve.body import Head, module_of, read_head
from netspec.resolve.op_arguments import named_op, op_parameters
from netspec.resolve.params import op_value
from netspec.resolve.program import Layer, Module
from netspec.resolve.program import Param as DeclaredParam
from netspec.syntax import Entry, kind_of
from netspec.syntax import Mapping as MappingNode

_TYPES = {"list": "any", "shape": "ints", "op": "class"}


@dataclass(frozen=True, slots=True)
class Block:
    """A block whose head has been read: others can name it."""

    name: str
    span: Span
    keys: Any
    node: MappingNode
    head: Head
    op: Op


def read_blocks(
    node: MappingNode | None, main: str, catalog: Catalog, collector: Collector
) -> dict[str, Block]:
    """The blocks by name; those whose name or kind is wrong are reported and left out."""
    found: dict[str, Block] = {}
    for entry in node.entries if node is not None else ():
        block = _block(entry, main, catalog, collector)
        if block is not None:
            found.setdefault(block.name, block)
    return found


def _block(entry: Entry, main: str, catalog: Catalog, collector: Collector) -> Block | None:
    name, span = entry.name, entry.key.span
    if not is_identifier(name) or name in CONTAINERS:
        collector.add(
            "NS105", f"`{name}` cannot name a block", span,
            help="a block becomes a class in Python: use letters, digits and `_`, and no name of a container",
        )  # fmt: skip
        return None
    if name == main:
        collector.add(
            "NS107", f"the block `{name}` bears the name of the spec", span, help="rename one of them"
        )
        return None
    if not isinstance(entry.value, MappingNode):
        collector.add(
            "NS104", f"the block `{name}` must be a mapping, but is {kind_of(entry.value)}", entry.value.span,
            help="give it `inputs`, `layers` and `forward`, or `sequential`",
        )  # fmt: skip
        return None
    keys = decode(entry.value, BlockKeys, collector, where=f"the block `{name}`", at=span)
    at = entry.value.entry("layers")
    if getattr(keys, "sequential", None) is not None and at is not None:
        collector.add(
            "NS102",
            "a `sequential` block has no `layers`",
            at.key.span,
            help="remove `layers` or `sequential`",
        )
    head = read_head(keys, collector)
    return Block(name, span, keys, entry.value, head, block_op(name, keys, head, catalog))


def block_op(name: str, keys: Any, head: Head, catalog: Catalog) -> Op:
    """The block as an op: its params are the signature, its inputs what a step passes."""
    inherited = base_call(keys, catalog)
    if inherited is not None:
        return Op(name, "module", name, (_params(head),), inherited, _doc(keys))
    call: Signature = tuple(
        Param(each.name, ("any",), None if each.optional else REQUIRED) for each in head.inputs
    )
    return Op(name, "module", name, (_params(head),), call, _doc(keys))


def _doc(keys: Any) -> str:
    return keys.doc.text if getattr(keys, "doc", None) is not None else ""


def _params(head: Head) -> Signature:
    return tuple(_param(each) for each in head.params)


def _param(param: DeclaredParam) -> Param:
    word = "any" if param.faulty else _TYPES.get(param.type, param.type)
    default = tuple(param.default) if isinstance(param.default, list) else param.default
    if param.type == "op":
        return Param(param.name, ("class", "none"), default, doc=param.doc)
    return Param(param.name, (word,), default, doc=param.doc, minimum=param.minimum, maximum=param.maximum)


def block_module(block: Block, catalog: Catalog, collector: Collector) -> Module:
    where = f"the block `{block.name}`"
    return module_of(
        block.name, block.span, block.keys, block.node, block.head, catalog, collector, where=where
    )


def in_order(main: Module, modules: Mapping[str, Module], collector: Collector) -> list[str] | None:
    """The blocks that the spec needs, each after those that it uses itself; None, after a report,
    where one contains itself."""
    found: dict[str, None] = {}

    def visit(module: Module, above: tuple[str, ...]) -> bool:
        for name, span in used_blocks(module, modules):
            if name in above:
                chain = " in ".join(f"`{each}`" for each in (*above[above.index(name) :], name)[::-1])
                collector.add(
                    "NS305", f"`{name}` contains itself: {chain}", span,
                    help="a network is finite: write the inner layers out, or use another block",
                )  # fmt: skip
                return False
            if name not in found:
                if not visit(modules[name], (*above, name)):
                    return False
                found[name] = None
        return True

    if not visit(main, ()):
        return None
    needed = list(found)
    # Blocks that nothing uses must be finite too.
    if not all(visit(modules[name], (name,)) for name in modules if name not in needed):
        return None
    # Where params hold ops, any block may be given.
    taking = (main, *(modules[name] for name in needed))
    open_ended = any(param.type == "op" for module in taking for param in module.params)
    return list(found) + [name for name in modules if name not in found] if open_ended else needed


def used_blocks(module: Module, modules: Mapping[str, Module]) -> Iterator[tuple[str, Span]]:
    """The blocks that a module names: as layers, as arguments of layers, as defaults of params."""
    for param in module.params:
        named = op_value(param.default) if param.type == "op" else None
        if named is not None and named[0] in modules:
            yield named[0], param.default_span or param.span
    yield from _in_layers(module.layers, modules)


def _in_layers(layers: tuple[Layer, ...], modules: Mapping[str, Module]) -> Iterator[tuple[str, Span]]:
    for layer in layers:
        if layer.op is not None and layer.op.name in modules:
            yield layer.op.name, layer.op_span or layer.span
        for _, argument in op_parameters(layer.op, layer.arguments) if layer.op is not None else ():
            named = named_op(argument)
            if named is not None and named[0] in modules:
                yield named[0], argument.span
        yield from _in_layers(layer.children, modules)
