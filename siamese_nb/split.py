"""Split a dataset without leaks, before any pair is made: parts that share no image, no duplicate and no identity."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from siamese_nb.components import tied
from siamese_nb.dataset import Dataset
from siamese_nb.errors import InputError
from siamese_nb.layouts import NOT_IN_USE
from siamese_nb.metrics import IMPOSTOR
from siamese_nb.pairs import Part

PARTS = ("train", "validation", "test")
SPLIT_BY = ("identity", "category")
MINIMUM_COUPLES = 8
SHARES = (0.2, 0.2)  # of validation and test; the rest is for training


@dataclass(frozen=True, eq=False)
class Split:
    """The train, validation and test parts of a dataset; they share no image, no duplicate and no identity."""

    train: Part
    validation: Part
    test: Part


def merged_identities(
    dataset: Dataset, digests: NDArray[np.uint64], same: NDArray[np.int64] | None = None
) -> NDArray[np.int64]:
    """Join identities that share a file: what is the same picture shows the same thing, whatever its folder says.

    Parameters
    ----------
    dataset : Dataset of n pictures
    digests : ndarray of shape (n,), uint64
        Equal for equal pictures.
    same : ndarray of shape (n_pairs, 2), int64, optional
        Rows `one, two` of pictures that are the same too, such as near-duplicates.

    Returns
    -------
    ndarray of shape (n,), int64
        The connected component of each picture over identities and the same pictures; -1 where not in use.
    """
    used = np.flatnonzero(dataset.used)
    n = len(used)
    _, by_identity = np.unique(dataset.identity[used], return_inverse=True)
    _, by_digest = np.unique(digests[used], return_inverse=True)
    # A picture's identity and its digest are nodes of their own; each picture ties the two together.
    place = np.full(len(dataset.identity), NOT_IN_USE, np.int64)
    place[used] = by_identity
    pairs = place[np.empty((0, 2), np.int64) if same is None else same]
    pairs = pairs[(pairs != NOT_IN_USE).all(axis=1)]
    links = np.concatenate([np.stack([by_identity, n + by_digest], axis=1), pairs])
    merged = np.full(len(dataset.identity), NOT_IN_USE, np.int64)
    merged[used] = tied(links, 2 * n)[by_identity]
    return merged


def make_split(
    dataset: Dataset,
    digests: NDArray[np.uint64],
    *,
    seed: int = 0,
    by: str = "identity",
    same: NDArray[np.int64] | None = None,
    shares: tuple[float, float] = SHARES,
) -> Split:
    """Split a dataset into train (60% unless told), validation and test (20% each) by connected component of identity.

    The split depends on the dataset and the seed alone. Each part holds a genuine pair and two things at least.

    Parameters
    ----------
    dataset : Dataset of n pictures
    digests : ndarray of shape (n,), uint64
        Equal for equal pictures, see `Bank.digests`.
    seed : int
    by : {"identity", "category"}
        What the parts must not share; by identity, each category is spread over the parts in proportion.
    same : ndarray of shape (n_pairs, 2), int64, optional
        Rows `one, two` of pictures that no two parts may share, such as near-duplicates: their identities are joined.
    shares : tuple of float
        Of validation and of test.

    Raises
    ------
    InputError
        If there are fewer than 8 couples, or a part would have no genuine pair or nothing to tell it from.
    """
    if dataset.n_couples < MINIMUM_COUPLES:
        raise InputError(
            f"{dataset.root} has {dataset.n_couples} couples; a network needs at least {MINIMUM_COUPLES} to train on "
            "and be judged by (some hundred are better): add couples"
        )
    identity = merged_identities(dataset, digests, same)
    group = identity if by == "identity" else _merged_categories(dataset, identity)
    used = np.flatnonzero(identity != NOT_IN_USE)
    groups, first, place = np.unique(group[used], return_index=True, return_inverse=True)
    # A group that could not make up a part alone is dealt after those that could: so no part consists of such only.
    weak = _couples_in(identity[used], place, len(groups)) == 0
    if by == "category":
        weak |= _things_in(identity[used], place, len(groups)) < 2
    stratum = dataset.category[used][first] if by == "identity" else np.zeros(len(groups), np.int64)
    order = np.random.default_rng([seed, len(PARTS)]).permutation(len(groups))
    order = order[np.lexsort((stratum[order], weak[order]))]
    part_of = np.empty(len(groups), np.int64)
    part_of[order] = _deal(len(groups), shares)
    part = part_of[place]
    split = Split(*(_part(dataset, identity, used[part == number]) for number in range(len(PARTS))))
    _check_parts(dataset, split, by)
    return split


def whole(dataset: Dataset, digests: NDArray[np.uint64], leave_out: NDArray[np.uint64] | None = None) -> Part:
    """Return a whole dataset as one part, without every identity that has a picture in `leave_out`.

    Parameters
    ----------
    dataset : Dataset of n pictures
    digests : ndarray of shape (n,), uint64
    leave_out : ndarray of uint64, optional
        Digests of pictures that a network was trained or tuned on.
    """
    identity = merged_identities(dataset, digests)
    seen = np.unique(identity[np.isin(digests, leave_out)]) if leave_out is not None else np.empty(0, np.int64)
    return _part(dataset, identity, np.flatnonzero((identity != NOT_IN_USE) & ~np.isin(identity, seen)))


def _couples_in(identity: NDArray[np.int64], place: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """Count the identities with two pictures or more in each of n groups."""
    _, first, count = np.unique(identity, return_index=True, return_counts=True)
    return np.bincount(place[first[count > 1]], minlength=n)


def _things_in(identity: NDArray[np.int64], place: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """Count the identities in each of n groups."""
    _, first = np.unique(identity, return_index=True)
    return np.bincount(place[first], minlength=n)


def _check_parts(dataset: Dataset, split: Split, by: str) -> None:
    for name in PARTS:
        part: Part = getattr(split, name)
        things = len(np.unique(part.identity))
        if things < 2 or not len(part.genuine()):
            add = "add couples of more things" if by == "identity" else "add categories, or split by identity"
            raise InputError(
                f"{dataset.root} does not suffice for training, validation and test apart: {name} would get {things} "
                f"different things and {len(part.genuine())} couples, and needs 2 things and a couple at least; {add}"
            )


def _merged_categories(dataset: Dataset, identity: NDArray[np.int64]) -> NDArray[np.int64]:
    """Join categories that share an identity; -1 where not in use."""
    used = np.flatnonzero(identity != NOT_IN_USE)
    offset = int(dataset.category.max(initial=0)) + 1
    links = np.stack([dataset.category[used], offset + identity[used]], axis=1)
    number = tied(links, offset + int(identity.max(initial=0)) + 1)
    merged = np.full(len(identity), NOT_IN_USE, np.int64)
    merged[used] = number[dataset.category[used]]
    return merged


def _deal(n: int, shares: tuple[float, float] = SHARES) -> NDArray[np.int64]:
    """Deal n groups to the parts evenly along their order, so that every stretch of it gets its share of each part.

    Each group goes to the part that is furthest behind its share; train is served last, so that tiny datasets still
    have something to be judged by.

    >>> _deal(10).tolist()
    [1, 2, 0, 0, 0, 1, 2, 0, 0, 0]
    """
    share = np.array([1 - sum(shares), *shares])
    dealt = np.empty(n, np.int64)
    have = np.zeros(len(PARTS))
    preference = np.array([0.0, 2e-9, 1e-9])
    for position in range(n):
        behind = (share * (position + 1) - have) / share + preference
        dealt[position] = int(np.argmax(behind))
        have[dealt[position]] += 1
    return dealt


def _part(dataset: Dataset, identity: NDArray[np.int64], images: NDArray[np.int64]) -> Part:
    # A merged identity may span categories; the smallest stands for all, so that its images stand together.
    category = dataset.category.copy()
    _, inverse = np.unique(identity[images], return_inverse=True)
    smallest = np.full(inverse.max(initial=-1) + 1, np.iinfo(np.int64).max)
    np.minimum.at(smallest, inverse, category[images])
    category[images] = smallest[inverse]
    ordered = images[np.lexsort((images, identity[images], category[images]))]
    labelled = dataset.labelled[np.isin(dataset.labelled[:, :2], ordered).all(axis=1)]
    # Two copies of one picture are no impostors, whatever a pairs file says.
    false_impostor = (labelled[:, 2] == IMPOSTOR) & (identity[labelled[:, 0]] == identity[labelled[:, 1]])
    return Part(ordered, identity[ordered], category[ordered], labelled[~false_impostor])
