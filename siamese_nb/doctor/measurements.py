"""What the checks look at: a dataset's headers, how its pictures look, its files' sizes."""

from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from siamese_nb.bank import Bank
from siamese_nb.dataset import Dataset
from siamese_nb.doctor.appearance import appearance_of
from siamese_nb.doctor.hashes import near_pairs
from siamese_nb.doctor.statistics import Statistics
from siamese_nb.errors import InputError
from siamese_nb.images import THUMBNAIL


@dataclass(frozen=True, eq=False)
class Measurements:
    """What one pass over a dataset measures; all arrays have one row per picture of `dataset.paths`.

    Attributes
    ----------
    dataset : Dataset
    readable : ndarray of shape (n,), bool
        False for pictures that could not be decoded; what else is measured of them means nothing.
    statistics : Statistics
    size : ndarray of shape (n, 2), int64
        Width and height in pixels, as the files have them.
    side : int
        Shorter side, in pixels, of the bank, which is what a leg takes.
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
    side: int
    file_bytes: NDArray[np.int64]
    digests: NDArray[np.uint64]
    pixels: NDArray[np.uint64]
    hashes: NDArray[np.uint64]
    near: NDArray[np.int64]

    def paths(self, mask: NDArray[np.bool_]) -> tuple[tuple[str, ...], ...]:
        """Return the paths of the readable pictures in a mask, each an occurrence of its own."""
        return tuple((self.dataset.paths[row],) for row in np.flatnonzero(mask & self.readable))


def measure(dataset: Dataset, bank: Bank) -> Measurements:
    """Measure a dataset by its headers and its bank; no picture is decoded again.

    Parameters
    ----------
    dataset : Dataset of n pictures, as `Dataset.decode` gave it
    bank : Bank of n pictures
        Of size `THUMBNAIL` or larger, such as the one that training takes: they are looked at as small as that.

    Raises
    ------
    InputError
        If the dataset has no headers, or the bank is not the dataset's or its pictures are too small.
    """
    _check_fit(dataset, bank)
    readable = np.ones(len(dataset.paths), bool)
    readable[[failure.row for failure in bank.failures]] = False
    size = np.array([(header.width, header.height) for header in dataset.headers], np.int64).reshape(-1, 2)
    looks = appearance_of(bank)
    rows = np.flatnonzero(readable)
    return Measurements(
        dataset=dataset,
        readable=readable,
        statistics=looks.statistics,
        size=size,
        side=min(bank.images.shape[1:3]),
        file_bytes=_file_bytes(dataset),
        digests=bank.digests,
        pixels=_by_size(looks.pixels, size),
        hashes=looks.hashes,
        near=rows[near_pairs(looks.hashes[rows])],
    )


def _check_fit(dataset: Dataset, bank: Bank) -> None:
    n = len(dataset.paths)
    if not len(dataset.headers) == len(bank.images) == n:
        raise InputError(
            f"{n} pictures, {len(dataset.headers)} headers and a bank of {len(bank.images)} do not belong together; "
            "take dataset and bank from: scan(folder).decode(THUMBNAIL)"
        )
    if min(bank.images.shape[1:3]) < min(THUMBNAIL):
        raise InputError(
            f"a bank of {bank.images.shape[2]} x {bank.images.shape[1]} pixels is too small to examine; "
            f"take one of {THUMBNAIL[1]} x {THUMBNAIL[0]} or larger"
        )


def _file_bytes(dataset: Dataset) -> NDArray[np.int64]:
    found = np.zeros(len(dataset.paths), np.int64)
    for row, file in enumerate(dataset.files):
        with suppress(OSError):  # gone since the scan: the bank says so
            found[row] = file.stat().st_size
    return found


def _by_size(pixels: NDArray[np.uint64], size: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Number the pictures so that equal thumbnails of pictures of one size get one number."""
    columns = np.column_stack([pixels, size.astype(np.uint64)])
    return np.unique(columns, axis=0, return_inverse=True)[1].reshape(-1).astype(np.uint64)
