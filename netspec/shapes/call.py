"""What a shape rule is given and what it answers.

A rule is a function from a `Call` to a `Value`. It raises `Fault` (through `Call.fail`) for what
PyTorch would refuse on some size; the evaluator turns a fault into a diagnostic at its place.
An adaptive rule also answers `auto`: `call.solve("in_features", dim)` returns the size to use.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NoReturn, TypeAlias

from netspec.shapes.dims import Dim, dim
from netspec.shapes.values import Nothing, Tensor, Value


class Auto:
    """The argument value `auto`: shape inference fills it in."""

    def __repr__(self) -> str:
        return "auto"


AUTO = Auto()


@dataclass(frozen=True, slots=True)
class Unmet:
    """A demand on two sizes that does not hold for every size: that they are `equal`, that they
    `broadcast` (are equal, or one is 1), that the left one is a `multiple` of the right one, or is `at
    most` the right one. `told` says what is wrong, where that is not said by the two alone."""

    left: Dim
    right: Dim
    kind: Literal["equal", "broadcast", "multiple", "at most"] = "equal"
    told: str = ""

    @property
    def text(self) -> str:
        """`3 is not 2`."""
        match self.told, self.kind:
            case "", "equal":
                return f"{self.left} is not {self.right}"
            case "", "broadcast":
                return f"{self.left} and {self.right} are neither equal nor 1"
            case "", "multiple":
                return f"{self.left} is not a multiple of {self.right}"
            case "", "at most":
                return f"{self.left} is more than {self.right}"
        return self.told


@dataclass
class Fault(Exception):
    """Why a call is wrong. `argument` names the argument to blame (None: the step itself);
    `expected` is the value of that argument that would be right, where there is one; `unmet` is what
    does not hold, where it is a demand on sizes."""

    code: str
    message: str
    argument: str | None = None
    help: str | None = None
    expected: object = None
    span_text: str = ""
    unmet: Unmet | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One use of an op, its arguments bound by name with PyTorch's defaults filled in.

    `settings`: constructor arguments of a module (empty for functions and methods), as Python
    values (None, bool, int, float, str, tuple, `AUTO`, or `Dim` for a size that depends on one).
    `inputs`: arguments of the call itself; tensors, tuples and lists as `Value`, all else as
    Python values; an integer over dimensions as `Dim`.
    `name`: how messages call the callee (`fc1`, `flatten`).
    """

    op: str
    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, Any] = field(default_factory=dict)
    training: bool = True
    solved: dict[str, Any] = field(default_factory=dict)
    warnings: list[Fault] = field(default_factory=list)

    def fail(
        self,
        code: str,
        message: str,
        *,
        argument: str | None = None,
        help: str | None = None,
        expected: object = None,
        span_text: str = "",
        unmet: Unmet | None = None,
    ) -> NoReturn:
        raise Fault(code, message, argument, help, expected, span_text, unmet)

    def warn(self, code: str, message: str, *, argument: str | None = None, help: str | None = None) -> None:
        self.warnings.append(Fault(code, message, argument, help))

    def solve(self, argument: str, value: Any) -> Any:
        """The setting `argument`; where it is `auto`, `value`, which is remembered for codegen."""
        given = self.settings[argument]
        if given is AUTO:
            self.solved[argument] = value
            return value
        return given

    def tensor(self, argument: str) -> Tensor:
        """The tensor given for `argument`; a fault where it is something else."""
        value = self.inputs.get(argument)
        if isinstance(value, Tensor):
            return value
        self.fail("NS410", f"`{self.name}` needs a tensor for `{argument}` but receives {describe(value)}")

    def optional(self, argument: str) -> Tensor | None:
        """As `tensor`, but None where the argument is left out or None."""
        value = self.inputs.get(argument)
        return None if value is None or isinstance(value, Nothing) else self.tensor(argument)

    def size(self, argument: str) -> Dim:
        """An integer setting as a size."""
        return dim(self.settings[argument])


Rule: TypeAlias = Callable[[Call], Value]


def describe(value: object) -> str:
    """A value as a message names it."""
    return str(value) if value is not None else "nothing"
