"""Data sets: opened (`open.py`), checked, and made into batches (`batch.py` says what the loop sees)."""
