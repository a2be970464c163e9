"""Checks that need embeddings of a leg: copies in disguise, and labels that may be wrong."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from siamese_nb.components import tied
from siamese_nb.dataset import Dataset
from siamese_nb.doctor.findings import Finding
from siamese_nb.doctor.measurements import Measurements
from siamese_nb.doctor.pictures import is_blank
from siamese_nb.doctor.statistics import Statistics
from siamese_nb.layouts import NOT_IN_USE
from siamese_nb.likeness import likeness_blocks, unit_length
from siamese_nb.suspects import find_suspects

_FEWEST, _SHARE = 20, 40  # pairs to name at most: one for every 40 pictures, since drawings are all rather alike
_MOST_SUSPECTS = 100
_PLACES = {
    "within_thing": ("of one thing", "replace one by another picture of the thing, if it is one"),
    "across_things": ("of two things in one category", "join the two things, if it is one"),
    "across_categories": ("in two categories", "remove the copy that is in the wrong category, if it is one"),
}


def lookalikes(
    measured: Measurements, embeddings: NDArray[np.float32], least: float, trained: bool
) -> Iterator[Finding]:
    """Find pictures that a leg takes for nearly the same, such as mirrored, cropped or turned copies.

    The most alike come first. What other checks call a copy is left out. Time grows with the square of the number of
    pictures.

    Parameters
    ----------
    measured : Measurements of n pictures
    embeddings : ndarray of shape (n, d), float
    least : float
        Cosine from which on two pictures are nearly the same to the leg, see `disguised_likeness`.
    trained : bool
        Whether the leg was taught that pictures of one thing are alike; then those say nothing and are left out.
    """
    rows = _in_use(measured)
    thing = measured.dataset.identity[rows] if trained else None
    pairs = rows[_alike(unit_length(embeddings[rows]), least, thing)]
    known = [np.unique(measured.digests, return_inverse=True)[1], np.unique(measured.pixels, return_inverse=True)[1]]
    known.append(tied(measured.near, len(measured.digests)))
    one, two = pairs[:, 0], pairs[:, 1]
    new = ~np.any([group[one] == group[two] for group in known], axis=0)
    same = measured.dataset.identity[one] == measured.dataset.identity[two]
    alike = measured.dataset.category[one] == measured.dataset.category[two]
    masks = {"within_thing": same, "across_things": ~same & alike, "across_categories": ~same & ~alike}
    for place, (where, remedy) in _PLACES.items():
        yield Finding(
            f"lookalike_{place}",
            "note",
            tuple((measured.dataset.paths[a], measured.dataset.paths[b]) for a, b in pairs[new & masks[place]]),
            f"a network takes these pictures for nearly the same, {where}",
            "they may be one photo, mirrored, cropped or turned, which is no second picture of a thing",
            f"look at them; {remedy}",
        )


def suspected_labels(measured: Measurements, embeddings: NDArray[np.float32]) -> Iterator[Finding]:
    """Find couples whose pictures look less alike than one of them and another thing, and that other thing.

    Parameters
    ----------
    measured : Measurements of n pictures
    embeddings : ndarray of shape (n, d), float
    """
    suspects = find_suspects(without_blanks(measured.dataset, measured.statistics), embeddings, most=_MOST_SUSPECTS)
    for genuine, what in (
        (True, "a picture looks more like another thing than like any picture of its own"),
        (False, "pictures of two things look more alike than either and its own thing"),
    ):
        yield Finding(
            f"suspected_{'genuine' if genuine else 'impostor'}",
            "warning",
            tuple((suspect.one, suspect.two) for suspect in suspects if suspect.genuine == genuine),
            f"{what}, the most suspicious first",
            "a wrong label teaches the opposite of what is right, and counts as an error when the network is right",
            "look at them in the pair browser; what is wrong goes into review.csv",
        )


def without_blanks(dataset: Dataset, statistics: Statistics) -> Dataset:
    """Take blank pictures out of use: they are unlike their own thing whatever their label, and named anyway.

    Parameters
    ----------
    dataset : Dataset of n pictures
    statistics : Statistics of n pictures
    """
    return replace(dataset, identity=np.where(is_blank(statistics), NOT_IN_USE, dataset.identity))


def _in_use(measured: Measurements) -> NDArray[np.int64]:
    dataset = without_blanks(measured.dataset, measured.statistics)
    return np.flatnonzero(measured.readable & dataset.used)


def _alike(unit: NDArray[np.float32], least: float, thing: NDArray[np.int64] | None) -> NDArray[np.int64]:
    """Return the most alike pairs, of different things only if those are given, as rows `one, two`, best first."""
    most = max(_FEWEST, len(unit) // _SHARE)
    pairs, cosines = np.empty((0, 2), np.int64), np.empty(0, np.float32)
    for rows, likeness in likeness_blocks(unit):
        first, second = np.nonzero(likeness >= least)
        kept = second > rows[first]
        if thing is not None:
            kept &= thing[second] != thing[rows[first]]
        first, second = first[kept], second[kept]
        pairs = np.concatenate([pairs, np.stack([rows[first], second], axis=1)])
        cosines = np.concatenate([cosines, likeness[first, second]])
        best = np.argsort(-cosines, kind="stable")[:most]
        pairs, cosines = pairs[best], cosines[best]
    return pairs
