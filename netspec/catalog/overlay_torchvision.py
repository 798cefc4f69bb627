"""Facts kept by hand that the annotations of `torchvision.ops` lack; see `overlay.py`."""

from __future__ import annotations

from netspec.catalog.overlay import facts

_REGIONS = r"(PS|MultiScale)?RoI(Align|Pool)|(ps_)?roi_(align|pool)"
_DEFORMED = r"DeformConv2d|deform_conv2d"
_BOXES = r"box_area|box_iou"

FACTS = (
    facts(_REGIONS, "output_size", types=("int", "int[2]"), minimum=1),
    # A list has the boxes of each image.
    facts(rf"({_REGIONS})(\.forward)?", "rois boxes", types=("tensor", "tensors")),
    facts(r"MLP\.forward", "input", types=("tensor",)),
    facts(r"Conv\dd\w+\.forward", "input", types=("tensor",)),
    facts(_DEFORMED, "kernel_size stride dilation", types=("int", "int[2]"), minimum=1),
    facts(_DEFORMED, "padding", types=("int", "int[2]"), minimum=0),
    facts(r"DeformConv2d", "groups in_channels", minimum=1),
    facts(r"sigmoid_focal_loss", "alpha gamma", types=("float",)),
    facts(r"\w+_loss", "reduction", choices=("none", "mean", "sum")),
    facts(r"StochasticDepth|stochastic_depth", "mode", choices=("batch", "row")),
    facts(r"StochasticDepth|stochastic_depth|DropBlock\dd|drop_block\dd", "p", minimum=0, maximum=1),
    facts(r"DropBlock\dd|drop_block\dd", "block_size", minimum=1),
    facts(r"Conv\ddNormActivation", "kernel_size stride dilation groups", minimum=1),
    facts(r"Conv\ddNormActivation", "in_channels out_channels padding", minimum=0),
    facts(r"Conv\ddNormActivation", "padding", choices=("same", "valid")),
    facts(r"SqueezeExcitation", "input_channels squeeze_channels", minimum=0),
    facts(r"MLP", "in_channels hidden_channels", minimum=0),
    facts(r"MLP", "dropout", minimum=0, maximum=1),
    facts(r"FrozenBatchNorm2d", "num_features", minimum=0),
    facts(r"FeaturePyramidNetwork", "in_channels_list out_channels", minimum=1),
    facts(_BOXES, "fmt", choices=("xyxy", "xywh", "cxcywh")),
    facts(
        r"box_convert",
        "in_fmt out_fmt",
        choices=("xyxy", "xywh", "cxcywh", "xywhr", "cxcywhr", "xyxyxyxy"),
    ),
)

DOCS = {"StochasticDepth": "Drops the branch of a residual connection at random, for the batch or by row."}
# What a parameter of a module is for, where no docstring says so.
PARAM_DOCS = {
    "in_channels": "Number of channels of the input.",
    "out_channels": "Number of channels that the layer makes.",
    "kernel_size": "Size of the kernel.",
    "groups": "Number of groups that the channels fall into.",
}
