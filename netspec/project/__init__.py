"""A project's way with many specs: its settings, its baseline, and the cache. Layer 7.7."""
