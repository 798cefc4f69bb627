"""RNN, LSTM and GRU over sequences, and their cells for one step.

Sequences are [T, N, input_size], with `batch_first` [N, T, input_size], or [T, input_size] without a
batch. Shapes of states as the modules' documentation and their `check_forward_args` state them.
"""

from __future__ import annotations

from netspec.shapes.call import Call, Rule
from netspec.shapes.dims import Dim, DimLike, dim
from netspec.shapes.rules.modules.demands import match_shape, match_size, ranked, weighted
from netspec.shapes.rules.modules.settings import Check, at_least, integer, passed, probability
from netspec.shapes.values import ListOf, Shape, Tensor, TupleOf, Value


def sequence(call: Call) -> Value:
    """(output, h) of RNN and GRU; (output, (h, c)) of LSTM."""
    layouts = ("[N, T, input_size]",) if call.settings["batch_first"] else ("[T, N, input_size]",)
    tensor, shape = ranked(call, "input", (2, 3), *layouts, "[T, input_size]")
    dtype = weighted(call, tensor)
    if shape is not None:
        _features(call, shape[-1])
    states = [Tensor(each, dtype) for each in _state_shapes(call, shape)]
    if shape is not None:
        _given(call, states)
    output = Tensor(None if shape is None else (*shape[:-1], _width(call) * _directions(call)), dtype)
    return TupleOf((output, _packed(states)))


def _features(call: Call, size: Dim) -> None:
    expected = call.solve("input_size", size)
    match_size(call, size, expected, "features", argument="input_size", auto=True)


def _directions(call: Call) -> int:
    return 2 if call.settings["bidirectional"] else 1


def _width(call: Call) -> Dim:
    """The size of h: that of the projection, where there is one."""
    projected = integer(call.settings.get("proj_size", 0))
    return dim(projected) if projected else call.size("hidden_size")


def _state_shapes(call: Call, shape: Shape | None) -> list[Shape | None]:
    """[layers * directions, N, width] of h, and for an LSTM of c."""
    widths = [_width(call)] + ([call.size("hidden_size")] if call.op == "LSTM" else [])
    if shape is None:
        return [None] * len(widths)
    batch = shape[0 if call.settings["batch_first"] else 1 : -1][:1] if len(shape) == 3 else ()
    stacked = call.size("num_layers") * _directions(call)
    return [(stacked, *batch, width) for width in widths]


def _given(call: Call, wanted: list[Tensor]) -> None:
    """Check the states that were passed as `hx`."""
    value = passed(call, "hx")
    if value is None:
        return
    names = ("h",) if len(wanted) == 1 else ("h", "c")
    for name, state, expected in zip(names, _states(call, value, len(wanted)), wanted, strict=True):
        weighted(call, state, argument="hx")
        match_shape(call, "hx", state, expected.shape or (), part=f"state {name}")


def _states(call: Call, value: object, count: int) -> tuple[Tensor, ...]:
    items: tuple[object, ...] = (value,)
    if isinstance(value, TupleOf | ListOf) and count > 1:
        items = value.items
    states = tuple(item for item in items if isinstance(item, Tensor))
    if len(states) != count or len(items) != count:
        kind = "a tensor" if count == 1 else "a tuple of two tensors, (h, c),"
        call.fail(
            "NS410",
            f"`{call.name}` takes {kind} for hx but receives {value}",
            argument="hx",
            help="pass the state as the layer returns it",
        )
    return states


def _packed(states: list[Tensor]) -> Value:
    return states[0] if len(states) == 1 else TupleOf(tuple(states))


def cell(call: Call) -> Value:
    """[N, input_size] -> the state [N, hidden_size]; an LSTM cell gives (h, c)."""
    tensor, shape = ranked(call, "input", (1, 2), "[N, input_size]", "[input_size]")
    dtype = weighted(call, tensor)
    after: tuple[DimLike, ...] | None = None
    if shape is not None:
        _features(call, shape[-1])
        after = (*shape[:-1], call.size("hidden_size"))
    state = Tensor(None if after is None else tuple(map(dim, after)), dtype)
    states = [state, state] if call.op == "LSTMCell" else [state]
    if after is not None:
        _given(call, states)
    return _packed(states)


def check_sequence(call: Call) -> None:
    """Constructor arguments: positive sizes, a projection narrower than the state."""
    at_least(call, 1, "input_size", "hidden_size", "num_layers")
    at_least(call, 0, "proj_size")
    probability(call, "dropout")
    projected, hidden = call.settings.get("proj_size", 0), call.settings["hidden_size"]
    if projected and call.op != "LSTM":
        call.fail(
            "NS408",
            f"`{call.name}` has a proj_size, which only LSTM knows",
            argument="proj_size",
            help="leave it out",
        )
    if isinstance(hidden, int) and projected >= hidden:
        call.fail(
            "NS408",
            f"`{call.name}` has proj_size = {projected}, not below its hidden_size = {hidden}",
            argument="proj_size",
            help=f"use a proj_size below {hidden}",
        )


def check_cell(call: Call) -> None:
    at_least(call, 0, "input_size", "hidden_size")


RULES: dict[str, Rule] = {
    **dict.fromkeys(("RNN", "LSTM", "GRU"), sequence),
    **dict.fromkeys(("RNNCell", "LSTMCell", "GRUCell"), cell),
}
CHECKS: dict[str, Check] = {
    **dict.fromkeys(("RNN", "LSTM", "GRU"), check_sequence),
    **dict.fromkeys(("RNNCell", "LSTMCell", "GRUCell"), check_cell),
}
