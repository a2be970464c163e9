"""Tell pictures that are unlike anything that a network was trained on: its score then rests on nothing."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from siamese_nb.likeness import unit_length

_AT_MOST = 512  # training pictures that are kept: 192 kB in a bundle, for embeddings of 128 numbers
_RATE = 0.01  # of the pictures of a thing of the same sort
_LEAST = 1e-3  # distances below come of float16 alone


@dataclass(frozen=True, eq=False)
class Reference:
    """Descriptions of some training pictures, and how far from them a picture of the same sort may lie.

    Attributes
    ----------
    vectors : ndarray of shape (n, d), float16
        Of unit length.
    limit : float
        Cosine distance to the nearest of them above which a picture is novel.
    """

    vectors: NDArray[np.float16]
    limit: float

    def distance(self, vectors: ArrayLike) -> NDArray[np.float64]:
        """Compute the cosine distance of each picture to the nearest known one.

        Parameters
        ----------
        vectors : array_like of shape (n, d), float

        Returns
        -------
        ndarray of shape (n,), float64, in [0, 2]
        """
        nearest = (unit_length(np.asarray(vectors, np.float64)) @ self.vectors.astype(np.float64).T).max(axis=1)
        return np.asarray(np.clip(1.0 - nearest, 0.0, 2.0))

    def distance_between(self, things: NDArray[np.int64]) -> NDArray[np.float64]:
        """Compute the cosine distance of each known picture to the nearest known one of another thing.

        It is what the picture's own distance would be, had its thing not been known.

        Parameters
        ----------
        things : ndarray of shape (n,), int

        Returns
        -------
        ndarray of shape (n,), float64, in [0, 2]
        """
        vectors = self.vectors.astype(np.float64)
        likeness = np.where(things[:, None] == things, -1.0, vectors @ vectors.T)
        return np.asarray(np.clip(1.0 - likeness.max(axis=1), 0.0, 2.0))


@dataclass(frozen=True, eq=False)
class Known:
    """What a network was trained on: by its own embeddings, and by colours.

    A network that was trained on one sort of pictures alone may put all others among them: one trained on drawings
    warned about 4 of 500 photos by its embeddings, and about all of them by their colours. So either suffices.

    Attributes
    ----------
    embeddings : Reference
    colours : Reference or None
        Of `siamese_nb.descriptors.describe_colours`; None in bundles of earlier versions.

    References
    ----------
    Sun, Ming, Zhu, Li (2022), Out-of-Distribution Detection with Deep Nearest Neighbors, ICML.
    """

    embeddings: Reference
    colours: Reference | None = None

    @classmethod
    def from_parts(
        cls,
        train: tuple[ArrayLike, ArrayLike],
        validation: tuple[ArrayLike, ArrayLike],
        train_things: ArrayLike,
        validation_things: ArrayLike,
        seed: int = 0,
    ) -> "Known":
        """Take a sample of the training pictures, and limits that 1% of the pictures of another thing exceed.

        How far another thing of the same sort lies is told by those of validation, and by those of training, each as if
        it were not known. Things are counted, not pictures: those of one thing lie together. One number limits both
        distances, so that they exceed it in 1% together.

        Parameters
        ----------
        train, validation : (embeddings, colours), each array_like of shape (n, d), float
        train_things, validation_things : array_like of shape (n,), int
            What each picture shows; no thing is in both.
        seed : int
        """
        things = np.asarray(train_things)
        rows = np.sort(np.random.default_rng(seed).permutation(len(things))[:_AT_MOST])
        known = [unit_length(np.asarray(part)[rows].astype(np.float64)) for part in train]
        references = [Reference(part.astype(np.float16), float("inf")) for part in known]
        distances = [reference.distance(part) for reference, part in zip(references, validation, strict=True)]
        held_out = np.asarray(validation_things)
        if len(np.unique(things[rows])) > 1:
            distances = [
                np.append(found, reference.distance_between(things[rows]))
                for found, reference in zip(distances, references, strict=True)
            ]
            held_out = np.append(held_out, things[rows])
        units = [max(_LEAST, float(np.quantile(found, 1.0 - _RATE))) for found in distances]
        limit = _limit(np.max([found / unit for found, unit in zip(distances, units, strict=True)], axis=0), held_out)
        limits = [max(_LEAST, unit * limit) for unit in units]
        return cls(*(Reference(reference.vectors, limit) for reference, limit in zip(references, limits, strict=True)))

    def are_novel(self, embeddings: ArrayLike, colours: ArrayLike) -> NDArray[np.bool_]:
        """Say of each picture whether it lies farther from what was trained on than pictures of the same sort do.

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
            embeddings = Reference(stored["embeddings"], float(stored["limit"]))
            colours = Reference(stored["colours"], float(stored["colour_limit"])) if "colours" in stored else None
        return cls(embeddings, colours)


def _limit(distances: NDArray[np.float64], things: NDArray[np.int64]) -> float:
    """Find the least of the distances that the pictures of a thing exceed at the rate, on average over things."""
    _, thing, sizes = np.unique(things, return_inverse=True, return_counts=True)
    order = np.argsort(distances, kind="stable")
    beyond = np.append(np.cumsum((1.0 / sizes[thing[order]])[::-1])[::-1], 0.0)[1:]
    return float(distances[order[np.argmax(beyond <= _RATE * len(sizes) + 1e-9)]])
