"""The mutation study: specs with one mistake each, and what netspec says about them.

Run: python -m benchmarks.mutation (from the root of the repository).
"""
