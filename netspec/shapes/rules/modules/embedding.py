"""Embedding tables: indices -> rows, and EmbeddingBag, which joins the rows of each bag."""

from __future__ import annotations

from netspec.shapes.call import Call, Rule, Unmet
from netspec.shapes.dims import Dim, shown
from netspec.shapes.rules.modules.demands import (
    INDICES,
    match_shapes,
    ranked,
    typed,
    weighted,
    weights_dtype,
)
from netspec.shapes.rules.modules.settings import Check, at_least
from netspec.shapes.trying import first_beyond
from netspec.shapes.values import Shape, Tensor


def embedding(call: Call) -> Tensor:
    """[...] of int32 or int64 -> [..., embedding_dim]."""
    indices = call.tensor("input")
    typed(call, indices, INDICES, argument="input")
    check_reach(call, indices, call.size("num_embeddings"))
    width, dtype = call.size("embedding_dim"), weights_dtype(call)
    return Tensor(None if indices.shape is None else (*indices.shape, width), dtype)


def check_reach(call: Call, indices: Tensor, rows: Dim) -> None:
    """Indices whose limits are known stay inside the table."""
    if indices.limits is None or rows.value is None:
        return
    low, high = indices.limits
    if low.bounds[1] < 0:
        call.fail(
            "NS205",
            f"`{call.name}` receives indices from {low}, and the first row is 0",
            help="let the indices begin at 0",
        )
    if first_beyond(high, rows.value - 1) is not None:
        name = next((s.name for s in high.symbols), "")
        help = f"bound the dimension in `inputs`: `{shown(name)}<={rows}`" if name else "give it more rows"
        message = f"`{call.name}` has {rows} rows, but the indices reach {high}"
        call.fail("NS205", message, help=help, unmet=Unmet(high, rows - 1, "at most"))


def embedding_bag(call: Call) -> Tensor:
    """[B, bag length], or [indices] with the offsets of B bags -> [B, embedding_dim]."""
    indices, shape = ranked(call, "input", (1, 2), "[B, bag length]", "[indices]")
    typed(call, indices, INDICES, argument="input")
    offsets = call.optional("offsets")
    if offsets is not None:
        typed(call, offsets, INDICES, argument="offsets")
    _weights(call, indices)
    dtype = weights_dtype(call)
    if shape is None:
        return Tensor(None, dtype)
    bags = _bags(call, shape, offsets)
    return Tensor(None if bags is None else (bags, call.size("embedding_dim")), dtype)


def _bags(call: Call, shape: Shape, offsets: Tensor | None) -> Dim | None:
    """How many bags there are; offsets go with a flat list of indices, and only with one."""
    if (len(shape) == 1) == (offsets is None):
        call.fail(
            "NS408",
            f"`{call.name}` takes offsets with [indices] and none with [B, bag length]",
            argument="offsets",
            help="pass offsets" if offsets is None else "leave offsets out",
        )
    if offsets is None:
        return shape[0]
    _, starts = ranked(call, "offsets", (1,), "[B]")
    if starts is None:
        return None
    return starts[0] - 1 if call.settings["include_last_offset"] else starts[0]


def _weights(call: Call, indices: Tensor) -> None:
    """A weight for each index is for sums only."""
    each = call.optional("per_sample_weights")
    if each is None:
        return
    if call.settings["mode"] != "sum":
        call.fail(
            "NS408",
            f"`{call.name}` takes per_sample_weights in mode `sum` only",
            argument="per_sample_weights",
            help="use mode `sum`, or leave them out",
        )
    weighted(call, each, argument="per_sample_weights")
    match_shapes(call, indices, each, ("input", "per_sample_weights"))


def check_table(call: Call) -> None:
    """Constructor arguments: sizes, and a padding index inside the table."""
    at_least(call, 0, "num_embeddings", "embedding_dim")
    rows, padding = call.settings["num_embeddings"], call.settings["padding_idx"]
    if isinstance(rows, int) and isinstance(padding, int) and not -rows <= padding < rows:
        call.fail(
            "NS408",
            f"`{call.name}` has {rows} rows, and padding_idx {padding} is none of them",
            argument="padding_idx",
            help=f"use a padding_idx from 0 to {rows - 1}",
        )


def check_bag(call: Call) -> None:
    check_table(call)
    for argument in ("sparse", "scale_grad_by_freq"):
        if call.settings["mode"] == "max" and call.settings[argument]:
            call.fail(
                "NS408",
                f"`{call.name}` has {argument}, which mode `max` does not know",
                argument=argument,
                help="leave it out, or use mode `sum` or `mean`",
            )


RULES: dict[str, Rule] = {"Embedding": embedding, "EmbeddingBag": embedding_bag}
CHECKS: dict[str, Check] = {"Embedding": check_table, "EmbeddingBag": check_bag}
