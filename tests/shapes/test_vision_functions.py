"""Functions of `torchvision.ops`: shapes and dtypes against what torchvision returns."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.torch

torch = pytest.importorskip("torch")
vision = pytest.importorskip("torchvision.ops")

from netspec.shapes.call import Call, Fault  # noqa: E402
from netspec.shapes.dims import const  # noqa: E402
from netspec.shapes.rules import rule_for  # noqa: E402
from netspec.shapes.values import Tensor  # noqa: E402

BOXES = st.one_of(
    st.tuples(st.integers(1, 3), st.just(4)),
    st.tuples(st.just(2), st.integers(1, 3), st.just(4)),
    st.just((4,)),
)
DTYPES = st.sampled_from(["float32", "float32", "float64", "float16", "int64"])
PAIRS = ("box_iou", "generalized_box_iou", "distance_box_iou", "complete_box_iou")
LOSSES = ("generalized_box_iou_loss", "distance_box_iou_loss", "complete_box_iou_loss")

NAMES = (
    *PAIRS,
    *LOSSES,
    *"""
    box_area sigmoid_focal_loss box_convert clip_boxes_to_image masks_to_boxes stochastic_depth drop_block2d
""".split(),
)


@st.composite
def calls(draw):
    shapes = st.one_of(BOXES, BOXES, st.just((3, 5)))
    name = draw(st.sampled_from(NAMES))
    # torchvision takes no notice of a fifth number here.
    first = draw(BOXES if name in ("box_area", "clip_boxes_to_image") else shapes)
    if name in PAIRS:
        # Two sets of boxes are meant, not single ones.
        shapes = shapes.filter(lambda shape: len(shape) > 1)
        first = draw(shapes)
    if name in PAIRS or name in LOSSES:
        second = draw(st.sampled_from([first, draw(shapes)]))
        more = {"reduction": draw(st.sampled_from(["none", "mean", "sum"]))} if name in LOSSES else {}
        return name, {"boxes1": first, "boxes2": second}, more
    match name:
        case "sigmoid_focal_loss":
            return (
                name,
                {"inputs": first, "targets": first},
                {"reduction": draw(st.sampled_from(["none", "sum"]))},
            )
        case "box_convert":
            formats = st.sampled_from(["xyxy", "xywh", "cxcywh", "xywhr", "cxcywhr", "xyxyxyxy"])
            return name, {"boxes": first}, {"in_fmt": draw(formats), "out_fmt": draw(formats)}
        case "clip_boxes_to_image":
            return name, {"boxes": first}, {"size": (5, 6)}
        case "masks_to_boxes":
            return name, {"masks": draw(st.sampled_from([(2, 3, 4), (3, 4)]))}, {}
        case "stochastic_depth":
            return name, {"input": first}, {"p": 0.5, "mode": draw(st.sampled_from(["row", "batch"]))}
        case "drop_block2d":
            return name, {"input": draw(st.sampled_from([(2, 3, 6, 7), first]))}, {"p": 0.1, "block_size": 3}
    return name, {"boxes": first}, {}


@settings(max_examples=800, deadline=None)
@given(calls(), DTYPES)
def test_answers_are_those_of_torchvision(case, dtype):
    name, shapes, settings = case
    given = {key: torch.ones(shape, dtype=getattr(torch, dtype)) for key, shape in shapes.items()}
    try:
        truth = getattr(vision, name)(**given, **settings)
    except Exception:
        truth = None
    inputs = {key: Tensor(tuple(map(const, shape)), dtype) for key, shape in shapes.items()}
    try:
        found = rule_for(name)(Call(name, name, {}, {**inputs, **settings}))
    except Fault as fault:
        found = fault
    if truth is None:
        return
    assert isinstance(found, Tensor), f"torchvision gives {tuple(truth.shape)}, the rule {found}"
    assert tuple(size.value for size in found.shape) == tuple(truth.shape)
    assert found.dtype in (None, str(truth.dtype)[6:])
