"""The colours of a diagram, and which ops share one: what multiplies with weights, what normalises, ..."""

from __future__ import annotations

from dataclasses import dataclass

from netspec.views.diagram.model import Box


@dataclass(frozen=True, slots=True)
class Colours:
    """Of one family: the fill and the line of its boxes, on a light ground and on a dark one."""

    fill: str
    line: str
    dark_fill: str
    dark_line: str


FAMILIES = {
    "weights": Colours("#dbe9fe", "#3b74d1", "#16305c", "#6ea0f5"),
    "attention": Colours("#e9e0fd", "#7a4fd0", "#33225f", "#ab8bf2"),
    "norm": Colours("#d8f3ec", "#1f8a70", "#0f3d35", "#4fc3a7"),
    "activation": Colours("#fde7d3", "#c9681a", "#4d2c10", "#f0a05a"),
    "pooling": Colours("#fadcea", "#c0407f", "#4d1a35", "#ee83b4"),
    "shape": Colours("#eceff3", "#7b8794", "#2a313b", "#98a4b3"),
    "join": Colours("#fbf0c4", "#a8850f", "#443808", "#dcbc4a"),
    "section": Colours("#ffffff", "#57606a", "#1b222c", "#8b97a5"),
    "port": Colours("#e3f6fb", "#1d7f9c", "#0e3946", "#55bcd8"),
    "other": Colours("#f4f1ea", "#857a63", "#35312a", "#b5a98f"),
}

# Beginnings of names in lower case without `_`; the longest that fits decides.
_BEGINNINGS = {
    "weights": "conv linear bilinear embedding lstm gru rnn lazy matmul bmm mm einsum deform addmm",
    "attention": "multihead transformer scaleddot",
    "norm": """batchnorm layernorm groupnorm instancenorm rmsnorm localresponse syncbatch frozenbatch
    normalize""",
    "activation": """relu leakyrelu gelu silu elu selu celu glu hard mish prelu rrelu sigmoid logsigmoid soft
    tanh threshold logsoftmax gumbel""",
    "pooling": """maxpool avgpool adaptive fractional lppool upsample interpolate pixel mean sum max amax min
    amin""",
    "join": "add sub mul div cat stack concat where maximum minimum lerp",
    "shape": """flatten unflatten identity permute view reshape transpose squeeze unsqueeze expand chunk split
    unbind index getitem narrow pad dropout stochasticdepth alphadropout featurealpha contiguous roll tile
    repeat list append zeropad reflectionpad replicationpad constantpad circularpad movedim swap to float
    clone detach assign""",
}
_KNOWN = {start: name for name, starts in _BEGINNINGS.items() for start in starts.split()}
_LONGEST = max(map(len, _KNOWN))


def family(box: Box) -> str:
    """The key in `FAMILIES` for a box."""
    match box.kind:
        case "input" | "output":
            return "port"
        case "tensor":
            return "weights"
        case "call":
            return _of_op(box.op.lower().replace("_", ""))
    return "section"


def _of_op(name: str) -> str:
    fitting = (_KNOWN.get(name[:length]) for length in range(_LONGEST, 0, -1))
    return next((each for each in fitting if each is not None), "other")
