"""What a recipe may name, and facts that annotations lack; kept by hand, merged in by `generate.py`."""

from __future__ import annotations

from typing import Any

from netspec.catalog.model import REQUIRED

DATA_SETS = (
    "CIFAR10 CIFAR100 Country211 DTD EMNIST FakeData FashionMNIST Food101 GTSRB ImageFolder Imagenette KMNIST"
    " MNIST OxfordIIITPet QMNIST RenderedSST2 STL10 SVHN USPS"
).split()
# What these take by `**kwargs`, as their base class MNIST has it.
INHERITED = {"EMNIST": ("train", "download"), "QMNIST": ("download",)}
# Transforms of one float image. Left out is what needs labels, boxes or bytes, or only converts types:
# images reach a recipe's transforms as float32 from 0 to 1.
TRANSFORMS = (
    "CenterCrop ColorJitter ElasticTransform GaussianBlur GaussianNoise Grayscale Normalize Pad RGB"
    " RandomAdjustSharpness RandomAffine RandomAutocontrast RandomChannelPermutation RandomCrop RandomErasing"
    " RandomGrayscale RandomHorizontalFlip RandomInvert RandomPerspective RandomResizedCrop RandomRotation"
    " RandomSolarize RandomVerticalFlip Resize"
).split()
LOSSES = (
    "binary_cross_entropy binary_cross_entropy_with_logits cross_entropy huber_loss kl_div l1_loss mse_loss"
    " multi_margin_loss multilabel_soft_margin_loss nll_loss poisson_nll_loss smooth_l1_loss soft_margin_loss"
).split()
OPTIMIZERS = "ASGD Adadelta Adafactor Adagrad Adam AdamW Adamax NAdam RAdam RMSprop Rprop SGD".split()
SCHEDULERS = (
    "ConstantLR CosineAnnealingLR CosineAnnealingWarmRestarts CyclicLR ExponentialLR LinearLR MultiStepLR"
    " OneCycleLR PolynomialLR ReduceLROnPlateau StepLR"
).split()

# Names that PyTorch has and a recipe cannot use, with the reason.
UNUSABLE = {
    "LBFGS": "it evaluates the loss several times in one step",
    "SparseAdam": "it takes sparse gradients only",
    "Muon": "it takes matrices only, and a network has biases too",
    "LambdaLR": "it takes a Python function",
    "MultiplicativeLR": "it takes a Python function",
    "SequentialLR": "it takes other schedulers; for a rise before any schedule, write `warmup`",
    "ChainedScheduler": "it takes other schedulers; for a rise before any schedule, write `warmup`",
    "Compose": "the list is itself a composition",
    "Lambda": "it takes a Python function",
    "ToTensor": "images are float32 from 0 to 1 already",
    "ToImage": "images are float32 from 0 to 1 already",
    "ToDtype": "images are float32 from 0 to 1 already",
    "PILToTensor": "images are float32 from 0 to 1 already",
    "ConvertImageDtype": "images are float32 from 0 to 1 already",
    "gaussian_nll_loss": "it takes a second output, the variance",
    "cosine_embedding_loss": "it takes two outputs; let the spec compute it, and use `mean` on that output",
    "margin_ranking_loss": "it takes two outputs; let the spec compute it, and use `mean` on that output",
    "triplet_margin_loss": "it takes three outputs; let the spec compute it, and use `mean` on that output",
    "triplet_margin_with_distance_loss": "it takes three outputs and a Python function",
    "hinge_embedding_loss": "it takes a distance of two outputs; let the spec compute it, and use `mean`",
    "ctc_loss": "it takes the lengths of inputs and targets besides",
    "multilabel_margin_loss": "its targets are lists of class numbers, filled up with -1",
}

# Arguments that the runner gives, or that only Python code can give; `OWNER.NAME` for those of one.
DROPPED = frozenset(
    "self params optimizer input target size_average reduce reduction transform target_transform loader"
    " is_valid_file target_types transforms compat folds last_epoch inplace scale_fn verbose differentiable"
    " capturable dict_key_name binary_cross_entropy.weight binary_cross_entropy_with_logits.weight"
    " mse_loss.weight l1_loss.weight huber_loss.weight ReduceLROnPlateau.mode".split()
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
    # One for each class; `balanced` makes each the inverse of how often its class occurs.
    "weight": {"types": ("floats", "str", "none"), "choices": ("balanced",), "minimum": 0},
    "pos_weight": {"types": ("float", "floats", "none"), "minimum": 0},
    "patience": {"minimum": 0},
    "cooldown": {"minimum": 0},
    "delta": {"exclusive_minimum": 0},
    "beta": {"minimum": 0},
}
_TRAIN_TEST = {"types": ("str",), "choices": ("train", "test")}
FACTS: dict[str, dict[str, Any]] = {
    "EMNIST.split": {
        "types": ("str",),
        "choices": ("byclass", "bymerge", "balanced", "letters", "digits", "mnist"),
    },
    "QMNIST.what": {
        "types": ("str", "none"),
        "choices": (None, "train", "test", "test10k", "test50k", "nist"),
    },
    "SVHN.split": {"types": ("str",), "choices": ("train", "test", "extra")},
    # Its unlabelled part has no targets.
    "STL10.split": _TRAIN_TEST,
    "ImageFolder.root": {"types": ("str",), "default": REQUIRED},
    "Country211.split": {"choices": ("train", "valid", "test")},
    "DTD.split": {"choices": ("train", "val", "test")},
    "DTD.partition": {"minimum": 1, "maximum": 10},
    "Food101.split": {"choices": ("train", "test")},
    "GTSRB.split": {"choices": ("train", "test")},
    "Imagenette.split": {"choices": ("train", "val")},
    "Imagenette.size": {"types": ("str",), "choices": ("full", "320px", "160px"), "minimum": None},
    "Imagenette.download": {"types": ("bool",)},
    "OxfordIIITPet.split": {"choices": ("trainval", "test")},
    "RenderedSST2.split": {"choices": ("train", "val", "test")},
    "FakeData.size": {"types": ("int",), "minimum": 1},
    "FakeData.image_size": {"types": ("int[3]",), "minimum": 1},
    "FakeData.num_classes": {"types": ("int",), "minimum": 1},
    # The runner's number of epochs where none is given.
    "CosineAnnealingLR.T_max": {"types": ("int", "none"), "default": None, "minimum": 1},
    "multilabel_soft_margin_loss.weight": {"types": ("floats", "none"), "choices": ()},
    "ReduceLROnPlateau.factor": {"minimum": 0, "maximum": 1},
    "ReduceLROnPlateau.min_lr": {"types": ("float", "floats"), "minimum": 0},
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
