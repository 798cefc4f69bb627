"""Modules of `torchvision.ops`: shapes, dtypes and state against the modules that torchvision builds."""

import functools
import warnings

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.torch

torch = pytest.importorskip("torch")
vision = pytest.importorskip("torchvision.ops")
nn = torch.nn

from netspec.catalog.bind import bind  # noqa: E402
from netspec.catalog.load import ops  # noqa: E402
from netspec.shapes.call import AUTO, Call, Fault  # noqa: E402
from netspec.shapes.dims import const, symbol  # noqa: E402
from netspec.shapes.flops import flops  # noqa: E402
from netspec.shapes.rules.modules import MODULE_CHECKS, MODULE_RULES  # noqa: E402
from netspec.shapes.values import DictOf, ListOf, Tensor  # noqa: E402
from netspec.shapes.weights import tensors  # noqa: E402


def layer_type(value):
    """What torchvision gets for a layer type of a spec: a class, or a partial of one."""
    if value is None:
        return None
    name, arguments = (value, {}) if isinstance(value, str) else next(iter(value.items()))
    cls = getattr(nn, name, None) or getattr(vision, name)
    if isinstance(arguments, dict):
        return functools.partial(cls, **arguments) if arguments else cls
    return functools.partial(cls, *(arguments if isinstance(arguments, list) else [arguments]))


ACTIVATIONS = st.sampled_from(
    ["ReLU", "Hardswish", "GELU", "PReLU", "Sigmoid", "Identity", "Mish",
     {"LeakyReLU": {"negative_slope": 0.2}},
     {"GELU": {"approximate": "tanh"}}, {"Softmax": {"dim": 1}}, {"GLU": 1}, "BatchNorm2d", None]
)  # fmt: skip
NORMS = st.sampled_from(
    ["BatchNorm2d", "BatchNorm1d", "BatchNorm3d", "InstanceNorm2d", "LayerNorm", "FrozenBatchNorm2d",
     {"GroupNorm": 2}, {"BatchNorm2d": {"eps": 0.001, "momentum": 0.01}}, {"GroupNorm": {"num_groups": 2}},
     {"InstanceNorm2d": {"affine": True}}, {"BatchNorm2d": {"affine": False}}, None]
)  # fmt: skip
SMALL = st.integers(1, 6)


def pair(numbers, count):
    return st.one_of(numbers, st.tuples(*([numbers] * count)).map(list))


@st.composite
def convolutions(draw):
    count = draw(st.sampled_from([2, 2, 3]))
    keywords = {
        "in_channels": draw(SMALL),
        "out_channels": draw(st.sampled_from([1, 2, 4, 6])),
        "kernel_size": draw(pair(st.integers(1, 4), count)),
        "stride": draw(pair(st.integers(1, 2), count)),
        "padding": draw(st.one_of(st.none(), st.just("same"), pair(st.integers(0, 2), count))),
        "groups": draw(st.sampled_from([1, 1, 2])),
        "norm_layer": draw(NORMS),
        "activation_layer": draw(ACTIVATIONS),
        "dilation": draw(pair(st.integers(1, 2), count)),
        "inplace": draw(st.sampled_from([None, None, True, False])),
        "bias": draw(st.sampled_from([None, True, False])),
    }
    channels = draw(st.sampled_from([keywords["in_channels"], keywords["in_channels"], draw(SMALL)]))
    sizes = draw(st.lists(st.integers(1, 7), min_size=count, max_size=count))
    batch = draw(st.lists(st.integers(1, 3), min_size=0, max_size=1))
    return f"Conv{count}dNormActivation", keywords, (*batch, channels, *sizes)


@st.composite
def perceptrons(draw):
    keywords = {
        "in_channels": draw(SMALL),
        "hidden_channels": draw(st.lists(st.sampled_from([2, 4, 6]), max_size=3)),
        "norm_layer": draw(NORMS),
        "activation_layer": draw(ACTIVATIONS),
        "inplace": draw(st.sampled_from([None, None, True, False])),
        "bias": draw(st.booleans()),
        "dropout": draw(st.sampled_from([0.0, 0.5])),
    }
    features = draw(st.sampled_from([keywords["in_channels"], keywords["in_channels"], draw(SMALL)]))
    return "MLP", keywords, (*draw(st.lists(st.integers(2, 4), max_size=2)), features)


