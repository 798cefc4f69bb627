"""A spec before it is text: constants that may become params, layers with all their arguments, steps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, TypeAlias

Tree: TypeAlias = Any
"""A Const, a Use, a Step, a Member, a Body, a text, a number, or a list or dict of these."""


@dataclass(slots=True, eq=False)
class Const:
    """A number, text, boolean, None or tuple that may be another one in another module of the same kind.

    `hint` is what a param for it would be called. `dtype` marks the name of a dtype.
    """

    value: Any
    hint: str


@dataclass(slots=True, eq=False)
class Use:
    """A layer, or a block, with all its arguments by name. `block` is where the arguments are a block's."""

    op: str
    args: dict[str, Tree]
    block: bool = False
    discard: bool = False


@dataclass(slots=True, eq=False)
class Container:
    """`Sequential`, `ModuleList` or `ModuleDict` with its members."""

    kind: str
    members: dict[str, Tree]


@dataclass(slots=True, eq=False)
class Step:
    """A step of a forward. `sources` is a list, a dict, or None for the current value."""

    op: str
    args: list[Tree] = field(default_factory=list)
    kwargs: dict[str, Tree] = field(default_factory=dict)
    sources: Any = None
    results: Any = None
    when: str | None = None
    steps: list[Tree] | None = None


@dataclass(slots=True, eq=False)
class Tensor:
    """A parameter or buffer of the module itself."""

    shape: list[Tree]
    dtype: str
    init: Tree
    persistent: bool = True
    steps: Tree = None


@dataclass(slots=True, eq=False)
class Body:
    """What a block, or the spec itself, says of one module class."""

    inputs: dict[str, Tree]
    forward: list[Tree] | None
    outputs: Tree
    layers: dict[str, Tree]
    parameters: dict[str, Tree]
    buffers: dict[str, Tree]
    extends: Tree
    repr: Tree
    class_name: str


def constants(tree: Tree) -> Iterator[Const]:
    """All constants of a tree, in order."""
    match tree:
        case Const():
            yield tree
        case list() | tuple():
            for each in tree:
                yield from constants(each)
        case dict():
            for each in tree.values():
                yield from constants(each)
        case _ if is_dataclass(tree) and not isinstance(tree, type):
            for each in fields(tree):
                yield from constants(getattr(tree, each.name))


def skeleton(tree: Tree) -> Any:
    """A tree without its constants: two modules with the same skeleton are one block."""
    match tree:
        case Const(value=value):
            return ("const", kind_of(value))
        case list() | tuple():
            return tuple(map(skeleton, tree))
        case dict():
            return tuple((key, skeleton(each)) for key, each in tree.items())
        case _ if is_dataclass(tree) and not isinstance(tree, type):
            inner = tuple(skeleton(getattr(tree, each.name)) for each in fields(tree))
            return (type(tree).__name__, *inner)
    return tree


def kind_of(value: Any) -> str:
    """The kinds of constants; a param has one."""
    match value:
        case bool():
            return "bool"
        case int():
            return "int"
        case float():
            return "float"
        case str():
            return "str"
        case tuple():
            return f"tuple of {len(value)}"
    return "none"
