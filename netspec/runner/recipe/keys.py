"""The keys of a recipe and of its `model` and `data`, as pydantic models.

The field descriptions are the documentation of the recipe language: the JSON Schema shows them in editors.
"""

from __future__ import annotations

from pydantic import Field

from netspec.document.envelope import Envelope
from netspec.document.kinds import AnyNode, Integer, ListNode, MappingNode, Text


class RecipeKeys(Envelope):
    """The top of a recipe file."""

    netspec: AnyNode = Field(description="Version of the language.")
    recipe: Text = Field(description="Name of the recipe; it marks the file as a recipe.")
    doc: Text | None = Field(None, description="What the recipe is for.")
    model: AnyNode = Field(
        description="The spec to train: its path, relative to the recipe, or `{spec: PATH, params: {...}}`."
    )
    data: MappingNode = Field(description="Data sets, transforms and the batch size.")
    loss: AnyNode = Field(description="The loss: `nll_loss`, `cross_entropy`, `{cross_entropy: {...}}`.")
    metrics: ListNode | None = Field(None, description="What to measure besides the loss: `[accuracy]`.")
    optimizer: AnyNode = Field(description="A class of torch.optim: `{AdamW: {lr: 1e-3}}`.")
    scheduler: AnyNode | None = Field(
        None, description="A class of torch.optim.lr_scheduler: `{OneCycleLR: {max_lr: 3e-3}}`."
    )
    epochs: Integer = Field(description="How often training goes through the data.")
    precision: Text | None = Field(None, description="fp32, bf16, fp16, or auto (default).")
    seed: Integer | None = Field(None, description="Seed of everything random; 0 where none is given.")
    device: Text | None = Field(
        None, description="auto (default), cpu, cuda, cuda:1, mps, xpu: where to train."
    )


class ModelKeys(Envelope):
    """The long form of `model`."""

    spec: Text = Field(description="Path of the spec, relative to the recipe.")
    params: MappingNode | None = Field(None, description="Values for the spec's params.")


class DataKeys(Envelope):
    """`data`."""

    train: AnyNode = Field(description="The data set to train on: `{Digits: {split: train}}`.")
    test: AnyNode = Field(description="The data set to measure on, which training does not see.")
    validation: AnyNode | None = Field(None, description="A data set that chooses the best epoch.")
    transform: ListNode | None = Field(
        None, description="Transforms of every image: `[{Resize: 28}]`; images come as float32 from 0 to 1."
    )
    augment: ListNode | None = Field(
        None, description="Random transforms of training images, done before the first `Normalize`."
    )
    batch_size: Integer = Field(description="Images in one training step.")
