"""The Python calls. Each takes a path, a `Spec`, or a dict with the content of a spec. A path may be that
of a safe file, which `save` writes.

Nothing here imports torch until a module is built.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar

import yaml

from netspec.carry import SafeFile, is_safe_file
from netspec.carry.read import read_declared
from netspec.catalog import registered
from netspec.catalog.load import ops
from netspec.diagnostics import Collector, Source, Span
from netspec.document.words import CONTAINERS, RESERVED
from netspec.errors import NetspecError, SpecError
from netspec.files import carried_params, is_recipe, open_file, read_source
from netspec.pipeline import Checked, check
from netspec.report import Report
from netspec.revisions import revision
from netspec.spec import Spec
from netspec.syntax.scalars import plain_value
from netspec.unsaved import unsaved

if TYPE_CHECKING:
    import torch

    from netspec.build.carry_over import CarriedOver
    from netspec.build.export import Exported
    from netspec.build.migrate import Migrated
    from netspec.carry.header import Stored
    from netspec.runner.evaluate import Evaluation
    from netspec.runner.train import Result
    from netspec.views.diagram import Diagram
    from netspec.views.diff import Difference
    from netspec.views.summary import Summary

_MOST_CHECKED = 64
_CHECKED: dict[tuple[str, str, str, tuple[int, ...]], Checked] = {}

Thing = TypeVar("Thing", bound=Callable[..., Any])
SpecLike: TypeAlias = "str | os.PathLike[str] | Spec | Mapping[str, Any]"


def validate(spec: SpecLike, /, *, oracle: Literal["torch"] | None = None, **params: Any) -> Report:
    """Check a spec, or a recipe, and report everything that is found; nothing raises for a bad one.

    `oracle="torch"` then runs each step of a spec without errors in the installed PyTorch, on the meta
    device, and reports where the two disagree (NS902, NS903). `params` are values for the spec's
    params; NetspecError where the file cannot be read.
    """
    collector = Collector()
    source = _source(spec, collector)
    if source is None:
        return Report((os.fspath(spec),), collector.diagnostics)  # type: ignore[arg-type]
    return validate_text(source.text, path=source.path, oracle=oracle, **params)


def validate_text(
    text: str, /, *, path: str = "<text>", oracle: Literal["torch"] | None = None, **params: Any
) -> Report:
    """As `validate`, for a text; `path` is what reports call it."""
    source = Source(path, text)
    if is_recipe(text):
        from netspec.runner.recipe.load import check_source

        return check_source(source).report
    checked = _check(source, params)
    if oracle is None or not checked.report.ok:
        return checked.report
    _need_torch("validate --oracle torch")
    from netspec.build.oracle import disagreements

    return Report(checked.report.paths, (*checked.diagnostics, *disagreements(checked)))


def load(path: str | os.PathLike[str], /, **params: Any) -> Spec:
    """Read a spec; SpecError, whose text is the report, where it has errors."""
    return _spec(path, params)


def loads(text: str, /, *, path: str = "<text>", **params: Any) -> Spec:
    """As `load`, from YAML text."""
    return _good(_check(Source(path, text), params))


def source(spec: SpecLike, /, **params: Any) -> str:
    """The Python source of the compiled class; it needs torch alone. SpecError for a bad spec."""
    return _spec(spec, params).checked.python


def standalone(
    specs: Sequence[SpecLike], /, *, annotate: bool = False, format: bool = False, **params: Any
) -> str:
    """One Python source with the classes of several specs, which needs nothing of netspec.

    `annotate` puts the shape of each result behind its line; `format` lays the text out as `ruff format`
    does. NetspecError where two specs have different classes of one name, or ruff is not installed.
    """
    from netspec.codegen import generate_all
    from netspec.views.annotations import part

    text = generate_all([part(_spec(each, params).checked, annotate=annotate) for each in specs])
    if not format:
        return text
    from netspec.views.formatted import formatted

    return formatted(text)


def summary(spec: SpecLike, /, **params: Any) -> Summary:
    """Output shape, parameters, FLOPs and memory of every step, without torch."""
    from netspec.views.summary import summarise

    return summarise(_spec(spec, params).checked)


def diagram(spec: SpecLike, /, **params: Any) -> Diagram:
    """The diagram: blocks in blocks, and the values that flow; without torch."""
    from netspec.views.diagram import draw

    return draw(_spec(spec, params).checked)


def diff(before: SpecLike, after: SpecLike, /, **params: Any) -> Difference:
    """What is different in the second of two networks: layers, steps, shapes, figures, and what becomes of
    each key of a checkpoint.

    Each may be a spec, a safe file, a path in a git revision (`HEAD~1:specs/net.yaml`), or a `.safetensors`
    file without a spec, of which the keys alone are compared. SpecError where one has errors.
    """
    from netspec.views.diff import difference, difference_of_states

    names = _name_of(before), _name_of(after)
    one, other = _network(before, params), _network(after, params)
    if isinstance(one, Checked) and isinstance(other, Checked):
        return difference(one, other, names)
    return difference_of_states(_keys_of(one), _keys_of(other), names)


def _name_of(spec: SpecLike) -> str:
    match spec:
        case Spec():
            return spec.path
        case Mapping():
            return "<dict>"
    return os.fspath(spec)


def _network(spec: SpecLike, params: Mapping[str, Any]) -> Checked | SafeFile:
    """A spec, checked; or the file itself, where it holds weights alone."""
    if isinstance(spec, Spec | Mapping):
        return _spec(spec, params).checked
    path = os.fspath(spec)
    if is_safe_file(path):
        found = read_declared(path)
        if found.record is None:
            return found
    place = revision(path)
    if place is None:
        return _spec(path, params).checked
    with unsaved(place.contents):
        try:
            return _spec(place.path, params).checked
        except SpecError as error:
            raise NetspecError(f"{path} has errors:\n{error}") from None


def _keys_of(network: Checked | SafeFile) -> Mapping[str, Stored]:
    from netspec.views.diff import keys_of

    return keys_of(network) if isinstance(network, Checked) else network.header.tensors


def compile_class(spec: SpecLike, /) -> type[torch.nn.Module]:
    """The compiled class; its constructor takes the spec's params. SpecError for a bad spec."""
    _need_torch("compile")
    from netspec.build.instantiate import compiled_class

    return compiled_class(_spec(spec, {}).checked)


