"""Random well-formed specs, by Hypothesis: convolutions, branches, containers, named values, params,
blocks, loops and conditions over layers and steps, what holds in one mode alone, the module's own tensors
and computed ones, classes that extend others, inputs of several tensors, choices between sizes, layers that
are built and thrown away, initialisation, tied parameters, and assertions that hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import yaml
from hypothesis import strategies as st

Shape = tuple[int, ...]
CHANNELS = (2, 4, 6)


class Writer:
    """Writes one spec, always knowing the shape (without N) of the current value."""

    def __init__(self, draw: Callable[[st.SearchStrategy[Any]], Any]) -> None:
        self.draw = draw
        self.layers: dict[str, Any] = {}
        self.names: dict[str, Shape] = {}
        self.depth = 0
        self.blocks: dict[str, Any] = {}
        self.parameters: dict[str, Any] = {}
        self.buffers: dict[str, Any] = {}
        self.count = 0

    def pick(self, *choices: Any) -> Any:
        return self.draw(st.sampled_from(choices))

    def layer(self, op: Any) -> str:
        odd = self.pick("layer{}", "{}", "block-{}", "it's {}", "F{}", "x{}", "_{}")
        name = odd.format(len(self.layers))
        self.layers[name] = op
        return name

    def conv(self, channels: int, out: int) -> dict[str, Any]:
        size = self.pick(1, 3)
        if self.pick(True, False):
            return {"Conv2d": [channels, out, size, {"padding": size // 2, "bias": self.pick(True, False)}]}
        keywords = {"in_channels": channels, "out_channels": out, "kernel_size": [size, size]}
        return {"Conv2d": {**keywords, "padding": size // 2}}

    def steps(self, shape: Shape, count: int) -> tuple[list[Any], Shape]:
        found: list[Any] = []
        for _ in range(count):
            more, shape = self.step(shape)
            found += more
        return found, shape

    def step(self, shape: Shape) -> tuple[list[Any], Shape]:
        kinds = ["plain", "named", "scaled", "operator", "reshaped", "halves"]
        kinds += ["image"] * 4 if len(shape) == 3 else ["vector"] * 3
        kinds += ["joined", "factory", "looped", "chosen"] if self.depth < 2 else []
        kinds += ["block", "turned", "repeated", "sized", "mode", "owned", "computed", "keyed", "discarded"]
        kinds += ["sometimes", "extended"]
        method: Callable[[Shape], tuple[list[Any], Shape]] = getattr(self, self.pick(*kinds))
        return method(shape)

    def plain(self, shape: Shape) -> tuple[list[Any], Shape]:
        activation = self.pick("ReLU", {"ReLU": {"inplace": False}}, "Sigmoid", {"Dropout": "$rate"})
        return [
            self.pick(
                "relu", "tanh", {"gelu": {"approximate": "tanh"}}, {"softmax": {"dim": 1}},
                {"dropout": "$rate"}, {"dropout": {"p": 0.25}}, {"clamp": {"min": -2, "max": "$scale"}},
                self.layer(activation),
            )
        ], shape  # fmt: skip

    def named(self, shape: Shape) -> tuple[list[Any], Shape]:
        name = self.pick("a", "b", "out", "torch", "max", "y", "F", "H")
        self.names[name] = shape
        return [{self.pick("relu", "tanh", "sigmoid"): None, "as": name}], shape

    def scaled(self, shape: Shape) -> tuple[list[Any], Shape]:
        number = self.pick(2, -0.5, "$scale", "$(scale * 2 + 1)", "$(max(1, width) / 3)", "$half")
        return [{self.pick("mul", "add", "sub"): number}], shape

    def operator(self, shape: Shape) -> tuple[list[Any], Shape]:
        same = [name for name, known in self.names.items() if known == shape]
        other: Any = self.pick(*same, "_", ["tanh"], [{"mul": 2}, "relu"])
        operands: Any = [other, "_"] if self.pick(True, False) else ["_", other]
        return [{self.pick("add", "mul", "sub"): None, "from": operands}], shape

    def reshaped(self, shape: Shape) -> tuple[list[Any], Shape]:
        if len(shape) == 3 and self.pick(True, False):
            channels, height, width = shape
            return [{"permute": [0, 2, 3, 1]}, {"reshape": ["$N", height * width, channels]},
                    {"transpose": [1, 2]}, {"view": ["$N", channels, height, -1]}], shape  # fmt: skip
        return [{"unsqueeze": 1}, {"repeat_interleave": {"repeats": 2, "dim": 1}}, {"mean": 1}], shape

    def halves(self, shape: Shape) -> tuple[list[Any], Shape]:
        half = (shape[0] // 2, *shape[1:])
        self.names.update(left=half, right=half)
        steps: list[Any] = [{"chunk": [2, 1], "as": ["left", "right"]}]
        return [*steps, {"cat": {"dim": 1}, "from": ["right", "left"]}], shape

    def image(self, shape: Shape) -> tuple[list[Any], Shape]:
        channels, height, width = shape
        out = self.pick(*CHANNELS)
        match self.pick("conv", "sequential", "list", "pool", "norm", "flatten", "auto"):
            case "conv":
                return [self.layer(self.conv(channels, out))], (out, height, width)
            case "auto":
                return [self.layer({"Conv2d": ["auto", out, 1]})], (out, height, width)
            case "sequential":
                inner = [self.conv(channels, out), "ReLU", self.conv(out, out)]
                named = self.pick(True, False)
                members: Any = dict(zip(("first", "act", "0-last"), inner, strict=True)) if named else inner
                name = self.layer({"Sequential": members})
                last = ".0-last" if named else ".2"
                return [name, f"{name}{last}"] if self.pick(True, False) else [name], (out, height, width)
            case "list":
                members = [self.conv(channels, channels), "Tanh", self.conv(channels, channels)]
                name = self.layer({"ModuleList": members})
                if self.pick(True, False):
                    collected = {name: None, "collect": "kept"}
                    return [collected, {"cat": {"dim": 1}, "from": "kept"}], (3 * channels, height, width)
                return [name], shape
            case "pool" if height >= 2:
                pool = {self.pick("max_pool2d", "avg_pool2d"): 2}
                return [pool], (channels, height // 2, width // 2)
            case "flatten":
                return [{"flatten": 1}], (channels * height * width,)
        return [self.layer({"BatchNorm2d": self.pick(channels, "auto")})], shape

    def vector(self, shape: Shape) -> tuple[list[Any], Shape]:
        (size,) = shape
        out = self.pick(4, 8)
        match self.pick("linear", "auto", "norm", "dict", "width"):
            case "linear":
                return [self.layer({"Linear": [size, out]})], (out,)
            case "auto":
                return [self.layer({"Linear": ["auto", out]})], (out,)
            case "norm":
                return [self.layer({"LayerNorm": {"normalized_shape": [size]}})], shape
            case "width":
                # 8 is the default of `width`.
                return [self.layer({"Linear": [size, "$width"]})], (8,)
        name = self.layer({"ModuleDict": {"a": {"Linear": [size, out]}, "b-c": {"Linear": [size, out]}}})
        member = {f"{name}.b-c": None, "from": "_"}
        return [{"add": None, "from": [[f"{name}.a"], [member]]}], (out,)

    def joined(self, shape: Shape) -> tuple[list[Any], Shape]:
        """Branches whose results are joined; names bound inside stay known behind."""
        self.depth += 1
        branches: list[Any] = []
        total = 0
        for _ in range(self.pick(2, 3)):
            layers, names = dict(self.layers), dict(self.names)
            steps, end = self.steps(shape, self.pick(0, 1, 2))
            if end[1:] != shape[1:] or len(end) != len(shape):
                steps, end, self.layers, self.names = [], shape, layers, names
            branches.append(steps or "_")
            total += end[0]
        self.depth -= 1
        return [{"cat": {"dim": 1}, "from": branches}], (total, *shape[1:])

    def kept(self, shape: Shape) -> list[Any]:
        """Steps behind which the value and every name known before have the shapes they had."""
        layers, names, blocks = dict(self.layers), dict(self.names), dict(self.blocks)
        self.depth += 1
        steps, end = self.steps(shape, self.pick(1, 2))
        self.depth -= 1
        if end != shape or any(self.names[name] != known for name, known in names.items()):
            self.layers, self.blocks, steps = layers, blocks, ["tanh"]
        # What a turn binds for itself is not known behind it.
        self.names = names
        return steps

    def looped(self, shape: Shape) -> tuple[list[Any], Shape]:
        self.count += 1
        turns = {"for": {f"k{self.count}": 2}}
        clause = self.pick({"repeat": 2}, {"repeat": "$(scale - 1)"}, turns, {"repeat": 0})
        return [{**clause, "steps": self.kept(shape)}], shape

    def chosen(self, shape: Shape) -> tuple[list[Any], Shape]:
        condition = self.pick("$(scale > 2)", "$(width < 8)", "$(rate == 0.5 and scale in [1, 3])")
        return [{"when": condition, "steps": self.kept(shape)}], shape

    def same(self, shape: Shape) -> Any:
        """A layer that keeps a shape."""
        if len(shape) == 3:
            return self.pick(self.conv(shape[0], shape[0]), {"BatchNorm2d": shape[0]}, "Tanh")
        return self.pick({"Linear": [shape[0], shape[0]]}, {"LayerNorm": shape[0]}, "Sigmoid")

    def turned(self, shape: Shape) -> tuple[list[Any], Shape]:
        """Layers made by a loop, called by name or by a loop."""
        name = f"turn{len(self.layers)}_"
        op = self.same(shape)
        entry = dict(op) if isinstance(op, dict) else {op: None}
        condition = {"when": self.pick("$(i != 1)", "$(scale == 3)")} if self.pick(True, False) else {}
        turns = self.pick({"i": 3}, {"i": [0, 1, 2]}, {"i": "$(range(scale))"})
        self.layers[f"{name}$i"] = {"for": turns, **condition, **entry}
        called = [f"{name}0", f"{name}1", f"{name}2"]
        self.count += 1
        variable = f"j{self.count}"
        loop = [{"for": {variable: 3}, "steps": [f"{name}${variable}", "tanh"]}]
        return self.pick(called, loop), shape

    def repeated(self, shape: Shape) -> tuple[list[Any], Shape]:
        op = self.same(shape)
        entry = dict(op) if isinstance(op, dict) else {op: None}
        group = {"for": {"i": 2}, "group": [op, {**entry, "when": "$(i == 0)"}]}
        members = [{**entry, "repeat": self.pick(2, "$(scale - 1)")}, self.pick("Tanh", group)]
        return [self.layer({self.pick("Sequential", "ModuleList"): members})], shape

    def sized(self, shape: Shape) -> tuple[list[Any], Shape]:
        """Sizes read off a value, and a subscript with them."""
        if shape[0] % 4:
            return ["relu"], shape
        self.count += 1
        names = [f"s{self.count}_{axis}" for axis in range(len(shape))]
        half = f"h{self.count}"
        steps: list[Any] = [{"shape": None, "as": ["_", *names]}, {"let": {half: f"$({names[0]} // 2)"}}]
        steps += [{"index": f"[:, :${half}]"}] if self.pick(True, False) else [{"narrow": [1, 0, f"${half}"]}]
        return steps, (shape[0] // 2, *shape[1:])

    def block(self, shape: Shape) -> tuple[list[Any], Shape]:
        """A block with a body of its own, called once or twice."""
        if self.depth > 0:
            return ["relu"], shape
        inner = Writer(self.draw)
        inner.depth = 2
        steps, end = inner.steps(shape, self.pick(1, 2, 3))
        name = f"Block{len(self.blocks)}"
        self.blocks[name] = {
            "params": {"width": 8, "rate": 0.5, "scale": 3},
            "let": {"half": "$(width // 2)"},
            "inputs": {"x": ["N", *shape]},
            "layers": inner.layers,
            "parameters": inner.parameters,
            "buffers": inner.buffers,
            "forward": [*steps, "tanh"],
        }
        called = self.layer({name: self.pick({}, {"rate": "$rate"}, {"scale": 3, "rate": 0.25})})
        if end == shape and self.pick(True, False):
            return [called, "relu", self.pick(called, self.layer({name: None}))], shape
        return [called], end

    def mode(self, shape: Shape) -> tuple[list[Any], Shape]:
        """Steps of one mode alone."""
        condition = self.pick("$training", "$(not training)")
        if self.depth < 2 and self.pick(True, False):
            return [{"when": condition, "steps": self.kept(shape)}], shape
        return [{self.pick("tanh", "relu"): None, "when": condition}], shape

    def fresh(self, word: str) -> str:
        """A name that nothing else has: what is tried and given up leaves its own behind."""
        self.count += 1
        return f"{word}{self.depth}_{self.count}_{len(self.blocks)}"

    def owned(self, shape: Shape) -> tuple[list[Any], Shape]:
        """A parameter or buffer of the module itself."""
        name, init = self.fresh("own"), self.pick("ones_", {"normal_": {"std": 0.5}}, {"uniform_": [-1, 1]})
        sizes = list(shape) if self.pick(True, False) else [shape[0], *(1 for _ in shape[1:])]
        if self.pick(True, False):
            self.parameters[name] = {"shape": sizes, "init": init}
        else:
            self.buffers[name] = {"shape": sizes, "init": init, "persistent": self.pick(True, False)}
        return [{self.pick("add", "mul"): None, "from": self.pick(["_", name], [name, "_"])}], shape

    def computed(self, shape: Shape) -> tuple[list[Any], Shape]:
        """A tensor that steps compute when the module is built."""
        name, last = self.fresh("made"), shape[-1]
        row = self.pick([{"full": [[last], 2.0]}, "log"], [{"arange": last}, {"to": "float32"}, {"mul": 0.1}])
        steps = [
            {"linspace": [0, 1, last], "as": "a"},
            {"flip": [[0]], "as": "b"},
            {"sub": None, "from": ["a", "b"]},
        ]
        tensor = {"steps": self.pick(row, steps, [{"ones": [last]}, {"mul": "$(scale + 1)"}])}
        if self.pick(True, False):
            tensor["shape"] = [last]
        owned = self.pick(self.parameters, self.buffers)
        owned[name] = tensor
        return [{self.pick("add", "mul"): None, "from": ["_", name]}], shape

    def keyed(self, shape: Shape) -> tuple[list[Any], Shape]:
        """A ModuleDict that a loop fills, called by name or by a loop."""
        op = self.same(shape)
        entry = dict(op) if isinstance(op, dict) else {op: None}
        keys = self.pick({"i": 2}, {"i": ["a", "b"]}, {"i": "$(range(scale - 1))"})
        name = self.layer({"ModuleDict": {"m$i": {"for": keys, **entry}, "last": "Tanh"}})
        found = ["a", "b"] if keys["i"] == ["a", "b"] else [0, 1]
        variable = self.fresh("k")
        loop = [{"for": {variable: found}, "steps": [f"{name}.m${variable}", "relu"]}]
        return self.pick([f"{name}.m{found[1]}", f"{name}.last", f"{name}.m{found[0]}"], loop), shape

    def discarded(self, shape: Shape) -> tuple[list[Any], Shape]:
        """A layer that draws its random numbers and goes."""
        self.layer({**self.pick({"Linear": [3, 2]}, {"Conv1d": [2, 2, 1]}), "discard": True})
        return ["tanh"], shape

    def sometimes(self, shape: Shape) -> tuple[list[Any], Shape]:
        """A size that is chosen by another one, summed away again."""
        if shape[0] < 2:
            return ["relu"], shape
        size = self.fresh("c")
        rest = [-1 for _ in shape[1:]]
        choice = self.pick(
            "$(2 if N > 2 else 1)", "$(min(N, 2))", f"$(max(1, {shape[0]} - N))", "$(N % 2 + 1)"
        )
        total: Any = self.pick(
            {"sum": {"dim": [1], "keepdim": True}}, {"amax": {"dim": [1], "keepdim": True}}
        )
        return [
            {"let": {size: choice}}, {"narrow": [1, 0, f"${size}"]}, total, {"expand": [-1, shape[0], *rest]},
            {"clone": None},
        ], shape  # fmt: skip

    def extended(self, shape: Shape) -> tuple[list[Any], Shape]:
        """A block that is a layer of PyTorch, or calls its forward between steps."""
        if self.depth > 0:
            return ["sigmoid"], shape
        out = self.pick(2, 4)
        base: Any = {"Conv2d": [shape[0], out, 1]} if len(shape) == 3 else {"Linear": [shape[0], out]}
        name = f"Block{len(self.blocks)}"
        block: dict[str, Any] = {"params": {"scale": 3}, "extends": base}
        if self.pick(True, False):
            around = self.pick(
                ["tanh", "super"], ["super", {"mul": "$scale"}], ["relu", "super", "tanh", "relu"]
            )
            block |= {"inputs": {"x": ["N", *shape]}, "forward": around}
        self.blocks[name] = block
        return [self.layer({name: self.pick({}, {"scale": 2})})], (out, *shape[1:])

    def factory(self, shape: Shape) -> tuple[list[Any], Shape]:
        last = shape[-1]
        made = self.pick(
            [{"arange": last}], [{"ones": [last, {"dtype": "float32"}]}], [{"zeros": ["$N", *shape]}]
        )
        return [{"add": None, "from": ["_", made]}], shape


def twins(layers: dict[str, Any]) -> dict[str, str]:
    """Entries of `tie` for two linear layers that are alike."""
    there = [(name, op) for name, op in layers.items() if isinstance(op, dict) and "discard" not in op]
    linear = [(name, op["Linear"]) for name, op in there if "Linear" in op]
    plain = [(name, sizes) for name, sizes in linear if all(type(size) is int for size in sizes)]
    for index, (first, sizes) in enumerate(plain):
        for second, others in plain[index + 1 :]:
            if sizes == others and "$" not in second:
                return {f"{second}.weight": f"{first}.weight"}
    return {}


INITS: tuple[dict[str, Any], ...] = (
    {},
    {"Linear": {"weight": {"normal_": {"std": 0.02}}, "bias": "zeros_"}},
    {"Conv2d": {"weight": {"kaiming_normal_": {"nonlinearity": "relu"}}}, "LayerNorm": {"weight": "ones_"}},
)
STRUCTURES: dict[str, tuple[Any, list[Any], Shape]] = {
    "list": ({"list": ["N", 8], "length": 2}, [{"getitem": 1, "from": "s"}], (8,)),
    "joined": ({"list": ["N", 4], "length": 3}, [{"cat": {"dim": 1}, "from": "s"}], (12,)),
    "tuple": ({"tuple": [["N", 4], {"shape": ["N", 8]}]}, [{"getitem": 1, "from": "s"}], (8,)),
    "dict": (
        {"dict": {"a": ["N", 4], "b-c": ["N", 4]}},
        [{"add": None, "from": [[{"getitem": "a", "from": "s"}], [{"getitem": "b-c", "from": "s"}]]}],
        (4,),
    ),
}


def structured(
    draw: Callable[[st.SearchStrategy[Any]], Any],
    inputs: dict[str, Any],
    steps: list[Any],
    names: dict[str, Shape],
) -> None:
    """An input that is a list, tuple or dict of tensors, and a value made of it."""
    kind = draw(st.sampled_from((*STRUCTURES, "none")))
    if kind != "none":
        inputs["s"], made, names["parts"] = STRUCTURES[kind]
        steps += [*made, {"tanh": None, "as": "parts"}]


@st.composite
def specs(draw: Callable[[st.SearchStrategy[Any]], Any]) -> str:
    """The text of a spec with one image and one vector as inputs."""
    writer = Writer(draw)
    steps, shape = writer.steps((4, 6, 6), draw(st.integers(1, 6)))
    writer.names["end"] = shape
    steps.append({"relu": None, "as": "end"})
    if draw(st.booleans()):
        more, shape = writer.steps((8,), draw(st.integers(1, 3)))
        first, *rest = more
        first = first if isinstance(first, dict) else {first: None}
        steps += [{"tanh": None, "from": "v"}, first, *rest, {"relu": None, "as": "other"}]
        writer.names["other"] = shape
    inputs: dict[str, Any] = {"x": ["N", 4, 6, 6], "v": ["N", "$width"]}
    structured(draw, inputs, steps, writer.names)
    if draw(st.booleans()):
        inputs["o"] = {"shape": ["N", "$width"], "optional": True}
        given, both = {"when": {"given": "o"}}, ["_", "o"]
        added = {"add": None, "from": both}
        steps += [
            {"tanh": None, "from": "v"},
            {**given, **draw(st.sampled_from(({"mul": None, "from": both}, {"steps": ["relu", added]})))},
            {**given, "sigmoid": None, "from": "o", "as": draw(st.sampled_from(("o", "sometimes")))},
            {"relu": None, "as": "mixed"},
        ]  # fmt: skip
        writer.names["mixed"] = (8,)
    chosen = draw(st.lists(st.sampled_from(sorted(writer.names)), min_size=1, max_size=3, unique=True))
    outputs: Any = draw(st.sampled_from(("dict", "list", "one")))
    form = {"dict": {f"the {name}": name for name in chosen}, "list": chosen, "one": chosen[0]}[outputs]
    # The order of the keys is the order in which tensors draw their random numbers.
    own_first = draw(st.sampled_from(({}, {"parameters": writer.parameters}, {"buffers": writer.buffers})))
    spec: dict[str, Any] = {
        "netspec": 1,
        "name": draw(st.sampled_from(("Net", "F", "OrderedDict"))),
        "params": {"width": 8, "rate": 0.5, "scale": 3},
        "let": {"half": "$(width // 2)"},
        "inputs": inputs,
        **own_first,
        "layers": writer.layers,
        "parameters": writer.parameters,
        "buffers": writer.buffers,
        "forward": steps,
        "outputs": form,
        "blocks": writer.blocks,
        "init": draw(st.sampled_from(INITS)),
        "tie": twins(writer.layers) if draw(st.booleans()) else {},
        "assert": {"params": ">= 0"},
    }
    if outputs == "one":
        spec["assert"]["output"] = ["N", *writer.names[chosen[0]]]
    text: str = yaml.safe_dump(spec, sort_keys=False)
    return text
