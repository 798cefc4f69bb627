"""`params` and `let`: what the compiled class's constructor takes, and names for expressions over it."""

from __future__ import annotations

from collections.abc import Mapping as Values
from dataclasses import replace
from typing import Any

from netspec.catalog.model import REQUIRED
from netspec.catalog.written import written
from netspec.diagnostics import Collector, Span, near
from netspec.document.decode import decode, known_keys
from netspec.document.envelope import ParamKeys
from netspec.resolve.arguments import read_argument
from netspec.resolve.naming import unfit
from netspec.resolve.program import Formula, Let, Param
from netspec.resolve.scope import NameKind, Scope
from netspec.syntax import Entry, Mapping, Node, Scalar, Sequence, kind_of

TYPES = ("int", "float", "bool", "str", "list", "shape", "op")


def read_params(node: Mapping | None, collector: Collector) -> tuple[Param, ...]:
    found: dict[str, Param] = {}
    for entry in node.entries if node is not None else ():
        param = _param(entry, collector)
        faulty = Param(entry.name, "int", REQUIRED, entry.key.span, faulty=True)
        found.setdefault(entry.name, param or faulty)
    return _in_order(tuple(found.values()), collector)


def _in_order(params: tuple[Param, ...], collector: Collector) -> tuple[Param, ...]:
    """Params are arguments in their order, and Python wants those without a default first."""
    first = next((param for param in params if param.default is not REQUIRED), None)
    if first is None:
        return params
    checked: list[Param] = []
    for index, param in enumerate(params):
        behind = index > params.index(first) and param.default is REQUIRED and not param.faulty
        if behind:
            collector.add(
                "NS304",
                f"the param `{param.name}` has no default, but stands behind `{first.name}`, which has one",
                param.span,
                help=f"move it before `{first.name}`, or give it a default",
            )
        checked.append(replace(param, faulty=param.faulty or behind))
    return tuple(checked)


def _param(entry: Entry, collector: Collector) -> Param | None:
    name, span = entry.name, entry.key.span
    instead = unfit(name)
    if instead is not None:
        collector.add("NS105", f"`{name}` cannot name a param", span, help=instead)
        return None
    match entry.value:
        case Mapping() as mapping:
            return _long(name, mapping, span, collector)
        case Scalar(value=str(word), quoted=False) if word in TYPES:
            return _typed(name, word, REQUIRED, entry.value.span, span, collector)
    if isinstance(entry.value, Scalar) and entry.value.value is None:
        collector.add(
            "NS304",
            f"the param `{name}` has neither a default nor a type",
            span,
            help=f"write `{name}: 1`, or one of the types {', '.join(TYPES)}",
        )
        return None
    value = literal(entry.value)
    return _typed(name, type_of(value), value, entry.value.span, span, collector)


def _long(name: str, mapping: Mapping, span: Span, collector: Collector) -> Param | None:
    keys = decode(mapping, ParamKeys, collector, where=f"the param `{name}`", at=span)
    type_node = getattr(keys, "type", None)
    if type_node is None or not set(mapping.names) <= set(known_keys(ParamKeys)):
        return None
    default = REQUIRED if keys.default is None else literal(keys.default)
    param = _typed(
        name,
        type_node.text,
        default,
        type_node.span,
        span,
        collector,
        minimum=None if keys.min is None else keys.min.value,
        maximum=None if keys.max is None else keys.max.value,
        doc="" if keys.doc is None else keys.doc.text,
        default_span=None if keys.default is None else keys.default.span,
    )
    if param is None or keys.default is None:
        return param
    problem = misfit(param, default)
    if problem is not None:
        collector.add(
            "NS304",
            f"the default of {problem}",
            keys.default.span,
            help="change the default or the declaration",
        )
        return None
    return param


def _typed(
    name: str, word: str, default: Any, word_span: Span, span: Span, collector: Collector, **more: Any
) -> Param | None:
    if word not in TYPES:
        best = near(word, TYPES)
        collector.add(
            "NS304",
            f"the param `{name}` has no known type: `{word}`",
            word_span,
            help=f"use `{best}`" if best else f"types are {', '.join(TYPES)}",
        )
        return None
    return Param(name, word, default, span, **more)


