"""FLOPs of layers over sequences: what `torch.utils.flop_counter` counts on the meta device."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

import netspec

torch = pytest.importorskip("torch")
from torch.utils.flop_counter import FlopCounterMode  # noqa: E402

pytestmark = [
    pytest.mark.torch,
    pytest.mark.filterwarnings("ignore:enable_nested_tensor"),
    pytest.mark.filterwarnings("ignore:dropout option"),
]

SIZE = st.integers(1, 4)


def counted(spec: dict[str, Any], sizes: dict[str, int], *, training: bool) -> tuple[int, int]:
    """Our count for the sizes, and the counter's."""
    made = netspec.loads(yaml.safe_dump(spec, sort_keys=False))
    module = netspec.compile(made).to("meta").train(training)
    inputs = [
        torch.zeros([sizes.get(size, size) for size in shape], device="meta")
        for shape in spec["inputs"].values()
    ]
    with FlopCounterMode(display=False) as counter:
        module(*inputs)
    found = netspec.summary(made).flops
    assert found is not None
    return found.evaluate(sizes), counter.get_total_flops()


def spec_of(layer: dict[str, Any], inputs: dict[str, list[Any]], sources: list[str]) -> dict[str, Any]:
    step = {"layer": None, "from": sources, "as": "y"}
    return {
        "netspec": 1,
        "name": "Net",
        "inputs": inputs,
        "layers": {"layer": layer},
        "forward": [step],
        "outputs": "y",
    }


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_recurrent_layers(data: st.DataObject) -> None:
    op = data.draw(st.sampled_from(("RNN", "LSTM", "GRU")))
    arguments = {
        "input_size": data.draw(SIZE),
        "hidden_size": data.draw(st.integers(2, 5)),
        "num_layers": data.draw(st.integers(1, 3)),
        "bias": data.draw(st.booleans()),
        "batch_first": data.draw(st.booleans()),
        "bidirectional": data.draw(st.booleans()),
    }
    if op == "LSTM":
        arguments["proj_size"] = data.draw(st.integers(0, arguments["hidden_size"] - 1))
    shape = [*data.draw(st.sampled_from((["T"], ["T", "N"]))), arguments["input_size"]]
    ours, theirs = counted(
        spec_of({op: arguments}, {"x": shape}, ["x"]),
        {"T": data.draw(SIZE), "N": data.draw(SIZE)} if "N" in shape else {"T": data.draw(SIZE)},
        training=data.draw(st.booleans()),
    )
    assert ours == theirs


@settings(max_examples=15, deadline=None)
@given(st.sampled_from(("RNNCell", "LSTMCell", "GRUCell")), SIZE, SIZE, SIZE, st.booleans())
def test_cells(op: str, width: int, hidden: int, batch: int, batched: bool) -> None:
    shape = ["N", width] if batched else [width]
    sizes = {"N": batch} if batched else {}
    ours, theirs = counted(spec_of({op: [width, hidden]}, {"x": shape}, ["x"]), sizes, training=True)
    assert ours == theirs > 0


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_attention(data: st.DataObject) -> None:
    heads = data.draw(st.integers(1, 2))
    width = heads * data.draw(SIZE)
    arguments: dict[str, Any] = {
        "embed_dim": width,
        "num_heads": heads,
        "bias": data.draw(st.booleans()),
        "add_bias_kv": data.draw(st.booleans()),
        "add_zero_attn": data.draw(st.booleans()),
        "batch_first": data.draw(st.booleans()),
    }
    kdim, vdim = (data.draw(st.sampled_from((width, 3, 5))) for _ in range(2))
    arguments |= {"kdim": kdim, "vdim": vdim}
    lead = (lambda length: ["N", length]) if arguments["batch_first"] else (lambda length: [length, "N"])
    if data.draw(st.booleans()):
        lead = lambda length: [length]  # noqa: E731
    inputs = {"q": [*lead("T"), width], "k": [*lead("S"), kdim], "v": [*lead("S"), vdim]}
    sizes = {name: data.draw(SIZE) for name in ("T", "S", *(("N",) if "N" in inputs["q"] else ()))}
    spec = spec_of({"MultiheadAttention": arguments}, inputs, ["q", "k", "v"])
    ours, theirs = counted(spec, sizes, training=data.draw(st.booleans()))
    assert ours == theirs > 0


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_transformers(data: st.DataObject) -> None:
    heads = data.draw(st.integers(1, 2))
    arguments = {
        "d_model": heads * data.draw(SIZE),
        "nhead": heads,
        "dim_feedforward": data.draw(st.integers(1, 5)),
        "norm_first": data.draw(st.booleans()),
        "bias": data.draw(st.booleans()),
        "batch_first": data.draw(st.booleans()),
    }
    count = data.draw(st.integers(1, 3))
    op = data.draw(st.sampled_from(("EncoderLayer", "DecoderLayer", "Encoder", "Decoder", "")))
    layer: dict[str, Any] = {f"Transformer{op}": arguments}
    if op in ("Encoder", "Decoder"):
        inner = {f"Transformer{op}Layer": arguments}
        layer = {f"Transformer{op}": {f"{op.lower()}_layer": inner, "num_layers": count}}
    if op == "":
        layer = {"Transformer": {**arguments, "num_encoder_layers": count, "num_decoder_layers": 2}}
    lead = (lambda length: ["N", length]) if arguments["batch_first"] else (lambda length: [length, "N"])
    inputs = {"a": [*lead("T"), arguments["d_model"]], "b": [*lead("S"), arguments["d_model"]]}
    sources = ["a"] if op.startswith("Encoder") else ["a", "b"]
    inputs = {name: inputs[name] for name in sources}
    sizes = {
        name: data.draw(SIZE) for name in ("T", "S", "N") if any(name in each for each in inputs.values())
    }
    ours, theirs = counted(spec_of(layer, inputs, sources), sizes, training=data.draw(st.booleans()))
    assert ours == theirs > 0
