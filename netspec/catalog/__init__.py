"""What ops exist, under PyTorch's names, with their signatures; readable without torch.

Layer 2. `torch.json` and `torchvision.json` are generated from an installed PyTorch and torchvision by
`generate.py` and committed; `overlay.py` holds the facts that annotations lack. `ops()` loads them,
`bind` checks arguments.
"""
