"""Field types for the envelopes: each accepts one kind of node and keeps it, with its span.

pydantic checks which keys there are and of which kind; what stands inside is read by the grammar
(`layers.py`, `steps.py`, ...) from the nodes themselves, so that every place stays exact.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from netspec.syntax import Mapping, Node, Scalar, Sequence, kind_of


def _kind(words: str, accepts: Any, schema: dict[str, Any]) -> Any:
    def check(node: Node) -> Node:
        if not accepts(node):
            raise PydanticCustomError(
                "node_kind", "must be {words}, but is {given}", {"words": words, "given": kind_of(node)}
            )
        return node

    return Annotated[Any, PlainValidator(check), WithJsonSchema(schema)]


def _is_text(node: Node) -> bool:
    return isinstance(node, Scalar) and isinstance(node.value, str)


Text = _kind("a text", _is_text, {"type": "string"})
MappingNode = _kind("a mapping", lambda node: isinstance(node, Mapping), {"type": "object"})
ListNode = _kind("a list", lambda node: isinstance(node, Sequence), {"type": "array"})
Collection = _kind(
    "a list or a mapping", lambda node: isinstance(node, Mapping | Sequence), {"type": ["array", "object"]}
)
Boolean = _kind(
    "true or false",
    lambda node: isinstance(node, Scalar) and isinstance(node.value, bool),
    {"type": "boolean"},
)
Integer = _kind(
    "an integer",
    lambda node: isinstance(node, Scalar) and type(node.value) is int,
    {"type": "integer"},
)
Number = _kind(
    "a number",
    lambda node: isinstance(node, Scalar) and type(node.value) in (int, float),
    {"type": "number"},
)
AnyNode = _kind("a value", lambda node: True, {})


def _ref(name: str, kind: Any) -> Any:
    """A kind that the JSON Schema describes under `definitions/name` (pydantic refuses foreign `$ref`s)."""
    return Annotated[kind, WithJsonSchema({"x-definition": name})]


ParamsNode = _ref("params", MappingNode)
InputsNode = _ref("inputs", MappingNode)
LayersNode = _ref("layers", MappingNode)
StepsNode = _ref("steps", ListNode)
OutputsNode = _ref("outputs", AnyNode)
TiesNode = _ref("ties", MappingNode)
AssertNode = _ref("assert", MappingNode)
