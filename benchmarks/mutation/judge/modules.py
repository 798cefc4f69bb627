"""A spec or block, with values for its params -> a module whose forward runs its steps."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import nn

from benchmarks.mutation.judge.arguments import as_op, value_of
from benchmarks.mutation.judge.claims import check_claims
from benchmarks.mutation.judge.initial import initialise, run_init
from benchmarks.mutation.judge.layers import Layers, with_lets
from benchmarks.mutation.judge.reading import Breach
from benchmarks.mutation.judge.steps import NOTHING, Run

KEYS = frozenset(
    """doc params let inputs layers parameters buffers forward outputs init tie assert sequential extends repr
    class""".split()
)
SPEC_KEYS = (KEYS - {"sequential", "extends", "repr", "class"}) | {"netspec", "name", "use", "blocks"}
_TYPES: dict[str, tuple[type, ...]] = {
    "int": (int,), "float": (float, int), "bool": (bool,), "str": (str,), "list": (tuple,), "shape": (tuple,),
}  # fmt: skip
_REQUIRED = object()
_DIMENSION = re.compile("[<>]?=")
DTYPES = {
    name: getattr(torch, name)
    for name in (
        "float32 float64 float16 bfloat16 int64 int32 int16 int8 uint8 bool complex64 complex128".split()
    )
}


class Written:
    """A module as it is written: its data, and the blocks that it may name."""

    def __init__(self, name: str, data: Any, keys: frozenset[str]) -> None:
        if not isinstance(data, dict):
            raise Breach(f"{name} is no mapping")
        for key in data:
            if key not in keys:
                raise Breach(f"{name} has no key {key}")
        if not name.isidentifier() or keyword.iskeyword(name):
            raise Breach(f"{name} is no class name")
        if ("sequential" in data) + ("forward" in data) + ("extends" in data and "forward" not in data) != 1:
            raise Breach(f"{name} has no `forward`, or two")
        self.name = name
        self.data = data
        self.blocks: Mapping[str, Written] = {}
        self.params = dict(self._params())

    def _params(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for name, value in _mapping(self.data.get("params")).items():
            yield name, _param(name, value)

    def built(
        self, positional: list[Any], keywords: dict[str, Any], inside: tuple[str, ...] = ()
    ) -> nn.Module:
        """The module for these values of its params."""
        if self.name in inside:
            raise Breach(f"{self.name} contains itself")
        names = self._names(positional, keywords)
        layers = Layers(self._maker((*inside, self.name)))
        if "sequential" in self.data:
            made = _InLine(layers.container("Sequential", self.data["sequential"], names))
        elif "extends" in self.data:
            made = self._extended(layers, names)
        else:
            made = Interpreted(self, names, layers)
        run_init(made, _mapping(self.data.get("init")), names, self.blocks)
        return made

    def _extended(self, layers: Layers, names: Mapping[str, Any]) -> nn.Module:
        """A layer of another class, whose forward runs the steps; `super` is its own."""
        made = layers.module(self.data["extends"], names)
        if made is None:
            raise Breach(f"{self.name} extends nothing")
        if "layers" in self.data:
            for name, module in layers.entries(_mapping(self.data["layers"]), names):
                made.add_module(name, module)
        if "forward" in self.data:
            outer = Interpreted(Written(self.name, {**self.data, "layers": {}}, KEYS), names, layers)
            own = made.forward
            made.forward = lambda *given: outer.forward(*given, module=made, own=own)
        return made

    def _maker(self, inside: tuple[str, ...]) -> Any:
        def make(name: str, positional: list[Any], keywords: dict[str, Any]) -> nn.Module | None:
            block = self.blocks.get(name)
            return None if block is None else block.built(positional, keywords, inside)

        return make

    def _names(self, positional: list[Any], keywords: dict[str, Any]) -> dict[str, Any]:
        if len(positional) > len(self.params):
            raise Breach(f"{self.name} takes {len(self.params)} params")
        given = dict(zip(self.params, positional, strict=False))
        if given.keys() & keywords.keys() or not keywords.keys() <= self.params.keys():
            raise Breach(f"{self.name} does not take {sorted(keywords)}")
        given |= keywords
        names: dict[str, Any] = {}
        for name, param in self.params.items():
            value = given.get(name, param["default"])
            if value is _REQUIRED:
                raise Breach(f"{self.name} needs {name}")
            names[name] = _fitting(f"{self.name}.{name}", value, param)
        return with_lets(self.data.get("let"), names)


def _mapping(data: Any) -> dict[str, Any]:
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise Breach(f"{data!r} is no mapping")
    return data


def _param(name: str, value: Any) -> dict[str, Any]:
    """The long form of a param: type, default, bounds."""
    if not name.isidentifier():
        raise Breach(f"{name} is no name of a param")
    if isinstance(value, dict):
        if "type" not in value or not value.keys() <= {"type", "default", "min", "max", "doc"}:
            raise Breach(f"the param {name} is {value!r}")
        param = {"default": _REQUIRED, **value}
    elif isinstance(value, str) and value in (*_TYPES, "op"):
        param = {"type": value, "default": _REQUIRED}
    else:
        kinds = {bool: "bool", int: "int", float: "float", str: "str", list: "list"}
        if type(value) not in kinds:
            raise Breach(f"the param {name} is {value!r}")
        param = {"type": kinds[type(value)], "default": value}
    if param["type"] not in (*_TYPES, "op"):
        raise Breach(f"{name} has the type {param['type']}")
    if param["default"] is not _REQUIRED:
        if isinstance(param["default"], str) and "$" in param["default"]:
            raise Breach("a default is no expression")
        param["default"] = value_of(param["default"], {})
        _fitting(name, param["default"], param)
    return param


def _fitting(name: str, value: Any, param: Mapping[str, Any]) -> Any:
    """The value, if the param's type and bounds allow it."""
    kind = param["type"]
    if kind == "op":
        return as_op(value)
    if not isinstance(value, _TYPES[kind]) or (isinstance(value, bool) and kind != "bool"):
        raise Breach(f"{name} is {kind}, not {value!r}")
    if kind == "shape" and not all(type(each) is int for each in value):
        raise Breach(f"{name} is a shape, not {value!r}")
    if not param.get("min", value) <= value <= param.get("max", value):
        raise Breach(f"{name} is out of its bounds")
    return value


