"""`init` (of a module, or of one tensor): which function of `torch.nn.init` fills which tensor."""

from __future__ import annotations

import re

from netspec.catalog.initializers import INITIALIZERS
from netspec.catalog.load import Catalog
from netspec.diagnostics import Collector
from netspec.document.ops import read_op
from netspec.document.words import is_identifier
from netspec.resolve.arguments import read_arguments
from netspec.resolve.binding import check_arguments
from netspec.resolve.naming_ops import report_unknown
from netspec.resolve.program import InitEntry, InitUse
from netspec.resolve.scope import Scope
from netspec.syntax import Entry, Mapping, Node, Scalar

_FANS = ("fan_in", "fan_out")
_PATH = re.compile(r"[A-Za-z0-9_*\-]+(\.[A-Za-z0-9_*\-]+)*")


def read_init(
    node: Mapping | None, catalog: Catalog, scope: Scope, collector: Collector
) -> tuple[InitEntry, ...]:
    """The entries of `init`, in order: of those that match a tensor, the last one counts."""
    found = (_entry(entry, catalog, scope, collector) for entry in (node.entries if node is not None else ()))
    return tuple(entry for entry in found if entry is not None)


def _entry(entry: Entry, catalog: Catalog, scope: Scope, collector: Collector) -> InitEntry | None:
    op = catalog.get(entry.name)
    is_class = op is not None and op.kind == "module"
    if not is_class and not _PATH.fullmatch(entry.name):
        collector.add(
            "NS212", f"`{entry.name}` is neither a layer type nor a path", entry.key.span,
            help="write a class such as `Conv2d`, or a path such as `encoder.*.fc`",
        )  # fmt: skip
        return None
    tensors = _tensors(entry, scope, collector)
    return (
        None if tensors is None else InitEntry(entry.name, op if is_class else None, tensors, entry.key.span)
    )


def _tensors(entry: Entry, scope: Scope, collector: Collector) -> tuple[tuple[str, InitUse], ...] | None:
    """`{weight: USE, bias: USE}`; a lone USE is for a parameter of the module itself."""
    if isinstance(entry.value, Mapping) and not any(name in INITIALIZERS for name in entry.value.names):
        uses = [(each.key, read_use(each.value, scope, collector)) for each in entry.value.entries]
        return tuple((key.text, use) for key, use in uses if use is not None and _is_tensor(key, collector))
    use = read_use(entry.value, scope, collector)
    return None if use is None else (("", use),)


def _is_tensor(key: Scalar, collector: Collector) -> bool:
    """Whether a key can name a tensor of a layer: it becomes an attribute in Python."""
    if is_identifier(key.text) and not key.text.startswith("__"):
        return True
    collector.add(
        "NS105", f"`{key.text}` cannot name a tensor", key.span, help="name a parameter, such as `weight`"
    )
    return False


def read_use(node: Node, scope: Scope, collector: Collector) -> InitUse | None:
    """`zeros_`, or `{normal_: {std: 0.02}}`; None after a report."""
    use, _ = read_op(node, (), collector, what="this initialisation")
    if use is None:
        return None
    op = INITIALIZERS.get(use.name)
    if op is None:
        report_unknown(use.name, use.span, list(INITIALIZERS), collector, what="function of torch.nn.init")
        return None
    # In a `normal_` for a convolution the fans of the tensor may be wanted.
    arguments = read_arguments(use, scope.with_names(_FANS, "param"), collector)
    bound = check_arguments(use.name, op.signatures, (), (), arguments, collector, span=use.span)
    return None if bound is None else InitUse(op, arguments, use.span)
