"""MultiheadAttention, and the shape checks that the transformer layers share with it.

Sequences are [L, N, E], with `batch_first` [N, L, E], or [L, E] without a batch. Masks are boolean or
of the weights' dtype.
"""

from __future__ import annotations

from dataclasses import dataclass

from netspec.shapes.call import Call, Rule
from netspec.shapes.dims import ONE, Dim, DimLike, dim
from netspec.shapes.rules.modules.demands import (
    match_shape,
    match_size,
    ranked,
    typed,
    weighted,
    weights_dtype,
)
from netspec.shapes.rules.modules.settings import Check, at_least, check_divisible, divisible, integer
from netspec.shapes.values import Nothing, Shape, Tensor, TupleOf, Value, shape_text


@dataclass(frozen=True, slots=True)
class Sequence:
    """A sequence's length, its batch (None where it has none) and its features."""

    length: Dim
    batch: Dim | None
    features: Dim

    @property
    def lead(self) -> tuple[Dim, ...]:
        """(N,), or () without a batch."""
        return () if self.batch is None else (self.batch,)


def sequence(call: Call, argument: str, batch_first: bool) -> Sequence | None:
    """The tensor `argument` as a sequence; None where its rank is unknown."""
    layout = "[N, L, E]" if batch_first else "[L, N, E]"
    tensor, shape = ranked(call, argument, (2, 3), layout, "[L, E]")
    weighted(call, tensor, argument=argument)
    if shape is None:
        return None
    if len(shape) == 2:
        return Sequence(shape[0], None, shape[1])
    batch, length = (0, 1) if batch_first else (1, 0)
    return Sequence(shape[length], shape[batch], shape[2])


def same_batch(call: Call, argument: str, a: Sequence, b: Sequence) -> None:
    """NS401 where only one of two sequences has a batch, NS402 where the batches differ."""
    if (a.batch is None) != (b.batch is None):
        received = shape_text(call.tensor(argument).shape)
        call.fail(
            "NS401",
            f"`{call.name}` takes all its sequences with a batch or none, but `{argument}` is {received}",
            argument=argument,
            help="give all sequences the same number of dimensions",
        )
    if a.batch is not None and b.batch is not None:
        match_size(call, b.batch, a.batch, f"sequences of `{argument}`", argument=argument)


def masks(
    call: Call,
    queries: Sequence,
    keys: Sequence,
    heads: int | Dim,
    *,
    mask: str,
    padding: str,
) -> None:
    """Check the attention mask [L, S] (or one for each head) and the padding mask [N, S]."""
    each = _mask(call, mask)
    if each is not None and each.shape is not None:
        square: tuple[DimLike, ...] = (queries.length, keys.length)
        if len(each.shape) == 3:
            square = ((queries.batch or ONE) * dim(heads), *square)
        match_shape(call, mask, each, square)
    padded = _mask(call, padding)
    if padded is not None:
        match_shape(call, padding, padded, (*queries.lead, keys.length))


def _mask(call: Call, argument: str) -> Tensor | None:
    given = call.optional(argument)
    if given is not None:
        typed(call, given, frozenset(("bool", weights_dtype(call))), argument=argument)
    return given


def causal(call: Call, hint: str, mask: str) -> None:
    """The hint that a mask is causal needs the mask."""
    if call.inputs.get(hint) is True and call.optional(mask) is None:
        call.fail(
            "NS408",
            f"`{call.name}` has {hint} but no {mask}",
            argument=hint,
            help=f"pass the causal mask as {mask} too",
        )


def attention(call: Call) -> Value:
    """(output, weights): output like the query, weights [N, L, S] or None."""
    first, dtype = call.settings["batch_first"], weights_dtype(call)
    query, key, value = (sequence(call, name, first) for name in ("query", "key", "value"))
    causal(call, "is_causal", "attn_mask")
    shape = call.tensor("query").shape
    if query is None or key is None or value is None or shape is None:
        wanted = Tensor(None, dtype) if call.inputs["need_weights"] else Nothing()
        return TupleOf((Tensor(shape, dtype), wanted))
    _widths(call, query, key, value)
    same_batch(call, "key", query, key)
    same_batch(call, "value", query, value)
    match_size(call, value.length, key.length, "values, one for each key,", argument="value")
    heads = integer(call.settings["num_heads"])
    masks(call, query, key, heads, mask="attn_mask", padding="key_padding_mask")
    return TupleOf((Tensor(shape, dtype), _weights(call, query, key, heads, dtype)))


def _widths(call: Call, query: Sequence, key: Sequence, value: Sequence) -> None:
    width = call.solve("embed_dim", query.features)
    check_divisible(call, "embed_dim", width, "num_heads", integer(call.settings["num_heads"]))
    match_size(call, query.features, width, "features", argument="embed_dim", auto=True)
    for argument, given in (("kdim", key), ("vdim", value)):
        wanted = call.settings[argument]
        own = width if wanted is None else call.solve(argument, given.features)
        noun = f"features in `{'key' if argument == 'kdim' else 'value'}`"
        match_size(call, given.features, own, noun, argument=argument)


def _weights(call: Call, query: Sequence, key: Sequence, heads: int | Dim, dtype: str) -> Value:
    """Attention weights; a learned or zero key adds one column each."""
    if not call.inputs["need_weights"]:
        return Nothing()
    columns = key.length + int(call.settings["add_bias_kv"]) + int(call.settings["add_zero_attn"])
    by_head: Shape = () if call.inputs["average_attn_weights"] else (dim(heads),)
    return Tensor((*query.lead, *by_head, query.length, columns), dtype)


def check_attention(call: Call) -> None:
    """Constructor arguments: heads divide the width."""
    at_least(call, 1, "embed_dim", "num_heads")
    divisible(call, "embed_dim", "num_heads")


RULES: dict[str, Rule] = {"MultiheadAttention": attention}
CHECKS: dict[str, Check] = {"MultiheadAttention": check_attention}
