"""Widgets for the notebooks: they know no model, they are handed a function."""

from siamese_nb.widgets.board.widget import TensorBoardButton
from siamese_nb.widgets.browser.widget import PairBrowser
from siamese_nb.widgets.comparer.widget import Comparer
from siamese_nb.widgets.panel.widget import TrainingPanel
from siamese_nb.widgets.tuner.widget import ThresholdTuner

__all__ = ["Comparer", "PairBrowser", "TensorBoardButton", "ThresholdTuner", "TrainingPanel"]
