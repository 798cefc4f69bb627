"""What the catalog knows of an op: its parameters, and how Python source spells it.

The type words of a `Param`: `int float number bool str none tensor tensors dtype ints floats strs
module class callable any`; `int[2]` is a list of two, `ints?` a list whose items may be None. A value
fits if it fits one of the words. An integer fits `float`; a boolean fits only `bool`. `module` wants a
layer, `class` what makes one, `callable` a function of tensors.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias


class Required:
    """The default of a parameter that has none."""

    def __repr__(self) -> str:
        return "REQUIRED"

    def __reduce__(self) -> str:
        return "REQUIRED"


REQUIRED = Required()

Default: TypeAlias = None | bool | int | float | str | tuple[object, ...] | Required


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter of a signature. Ranges and choices come from the hand-kept overlay."""

    name: str
    types: tuple[str, ...]
    default: Default = REQUIRED
    keyword_only: bool = False
    doc: str = ""
    choices: tuple[None | bool | int | float | str, ...] = ()
    minimum: float | None = None
    exclusive_minimum: float | None = None
    maximum: float | None = None

    @property
    def required(self) -> bool:
        return self.default is REQUIRED


@dataclass(frozen=True, slots=True)
class Typed:
    """A value known only by its kind: a type word; `any` fits everything."""

    kind: str


Signature: TypeAlias = tuple[Param, ...]


_TENSORS = frozenset(("weight", "bias", "running_mean", "running_var", "num_batches_tracked"))


@dataclass(frozen=True, slots=True)
class Op:
    """A module class (a spec's own block too), a function, or a tensor method.

    `source` is how generated code spells it: `nn.Conv2d`, `F.relu`, `torch.flatten`, `Tensor.view`, and
    `package.module:Name` where an application has registered it.
    `signatures`: constructor overloads of a module, call overloads of a function or method (whose
    tensor, `self` in Python, is the parameter `input`). `call`: what a module's forward takes.
    `variadic`: the parameter that takes any number of sizes (`view`, `permute`, `expand`).
    `bases`: public module classes it derives from. `mutates`: works in place (`relu_`).
    """

    name: str
    kind: Literal["module", "function", "method"]
    source: str
    signatures: tuple[Signature, ...]
    call: Signature = ()
    doc: str = ""
    variadic: str | None = None
    bases: tuple[str, ...] = ()
    mutates: bool = False

    @property
    def attributes(self) -> frozenset[str]:
        """The names that an instance of a layer uses itself: those of its arguments and of its tensors."""
        return _TENSORS.union(param.name for signature in self.signatures for param in signature)

    def param(self, name: str) -> Param | None:
        """The constructor (or call) parameter of this name in any overload."""
        return next((p for signature in self.signatures for p in signature if p.name == name), None)
