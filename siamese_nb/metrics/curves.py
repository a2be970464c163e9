"""The four curves of verification, one point per distinct threshold."""

from typing import NamedTuple

import numpy as np

from siamese_nb.metrics.convention import FloatArray
from siamese_nb.metrics.table import ScoreTable


class RocCurve(NamedTuple):
    """Receiver operating characteristic: recall against false accept rate, from (0, 0) to (1, 1)."""

    far: FloatArray
    recall: FloatArray
    thresholds: FloatArray


class PrecisionRecallCurve(NamedTuple):
    """Precision against recall, from recall 1 (accept all) down to recall 0 (accept nothing)."""

    precision: FloatArray
    recall: FloatArray
    thresholds: FloatArray


class DetCurve(NamedTuple):
    """Detection error trade-off: false reject rate against false accept rate, drawn on normal-deviate axes."""

    far: FloatArray
    frr: FloatArray
    thresholds: FloatArray


class FarFrrCurve(NamedTuple):
    """Both error rates against the threshold, which rises from the lowest score to infinity."""

    thresholds: FloatArray
    far: FloatArray
    frr: FloatArray


def roc_curve(table: ScoreTable) -> RocCurve:
    """Compute the ROC curve with all its points, thresholds falling from infinity.

    Equal to ``sklearn.metrics.roc_curve(..., drop_intermediate=False)``.

    References
    ----------
    Fawcett (2006), Pattern Recognition Letters 27, 861-874, algorithm 1.
    """
    return RocCurve(table.far, table.recall, table.thresholds)


def precision_recall_curve(table: ScoreTable) -> PrecisionRecallCurve:
    """Compute the precision-recall curve, thresholds rising, the last one infinity with precision 1 and recall 0.

    Equal to ``sklearn.metrics.precision_recall_curve``, whose thresholds lack the last.

    References
    ----------
    Davis & Goadrich (2006), The relationship between precision-recall and ROC curves, ICML.
    """
    return PrecisionRecallCurve(table.precision[::-1], table.recall[::-1], table.thresholds[::-1])


def det_curve(table: ScoreTable) -> DetCurve:
    """Compute the DET curve, thresholds rising, without the ends at which one error stays at 0 and the other grows.

    References
    ----------
    Martin et al. (1997), The DET curve in assessment of detection task performance, Eurospeech. ISO/IEC 19795-1:2021.
    """
    first = np.searchsorted(-table.frr, 0.0)
    last = max(int(np.searchsorted(table.far, 0.0, side="right")) - 1, 0)
    kept = slice(last, int(first) + 1)
    return DetCurve(table.far[kept][::-1], table.frr[kept][::-1], table.thresholds[kept][::-1])


def far_frr_curve(table: ScoreTable) -> FarFrrCurve:
    """Compute both error rates at each distinct threshold, thresholds rising to infinity."""
    return FarFrrCurve(table.thresholds[::-1], table.far[::-1], table.frr[::-1])
