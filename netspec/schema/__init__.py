"""Catalog and envelopes -> the JSON Schema that editors complete, explain and check with. Layer 3.

`spec_schema()` makes it; the committed `spec.schema.json` is the same, held in step by a test.
Draft-07, which every YAML language server reads. It rejects only what the checker rejects too.
"""

from netspec.schema.spec import spec_schema

__all__ = ["spec_schema"]
