"""The command line: one file per command. Layer 8.

Results go to standard output, everything else to standard error. Exit status: 0 clean, 1 findings,
2 usage or environment, 130 interrupted.
"""

from netspec.cli.main import main

__all__ = ["main"]
