"""Pairs sorted once, so that any threshold's counts and the pairs around it are found without a pass over all."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from siamese_nb.metrics import check_pairs
from siamese_nb.metrics.convention import BoolArray, FloatArray
from siamese_nb.widgets.tuner.groups import Grouping

STEPS = 1000
"""Steps of the slider: its thresholds are k / STEPS, the same float64 in Python and in the browser."""

GRID = np.arange(STEPS + 1) / STEPS

IntArray = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class RankedPairs:
    """Hold pairs by rising score. Make it with `from_pairs`.

    Attributes
    ----------
    order : ndarray of shape (n_pairs,), int
        The index, as given, of each pair by rising score.
    scores : ndarray of shape (n_pairs,), float64, in [0, 1], rising
    genuine : ndarray of shape (n_pairs,), bool
        In the same order.
    groupings : sequence of Grouping
    """

    order: IntArray
    scores: FloatArray
    genuine: BoolArray
    groupings: Sequence[Grouping]

    @classmethod
    def from_pairs(cls, labels: ArrayLike, scores: ArrayLike, groupings: Sequence[Grouping] = ()) -> "RankedPairs":
        """Sort pairs.

        Parameters
        ----------
        labels : array_like of shape (n_pairs,), each 1 (genuine) or 0 (impostor)
        scores : array_like of shape (n_pairs,), float, in [0, 1]
        groupings : sequence of Grouping

        Raises
        ------
        InputError
            If the arrays are not such labels and scores.
        """
        genuine, values = check_pairs(labels, scores)
        order = np.argsort(values, kind="stable")
        return cls(order, values[order], genuine[order], groupings)

    @cached_property
    def grid_counts(self) -> NDArray[np.uint32]:
        """Count what each of the slider's thresholds accepts, of shape (1 + all groups, 2, STEPS + 1).

        The first row is of all pairs, then each grouping's groups in turn; of each, impostor and genuine pairs.
        """
        # Accepted at step k are the scores that have reached it: those of cell k and above.
        cell = np.empty(self.scores.size, np.int64)
        starts = np.append(np.searchsorted(self.scores, GRID), self.scores.size)
        for step in range(STEPS + 1):
            cell[starts[step] : starts[step + 1]] = step
        in_cells = [self._count(codes, size, cell, slice(None), STEPS + 1) for codes, size in self._coded]
        rising = np.concatenate(in_cells)
        return np.flip(np.flip(rising, 2).cumsum(2), 2).astype(np.uint32)

    def counts(self, threshold: float) -> NDArray[np.int64]:
        """Count what a threshold accepts, exactly, of shape (1 + all groups, 2) as in `grid_counts`."""
        step = int(np.searchsorted(GRID, threshold))
        first, last = np.searchsorted(self.scores, (threshold, GRID[step]))
        between = slice(int(first), int(last))
        cell = np.zeros(between.stop - between.start, np.int64)
        accepted = np.concatenate([self._count(codes, size, cell, between, 1)[..., 0] for codes, size in self._coded])
        return np.asarray(accepted + self.grid_counts[..., step])

    def nearest(self, threshold: float, n: int) -> IntArray:
        """Find the ranks of the pairs nearest to a threshold, by rising score: at most `n` / 2 on each side."""
        middle = int(np.searchsorted(self.scores, threshold))
        return np.arange(max(middle - n // 2, 0), min(middle + n // 2, self.scores.size))

    def between(self, low: float, threshold: float, n: int) -> IntArray:
        """Find the ranks of `n` pairs spread evenly over those with low <= score < threshold, by rising score."""
        first, last = (int(rank) for rank in np.searchsorted(self.scores, (low, threshold)))
        return np.unique(np.linspace(first, last - 1, n).round().astype(np.int64)) if last > first else np.arange(0)

    def worst_false_accepts(self, threshold: float, n: int) -> IntArray:
        """Find the ranks of the accepted impostor pairs with the highest scores, the worst first."""
        worst = self._impostors_from_the_top[:n]
        return worst[self.scores[worst] >= threshold]

    def worst_false_rejects(self, threshold: float, n: int) -> IntArray:
        """Find the ranks of the rejected genuine pairs with the lowest scores, the worst first."""
        worst = self._genuine_from_the_bottom[:n]
        return worst[self.scores[worst] < threshold]

    @cached_property
    def _impostors_from_the_top(self) -> IntArray:
        return np.flatnonzero(~self.genuine)[::-1]

    @cached_property
    def _genuine_from_the_bottom(self) -> IntArray:
        return np.flatnonzero(self.genuine)

    @cached_property
    def _coded(self) -> list[tuple[NDArray[np.int32], int]]:
        alike = np.zeros(self.scores.size, np.int32)
        return [(alike, 1), *((grouping.codes[self.order], len(grouping.names)) for grouping in self.groupings)]

    def _count(
        self, codes: NDArray[np.int32], n_groups: int, cell: IntArray, ranks: slice, n_cells: int
    ) -> NDArray[np.int64]:
        place = (codes[ranks].astype(np.int64) * 2 + self.genuine[ranks]) * n_cells + cell
        return np.bincount(place, minlength=n_groups * 2 * n_cells).reshape(n_groups, 2, n_cells)
