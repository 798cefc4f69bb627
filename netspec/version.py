"""The version of the distribution, from its metadata."""

from importlib.metadata import PackageNotFoundError, version

try:
    VERSION = version("torch-netspec")
except PackageNotFoundError:
    VERSION = "unknown (not installed)"
