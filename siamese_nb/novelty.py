"""Tell pictures that are unlike anything that a network was trained on: its score then rests on nothing."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

_AT_MOST = 512  # training pictures that are kept: 192 kB in a bundle, for embeddings of 128 numbers
_QUANTILE = 0.99
_LEAST = 1e-3  # distances below come of float16 alone


@dataclass(frozen=True, eq=False)
class Sample:
    """Descriptions of some training pictures, and how far from them a picture of the same sort may lie.

    Attributes
    ----------
    vectors : ndarray of shape (n, d), float16
        Of unit length.
    limit : float
        Cosine distance to the nearest of them that 99% of the validation pictures keep; these show things that were
        not trained on, too, but of the same sort.
    """

    vectors: NDArray[np.float16]
    limit: float

    @classmethod
    def from_parts(cls, train: ArrayLike, validation: ArrayLike, seed: int = 0) -> "Sample":
        """Take a sample of the training pictures, and the limit from those of validation.

        Parameters
        ----------
        train, validation : array_like of shape (n, d), float
        seed : int
        """
        given = np.asarray(train, np.float64)
        chosen = np.sort(np.random.default_rng(seed).permutation(len(given))[:_AT_MOST])
        sample = cls(_unit(given[chosen]).astype(np.float16), float("inf"))
        return cls(sample.vectors, max(_LEAST, float(np.quantile(sample.distance(validation), _QUANTILE))))

    def distance(self, vectors: ArrayLike) -> NDArray[np.float64]:
        """Compute the cosine distance of each picture to the nearest known one.

        Parameters
        ----------
        vectors : array_like of shape (n, d), float

        Returns
        -------
        ndarray of shape (n,), float64, in [0, 2]
        """
        nearest = (_unit(vectors) @ self.vectors.astype(np.float64).T).max(axis=1)
        return np.asarray(np.clip(1.0 - nearest, 0.0, 2.0))


@dataclass(frozen=True, eq=False)
class Known:
    """What a network was trained on: by its own embeddings, and by colours.

    A network that was trained on one sort of pictures alone may put all others among them: one trained on drawings
    warned about 4 of 500 photos by its embeddings, and about all of them by their colours. So either suffices.

    Attributes
    ----------
    embeddings : Sample
    colours : Sample or None
        Of `siamese_nb.descriptors.describe_colours`; None in bundles of earlier versions.

    References
    ----------
    Sun, Ming, Zhu, Li (2022), Out-of-Distribution Detection with Deep Nearest Neighbors, ICML.
    """

    embeddings: Sample
    colours: Sample | None = None

    def are_novel(self, embeddings: ArrayLike, colours: ArrayLike) -> NDArray[np.bool_]:
        """Say of each picture whether it lies farther from what was trained on than 99% of the validation pictures.

        Parameters
        ----------
        embeddings : array_like of shape (n, d), float
        colours : array_like of shape (n, 64), float
        """
        novel = self.embeddings.distance(embeddings) > self.embeddings.limit
        if self.colours is not None:
            novel |= self.colours.distance(colours) > self.colours.limit
        return novel

    def write(self, file: Path) -> None:
        """Write to an `.npz` file."""
        arrays: dict[str, Any] = {"embeddings": self.embeddings.vectors, "limit": self.embeddings.limit}
        if self.colours is not None:
            arrays |= {"colours": self.colours.vectors, "colour_limit": self.colours.limit}
        np.savez(file, **arrays)

    @classmethod
    def read(cls, file: Path) -> "Known | None":
        """Read what `write` wrote; None where there is no such file, as in bundles of earlier versions."""
        if not file.is_file():
            return None
        with np.load(file) as stored:
            embeddings = Sample(stored["embeddings"], float(stored["limit"]))
            colours = Sample(stored["colours"], float(stored["colour_limit"])) if "colours" in stored else None
        return cls(embeddings, colours)


def _unit(vectors: ArrayLike) -> NDArray[np.float64]:
    values = np.asarray(vectors, np.float64)
    return np.asarray(values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-12))
