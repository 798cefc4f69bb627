"""A spec cannot run code: its texts reach the source as literals or as checked names, nothing else."""

from __future__ import annotations

import ast
import builtins
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import netspec

FIXTURES = Path(__file__).parents[1] / "fixtures" / "codegen"
IMPORTS = {"math", "torch", "torch.nn", "torch.nn.functional", "re", "functools"}
BUILTINS = {"super", "getattr", "str", "min", "max", "abs", "round", "int", "float", "len", "sum", "range"}
NODES = (
    ast.Module, ast.Import, ast.ImportFrom, ast.alias, ast.ClassDef, ast.FunctionDef, ast.arguments, ast.arg,
    ast.If, ast.ListComp, ast.comprehension, ast.Starred,
    ast.Assign, ast.Return, ast.For, ast.Expr, ast.Call, ast.keyword, ast.Attribute, ast.Name, ast.Constant,
    ast.Tuple, ast.List, ast.Dict, ast.Subscript, ast.Slice, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare,
    ast.IfExp, ast.JoinedStr, ast.FormattedValue, ast.expr_context, ast.operator, ast.unaryop, ast.boolop,
    ast.cmpop, ast.If, ast.ListComp, ast.DictComp, ast.GeneratorExp, ast.comprehension, ast.Starred,
)  # fmt: skip
FROM = {("collections", "OrderedDict"), ("collections", "namedtuple"), ("collections.abc", "Sequence")}
PAYLOADS = (
    '"""\nraise SystemExit(1)\n"""',
    "'); raise SystemExit(1); ('",
    '"); raise SystemExit(1); ("',
    "{__import__('os')._exit(1)}",
    "a\nraise SystemExit(1)",
    "a\\",
    'a\\"',
    "\u2028raise SystemExit(1)",
    "\u202eraise\u202c",
    "\x00",
    "\x85x",
    "${x}",
    "__import__('os')",
)
TEXTS = st.sampled_from(PAYLOADS) | st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)


def audit(source: str) -> None:
    """Every node of the source is of a kind that the generator writes; every call leads to torch, to
    the module itself, to a value, or to one of a few builtins."""
    for node in ast.walk(ast.parse(source)):
        assert isinstance(node, NODES), ast.dump(node)
        match node:
            case ast.Import(names=names):
                assert {alias.name for alias in names} <= IMPORTS
            case ast.ImportFrom(module=module, names=names):
                assert {(module, alias.name) for alias in names} <= FROM
            case ast.Attribute(attr=name):
                assert name == "__init__" or not name.startswith("__")
            case ast.Call(func=ast.Name(id=name)) if hasattr(builtins, name):
                assert name in BUILTINS
            case ast.Call(func=function):
                assert isinstance(function, ast.Name | ast.Attribute | ast.Subscript | ast.Call)
    for line in source.split("\n"):
        assert all(character.isprintable() for character in line), line


def spec_with(text: str, other: str) -> str:
    """A spec that carries the texts wherever a spec may carry any text."""
    name = text.replace(".", "_").strip() or "_"
    spec = {
        "netspec": 1,
        "name": "Net",
        "doc": text + other,
        "params": {"kind": text, "tail": {"type": "str", "default": other, "doc": text}},
        "let": {"joined": "$(kind + tail)", "flag": "$(2 if 'a\"b' == kind else 4)"},
        "inputs": {"x": ["N", 4]},
        "layers": {
            name: {"Linear": [4, "$flag"]},
            "s": {"Sequential": {name: "ReLU"}},
            "d": {"ModuleDict": {name: "ReLU"}},
        },
        "forward": [{name: None, "as": "y"}, f"s.{name}", f"d.{name}", {"mul": "$(len(joined + tail))"}],
        "outputs": {text: "y", "$" + text: "x"},
    }
    dumped: str = yaml.safe_dump(spec, sort_keys=False)
    return dumped


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(TEXTS, TEXTS)
def test_no_text_becomes_code(text: str, other: str) -> None:
    spec = spec_with(text, other)
    if netspec.validate_text(spec).ok:
        source = netspec.source(netspec.loads(spec))
        audit(source)
        constants = {n.value for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Constant)}
        assert {text, other} <= constants


@pytest.mark.parametrize("text", PAYLOADS)
def test_the_payloads_that_pass_the_checks_build_and_do_nothing(text: str) -> None:
    pytest.importorskip("torch", reason="building a module needs PyTorch")
    report = netspec.validate_text(spec_with(text, "b"))
    if report.ok:
        net = netspec.compile(netspec.loads(spec_with(text, "b")))
        name = text.replace(".", "_").strip()
        assert [child for child, _ in net.named_children()] == [name, "s", "d"]
    else:
        assert all(found.help for found in report.diagnostics)


def test_most_payloads_pass_the_checks() -> None:
    """Otherwise the tests above would show little."""
    passing = [text for text in PAYLOADS if netspec.validate_text(spec_with(text, "b")).ok]
    assert len(passing) >= len(PAYLOADS) - 2


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_golden_sources_pass_the_audit(path: Path) -> None:
    audit(netspec.source(path))


@pytest.mark.parametrize(
    "expression",
    [
        "$(__import__('os').system('true'))",
        "$(().__class__.__bases__)",
        "$([x for x in (1, 2)])",
        "$((lambda: 3)())",
        "$(open('x'))",
        "$(eval('1'))",
        "$(9 ** 9 ** 9)",
        "$(2 ** 64 ** 64)",
        "$('a' * 10 ** 9)",
        "$([0] * 10 ** 9)",
        "$(range(10 ** 12))",
        "$(len(range(10 ** 12)))",
        "$(f'{1}')",
        "$(x := 3)",
        "$(" + "(" * 300 + "1" + ")" * 300 + ")",
        "$(" + "-" * 1900 + "1)",
        "$(" + "1+" * 900 + "1)",
    ],
)
def test_an_expression_computes_or_is_refused(expression: str) -> None:
    text = yaml.safe_dump(
        {
            "netspec": 1,
            "name": "Net",
            "inputs": {"x": ["N", 4]},
            "layers": {"fc": {"Linear": [4, expression]}},
            "forward": ["fc"],
        }
    )
    report = netspec.validate_text(text)
    if report.ok:
        audit(netspec.source(netspec.loads(text)))
    else:
        assert {found.code for found in report.diagnostics} <= {"NS204", "NS205", "NS302", "NS303"}
