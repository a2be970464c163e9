"""Group pictures that show the same thing, from the scores of all their pairs."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.cluster.hierarchy import fcluster, leaves_list, linkage
from scipy.spatial.distance import squareform

from siamese_nb.errors import InputError
from siamese_nb.metrics import check_threshold


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
        """Join the two groups whose least alike pictures are most alike, again and again: complete linkage.

        Of validation pictures of Grocery and Omniglot it found the things better than average linkage did (adjusted
        Rand index 0.53 against 0.43, and 0.79 against 0.67); single linkage joined nearly all.

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
        Sørensen (1948), A method of establishing groups of equal amplitude in plant sociology, Biologiske Skrifter 5
        (complete linkage). Bar-Joseph, Gifford, Jaakkola (2001), Fast optimal leaf ordering for hierarchical
        clustering, Bioinformatics 17 (the order).
        """
        given = np.asarray(scores, np.float64)
        if given.ndim != 2 or given.shape[0] != given.shape[1] or len(given) < 2:
            raise InputError(f"scores of the shape {given.shape} were given; give n rows of n, n at least 2")
        if not np.array_equal(given, given.T) or not ((given >= 0.0) & (given <= 1.0)).all():
            raise InputError("the scores are not symmetric or not in [0, 1]; give score(row, column) of every pair")
        tree = linkage(squareform(1.0 - given, checks=False), "complete", optimal_ordering=True)
        return cls(leaves_list(tree).astype(np.int64), tree)

    def groups(self, threshold: float) -> NDArray[np.int64]:
        """Cut the tree at a threshold: within a group, every two pictures reach it.

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
        labels = fcluster(self._tree, 1.0 - check_threshold(threshold), "distance")
        _, first, group = np.unique(labels[self.order], return_index=True, return_inverse=True)
        numbers = np.empty(len(labels), np.int64)
        numbers[self.order] = np.argsort(np.argsort(first))[group]
        return numbers
