"""The kinds of mistake; each maps a spec to all the places where it can be made."""
