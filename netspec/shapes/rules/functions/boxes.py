"""Functions over boxes, and their losses, of `torchvision.ops`.

A box is the last dimension of a tensor: four numbers in most formats. Integers and half floats are
widened before areas are computed.
"""

from __future__ import annotations

from netspec.shapes.broadcast import broadcast_inputs
from netspec.shapes.call import Call, Rule
from netspec.shapes.dims import dim
from netspec.shapes.promotion import promote
from netspec.shapes.rules.functions.arguments import given, need_floating, rank_at_least, rank_of
from netspec.shapes.rules.functions.checking import must_equal, must_match
from netspec.shapes.values import Shape, Tensor, shape_text

_FORMATS = {"xyxy": 4, "xywh": 4, "cxcywh": 4, "xywhr": 5, "cxcywhr": 5, "xyxyxyxy": 8}
_REAL = {
    **dict.fromkeys(("float32", "float16", "bfloat16"), "float32"),
    "float64": "float64",
    **dict.fromkeys(("uint8", "int8", "int16", "int32"), "int32"),
    "int64": "int64",
}


def _boxes(call: Call, argument: str, numbers: int = 4, rank: int = 1) -> tuple[Tensor, Shape | None]:
    """The tensor and its shape without the numbers of each box."""
    tensor = call.tensor(argument)
    shape = rank_at_least(call, tensor, rank, argument)
    if shape is None:
        return tensor, None
    message = f"`{call.name}` takes {numbers} numbers a box but receives {shape_text(shape)}"
    must_equal(call, shape[-1], numbers, message, argument=argument)
    return tensor, shape[:-1]


def _wide(call: Call, *tensors: Tensor, floating: bool = False) -> str | None:
    """The dtype of areas; that of ratios and losses is floating point."""
    found: str | None = None
    for tensor in tensors:
        if tensor.dtype is None:
            return None
        if tensor.dtype not in _REAL:
            call.fail("NS405", f"`{call.name}` does not take {tensor.dtype} but receives {tensor}")
        wide = _REAL[tensor.dtype]
        wide = "float32" if floating and wide.startswith("int") else wide
        found = wide if found is None else promote(found, wide)
    return found


def area(call: Call) -> Tensor:
    """[..., 4] -> [...]."""
    boxes, shape = _boxes(call, "boxes")
    return Tensor(shape, _wide(call, boxes))


def pairs(call: Call) -> Tensor:
    """[..., N, 4] and [..., M, 4] -> [..., N, M]."""
    first, rows = _boxes(call, "boxes1", rank=2)
    second, columns = _boxes(call, "boxes2", rank=2)
    dtype = _wide(call, first, second, floating=True)
    if rows is None or columns is None:
        return Tensor(None, dtype)
    batches = [Tensor(rows[:-1]), Tensor(columns[:-1])]
    batch = broadcast_inputs(call, *batches, argument="boxes2")
    return Tensor(None if batch is None else (*batch, rows[-1], columns[-1]), dtype)


def loss(call: Call) -> Tensor:
    """[..., 4] and [..., 4] -> [...], or a number."""
    first, shape = _boxes(call, "boxes1")
    second, other = _boxes(call, "boxes2")
    dtype = _wide(call, first, second, floating=True)
    together = broadcast_inputs(call, Tensor(shape), Tensor(other), argument="boxes2")
    return Tensor(() if _reduces(call) else together, dtype)


def _reduces(call: Call) -> bool:
    mode = given(call, "reduction", "none")
    if mode not in ("none", "mean", "sum"):
        call.fail(
            "NS408",
            f"`{call.name}` has the reduction {mode!r}",
            argument="reduction",
            help="use one of none, mean, sum",
        )
    return bool(mode != "none")


def focal_loss(call: Call) -> Tensor:
    """Two tensors of one shape -> that shape, or a number."""
    inputs, targets = call.tensor("inputs"), call.tensor("targets")
    dtypes = [
        need_floating(call, each, argument=name) for name, each in (("inputs", inputs), ("targets", targets))
    ]
    message = f"`{call.name}` takes targets of the inputs' shape but receives {inputs} and {targets}"
    must_match(call, inputs.shape, targets.shape, message, argument="targets")
    shape = targets.shape if inputs.shape is None else inputs.shape
    known = [dtype for dtype in dtypes if dtype is not None]
    return Tensor(() if _reduces(call) else shape, promote(*known) if len(known) == 2 else None)


def convert(call: Call) -> Tensor:
    """[..., numbers of in_fmt] -> [..., numbers of out_fmt]; upright and rotated boxes stay such."""
    if call.inputs.get("in_fmt") == call.inputs.get("out_fmt") in _FORMATS:
        return call.tensor("boxes")
    before, after = (_FORMATS.get(given(call, name, "")) for name in ("in_fmt", "out_fmt"))
    if before is None or after is None or (before == 4) != (after == 4):
        call.fail(
            "NS408",
            f"`{call.name}` cannot make {given(call, 'out_fmt')} of {given(call, 'in_fmt')}",
            argument="out_fmt",
            help="upright formats are xyxy, xywh and cxcywh; rotated ones xywhr, cxcywhr and xyxyxyxy",
        )
    boxes, shape = _boxes(call, "boxes", before)
    kept = boxes.dtype is not None and "float" in boxes.dtype
    made = None if shape is None else (*shape, dim(after))
    return Tensor(made, boxes.dtype if kept else None)


def clip(call: Call) -> Tensor:
    """[..., 4] -> the same."""
    boxes, _ = _boxes(call, "boxes")
    return boxes


def of_masks(call: Call) -> Tensor:
    """[N, H, W] -> [N, 4]."""
    shape = rank_of(call, call.tensor("masks"), 3, argument="masks")
    return Tensor(None if shape is None else (shape[0], dim(4)), "float32")


_IOUS = ("generalized_box_iou", "distance_box_iou", "complete_box_iou")

RULES: dict[str, Rule] = {
    "box_area": area,
    **dict.fromkeys(("box_iou", *_IOUS), pairs),
    **{f"{name}_loss": loss for name in _IOUS},
    "sigmoid_focal_loss": focal_loss,
    "box_convert": convert,
    "clip_boxes_to_image": clip,
    "masks_to_boxes": of_masks,
}
