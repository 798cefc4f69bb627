"""The keys of a network's checkpoint, known from the spec alone, and their fate in another network."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from netspec.carry.header import Stored
from netspec.diagnostics import Collector
from netspec.graph.inputs import owned_shape
from netspec.graph.ir import Graph, ModuleNode, Own
from netspec.pipeline import Checked
from netspec.resolve.program import BASE, OwnedTensor
from netspec.shapes.dims import Dim
from netspec.shapes.infer import Shapes
from netspec.shapes.values import Tensor
from netspec.shapes.weights import tensors
from netspec.views.diff.records import Fate, KeyChange

Path = tuple[str, ...]


def state_of(checked: Checked) -> dict[tuple[Path, str], Stored]:
    """Every tensor of the state: the module that owns it, its name there, and what it is. A layer of an
    application has none here, since nobody but it knows them."""
    graph, shapes = checked.graph, checked.shapes
    assert graph is not None
    assert shapes is not None
    found: dict[tuple[Path, str], Stored] = {}
    for path, leaf in graph.leaves.items():
        if leaf.op is not None and path in shapes.settings:
            for each in tensors(leaf.op.name, shapes.settings[path]):
                if each.persistent and each.shape is not None:
                    found[path, each.name] = Stored(each.dtype, _numbers(each.shape))
    for path, name, stored in _owned(checked, graph, shapes):
        found[path, name] = stored
    return found


def key_of(path: Path, name: str) -> str:
    """The key in `state_dict`: what a block extends is the block itself."""
    return ".".join((*(part for part in path if part != BASE), name))


def _owned(checked: Checked, graph: Graph, shapes: Shapes) -> Iterator[tuple[Path, str, Stored]]:
    """The tensors that blocks and the network own themselves."""
    assert checked.program is not None
    made = {(node.module, node.tensor): node for node in graph.nodes if isinstance(node, Own)}
    for path, module in graph.modules.items():
        block = module.block if path else checked.program.main
        for owned in block.owned if block is not None and not module.absent else ():
            if owned.persistent:
                stored = _stored(owned, made.get((path, owned.name)), module, shapes)
                if stored is not None:
                    yield path, owned.name, stored


def _stored(owned: OwnedTensor, node: Own | None, module: ModuleNode, shapes: Shapes) -> Stored | None:
    value = shapes.of(node.value) if node is not None else None
    if isinstance(value, Tensor) and value.shape is not None:
        return Stored(value.dtype or "float32", _numbers(value.shape))
    shape = owned_shape(owned, module.names, Collector())
    return None if shape is None else Stored(owned.dtype or "float32", _numbers(shape))


def _numbers(shape: tuple[Dim, ...]) -> tuple[int, ...]:
    return tuple(-1 if size.value is None else size.value for size in shape)


def fates(
    before: Mapping[tuple[Path, str], Stored],
    after: Mapping[tuple[Path, str], Stored],
    paired: Mapping[Path, Path],
) -> tuple[KeyChange, ...]:
    """What becomes of each tensor, given the new path of each layer that goes on."""
    found = []
    taken = set()
    for (path, name), stored in before.items():
        place = (paired[path], name) if path in paired else None
        own = after.get(place) if place is not None else None
        if place is None or own is None:
            found.append(KeyChange("lost", key_of(path, name), None, stored, None))
            continue
        taken.add(place)
        found.append(_fate(key_of(path, name), key_of(*place), stored, own))
    new = (item for item in after.items() if item[0] not in taken)
    found += [KeyChange("new", None, key_of(*place), None, own) for place, own in new]
    return tuple(found)


def fates_by_name(before: Mapping[str, Stored], after: Mapping[str, Stored]) -> tuple[KeyChange, ...]:
    """The same where names are all there is to go by."""
    found = [
        _fate(name, name, stored, after[name])
        if name in after
        else KeyChange("lost", name, None, stored, None)
        for name, stored in before.items()
    ]
    return (
        *found,
        *(KeyChange("new", None, name, None, own) for name, own in after.items() if name not in before),
    )


def _fate(before: str, after: str, stored: Stored, own: Stored) -> KeyChange:
    fate: Fate = "reshaped" if stored != own else "renamed" if before != after else "kept"
    return KeyChange(fate, before, after, stored, own)
