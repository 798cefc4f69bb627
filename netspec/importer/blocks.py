"""Bodies that differ in constants alone -> one block, with params for what differs.

Constants that agree in all modules of a block stay numbers. Of the others, equal columns share a param, and
a column that is a fixed multiple of another is an expression over its param.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import nn

from netspec.catalog.load import ops
from netspec.document.words import CONTAINERS, RESERVED, is_identifier
from netspec.importer.describe import Describer
from netspec.importer.sketch import Body, Const, Tree, constants, kind_of, skeleton

_MOST_DEFAULT = 3
_TYPES = {"int": "int", "float": "float", "bool": "bool", "str": "str"}


# Names of arguments that say of themselves what a size is, best first.
_GOOD_NAMES = ("in_channels", "in_features", "embed_dim", "out_channels", "out_features", "num_features")


@dataclass(slots=True)
class Param:
    name: str
    type: str
    values: tuple[Any, ...]
    default: Any = None
    has_default: bool = False


class Expression(str):
    """A constant's value that is a param, or an expression over one."""


@dataclass(slots=True)
class Block:
    """One class of the spec: its name, params, and body with their names put in."""

    name: str
    params: list[Param] = field(default_factory=list)
    body: Body | None = None
    modules: list[nn.Module] = field(default_factory=list)


class Grouping:
    """Blocks in the order of their first use, from the inside out."""

    def __init__(self, describer: Describer) -> None:
        self.describer = describer
        self.blocks: list[Block] = []
        self._taken: set[str] = {type(describer.root).__name__}

    def run(self) -> list[Block]:
        heights = self.describer.heights
        for height in sorted({each for path, each in heights.items() if path}):
            groups: dict[Any, list[str]] = {}
            for path in (path for path, each in heights.items() if path and each == height):
                if path in self.describer.bodies:
                    key = (type(self.describer.modules[path]), skeleton(self.describer.bodies[path]))
                    groups.setdefault(key, []).append(path)
            for paths in self._with_uncalled(groups):
                self._group(paths)
        return self.blocks

    def _with_uncalled(self, groups: dict[Any, list[str]]) -> list[list[str]]:
        """Modules that are never called join those that are, where all else agrees."""
        found = {key: list(paths) for key, paths in groups.items()}
        for key, paths in groups.items():
            body = self.describer.bodies[paths[0]]
            if body.forward != [] or body.inputs != {"x": ["..."]}:
                continue
            for other, others in groups.items():
                called = self.describer.bodies[others[0]]
                if other is not key and other[0] is key[0] and _same_but_forward(body, called):
                    for path in paths:
                        mine = self.describer.bodies[path]
                        mine.inputs, mine.forward, mine.outputs = (
                            called.inputs,
                            called.forward,
                            called.outputs,
                        )
                    found[other] += found.pop(key)
                    break
        return list(found.values())

    def _group(self, paths: list[str]) -> None:
        bodies = [self.describer.bodies[path] for path in paths]
        modules = [self.describer.modules[path] for path in paths]
        block = Block(self._name(bodies[0].class_name), body=bodies[0], modules=modules)
        _forget_lone_dimensions(bodies)
        columns = list(zip(*(_ordered(body) for body in bodies), strict=True))
        values = [tuple(each.value for each in column) for column in columns]
        dims = _dimension_names(bodies[0])
        differing = [(column, row) for column, row in zip(columns, values, strict=True) if not _constant(row)]
        # What the class itself has a name for comes first: the rest may follow from it.
        differing.sort(key=lambda each: not _attributes(block, each[1], dims))
        for column, row in differing:
            hints = {each[0].hint for each, other in differing if _equal(other, row)}
            self._parametrise(block, column, row, dims, hints)
        block.params.sort(key=lambda each: each.has_default)
        self.blocks.append(block)
        for index, path in enumerate(paths):
            for use in self.describer.uses.get(path, ()):
                use.op = block.name
                use.args = {each.name: Const(each.values[index], each.name) for each in block.params}

    def _parametrise(
        self, block: Block, column: Sequence[Const], row: tuple[Any, ...], dims: set[str], hints: set[str]
    ) -> None:
        param = next((each for each in block.params if _equal(each.values, row)), None)
        if param is not None:
            column[0].value = Expression(f"${param.name}")
            return
        for each in block.params:
            text = _multiple(each, row)
            if text is not None:
                column[0].value = Expression(text)
                return
        hint = column[0].hint
        if hint not in _GOOD_NAMES:
            hint = next((each for each in _GOOD_NAMES if each in hints), hint)
        name = _param_name(block, hint, row, dims)
        kinds = kind_of(row[0])
        type_ = _TYPES.get(kinds) or (
            "shape" if all(type(x) is int for value in row for x in value) else "list"
        )
        param = Param(name, type_, row)
        common, count = Counter(map(repr, row)).most_common(1)[0]
        # A size says more where it stands in each call than as a default.
        is_size = type(row[0]) is int and any(each > _MOST_DEFAULT for each in row if repr(each) == common)
        if count >= 0.6 * len(row) and len(row) > 2 and not is_size:
            param.default, param.has_default = next(each for each in row if repr(each) == common), True
        block.params.append(param)
        column[0].value = Expression(f"${name}")

    def _name(self, wanted: str) -> str:
        base = wanted.lstrip("_") or "Block"
        if not is_identifier(base):
            base = "Block"
        if ops().has_own(base) or base in CONTAINERS or base in RESERVED:
            base = f"{base}Block"
        found, count = base, 1
        while found in self._taken:
            count += 1
            found = f"{base}{count}"
        self._taken.add(found)
        return found


