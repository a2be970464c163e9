"""Figures of the ranking as a whole, which no chosen threshold enters.

Each takes a `ScoreTable` and returns a float, or one number per replicate if the table has leading axes. What needs a
rate of a kind of pair that is not there is NaN.
"""

import numpy as np

from siamese_nb.metrics.counts import Number, ratio
from siamese_nb.metrics.table import ScoreTable


def auc(table: ScoreTable) -> Number:
    """Compute the area under the ROC curve: how often a genuine pair outscores an impostor pair, ties counting half.

    References
    ----------
    Hanley & McNeil (1982), Radiology 143, 29-36 (area = Mann-Whitney statistic).
    """
    widths = np.diff(table.false_accepts)
    heights = table.true_accepts[..., 1:] + table.true_accepts[..., :-1]
    # einsum, not (widths * heights).sum(): no temporary of the table's size.
    area = np.einsum("...k,...k->...", widths / 2.0, heights.astype(np.float64))
    return ratio(area, table.genuine * (table.impostor / 1.0))


def average_precision(table: ScoreTable) -> Number:
    """Compute the mean precision over the genuine pairs: sum of (R_k - R_{k-1}) P_k, without interpolation.

    References
    ----------
    Su, Yuan & Zhu (2015), A relationship between the average precision and the area under the ROC curve, ICTIR.
    """
    total = np.einsum("...k,...k->...", np.diff(table.true_accepts) / 1.0, table.precision[..., 1:])
    return ratio(total, table.genuine)


def eer(table: ScoreTable) -> Number:
    """Compute the equal error rate, at which FAR = FRR.

    Between the two neighbouring thresholds where FAR overtakes FRR, both are joined by a straight line (as in the area
    under the ROC curve), so the figure does not depend on which side is read.

    References
    ----------
    ISO/IEC 19795-1:2021, detection error trade-off; Maio et al. (2002), FVC2000, IEEE TPAMI 24(3), section 4.
    """
    gap = table.far - table.frr
    after = np.expand_dims(np.argmax(gap >= 0.0, axis=-1), -1)
    above, below = np.take_along_axis(gap, after, -1), np.take_along_axis(gap, np.maximum(after - 1, 0), -1)
    share = ratio(-below, above - below)
    far_above, far_below = (np.take_along_axis(table.far, k, -1) for k in (after, np.maximum(after - 1, 0)))
    rate = (far_below + share * (far_above - far_below))[..., 0]
    return rate if rate.ndim else float(rate)


def recall_at_precision(table: ScoreTable, precision: float) -> Number:
    """Find the highest recall at a threshold with at least this precision; 0 when no threshold reaches it."""
    return _plain(np.where(table.precision >= precision, table.recall, 0.0 * table.recall).max(axis=-1))


def precision_at_recall(table: ScoreTable, recall: float) -> Number:
    """Find the highest precision at a threshold with at least this recall."""
    reached = np.where(table.recall >= recall, table.precision, 0.0 * table.recall)
    return _plain(reached.max(axis=-1))


def frr_at_far(table: ScoreTable, far: float) -> Number:
    """Find the lowest false reject rate at a threshold whose false accept rate is at most `far`.

    With `far` 1/100 and 1/1000 these are the FMR100 and FMR1000 of the fingerprint competitions.

    References
    ----------
    Maio et al. (2002), FVC2000, IEEE TPAMI 24(3), section 4.
    """
    allowed = np.where(table.far <= far, table.frr, 1.0 + 0.0 * table.far)
    return _plain(allowed.min(axis=-1))


def minimum_detection_cost(
    table: ScoreTable, false_accept: float = 1.0, false_reject: float = 1.0, prevalence: float = 0.01
) -> Number:
    """Find the lowest expected cost over all thresholds; 1 is that of the better of "accept all" and "reject all".

    Parameters
    ----------
    table : ScoreTable
    false_accept, false_reject : float, > 0
        Cost of one error of each kind.
    prevalence : float, in (0, 1)
        Share of genuine pairs in use, which the share in the data is not.

    References
    ----------
    NIST (2016), Speaker Recognition Evaluation plan, section 3: C_Miss P_Target P_Miss + C_FA (1 - P_Target) P_FA,
    normalised.
    """
    miss, alarm = false_reject * prevalence, false_accept * (1.0 - prevalence)
    cost = miss * table.frr + alarm * table.far
    return _plain(cost.min(axis=-1) / min(miss, alarm))


def _plain(value: Number) -> Number:
    return value if np.ndim(value) else float(value)
