"""Data sets as tensors in memory: images `[M, C, H, W]` with one class number each."""
