"""Signatures as people read them: in help texts, `netspec explain` and `netspec ops`."""

from __future__ import annotations

from netspec.catalog.model import Op, Param, Signature
from netspec.catalog.wording import flow


def signature_text(op: Op) -> str:
    """The signatures of an op, one a line, with defaults as YAML writes them.

    >>> from netspec.catalog.load import ops
    >>> print(signature_text(ops().get("Dropout2d")))
    Dropout2d(p: float = 0.5, inplace: bool = false)
    """
    return "\n".join(one_signature(op.name, signature, op.variadic) for signature in op.signatures)


def one_signature(name: str, signature: Signature, variadic: str | None = None) -> str:
    """One overload of an op."""
    parts: list[str] = []
    for param in signature:
        if param.keyword_only and "*" not in parts and not any(part.startswith("*") for part in parts):
            parts.append("*")
        star = "*" if param.name == variadic else ""
        parts.append(star + _param_text(param))
    return f"{name}({', '.join(parts)})"


def _param_text(param: Param) -> str:
    words = [word for word in param.types if word != "none" or param.default is not None]
    text = f"{param.name}: {' | '.join(words)}"
    return text if param.required else f"{text} = {flow(param.default)}"
