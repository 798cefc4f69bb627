"""YAML text -> nodes with spans. Layer 1: knows YAML, not the spec language.

`read(source, collector)` returns the root node, or None when the text has no usable document.
"""

from netspec.syntax.nodes import Entry, Mapping, Node, Scalar, Sequence, kind_of
from netspec.syntax.reader import read

__all__ = ["Entry", "Mapping", "Node", "Scalar", "Sequence", "kind_of", "read"]
