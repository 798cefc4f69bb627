"""The Graph: what one choice of params makes of a Program. Layer 4.

Every layer has its real arguments, containers are called member by member, and every value has a
number. `elaborate` makes it; `verify` holds it to its rules.
"""

from netspec.graph.ir import Graph, GraphInput, ModuleNode, Node, TensorPath, ValueList, ValueNumber

__all__ = ["Graph", "GraphInput", "ModuleNode", "Node", "TensorPath", "ValueList", "ValueNumber"]
