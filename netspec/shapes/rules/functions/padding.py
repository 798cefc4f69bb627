"""`pad`: the list of widths starts at the last dimension: (left, right, top, bottom, ...).

Constant padding takes any rank; the other modes pad the spatial dimensions of [N, C, ...] or
[C, ...], as the padding modules do.
"""

from __future__ import annotations

from netspec.shapes.axes import dimensions
from netspec.shapes.call import Call, Rule
from netspec.shapes.rules.functions.arguments import given, sizes
from netspec.shapes.rules.functions.delegation import delegate
from netspec.shapes.values import Shape, Tensor, Value, shape_text

_MODES = {"reflect": "ReflectionPad", "replicate": "ReplicationPad", "circular": "CircularPad"}


def pad(call: Call) -> Value:
    """Widths before and after each of the last dimensions; negative ones crop."""
    widths, mode = sizes(call, "pad"), given(call, "mode", "constant")
    if len(widths) % 2:
        call.fail("NS408", f"`{call.name}` has {len(widths)} widths, which is odd", argument="pad")
    if mode == "constant":
        return _constant(call, widths)
    if mode not in _MODES:
        known = ", ".join(("constant", *_MODES))
        call.fail("NS408", f"`{call.name}` knows the modes {known}, not {mode}", argument="mode")
    if given(call, "value", 0) != 0:
        call.fail("NS408", f"`{call.name}` has a value, which mode {mode} does not use", argument="value")
    count = len(widths) // 2
    if not 1 <= count <= 3:
        call.fail(
            "NS408", f"`{call.name}` in mode {mode} pads 1 to 3 dimensions, not {count}", argument="pad"
        )
    settings = {"padding": tuple(width if width.value is None else width.value for width in widths)}
    return delegate(call, f"{_MODES[mode]}{count}d", settings=settings, blame={"padding": "pad"})


def _constant(call: Call, widths: Shape) -> Tensor:
    tensor = call.tensor("input")
    if tensor.shape is None:
        return tensor
    count = len(widths) // 2
    if count > len(tensor.shape):
        call.fail(
            "NS401",
            f"`{call.name}` has widths for {dimensions(count)} but receives {shape_text(tensor.shape)}",
            argument="pad",
        )
    made = list(tensor.shape)
    for at in range(count):
        made[-1 - at] = made[-1 - at] + widths[2 * at] + widths[2 * at + 1]
        if made[-1 - at].bounds[1] < 0:
            call.fail(
                "NS404",
                f"`{call.name}` crops {shape_text(tensor.shape)} to a size of {made[-1 - at]}",
                argument="pad",
            )
    return Tensor(tuple(made), tensor.dtype)


RULES: dict[str, Rule] = {"pad": pad}
