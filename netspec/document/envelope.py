"""The keys of a spec, a block, a param, an input and an owned tensor, as pydantic models.

The field descriptions are the documentation of the language: the JSON Schema shows them in editors.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from netspec.document.kinds import (
    AnyNode,
    AssertNode,
    Boolean,
    Collection,
    InputsNode,
    Integer,
    LayersNode,
    ListNode,
    MappingNode,
    Number,
    OutputsNode,
    ParamsNode,
    StepsNode,
    Text,
    TiesNode,
)


class Envelope(BaseModel):
    # Built when first used: few specs have blocks, buffers or variants.
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, defer_build=True)


class ModuleKeys(Envelope):
    """What specs and blocks share: everything that describes one module class."""

    doc: Text | None = Field(None, description="Docstring of the compiled class.")
    params: ParamsNode | None = Field(
        None, description="Hyperparameters, each with a default or a type: `width: 64`, `depth: int`."
    )
    let: MappingNode | None = Field(
        None, description="Named expressions over params, in order: `hidden: $(4 * dim)`."
    )
    inputs: InputsNode | None = Field(
        None, description="The arguments of `forward`, in order, each with a shape: `x: [N, 1, 28, 28]`."
    )
    layers: LayersNode | None = Field(
        None, description="Submodules in registration order; `print(net)` shows them in this order."
    )
    parameters: MappingNode | None = Field(
        None, description="Parameters that the module owns itself: `token: {shape: [1, 8], init: zeros_}`."
    )
    buffers: MappingNode | None = Field(None, description="Buffers that the module owns itself.")
    forward: StepsNode | None = Field(
        None, description="The steps that data takes; each takes the current value and makes a new one."
    )
    outputs: OutputsNode | None = Field(
        None, description="What `forward` returns; default: the current value after the last step."
    )
    init: MappingNode | None = Field(None, description="Weight initialisation by op name or path pattern.")
    tie: TiesNode | None = Field(None, description="Shared parameters: `lm_head.weight: embed.weight`.")
    # `assert` is a Python keyword, hence the alias.
    assertions: AssertNode | None = Field(
        None, alias="assert", description="Invariants that `validate` checks: `{output: [N, 10]}`."
    )


class BlockKeys(ModuleKeys):
    """A block: a module class used in `layers`."""

    sequential: Collection | None = Field(
        None, description="In place of `layers` and `forward`: the block is an `nn.Sequential`."
    )
    extends: AnyNode | None = Field(None, description="The layer or container that the block subclasses.")
    repr: Text | None = Field(None, description="What `extra_repr` prints: `p=$p, mode=row`.")
    class_name: Text | None = Field(None, alias="class", description="The class name that prints.")


class SpecKeys(ModuleKeys):
    """The top of a spec file."""

    netspec: AnyNode = Field(description="1, the version of the language; it marks the file as a spec.")
    name: Text = Field(description="Name of the compiled class; a Python identifier.")
    use: AnyNode | None = Field(None, description="Other spec files whose blocks may be named here.")
    blocks: MappingNode | None = Field(
        None, description="Module classes used in `layers`, keyed by class name."
    )


class VariantKeys(Envelope):
    """The top of a file that is a class of another file, with other values for its params."""

    netspec: AnyNode = Field(description="1, the version of the language; it marks the file as a spec.")
    doc: Text | None = Field(None, description="Docstring, in place of the class's own.")
    use: AnyNode = Field(description="The file whose class it is.")
    model: AnyNode = Field(
        description="A class of the used files, with values for its params: `{ResNet: {depths: [3, 4]}}`."
    )


class LibraryKeys(Envelope):
    """The top of a file that holds only blocks, for others to use."""

    netspec: AnyNode = Field(description="1, the version of the language; it marks the file as a spec.")
    doc: Text | None = Field(None, description="What the blocks are for.")
    use: AnyNode | None = Field(None, description="Other spec files whose blocks may be named here.")
    blocks: MappingNode = Field(description="Module classes, keyed by class name.")


class ParamKeys(Envelope):
    """The long form of a param."""

    type: Text = Field(description="int, float, bool, str, list, shape or op.")
    default: AnyNode | None = Field(None, description="The value where none is given.")
    min: Number | None = Field(None, description="Least value that is accepted.")
    max: Number | None = Field(None, description="Greatest value that is accepted.")
    doc: Text | None = Field(None, description="What the param means.")


class InputKeys(Envelope):
    """The long form of an input."""

    shape: ListNode | None = Field(None, description="Dimensions: numbers, names, `H=224`, expressions.")
    dtype: Text | None = Field(None, description="torch dtype; float32 where none is given.")
    range: ListNode | None = Field(None, description="Least value, and the first value beyond the greatest.")
    optional: Boolean | None = Field(None, description="May be left out; the step condition is `given`.")
    list: ListNode | None = Field(None, description="Shape of each tensor in a list of tensors.")
    length: Integer | None = Field(None, description="How many tensors the list has.")
    tuple_of: ListNode | None = Field(
        None, alias="tuple", description="What stands in a tuple: shapes, or inputs."
    )
    dict_of: MappingNode | None = Field(
        None, alias="dict", description="What stands in a dict, by key: shapes, or inputs."
    )
    type: AnyNode | None = Field(None, description="`int`, or a list of them: integers, not tensors.")


class ParameterKeys(Envelope):
    """A parameter that the module owns itself."""

    shape: ListNode | None = Field(None, description="Sizes: numbers and expressions over params.")
    dtype: Text | None = Field(None, description="torch dtype; float32 where none is given.")
    init: AnyNode | None = Field(None, description="A function of torch.nn.init, with arguments.")
    steps: StepsNode | None = Field(None, description="Steps that compute it when the module is built.")


class BufferKeys(Envelope):
    """A buffer that the module owns itself."""

    shape: ListNode | None = Field(None, description="Sizes: numbers and expressions over params.")
    dtype: Text | None = Field(None, description="torch dtype; float32 where none is given.")
    init: AnyNode | None = Field(None, description="A function of torch.nn.init, with arguments.")
    steps: StepsNode | None = Field(None, description="Steps that compute it when the module is built.")
    persistent: Boolean | None = Field(None, description="Whether `state_dict` holds it; true by default.")


class AssertKeys(Envelope):
    """Invariants of a module, which `validate` checks."""

    output: AnyNode | None = Field(
        None, description="Shape of what `forward` returns: `[N, 10]`; a list or mapping of several."
    )
    params: AnyNode | None = Field(
        None, description='Number of parameters, each counted once: `"< 2_000_000"`.'
    )
    buffers: AnyNode | None = Field(None, description="Number of values in buffers: `0`.")
    flops: AnyNode | None = Field(None, description='FLOPs for the typical sizes: `"< 5 G"`.')
    memory: AnyNode | None = Field(
        None, description='Bytes of activations for the typical sizes: `"< 200 MiB"`.'
    )
