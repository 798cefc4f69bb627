"""Shape rules of `torch.nn` and `torchvision.ops` modules: `MODULE_RULES` by op name, and `MODULE_CHECKS`.

A rule answers what a layer returns for its inputs. A check looks at the constructor's arguments
alone, so that a layer which is never called is checked too; both raise `Fault`.
"""

from __future__ import annotations

from netspec.shapes.call import Rule
from netspec.shapes.rules.families import Families
from netspec.shapes.rules.modules.settings import Check, concrete, guarded

# Those that most specs name come first.
_FAMILIES = (
    "convolution",
    "linear",
    "activation",
    "dropout",
    "normalization",
    "pooling",
    "reshaping",
    "embedding",
    "recurrent",
    "attention",
    "transformer",
    "padding",
    "upsampling",
    "sampling",
    "classification",
    "regression",
    "distance",
    "vision",
    "regions",
)

MODULE_RULES: Families[Rule] = Families(__name__, _FAMILIES, "RULES", guarded)
MODULE_CHECKS: Families[Check] = Families(
    __name__, _FAMILIES, "CHECKS", lambda check: guarded(concrete(check))
)