class _InLine(nn.Sequential):
    """A block with `sequential`."""

    def __init__(self, members: nn.Module) -> None:
        super().__init__()
        for name, member in members._modules.items():
            self.add_module(name, member)


class Interpreted(nn.Module):
    """A block or spec with steps."""

    def __init__(self, written: Written, names: Mapping[str, Any], layers: Layers) -> None:
        super().__init__()
        self.written = written
        self.names = names
        data = written.data
        first = [key for key in data if key in ("parameters", "buffers", "layers")]
        for key in first:
            if key == "layers":
                self._layers(layers, data["layers"], names)
            else:
                self._own(key, _mapping(data[key]), names)
        self.inputs = {name: _input(name, each) for name, each in _mapping(data.get("inputs")).items()}

    def _layers(self, layers: Layers, data: Any, names: Mapping[str, Any]) -> None:
        for name, module in layers.entries(_mapping(data), names):
            if name in self._modules or hasattr(self, name):
                raise Breach(f"{name} twice, or a name of nn.Module")
            self.add_module(name, module)

    def _own(self, kind: str, data: Mapping[str, Any], names: Mapping[str, Any]) -> None:
        for name, each in data.items():
            if not isinstance(each, dict) or "shape" not in each:
                raise Breach(f"{name} has no shape")
            if not each.keys() <= {"shape", "dtype", "init", *(("persistent",) if kind == "buffers" else ())}:
                raise Breach(f"{name} is {each!r}")
            tensor = torch.empty(value_of(each["shape"], names), dtype=dtype_of(each))
            initialise(tensor, each.get("init"), names)
            if kind == "buffers":
                self.register_buffer(name, tensor, persistent=each.get("persistent", True))
            else:
                self.register_parameter(name, nn.Parameter(tensor))

    def forward(
        self, *positional: Any, module: nn.Module | None = None, own: Any = None, **keywords: Any
    ) -> Any:
        """`module` has the layers where another class is extended, and `own` is its forward."""
        values = dict(zip(self.inputs, positional, strict=False)) | keywords
        if len(positional) + len(keywords) != len(self.inputs) or values.keys() != self.inputs.keys():
            raise Breach(f"{self.written.name} takes {len(self.inputs)} inputs")
        sizes: dict[str, int] = {}
        for name, declared in self.inputs.items():
            _enter(name, values[name], declared, self.names, sizes)
        holder = self if module is None else module
        named = {**holder._parameters, **holder._buffers, **values}
        run = Run(holder, named, {**self.names, **sizes}, own)
        first = next(iter(values.values()), NOTHING)
        current = run.steps(self.written.data["forward"], first)
        returned = self._returned(run, current)
        # Parameters that are tied count once; the judge does not tie them.
        claims = {} if "tie" in self.written.data else self.written.data.get("assert")
        check_claims(claims, holder, returned, run.names)
        return returned

    def _returned(self, run: Run, current: Any) -> Any:
        outputs = self.written.data.get("outputs", NOTHING)
        if outputs is NOTHING:
            if current is NOTHING:
                raise Breach("there is no current value at the end")
            return current
        made = set(_named(self.written.data["forward"]))
        if isinstance(outputs, dict) and outputs.keys() == {"train", "eval"}:
            # Both are read, since a name that is nowhere is wrong in either mode.
            found = {mode: _structure(each, run, made, current) for mode, each in outputs.items()}
            return found["train" if self.training else "eval"]
        return _structure(outputs, run, made, current)


