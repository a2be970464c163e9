"""Bounds along a curve: of FAR, recall and precision at many thresholds at once."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from siamese_nb.intervals.resampling import Resampler, Weights
from siamese_nb.intervals.variance import Spread, share_bounds
from siamese_nb.metrics import Counts, ScoreTable
from siamese_nb.metrics.convention import BoolArray, FloatArray

REPLICATES = 256
CONFIDENCE = 0.95
RATES = ("far", "recall", "precision")

_BAND_POINTS = 120


class Rate(NamedTuple):
    """A rate at each threshold of a band, with its lower and its upper 95% bound."""

    value: FloatArray
    low: FloatArray
    high: FloatArray


class CurveBand(NamedTuple):
    """The three rates that every curve is drawn from, thresholds falling."""

    far: Rate
    recall: Rate
    precision: Rate


def curve_band(
    genuine: BoolArray, scores: FloatArray, table: ScoreTable, one_identity: ArrayLike, two_identity: ArrayLike
) -> CurveBand:
    """Bound FAR, recall and precision at thresholds along the curve, by `figures_with_intervals`'s method.

    Parameters
    ----------
    genuine : ndarray of shape (n_pairs,), bool
    scores : ndarray of shape (n_pairs,), float64, in [0, 1]
    table : ScoreTable
        Of the same pairs.
    one_identity, two_identity : array_like of shape (n_pairs,), int or str

    Returns
    -------
    CurveBand

    Raises
    ------
    InputError
        If the identities do not fit the pairs.
    """
    rows = thinned_rows(table, _BAND_POINTS)[1:]
    sampler = Resampler.from_identities(one_identity, two_identity, scores.size)
    row = np.searchsorted(-table.thresholds[rows], -scores) + np.where(genuine, 0, rows.size)
    pairs = np.bincount(row, minlength=2 * rows.size)
    blocks = sampler.draw([row], [2 * rows.size], REPLICATES, 0, lambda drawn: _replicate(pairs, drawn[0]))
    identities, cells, across = (np.concatenate(way, axis=-1) for way in zip(*blocks, strict=True))
    found = Counts(
        table.true_accepts[rows], table.genuine - table.true_accepts[rows],
        table.false_accepts[rows], table.impostor - table.false_accepts[rows],
    )  # fmt: skip
    # Where every replicate agrees (no error was seen), the cells of identities are the trials, not the pairs.
    independent = (np.unique(sampler.within_identity).size + sampler.n_across_cells) / scores.size
    trials = [
        np.full(rows.size, found.impostor),
        np.full(rows.size, found.genuine),
        found.true_accepts + found.false_accepts,
    ]
    result = []
    for k, name in enumerate(RATES):
        replicates = zip(identities[k], cells[k], across[k], strict=True)
        spreads = [Spread.of(*drawn, n_identities=sampler.n_identities) for drawn in replicates]
        result.append(_bounds(np.asarray(getattr(found, name)), spreads, independent * trials[k]))
    return CurveBand(*result)


def _bounds(values: FloatArray, spreads: list[Spread], trials: FloatArray) -> Rate:
    effect = float(np.median([spread.design_effect for spread in spreads]))
    bounds = [
        share_bounds(float(value), spread, CONFIDENCE, max(float(count) / effect, 1.0))
        for value, spread, count in zip(values, spreads, trials, strict=True)
    ]
    low, high = np.array(bounds).T
    return Rate(values, low, high)


def _replicate(pairs: NDArray[np.intp], weights: Weights) -> list[FloatArray]:
    """Compute the three rates, of shape (3, n_thresholds, n_replicates), for each way of drawing."""
    rates = []
    for drawn in weights:
        accepts = []
        for kind, size in zip(np.split(drawn.astype(np.float64), 2), np.split(pairs, 2), strict=True):
            # The mix of genuine and impostor pairs is a choice, not a chance: each kind keeps its number.
            accepts.append(kind.cumsum(axis=0) * (size.sum() / kind.sum(axis=0)))
        true, false = accepts
        counts = Counts(true, pairs[: len(true)].sum() - true, false, pairs[len(true) :].sum() - false)
        rates.append(np.stack([np.asarray(getattr(counts, name)) for name in RATES]))
    return rates


def thinned_rows(table: ScoreTable, n: int) -> NDArray[np.intp]:
    """Choose rows of the table: even steps of both rates, finer where one of them is small, as DET axes show it."""
    last = table.thresholds.size - 1
    if last <= 2 * n:
        return np.arange(last + 1)
    steps = np.linspace(0.0, 1.0, n)
    tails = [np.unique(np.geomspace(1, size, n // 2).astype(np.intp)) for size in (table.genuine, table.impostor)]
    found = [
        np.searchsorted(table.true_accepts, steps * table.genuine),
        np.searchsorted(table.false_accepts, steps * table.impostor),
        np.searchsorted(table.true_accepts, table.genuine - tails[0]),
        np.searchsorted(table.false_accepts, tails[1]),
        np.array([0, last]),
    ]
    return np.unique(np.minimum(np.concatenate(found), last))
