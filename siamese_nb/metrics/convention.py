"""The label convention, the one accept rule, and the check that arrays keep to them."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from siamese_nb.errors import InputError

GENUINE = 1
"""Label of a pair that shows the same thing."""

IMPOSTOR = 0
"""Label of a pair that shows two different things."""

VERDICTS = ("similar", "not similar")
"""What is said of a pair that is accepted, and of one that is not."""

BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]


def accept(scores: ArrayLike, threshold: float) -> BoolArray:
    """Decide which pairs are accepted as genuine: those with ``score >= threshold``.

    Parameters
    ----------
    scores : array_like of float, in [0, 1], any shape
    threshold : float, in [0, 1]

    Returns
    -------
    ndarray of bool, of the shape of `scores`
        A score that equals the threshold is accepted.

    Raises
    ------
    InputError
        If a score is not a number in [0, 1], or the threshold is not.
    """
    return np.asarray(check_scores(scores) >= check_threshold(threshold))


def verdict(score: float, threshold: float) -> str:
    """Say whether one pair is accepted: "similar" if ``score >= threshold``, else "not similar"."""
    return VERDICTS[0] if accept(score, threshold) else VERDICTS[1]


def is_collapsed(scores: ArrayLike, tolerance: float = 1e-3) -> bool:
    """Tell whether all scores are (nearly) equal, so that no threshold can tell pairs apart.

    A collapsed network answers every pair with the base rate and so reports the share of impostors as its accuracy.

    Parameters
    ----------
    scores : array_like of float, in [0, 1], not empty
    tolerance : float
        Largest spread (highest minus lowest score) that still counts as equal.

    Raises
    ------
    InputError
        If there is no score, or a score is not a number in [0, 1].
    """
    values = check_scores(scores)
    if values.size == 0:
        raise InputError("no scores were given: at least one pair is needed")
    return float(np.ptp(values)) <= tolerance


def check_pairs(labels: ArrayLike, scores: ArrayLike) -> tuple[BoolArray, FloatArray]:
    """Check labels and scores once, where they come in.

    Parameters
    ----------
    labels : array_like of shape (n_pairs,), each 1 (`GENUINE`) or 0 (`IMPOSTOR`)
    scores : array_like of shape (n_pairs,), float, in [0, 1]

    Returns
    -------
    genuine : ndarray of bool, of shape (n_pairs,)
    scores : ndarray of float64, of shape (n_pairs,)

    Raises
    ------
    InputError
        If there is no pair, the shapes differ, a label is neither 0 nor 1, or a score is not a number in [0, 1].
    """
    given = np.asarray(labels)
    values = check_scores(scores)
    if given.ndim != 1 or values.shape != given.shape:
        raise InputError(
            f"labels of shape {given.shape} and scores of shape {values.shape} were given: both must have the shape "
            "(n_pairs,); flatten a column with .ravel()"
        )
    if given.size == 0:
        raise InputError("no pairs were given: at least one label and one score are needed")
    genuine = given == GENUINE
    strange = int(np.count_nonzero(~genuine & (given != IMPOSTOR)))
    if strange:
        raise InputError(f"{strange} of {given.size} labels are neither 1 (genuine) nor 0 (impostor): map them first")
    return genuine, values


def check_threshold(threshold: float) -> float:
    """Return the threshold as a float, or raise `InputError` if it is not a number in [0, 1]."""
    value = float(threshold)
    if not 0.0 <= value <= 1.0:
        raise InputError(f"the threshold {threshold} is outside [0, 1]: scores and thresholds lie between 0 and 1")
    return value


def check_share(name: str, value: float) -> None:
    """Raise `InputError` unless a number, named in the message, lies in [0, 1]."""
    if not 0.0 <= value <= 1.0:
        raise InputError(f"{name}={value} was given: it must lie in [0, 1]")


def check_prevalence(value: float) -> None:
    """Raise `InputError` unless the share of genuine pairs in use lies strictly between 0 and 1."""
    if not 0.0 < value < 1.0:
        raise InputError(f"prevalence={value} was given: the share of genuine pairs in use must lie between 0 and 1")


def check_scores(scores: ArrayLike) -> FloatArray:
    """Return scores as float64, or raise `InputError` that counts what is not a number in [0, 1]."""
    # float64 throughout: a float32 score compared with a float64 threshold would round the threshold, not the score.
    values = np.asarray(scores, dtype=np.float64)
    lost = int(np.count_nonzero(~np.isfinite(values)))
    if lost:
        raise InputError(f"{lost} of {values.size} scores are NaN or infinite: leave those pairs out or mend the model")
    if values.size and (values.min() < 0.0 or values.max() > 1.0):
        raise InputError(
            f"scores from {values.min():.4g} to {values.max():.4g} were given: they must lie in [0, 1]; "
            "pass distances through 1 / (1 + distance) or logits through a sigmoid"
        )
    return values
