"""Scores of pairs of embeddings, and the distances that they follow from: in double precision and in blocks."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from scipy.special import expit

from siamese_nb.embeddings import row_embeddings
from siamese_nb.likeness import unit_length
from siamese_nb.models import HeadWeights, MetricHead
from siamese_nb.progress import in_slices

_NUMBERS_AT_ONCE = 1 << 22  # of embeddings on either side of pairs: 32 MB in doubles, and 200 in all where maps match
_LIKENESSES_AT_ONCE = 1 << 22  # of places of some pictures with those of others, all at once


def pair_scores(
    head: MetricHead, embeddings: NDArray[np.float32], one: NDArray[np.int64], two: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Score pairs of embeddings as `MetricHead` does, in double precision and in blocks.

    Parameters
    ----------
    head : MetricHead
    embeddings : ndarray of shape (n, d), float32
    one, two : ndarray of shape (n_pairs,), int
        Rows of `embeddings`.

    Returns
    -------
    ndarray of shape (n_pairs,), float64, in [0, 1]
    """
    return np.asarray(expit(by_pairs(HeadWeights.from_head(head).log_odds, embeddings, one, two)))


def by_pairs(
    measure: Callable[[NDArray[Any], NDArray[Any]], NDArray[Any]],
    embeddings: NDArray[np.float32],
    one: NDArray[np.int64],
    two: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Measure pairs of embeddings in blocks: `measure` takes both sides, of shape (n, d), and gives n numbers.

    For the other parameters see `pair_scores`.
    """
    found, at_once = np.empty(len(one)), max(1, _NUMBERS_AT_ONCE // embeddings.shape[1])
    for rows in in_slices(len(one), at_once, "Scoring"):
        found[rows] = measure(embeddings[one[rows]], embeddings[two[rows]])
    return found


def row_scores(
    leg: keras.Model,
    head: MetricHead,
    table: NDArray[np.uint8] | NDArray[np.float32],
    one: NDArray[np.int64],
    two: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Score pairs of rows of a table; for the parameters see `row_embeddings`.

    Returns
    -------
    ndarray of shape (n_pairs,), float64, in [0, 1]
    """
    return pair_scores(head, *row_embeddings(leg, table, one, two))


def cosine_scores(
    embeddings: NDArray[np.float32], one: NDArray[np.int64], two: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Score pairs by plain cosine similarity, moved to [0, 1]: what features are worth before anything is learned.

    Parameters and Returns are those of `pair_scores`, without the head.
    """
    products = partial(np.einsum, "ij,ij->i", dtype=np.float64)
    scores = by_pairs(products, unit_length(embeddings), one, two)
    return np.clip((scores + 1.0) / 2.0, 0.0, 1.0)


def all_scores(
    head: MetricHead, embeddings: NDArray[np.float32], rows_at_once: int = 512
) -> Iterator[tuple[slice, NDArray[np.float64]]]:
    """Score every pair of n embeddings, a block of rows at a time, so that no more than a block is ever in memory.

    Of the squared distance this is one matrix product, `w . (a - b)^2 = |a'|^2 + |b'|^2 - 2 a' . b'` with
    `a' = a sqrt(w)`; in double precision its rounding stays below 1e-12.

    Parameters
    ----------
    head : MetricHead
    embeddings : ndarray of shape (n, d), float32
    rows_at_once : int, at least 1

    Yields
    ------
    rows : slice
    scores : ndarray of shape (rows.stop - rows.start, n - rows.start), float64, in [0, 1]
        Of these rows with themselves and all rows after them: each pair once.
    """
    weights = HeadWeights.from_head(head)
    matched = weights.maps is not None
    scaled: NDArray[Any] = embeddings if matched else weighted(head, embeddings)
    compare = partial(_matched_distances, weights) if matched else DISTANCES[head.distance]
    for rows in in_slices(len(scaled), rows_at_once, "Scoring"):
        distance = compare(scaled[rows], scaled[rows.start :])
        np.subtract(weights.b, distance, out=distance)
        yield rows, expit(distance, out=distance)


def weighted(head: MetricHead, embeddings: NDArray[np.float32]) -> NDArray[np.float64]:
    """Scale embeddings of shape (n, d), so that plain distances of what comes out are what a head subtracts from b.

    There are none for a head whose distance is `"matched"`.
    """
    assert head.maps is None
    w = HeadWeights.from_head(head).w
    return np.asarray(embeddings * (np.sqrt(w) if head.distance == "squared" else w))


def _absolute_distances(some: NDArray[Any], others: NDArray[Any]) -> NDArray[Any]:
    """Compute them on all cores: SciPy does so on one, outside the interpreter's lock."""
    found, cores = np.empty((len(some), len(others))), os.cpu_count() or 1
    parts = zip(np.array_split(some, cores), np.array_split(found, cores), strict=True)
    with ThreadPoolExecutor(cores) as pool:
        list(pool.map(lambda part: cdist(part[0], others, "cityblock", out=part[1]), parts))
    return found


def _squared_distances(some: NDArray[Any], others: NDArray[Any]) -> NDArray[Any]:
    found: NDArray[Any] = some @ others.T
    found *= -2.0
    found += np.einsum("ij,ij->i", some, some)[:, None]
    found += np.einsum("ij,ij->i", others, others)
    np.maximum(found, 0.0, out=found)  # rounding can fall below zero
    return found


def _matched_distances(weights: HeadWeights, some: NDArray[Any], others: NDArray[Any]) -> NDArray[np.float64]:
    assert weights.maps is not None
    some, found = some.astype(np.float64), np.empty((len(some), len(others)))
    step = max(1, _LIKENESSES_AT_ONCE // (len(some) * weights.maps.places))
    for start in range(0, len(others), step):
        part = others[start : start + step].astype(np.float64)
        found[:, start : start + step] = np.vecdot(part, part) - 2.0 * weights.maps.likenesses(some, part)
    found += np.vecdot(some, some)[:, None]
    found *= weights.w
    return found


DISTANCES: dict[str, Callable[[NDArray[Any], NDArray[Any]], NDArray[Any]]] = {
    "absolute": _absolute_distances,
    "squared": _squared_distances,
}
"""By the name of a head's distance: of each of some rows to each of others. The matched one takes more than those."""
