"""Program -> Python source that a person would write; it needs torch alone. Layer 5.

`generate(program, solutions)` gives the text of a module. What it prints is also what runs: the
in-memory class is built from this very text.
"""

from netspec.codegen.module import Part, generate, generate_all

__all__ = ["Part", "generate", "generate_all"]