def literal(node: Node) -> Any:
    """A node as the Python value that it stands for; mappings as dicts."""
    match node:
        case Scalar(value=value):
            return value
        case Sequence(items):
            return [literal(item) for item in items]
        case Mapping(entries):
            return {entry.name: literal(entry.value) for entry in entries}


def type_of(value: object) -> str:
    match value:
        case bool():
            return "bool"
        case int():
            return "int"
        case float():
            return "float"
        case str():
            return "str"
        case list():
            return "list"
    return type(value).__name__


def misfit(param: Param, value: object) -> str | None:
    """Why a value does not fit a param, or None: `\\`width\\` must be of type int, but is 'a'`."""
    fits = {
        "int": type(value) is int,
        "float": type(value) in (int, float),
        "bool": isinstance(value, bool),
        "str": isinstance(value, str),
        "list": isinstance(value, list | tuple),
        "shape": isinstance(value, list | tuple) and all(type(item) is int for item in value),
        "op": value is None or isinstance(value, str) or (isinstance(value, dict) and len(value) == 1),
    }[param.type]
    if not fits:
        return f"`{param.name}` must be of type {param.type}, but is {value!r}"
    if isinstance(value, int | float) and param.minimum is not None and value < param.minimum:
        return f"`{param.name}` must be at least {param.minimum}, but is {value}"
    if isinstance(value, int | float) and param.maximum is not None and value > param.maximum:
        return f"`{param.name}` must be at most {param.maximum}, but is {value}"
    return None


def values_of(
    params: tuple[Param, ...], given: Values[str, Any], collector: Collector, span: Span
) -> dict[str, Any]:
    """The params' values for one network: what is given, else the defaults; a faulty one has none."""
    known = {param.name: param for param in params}
    for name in given:
        if name not in known:
            best = near(name, known)
            declared = ", ".join(f"`{each}`" for each in known) or "none"
            collector.add(
                "NS307",
                f"a value is given for `{name}`, but the spec declares no such param",
                span,
                help=f"the param may be `{best}`" if best else f"declared params: {declared}",
            )
    values: dict[str, Any] = {}
    for param in params:
        if param.faulty:
            continue
        value = given.get(param.name, param.default)
        if value is REQUIRED:
            problem: str | None = f"`{param.name}` has no default, and no value is given"
        else:
            wrong = misfit(param, value)
            problem = None if wrong is None else f"the value of {wrong}"
        if problem is not None:
            help = f"give one: `--set {param.name}=...`"
            if value is REQUIRED:
                help += f", or a default: `{param.name}: {{type: {param.type}, default: ...}}`"
            collector.add("NS304", problem, param.span, help=help)
        else:
            values[param.name] = value
    return values


def read_lets(
    node: Mapping | None, scope: Scope, collector: Collector, *, kind: NameKind = "let"
) -> tuple[tuple[Let, ...], Scope]:
    """The named expressions, each of which may use those before it; and the scope with them.

    `kind` is what the names are: over params (`let`), or integers over dimensions, which a step may
    bind anew.
    """
    found: list[Let] = []
    for entry in node.entries if node is not None else ():
        if entry.name in scope.names and not kind == scope.names[entry.name] == "dimension":
            collector.add(
                "NS107",
                f"`${entry.name}` is declared twice",
                entry.key.span,
                help="give one of them another name",
            )
            continue
        instead = unfit(entry.name)
        if instead is not None:
            collector.add("NS105", f"`{entry.name}` cannot name a value", entry.key.span, help=instead)
        argument = read_argument(entry.value, scope, collector)
        if isinstance(argument, Formula):
            found.append(Let(entry.name, argument))
        elif isinstance(entry.value, Scalar) and "$" not in entry.value.text:
            collector.add(
                "NS104",
                f"`let` names expressions, but `{entry.name}` is {kind_of(entry.value)}",
                entry.value.span,
                help=f"write `{entry.name}: $(...)`, or move it to `params`",
            )
        scope = scope.with_names((entry.name,), kind)
    return tuple(found), scope


def op_value(value: Any) -> tuple[str, tuple[Any, ...], Values[str, Any]] | None:
    """The op that a param holds, with the arguments that came with it; None where it holds none."""
    match value:
        case str():
            return value, (), {}
        case dict() if len(value) == 1:
            ((name, arguments),) = value.items()
            return (name, *written(arguments))
    return None
