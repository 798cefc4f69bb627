"""Every diagnostic code with its name and severity; a code never changes its meaning.

NS0xx reading, NS1xx structure, NS2xx names and arguments, NS3xx params, expressions and blocks,
NS4xx shapes and dtypes, NS5xx lints, NS6xx build and run, NS7xx recipes, NS9xx internal.
The page of a code is `pages/CODE.md` beside this file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Code:
    code: str
    name: str
    summary: str
    severity: Literal["error", "warning", "info"] = "error"
    asked: bool = False
    """Whether it is reported only where it is selected by its whole code."""


_ALL = (
    Code("NS001", "invalid-yaml", "the text is not well-formed YAML"),
    Code("NS002", "tab", "a tab is used where YAML allows only spaces"),
    Code("NS003", "empty-file", "the file holds no document"),
    Code("NS004", "duplicate-key", "a mapping has the same key twice"),
    Code("NS005", "tag", "YAML tags are not allowed"),
    Code("NS006", "alias", "an alias is undefined, cyclic, or expands beyond the budget"),
    Code("NS007", "too-deep", "the nesting exceeds the depth budget"),
    Code("NS008", "split-expression", "YAML has cut an unquoted expression apart"),
    Code("NS009", "missing-space", "the space after a colon is missing"),
    Code("NS010", "unreadable", "the file's bytes are not UTF-8 text"),
    Code("NS011", "several-documents", "the file holds more than one YAML document"),
    Code("NS101", "not-a-spec", "the top of the file is not a mapping with `netspec: 1`"),
    Code("NS102", "unknown-key", "a key is not part of the language"),
    Code("NS103", "missing-key", "a required key is missing"),
    Code("NS104", "wrong-kind", "a mapping, list or scalar stands where another kind is needed"),
    Code("NS105", "bad-name", "a name is reserved, or is not an identifier"),
    Code("NS106", "not-one-op", "an entry names no op, or more than one"),
    Code("NS107", "duplicate-name", "a name is declared twice in one namespace"),
    Code("NS108", "unsupported", "a part of the language that this release does not support"),
    Code("NS201", "unknown-op", "no op, block or layer has this name"),
    Code("NS202", "unknown-argument", "an op has no argument of this name"),
    Code("NS203", "missing-argument", "a required argument is not given"),
    Code("NS204", "wrong-type", "an argument has the wrong type"),
    Code("NS205", "out-of-range", "an argument lies outside its range"),
    Code("NS206", "bad-choice", "an argument is none of the values that the op knows"),
    Code("NS207", "too-many-arguments", "more positional arguments are given than the op takes"),
    Code("NS208", "unknown-value", "no input, `as` name, parameter or buffer has this name"),
    Code("NS209", "argument-twice", "one argument is given twice"),
    Code("NS210", "no-current-value", "a step needs a current value and there is none"),
    Code("NS211", "result-count", "an `as` list does not match the number of results"),
    Code("NS212", "bad-path", "a path leads to no layer or tensor"),
    Code("NS301", "unknown-param", "`$` refers to no param, `let` name, loop variable or dimension"),
    Code("NS302", "bad-expression", "an expression is not in the language's subset"),
    Code("NS303", "failed-expression", "an expression cannot be evaluated"),
    Code("NS304", "bad-param", "a param's value does not fit its declaration"),
    Code("NS305", "contains-itself", "a module contains itself"),
    Code("NS306", "auto", "`auto` cannot be solved here"),
    Code("NS307", "unknown-override", "a value is given for a param that the spec does not declare"),
    Code("NS401", "wrong-rank", "a value has the wrong number of dimensions"),
    Code("NS402", "size-mismatch", "a size differs from the one that the op needs"),
    Code("NS403", "shapes-differ", "shapes do not broadcast or join"),
    Code("NS404", "empty-size", "a size would be zero or negative"),
    Code("NS405", "wrong-dtype", "a value has the wrong dtype"),
    Code("NS406", "bad-axis", "a dimension index lies outside the value's rank"),
    Code("NS407", "bad-reshape", "the number of elements does not fit the new shape"),
    Code("NS408", "bad-combination", "arguments contradict each other or the value"),
    Code("NS409", "no-shape-rule", "no shape rule knows this op, so what follows is unchecked", "info"),
    Code("NS410", "wrong-value", "a tuple, list or number stands where a tensor is needed"),
    Code("NS411", "failed-assertion", "what `assert` says does not hold"),
    Code("NS412", "strided-view", "a `view` joins dimensions that do not lie together in memory"),
    Code("NS501", "unused-layer", "a layer is never used", "warning"),
    Code("NS502", "unused-value", "a value is never used", "warning"),
    Code("NS503", "dropout2d-on-2d", "channel dropout on a value without channels", "warning"),
    Code("NS504", "unused-param", "a param is never used", "warning"),
    Code("NS505", "dead-step", "the result of a step is never used", "warning"),
    Code("NS506", "changed-in-place", "a step changes a value that is read afterwards", "warning"),
    Code("NS507", "bias-before-norm", "a convolution's bias that a batch norm takes out again", "info"),
    Code("NS508", "dropout-before-norm", "a batch norm directly behind dropout", "warning"),
    Code("NS509", "two-activations", "an activation directly behind another", "warning"),
    Code("NS510", "kernel-on-one", "a wide kernel on a value of one place", "warning"),
    Code("NS511", "fixed-batch", "a reshape has a number where the batch size is", "warning"),
    Code("NS512", "norm-on-one", "a batch norm with one value for each channel of a sample", "warning"),
    Code("NS513", "skipped-edge", "windows side by side leave out the end of a value", "info"),
    Code("NS514", "unused-block", "a block is never used", "warning"),
    Code("NS515", "suspicious-literal", "a literal is something else than it looks like", "warning"),
    Code("NS516", "could-be-auto", "a number that `auto` could stand for", "info", asked=True),
    Code("NS590", "unused-ignore", "an ignore comment that silences nothing", "warning"),
    Code("NS601", "needs-torch", "a command needs PyTorch, which is not installed"),
    Code("NS602", "failed-build", "PyTorch refused a layer while the network was built"),
    Code("NS603", "bad-safe-file", "a file of weights is damaged, or is something else"),
    Code("NS604", "other-weights", "weights do not belong to the network"),
    Code("NS701", "bad-recipe-data", "the recipe's data do not fit the model"),
    Code("NS702", "bad-recipe-loss", "the recipe's loss does not fit the model's output"),
    Code("NS703", "bad-recipe-value", "a recipe value is outside its range"),
    Code(
        "NS704", "unknown-component", "no data set, transform, optimizer, scheduler or metric has this name"
    ),
    Code("NS705", "unmatched-path", "a path of a recipe fits no parameter of the network"),
    Code("NS901", "internal", "netspec contradicts itself: please report it"),
    Code("NS902", "refused-by-torch", "the installed PyTorch refuses a step that the checks accept"),
    Code(
        "NS903", "torch-differs", "the installed PyTorch makes another shape or dtype than the checks promise"
    ),
)

CODES: dict[str, Code] = {code.code: code for code in _ALL}
