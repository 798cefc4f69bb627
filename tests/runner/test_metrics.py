"""Every metric against its definition, written in NumPy over all samples at once, however they are cut up."""

from __future__ import annotations

import math

import numpy as np
import pytest

from netspec.runner.recipe.components import components
from netspec.runner.recipe.figures import figures
from netspec.runner.recipe.readings import LOSSES, METRICS, measures, metrics_for
from netspec.runner.recipe.records import Component, LossUse

pytestmark = pytest.mark.torch

CASES = range(4)


def use_of(loss: str, *metrics: str, axis: int = 1, k: int = 2, **arguments: object) -> LossUse:
    made = tuple(Component(name, None, {"k": k} if name == "top_k_accuracy" else {}) for name in metrics)
    return LossUse("", None, Component(loss, None, arguments), "y", class_axis=axis, metrics=made)


def measured(use: LossUse, output: np.ndarray, target: np.ndarray, parts: int = 3) -> dict[str, float]:
    import torch

    from netspec.runner.metrics import Meter

    meter = Meter((use,))
    for chosen in np.array_split(np.arange(len(output)), parts):
        batch, held = torch.from_numpy(output[chosen]), torch.from_numpy(target[chosen])
        meter.add({"loss": torch.tensor(float(len(chosen)))}, {None: batch}, {"y": held}, len(chosen))
    return meter.means()


def softmax(scores: np.ndarray) -> np.ndarray:
    raised = np.exp(scores - scores.max(1, keepdims=True))
    return raised / raised.sum(1, keepdims=True)


def area(scores: np.ndarray, positive: np.ndarray) -> float:
    """The share of pairs that are in the right order; of equal ones, half."""
    yes, no = scores[positive], scores[~positive]
    wins = (yes[:, None] > no[None, :]).sum() + 0.5 * (yes[:, None] == no[None, :]).sum()
    return float(wins / (len(yes) * len(no)))


def by_class(called: np.ndarray, are: np.ndarray) -> dict[str, float]:
    """Precision, recall, F1 and IoU of each class that occurs, by counting."""
    rows = []
    for kind in sorted({*called.tolist(), *are.tolist()}):
        hits = float(((called == kind) & (are == kind)).sum())
        missed, wrong = float((are == kind).sum()) - hits, float((called == kind).sum()) - hits
        precision = hits / (hits + wrong) if hits + wrong else 0.0
        recall = hits / (hits + missed) if hits + missed else 0.0
        f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
        rows.append((precision, recall, f1, hits / (hits + missed + wrong)))
    return dict(zip(("precision", "recall", "f1", "mean_iou"), np.mean(rows, 0).tolist(), strict=True))


@pytest.mark.parametrize("seed", CASES)
@pytest.mark.parametrize("loss", ["cross_entropy", "nll_loss"])
def test_class_metrics(seed: int, loss: str) -> None:
    random = np.random.default_rng(seed)
    classes, count = int(random.integers(3, 7)), 60
    scores = random.normal(size=(count, classes)).astype(np.float32)
    output = np.log(softmax(scores)) if loss == "nll_loss" else scores
    # The last class never occurs.
    target = random.integers(0, classes - 1, count)
    found = measured(use_of(loss, *metrics_for(loss)), output, target)
    right = np.argsort(-scores, 1)[:, :2] == target[:, None]
    wanted = by_class(scores.argmax(1), target) | {
        "loss": float(count / 3),
        "accuracy": float(right[:, 0].mean()),
        "top_2_accuracy": float(right.any(1).mean()),
        "perplexity": float(np.exp(-np.log(softmax(scores)[np.arange(count), target]).mean())),
    }
    curve = [area(softmax(scores)[:, kind], target == kind) for kind in range(classes - 1)]
    assert found.pop("auroc") == pytest.approx(np.mean(curve), abs=2e-3)
    assert found == pytest.approx(wanted, rel=1e-5)
    assert list(found) == [name for name in figures((use_of(loss, *metrics_for(loss)),)) if name != "auroc"]


