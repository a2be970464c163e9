"""What is said about one comparison: each patch's share in the score, in pictures that need no network to be drawn."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Reason:
    """Shares of patches in the log-odds of a score.

    Attributes
    ----------
    method : {"exact", "occlusion"}
        Whether the matches sum to the log-odds, or are what changes when a patch is covered.
    grid : tuple of int
        Rows and columns of patches, the same in both pictures.
    log_odds : float
        Of the score: `log(score / (1 - score))`.
    offset : float
        The log-odds less all of `matches`: what two pictures without anything in common would get.
    matches : ndarray of shape (n_patches, n_patches), float64
        What a patch of the first picture (rows) and one of the second (columns) add together.
    alike_one, alike_two : ndarray of shape (n_patches,), float64
        What a patch adds to the log-odds because the other picture has something like it.
    apart_one, apart_two : ndarray of shape (n_patches,), float64
        By how much the log-odds rise without a patch; exact: how fast they begin to rise as its weight falls.
    lines : tuple of (int, int)
        Patches that are each other's best match, strongest first.
    """

    method: str
    grid: tuple[int, int]
    log_odds: float
    offset: float
    matches: FloatArray
    alike_one: FloatArray
    alike_two: FloatArray
    apart_one: FloatArray
    apart_two: FloatArray
    lines: tuple[tuple[int, int], ...]


def mutual_matches(likeness: FloatArray, matches: FloatArray, at_most: int = 4) -> tuple[tuple[int, int], ...]:
    """List patches that are each other's most alike and add to the score, those that add most first.

    Parameters
    ----------
    likeness : ndarray of shape (n_patches, n_patches), float
        How alike two patches are, whatever their size.
    matches : ndarray of the same shape, float
        What they add.
    at_most : int
    """
    rows = np.arange(len(likeness))
    best = likeness.argmax(axis=1)
    mutual = rows[(likeness.argmax(axis=0)[best] == rows) & (matches[rows, best] > 0.0)]
    strongest = mutual[np.argsort(-matches[mutual, best[mutual]], kind="stable")][:at_most]
    return tuple((int(row), int(best[row])) for row in strongest)
