"""`NAME=VALUE` texts: single values for params, and lists of values to go through."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product
from typing import Any

from netspec.diagnostics import Collector, Source
from netspec.errors import NetspecError
from netspec.resolve.params import literal
from netspec.syntax import Node, read
from netspec.syntax import Sequence as SequenceNode


def settings(given: Iterable[str]) -> dict[str, Any]:
    """`["width=32", "depths=[2, 2]"]` as a mapping, values read as YAML; NetspecError if malformed.

    >>> settings(["width=32", "rate=1e-3", "norm=batch"])
    {'width': 32, 'rate': 0.001, 'norm': 'batch'}
    """
    return {name: literal(node) for name, node in (_pair("--set", text) for text in given)}


def combinations(given: Sequence[str]) -> list[tuple[str, ...]]:
    """Every choice of one value from each list, as `NAME=VALUE` texts; NetspecError if malformed.

    >>> combinations(["width=[32, 64]", "norm=[batch]"])
    [('width=32', 'norm=batch'), ('width=64', 'norm=batch')]
    """
    axes = []
    for text in given:
        name, node = _pair("--matrix", text)
        if not isinstance(node, SequenceNode) or not node.items:
            raise NetspecError(f"--matrix {text}: write a list of values, --matrix {name}=[VALUE, VALUE]")
        axes.append([f"{name}={item.span.text}" for item in node.items])
    return list(product(*axes))


def _pair(option: str, text: str) -> tuple[str, Node]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise NetspecError(f"{option} {text}: write {option} NAME=VALUE")
    collector = Collector()
    document = read(Source(option, value), collector)
    if document is None or collector.has_errors:
        reasons = "; ".join(each.message for each in collector.diagnostics)
        raise NetspecError(f"{option} {text}: {reasons}")
    return name.strip(), document.root
