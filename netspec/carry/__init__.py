"""Safe files: weights and the spec that they belong to in one `.safetensors` file. Layer 1.7, no torch.

`header.py` reads what such a file declares and checks it, `record.py` what netspec adds to it, `place.py`
treats the file like a folder with the spec's files in it, and `read.py` puts these together.
"""

from netspec.carry.place import inside, is_safe_file
from netspec.carry.read import SafeFile, read_safe_file, read_spec
from netspec.carry.record import Bundle, Record

__all__ = ["Bundle", "Record", "SafeFile", "inside", "is_safe_file", "read_safe_file", "read_spec"]
