"""What is known of a data set before it is loaded: its columns with shapes and classes, and its size.

>>> from netspec.diagnostics import Source, Span
>>> here = Span(Source("r.yaml", ""), 0, 0)
>>> facts = set_facts(Component("Digits", here, {"split": "test", "by": "form"}))
>>> facts.count, facts.columns["image"].shape, facts.columns["label"].classes
(382, (1, 8, 8), 10)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from netspec.runner.recipe.records import Component

Kind: TypeAlias = Literal["image", "mask", "label", "value", "tokens"]
IMAGE, LABEL = "image", "label"


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """One sample of a column, as a batch holds it; None stands for a size that differs or is not known.

    image    float32 `[C, H, W]`, from 0 to 1
    mask     a class number for each pixel, int64 `[H, W]`
    label    a class number, int64 `[]`
    value    numbers, float32 of any shape
    tokens   numbers of a vocabulary, int64 of any shape

    `classes`: how many the numbers tell apart; where not `exact`, as many as were seen, and there may
    be more.
    """

    kind: Kind
    shape: tuple[int | None, ...]
    classes: int | None = None
    exact: bool = True

    @property
    def dtype(self) -> str:
        return "float32" if self.kind in ("image", "value") else "int64"

    @property
    def text(self) -> str:
        """The shape, as messages show it."""
        return f"[{', '.join('?' if size is None else str(size) for size in self.shape)}]"


@dataclass(frozen=True, slots=True)
class SetFacts:
    """A part of a data set. `main` is the column that a single input takes, `target` the one that the
    output is held against by default; `count` is None where only loading tells."""

    columns: Mapping[str, ColumnFacts]
    main: str
    target: str | None
    count: int | None


class Damaged(Exception):
    """A file of the user's that cannot be what the recipe takes it for, and what to do."""

    def __init__(self, message: str, help: str, argument: str = "") -> None:
        super().__init__(message)
        self.help = help
        self.argument = argument


def set_facts(data: Component) -> SetFacts | None:
    """The facts of the part that a recipe names; None for a faulty component, and where the files are
    not there to look at. `Damaged` where they are not what they should be."""
    # These modules take their records from here.
    from netspec.runner.recipe.facts_arrays import array_facts
    from netspec.runner.recipe.facts_folder import folder_facts, mask_facts
    from netspec.runner.recipe.facts_text import text_facts
    from netspec.runner.recipe.facts_vision import vision_facts

    if data.faulty:
        return None
    match data.name:
        case "Arrays":
            return array_facts(data)
        case "ImageFolder":
            return folder_facts(data)
        case "ImageMasks":
            return mask_facts(data)
        case "Text":
            return text_facts(data)
    return vision_facts(data)


def pictures(shape: tuple[int | None, ...], classes: int | None, count: int | None) -> SetFacts:
    """A set of images, each with a class number."""
    columns = {IMAGE: ColumnFacts("image", shape), LABEL: ColumnFacts("label", (), classes)}
    return SetFacts(columns, IMAGE, LABEL, count)
