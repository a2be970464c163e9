"""What the checks look at: a dataset's headers, its thumbnails' figures and hashes, its files' sizes."""

from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from siamese_nb.bank import Bank
from siamese_nb.dataset import Dataset
from siamese_nb.doctor.hashes import near_pairs, perceptual_hashes
from siamese_nb.doctor.statistics import BLOCK, Statistics
from siamese_nb.errors import InputError


@dataclass(frozen=True, eq=False)
class Evidence:
    """One pass over a dataset; all arrays have one row per picture of `dataset.paths`.

    Attributes
    ----------
    dataset : Dataset
    readable : ndarray of shape (n,), bool
        False for pictures that could not be decoded; their other figures mean nothing.
    statistics : Statistics
    size : ndarray of shape (n, 2), int64
        Width and height in pixels, as the files have them.
    file_bytes : ndarray of shape (n,), int64
    digests, pixels : ndarray of shape (n,), uint64
        Equal for equal files; equal for equal thumbnails of pictures of one size.
    hashes : ndarray of shape (n, 4), uint64
        Perceptual hashes.
    near : ndarray of shape (n_pairs, 2), int64
        Rows of readable pictures that are nearly the same, see `near_pairs`.
    """

    dataset: Dataset
    readable: NDArray[np.bool_]
    statistics: Statistics
    size: NDArray[np.int64]
    file_bytes: NDArray[np.int64]
    digests: NDArray[np.uint64]
    pixels: NDArray[np.uint64]
    hashes: NDArray[np.uint64]
    near: NDArray[np.int64]

    def paths(self, mask: NDArray[np.bool_]) -> tuple[tuple[str, ...], ...]:
        """Return the paths of the readable pictures in a mask, each an occurrence of its own."""
        return tuple((self.dataset.paths[row],) for row in np.flatnonzero(mask & self.readable))


def collect(dataset: Dataset, bank: Bank) -> Evidence:
    """Collect the evidence about a dataset from its headers and a bank of thumbnails; no picture is decoded again.

    Parameters
    ----------
    dataset : Dataset of n pictures, as `Dataset.bank` gave it
    bank : Bank of n pictures
        Of size `THUMBNAIL`.

    Raises
    ------
    InputError
        If the dataset has no headers, or the bank is not the dataset's.
    """
    n = len(dataset.paths)
    if not len(dataset.headers) == len(bank.images) == n:
        raise InputError(
            f"{n} pictures, {len(dataset.headers)} headers and a bank of {len(bank.images)} do not belong together; "
            "take dataset and bank from: scan(folder).bank(THUMBNAIL)"
        )
    readable = np.ones(n, bool)
    readable[[failure.row for failure in bank.failures]] = False
    size = np.array([(header.width, header.height) for header in dataset.headers], np.int64).reshape(-1, 2)
    hashes = perceptual_hashes(bank.images)
    rows = np.flatnonzero(readable)
    return Evidence(
        dataset=dataset,
        readable=readable,
        statistics=Statistics.of(bank.images),
        size=size,
        file_bytes=_file_bytes(dataset),
        digests=bank.digests,
        pixels=_pixel_digests(bank.images, size),
        hashes=hashes,
        near=rows[near_pairs(hashes[rows])],
    )


def _file_bytes(dataset: Dataset) -> NDArray[np.int64]:
    found = np.zeros(len(dataset.paths), np.int64)
    for row, file in enumerate(dataset.files):
        with suppress(OSError):  # gone since the scan: the bank says so
            found[row] = file.stat().st_size
    return found


def _pixel_digests(images: NDArray[np.uint8], size: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Hash thumbnails and sizes: a sum of products with random odd numbers, modulo 2 to the 64th."""
    words = images.reshape(len(images), -1)
    factors = np.random.default_rng(0).integers(0, 2**63, words.shape[1] // 8 + 2, np.uint64) * np.uint64(
        2
    ) + np.uint64(1)
    sums = size.astype(np.uint64) @ factors[-2:]
    for start in range(0, len(words), BLOCK):
        block = np.ascontiguousarray(words[start : start + BLOCK]).view(np.uint64)
        sums[start : start + BLOCK] += block @ factors[:-2]
    return sums
