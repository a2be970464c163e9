"""Measure a verifier: what it gets right at a threshold, and at every threshold.

The seat of the label convention: a pair is `GENUINE` (1, the same thing) or `IMPOSTOR` (0), scores lie in
[0, 1], higher is more alike, and a pair is accepted if and only if ``score >= threshold``. Everything here is a pure
function of arrays. Sort once into a `ScoreTable`, then ask it or hand it to the curves, which stand in `curves`:

>>> table = ScoreTable.from_scores([1, 1, 0, 0], [0.9, 0.4, 0.6, 0.1])
>>> float(auc(table))
0.75
>>> table.counts(0.5)
Counts(true_accepts=1, false_rejects=1, false_accepts=1, true_rejects=1)

Undefined figures follow one rule: **a rate without a single trial is NaN** (precision when no pair is accepted, recall
without genuine pairs, AUC without both kinds), never a made-up 0 or 1. `siamese_nb.storage.to_json` writes NaN as
JSON's null.
"""

from siamese_nb.metrics import curves
from siamese_nb.metrics.convention import (
    GENUINE,
    IMPOSTOR,
    VERDICTS,
    accept,
    check_pairs,
    check_threshold,
    is_collapsed,
    verdict,
)
from siamese_nb.metrics.counts import Counts
from siamese_nb.metrics.figures import figures
from siamese_nb.metrics.probability import (
    ReliabilityCurve,
    brier,
    d_prime,
    expected_calibration_error,
    log_loss,
    reliability_curve,
)
from siamese_nb.metrics.ranking import (
    auc,
    average_precision,
    eer,
    frr_at_far,
    minimum_detection_cost,
    precision_at_recall,
    recall_at_precision,
)
from siamese_nb.metrics.table import ScoreTable

__all__ = [
    "GENUINE",
    "IMPOSTOR",
    "VERDICTS",
    "Counts",
    "ReliabilityCurve",
    "ScoreTable",
    "accept",
    "auc",
    "average_precision",
    "brier",
    "check_pairs",
    "check_threshold",
    "curves",
    "d_prime",
    "eer",
    "expected_calibration_error",
    "figures",
    "frr_at_far",
    "is_collapsed",
    "log_loss",
    "minimum_detection_cost",
    "precision_at_recall",
    "recall_at_precision",
    "reliability_curve",
    "verdict",
]
