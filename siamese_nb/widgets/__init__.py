"""Widgets for the notebooks: they know no model, they are handed a function."""

from siamese_nb.widgets.board import TensorBoardButton
from siamese_nb.widgets.browser import PairBrowser
from siamese_nb.widgets.comparer import Comparer
from siamese_nb.widgets.panel import TrainingPanel
from siamese_nb.widgets.tuner import ThresholdTuner

__all__ = ["Comparer", "PairBrowser", "TensorBoardButton", "ThresholdTuner", "TrainingPanel"]
