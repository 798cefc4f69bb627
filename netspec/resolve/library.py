"""`use`: other spec files, whose blocks and whose own module a spec may name.

Each file is resolved by itself, with the names that it sees; what it uses stays its own matter. Paths
are relative to the file that names them and stay below the root of the project.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from netspec.catalog.load import Catalog
from netspec.catalog.model import Op
from netspec.diagnostics import Collector, Source, Span
from netspec.document.decode import decode, known_keys
from netspec.document.envelope import LibraryKeys, SpecKeys, VariantKeys
from netspec.resolve.blocks import Block, block_module, block_op, read_blocks
from netspec.resolve.body import module_of, read_head
from netspec.resolve.naming import unfit
from netspec.resolve.program import Module
from netspec.syntax import Document, Mapping, Node, Scalar, Sequence, kind_of, read

_OF_A_CLASS = {*known_keys(SpecKeys), *known_keys(VariantKeys)} - {*known_keys(LibraryKeys)}

OpenFile = Callable[[str], Source | str]
"""A path -> its text, or why it cannot be read."""


@dataclass(slots=True)
class Library:
    """Every file that takes part, and the classes found in all of them. `documents` are the used files,
    in the order of reading."""

    catalog: Catalog
    collector: Collector
    open_file: OpenFile
    root: str
    modules: dict[str, Module] = field(default_factory=dict)
    documents: list[Document] = field(default_factory=list)
    ops: dict[str, Op] = field(default_factory=dict)
    _seen: dict[str, dict[str, Block]] = field(default_factory=dict)

    def file(self, root: Mapping, keys: Any, name: str, above: tuple[str, ...]) -> Catalog:
        """Resolve the blocks that a file declares or uses; the catalog with their names."""
        visible = dict(self._used(getattr(keys, "use", None), root, above))
        own = read_blocks(getattr(keys, "blocks", None), name, self.catalog, self.collector)
        for key, block in own.items():
            if key in visible:
                self._twice(key, block.span, visible[key])
        visible.update(own)
        known = self.catalog.extended(block.op for block in visible.values())
        self.ops.update({key: block.op for key, block in visible.items()})
        for key, block in own.items():
            self._add(key, block_module(block, known, self.collector))
        self._seen[above[-1]] = {**own}
        return known

    def _used(self, node: Node | None, root: Mapping, above: tuple[str, ...]) -> dict[str, Block]:
        found: dict[str, Block] = {}
        for entry in _paths(node, root, self.collector):
            for key, block in self._file(entry, above).items():
                if key in found and found[key].span != block.span:
                    self._twice(key, entry.span, found[key])
                found.setdefault(key, block)
        return found

    def _file(self, entry: Scalar, above: tuple[str, ...]) -> dict[str, Block]:
        """The blocks of one used file, its own module among them."""
        path = os.path.normpath(os.path.join(os.path.dirname(above[-1]), entry.text))
        if path in above:
            self._report(
                entry.span, f"`{entry.text}` uses itself", "remove one of the two `use`", code="NS305"
            )
            return {}
        if path in self._seen:
            return self._seen[path]
        self._seen[path] = {}
        document = self._open(path, entry)
        if document is None:
            return {}
        root = document.root
        assert isinstance(root, Mapping)
        if root.entry("model") is not None:
            help = "use the file that declares the class"
            self._report(entry.span, f"`{entry.text}` declares no class, it is a variant of one", help)
            return {}
        model = LibraryKeys if holds_only_blocks(root) else SpecKeys
        keys: Any = decode(root, model, self.collector, where="a spec")
        name = getattr(keys, "name", None)
        main = name.text if name is not None and unfit(name.text) is None else ""
        known = self.file(root, keys, main, (*above, path))
        if (
            name is not None
            and main
            and (root.entry("forward") is not None or root.entry("layers") is not None)
        ):
            head = read_head(keys, self.collector)
            block = Block(main, name.span, keys, root, head, block_op(main, keys, head, self.catalog))
            self._add(main, module_of(main, name.span, keys, root, head, known, self.collector))
            self._seen[path] = {**self._seen[path], main: block}
        return self._seen[path]

    def _open(self, path: str, entry: Scalar) -> Document | None:
        if os.path.relpath(os.path.realpath(path), self.root).startswith(os.pardir):
            self._report(
                entry.span, f"`{entry.text}` lies outside the project", "move the file into the project"
            )
            return None
        source = self.open_file(path)
        if isinstance(source, str):
            self._report(
                entry.span,
                f"`{entry.text}` cannot be read: {source}",
                "the path starts at this file's folder",
            )
            return None
        document = read(source, self.collector)
        if document is None:
            return None
        self.documents.append(document)
        if not isinstance(document.root, Mapping) or document.root.entry("netspec") is None:
            self._report(
                entry.span, f"`{entry.text}` is not a spec", "name a file that begins with `netspec: 1`"
            )
            return None
        return document

    def _add(self, name: str, module: Module) -> None:
        known = self.modules.setdefault(name, module)
        if known is not module and known.span != module.span:
            self._report(
                module.span,
                f"two files declare a class `{name}`",
                "rename one of them: source holds both",
                code="NS107",
            )

    def _twice(self, name: str, span: Span, other: Block) -> None:
        where = f"{other.span.source.path}:{other.span.start_position.line}"
        self._report(
            span, f"the block `{name}` is declared here and in {where}", "rename one of them", code="NS107"
        )

    def _report(self, span: Span, message: str, help: str, *, code: str = "NS212") -> None:
        self.collector.add(code, message, span, help=help)


def _paths(node: Node | None, root: Mapping, collector: Collector) -> list[Scalar]:
    match node:
        case None:
            return []
        case Scalar(value=str()):
            return [node]
        case Sequence(items) if all(
            isinstance(item, Scalar) and isinstance(item.value, str) for item in items
        ):
            return [item for item in items if isinstance(item, Scalar)]
    entry = root.entry("use")
    assert entry is not None
    collector.add(
        "NS104",
        f"`use` is a list of paths, but is {kind_of(node)}",
        entry.key.span,
        help="write `use: [blocks.yaml]`",
    )
    return []


def holds_only_blocks(root: Mapping) -> bool:
    """Whether a file declares no class of its own, and is there for others to use."""
    return root.entry("blocks") is not None and not _OF_A_CLASS.intersection(root.names)
