"""Modules written for one thing each: what becomes of it, or why it is refused."""

from __future__ import annotations

import pytest

import netspec
from netspec.errors import NetspecError

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch
nn = torch.nn
F = torch.nn.functional


def spec_of(module, *example):
    return netspec.from_module(module, example or (torch.randn(2, 8),))


def proven(module, *example):
    """The text of the spec, after a comparison of our own."""
    example = example or (torch.randn(2, 8),)
    spec = spec_of(module, *example)
    net = netspec.compile(spec)
    net.load_state_dict(module.state_dict())
    assert repr(net) == repr(module)
    for training in (False, True):
        results = []
        for each in (module, net):
            torch.manual_seed(3)
            results.append(each.train(training)(*example))
        assert torch.equal(*results)
    return spec.text


class Residual(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.up = nn.Linear(width, 4 * width)
        self.down = nn.Linear(4 * width, width)

    def forward(self, x):
        out = self.down(F.gelu(self.up(self.norm(x))))
        return x + out


def test_a_residual_is_a_branch():
    assert "- {add, from: [_, [norm, up, gelu, down]]}" in proven(Residual())


class Shared(nn.Module):
    """Blocks of two widths, in runs."""

    def __init__(self):
        super().__init__()
        self.first = nn.Sequential(*(Residual(8) for _ in range(4)))
        self.proj = nn.Linear(8, 16)
        self.second = nn.ModuleList([Residual(16) for _ in range(3)])

    def forward(self, x):
        x = self.proj(self.first(x))
        for block in self.second:
            x = block(x)
        return x


def test_equal_modules_are_one_block_with_a_param():
    text = proven(Shared())
    assert "{Residual: 8, repeat: 4}" in text
    assert "{Residual: 16, repeat: 3}" in text
    assert "up: {Linear: [$in_features, $(4 * in_features)]}" in text
    assert "\n  - second\n" in text


class Heads(nn.Module):
    """Shapes are computed with, and a size is read from a value that is no input."""

    def __init__(self):
        super().__init__()
        self.pool = nn.AvgPool1d(2, 2)
        self.qkv = nn.Linear(16, 48)

    def forward(self, x):
        x = self.pool(x.transpose(1, 2)).transpose(1, 2)
        B, T, C = x.shape
        q, k, v = self.qkv(x).reshape(B, T, 3, 4, C // 4).permute(2, 0, 3, 1, 4).unbind(0)
        out = F.scaled_dot_product_attention(q, k, v)
        return out.transpose(1, 2).reshape(B, T, C)


def test_sizes_are_named():
    text = proven(Heads(), torch.randn(2, 12, 16))
    assert "x: [N, T=12, 16]" in text
    assert "as: [q, k, v]" in text
    assert "$(C // 4)" not in text  # a fixed size is a number
    assert "shape" in text  # the size behind the pooling has a name of its own


class Guarded(nn.Module):
    def forward(self, x):
        return x.relu() if x.shape[1] > 6 else x.tanh()


def test_a_size_that_python_decides_by_is_fixed_and_it_is_said_where():
    text = proven(Guarded(), torch.randn(2, 8, 5))
    assert "x: [N, 8, C=5]" in text or "x: [N, 8, T=5]" in text
    assert "dimension 1 is fixed at 8" in text
    assert "test_modules.py" in text


class Burned(nn.Module):
    """`int` makes a size a plain number: the trace would hold for one size alone."""

    def forward(self, x):
        return x * int(x.shape[1])


def test_a_size_that_became_a_number_is_fixed():
    text = proven(Burned(), torch.randn(2, 8, 4))
    assert "x: [N, 8, " in text


class Owner(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.full((8,), 0.5))
        self.table = nn.Parameter(torch.randn(4, 8))
        self.register_buffer("seen", torch.zeros(8))
        self.register_buffer("index", torch.arange(4), persistent=False)
        self.fc = nn.Linear(8, 8)

    def forward(self, x):
        x = F.linear(x * self.scale, self.fc.weight) + self.seen
        return x + self.table[self.index].sum(0)


def test_tensors_of_its_own():
    text = proven(Owner())
    assert "constant_: 0.5" in text
    assert "persistent: false" in text
    assert "fc.weight" in text


class DropPath(nn.Module):
    def __init__(self, p):
        super().__init__()
        self.p = p

    def forward(self, x):
        if self.p == 0.0 or not self.training:
            return x
        mask = x.new_empty((x.shape[0],) + (1,) * (x.ndim - 1)).bernoulli_(1 - self.p)
        mask.div_(1 - self.p)
        return x * mask

    def extra_repr(self):
        return f"p={self.p}"


class Depth(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = nn.Sequential(*(DropPath(0.1 * i) for i in range(1, 5)))

    def forward(self, x):
        return self.blocks(x)


def test_what_training_alone_does_has_a_condition():
    text = proven(Depth())
    assert "when: $training" in text
    assert "repr: p=$p" in text
    assert "for: {p: [0.1" in text


class NormAct(nn.BatchNorm1d):
    """Copies what the layer does that it extends, and adds to it, as libraries do."""

    def __init__(self, width):
        super().__init__(width)
        self.act = nn.ReLU()

    def forward(self, x):
        if self.training and self.track_running_stats and self.num_batches_tracked is not None:
            self.num_batches_tracked.add_(1)
        x = F.batch_norm(
            x, self.running_mean, self.running_var, self.weight, self.bias, self.training,
            self.momentum, self.eps,
        )  # fmt: skip
        return self.act(x)


class Holder(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.body = nn.Sequential(*layers)

    def forward(self, x):
        return self.body(x)


def test_what_a_class_takes_over_from_its_layer_is_super():
    text = proven(Holder(NormAct(8), nn.Linear(8, 8), NormAct(8)))
    assert "extends: {BatchNorm1d: 8}" in text
    assert "- super\n" in text


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(11, 8)
        self.head = nn.Linear(8, 11, bias=False)
        self.head.weight = self.embed.weight

    def forward(self, tokens):
        return self.head(self.embed(tokens))


def test_shared_parameters_are_tied():
    text = proven(Tied(), torch.randint(0, 11, (2, 5)))
    assert "tie: {head.weight: embed.weight}" in text


# What is refused


class Asks(nn.Module):
    def forward(self, x):
        return x if x.sum() > 0 else -x


class Remembers(nn.Module):
    def __init__(self):
        super().__init__()
        self.kept = torch.randn(8)

    def forward(self, x):
        return x + self.kept


class Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * x

    @staticmethod
    def backward(ctx, grad):
        return grad


class Custom(nn.Module):
    def forward(self, x):
        return Square.apply(x) + 1


class Sometimes(nn.Module):
    """Reads numbers that no state dict holds."""

    def __init__(self):
        super().__init__()
        self.register_buffer("noise", torch.randn(8), persistent=False)

    def forward(self, x):
        return x + self.noise


REFUSED = {
    Asks: "Python asks for the value of a tensor",
    Remembers: "the attribute `kept`, and neither parameter nor buffer",
    Custom: "`Square` has a gradient of its own",
    Sometimes: "the buffer `noise` is in no state dict",
}


@pytest.mark.parametrize("cls", REFUSED, ids=lambda cls: cls.__name__)
def test_what_cannot_be_expressed_is_reported_with_path_and_line(cls):
    with pytest.raises(NetspecError, match="cannot be expressed") as error:
        spec_of(Holder(nn.Linear(8, 8), cls()))
    text = str(error.value)
    assert REFUSED[cls] in text
    assert f"`body.1` ({cls.__name__})" in text
    assert "test_modules.py:" in text


def test_hooks_are_refused():
    module = Holder(nn.Linear(8, 8))
    module.register_forward_hook(lambda module, args, result: result * 2)
    with pytest.raises(NetspecError, match="hooks"):
        spec_of(module)


def test_a_layer_that_was_changed_is_refused():
    layer = nn.BatchNorm1d(8)
    layer.momentum = 0.5  # read back, so it is no matter
    assert "momentum: 0.5" in proven(Holder(layer))
    pool = nn.Conv1d(8, 8, 3, padding=1)
    pool.padding = (2,)
    assert "padding: 2" in spec_of(Holder(pool), torch.randn(2, 8, 5)).text
    pool._reversed_padding_repeated_twice = [9, 9]  # what PyTorch keeps for itself is left alone


def test_a_failing_example_says_what_the_module_said():
    with pytest.raises(NetspecError, match="Residual fails with the example: RuntimeError"):
        spec_of(Residual(), torch.randn(2, 3))


def test_the_module_is_left_as_it_was():
    module = Holder(NormAct(8), nn.Dropout(0.5))
    before = {name: each.clone() for name, each in module.state_dict().items()}
    x = torch.randn(2, 8)
    state = torch.get_rng_state()
    module.body[1].eval()
    modes = [each.training for each in module.modules()]
    spec_of(module, x)
    assert all(torch.equal(each, before[name]) for name, each in module.state_dict().items())
    assert [each.training for each in module.modules()] == modes
    assert torch.equal(torch.get_rng_state(), state)
    assert nn.Module.__call__.__qualname__ == "Module._wrapped_call_impl"
