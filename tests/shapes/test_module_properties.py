"""Generated arguments: the rule answers where PyTorch does, and the same; symbols agree with numbers."""

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from netspec.catalog.bind import bind
from netspec.catalog.load import ops
from netspec.shapes.call import Call, Fault
from netspec.shapes.dims import const, symbol
from netspec.shapes.rules.modules import MODULE_RULES
from netspec.shapes.values import Tensor

pytestmark = pytest.mark.torch

many = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

COUNTS = st.integers(1, 3)
SIZES = st.integers(1, 9)


def each(count, values):
    """One value for all spatial dimensions, or one for each."""
    return st.one_of(values, st.tuples(*[values] * count))


def agree(oracle, name, positional, keywords, inputs, training=True):
    """PyTorch and the rule agree; where sizes are left open, the rule says the same for these."""
    found = oracle.agree(name, positional, keywords, inputs, training=training)
    if isinstance(found, Fault):
        return
    shape = inputs[0]
    names = [f"S{i}" for i in range(len(shape))]
    open_shape = tuple(
        symbol(name) if i == 0 or i > 1 else const(size)
        for i, (name, size) in enumerate(zip(names, shape, strict=True))
    )
    op = ops().get(name)
    arguments = bind(name, op.signatures, list(positional), keywords).arguments
    given = {param.name: param.default for param in op.call if not param.required}
    given[op.call[0].name] = Tensor(open_shape)
    answer = MODULE_RULES[name](Call(name, "layer", arguments, given, training))
    if answer.shape is None:
        return
    sizes = dict(zip(names, shape, strict=True))
    assert tuple(size.evaluate(sizes) for size in answer.shape) == found[0]


@many
@given(st.data(), COUNTS)
def test_convolution(oracle, data, count):
    groups = data.draw(st.integers(1, 3))
    before = data.draw(st.integers(1, 6))
    given_channels = data.draw(st.one_of(st.just(before), st.integers(1, 6)))
    keywords = {
        "stride": data.draw(each(count, st.integers(1, 3))),
        "padding": data.draw(st.one_of(each(count, st.integers(0, 3)), st.sampled_from(["same", "valid"]))),
        "dilation": data.draw(each(count, st.integers(1, 3))),
        "groups": groups,
        "bias": data.draw(st.booleans()),
        "padding_mode": data.draw(st.sampled_from(["zeros", "zeros", "reflect", "replicate", "circular"])),
    }
    positional = (before, data.draw(st.integers(1, 6)), data.draw(each(count, st.integers(1, 5))))
    shape = (2, given_channels, *data.draw(st.tuples(*[SIZES] * count)))
    agree(oracle, f"Conv{count}d", positional, keywords, [shape])


@many
@given(st.data(), COUNTS)
def test_transposed_convolution(oracle, data, count):
    before = data.draw(st.integers(1, 4))
    keywords = {
        "stride": data.draw(each(count, st.integers(1, 3))),
        "padding": data.draw(each(count, st.integers(0, 3))),
        "output_padding": data.draw(each(count, st.integers(0, 2))),
        "dilation": data.draw(each(count, st.integers(1, 3))),
        "groups": data.draw(st.integers(1, 2)),
    }
    positional = (before, data.draw(st.integers(1, 4)), data.draw(each(count, st.integers(1, 4))))
    shape = (
        2,
        data.draw(st.one_of(st.just(before), st.integers(1, 4))),
        *data.draw(st.tuples(*[SIZES] * count)),
    )
    agree(oracle, f"ConvTranspose{count}d", positional, keywords, [shape])


@many
@given(st.data(), COUNTS)
def test_max_pool(oracle, data, count):
    keywords = {
        "stride": data.draw(st.one_of(st.none(), each(count, st.integers(1, 3)))),
        "padding": data.draw(each(count, st.integers(0, 2))),
        "dilation": data.draw(each(count, st.integers(1, 3))),
        "ceil_mode": data.draw(st.booleans()),
    }
    kernel = data.draw(each(count, st.integers(1, 5)))
    shape = (2, 3, *data.draw(st.tuples(*[SIZES] * count)))
    agree(oracle, f"MaxPool{count}d", (kernel,), keywords, [shape])


@many
@given(st.data(), COUNTS)
def test_avg_pool(oracle, data, count):
    keywords = {
        "stride": data.draw(st.one_of(st.none(), each(count, st.integers(1, 3)))),
        "padding": data.draw(each(count, st.integers(0, 2))),
        "ceil_mode": data.draw(st.booleans()),
    }
    kernel = data.draw(each(count, st.integers(1, 5)))
    shape = (2, 3, *data.draw(st.tuples(*[SIZES] * count)))
    agree(oracle, f"AvgPool{count}d", (kernel,), keywords, [shape])


