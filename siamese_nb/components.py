"""Connected components: number things so that those which are tied together, directly or not, have one number."""

import numpy as np
from numpy.typing import NDArray


def tied(links: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """Number n things by the connected component that links put them in.

    Parameters
    ----------
    links : ndarray of shape (n_links, 2), int64, in [0, n)
    n : int

    Returns
    -------
    ndarray of shape (n,), int64

    >>> tied(np.array([[0, 2], [2, 3]]), 4).tolist()
    [0, 1, 0, 0]
    """
    from scipy.sparse import coo_array  # here, so that scanning a folder of couples starts without SciPy
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(links)), (links[:, 0], links[:, 1])), shape=(n, n))
    return np.asarray(connected_components(graph, directed=False)[1], np.int64)
