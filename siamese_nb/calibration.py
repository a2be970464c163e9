"""Turn scores into probabilities, at the share of genuine pairs that the user expects.

A network's score ranks pairs; it is not the probability that they are genuine, least of all at another share of genuine
pairs than it was trained on. The map is fitted with both kinds weighing the same, and moved to a stated prevalence by
Bayes' rule: odds(genuine | score) = odds(genuine | score, balanced) * prevalence / (1 - prevalence).
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, logit

from siamese_nb.errors import InputError
from siamese_nb.metrics.convention import BoolArray, FloatArray, check_pairs, check_prevalence, check_scores

ISOTONIC_FROM = 1000
"""Pairs of the rarer kind from which isotonic regression is used; with fewer it overfits and Platt's sigmoid is used.

Niculescu-Mizil & Caruana (2005), section 5: isotonic is as good as or better than Platt from about 1000 cases on.
"""

EDGE = 1e-7
"""Scores are kept this far from 0 and 1, where log-odds are infinite: about the resolution of float32 near 1."""


@dataclass(frozen=True)
class Calibration:
    """Map scores to probabilities: straight lines between knots, from the score's log-odds to the log-odds of genuine.

    Attributes
    ----------
    method : {"platt", "isotonic"}
    score_log_odds : tuple of float, rising
    genuine_log_odds : tuple of float, never falling
        With genuine and impostor pairs equally frequent.
    """

    method: str
    score_log_odds: tuple[float, ...]
    genuine_log_odds: tuple[float, ...]

    def __post_init__(self) -> None:
        """Check the knots, which may come from a file."""
        given, mapped = np.asarray(self.score_log_odds, float), np.asarray(self.genuine_log_odds, float)
        if given.shape != mapped.shape or given.ndim != 1 or given.size == 0:
            raise InputError("the calibration's knots do not match: fit it again with fit_calibration")
        finite = np.isfinite(given).all() and np.isfinite(mapped).all()
        if not finite or (np.diff(given) <= 0).any() or (np.diff(mapped) < 0).any():
            raise InputError("the calibration's knots are not finite and rising: fit it again with fit_calibration")

    def probability(self, scores: ArrayLike, prevalence: float = 0.5) -> FloatArray:
        """Compute the probability that each pair is genuine.

        Parameters
        ----------
        scores : array_like of float, in [0, 1], any shape
        prevalence : float, in (0, 1)
            Share of genuine pairs among those that are compared in use.

        Returns
        -------
        ndarray of float64, in (0, 1), of the shape of `scores`
            Never falling as the score rises, never exactly 0 or 1.

        Raises
        ------
        InputError
            If a score is not a number in [0, 1], or the prevalence is not between 0 and 1.
        """
        check_prevalence(prevalence)
        balanced = np.interp(log_odds(check_scores(scores)), self.score_log_odds, self.genuine_log_odds)
        shifted = expit(balanced + math.log(prevalence) - math.log1p(-prevalence))
        return np.asarray(np.clip(shifted, np.finfo(float).tiny, 1.0 - np.finfo(float).epsneg))

    def to_dict(self) -> dict[str, Any]:
        """Give the calibration as plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Calibration":
        """Make a calibration from what `to_dict` gave, or raise `InputError`."""
        names = {field.name for field in fields(cls)}
        if set(values) != names:
            raise InputError(f"a calibration with the keys {sorted(values)} was given: it needs {sorted(names)}")
        return cls(str(values["method"]), tuple(values["score_log_odds"]), tuple(values["genuine_log_odds"]))