@st.composite
def excitations(draw):
    keywords = {
        "input_channels": draw(SMALL),
        "squeeze_channels": draw(SMALL),
        "activation": draw(ACTIVATIONS.filter(lambda value: value is not None)),
        "scale_activation": draw(ACTIVATIONS.filter(lambda value: value is not None)),
    }
    channels = draw(st.sampled_from([keywords["input_channels"], keywords["input_channels"], draw(SMALL)]))
    batch = draw(st.lists(st.integers(1, 3), max_size=1))
    return "SqueezeExcitation", keywords, (*batch, channels, draw(SMALL), draw(SMALL))


@st.composite
def droppers(draw):
    shape = tuple(draw(st.lists(st.integers(1, 8), max_size=5)))
    match draw(
        st.sampled_from(["StochasticDepth", "DropBlock2d", "DropBlock3d", "Permute", "FrozenBatchNorm2d"])
    ):
        case "StochasticDepth":
            keywords = {
                "p": draw(st.sampled_from([0.0, 0.5, 1.0])),
                "mode": draw(st.sampled_from(["batch", "row"])),
            }
            return "StochasticDepth", keywords, shape
        case "Permute":
            order = draw(st.lists(st.integers(-3, 3), min_size=1, max_size=4))
            return (
                "Permute",
                {"dims": draw(st.sampled_from([order, list(range(len(shape)))[::-1] or [0]]))},
                shape,
            )
        case "FrozenBatchNorm2d":
            features = draw(st.sampled_from([*shape[1:2], 1, 3]))
            return "FrozenBatchNorm2d", {"num_features": features}, shape
        case name:
            keywords = {"p": draw(st.sampled_from([0.0, 0.2])), "block_size": draw(st.integers(1, 5))}
            return name, {**keywords, "inplace": draw(st.booleans())}, shape


def torchvisions(name, keywords, shape, dtype):
    """The module that torchvision builds and the shape and dtype of its result; None where it refuses."""
    given = {key: layer_type(value) if key.endswith(("_layer", "activation")) else value
             for key, value in keywords.items()}  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            module = getattr(vision, name)(**given)
        except Exception:
            return None, None
        try:
            result = module(torch.ones(shape, dtype=dtype))
        except Exception:
            return module, None
    return module, (tuple(result.shape), str(result.dtype)[6:])


def ours(name, keywords, shape, dtype="float32"):
    """The bound arguments; and the result of the rule, or the fault."""
    op = ops().get(name)
    binding = bind(name, op.signatures, [], keywords)
    if binding.problems:
        return None, Fault(binding.problems[0].code, binding.problems[0].message)
    arguments = binding.arguments
    try:
        if name in MODULE_CHECKS:
            MODULE_CHECKS[name](Call(name, "layer", arguments))
    except Fault as fault:
        return None, fault
    inputs = {param.name: param.default for param in op.call if not param.required}
    inputs[op.call[0].name] = Tensor(tuple(map(const, shape)), dtype)
    try:
        return arguments, MODULE_RULES[name](Call(name, "layer", arguments, inputs))
    except Fault as fault:
        return arguments, fault


@settings(max_examples=800, deadline=None)
@given(
    st.one_of(convolutions(), perceptrons(), excitations(), droppers()),
    st.sampled_from(["float32"] * 4 + ["float64", "int64"]),
)
def test_shapes_and_state_are_those_of_torchvision(case, dtype):
    name, keywords, shape = case
    module, result = torchvisions(name, keywords, shape, getattr(torch, dtype))
    arguments, found = ours(name, keywords, shape, dtype)
    if module is None:
        event(f"{name}: not built")
        assert arguments is None, f"torchvision refuses the arguments, the checks take them: {found}"
        return
    assert arguments is not None, f"torchvision builds it, the checks refuse: {found}"
    state = [(key, tuple(value.shape), str(value.dtype)[6:]) for key, value in module.state_dict().items()]
    owned = [
        (each.name, tuple(size.value for size in each.shape), each.dtype) for each in tensors(name, arguments)
    ]
    assert owned == state
    if result is None:
        event(f"{name}: refused")
        assert isinstance(found, Fault), f"torchvision refuses {shape}, the rule answers {found}"
        return
    event(f"{name}: called")
    assert isinstance(found, Tensor), f"torchvision gives {result}, the rule {found}"
    assert tuple(size.value for size in found.shape) == result[0]
    assert found.dtype in (None, result[1])