def compile(spec: SpecLike, /, *, device: str | torch.device | None = None, **params: Any) -> torch.nn.Module:
    """A module from a spec, for values of its params, its weights made on `device`.

    SpecError where the spec has errors, or where PyTorch refuses a layer (NS602).
    """
    _need_torch("compile")
    from netspec.build.instantiate import instantiate

    checked = _spec(spec, params).checked
    return instantiate(checked, checked.params or {}, device)


def save(
    net: torch.nn.Module, path: str | os.PathLike[str], /, *, about: Mapping[str, str] | None = None
) -> None:
    """Write the weights of a compiled network, with its spec and params, into one `.safetensors` file.

    `about` is kept beside them. Whatever stood there is replaced, whole or not at all. NetspecError where
    the network was not compiled from a spec or has been changed since, or where the disk refuses.
    """
    _need_safetensors("save")
    from netspec.build.weights import save as write

    write(net, os.fspath(path), about or {})


def open(
    path: str | os.PathLike[str], /, *, device: str | torch.device | None = None, **params: Any
) -> torch.nn.Module:
    """The network in a file that `save` wrote, rebuilt from the file alone; no code of the file runs.

    It is made on the CPU and then moved to `device`; values keep the dtypes that they were saved with.
    Random numbers are not drawn. SafeFileError, and nothing is loaded, where the file is damaged, or
    is something else; SpecError where its spec is not accepted.
    """
    if params:
        raise NetspecError(
            f"the weights of {os.fspath(path)} belong to its own params: to build another network from its "
            f"spec, without these weights, call netspec.compile({os.fspath(path)!r}, ...)"
        )
    _need_safetensors("open")
    from netspec.build.weights import open as read

    return read(os.fspath(path), device)


def load_weights(
    net: torch.nn.Module, path: str | os.PathLike[str], /, *, strict: bool = False
) -> CarriedOver:
    """Put those weights of a `.safetensors` file that fit into a network, and say what became of each name.

    The file need not come from netspec. With `strict`, everything must fit. SafeFileError, and nothing
    is loaded, where the file is damaged, or where nothing fits.
    """
    _need_safetensors("load_weights")
    from netspec.build.carry_over import carry_over

    return carry_over(net, os.fspath(path), strict=strict)


def migrate(
    old: str | os.PathLike[str],
    new: SpecLike,
    path: str | os.PathLike[str],
    /,
    *,
    seed: int = 0,
    force: bool = False,
    **params: Any,
) -> Migrated:
    """Write a safe file for the network `new` with those weights of the file `old` that fit, by name and by
    the renames of `diff(old, new)`; the rest is drawn from `seed`.

    The result says what became of every name. NetspecError where `path` exists (but for `force`);
    SafeFileError, and nothing is written, where `old` is damaged, or nothing of it fits.
    """
    _need_safetensors("migrate")
    from netspec.build.migrate import migrate as run

    source, target = os.fspath(old), os.fspath(path)
    if not is_safe_file(source):
        raise NetspecError(f"{source} is no .safetensors file, which holds the weights")
    if os.path.exists(target) and not force:
        raise NetspecError(f"{target} exists; give another name, or `force` to replace it")
    spec = _spec(new, params)
    return run(source, spec.checked, diff(source, spec), target, seed)


