"""The change that mends a spec, found by trying: `mend(found, document, check, most)`.

Where a mistake shows is often not where it was made. So the small changes that people's slips call for are
tried near the findings: a name, a number, a source, a dimension, two arguments in turn. One after which the
whole file is right is more than a guess; and where a single place has one, that place is the mistake's.
"""

from netspec.mending.search import mend

__all__ = ["mend"]
