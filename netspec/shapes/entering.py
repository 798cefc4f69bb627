"""What flows into a block must have the shape that the block declares."""

from __future__ import annotations

from dataclasses import replace

from netspec.graph.ir import GraphInput
from netspec.shapes.call import Fault, Unmet, describe
from netspec.shapes.dims import Dim, Symbol, dim, shown, symbol
from netspec.shapes.integers import enter_integers
from netspec.shapes.trying import equal, first_beyond
from netspec.shapes.values import UNKNOWN, DictOf, ListOf, Tensor, TupleOf, Unknown, shape_text


def tensor_of(declared: GraphInput) -> Tensor | ListOf | TupleOf | DictOf | Unknown:
    """What an input of the network is known to be."""
    if declared.structure == "dict":
        return DictOf(tuple((key, tensor_of(part)) for key, part in declared.parts))
    if declared.structure:
        return TupleOf(tuple(tensor_of(part) for _, part in declared.parts))
    if declared.listed and not declared.items:
        return UNKNOWN
    if declared.listed:
        return ListOf(tuple(Tensor(shape, declared.dtype) for shape in declared.items))
    limits = None if declared.range is None else (dim(declared.range[0]), dim(declared.range[1] - 1))
    return Tensor(declared.shape, declared.dtype, limits)


def enter(name: str, value: object, declared: GraphInput, sizes: dict[str, Dim]) -> None:
    """Bind the names of a declared shape to the sizes of a value; a Fault where they contradict.

    `sizes` maps the symbols of this call to what they stand for, and gains the new ones.
    """
    if isinstance(value, Unknown) or (isinstance(value, Tensor) and value.shape is None):
        return
    if declared.integers is not None:
        enter_integers(name, value, declared, sizes)
        return
    what = f"for `{declared.name}`"
    if declared.structure:
        _enter_structure(name, value, declared, sizes)
        return
    if declared.listed:
        _enter_list(name, value, declared, sizes)
        return
    if not isinstance(value, Tensor):
        message = f"`{name}` needs a tensor {what} but receives {describe(value)}"
        raise Fault("NS410", message, help="give it a tensor")
    if value.dtype is not None and value.dtype != declared.dtype:
        message = f"`{name}` takes {declared.dtype} {what} but receives {value.dtype}"
        help = f"convert it with `to`, or declare `dtype: {value.dtype}`"
        raise Fault("NS405", message, help=help)
    if declared.shape is not None:
        _bind(name, value, declared, declared.shape, sizes)


def _enter_structure(name: str, value: object, declared: GraphInput, sizes: dict[str, Dim]) -> None:
    """What stands in a tuple or dict enters part by part."""
    keys = [key for key, _ in declared.parts]
    match value:
        case DictOf(items=items) if declared.structure == "dict":
            given = dict(items)
        case TupleOf(items=values) | ListOf(items=values) if declared.structure == "tuple":
            given = {str(index): each for index, each in enumerate(values)}
        case _:
            given = {}
    if keys != [key for key in keys if key in given] or (
        declared.structure == "tuple" and len(given) != len(keys)
    ):
        listed = f"the keys {', '.join(f'`{key}`' for key in keys)}"
        of = listed if declared.structure == "dict" else f"{len(keys)} items"
        raise Fault(
            "NS410",
            f"`{name}` needs a {declared.structure} with {of} for `{declared.name}` but receives "
            f"{describe(value)}",
            help="give it what a block returned, or change the block's `inputs`",
        )
    for key, part in declared.parts:
        enter(name, given[key], part, sizes)


def _enter_list(name: str, value: object, declared: GraphInput, sizes: dict[str, Dim]) -> None:
    """Each tensor of a list has the declared shape; `_` is another size in each."""
    what = f"a list of tensors for `{declared.name}`"
    if not isinstance(value, ListOf | TupleOf) or not all(
        isinstance(item, Tensor | Unknown) for item in value.items
    ):
        raise Fault("NS410", f"`{name}` needs {what} but receives {describe(value)}", help="give it a list")
    if declared.items and len(value.items) != len(declared.items):
        message = f"`{name}` needs {what} with {len(declared.items)} items but receives {len(value.items)}"
        raise Fault("NS410", message, help="change the list, or the block's `length`")
    one = replace(declared, listed=False)
    for item in value.items:
        for unnamed in [key for key in sizes if shown(key) == "_"]:
            del sizes[unnamed]
        enter(name, item, one, sizes)


def _bind(
    name: str, value: Tensor, declared: GraphInput, shape: tuple[Dim, ...], sizes: dict[str, Dim]
) -> None:
    assert value.shape is not None
    what = f"`{name}` takes {shape_text(tuple(_readable(size) for size in shape))} for `{declared.name}`"
    if len(value.shape) != len(shape):
        raise Fault(
            "NS401",
            f"{what} but receives {shape_text(value.shape)}",
            help="change the value, or the block's `inputs`",
        )
    for wanted, given in zip(shape, value.shape, strict=True):
        lone = _lone(wanted)
        if lone is not None and lone.name not in sizes:
            _check_bound(lone, given, what)
            sizes[lone.name] = given
            continue
        stands_for = wanted.substitute(sizes)
        if not equal(stands_for, given):
            raise Fault(
                "NS402",
                f"{what} but receives {shape_text(value.shape)}",
                help=f"{_readable(wanted)} is declared, {given} arrives: change the value or the declaration",
                unmet=Unmet(given, stands_for),
            )


def _check_bound(declared: Symbol, given: Dim, what: str) -> None:
    """`T<=1024` of a block holds for what arrives."""
    if declared.maximum is None or first_beyond(given, declared.maximum) is None:
        return
    name = _readable(symbol(declared.name))
    raise Fault(
        "NS402",
        f"{what}, with {name} of at most {declared.maximum}, but receives {given}",
        help="bound the dimension in `inputs`, as the block does",
        unmet=Unmet(given, dim(declared.maximum), "at most"),
    )


def _lone(size: Dim) -> Symbol | None:
    """The symbol that is the whole size."""
    match size.terms:
        case ((((Symbol() as atom, 1),), 1),):
            return atom
    return None


def _readable(size: Dim) -> Dim:
    """A size as the block writes it: its call's own symbols under their declared names."""
    return size.substitute({s.name: symbol(s.name.rpartition(":")[2]) for s in size.symbols})
