"""What a recipe may name and netspec brings itself: data sets, metrics, mixtures and trackers."""

from __future__ import annotations

from dataclasses import dataclass

from netspec.catalog.model import REQUIRED, Param, Signature


@dataclass(frozen=True, slots=True)
class Component:
    """A name with its signature and one line on what it is. One with `columns` takes more arguments, each
    a file, under names of the user's choice."""

    name: str
    signature: Signature
    doc: str = ""
    columns: bool = False


# One file in two parts: `held_out` of it, at its end, is the test part.
_PARTS = (
    Param("split", ("str",), "all", choices=("all", "train", "test")),
    Param("held_out", ("float",), 0.1, exclusive_minimum=0, maximum=0.9),
)
_ALPHA = (Param("alpha", ("float",), 1.0, exclusive_minimum=0),)
OWN: dict[str, tuple[Component, ...]] = {
    "data": (
        Component(
            "Digits",
            (
                Param("split", ("str",), REQUIRED, choices=("train", "test")),
                Param("by", ("str",), "form", choices=("form", "random")),
            ),
            "1,797 handwritten digits of 8 x 8 pixels, in the package itself.",
        ),
        Component(
            "Shapes",
            (
                Param("split", ("str",), REQUIRED, choices=("train", "test")),
                Param("count", ("int",), 1000, minimum=1),
                Param("size", ("int",), 32, minimum=8),
                Param("seed", ("int",), 0, minimum=0),
            ),
            "Pictures that are made: an ellipse or a rectangle in each, with its mask, its kind and its box.",
        ),
        Component(
            "ImageMasks",
            (
                Param("root", ("str",)),
                Param("classes", ("int",), minimum=2),
                Param("ignore", ("int", "none"), None, minimum=0, maximum=255),
            ),
            "Pictures in `root/images`, and for each a mask of the same name in `root/masks`.",
        ),
        Component(
            "Arrays",
            (
                Param("file", ("str", "none"), None),
                Param("rows", ("int[2]", "none"), None, minimum=0),
            ),
            "Columns from NumPy files: all arrays of an .npz file, or one .npy file each.",
            columns=True,
        ),
        Component(
            "Text",
            (
                Param("path", ("str",)),
                Param("context", ("int",), minimum=1),
                Param("tokenizer", ("str",), "bytes"),
                Param("stride", ("int", "none"), None, minimum=1),
                *_PARTS,
            ),
            "Windows of a text as numbers; the target is the next number at each place.",
        ),
    ),
    "loss": (Component("mean", (), "The output itself, which is to become small, such as a KL term."),),
    "metric": (
        Component("accuracy", (), "The share of targets whose class has the greatest output."),
        Component(
            "top_k_accuracy",
            (Param("k", ("int",), 5, minimum=1),),
            "The share of targets whose class is among the k greatest outputs.",
        ),
        Component("precision", (), "Of what was called a class, the share that is it; mean over classes."),
        Component("recall", (), "Of what is a class, the share that was called it; mean over classes."),
        Component("f1", (), "The harmonic mean of precision and recall; mean over classes."),
        Component("mean_iou", (), "Intersection over union of each class's pixels; mean over classes."),
        Component("auroc", (), "The area under the ROC curve, from a histogram of 4,096 thresholds."),
        Component("perplexity", (), "The exponential of the mean cross entropy of the targets."),
        Component("mean_absolute_error", (), "The mean distance of output and target."),
        Component("root_mean_squared_error", (), "The root of the mean squared distance."),
        Component("r2", (), "The share of the targets' variance that the outputs explain."),
    ),
    "mix": (
        Component("MixUp", _ALPHA, "Each sample and its target mixed with another one's."),
        Component("CutMix", _ALPHA, "A rectangle of each image, and as much of its target, from another."),
    ),
    "tracker": (
        Component("TensorBoard", (), "Event files in the run folder, for `tensorboard --logdir`."),
        Component(
            "MLflow",
            (
                Param("tracking_uri", ("str", "none"), None),
                Param("experiment", ("str", "none"), None),
                Param("run_name", ("str", "none"), None),
            ),
            "Figures, params and the recipe as a run of MLflow.",
        ),
        Component(
            "WandB",
            (
                Param("project", ("str", "none"), None),
                Param("entity", ("str", "none"), None),
                Param("mode", ("str",), "online", choices=("online", "offline", "disabled")),
            ),
            "Figures, params and the recipe as a run of Weights & Biases.",
        ),
    ),
}

# Arguments that are netspec's own, of what PyTorch has.
ADDED: dict[str, Signature] = {
    # The figure that it follows; that of `best` where none is named.
    "ReduceLROnPlateau": (Param("metric", ("str", "none"), None),),
}
