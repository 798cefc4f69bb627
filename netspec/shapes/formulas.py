"""Output sizes of windowed ops (convolution, pooling, unfolding, upsampling) over symbolic sizes.

Pure arithmetic: one spatial size and the op's settings for it go in, the output size comes out, also
where it is zero or negative; whether that is an error is for the rule to say. The formulas are those
that PyTorch states for Conv2d, ConvTranspose2d, MaxPool2d and Upsample.

>>> from netspec.shapes.dims import symbol
>>> str(conv(symbol("H"), 3, stride=2, padding=1))
'(H + 1)//2'
>>> str(pool(symbol("H"), 2, stride=2, ceil_mode=True))
'(H + 1)//2'
"""

from __future__ import annotations

import math
from fractions import Fraction

from netspec.shapes.dims import Dim, DimLike, dim


def extent(kernel: DimLike, dilation: DimLike = 1) -> Dim:
    """How many positions a dilated kernel covers."""
    return dim(dilation) * (dim(kernel) - 1) + 1


def least(kernel: DimLike, *, padding: DimLike = 0, dilation: DimLike = 1) -> Dim:
    """The least input size on which a kernel fits once."""
    return extent(kernel, dilation) - 2 * dim(padding)


def conv(
    size: DimLike, kernel: DimLike, *, stride: DimLike = 1, padding: DimLike = 0, dilation: DimLike = 1
) -> Dim:
    """floor((size + 2 padding - extent) / stride) + 1."""
    return (dim(size) + 2 * dim(padding) - extent(kernel, dilation)) // stride + 1


def pool(
    size: DimLike, kernel: int, *, stride: int, padding: int = 0, dilation: int = 1, ceil_mode: bool = False
) -> Dim:
    """As `conv`; with `ceil_mode` the last window may hang over the end, but must start inside.

    The window count is then the lesser of ceil((size + 2 padding - extent) / stride) and
    floor((size + padding - 1) / stride), plus 1. Both are floors of size + a constant over the
    stride, so that the lesser one is the same for every size.
    """
    if not ceil_mode:
        return conv(size, kernel, stride=stride, padding=padding, dilation=dilation)
    reach = 2 * padding - dilation * (kernel - 1) - 1 + stride - 1
    return (dim(size) + min(reach, padding - 1)) // stride + 1


def transposed(
    size: DimLike,
    kernel: DimLike,
    *,
    stride: DimLike = 1,
    padding: DimLike = 0,
    output_padding: DimLike = 0,
    dilation: DimLike = 1,
) -> Dim:
    """(size - 1) stride - 2 padding + extent + output_padding."""
    return (dim(size) - 1) * stride - 2 * dim(padding) + extent(kernel, dilation) + output_padding


def least_transposed(
    kernel: DimLike,
    *,
    stride: DimLike = 1,
    padding: DimLike = 0,
    output_padding: DimLike = 0,
    dilation: DimLike = 1,
) -> Dim:
    """The least input size for which `transposed` is positive (1 where the stride is symbolic)."""
    lacking = 2 * dim(padding) - extent(kernel, dilation) - output_padding + 1
    if dim(stride).value is None:
        return dim(1)
    found = -(-lacking // stride) + 1
    return found if found.bounds[1] > 1 else dim(1)


def unpool(size: DimLike, kernel: int, *, stride: int, padding: int = 0) -> Dim:
    """The size that MaxUnpool restores: (size - 1) stride - 2 padding + kernel."""
    return (dim(size) - 1) * stride - 2 * padding + kernel


def scaled(size: DimLike, factor: float) -> Dim | None:
    """floor(size * factor), as PyTorch computes it in double precision.

    For a symbolic size the factor is read as the simplest fraction near it.
    None where double precision then disagrees on some size up to 1024 (0.7 * 90 is below 63).
    """
    size = dim(size)
    if size.value is not None:
        return dim(math.floor(size.value * factor))
    ratio = Fraction(factor).limit_denominator(10**6)
    if any(math.floor(n * factor) != n * ratio.numerator // ratio.denominator for n in range(1, 1025)):
        return None
    return size * ratio.numerator // ratio.denominator
