"""Generated source -> class -> module. Layer 6; needs torch.

The class is made by running the very text that `netspec compile` prints, registered with
`linecache`, so that tracebacks, `inspect.getsource` and `torch.jit.script` show it.
"""

from netspec.build.instantiate import instantiate
from netspec.build.source_class import class_from_source

__all__ = ["class_from_source", "instantiate"]
