"""Arguments as given + an op's signatures -> arguments by name, and what is wrong with them.

Of several overloads the one with the fewest problems is chosen. Nothing raises: every fault of the
arguments is a `Problem`, and one fault is one problem.

>>> from netspec.catalog.load import ops
>>> conv = ops().get("Conv2d")
>>> binding = bind("Conv2d", conv.signatures, [1, 32], {"kernal_size": 3})
>>> [(problem.code, problem.help) for problem in binding.problems]
[('NS202', 'an argument with a similar name exists: `kernel_size`')]
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field

from netspec.catalog.fit import Problem, fits, misfit
from netspec.catalog.load import docs
from netspec.catalog.model import Param, Signature, Typed
from netspec.catalog.signatures import one_signature, signature_text
from netspec.catalog.wording import either, flow
from netspec.diagnostics import near

__all__ = ["Binding", "Problem", "Typed", "bind", "signature_text"]

# How far a problem speaks against an overload: a wrong value less than a wrong shape of the call.
_WEIGHTS = {"NS202": 3, "NS203": 3, "NS207": 3, "NS209": 3}


@dataclass(frozen=True, slots=True)
class Binding:
    """Arguments by name with defaults filled in; lists are tuples.

    The items of a variadic parameter are one tuple. `given` are the names that were not defaulted.
    """

    arguments: Mapping[str, object]
    signature: Signature
    problems: tuple[Problem, ...]
    given: frozenset[str]


@dataclass(slots=True)
class _Attempt:
    """Binding to one overload."""

    op: str
    signature: Signature
    variadic: str | None
    values: dict[str, object] = field(default_factory=dict)
    positions: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    missing: int = 0
    excused: set[str] = field(default_factory=set)
    """Parameters that a misspelled keyword stands for."""
    spread: str | None = None
    """The variadic parameter, where its values were given one by one."""
    doubtful: set[str] = field(default_factory=set)
    """Parameters whose values are not judged, since there are too many of them."""

    @property
    def cost(self) -> tuple[int, int, int]:
        """Faults first; then an overload that takes a value not yet known for a tensor is preferred:
        most are (`{to: , from: [x, y]}`)."""
        count = len(self.problems) + max(0, self.missing - 1)
        unknown = [param for param in self.signature if _is_unknown(self.values.get(param.name))]
        strange = sum("tensor" not in param.types for param in unknown)
        return count, sum(_WEIGHTS.get(problem.code, 1) for problem in self.problems), strange


def _is_unknown(value: object) -> bool:
    return isinstance(value, Typed) and value.kind == "any"


def bind(
    name: str,
    signatures: Sequence[Signature],
    positional: Sequence[object],
    keywords: Mapping[str, object],
    *,
    variadic: str | None = None,
) -> Binding:
    """Bind the arguments of the op `name`; see the module's docstring for an example."""
    key = _key(name, signatures, positional, keywords, variadic)
    if key is None:
        return _bound(name, signatures, positional, keywords, variadic)
    known = _KNOWN.get(key)
    # The signatures are kept beside the binding, so that no other object gets their numbers.
    if known is None:
        if len(_KNOWN) >= _MOST_KNOWN:
            _KNOWN.clear()
        known = tuple(signatures), _bound(name, signatures, positional, keywords, variadic)
        _KNOWN[key] = known
    return known[1]


_KNOWN: dict[Hashable, tuple[Sequence[Signature], Binding]] = {}
_MOST_KNOWN = 4096
_SCALARS = frozenset((bool, int, float, str, type(None), Typed))


def _key(
    name: str,
    signatures: Sequence[Signature],
    positional: Sequence[object],
    keywords: Mapping[str, object],
    variadic: str | None,
) -> Hashable | None:
    """Networks say the same thing again and again: a key for a call with plain values, else None."""
    if not all(type(each) in _SCALARS for each in (*positional, *keywords.values())):
        return None
    values = tuple((type(each), each) for each in positional)
    named = tuple((key, type(each), each) for key, each in keywords.items())
    return name, tuple(map(id, signatures)), values, named, variadic


def _bound(
    name: str,
    signatures: Sequence[Signature],
    positional: Sequence[object],
    keywords: Mapping[str, object],
    variadic: str | None,
) -> Binding:
    attempts = [_attempt(name, signature, positional, keywords, variadic) for signature in signatures]
    best = min(attempts, key=lambda attempt: attempt.cost)
    arguments = {
        param.name: _tupled(best.values.get(param.name, param.default))
        for param in best.signature
        if param.name in best.values or not param.required
    }
    return Binding(arguments, best.signature, tuple(best.problems), frozenset(best.values))


def _attempt(
    name: str,
    signature: Signature,
    positional: Sequence[object],
    keywords: Mapping[str, object],
    variadic: str | None,
) -> _Attempt:
    attempt = _Attempt(name, signature, variadic if any(p.name == variadic for p in signature) else None)
    _place_positional(attempt, positional, keywords)
    _place_keywords(attempt, keywords)
    _check_values(attempt)
    _check_missing(attempt)
    return attempt


