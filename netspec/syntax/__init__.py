"""YAML text -> nodes with spans. Layer 1: knows YAML, not the spec language.

`read(source, collector)` returns a `Document`, or None when the text has no usable one.
"""

from netspec.syntax.nodes import Entry, Mapping, Node, Plain, Scalar, Sequence, kind_of
from netspec.syntax.reader import Document, read

__all__ = ["Document", "Entry", "Mapping", "Node", "Plain", "Scalar", "Sequence", "kind_of", "read"]
