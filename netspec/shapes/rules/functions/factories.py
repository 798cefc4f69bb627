"""Functions that make tensors of given sizes: `arange`, `zeros`, `full`, `eye`, `ones_like`, ...

>>> from netspec.shapes.dims import symbol
>>> str(arange(Call("arange", "arange", inputs={"end": symbol("T")})))
'int64 [T]'
"""

from __future__ import annotations

import math
from typing import Any

from netspec.shapes.broadcast import broadcast_inputs
from netspec.shapes.call import Call, Rule
from netspec.shapes.dims import Dim, const, dim
from netspec.shapes.promotion import DEFAULT_FLOAT, is_complex, number_dtype
from netspec.shapes.rules.functions.arguments import ANYTHING, dtype, given, need_floating, size, sizes
from netspec.shapes.values import Integer, Shape, Tensor, shape_text


def _shape(call: Call, name: str = "size") -> Shape:
    """The sizes asked for, none of them negative."""
    shape = sizes(call, name)
    if any(one.bounds[1] < 0 for one in shape):
        call.fail("NS404", f"`{call.name}` has a negative size in {shape_text(shape)}", argument=name)
    return shape


def filled(call: Call) -> Tensor:
    """`zeros`, `ones`: float32 unless `dtype` says otherwise."""
    return Tensor(_shape(call), dtype(call, DEFAULT_FLOAT))


def full(call: Call) -> Tensor:
    """The dtype is that of the number it is filled with."""
    value = given(call, "fill_value")
    known = number_dtype(value) if isinstance(value, bool | int | float | complex | Dim | Integer) else None
    return Tensor(_shape(call), dtype(call, known))


def new(call: Call) -> Tensor:
    """`new_zeros` and its like: the dtype of the tensor they are called on."""
    return Tensor(_shape(call), dtype(call, call.tensor("input").dtype))


def like(call: Call) -> Tensor:
    """`zeros_like` and its like: shape and dtype of the tensor they are given."""
    tensor = call.tensor("input")
    return Tensor(tensor.shape, dtype(call, tensor.dtype))


def random_like(call: Call) -> Tensor:
    """`rand_like`, `randn_like`: floating-point or complex numbers only."""
    tensor = like(call)
    need_floating(call, tensor, complex=True)
    return tensor


def random_integers_like(call: Call) -> Tensor:
    tensor = like(call)
    if is_complex(tensor.dtype):
        call.fail("NS405", f"`{call.name}` draws no complex numbers but receives {tensor}")
    return tensor


def eye(call: Call) -> Tensor:
    """The identity matrix, with `m` columns."""
    rows = size(call, "n")
    columns = rows if given(call, "m") is None else size(call, "m")
    for one, name in ((rows, "n"), (columns, "m")):
        if one.bounds[1] < 0:
            call.fail("NS404", f"`{call.name}` has the negative size {one}", argument=name)
    return Tensor((rows, columns), dtype(call, DEFAULT_FLOAT))


def arange(call: Call) -> Tensor:
    """ceil((end - start) / step) numbers: int64 if all three are integers, else float32."""
    start, end, step = (_bound(call, name, at) for name, at in (("start", 0), ("end", None), ("step", 1)))
    if any(isinstance(one, Tensor) for one in (start, end, step)):
        return Tensor(None, dtype(call, None))
    whole = all(isinstance(one, int | Dim) for one in (start, end, step))
    made = dtype(call, "int64" if whole else DEFAULT_FLOAT)
    if step == 0:
        call.fail("NS408", f"`{call.name}` has a step of 0", argument="step")
    if not whole:
        return Tensor(_float_range(call, start, end, step), made)
    shape = _whole_range(call, start, end, step)
    if shape is None or step < 0:
        return Tensor(shape, made)
    return Tensor(shape, made, (dim(start), dim(start) + (shape[0] - 1) * step))


def _bound(call: Call, name: str, default: int | None) -> Any:
    value = given(call, name, default)
    if isinstance(value, Integer):
        value = value.size
    return value.value if isinstance(value, Dim) and value.value is not None else value


def _float_range(call: Call, start: Any, end: Any, step: Any) -> Shape | None:
    if any(isinstance(one, Dim) for one in (start, end, step)):
        return None
    if not all(map(math.isfinite, (start, end, step))):
        call.fail("NS408", f"`{call.name}` runs from {start} to {end} by {step}, without an end")
    steps = (end - start) / step
    if steps < 0:
        _wrong_way(call, start, end, step)
    return (const(math.ceil(steps)),)


def _whole_range(call: Call, start: Any, end: Any, step: Any) -> Shape | None:
    if isinstance(step, Dim):
        return None
    forward = step > 0
    distance = Dim(()) + end - start if forward else Dim(()) + start - end
    if distance.bounds[1] < 0:
        _wrong_way(call, start, end, step)
    return ((distance + (abs(step) - 1)) // abs(step),)


def _wrong_way(call: Call, start: Any, end: Any, step: Any) -> None:
    call.fail(
        "NS408",
        f"`{call.name}` runs from {start} to {end} by {step}, which leads away from the end",
        argument="step" if given(call, "step") is not None else "end",
    )


def linspace(call: Call) -> Tensor:
    """`steps` numbers. The ends may be scalar tensors."""
    steps = size(call, "steps")
    if steps.bounds[1] < 0:
        call.fail("NS404", f"`{call.name}` makes {steps} numbers", argument="steps")
    ends = [given(call, name) for name in ("start", "end")]
    for name, one in zip(("start", "end"), ends, strict=True):
        if isinstance(one, Tensor) and one.shape:
            call.fail("NS401", f"`{call.name}` needs a scalar for `{name}` but receives {one}", argument=name)
    complexes = any(isinstance(one, complex) or is_complex(getattr(one, "dtype", None)) for one in ends)
    return Tensor((steps,), dtype(call, "complex64" if complexes else DEFAULT_FLOAT))


def normal(call: Call) -> Tensor:
    """Random numbers around `mean`; both it and `std` may be tensors."""
    found = [one for name in ("mean", "std") if isinstance(one := given(call, name), Tensor)]
    if not found:
        return ANYTHING
    for one in found:
        need_floating(call, one, complex=True)
    return Tensor(broadcast_inputs(call, *found), found[0].dtype)


RULES: dict[str, Rule] = {
    **dict.fromkeys(("zeros", "ones"), filled),
    "full": full,
    **dict.fromkeys(("new_zeros", "new_ones", "new_full"), new),
    **dict.fromkeys(("zeros_like", "ones_like", "full_like", "empty_like"), like),
    **dict.fromkeys(("rand_like", "randn_like"), random_like),
    "randint_like": random_integers_like,
    "eye": eye,
    "arange": arange,
    "linspace": linspace,
    "normal": normal,
}
