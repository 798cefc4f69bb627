"""Short-time Fourier transforms: `stft`, and its inverse `istft`.

>>> from netspec.shapes.dims import symbol
>>> wave = Tensor((symbol("N"), symbol("L")))
>>> inputs = {"input": wave, "n_fft": 400, "hop_length": 160, "return_complex": True}
>>> str(stft(Call("stft", "stft", inputs=inputs)))
'complex64 [N, 201, L//160 + 1]'
"""

from __future__ import annotations

from netspec.shapes.call import Call, Rule
from netspec.shapes.dims import const
from netspec.shapes.promotion import is_complex
from netspec.shapes.rules.functions.arguments import flag, given, index, need_category, need_floating, rank_of
from netspec.shapes.rules.functions.checking import must_equal
from netspec.shapes.values import Shape, Tensor

_COMPLEX = {"float16": "complex32", "float32": "complex64", "float64": "complex128"}
_REAL = {made: of for of, made in _COMPLEX.items()}


def stft(call: Call) -> Tensor:
    """[L] or [N, L] -> [frequencies, frames], with a last 2 unless `return_complex`.

    The frames are 1 + (L + padding - n_fft) // hop_length, `center` padding both ends by n_fft // 2.
    """
    tensor, size = call.tensor("input"), index(call, "n_fft")
    need_floating(call, tensor, complex=True)
    shape, hop = rank_of(call, tensor, 1, 2), index(call, "hop_length", max(size // 4, 1))
    one_sided = flag(call, "onesided", not is_complex(tensor.dtype))
    if size < 1 or hop < 1:
        call.fail("NS408", f"`{call.name}` has n_fft {size} and hop_length {hop}", argument="n_fft")
    dtype = _COMPLEX.get(tensor.dtype or "", tensor.dtype)
    if (
        not flag(call, "return_complex")
        and given(call, "return_complex") is None
        and not is_complex(tensor.dtype)
    ):
        call.fail(
            "NS408",
            f"`{call.name}` needs return_complex for real values",
            argument="return_complex",
            help="set return_complex to true",
        )
    window = call.optional("window")
    if window is not None:
        _check_window(call, window, index(call, "win_length", size))
        dtype = dtype if window.dtype == tensor.dtype else None
    if shape is None:
        return Tensor(None, dtype)
    made = _frames(call, shape, size, hop, size // 2 + 1 if one_sided else size)
    return (
        Tensor(made, dtype) if flag(call, "return_complex", True) else Tensor((*made, const(2)), tensor.dtype)
    )


def _check_window(call: Call, window: Tensor, length: int) -> None:
    shape = rank_of(call, window, 1, argument="window")
    if shape is not None:
        must_equal(
            call,
            shape[0],
            length,
            f"`{call.name}` needs a window of {length} values but receives {shape[0]}",
            argument="window",
        )


def _frames(call: Call, shape: Shape, size: int, hop: int, frequencies: int) -> Shape:
    """The batch dimension, the frequencies and the frames."""
    length = shape[-1] + (2 * (size // 2) if flag(call, "center", True) else 0)
    if (length - size).bounds[1] < 0:
        call.fail("NS404", f"`{call.name}` takes windows of {size} but receives {length}", argument="n_fft")
    return (*shape[:-1], const(frequencies), (length - size) // hop + 1)


def istft(call: Call) -> Tensor:
    """[N, frequencies, frames] or [frequencies, frames] of complex numbers -> [N, L] or [L].

    L is `length`, or n_fft + hop_length * (frames - 1), less what `center` has padded.
    """
    tensor, size = call.tensor("input"), index(call, "n_fft")
    need_category(call, tensor, (3,), "a complex dtype")
    shape, hop = rank_of(call, tensor, 2, 3), index(call, "hop_length", max(size // 4, 1))
    width = index(call, "win_length", size)
    if size < 1 or not 1 <= hop <= width <= size:
        call.fail(
            "NS408",
            f"`{call.name}` has n_fft {size}, win_length {width} and hop_length {hop}",
            argument="n_fft",
            help="windows are no longer than n_fft, and at least hop_length",
        )
    window = call.optional("window")
    if window is not None:
        _check_window(call, window, width)
    whole = flag(call, "return_complex")
    one_sided = flag(call, "onesided", not whole)
    dtype = tensor.dtype if whole else _REAL.get(tensor.dtype or "")
    if shape is None:
        return Tensor(None, dtype)
    frequencies = size // 2 + 1 if one_sided else size
    message = f"`{call.name}` with n_fft {size} takes {frequencies} frequencies but receives {shape[-2]}"
    must_equal(call, shape[-2], frequencies, message, argument="n_fft")
    made = size + hop * (shape[-1] - 1) - (2 * (size // 2) if flag(call, "center", True) else 0)
    if given(call, "length") is not None:
        made = const(index(call, "length"))
    if made.bounds[1] < 1:
        call.fail("NS404", f"`{call.name}` makes {made} values of {tensor}")
    return Tensor((*shape[:-2], made), dtype)


RULES: dict[str, Rule] = {"stft": stft, "istft": istft}
