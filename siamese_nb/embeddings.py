"""Pictures through a leg, each once."""

import keras
import numpy as np
from numpy.typing import NDArray

from siamese_nb.engines import make_pass
from siamese_nb.progress import in_slices

BATCH = 64
_IMAGES_AT_ONCE = 1024  # rows copied from a bank on disk into memory


def embed(leg: keras.Model, images: NDArray[np.uint8], batch_size: int = BATCH) -> NDArray[np.float32]:
    """Send images through a leg, each once.

    Parameters
    ----------
    leg : keras.Model
    images : ndarray of shape (n, height, width, 3), uint8 (or features, where the leg takes those)
    batch_size : int

    Returns
    -------
    ndarray of shape (n, d), float32
    """
    send = make_pass(leg)
    embeddings = np.empty((len(images), leg.output_shape[-1]), np.float32)
    for rows in in_slices(len(images), batch_size, "Embedding"):
        embeddings[rows] = send(np.ascontiguousarray(images[rows]))
    return embeddings


def row_embeddings(
    leg: keras.Model,
    table: NDArray[np.uint8] | NDArray[np.float32],
    one: NDArray[np.int64],
    two: NDArray[np.int64],
) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]]:
    """Embed what pairs of rows of a table of images (or features) need: each distinct row goes through the leg once.

    Parameters
    ----------
    leg : keras.Model
    table : ndarray of shape (n, ...)
    one, two : ndarray of shape (n_pairs,), int
        Rows of `table`.

    Returns
    -------
    embeddings : ndarray of shape (n_distinct, d), float32
    one, two : ndarray of shape (n_pairs,), int64
        Rows of `embeddings`.
    """
    used, place = np.unique([one, two], return_inverse=True)
    embeddings = np.empty((len(used), leg.output_shape[-1]), np.float32)
    for rows in in_slices(len(used), _IMAGES_AT_ONCE, "Embedding"):
        embeddings[rows] = embed(leg, table[used[rows]])
    first, second = place.reshape(2, -1)
    return embeddings, first, second