def _place_positional(
    attempt: _Attempt, positional: Sequence[object], keywords: Mapping[str, object]
) -> None:
    slots = [param for param in attempt.signature if not param.keyword_only]
    names = [param.name for param in slots]
    given = len(positional)
    if attempt.variadic in names and attempt.variadic not in keywords:
        positional = _packed(attempt, slots, names.index(attempt.variadic), positional, keywords)
    position = 0
    for param, value in zip(slots, positional, strict=False):
        attempt.values[param.name] = value
        attempt.positions[param.name] = position
        position += len(value) if param.name == attempt.spread and isinstance(value, tuple) else 1
    if len(positional) > len(slots):
        attempt.problems.append(_too_many(attempt, slots, given, positional))
        attempt.doubtful = set(attempt.positions)


def _packed(
    attempt: _Attempt,
    slots: list[Param],
    place: int,
    positional: Sequence[object],
    keywords: Mapping[str, object],
) -> Sequence[object]:
    """With what goes to the variadic parameter as one value: all but the last ones, which go to the
    parameters behind it (the equation of `einsum`)."""
    behind = sum(param.required and param.name not in keywords for param in slots[place + 1 :])
    end = max(place, len(positional) - behind)
    rest = tuple(positional[place:end])
    only = rest[0] if len(rest) == 1 else None
    whole = isinstance(only, list | tuple) or (isinstance(only, Typed) and only.kind in slots[place].types)
    if not rest or whole:
        return positional
    attempt.spread = attempt.variadic
    return [*positional[:place], rest, *positional[end:]]


def _too_many(attempt: _Attempt, slots: list[Param], given: int, positional: Sequence[object]) -> Problem:
    most = len(slots)
    count = f"{most} positional argument{'' if most == 1 else 's'}" if most else "no positional arguments"
    message = f"`{attempt.op}` takes {'at most ' if most else ''}{count}, but {given} are given"
    if given == 1:
        message = message.replace("1 are given", "one is given")
    for index, param in enumerate(slots):
        together = list(positional[index:])
        if any(word not in ("any", "tensors") and fits(word, together) for word in param.types):
            help = f"write `{{{param.name}: {flow(together)}}}`"
            return Problem("NS207", message, None, most, help, together=param.name)
    return Problem("NS207", message, None, most, _help_too_many(attempt))


def _help_too_many(attempt: _Attempt) -> str:
    by_name = [f"`{param.name}`" for param in attempt.signature if param.keyword_only]
    if by_name:
        return f"give {either(by_name)} by name"
    return f"its signature is `{one_signature(attempt.op, attempt.signature)}`"


def _place_keywords(attempt: _Attempt, keywords: Mapping[str, object]) -> None:
    known = {param.name for param in attempt.signature}
    for key, value in keywords.items():
        if key not in known:
            attempt.problems.append(_unknown(attempt, key, keywords))
        elif key in attempt.values:
            message = f"`{key}` of `{attempt.op}` is given twice, by position and by name"
            attempt.problems.append(Problem("NS209", message, key, None, "remove one of them"))
        else:
            attempt.values[key] = value


def _unknown(attempt: _Attempt, key: str, keywords: Mapping[str, object]) -> Problem:
    message = f"`{attempt.op}` has no argument `{key}`"
    if key == "device":
        return Problem(
            "NS202", message, key, None, "leave it out: where a model runs is not a matter of the spec"
        )
    names = [param.name for param in attempt.signature]
    free = [name for name in names if name not in attempt.values and name not in keywords]
    prefixed = [name for name in free if name.startswith(key)]
    meant = near(key, free) or (prefixed[0] if len(prefixed) == 1 else None)
    if meant is not None:
        attempt.excused.add(meant)
        return Problem(
            "NS202", message, key, None, f"an argument with a similar name exists: `{meant}`", meant
        )
    help = (
        f"its arguments are {', '.join(f'`{name}`' for name in names)}" if names else "it takes no arguments"
    )
    return Problem("NS202", message, key, None, help)


def _check_values(attempt: _Attempt) -> None:
    for param in attempt.signature:
        if param.name in attempt.values and param.name not in attempt.doubtful:
            value = attempt.values[param.name]
            position = attempt.positions.get(param.name)
            problem = misfit(attempt.op, param, value, position, spread=param.name == attempt.spread)
            if problem is not None:
                attempt.problems.append(problem)


def _check_missing(attempt: _Attempt) -> None:
    bound = attempt.values.keys() | attempt.excused
    missing = [param for param in attempt.signature if param.required and param.name not in bound]
    attempt.missing = len(missing)
    if missing:
        names = [f"`{param.name}`" for param in missing]
        message = f"`{attempt.op}` needs {either(names).replace(' or ', ' and ')}"
        attempt.problems.append(
            Problem("NS203", message, missing[0].name, None, _help_missing(attempt.op, missing))
        )


def _help_missing(op: str, missing: list[Param]) -> str:
    if {"tensor", "tensors"} & set(missing[0].types):
        return f"say with `from` which tensors `{op}` is called on"
    parts = " and ".join(f"`{param.name}: ...`" for param in missing)
    doc = docs().get(op, {}).get(missing[0].name, "") if len(missing) == 1 else ""
    return f"add {parts}" + (f" ({doc.rstrip('.')})" if doc else "")


def _tupled(value: object) -> object:
    return tuple(map(_tupled, value)) if isinstance(value, list | tuple) else value
