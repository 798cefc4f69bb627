"""Which names can become variables of the generated Python: params, `let` names, dimensions, inputs.

>>> unfit("width") is None
True
>>> unfit("len")
'the generated Python calls the function `len`: choose another name, such as `len_`'
"""

from __future__ import annotations

from netspec.document.words import is_identifier
from netspec.resolve.expressions import FUNCTIONS

CALLED = frozenset((*FUNCTIONS, "super", "getattr"))
"""Builtins that generated code calls; a variable of the same name would hide them."""


def unfit(name: str) -> str | None:
    """What to do instead, where a name cannot be a variable; None where it can."""
    if not is_identifier(name):
        return "use letters, digits and `_`, and no Python keyword"
    if name == "self" or name.startswith("__"):
        return f"Python gives `{name}` a meaning of its own inside a class: choose another name"
    if name in CALLED:
        return f"the generated Python calls the function `{name}`: choose another name, such as `{name}_`"
    return None
