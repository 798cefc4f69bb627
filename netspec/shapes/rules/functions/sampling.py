"""Sampling at given places: `grid_sample`, `affine_grid`."""

from __future__ import annotations

from netspec.shapes.call import Call, Rule
from netspec.shapes.dims import const
from netspec.shapes.rules.functions.arguments import (
    given,
    need_floating,
    rank_of,
    same_dtype,
    sizes,
)
from netspec.shapes.rules.functions.checking import must_equal
from netspec.shapes.values import Tensor, shape_text


def grid_sample(call: Call) -> Tensor:
    """[N, C, *sizes] at a grid [N, *new sizes, 2 or 3] -> [N, C, *new sizes]."""
    tensor, grid = call.tensor("input"), call.tensor("grid")
    need_floating(call, tensor)
    dtype = same_dtype(call, tensor, grid)
    image = rank_of(call, tensor, 4, 5)
    if image is None:
        return Tensor(None, dtype)
    places = rank_of(call, grid, len(image), argument="grid")
    if given(call, "mode", "bilinear") == "bicubic" and len(image) == 5:
        call.fail("NS408", f"`{call.name}` has no bicubic mode for 3 spatial dimensions", argument="mode")
    if places is None:
        return Tensor(None, dtype)
    count = len(image) - 2
    must_equal(
        call,
        places[-1],
        count,
        f"`{call.name}` needs {count} coordinates last in its grid but receives {places[-1]}",
        argument="grid",
    )
    must_equal(
        call,
        image[0],
        places[0],
        f"`{call.name}` needs a grid for each of {image[0]} items but receives {places[0]}",
        code="NS403",
        argument="grid",
    )
    return Tensor((*image[:2], *places[1:-1]), dtype)


def affine_grid(call: Call) -> Tensor:
    """[N, 2, 3] and a size [N, C, H, W] -> [N, H, W, 2]; with one dimension more, [N, 3, 4]."""
    theta, wanted = call.tensor("theta"), sizes(call, "size")
    dtype = need_floating(call, theta, argument="theta")
    if len(wanted) not in (4, 5):
        call.fail("NS401", f"`{call.name}` needs 4 or 5 sizes, not {shape_text(wanted)}", argument="size")
    if any(size.bounds[1] < 1 for size in wanted):
        call.fail("NS404", f"`{call.name}` has an empty size in {shape_text(wanted)}", argument="size")
    count = len(wanted) - 2
    shape = rank_of(call, theta, 3, argument="theta")
    if shape is not None:
        for actual, expected in zip(shape, (wanted[0], const(count), const(count + 1)), strict=True):
            must_equal(
                call,
                actual,
                expected,
                f"`{call.name}` needs theta [{wanted[0]}, {count}, {count + 1}] but receives {theta}",
                argument="theta",
            )
    return Tensor((wanted[0], *wanted[2:], const(count)), dtype)


RULES: dict[str, Rule] = {"grid_sample": grid_sample, "affine_grid": affine_grid}
