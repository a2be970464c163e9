"""Widgets for the notebooks: they know no model, they are handed a function."""
