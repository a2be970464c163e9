"""Pairs whose label may be wrong: pictures that look more like another thing than like their own."""

from collections.abc import Container
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from siamese_nb.dataset import Dataset
from siamese_nb.errors import InputError
from siamese_nb.likeness import likeness_blocks, unit_length
from siamese_nb.review import judged_pictures


@dataclass(frozen=True)
class Suspect:
    """A pair that a person should look at.

    Attributes
    ----------
    one, two : str
        Paths relative to the dataset's root.
    genuine : bool
        Whether the dataset says that both show the same thing.
    reason : str
        Why it is suspected, for people.
    """

    one: str
    two: str
    genuine: bool
    reason: str


def find_suspects(
    dataset: Dataset, embeddings: NDArray[np.float32], *, fewest: int = 2, most: int = 24
) -> list[Suspect]:
    """Find the pairs whose label is most likely wrong, but for those that a person has judged already.

    A picture is the more suspicious, the more its nearest picture of another thing is nearer than its nearest of its
    own. It is named twice: with its nearest of its own thing, and with its nearest of another.

    Time grows with the square of the number of pictures, memory does not.

    Parameters
    ----------
    dataset : Dataset of n pictures
    embeddings : ndarray of shape (n, d), float
        Of a trained verifier's leg, a pretrained one, or `describe_pictures`; compared by cosine similarity.
    fewest : int
        Things with fewer pictures are left alone; give 3 with `describe_pictures`, which tells nothing about couples.
    most : int
        Pairs to return at most.

    Returns
    -------
    list of Suspect
        The most suspicious first.

    Raises
    ------
    InputError
        If there is not one embedding for each picture.
    """
    if embeddings.ndim != 2 or len(embeddings) != len(dataset.paths):
        raise InputError(
            f"embeddings of shape {embeddings.shape} were given for {len(dataset.paths)} pictures: give one row each"
        )
    used = np.flatnonzero(dataset.used)
    things, number, sizes = np.unique(dataset.identity[used], return_inverse=True, return_counts=True)
    if len(things) < 2:
        return []
    own, other, margin = _nearest(unit_length(embeddings[used]), number)
    judged = judged_pictures(dataset.root)
    order = np.argsort(margin, kind="stable")
    order = order[(margin[order] < 0) & (sizes[number[order]] >= max(fewest, 2))]
    found: list[Suspect] = []
    for row in order.tolist():
        if len(found) >= most:
            break
        found += _pairs(dataset, used[[row, own[row], other[row]]].tolist(), judged)
        judged |= {frozenset({suspect.one, suspect.two}) for suspect in found[-2:]}
    return found[:most]


def _pairs(dataset: Dataset, rows: list[int], judged: Container[frozenset[str]]) -> list[Suspect]:
    picture, own, other = (dataset.paths[row] for row in rows)
    pairs = [
        Suspect(picture, own, True, f"{picture} looks more like {other} than like any picture of its own thing"),
        Suspect(picture, other, False, f"no picture of its own thing looks more like {picture}"),
    ]
    return [pair for pair in pairs if frozenset({pair.one, pair.two}) not in judged]


def _nearest(
    unit: NDArray[np.float32], thing: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """Find each picture's nearest of its own thing and of another, and by how much the former is nearer."""
    n = len(unit)
    own, other, margin = np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros(n, np.float32)
    for rows, likeness in likeness_blocks(unit):
        same = thing[rows, None] == thing
        strangers = np.where(same, -np.inf, likeness)
        likeness[~same] = -np.inf
        likeness[np.arange(len(rows)), rows] = -np.inf
        own[rows], other[rows] = likeness.argmax(axis=1), strangers.argmax(axis=1)
        margin[rows] = likeness.max(axis=1) - strangers.max(axis=1)
    return own, other, margin