def _structure(outputs: Any, run: Run, made: set[str], current: Any) -> Any:
    match outputs:
        case str():
            if outputs == "_":
                return current
            if outputs not in run.values and outputs not in made:
                raise Breach(f"no value {outputs}")
            return run.values.get(outputs)
        case list():
            return tuple(_structure(each, run, made, current) for each in outputs)
        case {"namedtuple": str(name), "fields": dict(fields)} if len(outputs) == 2 and name.isidentifier():
            return tuple(_structure(each, run, made, current) for each in fields.values())
        case dict() if not outputs.keys() & {"namedtuple", "fields", "train", "eval"}:
            return {key: _structure(each, run, made, current) for key, each in outputs.items()}
    raise Breach(f"outputs are {outputs!r}")


def _named(steps: Any) -> Iterator[str]:
    """Every `as` name of the steps, whether they run or not."""
    match steps:
        case list():
            for step in steps:
                yield from _named(step)
        case dict():
            names = [steps.get("as")]
            while names:
                each = names.pop()
                if isinstance(each, list):
                    names += each
                elif isinstance(each, str):
                    yield each
            for value in steps.values():
                yield from _named(value)


def _input(name: str, data: Any) -> dict[str, Any]:
    if not name.isidentifier():
        raise Breach(f"{name} is no name of an input")
    declared = {"shape": data} if isinstance(data, list) else data
    if not isinstance(declared, dict) or not isinstance(declared.get("shape"), list):
        raise Breach(f"the input {name} has no shape")
    if not declared.keys() <= {"shape", "dtype", "range"}:
        raise Breach(f"the input {name} is {declared!r}")
    dtype_of(declared)
    return declared


def dtype_of(declared: Mapping[str, Any]) -> torch.dtype:
    dtype = declared.get("dtype", "float32")
    if dtype not in DTYPES:
        raise Breach(f"no dtype {dtype}")
    return DTYPES[dtype]


def _enter(name: str, value: Any, declared: Any, names: Mapping[str, Any], sizes: dict[str, int]) -> None:
    """What flows in must have the shape and dtype that is declared; its dimensions get their sizes."""
    if not isinstance(value, torch.Tensor) or value.dtype != dtype_of(declared):
        raise Breach(f"{name} is no tensor of {dtype_of(declared)}")
    dims = declared["shape"]
    if "..." in dims:
        return
    if len(dims) != value.dim():
        raise Breach(f"{name} has {value.dim()} dimensions, not {len(dims)}")
    for dim, size in zip(dims, value.shape, strict=True):
        wanted = dimension(dim, names)
        if isinstance(wanted, str):
            wanted = size if wanted == "_" else sizes.setdefault(wanted, size)
        if wanted != size:
            raise Breach(f"{name} has the size {size}, not {dim}")


def dimension(dim: Any, names: Mapping[str, Any]) -> int | str:
    """A size, or the name of a dimension."""
    dim = value_of(dim, names)
    if isinstance(dim, str):
        name = _DIMENSION.split(dim)[0]
        if not name.isidentifier() or name in names:
            raise Breach(f"{dim} is no dimension")
        return name
    if not isinstance(dim, int) or isinstance(dim, bool) or dim < 0:
        raise Breach(f"{dim!r} is no size")
    return dim
