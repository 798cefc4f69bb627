"""The report of a run: `report.html` and `plots/` in its folder. Written when training is over."""
