"""Figures of scores read as numbers, not as ranks: how far apart the kinds lie, how true the probabilities are."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from siamese_nb.errors import InputError
from siamese_nb.metrics.convention import FloatArray, check_pairs

_SMALLEST = 1e-15
"""Probabilities are kept this far from 0 and 1 in the log loss, which one certain error would make infinite."""


class ReliabilityCurve(NamedTuple):
    """Stated against observed frequency of genuine pairs, per bin of stated probability; empty bins are left out."""

    stated: FloatArray
    observed: FloatArray
    pairs: FloatArray


def brier(labels: ArrayLike, probabilities: ArrayLike) -> float:
    """Compute the mean squared difference of probability and label.

    References
    ----------
    Brier (1950), Monthly Weather Review 78, 1-3.
    """
    genuine, values = check_pairs(labels, probabilities)
    return float(np.mean(brier_terms(genuine, values)))


def log_loss(labels: ArrayLike, probabilities: ArrayLike) -> float:
    """Compute the mean negative log likelihood (binary cross-entropy), in nats."""
    genuine, values = check_pairs(labels, probabilities)
    return float(np.mean(log_loss_terms(genuine, values)))


def d_prime(labels: ArrayLike, scores: ArrayLike) -> float:
    """Compute how many pooled standard deviations the mean genuine and impostor scores lie apart.

    NaN without both kinds, and when neither kind varies.

    References
    ----------
    Daugman (2000), Biometric decision landscapes, University of Cambridge TR482: |m1 - m2| / sqrt((s1^2 + s2^2) / 2).
    Here the difference keeps its sign, so a verifier that is the wrong way round shows.
    """
    genuine, values = check_pairs(labels, scores)
    alike, different = values[genuine], values[~genuine]
    # Asked of the range: rounding can leave equal scores a variance above 0.
    if alike.size == 0 or different.size == 0 or not (np.ptp(alike) or np.ptp(different)):
        return float("nan")
    spread = float(np.sqrt((alike.var() + different.var()) / 2.0))
    return float(alike.mean() - different.mean()) / spread if spread > 0.0 else float("nan")


def reliability_curve(labels: ArrayLike, probabilities: ArrayLike, bins: int = 10) -> ReliabilityCurve:
    """Compare stated with observed frequencies in bins that hold equally many pairs.

    Parameters
    ----------
    labels : array_like of shape (n_pairs,), each 1 (genuine) or 0 (impostor)
    probabilities : array_like of shape (n_pairs,), float, in [0, 1]
    bins : int, >= 1
        Equal probabilities stay together, so there may be fewer.

    References
    ----------
    DeGroot & Fienberg (1983), The Statistician 32, 12-22; Nguyen & O'Connor (2015), EMNLP (equal-mass bins).
    """
    genuine, values = check_pairs(labels, probabilities)
    if bins < 1:
        raise InputError(f"{bins} bins were asked for: at least 1 is needed")
    edges = np.unique(np.quantile(values, np.linspace(0.0, 1.0, bins + 1)[1:-1], method="higher"))
    place = np.searchsorted(edges, values, side="right")
    pairs = np.bincount(place, minlength=edges.size + 1).astype(np.float64)
    kept = pairs > 0
    stated = np.bincount(place, weights=values, minlength=pairs.size)[kept] / pairs[kept]
    observed = np.bincount(place, weights=genuine, minlength=pairs.size)[kept] / pairs[kept]
    return ReliabilityCurve(stated, observed, pairs[kept])


def expected_calibration_error(labels: ArrayLike, probabilities: ArrayLike, bins: int = 10) -> float:
    """Compute the mean distance of stated and observed frequency, over bins that hold equally many pairs.

    References
    ----------
    Naeini, Cooper & Hauskrecht (2015), AAAI, with the equal-mass bins of Nguyen & O'Connor (2015), EMNLP.
    """
    curve = reliability_curve(labels, probabilities, bins)
    return float(np.average(np.abs(curve.stated - curve.observed), weights=curve.pairs))


def brier_terms(genuine: ArrayLike, probabilities: FloatArray) -> FloatArray:
    """Compute each pair's squared error; the arrays are taken as checked."""
    return np.square(probabilities - np.asarray(genuine, dtype=np.float64))


def log_loss_terms(genuine: ArrayLike, probabilities: FloatArray) -> FloatArray:
    """Compute each pair's negative log likelihood; the arrays are taken as checked."""
    right = np.where(np.asarray(genuine, dtype=bool), probabilities, 1.0 - probabilities)
    return -np.log(np.maximum(right, _SMALLEST))
