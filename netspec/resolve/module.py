"""A document -> a Program: `resolve(root, library, collector)`.

Everything that can be checked without values is checked here; the rest waits for elaboration,
which knows the params.
"""

from __future__ import annotations

import os
from typing import Any

from netspec.diagnostics import Collector, Edit, Fix, Span
from netspec.document.decode import decode
from netspec.document.envelope import LibraryKeys, SpecKeys, VariantKeys
from netspec.resolve.blocks import in_order
from netspec.resolve.body import module_of, read_head
from netspec.resolve.library import Library, holds_only_blocks
from netspec.resolve.naming import unfit
from netspec.resolve.program import Program
from netspec.resolve.variant import read_variant
from netspec.syntax import Mapping, Node, Scalar, kind_of

VERSION = 1


def resolve(root: Mapping, library: Library, collector: Collector) -> Program | None:
    """The Program of a spec's top mapping; None where the file is not a spec at all, or holds only blocks.
    `library` reads what the spec uses, and keeps it."""
    if not _is_spec(root, collector):
        return None
    path = root.span.source.path
    files = (os.path.normpath(path),)
    if holds_only_blocks(root):
        library.file(root, decode(root, LibraryKeys, collector, where="a spec"), "", files)
        return None
    if root.entry("model") is not None:
        keys: Any = decode(root, VariantKeys, collector, where="a spec with `model`")
        known = library.file(root, keys, "", files)
        found = read_variant(keys, library.modules, collector)
        if found is None:
            return None
        main = found
    else:
        keys = decode(root, SpecKeys, collector, where="a spec")
        name = _class_name(getattr(keys, "name", None), collector)
        known = library.file(root, keys, name, files)
        head = read_head(keys, collector)
        span = keys.name.span if getattr(keys, "name", None) is not None else root.span
        main = module_of(name, span, keys, root, head, known, collector)
    # The class that a variant is made of is the main one now.
    blocks = {key: module for key, module in library.modules.items() if key != main.name}
    order = in_order(main, blocks, collector)
    if order is None:
        return None
    every = library.catalog.extended(library.ops.values())
    spare = tuple(module for key, module in blocks.items() if key not in order)
    return Program(main, path, every, {key: blocks[key] for key in order}, spare)


def _is_spec(root: Mapping, collector: Collector) -> bool:
    entry = root.entry("netspec")
    start = Span(root.span.source, root.span.start, root.span.start)
    if entry is None:
        if all(root.entry(key) is None for key in ("layers", "forward", "model")):
            place = root.entries[0].key.span if root.entries else start
            collector.add(
                "NS101", "this is not a spec: the key `netspec` is missing", place,
                help="begin the file with `netspec: 1`",
            )  # fmt: skip
            return False
        return True
    value = entry.value
    if isinstance(value, Scalar) and value.value == VERSION and type(value.value) is int:
        return True
    collector.add(
        "NS101",
        f"this release reads version 1 of the language, but this is {kind_of(value)}",
        value.span if isinstance(value, Scalar) else entry.key.span,
        help="write `netspec: 1`",
        fixes=_first_version(value),
    )
    return True


def _first_version(value: Node) -> tuple[Fix, ...]:
    """Write `1`; what is written for another version may mean something else, so this asks."""
    if not isinstance(value, Scalar):
        return ()
    same = value.text.lower() in ("1.0", "1", "v1")
    return (Fix("Write `1`", (Edit(value.span, "1"),), "safe" if same else "unsafe"),)


def _class_name(node: Scalar | None, collector: Collector) -> str:
    if node is None:
        return "Net"
    instead = unfit(node.text)
    if instead is not None:
        collector.add("NS105", f"`{node.text}` cannot name a class", node.span, help=instead)
        return "Net"
    return node.text
