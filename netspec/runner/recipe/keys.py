"""The keys of a recipe and of its `model` and `data`, as pydantic models.

The field descriptions are the documentation of the recipe language: the JSON Schema shows them in editors.
"""

from __future__ import annotations

from pydantic import Field

from netspec.document.envelope import Envelope
from netspec.document.kinds import AnyNode, Boolean, Integer, ListNode, MappingNode, Number, Text


class RecipeKeys(Envelope):
    """The top of a recipe file."""

    netspec: AnyNode = Field(description="Version of the language.")
    recipe: Text = Field(description="Name of the recipe; it marks the file as a recipe.")
    doc: Text | None = Field(None, description="What the recipe is for.")
    model: AnyNode = Field(
        description="The spec to train: its path, relative to the recipe, or `{spec: PATH, params: {...}}`."
    )
    data: MappingNode = Field(description="Data sets, transforms and the batch size.")
    loss: AnyNode | None = Field(
        None, description="The loss: `nll_loss`, `{cross_entropy: {label_smoothing: 0.1}}`."
    )
    losses: MappingNode | None = Field(
        None, description="In place of `loss`, one for each output: `{kind: cross_entropy, age: mse_loss}`."
    )
    metrics: ListNode | None = Field(None, description="What to measure besides the loss: `[accuracy]`.")
    optimizer: AnyNode = Field(description="A class of torch.optim: `{AdamW: {lr: 1e-3}}`.")
    scheduler: AnyNode | None = Field(
        None, description="A class of torch.optim.lr_scheduler: `{OneCycleLR: {max_lr: 3e-3}}`."
    )
    epochs: Integer = Field(description="How often training goes through the data.")
    warmup: AnyNode | None = Field(
        None, description="Steps in which the learning rate rises: `500`, `{epochs: 1, start: 0.01}`."
    )
    accumulate: Integer | None = Field(None, description="Batches whose gradients make one step; 1.")
    clip: AnyNode | None = Field(
        None, description="Greatest norm of the gradients: `1.0`; or `{value: 0.5}`, for each number."
    )
    ema: Number | None = Field(
        None, description="Decay of the moving average of the weights that is measured and saved: `0.999`."
    )
    freeze: AnyNode | None = Field(
        None, description='Paths of parameters that do not train, with `*`: `["stem.*", layer1.*]`.'
    )
    groups: ListNode | None = Field(
        None, description='Optimizer arguments by path: `[{match: "head.*", lr: 1e-2}]`.'
    )
    early_stopping: AnyNode | None = Field(
        None, description="Epochs without improvement after which training ends: `5`, `{patience: 5}`."
    )
    best: Text | None = Field(None, description="The figure that chooses the best epoch: `accuracy`.")
    checkpoint: MappingNode | None = Field(
        None, description="When to save, and how many to keep: `{steps: 1000, keep: 2}`."
    )
    compile: Boolean | None = Field(None, description="Whether the network goes through torch.compile.")
    parallel: Text | None = Field(
        None, description="How several processes share the work: auto (default), none, ddp, fsdp."
    )
    trackers: ListNode | None = Field(
        None, description="Where figures go besides the run folder: `[TensorBoard, {WandB: {...}}]`."
    )
    precision: Text | None = Field(None, description="fp32, bf16, fp16, or auto (default).")
    seed: Integer | None = Field(None, description="Seed of everything random; 0 where none is given.")
    device: Text | None = Field(
        None, description="auto (default), cpu, cuda, cuda:1, mps, xpu: where to train."
    )


class ModelKeys(Envelope):
    """The long form of `model`."""

    spec: Text = Field(description="Path of the spec, relative to the recipe.")
    params: MappingNode | None = Field(None, description="Values for the spec's params.")
    weights: Text | None = Field(None, description="A .safetensors file that training starts from.")


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
    batch_size: Integer = Field(description="Samples in one batch.")
    inputs: MappingNode | None = Field(
        None, description="The column that goes into each input of the spec: `{x: image}`."
    )
    target: Text | None = Field(None, description="The column that the output is held against: `label`.")
    mix: ListNode | None = Field(
        None, description="Mixtures of the samples of a training batch: `[MixUp, {CutMix: {alpha: 0.5}}]`."
    )
    workers: Integer | None = Field(None, description="Processes that read samples ahead; 0.")
    in_memory: Boolean | None = Field(
        None, description="Whether the set is read whole; by default where it is small."
    )


class WarmupKeys(Envelope):
    """The long form of `warmup`."""

    steps: Integer | None = Field(None, description="How many steps it takes.")
    epochs: Number | None = Field(None, description="How many epochs it takes, in place of `steps`.")
    start: Number | None = Field(None, description="The share of the learning rate it starts at; 0.01.")


class ClipKeys(Envelope):
    """The long form of `clip`."""

    norm: Number | None = Field(None, description="Greatest norm of all gradients together.")
    value: Number | None = Field(None, description="Greatest absolute value of each number.")


class EarlyStoppingKeys(Envelope):
    """The long form of `early_stopping`."""

    patience: Integer = Field(description="Epochs without improvement after which training ends.")
    metric: Text | None = Field(None, description="The figure that is to improve; that of `best`.")
    min_delta: Number | None = Field(None, description="Improvements up to this size do not count; 0.")


class CheckpointKeys(Envelope):
    """`checkpoint`."""

    steps: Integer | None = Field(None, description="Steps between two; without it, one after each epoch.")
    keep: Integer | None = Field(None, description="How many stay, the last ones; 2.")