COUNTED = [
    ("Conv2dNormActivation", {"in_channels": 3, "out_channels": 8, "stride": 2}, (2, 3, 9, 9)),
    ("Conv3dNormActivation", {"in_channels": 2, "out_channels": 4, "norm_layer": None}, (2, 2, 5, 6, 7)),
    ("MLP", {"in_channels": 5, "hidden_channels": [7, 3]}, (4, 6, 5)),
    ("SqueezeExcitation", {"input_channels": 6, "squeeze_channels": 2}, (3, 6, 5, 4)),
]


@pytest.mark.parametrize(("name", "keywords", "shape"), COUNTED)
def test_flops_are_those_that_pytorch_counts(name, keywords, shape):
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        getattr(vision, name)(**keywords)(torch.ones(shape))
    arguments, result = ours(name, keywords, shape)
    inputs = {"input": Tensor(tuple(map(const, shape)))}
    assert flops(name, arguments, inputs, result).value == counter.get_total_flops() > 0


@pytest.mark.parametrize(
    ("name", "argument", "settings", "shape"),
    [
        (
            "Conv2dNormActivation",
            "in_channels",
            {"out_channels": 8},
            (symbol("N"), const(3), symbol("H"), symbol("W")),
        ),
        ("MLP", "in_channels", {"hidden_channels": [8]}, (symbol("N"), const(3))),
        (
            "SqueezeExcitation",
            "input_channels",
            {"squeeze_channels": 2},
            (symbol("N"), const(3), symbol("H"), symbol("W")),
        ),
        ("FrozenBatchNorm2d", "num_features", {}, (symbol("N"), const(3), symbol("H"), symbol("W"))),
    ],
)
def test_auto_is_solved(name, argument, settings, shape):
    from netspec.graph.evaluate import Held

    op = ops().get(name)
    bound = bind(name, op.signatures, [], {argument: Held("any"), **settings})
    assert not bound.problems
    call = Call(name, "layer", {**bound.arguments, argument: AUTO}, {op.call[0].name: Tensor(shape)})
    MODULE_CHECKS[name](call)
    assert isinstance(MODULE_RULES[name](call), Tensor)
    assert call.solved == {argument: const(3)}


def test_a_symbolic_size_stays_symbolic():
    arguments, _ = ours("Conv2dNormActivation", {"in_channels": 3, "out_channels": 8}, (1, 3, 8, 8))
    given = Tensor((symbol("N"), const(3), symbol("H"), symbol("W")))
    result = MODULE_RULES["Conv2dNormActivation"](
        Call("Conv2dNormActivation", "stem", arguments, {"input": given})
    )
    assert str(result) == "float32 [N, 8, H, W]"


@pytest.mark.parametrize(
    ("keywords", "argument", "message"),
    [
        ({"activation_layer": "GELU"}, "activation_layer",
         "activation_layer gets `inplace`, which `GELU` does not take"),
        ({"norm_layer": {"GroupNorm": 3}}, "norm_layer",
         "`stem` has num_channels = 8, which its num_groups = 3 does not divide"),
        ({"groups": 5}, "groups", "`stem` has in_channels = 3, which its groups = 5 does not divide"),
    ],
)  # fmt: skip
def test_a_fault_blames_the_argument_that_it_comes_from(keywords, argument, message):
    op = ops().get("Conv2dNormActivation")
    bound = bind("Conv2dNormActivation", op.signatures, [3, 8], keywords)
    with pytest.raises(Fault) as caught:
        MODULE_CHECKS["Conv2dNormActivation"](Call("Conv2dNormActivation", "stem", bound.arguments))
    assert (caught.value.argument, caught.value.message) == (argument, message)


