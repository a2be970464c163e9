"""How much better one model is than another on the same pairs."""

from numpy.typing import ArrayLike

from siamese_nb.intervals.figures import check_bootstrap, spread_of_figures
from siamese_nb.intervals.histogram import ScoreHistogram
from siamese_nb.intervals.resampling import Resampler
from siamese_nb.intervals.variance import open_bounds
from siamese_nb.metrics import check_pairs, check_threshold, figures


def difference_with_interval(
    labels: ArrayLike,
    scores_a: ArrayLike,
    scores_b: ArrayLike,
    threshold_a: float,
    threshold_b: float,
    one_identity: ArrayLike,
    two_identity: ArrayLike,
    *,
    n_bootstrap: int = 1000,
    confidence: float = 0.95,
    seed: int = 0,
) -> dict[str, float]:
    """Compute each figure of scoring B minus that of scoring A, with an interval.

    Both are replicated with the same draws of identities, so that pairs which are hard for both do not blur the
    difference. The method is that of `figures_with_intervals`.

    Parameters
    ----------
    labels : array_like of shape (n_pairs,), each 1 (genuine) or 0 (impostor)
    scores_a, scores_b : array_like of shape (n_pairs,), float, in [0, 1]
        Scores of the same pairs in the same order.
    threshold_a, threshold_b : float, in [0, 1]
        Each scoring's own threshold.
    one_identity, two_identity : array_like of shape (n_pairs,), int or str
    n_bootstrap : int, >= 2
    confidence : float, in (0, 1)
    seed : int

    Returns
    -------
    dict of float
        ``pairs``, and for each figure of `siamese_nb.metrics.figures` the difference, ``<name>_low`` and
        ``<name>_high``. An interval without 0 shows a difference. NaN where a figure is.

    Raises
    ------
    InputError
        If the arrays do not fit each other, or another argument is out of range.
    """
    genuine, values_a = check_pairs(labels, scores_a)
    _, values_b = check_pairs(labels, scores_b)
    check_bootstrap(n_bootstrap, confidence)
    scorings = [(values_a, check_threshold(threshold_a)), (values_b, check_threshold(threshold_b))]
    sampler = Resampler.from_identities(one_identity, two_identity, genuine.size)
    histograms = [ScoreHistogram.from_scores(genuine, values, threshold) for values, threshold in scorings]
    found_a, found_b = (figures(genuine, values, threshold) for values, threshold in scorings)
    result: dict[str, float] = {"pairs": genuine.size}
    for name, spread in spread_of_figures(sampler, histograms, n_bootstrap, seed).items():
        value = found_b[name] - found_a[name]
        low, high = open_bounds(value, spread, confidence)
        result |= {name: value, f"{name}_low": low, f"{name}_high": high}
    return result
