"""Each loss against each kind of last step: NS702 exactly where the numbers are not what the loss takes."""

from __future__ import annotations

import pytest

import netspec
from netspec.diagnostics import Collector, Source, Span
from netspec.fixing.edits import edited
from netspec.runner.recipe.check_meaning import check_meaning
from netspec.runner.recipe.load import check_recipe
from netspec.runner.recipe.model import OutputFacts
from netspec.runner.recipe.records import Component
from netspec.shapes.dims import const, symbol
from netspec.shapes.values import Tensor

PLACE = Span(Source("recipe.yaml", "loss"), 0, 4)

TAKES = {
    "cross_entropy": {"Linear", "relu"},
    "nll_loss": {"log_softmax", "LogSoftmax"},
    "binary_cross_entropy_with_logits": {"Linear", "relu"},
    "binary_cross_entropy": {"softmax", "Softmax", "sigmoid"},
    "multilabel_soft_margin_loss": {"Linear", "relu"},
}
KNOWN = ("Linear", "relu", "softmax", "Softmax", "sigmoid", "log_softmax", "LogSoftmax")


def found(loss: str, op: str | None, dim: int | None = 1, rank: int = 2, axis: int = 1) -> list[str]:
    collector = Collector()
    shape = (symbol("N"), *[const(10)] * (rank - 1))
    facts = OutputFacts(Tensor(shape), PLACE, op, {"dim": dim})
    check_meaning(Component(loss, PLACE), facts, collector, class_axis=axis)
    assert all(each.code == "NS702" and each.help for each in collector.diagnostics)
    return [each.severity for each in collector.diagnostics]


@pytest.mark.parametrize("loss", TAKES)
@pytest.mark.parametrize("op", KNOWN)
def test_a_loss_takes_its_own_kind_of_numbers(loss: str, op: str) -> None:
    twice = loss == "cross_entropy" and op in ("log_softmax", "LogSoftmax")
    assert found(loss, op) == ([] if op in TAKES[loss] else ["warning"] if twice else ["error"])


@pytest.mark.parametrize("op", ["flatten", "mul", "MyHead", "log", None])
def test_what_an_op_means_that_is_not_known_is_not_judged(op: str | None) -> None:
    assert [found(loss, op) for loss in (*TAKES, "mse_loss", "multi_margin_loss")] == [[]] * 7


@pytest.mark.parametrize(
    ("dim", "rank", "axis", "good"),
    [(1, 2, 1, True), (-1, 2, 1, True), (0, 2, 1, False), (1, 4, 1, True), (-1, 4, 1, False),
     (-1, 3, -1, True), (1, 3, -1, False), (None, 2, 1, True)],
)  # fmt: skip
def test_the_softmax_runs_over_the_classes(dim: int | None, rank: int, axis: int, good: bool) -> None:
    assert found("nll_loss", "log_softmax", dim, rank, axis) == ([] if good else ["error"])


@pytest.mark.parametrize(
    ("loss", "end", "safety", "left"),
    [
        ("cross_entropy", "log_softmax: {dim: 1}", "safe", []),
        ("nll_loss", "relu", "unsafe", []),
        ("cross_entropy", "softmax: {dim: 1}", None, ["NS702"]),
        ("{cross_entropy: {label_smoothing: 0.1}}", "log_softmax: {dim: 1}", None, ["NS702"]),
    ],
)  # fmt: skip
def test_the_other_loss_is_offered_where_it_is_made_for_the_output(write_recipe, loss, end, safety, left):
    path = write_recipe(("nll_loss", loss), net=(("log_softmax: {dim: 1}", end.replace("relu", "relu: ")),))
    (report,) = check_recipe(path).diagnostics
    assert [fix.safety for fix in report.fixes] == ([safety] if safety else [])
    text = path.read_text(encoding="utf-8")
    path.write_text(edited(text, [edit for fix in report.fixes for edit in fix.edits]), encoding="utf-8")
    assert [each.code for each in netspec.validate(path).diagnostics] == left


@pytest.mark.parametrize(("end", "codes"), [("softmax: {dim: 1}", ["NS702"]), ("log_softmax: {dim: 1}", [])])
def test_a_step_that_gives_another_shape_hides_nothing(write_recipe, end, codes):
    shaped = f"  - {{{end}}}\n  - {{unsqueeze: 2}}\n  - {{flatten: 1}}\n"
    found = check_recipe(write_recipe(net=(("  - {log_softmax: {dim: 1}}\n", shaped),))).diagnostics
    assert [each.code for each in found] == codes
    assert all(each.labels[0].span.text == "softmax" for each in found)


def test_the_claims_hold_in_pytorch() -> None:
    torch = pytest.importorskip("torch")
    F = torch.nn.functional
    scores, kinds = torch.randn(8, 10, dtype=torch.float64), torch.randint(10, (8,))
    logs = F.log_softmax(scores, 1)
    assert torch.allclose(F.cross_entropy(scores, kinds), F.nll_loss(logs, kinds))
    assert torch.allclose(F.cross_entropy(logs, kinds), F.nll_loss(logs, kinds))
    assert not torch.allclose(F.cross_entropy(scores.softmax(1), kinds), F.nll_loss(logs, kinds))
    flags = torch.rand(8, 10, dtype=torch.float64).round()
    both = F.binary_cross_entropy_with_logits(scores, flags), F.binary_cross_entropy(scores.sigmoid(), flags)
    assert torch.allclose(*both)
