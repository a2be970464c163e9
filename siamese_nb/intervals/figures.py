"""All figures of a verifier, each with an interval."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from siamese_nb.errors import InputError
from siamese_nb.intervals.histogram import ScoreHistogram
from siamese_nb.intervals.proportions import check_confidence
from siamese_nb.intervals.resampling import Resampler, Weights
from siamese_nb.intervals.variance import Spread, open_bounds, positive_bounds, share_bounds
from siamese_nb.metrics import accept, check_pairs, check_threshold, figures
from siamese_nb.metrics.convention import BoolArray, FloatArray
from siamese_nb.metrics.counts import Number

_FAR_OF = {"frr_at_far_1_in_100": 1 / 100, "frr_at_far_1_in_1000": 1 / 1000}


def figures_with_intervals(
    labels: ArrayLike,
    scores: ArrayLike,
    threshold: float,
    one_identity: ArrayLike,
    two_identity: ArrayLike,
    *,
    n_bootstrap: int = 1000,
    confidence: float = 0.95,
    seed: int = 0,
) -> dict[str, float]:
    """Compute every figure of a verifier with an interval that takes shared identities into account.

    Identities get random weights, a pair of two the product of theirs (the pigeonhole bootstrap), and each figure's
    variance over such replicates is corrected to that of pairs that depend on each other exactly when they share an
    identity (the dyadic-robust variance). Wilson's interval with the effective number of trials then gives the bounds.

    The mix of genuine and impostor pairs is taken as given. In simulations the intervals cover at about the stated rate
    from some 60 identities on. They cannot mend the optimism of a recall at a precision that fewer than three false
    accepts decide: there the true recall lies below the interval too often.

    Parameters
    ----------
    labels : array_like of shape (n_pairs,), each 1 (genuine) or 0 (impostor)
    scores : array_like of shape (n_pairs,), float, in [0, 1]
    threshold : float, in [0, 1]
        Pairs with score >= threshold are accepted. The intervals take it as given: choose it on other pairs.
    one_identity, two_identity : array_like of shape (n_pairs,), int or str
        Which identity (couple, person, product) each of the two images shows. Where only images are known, their names.
    n_bootstrap : int, >= 2
        Number of replicates.
    confidence : float, in (0, 1)
    seed : int
        The same seed gives the same bounds.

    Returns
    -------
    dict of float
        ``pairs``, ``threshold``, and for each figure of `siamese_nb.metrics.figures` the figure, ``<name>_low`` and
        ``<name>_high``. Bounds are NaN where the figure is, and for the FRR at a FAR of 1/1000 (1/100) with fewer than
        3000 (300) impostor pairs (rule of 3). Four identities or fewer tell nothing: the bounds are the whole range.

    Raises
    ------
    InputError
        If the arrays do not fit each other, or another argument is out of range.

    References
    ----------
    Owen (2007), The pigeonhole bootstrap, Annals of Applied Statistics 1, 386-411; Owen & Eckles (2012), Bootstrapping
    data arrays of arbitrary order, Annals of Applied Statistics 6, 895-927 (both: the product of weights overstates the
    variance). Fafchamps & Gubert (2007), Journal of Development Economics 83, 326-350, and Aronow, Samii & Assenova
    (2015), Cluster-robust variance estimation for dyadic data, Political Analysis 23, 564-577 (the dyadic variance).
    Rubin (1981), The Bayesian bootstrap, Annals of Statistics 9, 130-134 (exponential weights).
    """
    genuine, values = check_pairs(labels, scores)
    threshold = check_threshold(threshold)
    check_bootstrap(n_bootstrap, confidence)
    sampler = Resampler.from_identities(one_identity, two_identity, values.size)
    histogram = ScoreHistogram.from_scores(genuine, values, threshold)
    found = figures(genuine, values, threshold)
    spreads = spread_of_figures(sampler, [histogram], n_bootstrap, seed)
    result: dict[str, float] = {"pairs": values.size, "threshold": threshold}
    for name, value in found.items():
        trials = _trials(name, genuine, accept(values, threshold), sampler) / spreads["brier"].design_effect
        bounds = _bounds(name, value, spreads[name], confidence, trials)
        if name in _FAR_OF and np.count_nonzero(~genuine) * _FAR_OF[name] < 3.0:
            bounds = (math.nan, math.nan)
        result |= {name: value, f"{name}_low": bounds[0], f"{name}_high": bounds[1]}
    return result


def spread_of_figures(
    sampler: Resampler, histograms: Sequence[ScoreHistogram], n_bootstrap: int, seed: int
) -> dict[str, Spread]:
    """Compute the spread of each figure of one scoring, or of the difference of two (second minus first)."""
    rows, sizes = [h.row for h in histograms], [len(h.moments) for h in histograms]

    def evaluate(scorings: list[Weights]) -> list[Mapping[str, Number]]:
        return [_combine(histograms, weights) for weights in zip(*scorings, strict=True)]

    blocks = list(sampler.draw(rows, sizes, n_bootstrap, seed, evaluate))

    def joined(name: str, way: int) -> FloatArray:
        return np.concatenate([block[way][name] for block in blocks])

    return {
        name: Spread.of(joined(name, 0), joined(name, 1), joined(name, 2), sampler.n_identities)
        for name in blocks[0][0]
    }


def check_bootstrap(n_bootstrap: int, confidence: float) -> None:
    """Raise `InputError` unless there are at least 2 replicates and the confidence lies between 0 and 1."""
    check_confidence(confidence)
    if n_bootstrap < 2:
        raise InputError(f"n_bootstrap={n_bootstrap} was given: at least 2 replicates are needed, 1000 are usual")


def _combine(histograms: Sequence[ScoreHistogram], weights: Sequence[Number]) -> Mapping[str, Number]:
    found = [histogram.figures(weight) for histogram, weight in zip(histograms, weights, strict=True)]
    return found[0] if len(found) == 1 else {name: found[1][name] - found[0][name] for name in found[0]}


def _bounds(name: str, value: float, spread: Spread, confidence: float, trials: float) -> tuple[float, float]:
    if name == "mcc":  # a correlation lies in [-1, 1]: bound it on [0, 1] and stretch back
        halved = Spread(spread.identities / 4, spread.cells / 4, spread.across_cells / 4, spread.n_identities)
        low, high = share_bounds((value + 1.0) / 2.0, halved, confidence, trials)
        return 2.0 * low - 1.0, 2.0 * high - 1.0
    if name == "d_prime":
        return open_bounds(value, spread, confidence)
    if name == "log_loss":
        return positive_bounds(value, spread, confidence)
    return share_bounds(value, spread, confidence, trials)


def _trials(name: str, genuine: BoolArray, accepted: BoolArray, sampler: Resampler) -> float:
    """Count the independent cells that a figure is a share of, for when it is 0 or 1."""
    cells = (np.unique(sampler.within_identity).size + sampler.n_across_cells) / genuine.size
    n_genuine, n_impostor = int(genuine.sum()), int((~genuine).sum())
    pairs = {
        "accuracy": genuine.size,
        "brier": genuine.size,
        "precision": int(accepted.sum()),
        "recall": n_genuine,
        "frr": n_genuine,
        "far": n_impostor,
    }.get(name, min(n_genuine, n_impostor))
    return max(cells * pairs, 1.0)