def _ordered(body: Body) -> list[Const]:
    """All constants, those of the inputs last: a layer's argument has the better name for a size."""
    inputs = {id(each) for each in constants(body.inputs)}
    return sorted(constants(body), key=lambda each: id(each) in inputs)


def _same_but_forward(a: Body, b: Body) -> bool:
    def rest(body: Body) -> Any:
        return skeleton([body.layers, body.parameters, body.buffers, body.extends, body.repr])

    return b.forward not in ([], None) and rest(a) == rest(b)


def _equal(a: tuple[Any, ...], b: tuple[Any, ...]) -> bool:
    return all(type(x) is type(y) and x == y for x, y in zip(a, b, strict=True))


def _multiple(param: Param, row: tuple[Any, ...]) -> str | None:
    """A column as a multiple, or a whole part, of a param; or as what is missing to 1."""
    if param.type == "float" and all(type(each) is float for each in row):
        missing = all(a == 1 - b for a, b in zip(row, param.values, strict=True))
        return f"$(1 - {param.name})" if missing else None
    if (
        param.type != "int"
        or any(type(each) is not int or each <= 0 for each in row)
        or min(param.values) <= 0
    ):
        return None
    first, value = row[0], param.values[0]
    if first % value == 0 and all(a == b * (first // value) for a, b in zip(row, param.values, strict=True)):
        return f"$({first // value} * {param.name})"
    if value % first == 0 and all(b == a * (value // first) for a, b in zip(row, param.values, strict=True)):
        return f"$({param.name} // {value // first})"
    return None


def _param_name(block: Block, hint: str, row: tuple[Any, ...], dims: set[str]) -> str:
    """The name of an attribute that has these values in all modules, else what the constant is."""
    taken = {each.name for each in block.params} | dims
    attributes = _attributes(block, row, taken)
    wanted = hint if hint in attributes else attributes[0] if attributes else hint
    wanted = wanted if is_identifier(wanted) and wanted not in RESERVED | {"training"} else "value"
    found, count = wanted, 1
    while found in taken:
        count += 1
        found = f"{wanted}{count}"
    return found


def _attributes(block: Block, row: tuple[Any, ...], taken: set[str]) -> list[str]:
    """The attributes that have these values in all modules of a block."""
    return [
        name
        for name, value in vars(block.modules[0]).items()
        if not name.startswith("_") and name not in taken and is_identifier(name)
        and type(value) is type(row[0])
        and all(vars(each).get(name) == one for each, one in zip(block.modules, row, strict=True))
    ]  # fmt: skip


def _constant(row: tuple[Any, ...]) -> bool:
    return len(set(map(repr, row))) == 1


def _dimension_names(body: Body) -> set[str]:
    found: set[str] = set()

    def walk(tree: Tree) -> None:
        if isinstance(tree, str):
            found.update(re.findall(r"[A-Za-z_]\w*", tree))
        for each in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
            walk(each)

    walk(body.inputs)
    for step in body.forward or ():
        if getattr(step, "op", "") == "shape":
            walk(step.results)
    return found | set(body.inputs)


def _forget_lone_dimensions(bodies: list[Body]) -> None:
    """A size that only an input mentions, and that differs, says nothing: any size fits."""
    rows = [[*constants(body)] for body in bodies]
    inputs = {id(each) for each in constants(bodies[0].inputs)}
    others = [
        tuple(each[index].value for each in rows)
        for index, first in enumerate(rows[0])
        if id(first) not in inputs
    ]
    lone = [
        index
        for index, first in enumerate(rows[0])
        if id(first) in inputs
        and len({each[index].value for each in rows}) > 1
        and tuple(each[index].value for each in rows) not in others
    ]
    gone = {id(row[index]) for row in rows for index in lone}
    for body in bodies:
        body.inputs = {name: _any_size(tree, gone) for name, tree in body.inputs.items()}


def _any_size(tree: Tree, gone: set[int]) -> Tree:
    if isinstance(tree, Const):
        return "_" if id(tree) in gone else tree
    if isinstance(tree, list):
        return [_any_size(each, gone) for each in tree]
    if isinstance(tree, dict):
        return {key: _any_size(each, gone) for key, each in tree.items()}
    return tree
