"""The way back: an `nn.Module` that someone wrote -> a spec, which is proven to give the same module."""