@many
@given(st.data(), COUNTS)
def test_adaptive_and_lp_pool(oracle, data, count):
    shape = (2, 3, *data.draw(st.tuples(*[SIZES] * count)))
    wanted = data.draw(each(count, st.integers(1, 5)))
    kind = data.draw(st.sampled_from(["Avg", "Max"]))
    agree(oracle, f"Adaptive{kind}Pool{count}d", (wanted,), {}, [shape])
    keywords = {"ceil_mode": data.draw(st.booleans())}
    agree(oracle, f"LPPool{count}d", (2, data.draw(each(count, st.integers(1, 4)))), keywords, [shape])


@many
@given(st.data(), st.booleans())
def test_linear_and_layer_norm(oracle, data, bias):
    shape = data.draw(st.lists(st.integers(1, 4), max_size=4).map(tuple))
    features = data.draw(st.integers(1, 4))
    oracle.agree("Linear", (features, 3), {"bias": bias}, [shape])
    sizes = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple))
    normalized = data.draw(
        st.one_of(st.just(shape[-1:] or sizes), st.just(shape[-2:] or sizes), st.just(sizes))
    )
    oracle.agree("LayerNorm", (normalized,), {"bias": bias}, [shape])
    oracle.agree("RMSNorm", (normalized,), {}, [shape])


@many
@given(st.data(), COUNTS, st.booleans())
def test_batch_and_group_norm(oracle, data, count, training):
    rank = data.draw(st.integers(1, 5))
    shape = data.draw(st.tuples(*[st.integers(1, 4)] * rank))
    channels = data.draw(st.integers(1, 4))
    flags = {"affine": data.draw(st.booleans()), "track_running_stats": data.draw(st.booleans())}
    oracle.agree(f"BatchNorm{count}d", (channels,), flags, [shape], training=training)
    oracle.agree(f"InstanceNorm{count}d", (channels,), flags, [shape], training=training)
    groups = data.draw(st.integers(1, 4))
    oracle.agree("GroupNorm", (groups, channels), {"affine": flags["affine"]}, [shape], training=training)


@many
@given(st.data(), COUNTS)
def test_padding(oracle, data, count):
    kind = data.draw(st.sampled_from(["Constant", "Zero", "Reflection", "Replication", "Circular"]))
    shape = (2, 3, *data.draw(st.tuples(*[SIZES] * count)))
    widths = data.draw(st.one_of(st.integers(0, 5), st.tuples(*[st.integers(0, 5)] * (2 * count))))
    agree(oracle, f"{kind}Pad{count}d", (widths, 1.5) if kind == "Constant" else (widths,), {}, [shape])


@many
@given(st.data())
def test_unfold_and_fold(oracle, data):
    keywords = {
        "dilation": data.draw(each(2, st.integers(1, 3))),
        "padding": data.draw(each(2, st.integers(0, 2))),
        "stride": data.draw(each(2, st.integers(1, 3))),
    }
    kernel, size = data.draw(each(2, st.integers(1, 4))), data.draw(st.tuples(SIZES, SIZES))
    unfolded = oracle.agree("Unfold", (kernel,), keywords, [(2, 3, *size)])
    rows = 3 * (kernel * kernel if isinstance(kernel, int) else kernel[0] * kernel[1])
    windows = data.draw(st.integers(1, 9)) if isinstance(unfolded, Fault) else unfolded[0][2]
    windows += data.draw(st.sampled_from([0, 0, 1]))
    oracle.agree("Fold", (size, kernel), keywords, [(2, rows, windows)])


@many
@given(st.data(), COUNTS)
def test_upsample(oracle, data, count):
    shape = (2, 3, *data.draw(st.tuples(*[SIZES] * count)))
    factor = data.draw(st.floats(0.3, 4, allow_nan=False))
    assume(min(shape[2:]) * factor >= 1)
    agree(oracle, "Upsample", (), {"scale_factor": factor}, [shape])
    agree(oracle, "Upsample", (data.draw(each(count, SIZES)),), {}, [shape])


@many
@given(st.data())
def test_flatten_and_unflatten(oracle, data):
    shape = data.draw(st.lists(st.integers(1, 4), max_size=4).map(tuple))
    places = st.integers(-5, 4)
    oracle.agree("Flatten", (data.draw(places), data.draw(places)), {}, [shape])
    parts = data.draw(st.lists(st.sampled_from([-1, 1, 2, 3, 4]), min_size=1, max_size=3).map(tuple))
    oracle.agree("Unflatten", (data.draw(places), parts), {}, [shape])
