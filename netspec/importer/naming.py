"""Drafts -> steps on a current value, with names only where they are needed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from netspec.document.words import RESERVED, is_identifier
from netspec.importer.dims import Dims
from netspec.importer.drafts import LIST, Draft, Source, uses_in
from netspec.importer.graph import Own, Ref, Sized, refs_in
from netspec.importer.modes import Both, Join
from netspec.importer.refusal import Refusal
from netspec.importer.sketch import Step, Tree


class Naming:
    """Drafts -> steps. A value that is not the current one where it is used gets a name."""

    def __init__(
        self, both: Both, inputs: dict[int, str], taken: set[str], dims: Dims, layers: set[str]
    ) -> None:
        self.both, self.dims, self.layers = both, dims, layers
        self.names = dict(inputs)
        self.taken = {*inputs.values(), *taken}
        self.needed: set[int] = set()
        self.used: set[int] = set()
        self.first = next(iter(inputs), None)

    def steps(self, drafts: list[Draft], outputs: list[Any], *, bare: bool) -> tuple[list[Tree], list[Tree]]:
        """The steps, and each of `outputs` as a tree."""
        self.used = {*uses_in(drafts), *(ref.value for ref in refs_in(outputs))}
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
        return (
            [self._output(each, current) for each in output] if isinstance(output, list | tuple) else output
        )

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
            if draft.op in ("list", "append") and draft.results == Ref(LIST):
                self.needed.add(LIST)
            current = self._after(draft, current)
        return current

    def _choice_needs(self, draft: Draft, current: int | None) -> int | None:
        assert draft.train is not None
        assert draft.eval is not None
        ends = (
            self._find_needed(draft.train, current) if draft.train else current,
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
        assert draft.train is not None
        assert draft.eval is not None
        begins_eval = None if draft.train else current
        for drafts, condition, begins in (
            (draft.train, "$training", current),
            (draft.eval, "$(not training)", begins_eval),
        ):
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
            return Step("append", [self.names[LIST]], sources=None if source == "_" else [source])
        if draft.sizes is not None:
            value = draft.sources[0].value
            named = None if value == current else [self.name(value)]  # type: ignore[arg-type]
            return Step("shape", sources=named, results=list(draft.sizes))
        args = draft.args
        if draft.op in ("index", "assign") and draft.op not in self.layers:
            items = [self.name(each.value) if isinstance(each, Ref) else each for each in args[0]]
            args = [f"[{', '.join(items)}]"]
        sources: Any = [self._source(each, current) for each in draft.sources]
        if draft.named_sources:
            sources = {name: self._source(each, current) for name, each in draft.named_sources.items()}
        elif len(sources) == 1 and sources[0] == "_":
            sources = None
        return Step(
            draft.op, args, draft.kwargs, sources if sources != [] else None, self._results(draft.results)
        )

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
