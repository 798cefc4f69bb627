"""What the checks accept of losses, outputs and targets, PyTorch computes: every combination is tried.

A pair that PyTorch refuses or would stretch ("using a target size that is different") must be reported;
where the checks pass, the loss is one finite number whose gradient reaches the output, and every metric
that is said to fit can be measured.
"""

from __future__ import annotations

import itertools
import math
import warnings
from pathlib import Path

import numpy as np
import pytest

from netspec.diagnostics import Source
from netspec.runner.recipe.load import check_source
from netspec.runner.recipe.readings import LOSSES, metrics_for
from netspec.runner.recipe.records import LossUse

pytestmark = pytest.mark.torch

COUNT = 8
COLUMNS = {
    "label": np.arange(COUNT) % 3,
    "yes": np.arange(COUNT) % 2,
    "price": np.linspace(0.1, 0.9, COUNT, dtype=np.float32),
    "three": np.linspace(0, 1, COUNT * 3, dtype=np.float32).reshape(COUNT, 3),
    "mask": (np.arange(COUNT * 25) % 3).reshape(COUNT, 5, 5),
    "picture": np.arange(COUNT * 25, dtype=np.uint8).reshape(COUNT, 1, 5, 5),
    "words": (np.arange(COUNT * 6) % 3).reshape(COUNT, 6),
}
# The numbers that the layer makes, and the shape that they get.
OUTPUTS = {
    "[N, 3]": (3, "[-1, 3]"),
    "[N, 1]": (1, "[-1, 1]"),
    "[N]": (1, "[-1]"),
    "[N, 3, 5, 5]": (75, "[-1, 3, 5, 5]"),
    "[N, 1, 5, 5]": (25, "[-1, 1, 5, 5]"),
    "[N, 5, 5]": (25, "[-1, 5, 5]"),
    "[N, 6, 3]": (18, "[-1, 6, 3]"),
    "[N, 3, 6]": (18, "[-1, 3, 6]"),
}
ENDS = {
    "": "",
    "log_softmax": "  - {log_softmax: {dim: 1}}\n",
    "log_softmax_last": "  - {log_softmax: {dim: -1}}\n",
    "sigmoid": "  - sigmoid\n",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("columns")
    np.save(folder / "x.npy", np.zeros((COUNT, 4), np.float32))
    for name, values in COLUMNS.items():
        np.save(folder / f"{name}.npy", values)
    for (shape, (size, view)), (end, step) in itertools.product(OUTPUTS.items(), ENDS.items()):
        (folder / spec_name(shape, end)).write_text(
            f"netspec: 1\nname: Net\ninputs: {{x: [N, 4]}}\nlayers: {{fc: {{Linear: [4, {size}]}}}}\n"
            f"forward:\n  - fc\n  - {{view: [{view}]}}\n{step}"
        )
    return folder


def spec_name(shape: str, end: str) -> str:
    return f"{''.join(each for each in shape if each.isalnum())}{end}.yaml"


def accepted(folder: Path, loss: str, shape: str, end: str, target: str) -> LossUse | None:
    """The bound loss, where the recipe has no error."""
    train, test = (
        f"{{Arrays: {{x: {folder}/x.npy, y: {folder}/{target}.npy, rows: {rows}}}}}"
        for rows in ([0, 4], [4, 8])
    )
    text = f"""\
netspec: 1
recipe: tried
model: {spec_name(shape, end)}
data: {{train: {train}, test: {test}, batch_size: 4}}
loss: {loss}
metrics: [{", ".join(metrics_for(loss)).replace("top_k_accuracy", "{top_k_accuracy: {k: 1}}")}]
optimizer: SGD
epochs: 1
"""
    checked = check_source(Source(str(folder / "recipe.yaml"), text))
    found = checked.report.errors
    assert {each.code for each in found} <= {"NS701", "NS702"}, found
    return checked.recipe.losses[0] if checked.recipe is not None and not found else None


def made_output(shape: str, end: str):
    import torch

    sizes = [COUNT, *(int(each) for each in OUTPUTS[shape][1][1:-1].split(", ")[1:])]
    made = torch.randn(sizes, generator=torch.Generator().manual_seed(0), requires_grad=True)
    match end:
        case "log_softmax" | "log_softmax_last":
            return made, made.log_softmax(1 if end == "log_softmax" and made.dim() > 1 else -1)
        case "sigmoid":
            return made, made.sigmoid()
    return made, made


@pytest.mark.parametrize("loss", [name for name in LOSSES if name != "mean"])
def test_what_is_accepted_is_computed(loss: str, folder: Path) -> None:
    import torch

    from netspec.runner.metrics import Meter
    from netspec.runner.objective import Objective

    passed = 0
    # Losses of numbers take whatever the last step makes.
    ends = [""] if LOSSES[loss] == "numbers" else [*ENDS]
    for shape, end, target in itertools.product(OUTPUTS, ends, COLUMNS):
        # A softmax over one number is always 1.
        if end.startswith("log_softmax") and (shape == "[N]" or "1" in shape):
            continue
        use = accepted(folder, loss, shape, end, target)
        if use is None:
            continue
        passed += 1
        values = torch.from_numpy(COLUMNS[target])
        held = values.float() / 255 if target == "picture" else values
        leaf, output = made_output(shape, end)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            losses = Objective((use,), torch.device("cpu"))({None: output}, {"y": held})
        assert losses["loss"].dim() == 0, (shape, end, target)
        assert math.isfinite(float(losses["loss"].detach())), (shape, end, target)
        torch.autograd.backward(losses["loss"])
        assert leaf.grad is not None
        assert float(leaf.grad.abs().sum()) > 0, (shape, end, target)
        meter = Meter((use,))
        meter.add(losses, {None: output}, {"y": held}, COUNT)
        assert len(meter.means()) == 1 + len(use.metrics)
    assert passed >= 2, passed


def test_nothing_that_fits_is_refused(folder: Path) -> None:
    """A few pairs of each task, which must pass."""
    for loss, shape, end, target in [
        ("cross_entropy", "[N, 3]", "", "label"),
        ("cross_entropy", "[N, 3]", "", "three"),
        ("cross_entropy", "[N, 3, 5, 5]", "", "mask"),
        ("cross_entropy", "[N, 6, 3]", "", "words"),
        ("cross_entropy", "[N, 3, 6]", "", "words"),
        ("nll_loss", "[N, 3, 5, 5]", "log_softmax", "mask"),
        ("nll_loss", "[N, 6, 3]", "log_softmax_last", "words"),
        ("binary_cross_entropy", "[N]", "sigmoid", "yes"),
        ("binary_cross_entropy_with_logits", "[N]", "", "yes"),
        ("binary_cross_entropy_with_logits", "[N, 1, 5, 5]", "", "picture"),
        ("mse_loss", "[N]", "", "price"),
        ("mse_loss", "[N, 3]", "", "three"),
        ("mse_loss", "[N]", "", "yes"),
        ("l1_loss", "[N, 1, 5, 5]", "", "picture"),
        ("multi_margin_loss", "[N, 3]", "", "label"),
    ]:
        assert accepted(folder, loss, shape, end, target) is not None, (loss, shape, end, target)


@pytest.mark.parametrize(
    ("loss", "shape", "target"),
    [
        ("mse_loss", "[N, 1]", "price"),
        ("cross_entropy", "[N, 3]", "mask"),
        ("cross_entropy", "[N, 5, 5]", "label"),
        ("cross_entropy", "[N, 1]", "label"),
        ("binary_cross_entropy_with_logits", "[N, 3]", "yes"),
        ("l1_loss", "[N, 5, 5]", "picture"),
        ("multi_margin_loss", "[N, 3, 5, 5]", "mask"),
    ],
)
def test_what_pytorch_would_refuse_or_stretch_is_reported(loss: str, shape: str, target: str, folder: Path):
    assert accepted(folder, loss, shape, "", target) is None
