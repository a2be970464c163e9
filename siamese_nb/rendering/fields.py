"""Arithmetic on fields: values at many points at once."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Field = NDArray[Any]
"""Values at points: float32 throughout, since double precision would only double the time."""


def dot(vector: Field, vectors: Field) -> Field:
    """Return the products of one vector, of shape (3,), with many, of shape (3, ...).

    Not by matrix multiplication: its last bit, and so a pixel, may hang on the number of threads.
    """
    products: Field = vector[0] * vectors[0] + vector[1] * vectors[1] + vector[2] * vectors[2]
    return products


def interpolate(table: Field, u: Field, v: Field, smooth: bool = False) -> Field:
    """Interpolate a table bilinearly.

    Parameters
    ----------
    table : ndarray of shape (rows, columns), float32
    u, v : ndarray of shape (n,), float32
        Row and column, from 0 to below the last one.
    smooth : bool
        Whether values run level through the cells' corners: noise without creases.

    Returns
    -------
    ndarray of shape (n,), float32
    """
    columns = table.shape[1]
    flat = table.ravel()
    row, column = np.floor(u), np.floor(v)
    down, right = u - row, v - column
    if smooth:
        down, right = down * down * (3 - 2 * down), right * right * (3 - 2 * right)
    at = (row * columns + column).astype(np.intp)  # float32 holds every index of a table this small exactly
    left = flat.take(at)
    left += (flat.take(at + columns) - left) * down
    at += 1
    other = flat.take(at)
    other += (flat.take(at + columns) - other) * down
    value: Field = left + (other - left) * right
    return value
