"""What a recipe may name, and facts that annotations lack; kept by hand, merged in by `generate.py`."""

from __future__ import annotations

from typing import Any

DATA_SETS = ("MNIST", "FashionMNIST", "KMNIST", "CIFAR10", "CIFAR100")
# Transforms of one float image. Left out is what needs labels, boxes or bytes, or only converts types:
# images reach a recipe's transforms as float32 from 0 to 1.
TRANSFORMS = (
    "CenterCrop ColorJitter ElasticTransform GaussianBlur GaussianNoise Grayscale Normalize Pad RGB"
    " RandomAdjustSharpness RandomAffine RandomAutocontrast RandomChannelPermutation RandomCrop RandomErasing"
    " RandomGrayscale RandomHorizontalFlip RandomInvert RandomPerspective RandomResizedCrop RandomRotation"
    " RandomSolarize RandomVerticalFlip Resize"
).split()
LOSSES = ("cross_entropy", "nll_loss", "multi_margin_loss")
OPTIMIZERS = "ASGD Adadelta Adafactor Adagrad Adam AdamW Adamax NAdam RAdam RMSprop Rprop SGD".split()
SCHEDULERS = (
    "ConstantLR CosineAnnealingLR CosineAnnealingWarmRestarts CyclicLR ExponentialLR LinearLR MultiStepLR"
    " OneCycleLR PolynomialLR StepLR"
).split()

# Names that PyTorch has and a recipe cannot use, with the reason.
UNUSABLE = {
    "LBFGS": "it evaluates the loss several times in one step",
    "SparseAdam": "it takes sparse gradients only",
    "Muon": "it takes matrices only, and a network has biases too",
    "LambdaLR": "it takes a Python function",
    "MultiplicativeLR": "it takes a Python function",
    "ReduceLROnPlateau": "it follows a metric, which this release does not support",
    "SequentialLR": "it takes other schedulers, which this release does not support",
    "ChainedScheduler": "it takes other schedulers, which this release does not support",
    "Compose": "the list is itself a composition",
    "Lambda": "it takes a Python function",
    "ToTensor": "images are float32 from 0 to 1 already",
    "ToImage": "images are float32 from 0 to 1 already",
    "ToDtype": "images are float32 from 0 to 1 already",
    "PILToTensor": "images are float32 from 0 to 1 already",
    "ConvertImageDtype": "images are float32 from 0 to 1 already",
    "mse_loss": "it compares numbers, and data sets here have class numbers",
    "l1_loss": "it compares numbers, and data sets here have class numbers",
    "binary_cross_entropy": "it takes one probability for each label, and data sets here have class numbers",
    "binary_cross_entropy_with_logits": "it takes one logit for each label, and data sets have class numbers",
}

# Arguments that the runner gives, or that only Python code can give.
DROPPED = frozenset(
    "self params optimizer input target weight size_average reduce reduction transform target_transform"
    " loader last_epoch inplace scale_fn verbose differentiable capturable dict_key_name".split()
)

_FILL = {"types": ("float", "floats")}
COMMON: dict[str, dict[str, Any]] = {
    "root": {"types": ("str",), "default": "data"},
    "interpolation": {"types": ("str",), "choices": ("nearest", "nearest-exact", "bilinear", "bicubic")},
    "fill": _FILL,
    "lr": {"minimum": 0},
    "eps": {"minimum": 0},
    "weight_decay": {"minimum": 0},
    "momentum": {"minimum": 0},
    "p": {"minimum": 0, "maximum": 1},
    "label_smoothing": {"minimum": 0, "maximum": 1},
    "degrees": {"types": ("float", "float[2]")},
    "size": {"types": ("int", "ints"), "minimum": 1},
    "std": {"exclusive_minimum": 0},
    "step_size": {"minimum": 1},
    "T_0": {"minimum": 1},
    "T_mult": {"minimum": 1},
    "betas": {"minimum": 0, "maximum": 1},
    "max_lr": {"exclusive_minimum": 0},
    "total_steps": {"minimum": 1},
}
FACTS: dict[str, dict[str, Any]] = {
    # The runner's number of epochs where none is given.
    "CosineAnnealingLR.T_max": {"types": ("int", "none"), "default": None, "minimum": 1},
    "MultiStepLR.milestones": {"types": ("ints",), "minimum": 1},
    "GaussianNoise.clip": {"types": ("bool",)},
    "multi_margin_loss.p": {"minimum": 1, "maximum": 2},
    "RandomAffine.translate": {"types": ("float[2]", "none"), "minimum": 0, "maximum": 1},
    "RandomAffine.scale": {"types": ("float[2]", "none"), "exclusive_minimum": 0},
    "RandomAffine.shear": {"types": ("float", "float[2]", "float[4]", "none")},
    "RandomErasing.scale": {"types": ("float[2]",), "minimum": 0, "maximum": 1},
    "RandomErasing.ratio": {"types": ("float[2]",), "exclusive_minimum": 0},
    "Grayscale.num_output_channels": {"types": ("int",), "minimum": 1, "maximum": 3},
}
