"""How alike vectors are by their direction."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siamese_nb.progress import progress_bar

_CELLS = 1 << 24  # of the table of likenesses at once: 64 MB


def unit_length(vectors: NDArray[Any]) -> NDArray[Any]:
    """Scale vectors of shape (..., d), of any floating dtype, to length 1; those of length 0 stay."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(length, np.finfo(vectors.dtype).tiny))


def likeness_blocks(unit: NDArray[np.float32]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
    """Yield rows of embeddings of shape (n, d) and their cosines with all, of shape (n_rows, n), in blocks of 64 MB."""
    n = len(unit)
    step = max(_CELLS // max(n, 1), 1)
    for start in progress_bar(range(0, n, step), "Comparing", "block"):
        rows = np.arange(start, min(start + step, n))
        yield rows, unit[rows] @ unit.T