def test_a_feature_pyramid_keeps_keys_and_sizes():
    shapes = {"a": (2, 3, 16, 15), "b": (2, 4, 8, 7), "c": (2, 5, 3, 3)}
    module = vision.FeaturePyramidNetwork([3, 4, 5], 6, norm_layer=nn.BatchNorm2d)
    truth = module({name: torch.ones(shape) for name, shape in shapes.items()})
    op = ops().get("FeaturePyramidNetwork")
    bound = bind("FeaturePyramidNetwork", op.signatures, [[3, 4, 5], 6], {"norm_layer": "BatchNorm2d"})
    given = DictOf(tuple((name, Tensor(tuple(map(const, shape)))) for name, shape in shapes.items()))
    found = MODULE_RULES["FeaturePyramidNetwork"](
        Call("FeaturePyramidNetwork", "fpn", bound.arguments, {"x": given})
    )
    assert [(name, tuple(s.value for s in value.shape)) for name, value in found.items] == [
        (name, tuple(value.shape)) for name, value in truth.items()
    ]
    assert [
        (each.name, tuple(s.value for s in each.shape))
        for each in tensors("FeaturePyramidNetwork", bound.arguments)
    ] == [(name, tuple(value.shape)) for name, value in module.state_dict().items()]


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_deformable_convolutions_agree(data):
    draw = data.draw
    keywords = {
        "in_channels": draw(st.sampled_from([2, 4])), "out_channels": draw(st.sampled_from([2, 4])),
        "kernel_size": draw(pair(st.integers(1, 3), 2)), "stride": draw(pair(st.integers(1, 2), 2)),
        "padding": draw(pair(st.integers(0, 2), 2)), "dilation": draw(pair(st.integers(1, 2), 2)),
        "groups": draw(st.sampled_from([1, 2, 3])), "bias": draw(st.booleans()),
    }  # fmt: skip
    op = ops().get("DeformConv2d")
    bound = bind("DeformConv2d", op.signatures, [], keywords)
    try:
        module = vision.DeformConv2d(**keywords)
    except ValueError:
        with pytest.raises(Fault):
            MODULE_CHECKS["DeformConv2d"](Call("DeformConv2d", "layer", bound.arguments))
        return
    assert [(e.name, tuple(s.value for s in e.shape)) for e in tensors("DeformConv2d", bound.arguments)] == [
        (key, tuple(value.shape)) for key, value in module.state_dict().items()
    ]
    shape = (
        draw(st.integers(1, 2)),
        keywords["in_channels"],
        draw(st.integers(2, 7)),
        draw(st.integers(2, 7)),
    )
    like = nn.Conv2d(*shape[1:2], 1, module.kernel_size, module.stride, module.padding, module.dilation)
    try:
        sizes = tuple(like(torch.ones(shape)).shape[2:])
    except RuntimeError:
        # Where no window fits, torchvision rounds towards zero and answers nonsense.
        return
    area = module.kernel_size[0] * module.kernel_size[1]
    groups = draw(st.sampled_from([1, 2, 3]))
    given = {
        "input": shape,
        "offset": (shape[0], 2 * area * groups, sizes[0] + draw(st.sampled_from([0, 0, 1])), sizes[1]),
    }
    if draw(st.booleans()):
        given["mask"] = (shape[0], area * groups + draw(st.sampled_from([0, 0, 1])), *sizes)
    try:
        truth = tuple(module(**{key: torch.ones(value) for key, value in given.items()}).shape)
    except RuntimeError:
        truth = None
    inputs = {key: Tensor(tuple(map(const, value))) for key, value in given.items()}
    try:
        found = MODULE_RULES["DeformConv2d"](Call("DeformConv2d", "layer", bound.arguments, inputs))
    except Fault:
        assert truth is None
    else:
        assert tuple(size.value for size in found.shape) == truth


@pytest.mark.parametrize("name", ["RoIAlign", "RoIPool", "PSRoIAlign", "PSRoIPool"])
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_regions_agree(name, data):
    size = data.draw(pair(st.integers(1, 3), 2))
    channels = data.draw(st.sampled_from([4, 6, 9]))
    counts = data.draw(st.lists(st.integers(0, 3), min_size=2, max_size=2))
    columns = data.draw(st.sampled_from([4, 5]))
    module = getattr(vision, name)(size, *([1.0, 2] if name.endswith("Align") else [1.0]))
    one = data.draw(st.booleans())
    shapes = [(count, columns) for count in counts]
    given = torch.ones(shapes[0]) if one else [torch.ones(shape) for shape in shapes]
    try:
        truth = tuple(module(torch.ones(2, channels, 8, 8), given).shape)
    except (RuntimeError, AssertionError):
        truth = None
    op = ops().get(name)
    bound = bind(name, op.signatures, [size, *([1.0, 2] if name.endswith("Align") else [1.0])], {})
    boxes = [Tensor(tuple(map(const, shape))) for shape in shapes]
    inputs = {
        "input": Tensor(tuple(map(const, (2, channels, 8, 8)))),
        "rois": boxes[0] if one else ListOf(tuple(boxes)),
    }
    try:
        found = MODULE_RULES[name](Call(name, "layer", bound.arguments, inputs))
    except Fault:
        assert truth is None
    else:
        assert tuple(each.value for each in found.shape) == truth