def export(
    net: SpecLike | torch.nn.Module,
    path: str | os.PathLike[str],
    /,
    *,
    to: Literal["onnx", "pt2", "safetensors", "pt"] | None = None,
    given: Sequence[str] = (),
    seed: int = 0,
    force: bool = False,
    **params: Any,
) -> Exported:
    """Write a network for other programs: as ONNX, as a program of `torch.export`, or its plain state.

    `net` is a compiled module, a safe file, or a spec, whose weights are then drawn from `seed`. `to` is by
    default what the path ends in. The network is exported in evaluation mode, with every size that the spec
    leaves open left open, without its optional inputs but those in `given`, and compared with the module.
    NetspecError where the file exists (but for `force`), where the exporter refuses the network, or
    where the results differ.
    """
    _need_safetensors("export")
    from netspec.build.export import export as write

    module, checked = _exportable(net, seed, params)
    return write(module, checked, os.fspath(path), to, given=tuple(given), force=force)


def _exportable(
    net: SpecLike | torch.nn.Module, seed: int, params: Mapping[str, Any]
) -> tuple[torch.nn.Module, Checked]:
    """The module that is meant, and its spec."""
    from netspec.build.weights import drawn, spec_of

    if isinstance(net, str | os.PathLike) and is_safe_file(os.fspath(net)):
        return open(net, **params), _spec(net, {}).checked
    if isinstance(net, str | os.PathLike | Spec | Mapping):
        checked = _spec(net, params).checked
        return drawn(checked, seed), checked
    if params:
        raise NetspecError("a module has its params already: give them to netspec.compile")
    return net, spec_of(net)


def train(
    recipe: str | os.PathLike[str] | None = None,
    /,
    *,
    device: str | None = None,
    epochs: int | None = None,
    set: Sequence[str] = (),
    output: str | os.PathLike[str] | None = None,
    resume: str | os.PathLike[str] | None = None,
    progress: bool = True,
) -> Result:
    """Train a network as a recipe says; the weights and all else lie in the result's run folder.

    `set` has overrides such as `optimizer.AdamW.lr=3e-4`. `resume` is the folder of a run that was cut
    off, which goes on from its newest checkpoint and ends with the same bits. SpecError for a bad recipe
    or spec, NetspecError where data, device or disk fail.
    """
    from netspec.runner.requirements import check_installed

    check_installed()
    from netspec.runner.train import train as run

    return run(recipe, device=device, epochs=epochs, set=set, output=output, resume=resume, progress=progress)


def evaluate(
    run: str | os.PathLike[str],
    /,
    *,
    data: str | os.PathLike[str] | None = None,
    device: str | None = None,
    set: Sequence[str] = (),
) -> Evaluation:
    """The figures of a run's weights, or of a file's, on the test set of the run's recipe, or of the recipe
    `data`; `set` has overrides. SpecError for a bad recipe, NetspecError where data or device fail."""
    from netspec.runner.requirements import check_installed

    check_installed()
    from netspec.runner.evaluate import evaluate as measured

    return measured(run, data=data, device=device, set=set)


def predict(
    run: str | os.PathLike[str],
    pictures: Sequence[str | os.PathLike[str]],
    /,
    *,
    top: int = 1,
    device: str | None = None,
    workers: int = 0,
) -> Iterator[dict[str, Any]]:
    """What a run's network, or a file's, says of pictures, one dict for each; folders stand for the pictures
    in them. A classifier gives `class` and `probability`, with `top` above 1 also the likeliest in `top`;
    other networks give `output`. NetspecError where a file cannot be read, or is no picture."""
    from netspec.runner.requirements import check_installed

    check_installed()
    from netspec.runner.predict import predict as predicted

    return predicted(run, pictures, top=top, device=device, workers=workers)


