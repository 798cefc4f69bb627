"""A mapping node -> an envelope, with every unknown, missing and ill-kinded key reported.

pydantic finds the faults; its locations are keys of the mapping, so each leads to an exact span.
Faulty entries are left out of the result, so that later stages see only what is well-formed.
"""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from netspec.diagnostics import Collector, Edit, Fix, Span, near, similar
from netspec.syntax import Mapping

ModelT = TypeVar("ModelT", bound=BaseModel)


def decode(
    mapping: Mapping, model: type[ModelT], collector: Collector, *, where: str, at: Span | None = None
) -> ModelT:
    """The envelope of a mapping. `where` names it in messages (`a spec`, `the input \\`x\\``);
    `at` is where missing keys are reported (default: the start of the mapping)."""
    data: dict[str, Any] = {}
    for entry in mapping.entries:
        data.setdefault(entry.name, entry.value)
    try:
        return model.model_validate(data)
    except ValidationError as error:
        for fault in error.errors(include_url=False, include_input=False):
            key = str(fault["loc"][0])
            data.pop(key, None)
            _report(fault, key, mapping, model, collector, where, at)
    names = {(field.alias or name): name for name, field in model.model_fields.items()}
    return model.model_construct(**{names[key]: value for key, value in data.items() if key in names})


def known_keys(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _report(
    fault: Any,
    key: str,
    mapping: Mapping,
    model: type[BaseModel],
    collector: Collector,
    where: str,
    at: Span | None,
) -> None:
    entry = mapping.entry(key)
    if entry is None:
        if any(near(name, [key]) for name in mapping.names if name not in known_keys(model)):
            # A misspelled key is reported as such.
            return
        start = at or Span(mapping.span.source, mapping.span.start, mapping.span.start)
        about = model.model_fields[key].description or ""
        collector.add(
            "NS103", f"{where} needs the key `{key}`", start, help=f"add `{key}:` ({_lower(about)})"
        )
    elif fault["type"] == "extra_forbidden":
        report_unknown_key(entry.key.span, key, known_keys(model), collector, where)
    else:
        words = fault["ctx"]["words"]
        help = f"write {words}: {_wanted(model, key)}"
        collector.add("NS104", f"`{key}` of {where} {fault['msg']}", entry.key.span, help=help)


def report_unknown_key(
    span: Span, key: str, known: list[str], collector: Collector, where: str, *, code: str = "NS102"
) -> None:
    """An unknown key, with the near one where there is one."""
    best = near(key, known)
    if best is not None:
        help = f"a key with a similar name exists: `{best}`"
    else:
        help = "known keys: " + ", ".join(f"`{name}`" for name in (similar(key, known) or known))
    fixes = [Fix(f"Rename to `{best}`", (Edit(span, best),))] if best else []
    collector.add(code, f"{where} has no key `{key}`", span, help=help, fixes=fixes)


def _wanted(model: type[BaseModel], key: str) -> str:
    for name, field in model.model_fields.items():
        if (field.alias or name) == key and field.description:
            return _lower(field.description).removesuffix(".")
    return f"change the value of `{key}`"


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:].removesuffix(".")
