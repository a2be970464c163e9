"""What a network must beat: scores from colour alone, and how well those tell impostors of each kind."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from siamese_nb.images import read_image
from siamese_nb.metrics import ScoreTable, auc
from siamese_nb.pairs import ACROSS, GENUINE_PAIR, WITHIN, Pairs

_BINS = 8
_BLOCK = 4096
_SIDE = 96  # pixels: smaller or larger hardly changes how much there is of each colour


def colour_scores(root: str | os.PathLike[str], one: Sequence[str], two: Sequence[str]) -> NDArray[np.float64]:
    """Score pairs of files by their colours alone, see `colour_histogram_baseline`; each file is read once.

    Parameters
    ----------
    root : path
        The folder that the paths are relative to.
    one, two : sequence of n_pairs str

    Returns
    -------
    ndarray of shape (n_pairs,), float, in [0, 1]

    Raises
    ------
    ImageError
        If a picture cannot be read.
    """
    row = {path: number for number, path in enumerate(dict.fromkeys([*one, *two]))}
    images = np.empty((len(row), _SIDE, _SIDE, 3), np.uint8)
    for path, number in row.items():
        images[number] = read_image(Path(root) / path, (_SIDE, _SIDE))
    first, second = (np.array([row[path] for path in side], np.int64) for side in (one, two))
    return colour_histogram_baseline(images, first, second)


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


def auc_by_kind(pairs: Pairs, scores: NDArray[np.float64]) -> dict[str, float]:
    """Compute the AUC of genuine pairs against impostors across and within categories, where there are such.

    Parameters
    ----------
    pairs : Pairs
    scores : ndarray of shape (n_pairs,), float64, in [0, 1]

    Returns
    -------
    dict of float
        By `"across"` and `"within"`.
    """
    found = {}
    for name, kind in (("across", ACROSS), ("within", WITHIN)):
        rows = (pairs.kind == GENUINE_PAIR) | (pairs.kind == kind)
        if (pairs.kind == kind).any():
            found[name] = auc(ScoreTable.from_scores(pairs.label[rows], scores[rows]))
    return found


def _histogram(image: NDArray[np.uint8]) -> NDArray[np.float64]:
    level = image.reshape(-1, 3) >> 5
    index = (level[:, 0].astype(np.intp) * _BINS + level[:, 1]) * _BINS + level[:, 2]
    counts: NDArray[np.float64] = np.bincount(index, minlength=_BINS**3) / max(index.size, 1)
    return counts
