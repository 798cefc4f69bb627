"""The plain values of a recipe: integers within bounds, and words from a list."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from netspec.diagnostics import Collector, Edit, Fix, near
from netspec.syntax import Scalar

PARALLEL = ("auto", "none", "ddp", "fsdp")
PRECISIONS = ("auto", "fp32", "bf16", "fp16")
_DEVICE = re.compile(r"[a-z][a-z0-9_]*(:\d+)?")


def read_integer(
    key: str,
    node: Scalar | None,
    default: int,
    collector: Collector,
    *,
    minimum: int,
    maximum: int | None = None,
) -> int:
    """The value of a key; the default where there is none or it is out of bounds, which is reported."""
    if node is None or not isinstance(node.value, int):
        return default
    if node.value < minimum:
        fault = f"`{key}` must be at least {minimum}, but is {node.text}"
    elif maximum is not None and node.value > maximum:
        fault = f"`{key}` must be at most {maximum}, but is {node.text}"
    else:
        return node.value
    collector.add(
        "NS703", fault, node.span, help=f"give a value from {minimum} on" if maximum is None else None
    )
    return default


def read_number(
    key: str,
    node: Scalar | None,
    default: float,
    collector: Collector,
    *,
    above: float = 0.0,
    below: float | None = None,
) -> float:
    """The value of a key that lies between two bounds, without them; else the default, after a report."""
    if node is None or not isinstance(node.value, int | float):
        return default
    # A number that is none (`.nan`) is in no order with the bounds.
    fits = node.value > above and (math.isfinite(node.value) if below is None else node.value < below)
    if fits:
        return float(node.value)
    bounds = f"above {above:g}" if below is None else f"between {above:g} and {below:g}"
    collector.add(
        "NS703", f"`{key}` must be {bounds}, but is {node.text}", node.span, help=f"give a number {bounds}"
    )
    return default


def check_choice(
    key: str, node: Scalar | None, choices: Sequence[str], default: str, collector: Collector
) -> str:
    """The word of a key, if it is one of the choices."""
    if node is None or node.text in choices:
        return default if node is None else node.text
    best = near(node.text, choices)
    listed = ", ".join(f"`{choice}`" for choice in choices)
    collector.add(
        "NS703",
        f"`{key}` must be one of {listed}, but is `{node.text}`",
        node.span,
        help=f"a similar one exists: `{best}`" if best else f"write one of {listed}",
        fixes=[Fix(f"Replace by `{best}`", (Edit(node.span, best),))] if best else [],
    )
    return default


def check_device(node: Scalar | None, collector: Collector) -> str:
    """The device's name. Only its form is checked: which devices there are, the machine decides."""
    if node is None:
        return "auto"
    if _DEVICE.fullmatch(node.text):
        return node.text
    collector.add(
        "NS703",
        f"`{node.text}` is no device",
        node.span,
        help="write `auto`, `cpu`, `cuda`, `cuda:1`, `mps` or `xpu`",
    )
    return "auto"
