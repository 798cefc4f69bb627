"""Numbers that are none and labels beyond the classes are found before training, with their sample."""

import pytest
import torch

from netspec.runner.data.checks import check_values
from netspec.runner.data.dataset import Column, MemorySet
from netspec.runner.errors import RunError

pytestmark = pytest.mark.torch


def opened(values, column, sources=None):
    return MemorySet("numbers", {"x": column}, {"x": values}, "x", "x", sources or {})


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("kind", ["value", "image"])
def test_a_number_that_is_none_is_named_with_its_sample_and_file(tmp_path, bad, kind):
    values = torch.rand(50, 3, 4, 4)
    values[17, 2, 1, 3] = bad
    with pytest.raises(RunError, match=rf"sample 17 of .*x\.npy holds {bad} in the column `x`: mend it"):
        check_values(opened(values, Column(kind), {"x": tmp_path / "x.npy"}), ["x"])


@pytest.mark.parametrize(("bad", "shown"), [(10, "10"), (-1, "-1"), (300, "300")])
def test_a_label_beyond_the_classes_is_named_with_its_sample(bad, shown):
    values = torch.arange(50) % 10
    values[31] = bad
    message = rf"sample 31 of numbers holds {shown} in the column `x`, but numbers has 10 classes, 0 to 9"
    with pytest.raises(RunError, match=message):
        check_values(opened(values, Column("label", classes=10)), ["x"])


def test_what_is_right_passes():
    check_values(opened(torch.arange(50) % 10, Column("label", classes=10)), ["x"])
    check_values(opened(torch.rand(5, 2), Column("value")), ["x"])
    check_values(opened(torch.randint(0, 256, (5, 1, 2, 2), dtype=torch.uint8), Column("image")), ["x"])
    # The sum of these overflows, and each of them is finite.
    check_values(opened(torch.full((4, 2), 3e38), Column("value")), ["x"])
