"""Recipes: the second kind of document. Text -> `Recipe`, checked against its model, without torch."""