def fit_calibration(labels: ArrayLike, scores: ArrayLike, weights: ArrayLike | None = None) -> Calibration:
    """Fit the map from scores to probabilities, on pairs that the model was not trained on.

    Isotonic regression from `ISOTONIC_FROM` pairs of the rarer kind on, below that Platt's sigmoid (on the score's
    log-odds, with his smoothed targets). Both kinds weigh the same in total.

    Parameters
    ----------
    labels : array_like of shape (n_pairs,), each 1 (genuine) or 0 (impostor), both kinds present
    scores : array_like of shape (n_pairs,), float, in [0, 1]
    weights : array_like of shape (n_pairs,), float, positive, optional
        Of each pair among those of its kind; equal when not given.

    Raises
    ------
    InputError
        If the arrays are not such labels and scores, or one kind of pair is missing.

    References
    ----------
    Platt (1999), Probabilistic outputs for support vector machines; Zadrozny & Elkan (2002), Transforming classifier
    scores into accurate multiclass probability estimates, KDD; Niculescu-Mizil & Caruana (2005), Predicting good
    probabilities with supervised learning, ICML.
    """
    genuine, values = check_pairs(labels, scores)
    rarer = min(int(genuine.sum()), int((~genuine).sum()))
    if rarer == 0:
        raise InputError("only one kind of pair was given: a calibration needs genuine and impostor pairs")
    weight = _balanced_weights(genuine, np.ones(genuine.size) if weights is None else np.asarray(weights, float))
    if rarer >= ISOTONIC_FROM:
        return _fit_isotonic(genuine, values, weight, limit=1.0 / (rarer + 2.0))
    return _fit_platt(genuine, values, weight)


def fit_sigmoid(genuine: BoolArray, evidence: FloatArray, weight: FloatArray | None = None) -> tuple[float, float]:
    """Fit P(genuine) = sigmoid(slope * evidence + bias), both kinds weighing the same, with Platt's smoothed targets.

    Parameters
    ----------
    genuine : ndarray of shape (n_pairs,), bool, both kinds present
    evidence : ndarray of shape (n_pairs,), float
    weight : ndarray of shape (n_pairs,), float, optional
        Of each pair, in place of equal ones.

    Returns
    -------
    slope : float, at least 0
        0 where the evidence points the wrong way: then it says nothing.
    bias : float
    """
    # Imported here: reading a calibration from a bundle needs no scikit-learn.
    from sklearn.linear_model import LogisticRegression

    weight = _balanced_weights(genuine, np.ones(genuine.size)) if weight is None else weight
    n_genuine, n_impostor = int(genuine.sum()), int((~genuine).sum())
    target = np.where(genuine, (n_genuine + 1.0) / (n_genuine + 2.0), 1.0 / (n_impostor + 2.0))
    # A soft target is a pair of each label, weighted: the likelihood is the same.
    outcome = np.repeat([1, 0], evidence.size)
    model = LogisticRegression(C=np.inf, tol=1e-8, max_iter=1000)
    weights = np.concatenate((weight * target, weight * (1.0 - target)))
    model.fit(np.tile(evidence, 2)[:, None], outcome, sample_weight=weights)
    slope, bias = float(model.coef_[0, 0]), float(model.intercept_[0])
    return (slope, bias) if slope >= 0.0 else (0.0, 0.0)


def _fit_platt(genuine: BoolArray, scores: FloatArray, weight: FloatArray) -> Calibration:
    slope, bias = fit_sigmoid(genuine, log_odds(scores), weight)
    ends = (float(logit(EDGE)), float(logit(1.0 - EDGE)))
    return Calibration("platt", ends, (slope * ends[0] + bias, slope * ends[1] + bias))


def _fit_isotonic(genuine: BoolArray, scores: FloatArray, weight: FloatArray, limit: float) -> Calibration:
    from sklearn.isotonic import IsotonicRegression

    model = IsotonicRegression(y_min=limit, y_max=1.0 - limit, out_of_bounds="clip")
    model.fit(log_odds(scores), genuine.astype(float), sample_weight=weight)
    knots, probabilities = np.asarray(model.X_thresholds_, float), np.asarray(model.y_thresholds_, float)
    rising = np.maximum.accumulate(logit(probabilities))
    return Calibration("isotonic", tuple(knots.tolist()), tuple(rising.tolist()))


def _balanced_weights(genuine: BoolArray, weights: FloatArray) -> FloatArray:
    """Scale weights so that both kinds weigh half of the number of pairs."""
    half = genuine.size / 2.0
    return np.asarray(np.where(genuine, half / weights[genuine].sum(), half / weights[~genuine].sum()) * weights)


def log_odds(scores: ArrayLike) -> FloatArray:
    """Compute log(score / (1 - score)), finite even at 0 and 1, from where scores are kept by `EDGE`."""
    return np.asarray(logit(np.clip(np.asarray(scores, dtype=np.float64), EDGE, 1.0 - EDGE)))
