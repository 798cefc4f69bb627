"""FLOPs: what no formula counts is not called nothing."""

from netspec.shapes.dims import ZERO, dim
from netspec.shapes.flops import flops
from netspec.shapes.values import Tensor


def test_matrix_products_that_no_formula_counts_are_unknown() -> None:
    made = Tensor((dim(1),))
    assert flops("Bilinear", {}, {}, made) is None
    assert flops("relu", {}, {}, made) == ZERO
