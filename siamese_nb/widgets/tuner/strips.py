"""The strips of pairs to look at beside a threshold: the nearest, the worst, those left to a person."""

from collections.abc import Container
from typing import Any

from siamese_nb.widgets.tuner.ranked import IntArray, RankedPairs

SHOWN = 12
"""Pairs in each strip."""


def describe_strips(
    pairs: RankedPairs, threshold: float, low: float | None, marked: Container[int]
) -> dict[str, list[dict[str, Any]]]:
    """Find the pairs of each strip and say what the browser shows of them.

    Parameters
    ----------
    pairs : RankedPairs
    threshold : float, in [0, 1]
        From which on pairs are accepted.
    low : float, in [0, threshold], or None
        Below which pairs are rejected; None for the threshold itself.
    marked : container of int
        Indices of the pairs whose labels are marked as wrong.

    Returns
    -------
    dict of list of dict
        `nearest` (with a band: pairs in it), `accepts` and `rejects`, each pair with `index`, `score`, `genuine`,
        `marked` and its group in each grouping.
    """
    rejected = threshold if low is None else low
    strips = {
        "nearest": pairs.nearest(threshold, SHOWN) if low is None else pairs.between(low, threshold, SHOWN),
        "accepts": pairs.worst_false_accepts(threshold, SHOWN),
        "rejects": pairs.worst_false_rejects(rejected, SHOWN),
    }
    return {name: _describe(pairs, ranks, marked) for name, ranks in strips.items()}


def _describe(pairs: RankedPairs, ranks: IntArray, marked: Container[int]) -> list[dict[str, Any]]:
    found = []
    for rank in ranks:
        index = int(pairs.order[rank])
        groups = {grouping.title: grouping.names[grouping.codes[index]] for grouping in pairs.groupings}
        known = {"score": float(pairs.scores[rank]), "genuine": bool(pairs.genuine[rank]), "marked": index in marked}
        found.append({"index": index, **known, **groups})
    return found
