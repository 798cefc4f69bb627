"""`torch.json` and `torchvision.json` -> the catalog, without torch. Reading them splits lines; an op is
built when asked for, and the second file is read when the first has not the name.

>>> ops().get("Dropout2d").source
'nn.Dropout2d'
>>> ops().get("flatten").source
'torch.flatten'
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from netspec.catalog import registered
from netspec.catalog.model import REQUIRED, Op, Param, Signature

DATA = Path(__file__).with_name("torch.json")
DOCS = Path(__file__).with_name("docs.json")
VISION_DATA = Path(__file__).with_name("torchvision.json")
VISION_DOCS = Path(__file__).with_name("docs_torchvision.json")
_MODULE = '{"kind": "module"'


class Catalog:
    """Ops by name. `lines` holds the JSON of those that no one asked for yet, `more` gives that of
    others."""

    def __init__(
        self,
        lines: Mapping[str, str],
        known: Mapping[str, Op],
        version: str,
        more: Callable[[], Mapping[str, str]] = dict,
    ) -> None:
        self._lines = lines
        self._known = dict(known)
        self._more = more
        self.version = version
        """The PyTorch that the catalog was generated from."""

    def get(self, name: str) -> Op | None:
        """The op of this name, or None."""
        op = self._known.get(name)
        if op is None:
            line = self._line(name)
            if line is None:
                application = registered.find(name)
                return None if application is None else application.op
            op = self._known[name] = decode(name, json.loads(line))
        return op

    def has_own(self, name: str) -> bool:
        """Whether it is an op that no application has registered."""
        return name in self._known or self._line(name) is not None

    @property
    def names(self) -> frozenset[str]:
        """The names of all ops."""
        return self._own.union(registered.names())

    @cached_property
    def _own(self) -> frozenset[str]:
        return frozenset(self._lines).union(self._more(), self._known)

    @property
    def modules(self) -> tuple[str, ...]:
        """The names of all module classes, sorted."""
        return tuple(sorted(name for name in self.names if self._is_module(name)))

    @property
    def functions(self) -> tuple[str, ...]:
        """The names of all functions and tensor methods, sorted."""
        return tuple(sorted(name for name in self.names if not self._is_module(name)))

    def extended(self, ops: Iterable[Op]) -> Catalog:
        """A catalog that knows these ops too; they win over ops of the same name."""
        return Catalog(self._lines, {**self._known, **{op.name: op for op in ops}}, self.version, self._more)

    def _is_module(self, name: str) -> bool:
        known = self._known.get(name)
        if known is not None:
            return known.kind == "module"
        line = self._line(name)
        # Ops of applications are not imported for this: a layer is a class, and begins as one.
        return line.startswith(_MODULE) if line is not None else name[:1].isupper()

    def _line(self, name: str) -> str | None:
        return self._lines.get(name) or self._more().get(name)


@cache
def ops() -> Catalog:
    """The catalog of PyTorch's own ops and those of `torchvision.ops`."""
    lines = _lines(DATA)
    return Catalog(lines, {}, json.loads(lines.pop("meta"))["torch"], _vision_lines)


def torchvision_version() -> str:
    """The torchvision that its part of the catalog was generated from."""
    version: str = json.loads(_lines(VISION_DATA)["meta"])["torchvision"]
    return version


@cache
def docs() -> Mapping[str, Mapping[str, str]]:
    """One sentence for each parameter, by op name; read on demand only."""
    found: dict[str, dict[str, str]] = {}
    for path in (DOCS, VISION_DOCS):
        found |= json.loads(path.read_text("utf-8"))
    del found["meta"]
    return found


@cache
def _vision_lines() -> dict[str, str]:
    lines = _lines(VISION_DATA)
    del lines["meta"]
    return lines


def _lines(path: Path) -> dict[str, str]:
    """The values of a JSON object that has one member a line, not yet decoded."""
    found = {}
    for line in path.read_text("utf-8").splitlines()[1:-1]:
        name, _, value = line.partition('": ')
        found[name[1:]] = value.removesuffix(",")
    return found


def decode(name: str, entry: Mapping[str, Any]) -> Op:
    """An op from its JSON."""
    return Op(
        name=name,
        kind=entry["kind"],
        source=entry["source"],
        signatures=tuple(_signature(signature) for signature in entry["signatures"]),
        call=_signature(entry.get("call", ())),
        doc=entry.get("doc", ""),
        variadic=entry.get("variadic"),
        bases=tuple(entry.get("bases", ())),
        mutates=entry.get("mutates", False),
    )


def _signature(entries: Iterable[list[Any]]) -> Signature:
    return tuple(_param(*entry) for entry in entries)


def _param(name: str, types: str, facts: Mapping[str, Any] | None = None) -> Param:
    if facts is None:
        return Param(name, tuple(types.split()))
    return Param(
        name,
        tuple(types.split()),
        _tuples(facts.get("default", REQUIRED)),
        facts.get("keyword_only", False),
        choices=tuple(facts.get("choices", ())),
        minimum=facts.get("minimum"),
        exclusive_minimum=facts.get("exclusive_minimum"),
        maximum=facts.get("maximum"),
    )


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
