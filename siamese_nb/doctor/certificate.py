"""The certificate: train, validation and test share no image, no near-duplicate and no identity."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siamese_nb.bank import Bank
from siamese_nb.dataset import Dataset
from siamese_nb.doctor.appearance import appearance_of
from siamese_nb.doctor.hashes import NEAR, near_pairs
from siamese_nb.layouts import NOT_IN_USE
from siamese_nb.split import PARTS, SHARES, Split, make_split


@dataclass(frozen=True)
class Certificate:
    """What the parts of a split have in common, counted from the pictures themselves.

    Attributes
    ----------
    images, files, near_duplicates, identities : int
        How many images, files of the same bytes, pairs of nearly the same look, and identities stand in two parts.
    distance : int
        Hashes of 256 bits that differ in at most so many are nearly the same look.
    sizes : dict of str to int
        Images in each part.
    """

    images: int
    files: int
    near_duplicates: int
    identities: int
    distance: int
    sizes: dict[str, int]

    @property
    def holds(self) -> bool:
        """Whether the parts have nothing in common."""
        return not (self.images or self.files or self.near_duplicates or self.identities)

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values, as a bundle keeps it."""
        return {"holds": self.holds, **asdict(self)}

    def __str__(self) -> str:
        """Say it in a sentence."""
        parts = ", ".join(f"{name} ({size:,} images)" for name, size in self.sizes.items())
        if self.holds:
            return f"{parts} share no image, no near-duplicate and no identity"
        return (
            f"NOT CERTIFIED: {parts} share {self.images} images, {self.files} equal files, "
            f"{self.near_duplicates} pairs of near-duplicates and {self.identities} identities"
        )


def certificate(
    split: Split,
    digests: NDArray[np.uint64],
    hashes: NDArray[np.uint64],
    identity: NDArray[np.int64],
    distance: int = NEAR,
) -> Certificate:
    """Count what the parts of a split have in common, without trusting how the split was made.

    Parameters
    ----------
    split : Split of a dataset of n pictures
    digests : ndarray of shape (n,), uint64
        Equal for equal files, see `Bank.digests`.
    hashes : ndarray of shape (n, 4), uint64
        See `perceptual_hashes`.
    identity : ndarray of shape (n,), int64
        What each picture shows by the dataset's own word, see `Dataset.identity`.
    distance : int
        Bits that may differ between near-duplicates.
    """
    images = [np.unique(getattr(split, name).images) for name in PARTS]
    rows = np.concatenate(images)
    part = np.repeat(np.arange(len(PARTS)), [len(found) for found in images])
    known = identity[rows] != NOT_IN_USE
    # Of equal hashes each is paired with the first alone: if any lies in another part, one of those pairs crosses.
    near = near_pairs(hashes[rows], distance)
    return Certificate(
        images=_in_two_parts(rows, part),
        files=_in_two_parts(digests[rows], part),
        near_duplicates=int((part[near[:, 0]] != part[near[:, 1]]).sum()),
        identities=_in_two_parts(identity[rows][known], part[known]),
        distance=distance,
        sizes={name: len(found) for name, found in zip(PARTS, images, strict=True)},
    )


def certified_split(
    dataset: Dataset, bank: Bank, *, seed: int = 0, by: str = "identity", shares: tuple[float, float] = SHARES
) -> tuple[Split, Certificate]:
    """Split a dataset so that near-duplicates stay together, and prove it.

    Parameters
    ----------
    dataset : Dataset of n pictures
    bank : Bank of n pictures
        Of any size.
    seed, by, shares
        See `make_split`.

    Raises
    ------
    InputError
        If the dataset does not suffice for three parts.
    """
    hashes = appearance_of(bank).hashes
    # Of the pictures in use only: ties through one that is not would be lost with it.
    used = np.flatnonzero(dataset.used)
    same = used[near_pairs(hashes[used])]
    split = make_split(dataset, bank.digests, seed=seed, by=by, same=same, shares=shares)
    return split, certificate(split, bank.digests, hashes, dataset.identity)


def _in_two_parts(values: NDArray[np.generic], part: NDArray[np.int64]) -> int:
    """Count the values that occur in more than one part."""
    _, number = np.unique(values, return_inverse=True)
    seen = np.unique(np.stack([number, part], axis=1), axis=0)
    return int((np.bincount(seen[:, 0]) > 1).sum()) if len(seen) else 0
