"""The report of a run says what the run measured, holds all that it shows, and never costs a run."""

import json
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from itertools import pairwise

import pytest
import torch
from PIL import Image

from netspec.runner.report import write as write_module
from netspec.runner.train import train
from netspec.views.plots.curves import curves, nice_ticks
from netspec.views.plots.heat_map import heat_map
from netspec.views.plots.svg_plot import plot_svg

pytestmark = pytest.mark.torch

SEGMENT = """\
netspec: 1
name: Segment
doc: "</td><script>alert(1)</script> <img src=http://example.org/x onerror=alert(1)>"
inputs: {x: [N, 3, 16, 16]}
layers:
  conv: {Conv2d: [3, 3, 3, {padding: 1}]}
forward: [conv]
"""
MASKS = """\
netspec: 1
recipe: masks
model: net.yaml
data:
  train: {Shapes: {split: train, count: 64, size: 16}}
  test: {Shapes: {split: test, count: 48, size: 16}}
  target: TARGET
  batch_size: 32
loss: LOSS
METRICS
optimizer: {SGD: {lr: 0.1}}
epochs: 2
"""


class Tags(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.found, self.links = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.found.append(tag)
        self.links += [value for name, value in attributes if name in ("src", "href")]


@pytest.fixture
def small_run(write_recipe, tmp_path):
    def run(*changes, net=(), **more):
        recipe = write_recipe(*changes, net=net)
        return train(recipe, output=tmp_path / "run", progress=False, **more)

    return run


@pytest.fixture
def shapes_run(tmp_path):
    def run(target, loss, metrics="", net=SEGMENT):
        (tmp_path / "net.yaml").write_text(net)
        text = MASKS.replace("TARGET", target).replace("LOSS", loss).replace("METRICS", metrics)
        (tmp_path / "recipe.yaml").write_text(text)
        return train(tmp_path / "recipe.yaml", output=tmp_path / "run", progress=False)

    return run


def matrix(folder):
    """The counts that the plot of the matrix shows, by rows: its numbers, each with its place."""
    root = ET.parse(folder / "plots" / "confusion.svg").getroot()
    numbers = [each for each in root if each.tag.endswith("text") and each.get("font-size") == "11"]
    return [int(each.text.replace(",", "")) for each in numbers if each.get("text-anchor") == "middle"
            and each.get("fill") in ("var(--white)", "var(--ink)")]  # fmt: skip


def test_it_has_the_run_s_figures(small_run):
    result = small_run()
    page = (result.folder / "report.html").read_text(encoding="utf-8")
    cards = dict(re.findall(r"<div><dt>(.*?)</dt><dd>(.*?)</dd></div>", page))
    assert cards["test loss"] == f"{result.metrics['loss']:.4f}"
    assert cards["test accuracy"] == f"{result.accuracy:.4f}"
    assert sum(matrix(result.folder)) == result.tested
    names = {path.name for path in (result.folder / "plots").iterdir()}
    plots = ("loss", "accuracy", "learning-rate", "confusion")
    assert names == {f"{plot}.{kind}" for plot in plots for kind in ("svg", "png")}
    for path in (result.folder / "plots").glob("*.png"):
        with Image.open(path) as image:
            assert min(image.size) > 300
            assert len(image.convert("RGB").getcolors(1 << 24)) > 4


def test_the_matrix_gives_the_accuracy(small_run):
    result = small_run()
    from netspec.runner.data.open import open_batches
    from netspec.runner.precision import choose_precision
    from netspec.runner.recipe.load import load_recipe
    from netspec.runner.report.judge import judge

    recipe = load_recipe(result.folder / "recipe.yaml").recipe
    device = torch.device("cpu")
    test = open_batches(recipe, "test", device, training=False)
    [found] = judge(result.module, test, recipe.losses, choose_precision("fp32", device), 0)
    right = sum(found.counts[each][each] for each in range(10))
    assert right / result.tested == pytest.approx(result.accuracy, abs=1e-9)
    assert sum(map(sum, found.counts)) == result.tested
    # The worst are the worst, in order, each with its picture.
    [batch] = test.over([torch.arange(len(test))], seed=0, epoch=0)
    with torch.inference_mode():
        logs = result.module(*batch.inputs)
    losses = -logs[torch.arange(len(test)), batch.targets["label"]]
    assert [each.loss for each in found.worst] == pytest.approx(losses.topk(24).values.tolist(), rel=1e-5)
    top = int(losses.argmax())
    assert found.worst[0].place == test.place("label", top)
    assert found.worst[0].truth == str(int(batch.targets["label"][top]))
    assert found.worst[0].guess == str(int(logs[top].argmax()))
    assert all(each.picture is not None and each.picture.startswith(b"\x89PNG") for each in found.worst)


def test_it_holds_all_that_it_shows_and_names_are_escaped(shapes_run):
    result = shapes_run("mask", "cross_entropy", "metrics: [accuracy]")
    page = (result.folder / "report.html").read_text(encoding="utf-8")
    tags = Tags(page)
    assert "script" not in tags.found
    assert all(link.startswith("data:image/") for link in tags.links)
    assert "<img src=http" not in page
    assert "&lt;/td&gt;&lt;script&gt;alert(1)" in page
    assert "ellipse" in page
    # Pixels are counted, and those that are right are the accuracy.
    assert sum(matrix(result.folder)) == 48 * 16 * 16


def test_numbers_have_their_worst_samples(shapes_run):
    net = SEGMENT.replace("Segment", "Place").replace(
        "conv: {Conv2d: [3, 3, 3, {padding: 1}]}\nforward: [conv]",
        "fc: {Linear: [768, 4]}\nforward: [{flatten: 1}, fc]",
    )
    result = shapes_run("box", "mse_loss", net=net)
    page = (result.folder / "report.html").read_text(encoding="utf-8")
    assert "The largest losses" in page
    assert "taken for" not in page
    assert not list((result.folder / "plots").glob("confusion*"))


def test_a_faulty_report_is_a_note_and_no_more(small_run, monkeypatch, capfd):
    def broken(*_, **__):
        raise ValueError("no ink")

    monkeypatch.setattr(write_module, "judge", broken)
    result = small_run(epochs=1)
    assert result.weights.exists()
    assert not (result.folder / "report.html").exists()
    assert json.loads((result.folder / "metrics.jsonl").read_text().splitlines()[0])["number"] == 1


def test_ticks_are_round_and_span_the_values():
    for least, most in ((0, 1), (0.031, 0.92), (3, 3), (0, 0), (-2.5, 7), (1e-7, 5e-6), (120, 98000)):
        ticks = nice_ticks(least, most)
        assert ticks[0] <= least
        assert ticks[-1] >= most
        assert 2 <= len(ticks) <= 8
        steps = [b - a for a, b in pairwise(ticks)]
        assert max(steps) == pytest.approx(min(steps))


@pytest.mark.parametrize("classes", [2, 10, 100])
@pytest.mark.parametrize("epochs", [1, 25])
def test_plots_are_well_formed_at_any_size(classes, epochs):
    names = [f"<class & {number}>" for number in range(classes)]
    counts = [[row * column % 7 for column in range(classes)] for row in range(classes)]
    for plot in (
        heat_map("m", names, counts),
        curves("loss", {"train": [(e, 1 / e) for e in range(1, epochs + 1)]}),
    ):
        root = ET.fromstring(plot_svg(plot))
        width, height = float(root.get("width")), float(root.get("height"))
        for each in root.iter("{http://www.w3.org/2000/svg}text"):
            assert 0 <= float(each.get("x")) <= width
            assert 0 <= float(each.get("y")) <= height


def test_a_figure_that_is_no_number_leaves_the_rest():
    text = plot_svg(curves("loss", {"train": [(1, 2.0), (2, float("nan")), (3, float("inf")), (4, 1.0)]}))
    assert "nan" not in text
    assert text.count("<circle") == 2
