"""Document -> Program: names are looked up, arguments bound, expressions parsed.

Layer 3. `resolve(document, source, collector)` in `module.py` is the entry; `program.py` has the
records that the graph and the source generator read.
"""
