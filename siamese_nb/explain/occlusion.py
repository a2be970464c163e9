"""Cover patches and see what changes: the reason for legs that cannot be taken apart."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from siamese_nb.explain.reason import FloatArray, Reason, mutual_matches
from siamese_nb.models import HeadWeights

Embed = Callable[[NDArray[np.uint8]], NDArray[np.float32]]


def cover(image: NDArray[np.uint8], patches: NDArray[np.int64], grid: tuple[int, int]) -> NDArray[np.uint8]:
    """Paint patches of a picture in its median colour, which is the ground of a drawing and so adds least to it.

    Parameters
    ----------
    image : ndarray of shape (height, width, 3), uint8
    patches : ndarray of int
        Numbers of patches, row by row.
    grid : (rows, columns)
    """
    covered = image.copy()
    colour = np.median(image.reshape(-1, 3), axis=0)
    rows, columns = (
        np.linspace(0, side, parts + 1).round().astype(int) for side, parts in zip(image.shape, grid, strict=False)
    )
    for patch in patches:
        row, column = divmod(int(patch), grid[1])
        covered[rows[row] : rows[row + 1], columns[column] : columns[column + 1]] = colour
    return covered


def occlude(
    embed: Embed, head: HeadWeights, one: NDArray[np.uint8], two: NDArray[np.uint8], grid: tuple[int, int]
) -> Reason:
    """Compute what is lost with each patch, and with each pair of patches beyond what each loses alone.

    Parameters
    ----------
    embed : callable
        Images `uint8[n, height, width, 3]` to embeddings `float32[n, d]`.
    head : HeadWeights
    one, two : ndarray of shape (height, width, 3), uint8
    grid : (rows, columns)

    References
    ----------
    Zeiler & Fergus (2014), Visualizing and Understanding Convolutional Networks, ECCV, section 4.2.
    """
    first, second = (_covered_embeddings(embed, image, grid) for image in (one, two))
    log_odds = head.log_odds(first[:, None], second[None])
    whole = float(log_odds[0, 0])
    lost_one, lost_two = whole - log_odds[1:, 0], whole - log_odds[0, 1:]
    together = whole - log_odds[1:, :1] - log_odds[:1, 1:] + log_odds[1:, 1:]
    return Reason(
        method="occlusion",
        grid=grid,
        log_odds=whole,
        offset=whole - float(together.sum()),
        matches=together,
        alike_one=lost_one,
        alike_two=lost_two,
        apart_one=-lost_one,
        apart_two=-lost_two,
        lines=mutual_matches(together, together),
    )


def _covered_embeddings(embed: Embed, image: NDArray[np.uint8], grid: tuple[int, int]) -> FloatArray:
    """Embed a picture, then the picture with each patch covered."""
    variants = [cover(image, np.array([patch]), grid) for patch in range(grid[0] * grid[1])]
    return np.asarray(embed(np.stack([image, *variants])), np.float64)
