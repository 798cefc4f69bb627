"""Shape rules of `torch.nn` and `torchvision.ops` modules: `MODULE_RULES` by op name, and `MODULE_CHECKS`.

A rule answers what a layer returns for its inputs. A check looks at the constructor's arguments
alone, so that a layer which is never called is checked too; both raise `Fault`.
"""

from __future__ import annotations

from netspec.shapes.call import Rule
from netspec.shapes.rules.modules import (
    activation,
    attention,
    classification,
    convolution,
    distance,
    dropout,
    embedding,
    linear,
    normalization,
    padding,
    pooling,
    recurrent,
    regions,
    regression,
    reshaping,
    sampling,
    transformer,
    upsampling,
    vision,
)
from netspec.shapes.rules.modules.settings import Check, concrete, guarded

_FAMILIES = (
    activation,
    attention,
    classification,
    convolution,
    distance,
    dropout,
    embedding,
    linear,
    normalization,
    padding,
    pooling,
    recurrent,
    regions,
    regression,
    reshaping,
    sampling,
    transformer,
    upsampling,
    vision,
)

MODULE_RULES: dict[str, Rule] = {
    op: guarded(rule) for family in _FAMILIES for op, rule in family.RULES.items()
}
MODULE_CHECKS: dict[str, Check] = {
    op: guarded(concrete(check)) for family in _FAMILIES for op, check in family.CHECKS.items()
}
