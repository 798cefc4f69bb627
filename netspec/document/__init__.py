"""Nodes -> the document: which keys a file has, and what its layers, steps and inputs say.

Layer 2: knows the grammar, not the meaning of any name. `decode(node, model, collector)` reads an
envelope (the keys of a spec, a block, a param, an input); `layers` and `steps` read the open parts.
"""
