"""The Graph: what one choice of params makes of a Program. Layer 4.

Every layer has its real arguments, loops are unrolled, containers are called member by member, blocks
are in line, and every value has a number. `elaborate` makes it; `verify` holds it to its rules.
"""

from netspec.graph.ir import (
    Claim,
    Enter,
    Graph,
    GraphInput,
    Leave,
    ModuleNode,
    Node,
    Own,
    SharedTensor,
    Sizes,
    TensorPath,
    ValueList,
    ValueNumber,
)

__all__ = [
    "Claim",
    "Enter",
    "Graph",
    "GraphInput",
    "Leave",
    "ModuleNode",
    "Node",
    "Own",
    "SharedTensor",
    "Sizes",
    "TensorPath",
    "ValueList",
    "ValueNumber",
]
