"""Models of torchvision, imported: what is proven there is checked here once more, against the models."""

from __future__ import annotations

import pytest

import netspec

torch = pytest.importorskip("torch")
torchvision = pytest.importorskip("torchvision")
pytestmark = pytest.mark.torch

models = torchvision.models
# Small members of families, each with something of its own; all models: scripts/import.sh.
SMALL = {
    "residual": (lambda: models.resnet18(), 32, "H"),
    "branches": (lambda: models.squeezenet1_1(), 48, "H"),
    "lists": (lambda: models.DenseNet(8, (2, 3), 16, num_classes=10), 32, "H"),
    "chunks": (lambda: models.shufflenet_v2_x0_5(), 32, "H"),
    "stochastic": (lambda: models.MNASNet(0.5), 32, "H"),
    "tokens": (
        lambda: models.VisionTransformer(32, 8, 2, 2, 16, 32, dropout=0.1, num_classes=10), 32, None,
    ),
    "layer_scale": (
        lambda: models.ConvNeXt([_convnext(16, 32, 2), _convnext(32, None, 2)], 0.1, num_classes=10), 32, "H",
    ),
    "windows": (
        lambda: models.SwinTransformer([4, 4], 24, [2, 2], [2, 4], [4, 4], num_classes=10), 64, None,
    ),
}  # fmt: skip


def _convnext(width, out, depth):
    from torchvision.models.convnext import CNBlockConfig

    return CNBlockConfig(width, out, depth)


@pytest.mark.parametrize("name", SMALL)
def test_the_spec_is_the_model(name):
    build, side, open_dimension = SMALL[name]
    torch.manual_seed(1)
    model = build()
    spec = netspec.from_module(model, torch.randn(2, 3, side, side))
    net = netspec.compile(spec)
    assert repr(net) == repr(model)
    assert list(net.state_dict()) == list(model.state_dict())
    net.load_state_dict(model.state_dict())
    # Another batch, and another resolution where the spec leaves it open, that the importer has not tried.
    other = side + 64 if open_dimension else side
    assert (f"{open_dimension}={side}" in spec.text) == bool(open_dimension)
    x = torch.randn(5, 3, other, side)
    for training in (False, True):
        results = []
        for each in (model, net):
            torch.manual_seed(7)
            results.append(each.train(training)(x))
        assert torch.equal(*results)


def test_runs_of_blocks_are_folded_and_what_differs_is_a_param():
    spec = netspec.from_module(models.resnet34(), torch.randn(2, 3, 32, 32))
    assert "{BasicBlock2: 128, repeat: 3}" in spec.text or "{BasicBlock: 128, repeat: 3}" in spec.text
    assert "params: {in_channels: int" in spec.text
    assert len(spec.text.splitlines()) < 90


def test_branches_of_training_alone():
    model = models.GoogLeNet(num_classes=10, init_weights=False)
    spec = netspec.from_module(model, torch.randn(2, 3, 64, 64))
    assert "when: $training" in spec.text
    assert "namedtuple: GoogLeNetOutputs" in spec.text


@pytest.mark.filterwarnings("ignore:dropout2d")  # the network of the reference warns by itself
@pytest.mark.parametrize(
    ("path", "shape"),
    [("mnist.yaml", (2, 1, 28, 28)), ("torchvision/resnet18.yaml", (2, 3, 32, 32)),
     ("torchvision/squeezenet1_0.yaml", (2, 3, 48, 48))],
)  # fmt: skip
def test_a_compiled_class_gives_an_equivalent_spec(path, shape, pytestconfig):
    net = netspec.compile(pytestconfig.rootpath / "specs" / path)
    spec = netspec.from_module(net, torch.randn(shape))
    again = netspec.compile(spec)
    again.load_state_dict(net.state_dict())
    x = torch.randn(3, *shape[1:])
    assert repr(again) == repr(net)
    assert torch.equal(again.eval()(x), net.eval()(x))
