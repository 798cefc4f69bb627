"""The catalog loads without torch, builds an op only when asked for, and knows what it promises."""

from __future__ import annotations

import subprocess
import sys

import pytest

from netspec.catalog.load import Catalog, docs, ops
from netspec.catalog.model import Op, Param


def test_loading_and_binding_import_no_torch() -> None:
    code = (
        "import sys; from netspec.catalog.load import ops, docs; from netspec.catalog.bind import bind;"
        "op = ops().get('Conv2d'); bind('Conv2d', op.signatures, [1, 2], {}); docs();"
        "print([name for name in ('torch', 'torchvision', 'numpy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_an_op_is_built_when_asked_for_and_once() -> None:
    lines = {"Good": '{"kind": "module", "source": "nn.Good", "signatures": [[]]}', "Bad": "not JSON"}
    catalog = Catalog(lines, {}, "2")
    assert catalog.names == {"Good", "Bad"}
    assert catalog.get("Good") == Op("Good", "module", "nn.Good", ((),))
    assert catalog.get("Good") is catalog.get("Good")


def test_every_op_of_the_data_can_be_built() -> None:
    catalog = ops()
    built = [catalog.get(name) for name in catalog.names]
    assert all(op is not None and op.signatures for op in built)
    assert {op.name for op in built if op is not None} == catalog.names
    assert set(catalog.modules) | set(catalog.functions) == catalog.names
    assert not set(catalog.modules) & set(catalog.functions)


def test_the_second_file_is_read_for_a_name_that_the_first_has_not() -> None:
    read = []

    def more() -> dict[str, str]:
        read.append(True)
        return {"Other": '{"kind": "module", "source": "ops.Other", "signatures": [[]]}'}

    catalog = Catalog({"Good": '{"kind": "module", "source": "nn.Good", "signatures": [[]]}'}, {}, "2", more)
    assert catalog.get("Good") is not None
    assert not read
    assert catalog.extended([]).get("Other") == Op("Other", "module", "ops.Other", ((),))
    assert catalog.modules == ("Good", "Other")


def test_what_makes_a_layer_is_a_class_with_a_class_as_default() -> None:
    activation = op_called("Conv2dNormActivation").param("activation_layer")
    assert activation == Param("activation_layer", ("class", "none"), "ReLU")
    assert op_called("TransformerEncoder").signatures[0][0].types == ("module",)


def test_an_unknown_name_is_none() -> None:
    assert ops().get("Conv2D") is None
    assert ops().get("meta") is None


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("Conv2d", "nn.Conv2d"),
        ("relu", "F.relu"),
        ("flatten", "torch.flatten"),
        ("cat", "torch.cat"),
        ("view", "Tensor.view"),
        ("permute", "Tensor.permute"),
        ("transpose", "Tensor.transpose"),
        ("mean", "Tensor.mean"),
        ("add_", "Tensor.add_"),
        ("zeros", "torch.zeros"),
        ("StochasticDepth", "ops.StochasticDepth"),
        ("roi_align", "ops.roi_align"),
    ],
)
def test_the_source_spelling_is_what_people_write(name: str, source: str) -> None:
    op = ops().get(name)
    assert op is not None
    assert op.source == source


def op_called(name: str) -> Op:
    op = ops().get(name)
    assert op is not None
    return op


def test_what_the_records_say() -> None:
    conv, lstm = op_called("Conv2d"), op_called("LSTM")
    assert [param.name for param in conv.signatures[0]][:3] == ["in_channels", "out_channels", "kernel_size"]
    assert conv.param("kernel_size") == Param("kernel_size", ("int", "int[2]"), minimum=1)
    assert conv.param("device") is None
    assert [param.name for param in op_called("Linear").call] == ["input"]
    assert op_called("view").variadic == "size"
    assert op_called("relu_").mutates
    assert lstm.signatures[0][-1].name == "proj_size"
    assert [(param.name, param.types) for param in lstm.call] == [
        ("input", ("tensor",)),
        ("hx", ("tensors", "none")),
    ]


def test_a_parameter_behind_a_dropped_one_needs_its_name() -> None:
    reduction = op_called("CrossEntropyLoss").param("reduction")
    assert reduction is not None
    assert reduction.keyword_only  # `size_average` stands between, and a spec cannot give it
    assert reduction.choices == ("none", "mean", "sum")


def test_private_and_deprecated_arguments_are_left_out() -> None:
    names = {
        param.name
        for name in ops().names
        if (op := ops().get(name)) is not None
        for signature in (*op.signatures, op.call)
        for param in signature
    }
    assert (
        not {"device", "layout", "requires_grad", "pin_memory", "out", "size_average", "self", "names"}
        & names
    )
    assert not [name for name in names if name.startswith("_")]


def test_bases_are_public_classes_of_the_catalog() -> None:
    zero_pad, conv = ops().get("ZeroPad2d"), ops().get("Conv2d")
    assert zero_pad is not None
    assert zero_pad.bases == ("ConstantPad2d",)
    assert conv is not None
    assert conv.bases == ()


def test_extended_knows_more_and_leaves_the_first_as_it_was() -> None:
    mine = Op("MyLayer", "module", "mine.MyLayer", ((Param("width", ("int",)),),))
    wider = ops().extended([mine])
    assert wider.get("MyLayer") is mine
    assert "MyLayer" in wider.modules
    assert wider.get("Conv2d") == ops().get("Conv2d")
    assert ops().get("MyLayer") is None


def test_docs_describe_parameters_that_exist() -> None:
    for name, texts in docs().items():
        op = ops().get(name)
        assert op is not None, name
        known = {param.name for signature in (*op.signatures, op.call) for param in signature}
        assert texts.keys() <= known, name
    assert "kernel" in docs()["Conv2d"]["kernel_size"]


def test_every_argument_of_a_module_is_described() -> None:
    for name in ops().modules:
        names = {param.name for param in op_called(name).signatures[0]}
        assert names <= docs().get(name, {}).keys(), name
