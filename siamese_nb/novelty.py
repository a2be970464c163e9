"""Tell pictures that are unlike anything that a network was trained on: its score then rests on nothing."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

_AT_MOST = 512  # training pictures that are kept: 128 kB in a bundle, for embeddings of 128 numbers
_QUANTILE = 0.99


@dataclass(frozen=True, eq=False)
class Known:
    """What a network was trained on, as a sample of embeddings.

    Attributes
    ----------
    embeddings : ndarray of shape (n, d), float16
        Of unit length.
    limit : float
        Cosine distance to the nearest of them that 99% of the validation pictures keep; these show things that were
        not trained on, too, but of the same sort.
    """

    embeddings: NDArray[np.float16]
    limit: float

    @classmethod
    def from_parts(cls, train: ArrayLike, validation: ArrayLike, seed: int = 0) -> "Known":
        """Take a sample of the training embeddings, and the limit from those of validation.

        Parameters
        ----------
        train, validation : array_like of shape (n, d), float
        seed : int
        """
        given = np.asarray(train, np.float64)
        sample = np.sort(np.random.default_rng(seed).permutation(len(given))[:_AT_MOST])
        known = cls(_unit(given[sample]).astype(np.float16), float("inf"))
        return cls(known.embeddings, float(np.quantile(known.distance(validation), _QUANTILE)))

    def distance(self, embeddings: ArrayLike) -> NDArray[np.float64]:
        """Compute the cosine distance of each embedding to the nearest known one.

        Parameters
        ----------
        embeddings : array_like of shape (n, d), float

        Returns
        -------
        ndarray of shape (n,), float64, in [0, 2]
        """
        nearest = (_unit(embeddings) @ self.embeddings.astype(np.float64).T).max(axis=1)
        return np.asarray(np.clip(1.0 - nearest, 0.0, 2.0))

    def is_novel(self, embedding: ArrayLike) -> bool:
        """Say whether one embedding lies farther from what was trained on than 99% of the validation pictures."""
        return bool(self.distance(np.asarray(embedding)[None])[0] > self.limit)

    def write(self, file: Path) -> None:
        """Write to an `.npz` file."""
        np.savez(file, embeddings=self.embeddings, limit=np.float64(self.limit))

    @classmethod
    def read(cls, file: Path) -> "Known | None":
        """Read what `write` wrote; None where there is no such file, as in bundles of earlier versions."""
        if not file.is_file():
            return None
        with np.load(file) as stored:
            return cls(stored["embeddings"], float(stored["limit"]))


def _unit(embeddings: ArrayLike) -> NDArray[np.float64]:
    values = np.asarray(embeddings, np.float64)
    return np.asarray(values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-12))
