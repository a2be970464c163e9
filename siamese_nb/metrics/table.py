"""The score table: pairs sorted once, from which every curve, count and figure is read off."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike

from siamese_nb.metrics.convention import FloatArray, check_pairs
from siamese_nb.metrics.counts import Counts, Number, ratio


@dataclass(frozen=True, eq=False)
class ScoreTable:
    """Hold how many pairs are accepted at each distinct threshold.

    Make it with `from_scores`. Pairs with equal scores are accepted together, so one row stands for one distinct score.

    Attributes
    ----------
    thresholds : ndarray of shape (n_distinct + 1,), float
        Falling: infinity (accept nothing), then the distinct scores from the highest to the lowest (accept all).
    true_accepts, false_accepts : ndarray of shape (..., n_distinct + 1)
        Genuine and impostor pairs with a score at or above each threshold. Leading axes, if any, are bootstrap
        replicates, whose counts are sums of weights.
    """

    thresholds: FloatArray
    true_accepts: Number
    false_accepts: Number

    @classmethod
    def from_scores(cls, labels: ArrayLike, scores: ArrayLike) -> "ScoreTable":
        """Sort pairs into a table, in O(n log n).

        Parameters
        ----------
        labels : array_like of shape (n_pairs,), each 1 (genuine) or 0 (impostor)
        scores : array_like of shape (n_pairs,), float, in [0, 1]

        Raises
        ------
        InputError
            If the arrays are not such labels and scores.
        """
        genuine, values = check_pairs(labels, scores)
        order = np.argsort(values)[::-1]
        ranked = values[order]
        last_of_ties = np.append(np.flatnonzero(np.diff(ranked)), ranked.size - 1)
        true_accepts = np.cumsum(genuine[order])[last_of_ties]
        return cls(
            thresholds=np.concatenate(([np.inf], ranked[last_of_ties])),
            true_accepts=np.concatenate(([0], true_accepts)),
            false_accepts=np.concatenate(([0], last_of_ties + 1 - true_accepts)),
        )

    def counts(self, threshold: float | ArrayLike) -> Counts:
        """Count the four outcomes at a threshold (or at each of several), in O(log n).

        Parameters
        ----------
        threshold : float or array_like of float
            Any number; a pair is accepted if and only if its score is at or above it.
        """
        row = np.searchsorted(self._rising, -np.asarray(threshold, dtype=np.float64), side="right") - 1
        true_accepts, false_accepts = self.true_accepts[..., row], self.false_accepts[..., row]
        outcomes = (true_accepts, self.genuine - true_accepts, false_accepts, self.impostor - false_accepts)
        return Counts(*(value if np.ndim(value) else value.item() for value in outcomes))

    @property
    def at_each_threshold(self) -> Counts:
        """Give the counts at every threshold of the table."""
        genuine, impostor = np.expand_dims(self.genuine, -1), np.expand_dims(self.impostor, -1)
        return Counts(self.true_accepts, genuine - self.true_accepts, self.false_accepts, impostor - self.false_accepts)

    @property
    def genuine(self) -> Number:
        """Count the genuine pairs."""
        return self.true_accepts[..., -1]

    @property
    def impostor(self) -> Number:
        """Count the impostor pairs."""
        return self.false_accepts[..., -1]

    @cached_property
    def far(self) -> FloatArray:
        """False accept rate at each threshold, rising from 0 to 1; NaN without impostor pairs."""
        return np.asarray(ratio(self.false_accepts, np.expand_dims(self.impostor, -1)))

    @cached_property
    def recall(self) -> FloatArray:
        """Recall at each threshold, rising from 0 to 1; NaN without genuine pairs."""
        return np.asarray(ratio(self.true_accepts, np.expand_dims(self.genuine, -1)))

    @cached_property
    def frr(self) -> FloatArray:
        """False reject rate at each threshold, falling from 1 to 0; NaN without genuine pairs."""
        missed = np.expand_dims(self.genuine, -1) - self.true_accepts
        return np.asarray(ratio(missed, np.expand_dims(self.genuine, -1)))

    @cached_property
    def precision(self) -> FloatArray:
        """Precision at each threshold; 1 where nothing is accepted, the curve's end by convention."""
        precision = np.asarray(ratio(self.true_accepts, self.true_accepts + self.false_accepts))
        precision[self.true_accepts + self.false_accepts == 0] = 1.0
        return precision

    @cached_property
    def _rising(self) -> FloatArray:
        return -self.thresholds
