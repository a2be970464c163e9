"""Group pictures that show the same thing, from the scores of all their pairs."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.cluster.hierarchy import fcluster, leaves_list, linkage
from scipy.spatial.distance import squareform
from scipy.special import logit

from siamese_nb.errors import InputError
from siamese_nb.metrics import check_threshold

_EDGE = 1e-9  # scores of 0 and 1 have no log-odds


@dataclass(frozen=True, eq=False)
class Clusters:
    """A tree of pictures, the most alike joined first, that a threshold cuts into groups.

    Attributes
    ----------
    order : ndarray of shape (n,), int
        Rows in an order in which like stands beside like; each group is a run of it, at whatever threshold.
    """

    order: NDArray[np.int64]
    _tree: NDArray[np.float64]

    @classmethod
    def from_scores(cls, scores: ArrayLike) -> "Clusters":
        """Join the two groups whose pairs have the highest mean log-odds, again and again.

        Parameters
        ----------
        scores : array_like of shape (n, n), float, in [0, 1]
            Symmetric, n at least 2; the diagonal is not looked at.

        Raises
        ------
        InputError
            If they are not such scores.

        References
        ----------
        Sokal & Michener (1958), A Statistical Method for Evaluating Systematic Relationships, University of Kansas
        Science Bulletin 38 (average linkage). Bar-Joseph, Gifford, Jaakkola (2001), Fast Optimal Leaf Ordering for
        Hierarchical Clustering, Bioinformatics 17 (the order).
        """
        given = np.asarray(scores, np.float64)
        if given.ndim != 2 or given.shape[0] != given.shape[1] or len(given) < 2:
            raise InputError(f"scores of the shape {given.shape} were given; give n rows of n, n at least 2")
        if not np.array_equal(given, given.T) or not ((given >= 0.0) & (given <= 1.0)).all():
            raise InputError("the scores are not symmetric or not in [0, 1]; give score(row, column) of every pair")
        apart = squareform(_distance(given), checks=False)
        tree = linkage(apart, "average", optimal_ordering=True)
        return cls(leaves_list(tree).astype(np.int64), tree)

    def groups(self, threshold: float) -> NDArray[np.int64]:
        """Cut the tree where the pairs' mean log-odds fall below the threshold's.

        Parameters
        ----------
        threshold : float, in [0, 1]

        Returns
        -------
        ndarray of shape (n,), int
            Of each row, the number of its group, counted from 0 along `order`.

        Raises
        ------
        InputError
            If the threshold is outside [0, 1].
        """
        height = float(_distance(np.float64(check_threshold(threshold))))
        labels = fcluster(self._tree, height, "distance")
        _, first, group = np.unique(labels[self.order], return_index=True, return_inverse=True)
        numbers = np.empty(len(labels), np.int64)
        numbers[self.order] = np.argsort(np.argsort(first))[group]
        return numbers


def _distance(scores: NDArray[np.float64] | np.float64) -> NDArray[np.float64]:
    """Turn scores into distances from 0 up, in log-odds: a mean of them is then not ruled by what is near 0 and 1."""
    return np.asarray(logit(1.0 - _EDGE) - logit(np.clip(scores, _EDGE, 1.0 - _EDGE)))
