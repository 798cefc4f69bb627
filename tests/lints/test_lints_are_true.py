"""Random networks: what a lint says is true in PyTorch, and its fix leaves what it promises to leave.

The networks are made of what lints look at, in any order. Each finding is judged by running the compiled
class and its layers, never by what netspec knows of them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

import pytest
import torch
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import netspec
from netspec.diagnostics.model import Diagnostic
from netspec.fixing.edits import edited

pytestmark = [pytest.mark.torch, pytest.mark.filterwarnings("ignore::UserWarning")]

HEAD = "netspec: 1\nname: Net\n"
CHANNELS = 4
# What a kind adds: layers (their names are LAYER, and LAYER2 for a second one), and steps.
KINDS: dict[str, tuple[list[str], list[str]]] = {
    "conv": (["{Conv2d: [4, 4, 1]}"], ["LAYER"]),
    "wide": (["{Conv2d: [4, 4, 3, {padding: 1, bias: false}]}"], ["LAYER"]),
    "conv and norm": (["{Conv2d: [4, 4, 1, {bias: true}]}", "{BatchNorm2d: 4}"], ["LAYER", "LAYER2"]),
    "norm": (["{BatchNorm2d: 4}"], ["LAYER"]),
    "dropout": (["{Dropout: 0.5}"], ["LAYER"]),
    "dropout and norm": (["{Dropout: 0.5}", "{BatchNorm2d: 4}"], ["LAYER", "LAYER2"]),
    "relu": ([], ["relu"]),
    "sigmoid": ([], ["sigmoid"]),
    "in place": ([], ["relu_"]),
    "unused": (["{Linear: [3, 3]}"], []),
    "dead": (["{Conv2d: [4, 2, 1]}"], ["{mul: 2, as: before}", "LAYER", "{relu, from: before}"]),
    "named and dead": (
        ["{Conv2d: [4, 2, 1]}"],
        ["{mul: 2, as: before}", "{LAYER, as: LAYER_out}", "{tanh, from: before}"],
    ),
    "changed": ([], ["{mul: 1.0, as: kept}", "relu_", "{add, from: [_, kept]}"]),
    "pool": (["{MaxPool2d: 2}"], ["LAYER"]),
    "stride": (["{Conv2d: [4, 4, 3, {stride: 2, padding: 1}]}"], ["LAYER"]),
}
SMALLER = {"pool": lambda size: size // 2, "stride": lambda size: (size + 1) // 2}


def network(kinds: list[str], size: int) -> str:
    """A network over images of `size` x `size`; kinds for which nothing is left are passed over."""
    inputs = f"inputs: {{x: [N, {CHANNELS}, {size}, {size}]}}\n"
    layers: list[str] = []
    steps: list[str] = []
    for kind in kinds:
        if kind in SMALLER:
            if size < 2:
                continue
            size = SMALLER[kind](size)
        ops, more = KINDS[kind]
        first, second = f"l{len(layers)}", f"l{len(layers) + 1}"
        layers += [f"  l{len(layers) + place}: {op}\n" for place, op in enumerate(ops)]
        steps += [f"  - {step.replace('LAYER2', second).replace('LAYER', first)}\n" for step in more]
    head = "layers:\n" if layers else ""
    return "".join((inputs, head, *layers, "forward:\n", *steps, "  - {mul: 2}\n"))


NETWORKS = st.builds(
    network,
    st.lists(st.sampled_from(sorted(KINDS)), min_size=2, max_size=8),
    st.sampled_from((2, 3, 3, 5, 7)),
)


def images(text: str, batch: int) -> torch.Tensor:
    size = re.search(r"x: \[N, (\d+), (\d+)", text)
    assert size is not None
    return torch.randn(batch, int(size[1]), int(size[2]), int(size[2]))


def compiled(text: str) -> torch.nn.Module:
    torch.manual_seed(0)
    return netspec.compile(netspec.loads(HEAD + text))


def calls_of(net: torch.nn.Module, x: torch.Tensor) -> list[tuple[torch.nn.Module, torch.Tensor]]:
    """Every call of a layer, with a copy of what it received."""
    found: list[tuple[torch.nn.Module, torch.Tensor]] = []
    hooks = [
        each.register_forward_pre_hook(lambda layer, given: found.append((layer, given[0].detach().clone())))
        for each in net.children()
    ]
    net.eval()(x)
    for hook in hooks:
        hook.remove()
    return found


def named_layer(found: Diagnostic, net: torch.nn.Module) -> torch.nn.Module:
    name = re.search(r"`(l\d+)`", found.message)
    assert name is not None, found.message
    return net.get_submodule(name[1])


def is_never_called(found: Diagnostic, net: torch.nn.Module, x: torch.Tensor) -> bool:
    return named_layer(found, net) not in [layer for layer, _ in calls_of(net, x)]


def its_bias_has_no_effect(found: Diagnostic, net: torch.nn.Module, x: torch.Tensor) -> bool:
    layer = named_layer(found, net)
    for each in net.modules():
        if isinstance(each, torch.nn.Dropout):
            each.p = 0.0
    before = net.train()(x)
    torch.nn.init.normal_(layer.bias)
    return torch.allclose(net(x), before, atol=1e-3)


def receives(
    found: Diagnostic, net: torch.nn.Module, x: torch.Tensor
) -> tuple[torch.nn.Module, torch.Tensor]:
    layer = named_layer(found, net)
    return layer, next(given for each, given in calls_of(net, x) if each is layer)


def only_its_middle_learns(found: Diagnostic, net: torch.nn.Module, x: torch.Tensor) -> bool:
    layer, given = receives(found, net, x)
    layer(torch.ones_like(given)).sum().backward()
    used = layer.weight.grad.abs().sum((0, 1)).nonzero()
    return used.tolist() == [[1, 1]]


def its_end_has_no_gradient(found: Diagnostic, net: torch.nn.Module, x: torch.Tensor) -> bool:
    layer, given = receives(found, net, x)
    last = given.shape[-1] - given.shape[-1] % 2
    changed = given.clone()
    changed[..., last:, :] += 10
    changed[..., last:] += 10
    return last < given.shape[-1] and torch.equal(layer(changed), layer(given))


def refuses_one_sample(found: Diagnostic, net: torch.nn.Module, x: torch.Tensor) -> bool:
    layer, given = receives(found, net, x)
    with pytest.raises(ValueError, match="Expected more than 1 value per channel"):
        layer.train()(given[:1])
    return True


def stands_behind_dropout(found: Diagnostic, net: torch.nn.Module, x: torch.Tensor) -> bool:
    layer = named_layer(found, net)
    order = [each for each, _ in calls_of(net, x)]
    return isinstance(order[order.index(layer) - 1], torch.nn.Dropout)


JUDGES: dict[str, Callable[[Diagnostic, torch.nn.Module, torch.Tensor], bool]] = {
    "NS501": is_never_called,
    "NS507": its_bias_has_no_effect,
    "NS508": stands_behind_dropout,
    "NS510": only_its_middle_learns,
    "NS512": refuses_one_sample,
    "NS513": its_end_has_no_gradient,
}
# What is left as it was behind a fix, with the weights of the same names: all bits in evaluation, or shapes.
SAME_BITS = frozenset(("NS501", "NS502", "NS505", "NS509"))
SEEN: Counter[str] = Counter()
MENDED: Counter[str] = Counter()


@settings(max_examples=70, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(text=NETWORKS)
@example(text=network(["stride", "norm", "wide"], 2))
@example(text=network(["stride", "relu", "stride", "conv and norm", "wide"], 3))
def judge_all(text: str) -> None:
    report = netspec.validate_text(HEAD + text)
    assert report.ok, str(report)
    for found in report.diagnostics:
        SEEN[found.code] += 1
        judge = JUDGES.get(found.code)
        assert judge is None or judge(found, compiled(text), images(text, 3)), (found.message, text)
        for fix in found.fixes:
            MENDED[found.code] += 1
            judge_fix(text, edited(HEAD + text, fix.edits).removeprefix(HEAD), found.code)


def judge_fix(text: str, mended: str, code: str) -> None:
    """The finding is gone, the file is good, and what the weights of the same names make is what it was."""
    counts = [Counter(each.code for each in netspec.validate_text(HEAD + each).diagnostics)[code]
              for each in (mended, text)]  # fmt: skip
    assert counts[0] < counts[1], mended
    before, behind = compiled(text), compiled(mended)
    state = before.state_dict()
    behind.load_state_dict({key: state[key] for key in behind.state_dict()})
    x = images(text, 2)
    first, second = before.eval()(x.clone()), behind.eval()(x.clone())
    assert first.shape == second.shape
    assert code not in SAME_BITS or torch.equal(first, second), (code, text)


def test_what_lints_say_is_true_and_their_fixes_keep_what_they_promise() -> None:
    judge_all()
    unmet = {code for code in (*JUDGES, *SAME_BITS, "NS506") if not SEEN[code]}
    assert unmet == set(), SEEN
    unmended = {code for code in (*SAME_BITS, "NS506", "NS507") if not MENDED[code]}
    assert unmended == set(), MENDED
