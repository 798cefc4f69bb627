"""The calls of a Graph, nested as the modules that make them: `outline(graph)`.

A block that is called becomes one `Section` with all that it runs, functional steps too; so does a run of
calls of members of one container. In order of execution, so that what a section reads was made before it,
and nobody needs its results before it is done. A module that is called twice makes two sections.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from netspec.graph.ir import Enter, Graph, Leave, ModuleNode, Node, Own

Path: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """One call of a block, or a run of calls in a container. `call` is where the block was called."""

    module: ModuleNode
    items: tuple[Item, ...]
    call: Enter | None = None

    @property
    def calls(self) -> Iterator[Node]:
        """The calls of layers and ops in it, in order."""
        for item in self.items:
            if isinstance(item, Section):
                yield from item.calls
            elif isinstance(item, Node):
                yield item


Item: TypeAlias = Node | Own | Section


def outline(graph: Graph) -> Section:
    """The section of the whole network."""
    outliner = _Outliner(graph)
    for node in graph.nodes:
        outliner.take(node)
    return outliner.done()


@dataclass(slots=True)
class _Open:
    """A section that is not done. A `frame` runs a forward; else it is a container, or a block without a
    forward of its own."""

    module: ModuleNode
    frame: bool
    call: Enter | None = None
    items: list[Item] = field(default_factory=list)

    @property
    def path(self) -> Path:
        return self.module.path


class _Outliner:
    def __init__(self, graph: Graph) -> None:
        self.modules = graph.modules
        self.open = [_Open(graph.root, frame=True)]

    def take(self, node: object) -> None:
        match node:
            case Node(module=path):
                self._close_to_frame() if path is None else self._reach(path)
                self.open[-1].items.append(node)
            case Own():
                self._close_to_frame()
                self.open[-1].items.append(node)
            case Enter(module=path):
                self._reach(path)
                block = self.modules[path].block
                self.open.append(_Open(self.modules[path], block is None or not block.sequential, node))
            case Leave(module=path) if any(each.frame and each.path == path for each in self.open[1:]):
                while self.open[-1].path != path or not self.open[-1].frame:
                    self._close()
                self._close()

    def done(self) -> Section:
        while len(self.open) > 1:
            self._close()
        return Section(self.open[0].module, tuple(self.open[0].items))

    def _close_to_frame(self) -> None:
        """A functional step belongs to the forward that runs, whatever containers were called before it."""
        while not self.open[-1].frame:
            self._close()

    def _reach(self, path: Path) -> None:
        """Close and open containers until the module at `path` is a member of the innermost one."""
        while not self.open[-1].frame and not _within(path, self.open[-1].path):
            self._close()
        above = self.open[-1].path
        if not _within(path, above):
            return
        for length in range(len(above) + 1, len(path)):
            self.open.append(_Open(self.modules[path[:length]], frame=False))

    def _close(self) -> None:
        last = self.open.pop()
        # Of a container of which one member is called, the member says all.
        alone = last.module.block is None and len(last.items) == 1
        item = last.items[0] if alone else Section(last.module, tuple(last.items), last.call)
        self.open[-1].items.append(item)


def _within(path: Path, above: Path) -> bool:
    return len(path) > len(above) and path[: len(above)] == above
