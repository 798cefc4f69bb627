"""Which layer of one network is which of the other: by name, by place in a list, and by what it is.

Names come first. In lists, whose members have numbers for names, the two lists are aligned, so that a member
put in between renumbers those behind it. What is left over on both sides is paired where it is the same in
all but its name or place, the largest parts first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from difflib import SequenceMatcher
from typing import Any

from netspec.graph.ir import Graph, ModuleNode
from netspec.shapes.infer import Shapes
from netspec.shapes.weights import tensors

Path = tuple[str, ...]
_MOST_ALIGNED = 4_000


class Side:
    """One network: its modules, and their arguments."""

    def __init__(self, graph: Graph, shapes: Shapes) -> None:
        self.graph = graph
        self.shapes = shapes

    def settings(self, node: ModuleNode) -> Mapping[str, Any]:
        """The arguments of a layer or block, those that `auto` stood for among them."""
        if not node.path:
            return {}
        return self.shapes.settings.get(node.path) or node.settings or {}


def paired(before: Side, after: Side) -> dict[Path, Path]:
    """The new path of each module that goes on."""
    return _Pairing(before, after).run()


class _Pairing:
    def __init__(self, before: Side, after: Side) -> None:
        self.before = before
        self.after = after
        self.found: dict[Path, Path] = {}
        self.taken: set[Path] = set()
        known: dict[Any, int] = {}
        self.prints = [_fingerprints(side, known) for side in (before, after)]

    def run(self) -> dict[Path, Path]:
        self._match(self.before.graph.root, self.after.graph.root)
        self._same_parent()
        self._anywhere()
        return self.found

    def _match(self, one: ModuleNode, other: ModuleNode) -> None:
        self.found[one.path] = other.path
        self.taken.add(other.path)
        ours, theirs = _present(one), _present(other)
        if _numbered(ours) and _numbered(theirs):
            self._aligned(ours, theirs)
            return
        names = {each.path[-1]: each for each in theirs}
        for each in ours:
            same = names.get(each.path[-1])
            if same is not None:
                self._match(each, same)

    def _aligned(self, ours: list[ModuleNode], theirs: list[ModuleNode]) -> None:
        """The members of two lists: equal ones in order, between them those of one class, and between those
        whatever stands in the same order: that is where another class took the place."""
        start = 0
        while start < min(len(ours), len(theirs)) and self._equal(ours[start], theirs[start]):
            self._match(ours[start], theirs[start])
            start += 1
        ours, theirs = ours[start:], theirs[start:]
        while ours and theirs and self._equal(ours[-1], theirs[-1]):
            self._match(ours.pop(), theirs.pop())
        prints = (
            [self.prints[0][each.path] for each in ours],
            [self.prints[1][each.path] for each in theirs],
        )
        # Among thousands of equal members, which is which cannot be told, and would take long to find out.
        many = max(len(ours), len(theirs)) > _MOST_ALIGNED
        for tag, a, b, c, d in SequenceMatcher(None, *prints, autojunk=many).get_opcodes():
            if tag == "equal":
                self._match_all(ours[a:b], theirs[c:d])
                continue
            classes = [each.class_name for each in ours[a:b]], [each.class_name for each in theirs[c:d]]
            for kind, e, f, g, h in SequenceMatcher(None, *classes, autojunk=many).get_opcodes():
                if kind in ("equal", "replace"):
                    self._match_all(ours[a + e : a + f], theirs[c + g : c + h])

    def _match_all(self, ours: Iterable[ModuleNode], theirs: Iterable[ModuleNode]) -> None:
        for one, other in zip(ours, theirs, strict=False):
            self._match(one, other)

    def _same_parent(self) -> None:
        """Other names in one place: the same layer, or the only one of its class that is left there."""
        for path, new in [*self.found.items()]:
            ours = [each for each in _present(self.before.graph.modules[path]) if each.path not in self.found]
            theirs = [each for each in _present(self.after.graph.modules[new]) if each.path not in self.taken]
            for one in ours:
                equal = [each for each in theirs if self._equal(one, each)]
                if equal:
                    theirs.remove(equal[0])
                    self._match(one, equal[0])
            for one in [each for each in ours if each.path not in self.found]:
                alike = [each for each in theirs if each.class_name == one.class_name]
                rivals = [e for e in ours if e.class_name == one.class_name and e.path not in self.found]
                if len(alike) == len(rivals) == 1:
                    theirs.remove(alike[0])
                    self._match(one, alike[0])

    def _equal(self, one: ModuleNode, other: ModuleNode) -> bool:
        return self.prints[0][one.path] == self.prints[1][other.path]

    def _anywhere(self) -> None:
        """The same part in another place, under the same name or where it cannot be another. A layer alone
        must keep its name, and one that stands for any other of its kind, as ReLU does, goes nowhere."""
        ours, theirs = defaultdict[int, list[ModuleNode]](list), defaultdict[int, list[ModuleNode]](list)
        for node in self.before.graph.modules.values():
            if node.path not in self.found and self._may_move(node, self.before):
                ours[self.prints[0][node.path]].append(node)
        for node in self.after.graph.modules.values():
            if node.path not in self.taken and self._may_move(node, self.after):
                theirs[self.prints[1][node.path]].append(node)
        # A module stands before what is in it: the largest parts come first.
        for mark, nodes in ours.items():
            for one in nodes:
                open_ = [each for each in theirs.get(mark, ()) if each.path not in self.taken]
                named = [each for each in open_ if each.path[-1] == one.path[-1]]
                left = [each for each in nodes if each.path not in self.found]
                sure = len(open_) == len(left) == 1 and len(_present(one)) > 0
                other = named[0] if named else open_[0] if sure else None
                if one.path not in self.found and other is not None:
                    self._match(one, other)

    def _may_move(self, node: ModuleNode, side: Side) -> bool:
        """Whether a module can be told from others: it holds some, or has tensors and a name."""
        if node.absent:
            return False
        if node.op is not None and node.is_leaf and not node.path[-1].isdecimal():
            return bool(tensors(node.op.name, side.settings(node)))
        return len(_present(node)) > 0


def _fingerprints(side: Side, known: dict[Any, int]) -> dict[Path, int]:
    """A number for each module, the same for all that are equal with everything in them."""
    found: dict[Path, int] = {}
    for node in _inside_out(side.graph.root):
        settings = tuple(sorted((name, str(value)) for name, value in side.settings(node).items()))
        inside = tuple((each.path[-1], found[each.path]) for each in _present(node))
        found[node.path] = known.setdefault((node.class_name, settings, inside), len(known))
    return found


def _inside_out(root: ModuleNode) -> Iterator[ModuleNode]:
    """Every module that is present, members before what holds them."""
    order, waiting = [], [root]
    while waiting:
        node = waiting.pop()
        order.append(node)
        waiting += _present(node)
    return reversed(order)


def _present(node: ModuleNode) -> list[ModuleNode]:
    return [each for each in node.children if not each.absent]


def _numbered(nodes: list[ModuleNode]) -> bool:
    return all(each.path[-1].isdecimal() for each in nodes)
