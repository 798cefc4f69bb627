"""Says whether a spec is wrong, without a line of netspec: a second reading of the language.

PyYAML reads the text, Python evaluates the expressions, and PyTorch itself builds the layers and
runs the steps, on tensors without data. Nothing here knows a rule about shapes. The judge is held
against torchvision: of every spec of the zoo it must build the builder's own network.
"""
