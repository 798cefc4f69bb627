"""What transforms make of a sample's shape, without running them (rules: torchvision.transforms.v2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from netspec.runner.recipe.records import Component


@dataclass(frozen=True, slots=True)
class Sample:
    """The shape of one image, `[channels, height, width]`; None where each has its own."""

    channels: int
    height: int | None
    width: int | None

    @property
    def shape(self) -> tuple[int, int | None, int | None]:
        return self.channels, self.height, self.width


class Unfit(Exception):
    """Why a transform cannot take a sample, and what to do."""

    def __init__(self, message: str, help: str, argument: str = "") -> None:
        super().__init__(message)
        self.help = help
        self.argument = argument


def transformed(sample: Sample, transform: Component) -> Sample:
    """The sample's shape behind the transform; `Unfit` where it does not go in."""
    rule = _RULES.get(transform.name)
    return sample if rule is None else rule(sample, transform.arguments)


def is_random(transform: Component) -> bool:
    """Whether each image gets another one of its results."""
    return transform.name.startswith("Random") or transform.name in _RANDOM


_RANDOM = ("ColorJitter", "ElasticTransform", "GaussianNoise", "GaussianBlur")


def _pair(size: int | Sequence[int]) -> tuple[int, int]:
    if isinstance(size, int):
        return size, size
    if len(size) not in (1, 2):
        raise Unfit(
            f"`size` is one number or [height, width], but has {len(size)} items",
            "give one or two numbers",
            "size",
        )
    return size[0], size[-1]


def _resize(sample: Sample, arguments: Any) -> Sample:
    size, most = arguments["size"], arguments["max_size"]
    if not isinstance(size, int) and len(size) != 1:
        height, width = _pair(size)
        return Sample(sample.channels, height, width)
    short = size if isinstance(size, int) else size[0]
    if sample.height is None or sample.width is None:
        return Sample(sample.channels, None, None)
    long_edge = max(sample.height, sample.width)
    short_edge = min(sample.height, sample.width)
    long = int(short * long_edge / short_edge)
    if most is not None and long > most:
        short, long = int(most * short / long), most
    tall = sample.height >= sample.width
    return Sample(sample.channels, long if tall else short, short if tall else long)


def _crop(sample: Sample, arguments: Any) -> Sample:
    height, width = _pair(arguments["size"])
    return Sample(sample.channels, height, width)


def _random_crop(sample: Sample, arguments: Any) -> Sample:
    padding = arguments["padding"]
    padded = sample if padding is None else _pad(sample, {"padding": padding})
    cropped = _crop(sample, arguments)
    too_small = _less(padded.height, cropped.height) or _less(padded.width, cropped.width)
    if too_small and not arguments["pad_if_needed"]:
        raise Unfit(
            f"`RandomCrop` cuts {cropped.height} x {cropped.width} pixels out of {padded.height} x "
            f"{padded.width}",
            "give a smaller `size`, or `pad_if_needed: true`",
            "size",
        )
    return cropped


def _less(size: int | None, wanted: int | None) -> bool:
    return size is not None and wanted is not None and size < wanted


def _plus(size: int | None, more: int) -> int | None:
    return None if size is None else size + more


def _pad(sample: Sample, arguments: Any) -> Sample:
    padding = arguments["padding"]
    sides = (padding,) if isinstance(padding, int) else tuple(padding)
    match sides:
        case (each,):
            left, top, right, bottom = each, each, each, each
        case (horizontal, vertical):
            left, top, right, bottom = horizontal, vertical, horizontal, vertical
        case (left, top, right, bottom):
            pass
        case _:
            raise Unfit(
                f"`padding` has {len(sides)} items",
                "give one number, [x, y], or [left, top, right, bottom]",
                "padding",
            )
    return Sample(sample.channels, _plus(sample.height, top + bottom), _plus(sample.width, left + right))


def _grayscale(sample: Sample, arguments: Any) -> Sample:
    wanted = arguments["num_output_channels"]
    if wanted == 2:
        raise Unfit("`Grayscale` makes 1 or 3 channels, not 2", "write 1 or 3", "num_output_channels")
    return Sample(wanted, sample.height, sample.width)


def _normalize(sample: Sample, arguments: Any) -> Sample:
    for name in ("mean", "std"):
        count = len(arguments[name])
        if count not in (1, sample.channels):
            raise Unfit(
                f"`{name}` of `Normalize` has {count} values, but an image has {sample.channels} "
                f"channel{'s' if sample.channels > 1 else ''}",
                f"give {sample.channels} value{'s' if sample.channels > 1 else ''}",
                name,
            )
    return sample


def _rotation(sample: Sample, arguments: Any) -> Sample:
    if arguments["expand"]:
        raise Unfit(
            "with `expand`, `RandomRotation` gives each image another size, and a batch needs one size",
            "remove `expand`",
            "expand",
        )
    return sample


_RULES: dict[str, Callable[[Sample, Any], Sample]] = {
    "Resize": _resize,
    "CenterCrop": _crop,
    "RandomCrop": _random_crop,
    "RandomResizedCrop": _crop,
    "Pad": _pad,
    "Grayscale": _grayscale,
    "RGB": lambda sample, arguments: Sample(3, sample.height, sample.width),
    "Normalize": _normalize,
    "RandomRotation": _rotation,
}


def in_order(transform: tuple[Component, ...], augment: tuple[Component, ...]) -> tuple[Component, ...]:
    """All transforms as they are done: augmentation comes before the first `Normalize`, so that what
    it fills in is black, as in the images themselves, and not the mean grey."""
    first = before_normalize(transform)
    return (*transform[:first], *augment, *transform[first:])


def before_normalize(transform: tuple[Component, ...]) -> int:
    """How many transforms stand before the first `Normalize`; all of them where there is none."""
    return next((i for i, each in enumerate(transform) if each.name == "Normalize"), len(transform))
