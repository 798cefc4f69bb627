"""A name that Python or the generated source needs itself cannot be declared, wherever it stands."""

from __future__ import annotations

import pytest

import netspec
from netspec.resolve.naming import CALLED, unfit

PLACES = {
    "class": "name: NAME\ninputs: {x: [B, 4]}\nforward: [relu]",
    "param": "name: A\nparams: {NAME: 3}\ninputs: {x: [B, 4]}\nforward: [{mul: $NAME}]",
    "let": "name: A\nparams: {w: 3}\nlet: {NAME: $w}\ninputs: {x: [B, 4]}\nforward: [{mul: $NAME}]",
    "input": "name: A\ninputs: {NAME: [B, 4]}\nforward: [relu]",
    "dimension": "name: A\ninputs: {x: [NAME, 4]}\nforward: [relu]",
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", ["self", "__class__", "__x", "super", "getattr", "len"])
def test_it_is_reported_once_with_a_way_out(place: str, name: str) -> None:
    text = "netspec: 1\n" + PLACES[place].replace("NAME", name)
    (found,) = netspec.validate_text(text).diagnostics
    assert (found.code, found.severity) == ("NS105", "error")
    assert f"`{name}` cannot name a" in found.message
    assert "choose another name" in (found.help or "")
    assert found.span.text == name


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", ["F", "nn", "torch", "math", "x_", "layer", "list", "print", "T"])
def test_other_names_are_free(place: str, name: str) -> None:
    text = "netspec: 1\n" + PLACES[place].replace("NAME", name)
    assert netspec.validate_text(text).diagnostics == ()


def test_the_advice_names_something_that_fits() -> None:
    for name in CALLED:
        assert unfit(name) is not None
        assert unfit(f"{name}_") is None


@pytest.mark.parametrize("name", ["__h", "self", "list", "class", "a b"])
def test_a_result_cannot_bear_a_word_of_python_or_of_the_language(name: str) -> None:
    text = f"netspec: 1\nname: A\ninputs: {{x: [B, 4]}}\nforward: [{{relu: , as: {name}}}]"
    assert [found.code for found in netspec.validate_text(text).diagnostics] == ["NS105"]
