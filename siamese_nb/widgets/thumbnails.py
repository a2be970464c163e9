"""Pictures made small for the browser."""

import io

from PIL import Image

from siamese_nb.images import ImageSource, read_image

SIDES = {"small": 160, "large": 900}
"""Longest side, in pixels, of a picture in a strip and of one that is looked at."""


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
