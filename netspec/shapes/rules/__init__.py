"""Shape rules: one family of ops per file, those of modules and those of functions.

`rule_for` finds the rule of an op by its catalog name, `check_for` the check of its constructor's
arguments. A name that starts with a capital is a module class; the two packages load when needed.

>>> rule_for("relu") is not None, rule_for("no_such_op")
(True, None)
"""

from __future__ import annotations

from netspec.catalog.registered import rule_of
from netspec.shapes.call import Rule
from netspec.shapes.rules.language import LANGUAGE_RULES
from netspec.shapes.rules.modules.settings import Check


def rule_for(op_name: str) -> Rule | None:
    """The shape rule of an op; None where there is none."""
    written = rule_of(op_name)
    if written is not None:
        from netspec.shapes.rules.application import application_rule

        return application_rule(written)
    if op_name[:1].isupper():
        from netspec.shapes.rules.modules import MODULE_RULES

        return MODULE_RULES.get(op_name)
    if op_name in LANGUAGE_RULES:
        return LANGUAGE_RULES[op_name]
    from netspec.shapes.rules.functions import function_rule

    return function_rule(op_name)


def check_for(op_name: str) -> Check | None:
    """The check of a module's constructor arguments; None where there is none."""
    if not op_name[:1].isupper():
        return None
    from netspec.shapes.rules.modules import MODULE_CHECKS

    return MODULE_CHECKS.get(op_name)
