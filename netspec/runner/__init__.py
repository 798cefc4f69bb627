"""The runner: trains a compiled spec as a recipe says. Layer 7.

`recipe/` reads and checks recipes and does without torch; `data/` loads data sets; `loop.py` is the
training loop, and each of its parts (devices, precision, optimizers, checkpoints, ...) has one file;
`train.py` puts them together. Importing this package imports none of them, so that checking a recipe
stays fast.
"""
