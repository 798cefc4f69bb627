"""What ops exist, under PyTorch's names, with their signatures; readable without torch.

Layer 2. `torch.json` is generated from an installed PyTorch by `generate.py` and committed;
`overlay.py` holds the facts that annotations lack. `ops()` loads it, `bind` checks arguments.
"""
