"""What the browser needs to draw the curves: points close enough for any picture, and the band around them."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from siamese_nb.intervals.curves import curve_band, thinned_rows
from siamese_nb.metrics import ScoreTable
from siamese_nb.metrics.convention import BoolArray, FloatArray

_POINTS = 600


def make_points(table: ScoreTable) -> NDArray[np.float32]:
    """Thin the curves to points that no picture of them tells from all.

    Returns
    -------
    ndarray of shape (3, n_points), float32
        FAR, recall and precision, from "accept nothing" to "accept all".
    """
    rows = thinned_rows(table, _POINTS)
    return np.stack([table.far[rows], table.recall[rows], table.precision[rows]]).astype(np.float32)


def make_band(
    genuine: BoolArray, scores: FloatArray, table: ScoreTable, one_identity: ArrayLike, two_identity: ArrayLike
) -> NDArray[np.float32]:
    """Bound FAR, recall and precision along the curve, see `curve_band`.

    Returns
    -------
    ndarray of shape (9, n_thresholds), float32
        Of each of the three rates the rate, its lower and its upper 95% bound; thresholds falling.
    """
    band = curve_band(genuine, scores, table, one_identity, two_identity)
    return np.stack([row for rate in band for row in rate]).astype(np.float32)