def from_module(module: torch.nn.Module, example_inputs: Any, /, *, partial: bool = False) -> Spec:
    """The spec of a module that someone wrote in Python, proven to be the same module.

    `example_inputs` is what it is tried with: a tensor, a tuple of arguments, or a mapping of keywords.
    Sizes stay open where the module does the same with others. The spec is compiled, and compared: print,
    state dict, outputs bit for bit in evaluation and in training. ImportRefused (a NetspecError), which
    says why, where it cannot be expressed or proven. With `partial`, submodules that cannot be expressed
    become ops, and their classes are registered, as an application that uses the spec must do, too.
    """
    _need_torch("from_module")
    from netspec.importer.importing import import_module
    from netspec.importer.targets import example_call

    args, kwargs = example_call(example_inputs)
    found = import_module(module, args, kwargs, register=register if partial else None)
    return Spec(found.proven(type(module).__name__))


def register(thing: Thing, /, *, shape: Callable[..., Any] | None = None) -> Thing:
    """Let specs name an op of the application: a subclass of `nn.Module`, or a function, under its name.

    Its parameters are read from Python. `shape` is its shape rule: a function that takes, by name, those
    arguments of the op that it asks for and answers with the result's sizes; without one, what depends
    on the result is not checked. Gives `thing` back, so that it can be a decorator. NetspecError where
    generated source could not import it, or where the name is taken.
    """
    registered.register(thing, shape, _is_taken)
    return thing


def _is_taken(name: str) -> bool:
    """Whether an op's name is one of PyTorch's, or a word of the language."""
    return ops().has_own(name) or name in CONTAINERS or name in RESERVED


def _need_torch(what: str) -> None:
    from importlib.util import find_spec

    if find_spec("torch") is None:
        raise NetspecError(
            f"`{what}` needs PyTorch, which is not installed; in a clone of netspec: pip install '.[torch]'"
        )


def _need_safetensors(what: str) -> None:
    from importlib.util import find_spec

    _need_torch(what)
    if find_spec("safetensors") is None:
        raise NetspecError(
            f"`{what}` needs safetensors, which is not installed; in a clone of netspec: "
            "pip install '.[torch]'"
        )


def _spec(spec: SpecLike, params: Mapping[str, Any]) -> Spec:
    if isinstance(spec, Spec) and not params:
        return spec
    collector = Collector()
    text = _source(spec, collector)
    if text is None:
        raise SpecError(Report((os.fspath(spec),), collector.diagnostics))  # type: ignore[arg-type]
    if is_recipe(text.text):
        raise NetspecError(f"{text.path} is a recipe, but a spec is needed; it names one under `model`")
    return _good(_check(text, params))


def _good(checked: Checked) -> Spec:
    if not checked.report.ok:
        raise SpecError(checked.report)
    if checked.program is None:
        raise SpecError(_only_blocks(checked))
    return Spec(checked)


def _only_blocks(checked: Checked) -> Report:
    """A file that is good for others to use, and no network by itself."""
    collector = Collector()
    collector.add(
        "NS103", "this file holds only blocks, and no network", Span(checked.source, 0, 0),
        help="load a file that has it under `use`, or add `name`, `inputs` and `forward`",
    )  # fmt: skip
    return Report((checked.source.path,), collector.diagnostics)


def _source(spec: SpecLike, collector: Collector) -> Source | None:
    match spec:
        case Spec():
            return Source(spec.path, spec.text)
        case Mapping():
            return Source("<dict>", _as_text(spec))
    return read_source(spec, collector)


class _Dumper(yaml.SafeDumper):
    """Quotes texts that YAML 1.2 reads as numbers and PyYAML, by 1.1, does not (`1e-3`)."""


def _represent(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = None if isinstance(plain_value(text), str) else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent)


def _as_text(spec: Mapping[str, Any]) -> str:
    try:
        text: str = yaml.dump(dict(spec), Dumper=_Dumper, sort_keys=False)
    except yaml.YAMLError as error:
        raise NetspecError(f"a spec is made of texts, numbers, lists and mappings: {error}") from None
    return text


def _check(source: Source, params: Mapping[str, Any]) -> Checked:
    """One check per text and params: compiling a spec twice costs its reading once."""
    params = {**carried_params(source.path), **params}
    key = (source.path, source.text, repr(sorted(params.items())), registered.state())
    known = _CHECKED.get(key)
    if known is None or not _is_current(known):
        if len(_CHECKED) >= _MOST_CHECKED:
            _CHECKED.pop(next(iter(_CHECKED)))
        known = _CHECKED[key] = check(source, params)
    elif known.asks_applications:
        registered.count_question()
    return known


def _is_current(known: Checked) -> bool:
    """Whether the used files still have the texts that were checked; one that was missing may be there."""
    if any(found.code == "NS212" for found in known.diagnostics):
        return False
    now = ((used.source.text, open_file(used.source.path)) for used in known.used)
    return all(isinstance(source, Source) and source.text == text for text, source in now)