@pytest.mark.parametrize("seed", CASES)
@pytest.mark.parametrize("axis", [1, -1])
def test_classes_of_pixels_and_of_tokens_are_counted_one_by_one(seed: int, axis: int) -> None:
    random = np.random.default_rng(seed)
    classes, shape = 4, (12, 5, 6) if axis == 1 else (12, 9)
    scores = random.normal(size=(*shape, classes)).astype(np.float32)
    target = random.integers(0, classes, shape)
    target[random.random(shape) < 0.2] = -100
    output = np.ascontiguousarray(np.moveaxis(scores, -1, axis))
    use = use_of("cross_entropy", "accuracy", "f1", "mean_iou", "perplexity", "top_k_accuracy", axis=axis)
    found = measured(use, output, target)
    judged = target.ravel() != -100
    flat, kinds = scores.reshape(-1, classes)[judged], target.ravel()[judged]
    wanted = by_class(flat.argmax(1), kinds)
    assert found["accuracy"] == pytest.approx(float((flat.argmax(1) == kinds).mean()))
    assert (found["f1"], found["mean_iou"]) == pytest.approx((wanted["f1"], wanted["mean_iou"]))
    nats = -np.log(softmax(flat)[np.arange(len(flat)), kinds]).mean()
    assert found["perplexity"] == pytest.approx(math.exp(nats), rel=1e-5)
    best = np.argsort(-flat, 1)[:, :2]
    assert found["top_2_accuracy"] == pytest.approx(float((best == kinds[:, None]).any(1).mean()))


@pytest.mark.parametrize("seed", CASES)
@pytest.mark.parametrize("shape", [(50,), (50, 1), (50, 3), (50, 1, 4, 4)])
@pytest.mark.parametrize("loss", ["binary_cross_entropy", "binary_cross_entropy_with_logits"])
def test_label_metrics(seed: int, shape: tuple[int, ...], loss: str) -> None:
    random = np.random.default_rng(seed)
    logits = random.normal(size=shape).astype(np.float32)
    output = 1 / (1 + np.exp(-logits)) if loss == "binary_cross_entropy" else logits
    target = (random.random(shape) < 0.4).astype(np.float32)
    use = use_of(loss, "accuracy", "precision", "recall", "f1", "mean_iou", "auroc")
    found = measured(use, output, target)
    columns = (logits, target) if len(shape) == 2 else (logits.reshape(-1, 1), target.reshape(-1, 1))
    rows, curve = [], []
    for scores, are in zip(*(each.T for each in columns), strict=True):
        called, positive = scores > 0, are > 0.5
        hits, all_called, all_are = (called & positive).sum(), called.sum(), positive.sum()
        rows.append((hits / all_called, hits / all_are, 2 * hits / (all_called + all_are),
                     hits / (all_called + all_are - hits)))  # fmt: skip
        curve.append(area(scores, positive))
    wanted = dict(zip(("precision", "recall", "f1", "mean_iou"), np.mean(rows, 0).tolist(), strict=True))
    assert found.pop("accuracy") == pytest.approx(float(((logits > 0) == (target > 0.5)).mean()))
    assert found.pop("auroc") == pytest.approx(np.mean(curve), abs=2e-3)
    assert {name: found[name] for name in wanted} == pytest.approx(wanted)


@pytest.mark.parametrize("seed", CASES)
@pytest.mark.parametrize("shape", [(40,), (40, 3), (40, 1, 4, 4)])
def test_metrics_of_numbers(seed: int, shape: tuple[int, ...]) -> None:
    random = np.random.default_rng(seed)
    # Far from 0, where sums of squares lose digits.
    target = (1000 + random.normal(size=shape)).astype(np.float32)
    output = (target + 0.3 * random.normal(size=shape)).astype(np.float32)
    found = measured(use_of("mse_loss", *metrics_for("mse_loss")), output, target)
    wide, true = output.astype(float).reshape(40, -1), target.astype(float).reshape(40, -1)
    explained = 1 - ((wide - true) ** 2).sum(0) / ((true - true.mean(0)) ** 2).sum(0)
    assert found["mean_absolute_error"] == pytest.approx(np.abs(wide - true).mean(), rel=1e-5)
    assert found["root_mean_squared_error"] == pytest.approx(math.sqrt(((wide - true) ** 2).mean()), rel=1e-5)
    assert found["r2"] == pytest.approx(explained.mean(), rel=1e-5)


