"""One picture as the network sees it: decoded once, embedded once, with what is odd about it."""

import hashlib
import threading
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from siamese_nb.descriptors import describe_colours
from siamese_nb.embeddings import embed
from siamese_nb.images import Header, read_header, read_image
from siamese_nb.verifier import Verifier

_ALIKE_PIXELS = 2.0  # standard deviation in grey levels below which a picture is as good as one colour

_NETWORK = threading.Lock()  # pictures are decoded side by side, but not every backend embeds them so


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture that was read.

    Attributes
    ----------
    pixels : ndarray of shape (height, width, 3), uint8
        Of the size that the leg takes.
    embedding : ndarray of shape (1, d), float32
    digest : bytes
        Of the file.
    remarks : tuple of str
        What makes its scores doubtful, each a sentence that goes after "The first picture".
    """

    pixels: NDArray[np.uint8]
    embedding: NDArray[np.float32]
    digest: bytes
    remarks: tuple[str, ...]

    @classmethod
    def read(cls, verifier: Verifier, data: bytes) -> "Picture":
        """Decode and embed a file's bytes, by the same rule and in the same way as `Verifier.compare`.

        Raises
        ------
        ImageError
            If they are not a picture.
        """
        pixels = read_image(data, verifier.image_size)
        with _NETWORK:
            embedding = embed(verifier.leg, pixels[None])
        remarks = _remarks(read_header(data), pixels, verifier.image_size)
        if verifier.known is not None and verifier.known.are_novel(embedding, describe_colours(pixels[None]))[0]:
            remarks += ("is unlike anything that the network was trained on",)
        return cls(pixels, embedding, hashlib.blake2b(data, digest_size=16).digest(), remarks)

    def without_pixels(self) -> "Picture":
        """Return the picture as it is scored, without what only its reason needs."""
        return replace(self, pixels=self.pixels[:0].copy())


def _remarks(header: Header, pixels: NDArray[np.uint8], needed: tuple[int, int]) -> tuple[str, ...]:
    found = []
    if 2 * min(header.width, header.height) < min(needed):
        found.append(f"is small, {header.width} by {header.height} pixels, and was enlarged")
    if pixels.reshape(-1, 3).std(axis=0).max() < _ALIKE_PIXELS:
        found.append("is blank: almost one colour")
    if header.animated:
        found.append("is animated; its first frame was compared")
    return tuple(found)
