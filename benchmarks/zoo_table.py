"""Writes docs/zoo.md: each spec of the zoo, its length, and the length of torchvision's code for it.

Run: python benchmarks/zoo_table.py. Lines are counted alike on both sides: without blank lines,
comments and docs. Of torchvision's file only what makes the networks counts: classes and functions,
without pretrained weights and without the builders, whose counterparts are the specs of one builder.
"""

import ast
import inspect
import runpy
import sys
from pathlib import Path

import torchvision
import yaml

ROOT = Path(__file__).parents[1]
SPECS = ROOT / "specs" / "torchvision"
HEAD = """\
# The zoo

`specs/torchvision/` has a spec for each of these {count} builders of `torchvision.models`, under the same
name. The networks of a family share one file in `blocks/`, and each is a [variant](language.md#model) of it.

```console
$ netspec summary specs/torchvision/resnet50.yaml
...
parameters: 25,557,032 (97.5 MiB as float32, 48.7 MiB as bfloat16)
...
```

```python torch
import netspec

net = netspec.compile("specs/torchvision/resnet50.yaml", num_classes=10)
```

`tests/zoo/test_torchvision.py` holds each spec against its builder:

- `print()`, the names and order of modules and parameters, and the names, order, shapes and dtypes of
  `state_dict()` are equal;
- one seed gives both the same weights, bit for bit;
- with one state, outputs, gradients and buffers are the same bit for bit, in evaluation and, from one
  seed, in training;
- `torch.export` takes it with a dynamic batch size;
- the source that `netspec compile` prints runs where netspec is not installed.

The first and the last are made for every builder in every test run; the others for one or two of each
family (marked *), and for every builder by `sh scripts/zoo.sh`, which CI runs. It takes two processes, of
which one has the networks with many parameters; the largest, `regnet_y_128gf`, needs some 10 GB of memory.
The last column has the inputs on which outputs, gradients and exports are compared, but for the batch: the
smallest that the network takes and that leave it more than one place. For these, the size of images is a
param where it can be one.

Lines are counted without blank lines, comments and docs. For torchvision they are those of the classes and
functions that make the networks of the family, without pretrained weights and without the builders
themselves. That code does more: it has options that no builder uses, and reads checkpoints of old releases.

| builder | spec | shared by the family | torchvision {version} | compared on |
|---|---|---|---|---|
"""


def lines_of_yaml(path):
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    return sum(bool(line) and not line.startswith(("#", "doc:")) for line in lines)


def lines_of_python(module):
    """Lines of code of the networks in a file of torchvision."""
    text = inspect.getsource(module)
    lines = text.splitlines()
    kept = set()
    for node in ast.parse(text).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not is_left_out(node):
            kept.update(range(node.lineno, node.end_lineno + 1))
            for inner in ast.walk(node):
                kept -= docstring_lines(inner)
    texts = (lines[number - 1].strip() for number in kept)
    return sum(bool(line) and not line.startswith("#") for line in texts)


def is_left_out(node):
    """Pretrained weights and builders."""
    names = [ast.unparse(each) for each in (*getattr(node, "bases", ()), *node.decorator_list)]
    return any(name.startswith(("WeightsEnum", "register_model")) for name in names)


def docstring_lines(node):
    if not isinstance(node, ast.ClassDef | ast.FunctionDef) or ast.get_docstring(node) is None:
        return set()
    return set(range(node.body[0].lineno, node.body[0].end_lineno + 1))


def row(path, comparison):
    spec = yaml.safe_load(path.read_text(encoding="utf-8"))
    shared = [SPECS / name for name in spec.get("use", ())]
    module = sys.modules[torchvision.models.get_model_builder(path.stem).__module__]
    mark = " *" if path.stem in comparison["CHOSEN"] else ""
    file = f"../specs/torchvision/{path.name}"
    both = [f"[{lines_of_yaml(each)}](../specs/torchvision/{each.relative_to(SPECS)})" for each in shared]
    cells = [
        f"[{path.stem}]({file}){mark}",
        lines_of_yaml(path),
        ", ".join(both) or "-",
        lines_of_python(module),
        " x ".join(map(str, comparison["shape_of"](path.stem))),
    ]
    return "| " + " | ".join(map(str, cells)) + " |\n"


def page():
    """The text of docs/zoo.md for the specs as they are, and the installed torchvision."""
    paths = sorted(SPECS.glob("*.yaml"))
    version = ".".join(torchvision.__version__.split(".")[:2])
    comparison = runpy.run_path(str(ROOT / "tests" / "zoo" / "test_torchvision.py"))
    return HEAD.format(count=len(paths), version=version) + "".join(row(path, comparison) for path in paths)


def main():
    (ROOT / "docs" / "zoo.md").write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
