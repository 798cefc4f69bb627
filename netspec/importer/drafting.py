"""Calls on numbered values -> drafts of steps: what flows in, and what is an argument."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from netspec.catalog.language import LANGUAGE_OPS
from netspec.catalog.load import ops
from netspec.importer.dims import Dims
from netspec.importer.drafts import LIST, Draft, Source
from netspec.importer.graph import DType, Node, Own, Ref, Sized, refs_in
from netspec.importer.modes import OFFSET, Both, Choice, Item
from netspec.importer.refusal import Refusal
from netspec.importer.sizes import SizeOf, leaves
from netspec.importer.sketch import Const, Tree
from netspec.resolve.step_names import takes_list

# Other names of functions, for where a layer bears the usual one.
_OTHER_NAMES = {
    "mul": "multiply", "div": "divide", "sub": "subtract", "cat": "concat", "transpose": "swapaxes",
    "clamp": "clip", "abs": "absolute", "neg": "negative",
}  # fmt: skip


class Drafting:
    """Nodes -> drafts."""

    def __init__(self, both: Both, dims: Dims, layers: set[str], takes: Callable[[str], list[bool]]) -> None:
        """`takes` says of a called block which of its inputs it has; fixed integers are none."""
        self.both, self.dims, self.layers, self.takes = both, dims, layers, takes
        self.members: list[int] = []
        self.made = 0

    def drafts(self) -> list[Draft]:
        live = {ref.value for ref in refs_in((self.both.outputs, self.both.train_outputs))}
        return list(self._all(_without_dead(self.both.items, live)))

    def _all(self, items: list[Item]) -> Iterator[Draft]:
        for item in items:
            if isinstance(item, Choice):
                yield Draft(
                    "when",
                    train=list(self._all([*item.train])),
                    eval=list(self._all([*item.eval])),
                    joins=item.joins,
                )
                continue
            try:
                yield from self._layer(item) if item.op == "" else self._function_call(item)
            except Refusal as refusal:
                raise Refusal(refusal.reason, refusal.place or item.place) from None
            yield from self._size_steps(item)

    def _size_steps(self, node: Node) -> Iterator[Draft]:
        for ref in refs_in(node.results):
            names = self.dims.named.get(ref.value)
            if names:
                yield Draft("shape", sources=[Source(value=ref.value)], results=ref, sizes=names)

    def _function_call(self, node: Node) -> Iterator[Draft]:
        """A function of the list that was gathered so far, and one value more, takes the list."""
        first = node.args[0] if node.args else None
        if self.members and isinstance(first, list) and all(isinstance(each, Ref) for each in first):
            values = [each.value for each in first]
            if values[:-1] == self.members or values == self.members:
                if values != self.members:
                    yield self._list(first)
                node = replace(node, args=(Ref(LIST), *node.args[1:]))
        if node.op in ("rand_like", "randn_like") and not isinstance(first, Ref | Own):
            zeros = self._made()
            yield self._draft(replace(node, op="zeros", results=zeros, effect=False))
            node = replace(node, args=(zeros,), kwargs={})
        if node.op == "pow" and isinstance(first, int | float):
            # The base must be a tensor in a spec; PyTorch makes one of a number, too.
            base = self._made()
            yield Draft("full", [[], Const(float(first), "base")], results=base)
            node = replace(node, args=(base, *node.args[1:]))
        yield self._draft(node)

    def _made(self) -> Ref:
        """A value that Python had none for."""
        self.made += 1
        return Ref(4 * OFFSET + self.made)

    def _draft(self, node: Node) -> Draft:
        if node.op == "index":
            return self._index(node, [self._source(node.args[0])], node.args[1])
        if node.op == "assign":
            return self._index(node, [self._source(each) for each in node.args[:2]], node.args[2])
        args = list(node.args)
        draft = Draft(self._function(node.op), results=node.results)
        self._split(draft, node, args)
        return draft

    def _function(self, op: str) -> str:
        if op not in self.layers:
            return op
        other = _OTHER_NAMES.get(op)
        if other is None or other in self.layers:
            raise Refusal(f"the function `{op}` and a layer of the same name are both called")
        return other

    def _layer(self, node: Node) -> Iterator[Draft]:
        for index, each in enumerate(node.args):
            if isinstance(each, list) and each and all(isinstance(one, Ref) for one in each):
                yield self._list(each)
                node = replace(node, args=(*node.args[:index], Ref(LIST), *node.args[index + 1 :]))
        yield self._layer_call(node)

    def _list(self, members: list[Ref]) -> Draft:
        """A list of values: the one before with one more, or a new one."""
        values = [each.value for each in members]
        before, self.members = self.members, values
        if before and values[:-1] == before:
            return Draft("append", sources=[Source(value=values[-1])], results=Ref(LIST), appended=True)
        return Draft("list", sources=[Source(value=each) for each in values], results=Ref(LIST))

    def _layer_call(self, node: Node) -> Draft:
        wanted = self.takes(node.path)
        args = list(node.args)
        if wanted:
            args = [each for each, taken in zip(args, wanted, strict=True) if taken]
        draft = Draft(node.path, results=self._kept(node.results))
        if not args and not node.kwargs and node.path in self.layers and self.dims.inputs:
            # A block has an input, also where Python's module asks for none.
            draft.sources = [Source(value=next(iter(self.dims.inputs)))]
            return draft
        while args and args[-1] is None:
            args.pop()
        if node.kwargs or any(not _flows(each) for each in args):
            return self._by_names(draft, node, args, self._layer_names(node))
        draft.sources = [self._source(each) for each in args]
        return draft

    def _kept(self, results: Any) -> Any:
        """The results of a call but for integers that are always the same."""
        if not isinstance(results, tuple) or not results:
            return results
        kept = tuple(each for each in results if not isinstance(each, Ref) or self._is_result(each.value))
        return kept[0] if len(kept) == 1 and len(results) > 1 and isinstance(kept[0], Ref) else kept

    def _is_result(self, value: int) -> bool:
        return self.both.values[value].integer is None or self.dims.is_open((value, -1))

    def _layer_names(self, node: Node) -> list[str]:
        names = self.dims.call_names(node.path)
        if len(names) < len(node.args):
            raise Refusal(f"what `{node.path}` is called with cannot be told")
        return names

    def _split(self, draft: Draft, node: Node, args: list[Any]) -> None:
        op = ops().get(node.op) or LANGUAGE_OPS[node.op]
        if takes_list(op) and args:
            first = args.pop(0)
            draft.sources = [self._source(each) for each in (first if isinstance(first, list) else [first])]
            self._rest(draft, node, args, 1)
            return
        last = max((i for i, each in enumerate(args) if _is_tensor(each)), default=-1)
        if any(_is_tensor(each) for each in node.kwargs.values()) or not all(map(_flows, args[: last + 1])):
            self._by_names(draft, node, args, _names(node))
            return
        draft.sources = [self._source(each) for each in args[: last + 1]]
        self._rest(draft, node, args[last + 1 :], last + 1)

    def _rest(self, draft: Draft, node: Node, args: list[Any], before: int) -> None:
        """The arguments that are no tensors; None at the end, and what is so anyway, is left out."""
        names = _names(node)
        while args and not node.kwargs and args[-1] is None:
            args.pop()
        for index, each in enumerate(args):
            hint = names[before + index] if before + index < len(names) else node.op
            draft.args.append(self._tree(each, hint))
        draft.kwargs = {name: self._tree(each, name) for name, each in node.kwargs.items()}

    def _by_names(self, draft: Draft, node: Node, args: list[Any], names: list[str]) -> Draft:
        given = {**dict(zip(names, args, strict=False)), **node.kwargs}
        if len(args) > len(names):
            raise Refusal(
                f"`{node.op or node.path}` is given {len(args)} arguments, but {len(names)} are known"
            )
        for name, each in given.items():
            if _is_tensor(each):
                draft.named_sources[name] = self._source(each)
            elif each is not None:
                draft.kwargs[name] = self._tree(each, name)
        return draft

    def _source(self, thing: Any) -> Source:
        match thing:
            case Ref(value=value):
                return Source(value=value)
            case Own(path=path):
                return Source(text=path)
        tree = self._tree(thing, "value")
        return Source(const=tree) if isinstance(tree, Const) else Source(text=tree)

    def _tree(self, thing: Any, hint: str) -> Tree:
        match thing:
            case Sized():
                return self.dims.tree(thing, hint)
            case DType(name=name):
                return name
            case list() | tuple():
                return [self._tree(each, hint) for each in thing]
            case bool() | int() | float() | str() | None:
                return Const(thing, hint)
        raise Refusal(f"an argument of `{hint}` is a {type(thing).__name__}")

    def _index(self, node: Node, sources: list[Source], subscript: list[Any]) -> Draft:
        draft = Draft(node.op, sources=sources, results=node.results)
        items = []
        for each in subscript:
            if isinstance(each, Ref):
                draft.mentions.append(each.value)
            items.append(each if isinstance(each, Ref) else self._subscript(each))
        draft.args = [items]
        return draft

    def _subscript(self, thing: Any) -> Tree:
        match thing:
            case slice():
                ends = [self._subscript(each) for each in (thing.start, thing.stop)]
                text = ":".join("" if each == "None" else each for each in ends)
                return text if thing.step is None else f"{text}:{self._subscript(thing.step)}"
            case None:
                return "None"
            case Own(path=path):
                return path
            case _ if thing is Ellipsis:
                return "..."
            case bool():
                raise Refusal("a subscript is a boolean")
            case [int() as only] if not isinstance(only, bool):
                # One place of a list is a slice of one.
                return f"{only}:{only + 1}" if only != -1 else "-1:"
            case int():
                return str(thing)
            case Sized():
                tree = self.dims.tree(thing, "index")
                return str(tree.value) if isinstance(tree, Const) else tree
        raise Refusal("a subscript is a list")


def _is_tensor(thing: Any) -> bool:
    return isinstance(thing, Ref | Own) or (isinstance(thing, list) and any(map(_is_tensor, thing)))


def _flows(thing: Any) -> bool:
    """Whether it can be a source: a tensor or a number."""
    return isinstance(thing, Ref | Own | Sized | float) or (
        isinstance(thing, int) and not isinstance(thing, bool)
    )


def _names(node: Node) -> list[str]:
    """The names of positional arguments, by the first signature that has room for them."""
    op = ops().get(node.op)
    if op is None:
        return []
    for signature in op.signatures:
        names = [param.name for param in signature if not param.keyword_only]
        if len(names) >= len(node.args) and set(node.kwargs) <= {param.name for param in signature}:
            return names
    return [param.name for param in max(op.signatures, key=len)]


def _without_dead(items: list[Item], live: set[int]) -> list[Item]:
    """Without calls whose results no one needs and that do nothing else."""
    kept: list[Item] = []
    for item in reversed(items):
        if isinstance(item, Choice):
            joins = [each for each in item.joins if each.value in live]
            live |= {each.train for each in joins} | {each.eval for each in joins}
            train = [each for each in _without_dead([*item.train], live) if isinstance(each, Node)]
            evaluation = [each for each in _without_dead([*item.eval], live) if isinstance(each, Node)]
            if train or evaluation:
                kept.append(Choice(train, evaluation, joins))
        elif item.effect or any(ref.value in live for ref in refs_in(item.results)):
            live |= {ref.value for ref in refs_in(item)}
            kept.append(item)
    return kept[::-1]


def sizes_read(items: list[Item], outputs: Any) -> Iterator[SizeOf]:
    """The sizes that formulas in calls and outputs mention."""
    for item in items:
        inner = [*item.train, *item.eval] if isinstance(item, Choice) else [item]
        for node in inner:
            yield from _sizes_in((node.args, node.kwargs))
    yield from _sizes_in(outputs)


def _sizes_in(thing: Any) -> Iterator[SizeOf]:
    match thing:
        case Sized(formula=formula):
            yield from (leaf for leaf in leaves(formula) if isinstance(leaf, SizeOf))
        case tuple() | list():
            for each in thing:
                yield from _sizes_in(each)
        case dict():
            for each in thing.values():
                yield from _sizes_in(each)
        case slice():
            yield from _sizes_in((thing.start, thing.stop, thing.step))
