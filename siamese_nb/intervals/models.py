"""Several models on the same pairs: which is better, by how much, and is that more than chance?"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from numpy.typing import ArrayLike

from siamese_nb.errors import InputError
from siamese_nb.intervals.difference import difference_with_interval
from siamese_nb.intervals.figures import figures_with_intervals

Estimate = tuple[float, float, float]
"""A figure, its lower and its upper bound."""


@dataclass(frozen=True)
class ModelFigures:
    """Hold how good a model is, and how much better than the model that it is compared with.

    Attributes
    ----------
    name, reference : str
        The model, and the one that it is compared with; equal for that one itself.
    threshold : float
    auc : tuple of float
        With its bounds, as all that follows.
    error : tuple of float
        At the threshold: the mean of FAR and FRR, whatever the mix of pairs (the half total error rate).
    auc_gain, error_gain : tuple of float
        AUC minus that of the reference, and the reference's error minus this one's: above 0 is better. Zeros for the
        reference itself.

    References
    ----------
    Bengio & Mariethoz (2004), A statistical significance test for person authentication, Odyssey (the half total error
    rate).
    """

    name: str
    reference: str
    threshold: float
    auc: Estimate
    error: Estimate
    auc_gain: Estimate = (0.0, 0.0, 0.0)
    error_gain: Estimate = (0.0, 0.0, 0.0)

    @property
    def verdict(self) -> str:
        """Say in one sentence which of the two makes fewer errors at its threshold, in percentage points."""
        value, low, high = (100.0 * figure for figure in self.error_gain)
        if self.name == self.reference:
            return f"the others are compared with {self.name}"
        if math.isnan(low):
            return f"too few identities to tell {self.name} from {self.reference}"
        if low > 0.0:
            return f"{self.name} is better than {self.reference} by {value:.1f} points [{low:.1f}, {high:.1f}]"
        if high < 0.0:
            return f"{self.name} is worse than {self.reference} by {-value:.1f} points [{-high:.1f}, {-low:.1f}]"
        return f"{self.name} and {self.reference} cannot be told apart: {value:+.1f} points [{low:.1f}, {high:.1f}]"


def compare_models(
    labels: ArrayLike,
    scores: Mapping[str, ArrayLike],
    thresholds: Mapping[str, float],
    one_identity: ArrayLike,
    two_identity: ArrayLike,
    *,
    n_bootstrap: int = 1000,
    confidence: float = 0.95,
    seed: int = 0,
) -> list[ModelFigures]:
    """Compare models on the same pairs with the first of them.

    The differences are replicated in pairs: the same draws of identities for both, see `difference_with_interval`.

    Parameters
    ----------
    labels : array_like of shape (n_pairs,), each 1 (genuine) or 0 (impostor)
    scores : mapping of str to array_like of shape (n_pairs,), float, in [0, 1]
        Each model's scores of the pairs, in the same order, by its name.
    thresholds : mapping of str to float, in [0, 1]
        Each model's own threshold, best chosen by one rule on other pairs.
    one_identity, two_identity : array_like of shape (n_pairs,), int or str
    n_bootstrap : int, >= 2
    confidence : float, in (0, 1)
    seed : int

    Returns
    -------
    list of ModelFigures
        In the order given, the reference first.

    Raises
    ------
    InputError
        If fewer than two models are given, one has no threshold, or the arrays do not fit each other.
    """
    names = list(scores)
    if len(names) < 2:
        raise InputError(f"{len(names)} model was given: a comparison needs the scores of two or more, by name")
    if set(thresholds) != set(names):
        raise InputError(f"thresholds of {sorted(thresholds)} were given for {sorted(names)}: name one for each model")
    first = names[0]
    identities = (one_identity, two_identity)
    settings = {"n_bootstrap": n_bootstrap, "confidence": confidence, "seed": seed}
    result = []
    for name in names:
        own = figures_with_intervals(labels, scores[name], thresholds[name], *identities, **settings)  # type: ignore[arg-type]
        about = (name, first, float(thresholds[name]), _estimate(own, "auc"), _error(own))
        if name == first:
            result.append(ModelFigures(*about))
            continue
        gain = difference_with_interval(
            labels,
            scores[first],
            scores[name],
            thresholds[first],
            thresholds[name],
            *identities,
            **settings,  # type: ignore[arg-type]
        )
        # The mean of both errors is 1 - balanced accuracy: what one gains the other loses.
        result.append(ModelFigures(*about, _estimate(gain, "auc"), _estimate(gain, "balanced_accuracy")))
    return result


def _estimate(figures: Mapping[str, float], name: str) -> Estimate:
    return figures[name], figures[f"{name}_low"], figures[f"{name}_high"]


def _error(figures: Mapping[str, float]) -> Estimate:
    value, low, high = _estimate(figures, "balanced_accuracy")
    return 1.0 - value, 1.0 - high, 1.0 - low
