"""Pictures of a verifier and its data, in scikit-learn's form.

Each Display computes in ``from_scores`` (or ``from_history``, ``from_images``, ``from_counts``, ``from_pictures``),
draws in ``plot(ax=None)`` and returns itself, with what it drew on in ``ax_`` and ``figure_``. Nothing is shown or
saved behind one's back, and one Display can be drawn as often as wanted.
"""

from siamese_nb.plots.confusion import ConfusionDisplay
from siamese_nb.plots.counts import CountsDisplay
from siamese_nb.plots.curves import DetDisplay, PrecisionRecallDisplay, RocDisplay
from siamese_nb.plots.history import HistoryDisplay
from siamese_nb.plots.overview import OverviewDisplay
from siamese_nb.plots.pairs import PairsDisplay
from siamese_nb.plots.reliability import ReliabilityDisplay
from siamese_nb.plots.scores import FarFrrDisplay, ScoreHistogramDisplay

__all__ = [
    "ConfusionDisplay",
    "CountsDisplay",
    "DetDisplay",
    "FarFrrDisplay",
    "HistoryDisplay",
    "OverviewDisplay",
    "PairsDisplay",
    "PrecisionRecallDisplay",
    "ReliabilityDisplay",
    "RocDisplay",
    "ScoreHistogramDisplay",
]
