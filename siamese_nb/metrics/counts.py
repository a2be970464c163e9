"""The confusion counts at a threshold and the rates that follow from them.

Every rate works on whole numbers and on arrays of (weighted) counts alike, so that the figure and its bootstrap
replicates come from one formula. A rate without a trial is NaN.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Number = Any
"""A number, or an array of them: one count per threshold or per bootstrap replicate."""


@dataclass(frozen=True)
class Counts:
    """Hold how many pairs of each kind a threshold accepts and rejects.

    Attributes
    ----------
    true_accepts, false_rejects : genuine pairs with score >= threshold, and below it
    false_accepts, true_rejects : impostor pairs with score >= threshold, and below it

    References
    ----------
    ISO/IEC 19795-1:2021, false accept rate and false reject rate, at the level of single comparisons (there also
    false match rate and false non-match rate).
    """

    true_accepts: Number
    false_rejects: Number
    false_accepts: Number
    true_rejects: Number

    @property
    def genuine(self) -> Number:
        """Count the genuine pairs."""
        return self.true_accepts + self.false_rejects

    @property
    def impostor(self) -> Number:
        """Count the impostor pairs."""
        return self.false_accepts + self.true_rejects

    @property
    def accuracy(self) -> Number:
        """Compute the share of pairs that are decided rightly. It depends on the mix of pairs (`neg_factor`)."""
        return ratio(self.true_accepts + self.true_rejects, self.genuine + self.impostor)

    @property
    def balanced_accuracy(self) -> Number:
        """Compute the mean of recall and 1 - FAR: accuracy as if both kinds were equally frequent."""
        return (self.recall + 1.0 - self.far) / 2.0

    @property
    def precision(self) -> Number:
        """Compute the share of accepted pairs that are genuine; NaN when nothing is accepted."""
        return ratio(self.true_accepts, self.true_accepts + self.false_accepts)

    @property
    def recall(self) -> Number:
        """Compute the share of genuine pairs that are accepted (true accept rate, 1 - FRR)."""
        return ratio(self.true_accepts, self.genuine)

    @property
    def far(self) -> Number:
        """Compute the false accept rate: the share of impostor pairs that are accepted."""
        return ratio(self.false_accepts, self.impostor)

    @property
    def frr(self) -> Number:
        """Compute the false reject rate: the share of genuine pairs that are rejected."""
        return ratio(self.false_rejects, self.genuine)

    def f_beta(self, beta: float = 1.0) -> Number:
        """Compute the weighted harmonic mean of precision and recall; `beta` > 1 leans to recall.

        It is 0, not NaN, when there are genuine pairs and none is accepted.

        References
        ----------
        van Rijsbergen (1979), Information Retrieval, 2nd ed., chapter 7.
        """
        weight = beta**2
        true = (1.0 + weight) * self.true_accepts
        return ratio(true, true + weight * self.false_rejects + self.false_accepts)

    @property
    def mcc(self) -> Number:
        """Compute Matthews' correlation of label and decision, in [-1, 1].

        It is 0, its limit, when all pairs are decided alike.

        References
        ----------
        Matthews (1975), Biochim. Biophys. Acta 405, 442-451; Chicco & Jurman (2020), BMC Genomics 21:6 (the limit).
        """
        # Two roots of floats, not one root of a product of four counts: that overflows at 100,000 pairs.
        accepted = np.sqrt((self.true_accepts + self.false_accepts) * (self.true_rejects + self.false_rejects) / 1.0)
        labelled = np.sqrt(self.genuine * (self.impostor / 1.0))
        right, wrong = self.true_accepts * (self.true_rejects / 1.0), self.false_accepts * (self.false_rejects / 1.0)
        value = np.clip(ratio(right - wrong, accepted * labelled), -1.0, 1.0)
        value = np.where((accepted == 0) & (labelled > 0), 0.0, value)
        return value if value.ndim else float(value)


def ratio(part: Number, whole: Number) -> Number:
    """Divide, with NaN where `whole` is 0: a float for numbers, an array for arrays."""
    if np.ndim(part) == 0 and np.ndim(whole) == 0:
        return float(part) / float(whole) if whole else float("nan")
    top, bottom = np.broadcast_arrays(np.asarray(part, dtype=np.float64), np.asarray(whole, dtype=np.float64))
    result: NDArray[np.float64] = np.full(top.shape, np.nan)
    return np.divide(top, bottom, out=result, where=bottom != 0)
