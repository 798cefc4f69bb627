"""The functions of `torch.nn.functional` and those of tensors -> ops.

A name means nn.functional's, else the tensor method's, else torch's function; the source spelling is what
people write: `F.relu(x)`, `torch.flatten(x, 1)`, and `x.view(...)` for what `overlay_names.METHODS` lists.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import replace

import torch
import torch.nn.functional as F

from netspec.catalog import overlay, overlay_names
from netspec.catalog.generate_docs import summary
from netspec.catalog.generate_stubs import Stub, builtin, by_hand, functional, methods
from netspec.catalog.generate_types import plain_default, words
from netspec.catalog.model import REQUIRED, Op, Param, Signature

_RETURNS_TENSORS = re.compile(r"Tensor|torch\.return_types|Self")


def function_ops() -> list[Op]:
    """Every function and method of the catalog, one for each name, sorted."""
    found = {op.name: op for op in _tensor_ops()}
    found.update((op.name, op) for op in _functional_ops())
    return [found[name] for name in sorted(found)]


def _functional_ops() -> Iterator[Op]:
    for name in dir(F):
        function = getattr(F, name)
        if name.startswith("_") or name in overlay_names.EXCLUDED_FUNCTIONS or inspect.isclass(function):
            continue
        if not callable(function) or name.endswith("_with_indices"):
            continue
        stubs = by_hand().get(name) or functional().get(name) or builtin().get(name) or ()
        stubs = tuple(stub for stub in stubs if not _demands_indices(stub))
        if inspect.isfunction(function) and not _is_dispatch(function):
            stubs = (_from_runtime(function, stubs),)
        yield _op(name, "function", f"F.{name}", stubs, function.__doc__)


def _demands_indices(stub: Stub) -> bool:
    """An overload that repeats another for `return_indices=True`, which changes only the result."""
    return any(param.name == "return_indices" and param.required for param in stub.params)


def _is_dispatch(function: object) -> bool:
    parameters = inspect.signature(function).parameters.values()  # type: ignore[arg-type]
    return any(param.kind is param.VAR_POSITIONAL for param in parameters)


def _from_runtime(function: object, stubs: tuple[Stub, ...]) -> Stub:
    """Names, order and defaults as the function has them, types as the stub says."""
    typed = {param.name: param for stub in stubs for param in stub.params}
    params = []
    for param in inspect.signature(function).parameters.values():  # type: ignore[arg-type]
        default = REQUIRED if param.default is param.empty else plain_default(param.default)
        known = typed.get(param.name)
        if known is not None and known.types != ("any",):
            types = known.types
        elif param.annotation is not param.empty:
            types = words(inspect.formatannotation(param.annotation))
        else:
            types = (overlay_names.TYPE_OF_DEFAULT.get(type(default), "any"),)
        choices = known.choices if known is not None else ()
        params.append(Param(param.name, types, default, param.kind is param.KEYWORD_ONLY, choices=choices))
    return Stub(tuple(params), "Tensor")


def _tensor_ops() -> Iterator[Op]:
    for name in sorted({*methods(), *builtin(), *by_hand()}):
        if _excluded(name):
            continue
        as_method = _usable(methods().get(name, ()), name)
        as_function = _usable(by_hand().get(name) or builtin().get(name, ()), name)
        if not hasattr(torch, name):
            as_function = ()
        documented = _doc(name)
        if not documented or not (as_method or as_function):
            continue
        spelled_as_method = name in overlay_names.METHODS or _variadic(as_method) is not None
        if as_method and (spelled_as_method or not as_function or name.endswith("_")):
            yield _op(name, "method", f"Tensor.{name}", as_method, documented)
        else:
            yield _op(name, "function", f"torch.{name}", as_function, documented)


def _excluded(name: str) -> bool:
    return (
        name in overlay_names.EXCLUDED_TENSOR_OPS
        or name.startswith(overlay_names.EXCLUDED_PREFIXES)
        or name.endswith(overlay_names.EXCLUDED_SUFFIXES)
    )


def _doc(name: str) -> str:
    """torch's own docstring; a method's often only refers to it."""
    texts = [getattr(getattr(owner, name, None), "__doc__", None) or "" for owner in (torch, torch.Tensor)]
    return texts[0] or texts[1]


def _usable(stubs: tuple[Stub, ...], name: str) -> tuple[Stub, ...]:
    """Overloads that map tensors to tensors, without those that are deprecated (`add(x, alpha, y)`)."""
    factory = name in overlay_names.FACTORIES
    return tuple(
        stub
        for stub in stubs
        if _RETURNS_TENSORS.search(stub.returns)
        and (factory or _takes_tensors(stub))
        and not any(param.name == "out" and param.required for param in stub.params)
        and not any(
            param.name == "names" or "Dimname" in param.types for param in stub.params if param.required
        )
    )


def _takes_tensors(stub: Stub) -> bool:
    if not stub.params:
        return False
    first = stub.params[0]
    return first.name not in ("self", "alpha", "beta") and bool({"tensor", "tensors"} & set(first.types))


def _op(name: str, kind: str, source: str, stubs: tuple[Stub, ...], doc: str | None) -> Op:
    variadic = _variadic(stubs)
    ordered = sorted(stubs, key=lambda stub: not any(param.name == variadic for param in stub.params))
    signatures = _merged([overlay.apply(name, _given(stub, name)) for stub in ordered])
    if not signatures:
        raise LookupError(f"no signature of `{name}` was found in the stubs")
    return Op(
        name=name,
        kind=kind,  # type: ignore[arg-type]
        source=source,
        signatures=signatures,
        doc=summary(doc, name),
        variadic=variadic,
        mutates=name.endswith("_"),
    )


def _variadic(stubs: tuple[Stub, ...]) -> str | None:
    """The parameter that takes any number of values; not where one integer in its place has a meaning
    of its own (`squeeze(1)`, `hsplit(2)`)."""
    for stub in stubs:
        if stub.variadic is not None:
            place = [param.name for param in stub.params].index(stub.variadic)
            rivals = [other.params[place] for other in stubs if len(other.params) > place]
            return None if any("int" in param.types for param in rivals) else stub.variadic
    return None


def _given(stub: Stub, name: str) -> Signature:
    """The parameters a spec may give; those behind a dropped one need keywords."""
    found: list[Param] = []
    keyword_only = False
    for param in stub.params:
        if _dropped(param, name):
            keyword_only = True
            continue
        if param.name == "self":
            param = replace(param, name="input")
        types = param.types
        if param.default is None and "none" not in types:
            types += ("none",)
        found.append(replace(param, types=types or ("any",), keyword_only=keyword_only or param.keyword_only))
    return tuple(found)


def _dropped(param: Param, op: str) -> bool:
    return (
        param.name.startswith("_")
        or param.name in overlay_names.DROPPED_OF_FUNCTIONS
        or f"{op}.{param.name}" in overlay_names.DROPPED_OF_OPS
        or (param.name == "reduce" and "bool" in param.types)  # deprecated; in `scatter` it is a text
    )


def _merged(signatures: list[Signature]) -> tuple[Signature, ...]:
    """Overloads that differ in the type of one parameter become one."""
    kept: list[Signature] = []
    for signature in signatures:
        for index, other in enumerate(kept):
            merged = _merge(other, signature)
            if merged is not None:
                kept[index] = merged
                break
        else:
            kept.append(signature)
    return tuple(kept)


def _merge(first: Signature, second: Signature) -> Signature | None:
    shapes = [[(p.name, p.default, p.keyword_only) for p in signature] for signature in (first, second)]
    differing = [a.name for a, b in zip(first, second, strict=False) if a.types != b.types]
    if shapes[0] != shapes[1] or len(differing) > 1:
        return None
    return tuple(
        replace(a, types=tuple(dict.fromkeys(a.types + b.types))) for a, b in zip(first, second, strict=True)
    )
