"""The difference of two networks: layers, steps, shapes, figures, and the fate of each key of a checkpoint.

`compare.difference` makes it from two checked specs, by way of `pairs` (which layer is which), `layers`,
`steps` and `keys`; `records` are what it is made of, `formats` how it reads.
"""

from netspec.views.diff.compare import difference, difference_of_states, keys_of
from netspec.views.diff.records import Difference

__all__ = ["Difference", "difference", "difference_of_states", "keys_of"]
