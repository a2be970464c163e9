"""What a network must beat: scores from colour alone."""

import numpy as np
from numpy.typing import NDArray

_BINS = 8
_BLOCK = 4096


def colour_histogram_baseline(
    images: NDArray[np.uint8], one: NDArray[np.integer], two: NDArray[np.integer]
) -> NDArray[np.float64]:
    """Score pairs by the overlap of their images' colour histograms.

    Parameters
    ----------
    images : ndarray of shape (n_images, height, width, 3), uint8
        RGB.
    one, two : ndarray of shape (n_pairs,), int
        Rows of `images`.

    Returns
    -------
    ndarray of shape (n_pairs,), float, in [0, 1]
        Share of the pixels that two images' histograms of 8 x 8 x 8 colours have in common: 1 for the same colours in
        the same amounts, wherever they stand; 0 for no colour in common.

    References
    ----------
    Swain and Ballard, "Color indexing", 1991, equation 2.
    """
    one, two = np.asarray(one), np.asarray(two)
    used, rows = np.unique(np.concatenate([one, two]), return_inverse=True)
    histograms = np.stack([_histogram(images[i]) for i in used]) if used.size else np.zeros((0, _BINS**3))
    left, right = rows[: one.size], rows[one.size :]
    scores = np.empty(one.size)
    for start in range(0, one.size, _BLOCK):  # blocks keep millions of pairs within memory
        block = slice(start, start + _BLOCK)
        scores[block] = np.minimum(histograms[left[block]], histograms[right[block]]).sum(axis=1)
    return np.clip(scores, 0, 1)


def _histogram(image: NDArray[np.uint8]) -> NDArray[np.float64]:
    level = image.reshape(-1, 3) >> 5
    index = (level[:, 0].astype(np.intp) * _BINS + level[:, 1]) * _BINS + level[:, 2]
    counts: NDArray[np.float64] = np.bincount(index, minlength=_BINS**3) / max(index.size, 1)
    return counts
