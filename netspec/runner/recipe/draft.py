"""A spec -> the text of a recipe that trains it: `netspec init --recipe SPEC`.

Inputs and outputs tell the task: pictures and a row of scores are classified, scores for each pixel make a
segmentation, tokens with scores of tokens a language model, an output like the input an autoencoder. Data
sets stand in for the user's own, and the text says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from netspec.errors import NetspecError
from netspec.pipeline import Checked
from netspec.runner.recipe.check_meaning import meaning
from netspec.runner.recipe.model import InputFacts, ModelFacts, OutputFacts, model_facts
from netspec.shapes.dims import Dim
from netspec.shapes.values import Tensor, Unknown

# A size that a spec leaves open and names no typical one for.
_USUAL = 64
_BATCH = 16
_TEXT = "data/text.txt"
# A column of class numbers.
_CLASSES = "label"


@dataclass(frozen=True, slots=True)
class _Sized:
    """A name with its sizes behind the batch; None where they are not known."""

    name: str
    sizes: tuple[int, ...] | None
    dtype: str


def draft(path: str, checked: Checked) -> str:
    """The recipe for the spec at `path`, as the recipe is to name it. NetspecError where no recipe can train
    the spec, with the reason."""
    model = model_facts(checked)
    if model is None:
        raise NetspecError(f"{path} has errors: `netspec validate {path}` shows them")
    _check_trainable(model, path)
    typical = _typical(checked)
    inputs = [_input(each, typical) for each in model.inputs]
    outputs = {key: _output(key, each, typical) for key, each in model.outputs.items()}
    data, losses = _task(inputs, outputs, model)
    lines = [
        "netspec: 1",
        f"recipe: {Path(path).stem}",
        f"model: {path}",
        "",
        *("data:", *data, f"  batch_size: {_BATCH}"),
        "",
        *losses,
        "optimizer: {AdamW: {lr: 1e-3}}",
        "scheduler: CosineAnnealingLR",
        "epochs: 10",
    ]
    return "\n".join(lines) + "\n"


def _check_trainable(model: ModelFacts, path: str) -> None:
    strange = next((each for each in model.inputs if each.kind != "tensor"), None)
    if strange is not None:
        why = f"`{strange.name}` is {strange.kind}, and a batch has one tensor for each input"
    elif not model.inputs or not model.outputs:
        why = "it takes nothing, or returns nothing"
    elif model.eval_structure is not None:
        why = "it returns one thing while it trains and another when it is measured"
    elif any(isinstance(each.value, Unknown) and each.value.reason for each in model.outputs.values()):
        why = "it returns something that is no tensor"
    else:
        return
    raise NetspecError(f"no recipe can train {path}: {why}")


def _typical(checked: Checked) -> dict[str, int]:
    assert checked.graph is not None
    found: dict[str, int] = {}
    for each in checked.graph.inputs:
        found |= {symbol.name: min(_USUAL, symbol.maximum or _USUAL) for symbol in each.symbols}
    for each in checked.graph.inputs:
        found |= each.typical
    return found


def _input(facts: InputFacts, typical: Mapping[str, int]) -> _Sized:
    return _Sized(facts.name, _sizes(facts.shape, typical), facts.dtype)


def _output(key: str | None, facts: OutputFacts, typical: Mapping[str, int]) -> _Sized:
    shape = facts.value.shape if isinstance(facts.value, Tensor) else None
    return _Sized(key or "target", _sizes(shape, typical), "float32")


def _sizes(shape: tuple[Dim, ...] | None, typical: Mapping[str, int]) -> tuple[int, ...] | None:
    if shape is None or not all(symbol.name in typical for size in shape for symbol in size.symbols):
        return None
    return tuple(size.evaluate(typical) for size in shape[1:])


def _task(
    inputs: list[_Sized], outputs: Mapping[str | None, _Sized], model: ModelFacts
) -> tuple[list[str], list[str]]:
    """The lines below `data`, and those of the losses."""
    first, one = inputs[0], next(iter(outputs.values()))
    if len(inputs) == 1 and first.sizes is not None and all(each.sizes for each in outputs.values()):
        if first.dtype == "int64" and one.sizes is not None and one.sizes[:-1] == first.sizes:
            return _text(first, one.sizes[-1]), _losses(outputs, model, "next", "perplexity")
        if len(first.sizes) == 3 and 1 <= first.sizes[0] <= 4:
            found = _of_pictures(first, outputs, model)
            if found is not None:
                return found
    return _arrays(inputs, outputs, model)


def _of_pictures(
    picture: _Sized, outputs: Mapping[str | None, _Sized], model: ModelFacts
) -> tuple[list[str], list[str]] | None:
    assert picture.sizes is not None
    shapes = {each.sizes for each in outputs.values()}
    if shapes == {picture.sizes}:
        return [*_fake(picture.sizes, 2), "  target: image"], _losses(outputs, model, "image", "")
    if len(shapes) > 1 and len({shape and shape[1:] for shape in shapes}) > 1:
        return None
    (sizes,) = {each.sizes for each in list(outputs.values())[:1]}
    assert sizes is not None
    if sizes[1:] == picture.sizes[1:] and sizes[0] > 1:
        return _masks(sizes), _losses(outputs, model, "mask", "mean_iou")
    if len(sizes) == 1 and sizes[0] > 1 and _kind(model, outputs) != "probabilities":
        return _fake(picture.sizes, sizes[0]), _losses(outputs, model, "label", "accuracy")
    return None


def _kind(model: ModelFacts, outputs: Mapping[str | None, _Sized]) -> str | None:
    return meaning(model.outputs[next(iter(outputs))].op)


def _fake(sizes: tuple[int, ...], classes: int) -> list[str]:
    size = f"image_size: [{', '.join(map(str, sizes))}], num_classes: {classes}"
    return [
        "  # Random pictures, to try out that everything fits. Your own, a folder for each class:",
        "  # train: {ImageFolder: {root: data/train}}",
        f"  train: {{FakeData: {{size: 64, {size}}}}}",
        f"  test: {{FakeData: {{size: 32, {size}, random_offset: 64}}}}",
    ]


def _masks(sizes: tuple[int, ...]) -> list[str]:
    classes = sizes[0]
    return [
        "  # Pictures lie in the folder's `images`, masks of the same names in its `masks`.",
        f"  train: {{ImageMasks: {{root: data/train, classes: {classes}}}}}",
        f"  test: {{ImageMasks: {{root: data/test, classes: {classes}}}}}",
        f"  transform: [{{Resize: {{size: [{sizes[1]}, {sizes[2]}]}}}}]",
    ]


def _text(tokens: _Sized, vocabulary: int) -> list[str]:
    assert tokens.sizes is not None
    tokenizer = "bytes" if vocabulary == 256 else "data/tokenizer.json"
    both = f"path: {_TEXT}, context: {tokens.sizes[0]}, tokenizer: {tokenizer}"
    return [
        f"  # Any text. Its last tenth is held out; the tokenizer has {vocabulary} numbers.",
        f"  train: {{Text: {{{both}, split: train}}}}",
        f"  test: {{Text: {{{both}, split: test}}}}",
    ]


def _arrays(
    inputs: list[_Sized], outputs: Mapping[str | None, _Sized], model: ModelFacts
) -> tuple[list[str], list[str]]:
    """Files of NumPy, one for each input and each target."""
    targets = {key: _target(each, inputs, model.outputs[key]) for key, each in outputs.items()}
    names = dict.fromkeys((*(each.name for each in inputs), *targets.values()))
    lines = ["  # One array for each column, with a sample in each row."]
    for key in ("train", "test"):
        files = ", ".join(f"{name}: data/{key}/{name}.npy" for name in names)
        lines.append(f"  {key}: {{Arrays: {{{files}}}}}")
    if list(outputs) == [None]:
        return [*lines, f"  target: {targets[None]}"], _losses(outputs, model, targets[None], "")
    return lines, _several(outputs, model, targets, "")


def _target(output: _Sized, inputs: list[_Sized], facts: OutputFacts) -> str:
    """The column that an output is held against: an input of its own shape, a class, or one of its own."""
    alike = [each.name for each in inputs if each.dtype != "int64" and each.sizes == output.sizes is not None]
    if alike:
        return alike[0]
    start = "" if output.name == "target" else f"{output.name}_"
    if _has_classes(output, inputs) and meaning(facts.op) != "probabilities":
        return f"{start}{_CLASSES}"
    return f"{start}target" if all(each.name != f"{start}target" for each in inputs) else f"{start}wanted"


def _has_classes(output: _Sized, inputs: list[_Sized]) -> bool:
    """A row of scores, or one for each token."""
    if output.sizes is None:
        return False
    if len(output.sizes) == 1 and output.sizes[0] > 1:
        return True
    return any(each.dtype == "int64" and output.sizes[:-1] == each.sizes for each in inputs)


def _losses(outputs: Mapping[str | None, _Sized], model: ModelFacts, target: str, metric: str) -> list[str]:
    """`loss`, or `losses` where the network returns several tensors."""
    if list(outputs) != [None]:
        return _several(outputs, model, dict.fromkeys(outputs, target), metric)
    found = _loss(model.outputs[None], target)
    return [f"loss: {found}"] + ([f"metrics: [{metric}]"] if metric else [])


def _several(
    outputs: Mapping[str | None, _Sized],
    model: ModelFacts,
    targets: Mapping[str | None, str],
    metric: str,
) -> list[str]:
    lines = ["losses:"]
    for key in outputs:
        beside = f"target: {targets[key]}" + (f", metrics: [{metric}]" if metric else "")
        lines.append(f"  {key}: {{{_loss(model.outputs[key], targets[key])}: , {beside}}}")
    return lines


def _loss(facts: OutputFacts, target: str) -> str:
    """The loss for what the last step makes, against a column of this name."""
    match meaning(facts.op):
        case "log-probabilities":
            return "nll_loss"
        case "probabilities":
            return "binary_cross_entropy"
    return "cross_entropy" if target.endswith((_CLASSES, "mask", "next")) else "mse_loss"
