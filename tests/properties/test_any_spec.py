"""Whatever a file holds, there is a report: no exception, no internal fault, no long wait."""

from __future__ import annotations

import re
import time
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import netspec
from netspec.catalog.load import ops

ROOT = Path(__file__).parents[2]
SPECS = [
    path.read_text(encoding="utf-8")
    for folder in ("specs", "tests/fixtures/codegen", "tests/fixtures/diagnostics")
    for path in sorted((ROOT / folder).glob("*.yaml"))
]
WORDS = (
    "netspec name doc params let inputs layers forward outputs from as when for repeat collect steps group"
    " Conv2d Linear relu cat add view Sequential ModuleList ModuleDict LSTM MultiheadAttention auto _ N $N"
    " $width $(1+1) $(9**9**9) $( $() $(x).$y __class__ a.b 0 1 -1 1e400 .nan .inf 3.5 true null ~ '' [] {}"
    " type shape dtype default min max list optional range float32 int index getitem einsum x y self super"
    ' ... H=224 H=0 99999999999999999999999999 "a\'b" "a\\nb" [[]] [1,2] {a: 1} &a *a <<: !!str'
).split(" ")
TOKEN = re.compile(r"[\w$.\-]+|\[[^\[\]\n]*\]|\{[^{}\n]*\}")
# Generous: an ordinary check takes some milliseconds.
SECONDS = 5.0
EXAMPLES = settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))


def judge(text: str) -> netspec.Report:
    start = time.perf_counter()
    report = netspec.validate_text(text, path="any.yaml")
    assert time.perf_counter() - start < SECONDS
    assert report.render("full")
    assert report.render("json")
    for found in report.diagnostics:
        assert found.code != "NS901", found.message
        assert found.help or found.severity != "error", found.message
        assert 0 <= found.span.start <= found.span.end <= len(found.span.source.text)
    return report


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A spec with a few lines, characters or words deleted, doubled, moved or replaced."""
    text = draw(st.sampled_from(SPECS))
    for _ in range(draw(st.integers(1, 3))):
        lines = text.split("\n")
        at = draw(st.integers(0, len(lines) - 1))
        match draw(st.sampled_from(("delete", "double", "replace", "character", "word", "word", "word"))):
            case "delete":
                del lines[at]
                text = "\n".join(lines)
            case "double":
                text = "\n".join([*lines[:at], lines[at], *lines[at:]])
            case "replace":
                lines[at] = draw(st.sampled_from(lines))
                text = "\n".join(lines)
            case "character":
                place = draw(st.integers(0, len(text)))
                text = (
                    text[:place] + draw(st.sampled_from("{}[]:,-$()'\"#&*!|>%@`\t \n0aN_.=\\")) + text[place:]
                )
            case "word":
                found = list(TOKEN.finditer(text))
                if found:
                    token = draw(st.sampled_from(found))
                    text = text[: token.start()] + draw(st.sampled_from(WORDS)) + text[token.end() :]
    return text


FLOW = st.recursive(
    st.sampled_from(WORDS),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]")
        | st.lists(st.tuples(st.sampled_from(WORDS), inner), max_size=3).map(
            lambda pairs: "{" + ", ".join(f"{key}: {value}" for key, value in pairs) + "}"
        )
    ),
    max_leaves=8,
)
KEYS = ("name", "doc", "params", "let", "inputs", "layers", "forward", "outputs", "blocks", "init", "assert")


@EXAMPLES
@given(mutated())
def test_a_changed_spec_has_a_report(text: str) -> None:
    judge(text)


@EXAMPLES
@given(st.lists(st.tuples(st.sampled_from(KEYS), FLOW), max_size=6, unique_by=lambda pair: pair[0]))
def test_any_kind_of_node_may_stand_under_any_key(pairs: list[tuple[str, str]]) -> None:
    judge("netspec: 1\n" + "\n".join(f"{key}: {value}" for key, value in pairs))


@EXAMPLES
@given(st.sampled_from(("params", "let", "inputs", "layers")), st.sampled_from(WORDS), FLOW, FLOW)
def test_any_kind_of_node_may_stand_for_an_entry(key: str, name: str, value: str, step: str) -> None:
    judge(f"netspec: 1\nname: A\ninputs:\n  x: [N, 4]\n{key}:\n  {name}: {value}\nforward:\n  - {step}\n")


@EXAMPLES
@given(st.text(max_size=60))
def test_any_text_has_a_report(text: str) -> None:
    judge(text)
    judge(f"netspec: 1\nname: A\nforward: {text}")


def test_tensors_may_stand_for_any_arguments() -> None:
    """Of two sources, the second is an argument: a tensor where often none belongs."""
    head = "netspec: 1\nname: F\ninputs: {x: [N, 3, 8, 8], z: [N, 4]}\nforward:\n"
    for name in sorted({*ops().functions, *ops().modules}):
        judge(f"{head}  - {{{name}: , from: [x, z]}}\n  - {{flatten: 0}}\n")


def test_a_number_without_bound_has_no_whole_number_beside_it() -> None:
    head = "netspec: 1\nname: F\ninputs: {x: [N, 4]}\nforward:\n"
    for number in ("1e400", ".inf", "-.inf", ".nan"):
        judge(f"{head}  - {{repeat: {number}, steps: [relu]}}\n")
        judge(f"{head}  - {{flatten: {number}}}\n")