def test_the_area_under_the_curve_of_equal_scores_is_exact() -> None:
    scores = np.array([0, 0, 0, 2, 2, -1], np.float32)
    target = np.array([1, 0, 0, 1, 0, 0], np.float32)
    found = measured(use_of("binary_cross_entropy_with_logits", "auroc"), scores, target)
    assert found["auroc"] == area(scores, target > 0.5)


def test_how_the_samples_are_cut_into_batches_does_not_matter() -> None:
    random = np.random.default_rng(0)
    scores, target = random.normal(size=(30, 4)).astype(np.float32), random.integers(0, 4, 30)
    use = use_of("cross_entropy", *metrics_for("cross_entropy"))
    once, often = measured(use, scores, target, 1), measured(use, scores, target, 30)
    assert {**often, "loss": 0} == pytest.approx({**once, "loss": 0})


def test_the_sums_of_two_processes_give_the_figures_of_one() -> None:
    import torch

    from netspec.runner.metrics import Meter

    use = use_of("cross_entropy", *metrics_for("cross_entropy"))
    torch.manual_seed(0)
    output, label = torch.randn(20, 5), torch.randint(5, (20,))
    meters = [Meter((use,)) for _ in range(3)]
    for meter, part in ((meters[0], slice(0, 20)), (meters[1], slice(0, 8)), (meters[2], slice(8, 20))):
        loss = torch.nn.functional.cross_entropy(output[part], label[part])
        meter.add({"loss": loss}, {None: output[part]}, {"y": label[part]}, len(label[part]))
    for key, value in meters[2].sums.items():
        meters[1].sums[key] += value
    assert meters[1].means() == pytest.approx(meters[0].means())


def test_mixed_targets_count_as_the_class_of_which_there_is_most() -> None:
    output = np.array([[2, 1, 0], [0, 1, 2]], np.float32)
    target = np.array([[0.7, 0.3, 0], [0.6, 0, 0.4]], np.float32)
    assert measured(use_of("cross_entropy", "accuracy"), output, target, 1)["accuracy"] == 0.5


def test_several_losses_have_their_figures_under_their_names() -> None:
    import torch

    from netspec.runner.metrics import Meter

    kind = LossUse("kind", "kind", Component("cross_entropy", None), "label",
                   metrics=(Component("accuracy", None),))  # fmt: skip
    box = LossUse("box", "box", Component("l1_loss", None), "box", 0.5,
                  metrics=(Component("mean_absolute_error", None),))  # fmt: skip
    meter = Meter((kind, box))
    outputs = {"kind": torch.tensor([[1.0, 0.0]]), "box": torch.tensor([[1.0, 2.0]])}
    targets = {"label": torch.tensor([0]), "box": torch.tensor([[0.0, 2.0]])}
    losses = {"loss": torch.tensor(1.5), "kind.loss": torch.tensor(1.0), "box.loss": torch.tensor(1.0)}
    meter.add(losses, outputs, targets, 1)
    found = meter.means()
    assert list(found) == list(figures((kind, box)))
    assert found["box.mean_absolute_error"] == 0.5
    assert found["loss"] == 1.5


def test_the_confusion_matrix_counts_each_pair() -> None:
    import torch

    from netspec.runner.tallies import confusion

    output = torch.nn.functional.one_hot(torch.tensor([0, 1, 1, 2, 0]), 3).float()
    found = confusion(output, torch.tensor([0, 1, 2, 2, -100]), use_of("cross_entropy"))
    assert found.tolist() == [[1, 0, 0], [0, 1, 0], [0, 1, 1]]


def test_the_tables_of_losses_and_metrics_are_complete() -> None:
    assert set(LOSSES) == set(components("loss"))
    assert set(METRICS) == set(components("metric"))
    assert not any(measures(metric, "mean") for metric in METRICS)
