"""Which sizes a spec leaves open: bounds, sizes that Python treats apart, what sizes decide."""

from __future__ import annotations

import pytest

import netspec

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch
nn = torch.nn


class Positions(nn.Module):
    """A table of positions ends somewhere; its numbers are in no state dict."""

    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(20, 8)
        self.places = nn.Embedding(32, 8)
        self.register_buffer("ids", torch.arange(32).expand(1, -1), persistent=False)

    def forward(self, tokens):
        return self.words(tokens) + self.places(self.ids[:, : tokens.shape[1]])


def test_a_table_bounds_a_size():
    spec = netspec.from_module(Positions(), torch.randint(0, 20, (2, 6)))
    assert "tokens: {shape: [N, T=6<=32], dtype: int64}" in spec.text


class Apart(nn.Module):
    """Treats a batch of one apart, to no effect."""

    def forward(self, x):
        scale = torch.ones(1, 8)
        if x.shape[0] != 1:
            scale = scale.expand(x.shape[0], -1)
        return x * scale


class Special(nn.Module):
    """Treats a batch of one apart, with effect."""

    def forward(self, x):
        return x * 2 if x.shape[0] != 1 else x


def test_a_size_that_python_treats_apart_is_tried():
    assert "x: [N, 8]" in netspec.from_module(Apart(), torch.randn(2, 8)).text
    spec = netspec.from_module(Special(), torch.randn(2, 8))
    assert "x: [2, " in spec.text
    assert "are those of the example: with open ones, eval with 1x8" in spec.text


class Asks(nn.Module):
    """Asks for values that sizes alone decide, as libraries do of positions."""

    def forward(self, x):
        places = torch.arange(x.shape[1])
        return x + 1 if (places.diff() == 1).all() else x - 1


class Depends(nn.Module):
    def forward(self, x):
        if torch.arange(x.shape[1]).sum() > 20:
            return x + 1
        return 1 + x


def test_a_question_that_sizes_decide_keeps_its_answer_or_fixes_the_size():
    assert "x: [N, T=4, C=8]" in netspec.from_module(Asks(), torch.randn(2, 4, 8)).text
    text = netspec.from_module(Depends(), torch.randn(2, 6, 8)).text
    assert "x: [N, 6, " in text
    assert "decides by values that it makes from it" in text
