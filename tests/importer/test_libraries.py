"""A model of timm and one of transformers, with their own outputs as judges."""

from __future__ import annotations

import pytest

import netspec

torch = pytest.importorskip("torch")
pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore")]  # libraries warn as they like

TINY = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32,
        "vocab_size": 50}  # fmt: skip


def test_a_model_of_timm():
    timm = pytest.importorskip("timm", reason="timm is not installed (the extra `libraries`)")
    torch.manual_seed(0)
    model = timm.create_model("resnet10t", pretrained=False, num_classes=5)
    spec = netspec.from_module(model, torch.randn(2, 3, 64, 64))
    net = netspec.compile(spec)
    net.load_state_dict(model.state_dict())
    x = torch.randn(3, 3, 96, 64)
    assert repr(net) == repr(model)
    assert torch.equal(net.eval()(x), model.eval()(x))


def test_a_model_of_transformers():
    transformers = pytest.importorskip(
        "transformers", reason="transformers is not installed (the extra `libraries`)"
    )
    cls = transformers.LlamaModel
    torch.manual_seed(0)
    model = cls(cls.config_class(**TINY, use_cache=False, max_position_embeddings=32, pad_token_id=0)).eval()
    tokens = torch.randint(3, 50, (2, 12))
    spec = netspec.from_module(model, {"input_ids": tokens})
    assert "input_ids: {shape: [N, " in spec.text
    net = netspec.compile(spec).eval()
    net.load_state_dict(model.state_dict())
    more = torch.randint(3, 50, (5, 12))
    assert repr(net) == repr(model)
    assert torch.equal(net(more)["last_hidden_state"], model(input_ids=more).last_hidden_state)
