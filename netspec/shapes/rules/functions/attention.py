"""`scaled_dot_product_attention` over [..., length, features].

>>> from netspec.shapes.dims import const, symbol
>>> n, t = symbol("N"), symbol("T")
>>> x = Tensor((n, const(8), t, const(64)))
>>> str(attention(Call("scaled_dot_product_attention", "sdpa", inputs={"query": x, "key": x, "value": x})))
'float32 [N, 8, T, 64]'
"""

from __future__ import annotations

from netspec.shapes.broadcast import Clash, broadcast
from netspec.shapes.call import Call, Rule
from netspec.shapes.dims import Dim
from netspec.shapes.rules.functions.arguments import given, need_floating, rank_at_least, same_dtype
from netspec.shapes.rules.functions.checking import must_equal
from netspec.shapes.values import Shape, Tensor, shape_text


def attention(call: Call) -> Tensor:
    """query [..., L, E], key [..., S, E], value [..., S, V] -> [..., L, V]; the rest broadcasts."""
    names = ("query", "key", "value")
    found = [call.tensor(name) for name in names]
    dtype = same_dtype(call, *found)
    for tensor in found:
        need_floating(call, tensor)
    query, key, value = (rank_at_least(call, one, 2, name) for one, name in zip(found, names, strict=True))
    if query is None or key is None or value is None:
        return Tensor(None, dtype)
    _check_features(call, query, key, value)
    heads = _heads(call, query, key, value)
    batch = _batch(call, heads[0], heads[1], heads[2])
    _check_mask(call, dtype, batch, query[-2], key[-2])
    return Tensor(None if batch is None else (*batch, query[-2], value[-1]), dtype)


def _check_features(call: Call, query: Shape, key: Shape, value: Shape) -> None:
    must_equal(
        call,
        query[-1],
        key[-1],
        f"`{call.name}` needs queries and keys of one size but receives {query[-1]} and {key[-1]}",
        code="NS403",
        argument="key",
    )
    must_equal(
        call,
        key[-2],
        value[-2],
        f"`{call.name}` needs as many values as keys but receives {value[-2]} and {key[-2]}",
        code="NS403",
        argument="value",
    )


def _heads(call: Call, query: Shape, key: Shape, value: Shape) -> tuple[Shape, Shape, Shape]:
    """The batch dimensions; with `enable_gqa` fewer key heads serve several query heads."""
    if not given(call, "enable_gqa", False):
        return query[:-2], key[:-2], value[:-2]
    if min(len(query), len(key), len(value)) < 3:
        call.fail("NS401", f"`{call.name}` with enable_gqa needs a dimension of heads", argument="enable_gqa")
    for name, shape in (("key", key), ("value", value)):
        _check_groups(call, query[-3], shape[-3], name)
    return query[:-2], (*key[:-3], query[-3]), (*value[:-3], query[-3])


def _check_groups(call: Call, heads: Dim, shared: Dim, name: str) -> None:
    if heads.value is not None and shared.value is not None and shared.value and heads.value % shared.value:
        call.fail(
            "NS402",
            f"`{call.name}` cannot share {shared} heads of `{name}` among {heads} of the query",
            argument=name,
        )


def _batch(call: Call, query: Shape, key: Shape, value: Shape) -> Shape | None:
    try:
        return broadcast(query, key, value)
    except Clash as clash:
        call.fail(
            "NS403",
            f"`{call.name}` cannot broadcast {shape_text(query)}, {shape_text(key)} and {shape_text(value)} "
            f"before the last two dimensions: {clash.left} and {clash.right} differ",
            unmet=clash.unmet,
        )


def _check_mask(call: Call, dtype: str | None, batch: Shape | None, length: Dim, keys: Dim) -> None:
    mask = call.optional("attn_mask")
    if mask is None:
        return
    if given(call, "is_causal", False):
        call.fail("NS408", f"`{call.name}` has both attn_mask and is_causal", argument="is_causal")
    if dtype is not None and mask.dtype not in (None, "bool", dtype, "float32"):
        call.fail(
            "NS405",
            f"`{call.name}` needs a mask of booleans or {dtype} but receives {mask}",
            argument="attn_mask",
        )
    if mask.shape is None or batch is None:
        return
    scores = (*batch, length, keys)
    try:
        fits = broadcast(mask.shape, scores) == scores
    except Clash:
        fits = False
    if not fits:
        call.fail(
            "NS403",
            f"`{call.name}` has scores of shape {shape_text(scores)}, to which the mask "
            f"{shape_text(mask.shape)} does not broadcast",
            argument="attn_mask",
        )


RULES: dict[str, Rule] = {"scaled_dot_product_attention": attention}
