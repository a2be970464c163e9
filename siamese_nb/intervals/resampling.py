"""Draw identities (and pairs of identities) with random weights, and add the weights up per row of scores."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_matrix

from siamese_nb.errors import InputError
from siamese_nb.threads import in_threads

Float32Array = NDArray[np.float32]
IntArray = NDArray[np.intp]
Result = TypeVar("Result")

_REPLICATES = 64
"""Replicates drawn at once: one block needs n_identities * 64 floats."""

_PAIRS = 16384
"""Pairs weighted at once: 16384 * 64 floats stay in the processor's cache."""

_THREADS = 2


class Weights(NamedTuple):
    """Replicates of the weight in each row of scores, by what was drawn, each of shape (2 * n_rows, n_replicates).

    Attributes
    ----------
    identities : every identity has a weight, a pair of two the product of theirs
    cells : every unordered pair of identities (a cell) has a weight of its own
    across_cells : as `cells`, but pairs within one identity keep weight 1
    """

    identities: Float32Array
    cells: Float32Array
    across_cells: Float32Array


@dataclass(frozen=True, eq=False)
class Resampler:
    """Hold which identities each pair joins, ordered so that the pairs of one cell stand together.

    Attributes
    ----------
    n_identities, n_across_cells : int
    within : ndarray of int
        Positions of pairs of one identity.
    within_identity : ndarray of int
        Their identity.
    across : ndarray of int
        Positions of pairs of two identities, cell by cell.
    one, two, cell : ndarray of int
        Their identities and cell.
    """

    n_identities: int
    n_across_cells: int
    within: IntArray
    within_identity: IntArray
    across: IntArray
    one: IntArray
    two: IntArray
    cell: IntArray

    @classmethod
    def from_identities(cls, one_identity: ArrayLike, two_identity: ArrayLike, n_pairs: int) -> "Resampler":
        """Number the identities and the cells, or raise `InputError` if the shapes do not fit the pairs."""
        one, two = check_identities(one_identity, two_identity, n_pairs)
        names, number = np.unique(np.concatenate((one, two)), return_inverse=True)
        low, high = np.sort(number.reshape(2, n_pairs), axis=0)
        key = low * names.size + high
        order = np.argsort(key, kind="stable")
        is_within = (low == high)[order]
        within, across = order[is_within], order[~is_within]
        cell = np.cumsum(np.diff(key[across], prepend=-1) != 0) - 1
        n_across_cells = int(cell[-1]) + 1 if cell.size else 0
        return cls(names.size, n_across_cells, within, low[within], across, low[across], high[across], cell)

    def draw(
        self,
        rows: Sequence[IntArray],
        sizes: Sequence[int],
        n_bootstrap: int,
        seed: int,
        evaluate: Callable[[list[Weights]], Result],
    ) -> Iterator[Result]:
        """Draw replicates in blocks and evaluate them; the same draws serve every scoring of the pairs.

        Parameters
        ----------
        rows : sequence of ndarray of shape (n_pairs,), int
            For each scoring, the row of scores that each pair falls in.
        sizes : sequence of int
            For each scoring, the number of rows.
        n_bootstrap : int, >= 1
        seed : int
        evaluate : callable
            Takes the list of Weights of one block, one for each scoring.

        Yields
        ------
        What `evaluate` returns for each block, in an order that depends on the seed alone.
        """
        starts = range(0, n_bootstrap, _REPLICATES)
        seeds = np.random.SeedSequence(seed).spawn(len(starts))
        tasks = [(min(_REPLICATES, n_bootstrap - start), child) for start, child in zip(starts, seeds, strict=True)]
        # Threads, not processes: the heavy steps are NumPy's and SciPy's own, which let other threads run.
        with in_threads(lambda task: evaluate(self._block(rows, sizes, *task)), tasks, _THREADS) as evaluated:
            yield from evaluated

    def _block(
        self, rows: Sequence[IntArray], sizes: Sequence[int], replicates: int, seed: np.random.SeedSequence
    ) -> list[Weights]:
        rng = np.random.default_rng(seed)
        # Exponential weights (the Bayesian bootstrap): no identity ever drops out, so no figure becomes undefined.
        identity = rng.standard_exponential((self.n_identities, replicates), dtype=np.float32)
        scorings = list(zip(rows, sizes, strict=True))
        product = [np.zeros((size, replicates), dtype=np.float32) for size in sizes]
        drawn = [np.zeros((size, replicates), dtype=np.float32) for size in sizes]
        for start, stop in self._chunks():
            weight = identity.take(self.one[start:stop], axis=0)
            weight *= identity.take(self.two[start:stop], axis=0)
            place, cell = np.arange(stop - start), self.cell[start:stop] - self.cell[start]
            cells = _double_or_nothing(rng, int(cell[-1]) + 1, replicates)
            for k, (row, size) in enumerate(scorings):
                pair_row = row[self.across[start:stop]]
                product[k] += _add_up(pair_row, size, place, weight)
                drawn[k] += _add_up(pair_row, size, cell, cells)
        return [
            self._join(row, size, identity, p, d) for (row, size), p, d in zip(scorings, product, drawn, strict=True)
        ]

    def _join(
        self, row: IntArray, size: int, identity: Float32Array, product: Float32Array, drawn: Float32Array
    ) -> Weights:
        inner = row[self.within]
        weighted = _add_up(inner, size, self.within_identity, identity)
        fixed = np.bincount(inner, minlength=size)[:, None].astype(np.float32)
        return Weights(weighted + product, weighted + drawn, fixed + drawn)

    def _chunks(self) -> Iterator[tuple[int, int]]:
        # A chunk ends where a cell ends, so that all pairs of a cell get the same weight.
        start, n = 0, self.across.size
        while start < n:
            stop = min(start + _PAIRS, n)
            if stop < n:
                stop = int(np.searchsorted(self.cell, self.cell[stop - 1], side="right"))
            yield start, stop
            start = stop


def check_identities(one: ArrayLike, two: ArrayLike, n_pairs: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return both identities of every pair as arrays, or raise `InputError` if there are not as many."""
    first, second = np.asarray(one), np.asarray(two)
    if first.shape != (n_pairs,) or second.shape != (n_pairs,):
        raise InputError(
            f"identities of the shapes {first.shape} and {second.shape} were given for {n_pairs} pairs: name both "
            "identities of every pair"
        )
    return first, second


def _add_up(row: IntArray, n_rows: int, column: IntArray, weight: Float32Array) -> Any:
    ones = np.ones(row.size, dtype=np.float32)
    return csr_matrix((ones, (row, column)), shape=(n_rows, weight.shape[0])) @ weight


def _double_or_nothing(rng: np.random.Generator, n: int, replicates: int) -> Float32Array:
    # Weights 0 or 2: mean 1 and variance 1 from a single random bit each (Owen & Eckles 2012, section 3).
    bits = np.unpackbits(np.frombuffer(rng.bytes((n * replicates + 7) // 8), dtype=np.uint8), count=n * replicates)
    return np.float32(2.0) * bits.reshape(n, replicates).astype(np.float32)
