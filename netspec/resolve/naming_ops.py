"""A name that no op, layer or block bears: which one may be meant."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.diagnostics import Collector, Edit, Fix, Span, similar
from netspec.diagnostics import near as nearest

_MOST_NAMES = 3


def report_unknown(
    name: str,
    span: Span,
    known: Sequence[str],
    collector: Collector,
    *,
    what: str,
    declared: Sequence[str] = (),
) -> None:
    """An unknown name, with the near one as a fix where it is unique. Names that the spec itself
    declares are likelier to be meant than the catalog's."""
    own = similar(name, declared)
    # A layer may bear the name of an op, such as `norm`.
    best = nearest(name, dict.fromkeys((*declared, *known)))
    if own and best not in own:
        best = None
    others = tuple(dict.fromkeys((*own, *similar(name, known))))[:_MOST_NAMES]
    if best is not None:
        help = f"a {what} with a similar name exists: `{best}`"
    elif others:
        help = "similar names: " + ", ".join(f"`{other}`" for other in others)
    else:
        help = "`netspec ops` lists what there is"
    fixes = (Fix(f"Rename to `{best}`", (Edit(span, best),)),) if best else ()
    collector.add("NS201", f"no {what} is called `{name}`", span, help=help, fixes=fixes)
