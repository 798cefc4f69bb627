"""Functions that write at indices or all over: `scatter`, `index_add`, `slice_scatter`, `fill_`, ...

The result has the value's shape and dtype; what is written must fit.
"""

from __future__ import annotations

from netspec.shapes.axes import axis, dimensions
from netspec.shapes.broadcast import Clash, broadcast
from netspec.shapes.call import Call, Rule
from netspec.shapes.dims import ONE, ZERO, product
from netspec.shapes.rules.functions.arguments import given, index, need_category, rank_at_least, size, sizes
from netspec.shapes.rules.functions.checking import always_exceeds, must_equal
from netspec.shapes.rules.functions.indexing import index_tensor, same_rank, select, within
from netspec.shapes.rules.functions.splitting import clamped
from netspec.shapes.trying import equal
from netspec.shapes.values import Shape, Tensor, shape_text


def scatter(call: Call) -> Tensor:
    """`scatter`, `scatter_add`, `scatter_reduce`: the value's shape; `index` lies within it and `src`."""
    tensor, indices, source = call.tensor("input"), index_tensor(call), given(call, "src")
    if isinstance(source, Tensor) and tensor.dtype is not None and source.dtype not in (None, tensor.dtype):
        call.fail("NS405", f"`{call.name}` writes {source.dtype} into {tensor}", argument="src")
    if tensor.shape is None or indices.shape is None:
        return tensor
    place = axis(call, index(call, "dim"), len(tensor.shape))
    if product(indices.shape) == ZERO:
        return tensor
    same_rank(call, tensor.shape, indices.shape, "index")
    within(call, indices.shape, tensor.shape, place, "index")
    if isinstance(source, Tensor) and source.shape is not None:
        same_rank(call, tensor.shape, source.shape, "src")
        within(call, indices.shape, source.shape, None, "index")
    return tensor


def index_write(call: Call) -> Tensor:
    """`index_add`, `index_copy`, `index_fill`, `index_reduce`: the value's shape."""
    tensor, indices = call.tensor("input"), index_tensor(call)
    if indices.shape is not None and len(indices.shape) > 1:
        call.fail(
            "NS401", f"`{call.name}` needs a vector of indices but receives {indices}", argument="index"
        )
    if tensor.shape is not None:
        place = axis(call, index(call, "dim"), len(tensor.shape))
        if call.op.startswith("index_fill"):
            _check_fill(call, indices)
        source = given(call, "source")
        if isinstance(source, Tensor):
            _check_source(call, tensor, source, indices, place)
    return tensor


def _check_fill(call: Call, indices: Tensor) -> None:
    """Stricter than its kin: int64 only."""
    if indices.dtype not in (None, "int64"):
        call.fail("NS405", f"`{call.name}` needs int64 indices but receives {indices}", argument="index")
    value = given(call, "value")
    if isinstance(value, Tensor) and value.shape:
        call.fail("NS401", f"`{call.name}` needs a number or scalar but receives {value}", argument="value")


def _check_source(call: Call, tensor: Tensor, source: Tensor, indices: Tensor, place: int) -> None:
    if tensor.dtype is not None and source.dtype not in (None, tensor.dtype):
        call.fail("NS405", f"`{call.name}` writes {source.dtype} into {tensor}", argument="source")
    if source.shape is None or tensor.shape is None or indices.shape is None:
        return
    count = indices.shape[0] if indices.shape else ONE
    if not source.shape and not tensor.shape:
        must_equal(call, count, 1, f"`{call.name}` has {count} indices for a scalar", argument="index")
        return
    others = [a for at, a in enumerate(source.shape) if at != place]
    if len(source.shape) != len(tensor.shape) or not all(
        map(equal, others, (b for at, b in enumerate(tensor.shape) if at != place))
    ):
        call.fail(
            "NS403", f"`{call.name}` writes {shape_text(source.shape)} into {tensor}", argument="source"
        )
    must_equal(
        call,
        source.shape[place],
        count,
        f"`{call.name}` has {count} indices for {shape_text(source.shape)}",
        argument="source",
    )


