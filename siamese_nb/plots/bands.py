"""The band of intervals around a curve."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from siamese_nb.intervals.curves import CurveBand, curve_band
from siamese_nb.metrics import ScoreTable, check_pairs
from siamese_nb.metrics.convention import FloatArray
from siamese_nb.plots.style import GENUINE_COLOUR


def band_around(
    table: ScoreTable, labels: ArrayLike, scores: ArrayLike, identities: tuple[ArrayLike, ArrayLike] | None
) -> CurveBand | None:
    """Bound the curves of pairs whose identities are known; None without identities."""
    return None if identities is None else curve_band(*check_pairs(labels, scores), table, *identities)


def shade(ax: Axes, better: tuple[FloatArray, ...], worse: tuple[FloatArray, ...], line: dict[str, Any]) -> None:
    """Fill what lies between the better and the worse corner of the intervals along a curve.

    Parameters
    ----------
    ax : Axes
    better, worse : tuple of two ndarray of shape (n_thresholds,), float
        Both axes' bounds at each threshold.
    line : dict
        The curve's style; the band takes its colour.
    """
    x, y = (np.concatenate((there, back[::-1])) for there, back in zip(better, worse, strict=True))
    ax.fill(x, y, color=line.get("color", GENUINE_COLOUR), alpha=0.15, linewidth=0)
