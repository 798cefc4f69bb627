"""Mends files with the fixes of their diagnostics, and says or shows what it changed."""