def written(call: Call) -> Tensor:
    """`put`: the value's shape and dtype."""
    tensor, source = call.tensor("input"), given(call, "source")
    index_tensor(call)
    if isinstance(source, Tensor) and tensor.dtype is not None and source.dtype not in (None, tensor.dtype):
        call.fail("NS405", f"`{call.name}` writes {source.dtype} into {tensor}", argument="source")
    indices = call.tensor("index")
    if isinstance(source, Tensor) and source.shape is not None and indices.shape is not None:
        must_equal(
            call,
            product(source.shape),
            product(indices.shape),
            f"`{call.name}` has {product(indices.shape)} indices for {product(source.shape)} values",
            argument="source",
        )
    return tensor


def select_scatter(call: Call) -> Tensor:
    """`src` has the shape of what `select` would give."""
    tensor, source = call.tensor("input"), call.tensor("src")
    part = select(call)
    if part.shape is not None and source.shape is not None:
        _fit_part(call, source.shape, part.shape)
    return tensor


def _fit_part(call: Call, source: Shape, part: Shape) -> None:
    if len(source) != len(part) or not all(map(equal, source, part)):
        call.fail(
            "NS403",
            f"`{call.name}` writes {shape_text(source)} where {shape_text(part)} is needed, "
            f"which has {dimensions(len(part))}",
            argument="src",
        )


def strided_scatter(call: Call) -> Tensor:
    """`as_strided_scatter`: `src` has the sizes given, and their strides lead to no place outside."""
    tensor, source = call.tensor("input"), call.tensor("src")
    wanted, strides = sizes(call, "size"), sizes(call, "stride")
    if source.shape is not None:
        _fit_part(call, source.shape, wanted)
    last = size(call, "storage_offset", 0)
    for one, stride in zip(wanted, strides, strict=False):
        last = last + (one - 1) * stride
    if tensor.shape is not None and always_exceeds(last + 1, product(tensor.shape)):
        call.fail(
            "NS402", f"`{call.name}` writes at place {last} of {product(tensor.shape)}", argument="stride"
        )
    return tensor


def slice_scatter(call: Call) -> Tensor:
    """`src` has the shape of the slice from `start` to `end` by `step`."""
    tensor, source = call.tensor("input"), call.tensor("src")
    shape = rank_at_least(call, tensor, 1)
    if shape is None or source.shape is None:
        return tensor
    place, step = axis(call, index(call, "dim", 0), len(shape)), index(call, "step", 1)
    if step < 1:
        call.fail("NS408", f"`{call.name}` has the step {step}", argument="step")
    start = clamped(size(call, "start", 0), shape[place])
    end = shape[place] if given(call, "end") is None else clamped(size(call, "end"), shape[place])
    if start is not None and end is not None and always_exceeds(end, start):
        length = (end - start + step - 1) // step
        _fit_part(call, source.shape, (*shape[:place], length, *shape[place + 1 :]))
    return tensor


def copy(call: Call) -> Tensor:
    """`copy_`: the other tensor broadcasts to the value's shape."""
    tensor, other = call.tensor("input"), call.tensor("other")
    if tensor.shape is None or other.shape is None:
        return tensor
    try:
        fits = broadcast(tensor.shape, other.shape) == tensor.shape
    except Clash:
        fits = False
    if not fits:
        call.fail("NS403", f"`{call.name}` cannot write {other} into {tensor}", argument="other")
    return tensor


def fill(call: Call) -> Tensor:
    """`fill_` and the random fillers: the value's shape and dtype."""
    tensor = call.tensor("input")
    value = given(call, "value")
    if isinstance(value, Tensor) and value.shape:
        call.fail("NS401", f"`{call.name}` needs a number or scalar but receives {value}", argument="value")
    return tensor


def random_fill(call: Call) -> Tensor:
    tensor = call.tensor("input")
    need_category(call, tensor, (2, 3), "a floating-point dtype")
    return tensor


RULES: dict[str, Rule] = {
    **dict.fromkeys(("scatter", "scatter_add", "scatter_reduce"), scatter),
    **dict.fromkeys(("index_add", "index_copy", "index_fill", "index_reduce"), index_write),
    "select_scatter": select_scatter,
    "slice_scatter": slice_scatter,
    "as_strided_scatter": strided_scatter,
    "put": written,
    "copy_": copy,
    **dict.fromkeys(("fill_", "zero_", "fill_diagonal_", "random_", "geometric_"), fill),
    **dict.fromkeys(("uniform_", "normal_", "exponential_", "cauchy_", "log_normal_"), random_fill),
}
