"""What is different between two networks, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from netspec.carry.header import Stored

LayerKind = Literal["added", "removed", "renamed", "moved", "changed", "replaced"]
Fate = Literal["kept", "renamed", "reshaped", "lost", "new"]


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument with its value before and after, as a spec writes them; None where it has none."""

    name: str
    before: str | None
    after: str | None

    def __str__(self) -> str:
        return f"{self.name} {self.before or 'not given'} -> {self.after or 'not given'}"


@dataclass(frozen=True, slots=True)
class LayerChange:
    """One layer. `before` and `after` are its paths, None where it does not exist; `op` is the layer with its
    arguments, of the old network where it was removed. A layer that was renamed or moved may have changed
    too: `arguments` are those that differ. `layers` counts what is inside it, itself included. `within` is
    the path of a changed block around it, which is why it changed."""

    kind: LayerKind
    before: str | None
    after: str | None
    op: str
    arguments: tuple[Argument, ...] = ()
    was: str = ""
    layers: int = 1
    within: str = ""


@dataclass(frozen=True, slots=True)
class StepChange:
    """A function that is called, or a layer that is called more or less often: `added`, `removed`, or
    `changed` in its `arguments`. `near` is the step before it, `within` a changed block around it."""

    kind: Literal["added", "removed", "changed"]
    step: str
    near: str
    arguments: tuple[Argument, ...] = ()
    within: str = ""


@dataclass(frozen=True, slots=True)
class ShapeChange:
    """A result that has another shape or dtype. `because` names the step, layer or input where that began,
    `within` a changed block around it."""

    step: str
    before: str
    after: str
    because: str
    within: str = ""


@dataclass(frozen=True, slots=True)
class KeyChange:
    """The fate of one key of a checkpoint, with the tensor before and after."""

    fate: Fate
    before: str | None
    after: str | None
    stored: Stored | None
    own: Stored | None

    @property
    def name(self) -> str:
        return self.before or self.after or ""


@dataclass(frozen=True, slots=True)
class Amount:
    """A figure of both networks: a formula, and its value for the typical sizes; None where not known."""

    name: str
    before: str | None
    after: str | None
    value_before: int | None
    value_after: int | None


@dataclass(frozen=True, slots=True)
class Difference:
    """The difference of two networks; `before` and `after` are what they are called. Where one of them is a
    checkpoint without a spec, there are only `keys`."""

    before: str
    after: str
    params: tuple[Argument, ...] = ()
    inputs: tuple[ShapeChange, ...] = ()
    layers: tuple[LayerChange, ...] = ()
    steps: tuple[StepChange, ...] = ()
    shapes: tuple[ShapeChange, ...] = ()
    amounts: tuple[Amount, ...] = ()
    sizes: str = ""
    """The typical sizes of the new network, for which amounts have values; each network takes its own."""
    keys: tuple[KeyChange, ...] = ()
    uncounted: tuple[str, ...] = ()
    """Layers of an application, whose tensors nobody but they know."""

    def __bool__(self) -> bool:
        """Whether anything is different."""
        parts = (self.params, self.inputs, self.layers, self.steps, self.shapes)
        return any(parts) or any(each.fate != "kept" for each in self.keys)

    @property
    def renames(self) -> dict[str, str]:
        """The new name of each key whose tensor goes on under another."""
        return {
            each.before: each.after
            for each in self.keys
            if each.before is not None and each.after is not None and each.before != each.after
        }

    def count(self, fate: Fate) -> int:
        return sum(each.fate == fate for each in self.keys)

    def __str__(self) -> str:
        return self.render("text")

    def render(self, format: Literal["text", "json", "markdown"] = "text") -> str:
        """The difference for people, programs, or the comment on a pull request."""
        from netspec.views.diff.formats import RENDERERS

        return RENDERERS[format](self)

    def to_dict(self) -> dict[str, Any]:
        """The same as plain data."""
        from netspec.views.diff.formats import as_dict

        return as_dict(self)
