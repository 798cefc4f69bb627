"""The sizes of one module's values: fixed ones are numbers, open ones have names."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from netspec.document.words import RESERVED, is_identifier
from netspec.importer.graph import Sized
from netspec.importer.modes import OFFSET, Both
from netspec.importer.refusal import Refusal
from netspec.importer.sizes import Computed, Formula, Given, SizeOf
from netspec.importer.sketch import Const, Tree
from netspec.importer.variations import Leaf, Study, dimension_name


class Dims:
    """`named` has, for values that no input is, the names that a step `shape` gives to their sizes."""

    def __init__(
        self,
        path: str,
        both: Both,
        study: Study,
        read: Iterable[SizeOf],
        call_names: Callable[[str], list[str]],
    ) -> None:
        self.path, self.both, self.study, self.call_names = path, both, study, call_names
        self.open = study.open.get(path, set())
        self.texts: dict[Leaf, str] = {}
        self.named: dict[int, list[str]] = {}
        self._signatures: dict[str, Any] = {}
        self.inputs = {value: name for name, value in both.trace.inputs if self.has_input(value)}
        for value in self.inputs:
            self._name_input(value)
        for leaf in read:
            self._name_size(leaf)

    def has_input(self, value: int) -> bool:
        """Whether an input is there: an integer that is always the same is none."""
        return self.both.values[value].integer is None or (value, -1) in self.open

    def is_open(self, leaf: Leaf) -> bool:
        return leaf in self.open or OFFSET <= leaf[0] < 2 * OFFSET

    def input_tree(self, value: int, *, typical: bool) -> Tree:
        """The declaration of an input; `typical`: with what open sizes were in the example."""
        known = self.both.values[value]
        if known.integer is not None:
            return {"type": "int"}
        shape = known.members[0] if known.shape is None else known.shape
        dims = [self._dim_tree(value, dim, size, len(shape)) for dim, size in enumerate(shape)]
        if typical:
            dims = [
                f"{tree}={size}" if isinstance(tree, str) and tree not in ("N", "_") else tree
                for tree, size in zip(dims, shape, strict=True)
            ]
        if known.shape is None:
            return {"list": dims}
        dtype = str(known.dtype).removeprefix("torch.")
        return dims if dtype == "float32" else {"shape": dims, "dtype": dtype}

    def _dim_tree(self, value: int, dim: int, size: int, rank: int) -> Tree:
        if (value, dim) in self.texts:
            return self.texts[value, dim]
        if (value, dim) in self.open or self.both.values[value].shape is None:
            # The members of a list may differ in any size.
            return "_"
        return Const(
            size,
            "channels"
            if dimension_name(rank, dim, last=self._last(value, rank)) == "C"
            else f"{dimension_name(rank, dim).lower()}_size",
        )

    def _last(self, value: int, rank: int) -> bool:
        """Whether channels come last: the last dimension is fixed, and the first behind the batch is open."""
        return (value, 1) in self.open and (value, rank - 1) not in self.open

    def _name_input(self, value: int) -> None:
        known = self.both.values[value]
        if known.integer is not None:
            self.texts[value, -1] = self.inputs[value]
            return
        if known.shape is None:
            return
        rank = len(known.shape)
        for dim in range(rank):
            if (value, dim) in self.open:
                usual = dimension_name(rank, dim, last=self._last(value, rank))
                self._give(value, dim, "T" if usual == "C" and (value, 1) not in self.open else usual)

    def _give(self, value: int, dim: int, name: str) -> None:
        """The name, unless it means another size already."""
        signature = self.study.sizes(self.path, value, dim) if value < OFFSET else (value, dim)
        found, count = name, 1
        while self._signatures.get(found, signature) != signature:
            count += 1
            found = f"{name}{count}"
        self._signatures[found] = signature
        self.texts[value, dim] = found

    def _name_size(self, leaf: SizeOf) -> None:
        """A size of a value that is no input gets its name where it is made; the batch keeps its name."""
        key = (leaf.value, leaf.dim)
        if key in self.texts or not self.is_open(key):
            return
        if leaf.dim == 0 and self._signatures.get("N") == self._signature(leaf):
            self.texts[key] = "N"
            return
        known = self.both.values[leaf.value]
        if known.shape is None:
            raise Refusal("Python asks for the length of a list")
        wanted = self.both.trace.size_names.get(key) or dimension_name(len(known.shape), leaf.dim)
        self._give_new(key, wanted if is_identifier(wanted) and wanted not in RESERVED else "size")
        names = self.named.setdefault(leaf.value, ["_"] * len(known.shape))
        names[leaf.dim] = self.texts[key]

    def _give_new(self, key: Leaf, name: str) -> None:
        found, count = name, 1
        while found in self._signatures:
            count += 1
            found = f"{name}{count}"
        self._signatures[found] = key
        self.texts[key] = found

    def _signature(self, leaf: SizeOf) -> Any:
        return self.study.sizes(self.path, leaf.value, leaf.dim) if leaf.value < OFFSET else None

    # Formulas

    def tree(self, sized: Sized, hint: str) -> Tree:
        """A formula: a number where all its sizes are fixed, else an expression."""
        text = self._text(sized.formula)
        if isinstance(text, int):
            return Const(text, hint)
        return f"${text}" if is_identifier(text) else f"$({_unwrapped(text)})"

    def _text(self, formula: Formula) -> int | str:
        match formula:
            case int():
                return formula
            case SizeOf(value=value, dim=dim):
                return self._leaf((value, dim))
            case Given(value=value):
                return self._leaf((value, -1))
            case Computed(sign=sign, left=left, right=right):
                return _joined(sign, self._text(left), self._text(right))

    def _leaf(self, leaf: Leaf) -> int | str:
        if leaf in self.texts:
            return self.texts[leaf]
        known = self.both.values[leaf[0]]
        if not self.is_open(leaf):
            return int(known.integer or 0) if leaf[1] < 0 else known.shape[leaf[1]]  # type: ignore[index]
        raise Refusal("an integer that a call returned is computed with, which a spec cannot do")


def _joined(sign: str, left: int | str, right: int | str) -> int | str:
    if isinstance(left, int) and isinstance(right, int):
        return {
            "+": left + right, "-": left - right, "*": left * right,
            "//": left // right if right else 0, "%": left % right if right else 0,
        }[sign]  # fmt: skip
    if (sign, right) in (("*", 1), ("+", 0), ("-", 0), ("//", 1)):
        return left
    if (sign, left) in (("*", 1), ("+", 0)):
        return right
    if (sign, left) == ("-", 0):
        return f"(-{right})"
    return f"({left} {sign} {right})"


def _unwrapped(text: str) -> str:
    """Without the brackets around the whole."""
    return text[1:-1] if text.startswith("(") else text
