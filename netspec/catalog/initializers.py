"""The functions of `torch.nn.init`, as ops whose first argument is the tensor they fill.

Kept by hand, since there are few and their signatures rest: PyTorch 2.14, `torch/nn/init.py`.
"""

from __future__ import annotations

from netspec.catalog.model import REQUIRED, Default, Op, Param

_MODES = ("fan_in", "fan_out")
_NONLINEARITIES = (
    "linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d",
    "sigmoid", "tanh", "relu", "leaky_relu", "selu",
)  # fmt: skip


def _number(name: str, default: Default, **range: float) -> Param:
    return Param(name, ("float",), default, **range)  # type: ignore[arg-type]


_KAIMING = (
    _number("a", 0.0),
    Param("mode", ("str",), "fan_in", choices=_MODES),
    Param("nonlinearity", ("str",), "leaky_relu", choices=_NONLINEARITIES),
)
_NORMAL = (_number("mean", 0.0), _number("std", 1.0, minimum=0))
_SIGNATURES: dict[str, tuple[Param, ...]] = {
    "constant_": (_number("val", REQUIRED),),
    "dirac_": (Param("groups", ("int",), 1, minimum=1),),
    "eye_": (),
    "kaiming_normal_": _KAIMING,
    "kaiming_uniform_": _KAIMING,
    "normal_": _NORMAL,
    "ones_": (),
    "orthogonal_": (_number("gain", 1.0),),
    "sparse_": (_number("sparsity", REQUIRED, minimum=0, maximum=1), _number("std", 0.01, minimum=0)),
    "trunc_normal_": (*_NORMAL, _number("a", -2.0), _number("b", 2.0)),
    "uniform_": (_number("a", 0.0), _number("b", 1.0)),
    "xavier_normal_": (_number("gain", 1.0),),
    "xavier_uniform_": (_number("gain", 1.0),),
    "zeros_": (),
}

INITIALIZERS: dict[str, Op] = {
    name: Op(name, "function", f"nn.init.{name}", (signature,)) for name, signature in _SIGNATURES.items()
}
