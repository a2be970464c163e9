"""A bank's pictures made small: what looks at whole pictures needs no more, and no file is decoded for it."""

import numpy as np
from numpy.typing import NDArray

from siamese_nb.images import THUMBNAIL, read_image


def shrink(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Make pictures no larger than `THUMBNAIL`, by the rule of `read_image`.

    Parameters
    ----------
    images : ndarray of shape (n, height, width, 3), uint8

    Returns
    -------
    ndarray of shape (n, small_height, small_width, 3), uint8
        The same array where nothing is larger.
    """
    size = (min(images.shape[1], THUMBNAIL[0]), min(images.shape[2], THUMBNAIL[1]))
    if images.shape[1:3] == size or not len(images):
        return images[:, : size[0], : size[1]]
    return np.stack([read_image(np.asarray(image), size) for image in images])
