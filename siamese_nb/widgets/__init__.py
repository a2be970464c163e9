"""Widgets for the notebooks: they know no model, they are handed a function."""

from siamese_nb.widgets.comparer import Comparer

__all__ = ["Comparer"]
