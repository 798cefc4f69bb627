"""Calls on numbered values -> steps on a current value, with names only where they are needed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from netspec.catalog.language import LANGUAGE_OPS
from netspec.catalog.load import ops
from netspec.document.words import RESERVED, is_identifier
from netspec.importer.dims import Dims
from netspec.importer.graph import DType, Node, Own, Ref, Sized, refs_in
from netspec.importer.modes import OFFSET, Both, Choice, Item, Join
from netspec.importer.refusal import Refusal
from netspec.importer.sizes import SizeOf, leaves
from netspec.importer.sketch import Const, Step, Tree
from netspec.resolve.step_names import takes_list

_MOST_IN_BRANCH = 6
_LIST = 3 * OFFSET
"""The number of the list that a module gathers values in."""
# Other names of functions, for where a layer bears the usual one.
_OTHER_NAMES = {"mul": "multiply", "div": "divide", "sub": "subtract", "cat": "concat", "transpose": "swapaxes",
                "clamp": "clip", "abs": "absolute", "neg": "negative"}  # fmt: skip


@dataclass(slots=True)
class Source:
    """What flows in: a value, a text (a tensor's path, an expression), a constant, or a branch."""

    value: int | None = None
    text: str | None = None
    const: Const | None = None
    branch: list[Draft] | None = None


@dataclass(slots=True)
class Draft:
    """A step whose values are still numbers."""

    op: str
    args: list[Tree] = field(default_factory=list)
    kwargs: dict[str, Tree] = field(default_factory=dict)
    sources: list[Source] = field(default_factory=list)
    named_sources: dict[str, Source] = field(default_factory=dict)
    results: Any = None
    mentions: list[int] = field(default_factory=list)
    sizes: list[str] | None = None
    train: list[Draft] | None = None
    eval: list[Draft] | None = None
    joins: list[Join] = field(default_factory=list)
    appended: bool = False

    @property
    def all_sources(self) -> list[Source]:
        return [*self.sources, *self.named_sources.values()]

    @property
    def value(self) -> int | None:
        return self.results.value if isinstance(self.results, Ref) else None


class Drafting:
    """Nodes -> drafts."""

    def __init__(self, both: Both, dims: Dims, layers: set[str], takes: Callable[[str], list[bool]]) -> None:
        """`takes` says of a called block which of its inputs it has; fixed integers are none."""
        self.both, self.dims, self.layers, self.takes = both, dims, layers, takes
        self.members: list[int] = []

    def drafts(self) -> list[Draft]:
        live = {ref.value for ref in refs_in((self.both.outputs, self.both.train_outputs))}
        return list(self._all(_without_dead(self.both.items, live)))

    def _all(self, items: list[Item]) -> Iterator[Draft]:
        for item in items:
            if isinstance(item, Choice):
                yield Draft("when", train=list(self._all([*item.train])), eval=list(self._all([*item.eval])), joins=item.joins)
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
                node = replace(node, args=(Ref(_LIST), *node.args[1:]))
        yield self._draft(node)

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
                node = replace(node, args=(*node.args[:index], Ref(_LIST), *node.args[index + 1 :]))
        yield self._layer_call(node)

    def _list(self, members: list[Ref]) -> Draft:
        """A list of values: the one before with one more, or a new one."""
        values = [each.value for each in members]
        before, self.members = self.members, values
        if before and values[:-1] == before:
            return Draft("append", sources=[Source(value=values[-1])], results=Ref(_LIST), appended=True)
        return Draft("list", sources=[Source(value=each) for each in values], results=Ref(_LIST))

    def _layer_call(self, node: Node) -> Draft:
        wanted = self.takes(node.path)
        args = list(node.args)
        if wanted:
            args = [each for each, taken in zip(args, wanted, strict=True) if taken]
        draft = Draft(node.path, results=node.results)
        while args and args[-1] is None:
            args.pop()
        if node.kwargs or any(not _flows(each) for each in args):
            return self._by_names(draft, node, args, self._layer_names(node))
        draft.sources = [self._source(each) for each in args]
        return draft

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
            raise Refusal(f"`{node.op or node.path}` is given {len(args)} arguments, but {len(names)} are known")
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
                trees = [self._tree(each, hint) for each in thing]
                return trees
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
    return isinstance(thing, Ref | Own | Sized | float) or (isinstance(thing, int) and not isinstance(thing, bool))


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


# Branches


def folded(drafts: list[Draft], outputs: list[int], first_input: int | None) -> list[Draft]:
    """Chains that begin at one value and end in one step become branches of that step."""
    uses = Counter(_uses(drafts))
    uses.update(outputs)
    found: list[Draft] = []
    for draft in drafts:
        _fold_into(draft, found, uses, first_input)
        found.append(draft)
    for draft in found:
        if draft.train is not None and draft.eval is not None:
            draft.train = folded(draft.train, outputs + _joined(drafts), None)
            draft.eval = folded(draft.eval, outputs + _joined(drafts), None)
    return found


def _joined(drafts: list[Draft]) -> list[int]:
    return [value for draft in drafts for join in draft.joins for value in (join.train, join.eval)]


def _uses(drafts: list[Draft]) -> Iterator[int]:
    for draft in drafts:
        for source in draft.all_sources:
            if source.value is not None:
                yield source.value
            yield from _uses(source.branch or [])
        yield from draft.mentions
        for join in draft.joins:
            yield from (join.train, join.eval)
        yield from _uses([*(draft.train or ()), *(draft.eval or ())])


def _fold_into(draft: Draft, before: list[Draft], uses: Counter[int], first_input: int | None) -> None:
    """Take the chains that end in this step out of what comes before it."""
    if draft.named_sources or draft.mentions or len(draft.sources) < 2 or draft.op in ("when", "shape"):
        return
    end = len(before)
    chains: list[tuple[Source, list[Draft]]] = []
    start: int | None = None
    for source in reversed(draft.sources):
        if source.value is None or uses[source.value] != 1:
            continue
        chain = _chain(before[:end], source.value, uses)
        if not chain:
            break
        begins = chain[0].sources[0].value if chain[0].sources else None
        if start is not None and begins != start:
            break
        start = begins
        chains.append((source, chain))
        end -= len(chain)
    current = before[end - 1].value if end else first_input
    while chains and (current is None or current != start):
        _, chain = chains.pop()
        end += len(chain)
        current = before[end - 1].value if end else first_input
    if not chains or not _is_worth_it(draft, chains, start):
        return
    made = {value for _, chain in chains for each in chain for value in [each.value] if value is not None}
    if any(source.value in made for source in draft.sources if source not in [each for each, _ in chains]):
        return
    for source, chain in chains:
        source.value, source.branch = None, chain
        chain[0].sources[0] = Source(value=start)
    del before[end:]


def _is_worth_it(draft: Draft, chains: list[tuple[Source, list[Draft]]], start: int | None) -> bool:
    """A branch shows how a value goes two ways; what goes one way is a plain sequence."""
    return len(chains) > 1 or any(source.value == start for source in draft.sources)


def _chain(before: list[Draft], value: int, uses: Counter[int]) -> list[Draft]:
    """The steps at the end of `before` that make `value`, each from what the one above it makes."""
    found: list[Draft] = []
    wanted = value
    for draft in reversed(before):
        if draft.value != wanted or len(found) == _MOST_IN_BRANCH or draft.op in ("when", "shape", "assign"):
            break
        if draft.named_sources or draft.mentions or len(draft.sources) != 1 or draft.sources[0].value is None:
            break
        found.append(draft)
        wanted = draft.sources[0].value
        if uses[wanted] != 1:
            break
    return found[::-1]


# Names


class Naming:
    """Drafts -> steps. A value that is not the current one where it is used gets a name."""

    def __init__(self, both: Both, inputs: dict[int, str], taken: set[str], dims: Dims, layers: set[str]) -> None:
        self.both, self.dims, self.layers = both, dims, layers
        self.names = dict(inputs)
        self.taken = {*inputs.values(), *taken}
        self.needed: set[int] = set()
        self.used: set[int] = set()
        self.first = next(iter(inputs), None)

    def steps(self, drafts: list[Draft], outputs: list[Any], *, bare: bool) -> tuple[list[Tree], list[Tree]]:
        """The steps, and each of `outputs` as a tree."""
        self.used = {*_uses(drafts), *(ref.value for ref in refs_in(outputs))}
        end = self._find_needed(drafts, self.first)
        single = bare and isinstance(outputs[0], Ref) and outputs[0].value == end
        if not single:
            self.needed |= {ref.value for ref in refs_in(outputs)}
        self._name_all(drafts)
        made, _ = self._made(drafts, self.first)
        return made, [] if single else [self._output(each, end) for each in outputs]

    def _output(self, output: Any, current: int | None) -> Tree:
        if isinstance(output, Ref):
            return self.name(output.value)
        if isinstance(output, Own):
            return output.path
        if isinstance(output, Sized):
            return self.dims.tree(output, "size")
        return [self._output(each, current) for each in output] if isinstance(output, list | tuple) else output

    # Which values need names

    def _find_needed(self, drafts: list[Draft], current: int | None) -> int | None:
        for draft in drafts:
            if draft.train is not None and draft.eval is not None:
                current = self._choice_needs(draft, current)
                continue
            for source in draft.all_sources:
                if source.branch is not None:
                    self._find_needed(source.branch, current)
                elif source.value is not None and source.value != current:
                    self.needed.add(source.value)
            self.needed.update(draft.mentions)
            if draft.op in ("list", "append") and draft.results == Ref(_LIST):
                self.needed.add(_LIST)
            current = self._after(draft, current)
        return current

    def _choice_needs(self, draft: Draft, current: int | None) -> int | None:
        assert draft.train is not None and draft.eval is not None
        ends = (
            self._find_needed(draft.train, current if not draft.eval else current) if draft.train else current,
            self._find_needed(draft.eval, None if draft.train else current) if draft.eval else current,
        )
        after = None
        for join in draft.joins:
            if (join.train, join.eval) == ends:
                after = join.value
            else:
                self.needed |= {join.train, join.eval, join.value}
        return after

    def _after(self, draft: Draft, current: int | None) -> int | None:
        """The current value behind a step."""
        if draft.op == "shape" and draft.sizes is not None:
            return current if draft.sources and draft.sources[0].value == current else draft.sources[0].value
        if draft.appended:
            return current if draft.sources[0].value == current else None
        if isinstance(draft.results, Ref):
            return draft.results.value
        read = [ref.value for ref in refs_in(draft.results) if ref.value in self.used]
        return read[0] if len(read) == 1 else None

    # Which names

    def _name_all(self, drafts: list[Draft]) -> None:
        for draft in drafts:
            for join in draft.joins:
                if join.value in self.needed:
                    name = self.names.get(join.eval) or self.name(join.value, self._hint(join.value))
                    self._same_name(name, join, drafts)
            for inner in (draft.train, draft.eval, *(source.branch for source in draft.all_sources)):
                self._name_all(inner or [])
            if draft.op not in ("when", "shape"):
                for ref in refs_in(draft.results):
                    if ref.value in (self.needed if isinstance(draft.results, Ref) else self.used):
                        self.name(ref.value, self._hint(ref.value, draft))

    def _same_name(self, name: str, join: Join, drafts: list[Draft]) -> None:
        for each in (join.value, join.train, join.eval):
            if self.names.setdefault(each, name) != name:
                raise Refusal("a value of training and one of evaluation cannot have one name")
            self.needed.add(each)

    def _hint(self, value: int, draft: Draft | None = None) -> str:
        name = self.both.names.get(value)
        if name is not None:
            return name
        last = draft.op.rpartition(".")[2] if draft is not None else ""
        return last if is_identifier(last) and draft is not None and draft.op in self.layers else "out"

    def name(self, value: int, hint: str = "out") -> str:
        if value not in self.names:
            hint = hint if is_identifier(hint) and hint not in RESERVED and hint != "_" else "out"
            hint = hint.lstrip("_") or "out"
            found, count = hint, 1
            while found in self.taken:
                count += 1
                found = f"{hint}{count}"
            self.taken.add(found)
            self.names[value] = found
        return self.names[value]

    # Steps

    def _made(self, drafts: list[Draft], current: int | None) -> tuple[list[Tree], int | None]:
        found: list[Tree] = []
        for draft in drafts:
            if draft.train is not None and draft.eval is not None:
                found += self._choice(draft, current)
                ends = (
                    self._end(draft.train, current), self._end(draft.eval, None if draft.train else current)
                )  # fmt: skip
                current = next((join.value for join in draft.joins if (join.train, join.eval) == ends), None)
                continue
            found.append(self._step(draft, current))
            current = self._after(draft, current)
        return found, current

    def _end(self, drafts: list[Draft], current: int | None) -> int | None:
        for draft in drafts:
            current = self._after(draft, current)
        return current

    def _choice(self, draft: Draft, current: int | None) -> Iterator[Tree]:
        assert draft.train is not None and draft.eval is not None
        for drafts, condition, begins in (
            (draft.train, "$training", current), (draft.eval, "$(not training)", None if draft.train else current)
        ):  # fmt: skip
            if not drafts:
                continue
            steps, _ = self._made(drafts, begins)
            if len(steps) == 1 and steps[0].when is None and steps[0].steps is None:
                steps[0].when = condition
                yield steps[0]
            else:
                yield Step("", when=condition, steps=steps)

    def _step(self, draft: Draft, current: int | None) -> Step:
        if draft.appended:
            source = self._source(draft.sources[0], current)
            return Step("append", [self.names[_LIST]], sources=None if source == "_" else [source])
        if draft.sizes is not None:
            value = draft.sources[0].value
            sources = None if value == current else [self.name(value)]  # type: ignore[arg-type]
            return Step("shape", sources=sources, results=list(draft.sizes))
        args = draft.args
        if draft.op in ("index", "assign") and draft.op not in self.layers:
            items = [self.name(each.value) if isinstance(each, Ref) else each for each in args[0]]
            args = [f"[{', '.join(items)}]"]
        sources: Any = [self._source(each, current) for each in draft.sources]
        if draft.named_sources:
            sources = {name: self._source(each, current) for name, each in draft.named_sources.items()}
        elif len(sources) == 1 and sources[0] == "_":
            sources = None
        return Step(draft.op, args, draft.kwargs, sources if sources != [] else None, self._results(draft.results))

    def _source(self, source: Source, current: int | None) -> Tree:
        if source.branch is not None:
            return self._made(source.branch, current)[0]
        if source.value is not None:
            return "_" if source.value == current else self.name(source.value)
        return source.text if source.text is not None else source.const

    def _results(self, results: Any) -> Tree:
        match results:
            case Ref(value=value):
                return self.names[value] if value in self.needed and value in self.names else None
            case tuple():
                return [self._result(each) for each in results]
        return None

    def _result(self, each: Any) -> Tree:
        match each:
            case Ref(value=value):
                return self.names[value] if value in self.used else "_"
            case tuple() if each:
                inner = [self._result(one) for one in each]
                return "_" if all(one == "_" for one in inner) else inner
        return "_"


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


def members_in_order(drafts: list[Draft], lists: dict[str, int]) -> list[Draft]:
    """Calls of all members of a `ModuleList`, one after another, become one call of the list."""
    found: list[Draft] = []
    position = 0
    while position < len(drafts):
        length = _run_of_members(drafts, position, lists)
        if length > 1:
            first, last = drafts[position], drafts[position + length - 1]
            found.append(Draft(first.op.rpartition(".")[0], sources=first.sources, results=last.results))
            position += length
        else:
            found.append(drafts[position])
            position += 1
    return found


def _run_of_members(drafts: list[Draft], start: int, lists: dict[str, int]) -> int:
    """How many steps from here on are the members of one list, each on what the one before made."""
    parent, _, index = drafts[start].op.rpartition(".")
    length = lists.get(parent, 0)
    run = drafts[start : start + length]
    if index != "0" or len(run) < length:
        return 0
    uses = Counter(_uses(drafts))
    for i, draft in enumerate(run):
        if draft.op != f"{parent}.{i}" or draft.kwargs or draft.args or draft.named_sources or draft.value is None:
            return 0
        if not draft.sources or [each.value for each in draft.sources[1:]] != [each.value for each in run[0].sources[1:]]:
            return 0
        if any(each.value is None for each in draft.sources):
            return 0
        if i and (draft.sources[0].value != run[i - 1].value or uses[draft.sources[0].value] != 1):  # type: ignore[index]
            return 0
    return length
