"""Pictures made small: as JPEGs for the browser, as arrays for what looks at whole pictures."""

import io
from collections.abc import Callable, Sequence
from logging import Logger

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from siamese_nb.errors import InputError
from siamese_nb.images import THUMBNAIL, ImageSource, read_image

Pictures = Callable[[int], tuple[ImageSource, ImageSource]]

SIDES = {"small": 160, "large": 900}
"""Longest side, in pixels, of a picture in a strip and of one that is looked at."""


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


def make_thumbnail(source: ImageSource, size: str) -> bytes:
    """Encode a picture as a JPEG no larger than one of `SIDES`.

    Raises
    ------
    ImageError
        If the picture cannot be read.
    """
    image = Image.fromarray(read_image(source))
    image.thumbnail((SIDES[size], SIDES[size]), reducing_gap=2.0)
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=88)
    return stream.getvalue()


def encode_pairs(
    pictures: Pictures, indices: Sequence[int], size: str, log: Logger
) -> tuple[list[dict[str, object]], list[bytes]]:
    """Encode both pictures of several pairs; of a pair that cannot be read, say why.

    Parameters
    ----------
    pictures : callable
        Takes a pair's index; returns both pictures.
    indices : sequence of int
    size : str
        One of `SIDES`.
    log : Logger
        Hears of faults of `pictures` itself.

    Returns
    -------
    pairs : list of dict
        Each with `index` and `message`, "" if the pictures could be read.
    buffers : list of bytes
        Two JPEGs of each pair without a message.
    """
    found = [_encode_pair(pictures, index, size, log) for index in indices]
    pairs: list[dict[str, object]] = [
        {"index": index, "message": message} for index, (message, _) in zip(indices, found, strict=True)
    ]
    return pairs, [data for _, pair in found for data in pair]


def _encode_pair(pictures: Pictures, index: int, size: str, log: Logger) -> tuple[str, list[bytes]]:
    try:
        one, two = pictures(index)
        return "", [make_thumbnail(one, size), make_thumbnail(two, size)]
    except (InputError, OSError) as error:
        return str(error), []
    except Exception as error:
        log.exception("the pictures of pair %d", index)
        return f"{type(error).__name__}: {error}", []
