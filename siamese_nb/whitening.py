"""Whitening: embeddings are stretched so that pictures of one thing differ as much in every direction."""

import keras
import numpy as np
from numpy.typing import NDArray

_SHRINKAGE = 1.0  # of the mean variance, that is added to each: what hardly varies must not outweigh all else


def within_class_whitening(embeddings: NDArray[np.float32], identity: NDArray[np.int64]) -> NDArray[np.float32]:
    """Compute the matrix by which embeddings vary alike in all directions about the mean of what they show.

    Parameters
    ----------
    embeddings : ndarray of shape (n, d), float32
    identity : ndarray of shape (n,), int64

    Returns
    -------
    ndarray of shape (d, d), float32
        Symmetric; embeddings are multiplied by it from the right. The identity matrix if no two show the same.

    References
    ----------
    Hatch, Kajarekar, Stolcke (2006), Within-class covariance normalization for SVM-based speaker recognition.
    """
    values, place, count = np.unique(identity, return_inverse=True, return_counts=True)
    sums = np.zeros((len(values), embeddings.shape[1]))
    np.add.at(sums, place, embeddings)
    spread = embeddings - (sums / count[:, None])[place]
    variance, directions = np.linalg.eigh(spread.T @ spread / len(spread))
    if variance.max() <= 0:
        return np.eye(embeddings.shape[1], dtype=np.float32)
    scale = np.sqrt((1 + _SHRINKAGE) / (variance / variance.mean() + _SHRINKAGE))
    return np.asarray((directions * scale) @ directions.T, np.float32)


def whiten(leg: keras.Model, matrix: NDArray[np.float32]) -> keras.Model:
    """Build a leg that multiplies another's embeddings by a matrix and scales them to unit length.

    Parameters
    ----------
    leg : keras.Model
        Picture to embedding of d dimensions; if there is one of places too, it stays as it is.
    matrix : ndarray of shape (d, d), float32
    """
    dense = keras.layers.Dense(len(matrix), use_bias=False, name="whitening")
    whole, *maps = keras.tree.flatten(leg.output)
    found = keras.layers.UnitNormalization(dtype="float32")(dense(whole))
    dense.set_weights([matrix])
    return keras.Model(leg.input, [found, *maps] if maps else found, name="leg")
