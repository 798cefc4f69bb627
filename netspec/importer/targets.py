"""What `netspec import` names: a module, and inputs to try it with.

>>> split("torchvision:resnet18")
('torchvision', 'resnet18')
"""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from netspec.errors import NetspecError

_SIDES = {"inception_v3": 299, "swin_v2_t": 256, "swin_v2_s": 256, "swin_v2_b": 256}
_VIDEOS = {"s3d": (16, 224), "mvit_v1_b": (16, 224), "mvit_v2_s": (16, 224), "swin3d": (16, 224),
           "r3d": (8, 112), "mc3": (8, 112), "r2plus1d": (8, 112)}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Target:
    """A module with the arguments of an example call."""

    module: nn.Module
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]


def split(target: str) -> tuple[str, str]:
    """The two sides of `package.module:name`; NetspecError for another form."""
    place, colon, name = target.partition(":")
    if not (place and colon and name):
        raise NetspecError(
            f"`{target}` names no module: write `torchvision:resnet50`, `timm:NAME`, `transformers:ARCH`,"
            " or `package.module:callable`"
        )
    return place, name


def load_target(target: str, settings: Mapping[str, Any], inputs: list[str], example: str | None) -> Target:
    """Build what a target names. `inputs` are shapes, `1,3,224,224` or `2,16:int64`; `example` names a
    callable that gives the arguments. NetspecError where something is missing or fails."""
    place, _name = split(target)
    builder = {"torchvision": _torchvision, "timm": _timm, "transformers": _transformers}.get(
        place, _anything
    )
    module, default = builder(target, settings)
    if not isinstance(module, nn.Module):
        raise NetspecError(f"{target} gives a {type(module).__name__}, which is no nn.Module")
    if example is not None:
        return Target(module.eval(), *example_call(_call(_find(*split(example)), {}, example)))
    given = tuple(map(_input, inputs)) if inputs else default()
    return Target(module.eval(), *example_call(given))


def example_call(given: Any) -> tuple[tuple[Any, ...], Mapping[str, Any]]:
    """Example inputs as arguments: a tuple by position, a mapping by name, else the one argument."""
    if isinstance(given, Mapping):
        return (), dict(given)
    return (given, {}) if isinstance(given, tuple) else ((given,), {})


def _find(place: str, name: str) -> Any:
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        found: Any = importlib.import_module(place)
        for part in name.split("."):
            found = getattr(found, part)
    except ImportError as error:
        raise NetspecError(f"{place} cannot be imported: {error}") from None
    except AttributeError:
        raise NetspecError(f"{place} has no `{name}`") from None
    return found


def _call(thing: Any, settings: Mapping[str, Any], target: str) -> Any:
    if isinstance(thing, nn.Module) and not settings:
        return thing
    if not callable(thing):
        raise NetspecError(f"{target} is a {type(thing).__name__}, which cannot be called")
    try:
        return thing(**settings)
    except Exception as error:  # code of the user's may raise anything
        raise NetspecError(f"{target} fails: {type(error).__name__}: {error}") from error


def _anything(target: str, settings: Mapping[str, Any]) -> tuple[Any, Callable[[], Any]]:
    def default() -> Any:
        raise NetspecError(
            f"an example is needed to try {target} with: give `--input 1,3,224,224` or `--example`"
        )

    return _call(_find(*split(target)), settings, target), default


def _package(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        raise NetspecError(f"{name} is not installed: pip install {name}") from None


# torchvision


def _torchvision(target: str, settings: Mapping[str, Any]) -> tuple[Any, Callable[[], Any]]:
    models = _package("torchvision").models
    _, name = split(target)
    if name not in models.list_models():
        raise NetspecError(f"torchvision has no model `{name}`")
    builder = models.get_model_builder(name)
    known = inspect.signature(builder).parameters
    plain: dict[str, Any] = {key: None for key in ("weights", "weights_backbone") if key in known}
    if name in ("googlenet", "inception_v3"):
        plain["init_weights"] = True  # what is said where it is left out is a warning
    return _call(builder, {**plain, **settings}, target), lambda: torchvision_example(name)


def torchvision_example(name: str) -> Any:
    """An input of the size that a model of torchvision was made for."""
    if name.startswith("raft"):
        return tuple(torch.randn(1, 3, 128, 128) for _ in range(2))
    video = next((size for key, size in _VIDEOS.items() if name.startswith(key)), None)
    if video is not None:
        return torch.randn(2, 3, video[0], video[1], video[1])
    side = _SIDES.get(name, 224)
    return torch.randn(2, 3, side, side)


# timm and transformers


def _timm(target: str, settings: Mapping[str, Any]) -> tuple[Any, Callable[[], Any]]:
    timm = _package("timm")
    _, name = split(target)
    if not timm.is_model(name):
        raise NetspecError(f"timm has no model `{name}`")
    module = _call(lambda **kwargs: timm.create_model(name, pretrained=False, **kwargs), settings, target)
    size = (module.default_cfg or {}).get("input_size", (3, 224, 224))
    return module, lambda: torch.randn(2, *size)


def _transformers(target: str, settings: Mapping[str, Any]) -> tuple[Any, Callable[[], Any]]:
    """A model class with its configuration; `--set` changes the configuration."""
    found = getattr(_package("transformers"), split(target)[1], None)
    if found is None or not hasattr(found, "config_class"):
        raise NetspecError(f"transformers has no model class `{split(target)[1]}`")
    defaults = {"use_cache": False, "return_dict": True}
    config = _call(found.config_class, {**defaults, **settings}, target)
    module = _call(lambda: found(config), {}, target)
    # It reads the tokens to warn of padding, and does nothing else.
    module.warn_if_padding_and_no_attention_mask = _no_warning
    return module, lambda: transformers_example(module)


def _no_warning(*args: Any, **kwargs: Any) -> None:
    return None


def transformers_example(module: Any) -> dict[str, Tensor]:
    """Inputs by name: tokens, pixels or samples, as the model's main input says."""
    config = module.config
    name = module.main_input_name
    if name == "pixel_values":
        side = getattr(config, "image_size", 224)
        height, width = (side, side) if isinstance(side, int) else side
        return {name: torch.randn(2, getattr(config, "num_channels", 3), height, width)}
    if name in ("input_values", "input_features"):
        rows = getattr(config, "num_mel_bins", None)
        return {name: torch.randn(2, 16_000) if rows is None else torch.randn(2, rows, 3000)}
    words = getattr(config, "vocab_size", 100)
    found = {name: torch.randint(3, words, (2, 16))}
    if config.is_encoder_decoder:
        found["decoder_input_ids"] = torch.randint(3, words, (2, 12))
    return found


def _input(text: str) -> Tensor:
    """`1,3,224,224`, or `2,16:int64` for numbers of classes or tokens."""
    sizes, _, kind = text.partition(":")
    dtype, _, most = kind.partition("<")
    try:
        shape = [int(each) for each in sizes.split(",")]
        found = getattr(torch, dtype or "float32")
        limit = int(most) if most else 100
    except (ValueError, AttributeError):
        raise NetspecError(
            f"`{text}` is no input: write sizes, as in `1,3,224,224` or `2,16:int64<1000`"
        ) from None
    if not isinstance(found, torch.dtype):
        raise NetspecError(f"`{dtype}` is no dtype")
    if found.is_floating_point:
        return torch.randn(shape, dtype=found)
    return torch.randint(0, 2 if found == torch.bool else limit, shape).to(found)
