"""Pairs gathered into rows of neighbouring scores, so that a replicate is a sum per row instead of a sort."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siamese_nb.metrics.convention import BoolArray, FloatArray
from siamese_nb.metrics.counts import Number, ratio
from siamese_nb.metrics.figures import ranking_figures, threshold_figures
from siamese_nb.metrics.probability import brier_terms, log_loss_terms
from siamese_nb.metrics.table import ScoreTable

_ROWS_PER_KIND = 500
"""Rows into which each kind of pair is split at most. Up to this many distinct scores, replicates are exact."""


@dataclass(frozen=True, eq=False)
class ScoreHistogram:
    """Hold which row each pair falls in, and what is needed to compute every figure from weights per row.

    Attributes
    ----------
    row : ndarray of shape (n_pairs,), int
        Row 0 has the highest scores. Impostor pairs have their rows after all genuine ones (`n_rows` further on).
    thresholds : ndarray of shape (n_rows + 1,), float
        Infinity, then the lowest score of each row.
    moments : ndarray of shape (2 * n_rows, 4), float
        Mean score, squared score, squared error and log loss of each row's genuine and impostor pairs.
    pairs : ndarray of shape (2 * n_rows,), int
        Pairs in each row.
    threshold : float
    """

    row: np.ndarray[tuple[int], np.dtype[np.intp]]
    thresholds: FloatArray
    moments: FloatArray
    pairs: NDArray[np.intp]
    threshold: float

    @classmethod
    def from_scores(cls, genuine: BoolArray, scores: FloatArray, threshold: float) -> "ScoreHistogram":
        """Sort pairs into rows; the threshold falls between two rows, so figures at it are exact."""
        table = ScoreTable.from_scores(genuine, scores)
        last = _last_of_each_row(table, threshold)
        thresholds = table.thresholds[np.concatenate(([0], last))]
        row = np.searchsorted(-thresholds[1:], -scores, side="left") + np.where(genuine, 0, last.size)
        terms = (scores, scores**2, brier_terms(genuine, scores), log_loss_terms(genuine, scores))
        pairs = np.bincount(row, minlength=2 * last.size)
        sums = np.stack([np.bincount(row, weights=term, minlength=pairs.size) for term in terms], axis=1)
        return cls(row, thresholds, sums / np.maximum(pairs, 1)[:, None], pairs, threshold)

    def figures(self, weights: NDArray[np.floating[Any]]) -> dict[str, Number]:
        """Compute every figure from the weight in each row.

        The weights are scaled to the data's numbers of genuine and impostor pairs: their mix is a choice
        (`neg_factor`), not a chance, and so adds nothing to the spread.

        Parameters
        ----------
        weights : ndarray of shape (2 * n_rows, n_replicates), float
        """
        start = np.zeros((1, weights.shape[1]))
        kinds = [_scaled(*kind) for kind in zip(np.split(weights, 2), np.split(self.pairs, 2), strict=True)]
        accepts = [np.concatenate((start, np.cumsum(kind, axis=0))).T for kind in kinds]
        table = ScoreTable(self.thresholds, np.ascontiguousarray(accepts[0]), np.ascontiguousarray(accepts[1]))
        at_threshold = threshold_figures(table.counts(self.threshold))
        return {**at_threshold, **ranking_figures(table), **self._moment_figures(kinds)}

    def _moment_figures(self, kinds: list[FloatArray]) -> dict[str, Number]:
        moments = np.split(self.moments, 2)
        sums = [kind.T @ moment for kind, moment in zip(kinds, moments, strict=True)]
        totals = [kind.sum(axis=0) for kind in kinds]
        means = [ratio(part, total[:, None]) for part, total in zip(sums, totals, strict=True)]
        variances = [mean[:, 1] - mean[:, 0] ** 2 for mean in means]
        spread = np.sqrt(np.maximum(variances[0] + variances[1], 0.0) / 2.0)
        over_all = ratio(sums[0] + sums[1], (totals[0] + totals[1])[:, None])
        return {
            "log_loss": over_all[:, 3],
            "brier": over_all[:, 2],
            "d_prime": ratio(means[0][:, 0] - means[1][:, 0], spread),
        }


def _scaled(weights: NDArray[np.floating[Any]], pairs: NDArray[np.intp]) -> FloatArray:
    total = weights.sum(axis=0, dtype=np.float64)
    scale = np.divide(pairs.sum(), total, out=np.full(total.shape, np.nan), where=total > 0.0)
    return np.asarray(weights * scale) if pairs.any() else np.zeros(weights.shape)


def _last_of_each_row(table: ScoreTable, threshold: float) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    n_distinct = table.thresholds.size - 1
    if n_distinct <= _ROWS_PER_KIND:
        return np.arange(1, n_distinct + 1)
    steps = np.linspace(0.0, 1.0, _ROWS_PER_KIND + 1)[1:]
    # Low false accept rates are decided among the few best impostors: there every rank up to 100 counts.
    tail = np.unique(np.geomspace(1, max(table.impostor, 1), _ROWS_PER_KIND // 4).astype(int))
    ends = [
        np.searchsorted(table.true_accepts, steps * table.genuine),
        np.searchsorted(table.false_accepts, steps * table.impostor),
        np.searchsorted(table.false_accepts, tail),
        [np.searchsorted(-table.thresholds, -threshold, side="right") - 1, n_distinct],
    ]
    last = np.unique(np.concatenate(ends))
    return last[(last >= 1) & (last <= n_distinct)]
