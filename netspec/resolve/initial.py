"""`init` (of a module, or of one tensor): which function of `torch.nn.init` fills which tensor."""

from __future__ import annotations

import re

from netspec.catalog.initializers import INITIALIZERS
from netspec.catalog.load import Catalog
from netspec.catalog.model import Op
from netspec.diagnostics import Collector
from netspec.document.ops import read_op
from netspec.document.words import is_identifier
from netspec.resolve.arguments import read_arguments
from netspec.resolve.binding import check_arguments
from netspec.resolve.naming_ops import report_unknown
from netspec.resolve.program import InitEntry, InitUse, Layer, OwnedTensor, entries, find_entry
from netspec.resolve.scope import Scope
from netspec.syntax import Entry, Mapping, Node, Scalar

_FANS = ("fan_in", "fan_out")
_PATH = re.compile(r"[A-Za-z0-9_*\-]+(\.[A-Za-z0-9_*\-]+)*")


def read_init(
    node: Mapping | None,
    catalog: Catalog,
    scope: Scope,
    collector: Collector,
    *,
    layers: tuple[Layer, ...] = (),
    owned: tuple[OwnedTensor, ...] = (),
) -> tuple[InitEntry, ...]:
    """The entries of `init`, in order: of those that match a tensor, the last one counts. `layers` and
    `owned` are those of the module, for the paths."""
    own = frozenset(each.name for each in owned)
    found = []
    for entry in node.entries if node is not None else ():
        op = catalog.get(entry.name)
        if op is not None and op.kind == "module":
            found.append(_of_class(entry, op, scope, collector))
        elif _is_path(entry, layers, own, catalog, collector):
            found.append(_of_path(entry, own, scope, collector))
    return tuple(entry for entry in found if entry is not None)


def _of_class(entry: Entry, op: Op, scope: Scope, collector: Collector) -> InitEntry | None:
    """`Conv2d: {weight: USE, bias: USE}`."""
    if not _is_table(entry.value):
        collector.add(
            "NS104", f"`{entry.name}` is a layer type, so its tensors are named", entry.key.span,
            help=f"write `{entry.name}: {{weight: zeros_}}`",
        )  # fmt: skip
        return None
    return InitEntry(entry.name, op, _tensors(entry.value, scope, collector), entry.key.span)


def _of_path(entry: Entry, own: frozenset[str], scope: Scope, collector: Collector) -> InitEntry | None:
    """`encoder.*.fc: {weight: USE}`, or `encoder.*.fc.weight: USE`, or a parameter of the module."""
    if _is_table(entry.value):
        return InitEntry(entry.name, None, _tensors(entry.value, scope, collector), entry.key.span)
    use = read_use(entry.value, scope, collector)
    if use is None:
        return None
    if entry.name in own:
        return InitEntry(entry.name, None, (("", use),), entry.key.span)
    path, _, tensor = entry.name.rpartition(".")
    if not path or not is_identifier(tensor):
        collector.add(
            "NS104", f"`{entry.name}` names no tensor", entry.key.span,
            help=f"write `{entry.name}: {{weight: {use.op.name}}}`",
        )  # fmt: skip
        return None
    return InitEntry(path, None, ((tensor, use),), entry.key.span)


def _is_path(
    entry: Entry, layers: tuple[Layer, ...], own: frozenset[str], catalog: Catalog, collector: Collector
) -> bool:
    """Whether a key can lead to a layer, or to a tensor of the module; reported if not."""
    first = entry.name.partition(".")[0]
    if not _PATH.fullmatch(entry.name):
        collector.add(
            "NS212", f"`{entry.name}` is neither a layer type nor a path", entry.key.span,
            help="write a class such as `Conv2d`, or a path such as `encoder.*.fc`",
        )  # fmt: skip
        return False
    if "*" in first or first in own or find_entry(layers, first) is not None:
        return True
    if any(layer.faulty for layer in layers):
        return False
    known = [*own, *(layer.label for layer in entries(layers))]
    report_unknown(
        first,
        entry.key.span,
        catalog.modules,
        collector,
        what="layer, parameter or layer type",
        declared=known,
    )
    return False


def _is_table(node: Node) -> bool:
    """Whether the names of tensors stand here, and not the function that fills one."""
    return isinstance(node, Mapping) and not any(name in INITIALIZERS for name in node.names)


def _tensors(node: Node, scope: Scope, collector: Collector) -> tuple[tuple[str, InitUse], ...]:
    """`{weight: USE, bias: USE}`."""
    assert isinstance(node, Mapping)
    uses = [(each.key, read_use(each.value, scope, collector)) for each in node.entries]
    return tuple((key.text, use) for key, use in uses if use is not None and _is_tensor(key, collector))


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
