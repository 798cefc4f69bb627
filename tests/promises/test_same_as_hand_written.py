"""The compiled class is the class that a person would write: bit for bit, and for every tool."""

import copy
import inspect
import io
import pickle
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

import netspec

torch = pytest.importorskip("torch")
pytestmark = [
    pytest.mark.torch,
    # The reference network drops channels of a flat value; PyTorch deprecates that.
    pytest.mark.filterwarnings("ignore:dropout2d:UserWarning"),
]
SPEC = Path(__file__).parents[2] / "specs" / "mnist.yaml"
PRINTED = """\
Net(
  (conv1): Conv2d(1, 32, kernel_size=(3, 3), stride=(1, 1))
  (conv2): Conv2d(32, 64, kernel_size=(3, 3), stride=(1, 1))
  (dropout1): Dropout2d(p=0.25, inplace=False)
  (dropout2): Dropout2d(p=0.5, inplace=False)
  (fc1): Linear(in_features=9216, out_features=128, bias=True)
  (fc2): Linear(in_features=128, out_features=10, bias=True)
)"""


@pytest.fixture(scope="module")
def hand_written():
    path = Path(__file__).with_name("reference.py")
    namespace = {"__name__": "reference"}
    exec(compile(path.read_text(), str(path), "exec"), namespace)
    return namespace["Net"]


@pytest.fixture
def pair(hand_written):
    """The compiled and the hand-written network, each made from seed 0."""
    torch.manual_seed(0)
    compiled = netspec.compile(SPEC)
    torch.manual_seed(0)
    return compiled, hand_written()


@pytest.fixture
def images():
    return torch.rand(4, 1, 28, 28, generator=torch.Generator().manual_seed(1))


def test_it_prints_the_same(pair):
    compiled, written = pair
    assert str(compiled) == str(written) == PRINTED


def test_one_seed_gives_the_same_state(pair):
    compiled, written = pair
    assert list(compiled.state_dict()) == list(written.state_dict())
    for name, tensor in written.state_dict().items():
        assert compiled.state_dict()[name].dtype == tensor.dtype
        assert torch.equal(compiled.state_dict()[name], tensor)


@pytest.mark.parametrize("training", [True, False])
def test_outputs_and_gradients_are_bit_identical(pair, images, training):
    results = []
    for net in pair:
        net.train(training)
        given = images.clone().requires_grad_()
        torch.manual_seed(7)
        output = net(given)
        output.square().sum().backward()
        results.append((output, given.grad, [p.grad for p in net.parameters()]))
    (output, given, weights), (output2, given2, weights2) = results
    assert torch.equal(output, output2)
    assert torch.equal(given, given2)
    assert all(torch.equal(a, b) for a, b in zip(weights, weights2, strict=True))


def test_deepcopy_is_independent(pair, images):
    compiled = pair[0].eval()
    copied = copy.deepcopy(compiled)
    assert type(copied) is type(compiled)
    assert torch.equal(copied(images), compiled(images))
    with torch.no_grad():
        copied.fc2.bias.add_(1)
    assert not torch.equal(copied(images), compiled(images))


def test_pickle_in_this_process(pair, images):
    compiled = pair[0].eval()
    loaded = pickle.loads(pickle.dumps(compiled))
    assert type(loaded) is type(compiled)
    assert torch.equal(loaded(images), compiled(images))


def test_pickle_in_a_fresh_process(pair, images, tmp_path):
    compiled = pair[0].eval()
    (tmp_path / "net.pickle").write_bytes(pickle.dumps(compiled))
    torch.save({"images": images, "expected": compiled(images)}, tmp_path / "data.pt")
    code = """
import pickle, sys, torch
net = pickle.load(open("net.pickle", "rb"))
data = torch.load("data.pt")
assert torch.equal(net(data["images"]), data["expected"])
print(type(net).__name__)
"""
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert run.stdout == "Net\n"


def test_torch_save_and_load(pair, images):
    compiled = pair[0].eval()
    buffer = io.BytesIO()
    torch.save(compiled, buffer)
    buffer.seek(0)
    loaded = torch.load(buffer, weights_only=False)
    assert torch.equal(loaded(images), compiled(images))
    buffer = io.BytesIO()
    torch.save(compiled.state_dict(), buffer)
    buffer.seek(0)
    loaded.load_state_dict(torch.load(buffer))


def test_torchscript(pair, images):
    compiled = pair[0].eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", FutureWarning)
        scripted = torch.jit.script(compiled)
    assert torch.equal(scripted(images), compiled(images))


def test_fx(pair, images):
    compiled = pair[0].eval()
    traced = torch.fx.symbolic_trace(compiled)
    assert torch.equal(traced(images), compiled(images))


def test_export_with_a_dynamic_batch(pair, images):
    compiled = pair[0].eval()
    batch = torch.export.Dim("batch")
    exported = torch.export.export(compiled, (images,), dynamic_shapes=({0: batch},)).module()
    for size in (1, 2, 7):
        given = torch.rand(size, 1, 28, 28)
        assert torch.allclose(exported(given), compiled(given), atol=1e-6)


def test_torch_compile_without_graph_breaks(pair, images):
    compiled = pair[0].eval()
    fast = torch.compile(compiled, fullgraph=True, backend="aot_eager")
    assert torch.allclose(fast(images), compiled(images), atol=1e-6)


def test_meta_device_makes_no_weights():
    net = netspec.compile(SPEC, device="meta")
    assert {p.device.type for p in net.parameters()} == {"meta"}
    assert str(net) == PRINTED
    assert net(torch.empty(3, 1, 28, 28, device="meta")).shape == (3, 10)


def test_source_can_be_read_in_debuggers(pair):
    compiled = type(pair[0])
    text = inspect.getsource(compiled)
    assert text in netspec.source(SPEC)
    assert "x = F.relu(x)" in inspect.getsource(compiled.forward)
    assert inspect.getsourcefile(compiled) == f"<netspec {SPEC}>"


def test_tracebacks_show_the_source(pair):
    with pytest.raises(RuntimeError) as error:
        pair[0](torch.rand(1, 1, 20, 20))
    text = "".join(__import__("traceback").format_exception(error.value))
    assert "x = self.fc1(x)" in text
    assert f"<netspec {SPEC}>" in text


def test_the_printed_source_needs_torch_alone(tmp_path, hand_written, images):
    (tmp_path / "net.py").write_text(netspec.source(SPEC))
    code = """
import sys
sys.modules["netspec"] = None
import torch
from net import Net
torch.manual_seed(0)
torch.save(Net().state_dict(), "state.pt")
"""
    run = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    torch.manual_seed(0)
    state = torch.load(tmp_path / "state.pt")
    assert all(torch.equal(state[k], v) for k, v in hand_written().state_dict().items())
