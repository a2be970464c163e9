"""All figures of a verifier at once."""

from numpy.typing import ArrayLike

from siamese_nb.metrics.convention import check_threshold
from siamese_nb.metrics.counts import Counts, Number
from siamese_nb.metrics.probability import brier, d_prime, log_loss
from siamese_nb.metrics.ranking import (
    auc,
    average_precision,
    eer,
    frr_at_far,
    recall_at_precision,
)
from siamese_nb.metrics.table import ScoreTable


def figures(labels: ArrayLike, scores: ArrayLike, threshold: float) -> dict[str, float]:
    """Compute every figure of a verifier.

    Parameters
    ----------
    labels : array_like of shape (n_pairs,), each 1 (genuine) or 0 (impostor)
    scores : array_like of shape (n_pairs,), float, in [0, 1]
    threshold : float, in [0, 1]
        Pairs with score >= threshold are accepted.

    Returns
    -------
    dict of float
        At the threshold: accuracy, precision, recall, far, frr, balanced_accuracy, f1, mcc. Of the ranking: auc, eer,
        average_precision, recall_at_precision_80, _90 and _95, frr_at_far_1_in_100 and _1_in_1000. Of the
        scores as probabilities: log_loss, brier; and d_prime. A rate without a trial is NaN.

    Raises
    ------
    InputError
        If the arrays are not such labels and scores, or the threshold is outside [0, 1].

    Examples
    --------
    >>> values = figures([1, 1, 0, 0], [0.9, 0.4, 0.6, 0.1], threshold=0.5)
    >>> values["accuracy"], values["auc"], values["eer"]
    (0.5, 0.75, 0.5)
    """
    table = ScoreTable.from_scores(labels, scores)
    return {
        **threshold_figures(table.counts(check_threshold(threshold))),
        **ranking_figures(table),
        "log_loss": log_loss(labels, scores),
        "brier": brier(labels, scores),
        "d_prime": d_prime(labels, scores),
    }


def threshold_figures(counts: Counts) -> dict[str, Number]:
    """Compute the figures that follow from the counts at a threshold."""
    return {
        "accuracy": counts.accuracy,
        "precision": counts.precision,
        "recall": counts.recall,
        "far": counts.far,
        "frr": counts.frr,
        "balanced_accuracy": counts.balanced_accuracy,
        "f1": counts.f_beta(1.0),
        "mcc": counts.mcc,
    }


def ranking_figures(table: ScoreTable) -> dict[str, Number]:
    """Compute the figures that no threshold enters."""
    return {
        "auc": auc(table),
        "eer": eer(table),
        "average_precision": average_precision(table),
        "recall_at_precision_80": recall_at_precision(table, 0.80),
        "recall_at_precision_90": recall_at_precision(table, 0.90),
        "recall_at_precision_95": recall_at_precision(table, 0.95),
        "frr_at_far_1_in_100": frr_at_far(table, 1 / 100),
        "frr_at_far_1_in_1000": frr_at_far(table, 1 / 1000),
    }
