"""Ops of applications: `register(MyLayer)`, or the entry points `netspec.ops` of what is installed.

A spec names an op and cannot say where it lives. Entry points are read when a spec names an op that the
catalog lacks, and only the one of that name is imported; nothing here imports PyTorch.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from netspec.catalog.generate_types import plain_default, words
from netspec.catalog.model import REQUIRED, Op, Param, Signature
from netspec.errors import NetspecError

GROUP = "netspec.ops"
_KINDS = inspect.Parameter


@dataclass(frozen=True, slots=True)
class Registered:
    """An op of an application, the class or function itself, and its shape rule where it has one."""

    op: Op
    thing: Callable[..., Any]
    rule: Callable[..., Any] | None


_REGISTERED: dict[str, Registered] = {}
_questions = 0
_imports = True


def register(
    thing: Callable[..., Any], rule: Callable[..., Any] | None, taken: Callable[[str], bool]
) -> None:
    """Add a layer class or a function under its name; `taken` knows the names of
    PyTorch's own ops and the words of the language.
    NetspecError where it cannot be an op of generated source."""
    _check_importable(thing)
    name = thing.__name__
    if taken(name):
        raise NetspecError(f"`{name}` is a name of the language or of PyTorch's own op: rename yours")
    known = _REGISTERED.get(name)
    op = _op(thing)
    if known is not None and known.op.source != op.source:
        raise NetspecError(f"`{name}` is {known.op.source} already, so {op.source} needs another name")
    if rule is not None:
        _check_rule(op, rule)
    _REGISTERED[name] = Registered(op, thing, rule)


def unregister(name: str) -> None:
    """Forget a registered op; KeyError where there is none of this name."""
    del _REGISTERED[name]


def state() -> tuple[int, ...]:
    """Which ops there are now: what was checked with others must be checked again."""
    return tuple(id(each) for each in _REGISTERED.values())


def state_of(source: str) -> tuple[int, ...]:
    """As `state`, of those alone that a generated text imports."""
    used = (each for each in _REGISTERED.values() if import_line(each.op.source) in source)
    return tuple(id(each.thing) for each in used)


def import_line(source: str) -> str:
    """How generated source imports what lies at `package.module:Name`."""
    place, _, name = source.partition(":")
    return f"from {place} import {name}"


def find(name: str) -> Registered | None:
    """The op of this name; its entry point is imported if need be."""
    count_question()
    if name not in _REGISTERED and _imports and name in _entries():
        _load(_entries()[name])
    return _REGISTERED.get(name)


@contextmanager
def importing_nothing() -> Iterator[None]:
    """Within it, no entry point is imported: what netspec only tries runs no code of an application."""
    global _imports
    before, _imports = _imports, False
    try:
        yield
    finally:
        _imports = before


def count_question() -> None:
    """An outcome depends on what is registered, or on what is not."""
    global _questions
    _questions += 1


def questions() -> int:
    """How often an outcome has depended on ops of applications; what has must not be kept for later runs."""
    return _questions


def rule_of(name: str) -> Callable[..., Any] | None:
    """The shape rule of a registered op, where it has one."""
    known = _REGISTERED.get(name)
    return None if known is None else known.rule


def is_registered(name: str) -> bool:
    """Whether an application has registered an op of this name, and it is loaded."""
    return name in _REGISTERED


def names() -> frozenset[str]:
    """All names, those of entry points that nobody has asked for included."""
    return frozenset(_REGISTERED).union(_entries())


@cache
def _entries() -> dict[str, EntryPoint]:
    return {each.name: each for each in entry_points(group=GROUP)}


def _load(entry: EntryPoint) -> None:
    """Import what an installed distribution offers. Its module may register it itself, with a rule."""
    try:
        thing = entry.load()
    except Exception as error:  # importing runs code of others, which may raise anything
        raise NetspecError(
            f"the op `{entry.name}` is offered as {entry.value} by an installed package, but importing that"
            f" fails: {type(error).__name__}: {error}; mend or uninstall the package"
        ) from error
    if getattr(thing, "__name__", None) != entry.name:
        raise NetspecError(
            f"the entry point `{entry.name}` of the group {GROUP} leads to {entry.value}, which has another"
            " name: give the entry point the name of the class or function"
        )
    if entry.name not in _REGISTERED:
        register(thing, None, lambda _: False)


def _check_importable(thing: Callable[..., Any]) -> None:
    """NetspecError where `from MODULE import NAME` in generated source would not give this."""
    if isinstance(thing, type):
        if not _is_layer(thing):
            raise NetspecError(f"{thing.__qualname__} is no nn.Module: register a layer class or a function")
    elif not inspect.isroutine(thing):
        raise NetspecError(f"{thing!r} is neither a layer class nor a function: register the class itself")
    name, place = thing.__qualname__, thing.__module__
    if not name.isidentifier():
        raise NetspecError(
            f"generated source cannot import {name}: define it by `class` or `def` at the top of a module"
        )
    if place == "__main__":
        raise NetspecError(
            f"generated source cannot import {name} from the script that runs: move it to a module"
        )


def _is_layer(cls: type) -> bool:
    """Whether it is an nn.Module, told without importing PyTorch."""
    root = ("torch.nn.modules.module", "Module")
    return any((each.__module__, each.__name__) == root for each in cls.mro())


def _op(thing: Callable[..., Any]) -> Op:
    doc = (inspect.getdoc(thing) or "").partition("\n")[0] if "__doc__" in vars(thing) else ""
    source = f"{thing.__module__}:{thing.__name__}"
    if not isinstance(thing, type):
        return Op(thing.__name__, "function", source, (_signature(thing, thing.__name__),), doc=doc)
    init, forward = thing.__init__, thing.forward  # type: ignore[misc, attr-defined]
    return Op(
        thing.__name__,
        "module",
        source,
        (_signature(init, thing.__name__, method=True),),
        call=_signature(forward, f"{thing.__name__}.forward", method=True),
        doc=doc,
        bases=tuple(each.__name__ for each in thing.mro()[1:] if each.__module__.startswith("torch.nn.")),
    )


def _signature(function: Callable[..., Any], what: str, *, method: bool = False) -> Signature:
    try:
        found = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError) as error:
        raise NetspecError(
            f"Python cannot read the parameters of {what} ({error}): wrap it in a function written in Python"
        ) from None
    return tuple(_params(found[1 if method else 0 :]))


def _params(found: list[inspect.Parameter]) -> Iterator[Param]:
    """Those that a spec may give: where a model runs is not said in it, so there is no `device`."""
    keyword_only = False
    for each in found:
        keyword_only |= each.kind is _KINDS.KEYWORD_ONLY or each.name == "device"
        if each.kind in (_KINDS.VAR_POSITIONAL, _KINDS.VAR_KEYWORD) or each.name == "device":
            continue
        default = REQUIRED if each.default is _KINDS.empty else plain_default(each.default)
        yield Param(each.name, _types(each.annotation), default, keyword_only)


def _types(annotation: Any) -> tuple[str, ...]:
    if annotation is _KINDS.empty:
        return ("any",)
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    try:
        return words(text) or ("any",)
    except SyntaxError:
        return ("any",)


def _check_rule(op: Op, rule: Callable[..., Any]) -> None:
    """NetspecError where a rule asks for what the op does not take."""
    given = {param.name for signature in (*op.signatures, op.call) for param in signature}
    for name in (param.name for param in _signature(rule, f"the shape rule of {op.name}")):
        if name not in given:
            raise NetspecError(
                f"the shape rule of {op.name} asks for `{name}`, which is no parameter of it; those are"
                f" {', '.join(sorted(given)) or 'none'}"
            )
