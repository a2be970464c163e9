"""Split a dataset without leaks, then draw genuine and impostor pairs as rows of indices into the bank."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from siamese_nb.dataset import NOT_IN_USE, Dataset
from siamese_nb.errors import InputError

PARTS = ("train", "validation", "test")
NEGATIVES = ("across", "within", "mixed")
SPLIT_BY = ("identity", "category")
GENUINE_PAIR, ACROSS, WITHIN = 0, 1, 2  # a pair's kind
MINIMUM_COUPLES = 8
MINIMUM_THINGS = 7  # the fewest of which each part gets two
_MOST_JUDGED = 20_000  # genuine pairs in a fixed set: more would not narrow its intervals noticeably


@dataclass(frozen=True, eq=False)
class Pairs:
    """Labelled pairs of images.

    Attributes
    ----------
    one, two : ndarray of shape (n_pairs,), int64
        Rows of the bank.
    label : ndarray of shape (n_pairs,), int64
        1 genuine, 0 impostor.
    kind : ndarray of shape (n_pairs,), int64
        0 genuine, 1 impostor across categories, 2 impostor within a category.
    """

    one: NDArray[np.int64]
    two: NDArray[np.int64]
    label: NDArray[np.int64]
    kind: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.label)

    def take(self, rows: NDArray[np.int64]) -> "Pairs":
        """Return these rows, in this order."""
        return Pairs(self.one[rows], self.two[rows], self.label[rows], self.kind[rows])

    def join(self, other: "Pairs") -> "Pairs":
        """Return these pairs and, after them, the others."""
        columns = zip(vars(self).values(), vars(other).values(), strict=True)
        return Pairs(*(np.concatenate(both) for both in columns))


@dataclass(frozen=True, eq=False)
class Part:
    """The images of one part of a split, from which pairs are drawn.

    Attributes
    ----------
    images : ndarray of shape (n,), int64
        Rows of the bank, ordered by category and, within it, by identity.
    identity, category : ndarray of shape (n,), int64
        Of each of `images`; images joined by a duplicate count as one identity.
    labelled : ndarray of shape (n_pairs, 3), int64
        Rows `one, two, label` of a pairs file whose images both lie in this part.
    """

    images: NDArray[np.int64]
    identity: NDArray[np.int64]
    category: NDArray[np.int64]
    labelled: NDArray[np.int64]

    def genuine(self) -> NDArray[np.int64]:
        """Return every genuine pair as rows `one, two`."""
        if len(self.labelled):
            return self.labelled[self.labelled[:, 2] == 1, :2]
        _, start, counts = np.unique(self.identity, return_index=True, return_counts=True)
        # Images of one identity stand together, so its pairs are the upper triangle above its first row.
        triangles = {size: np.stack(np.triu_indices(size, 1), axis=1) for size in np.unique(counts).tolist()}
        rows = [triangles[size] + first for first, size in zip(start.tolist(), counts.tolist(), strict=True)]
        return self.images[np.concatenate(rows)] if rows else np.empty((0, 2), np.int64)

    def draw(
        self,
        rng: np.random.Generator,
        neg_factor: float = 3,
        negatives: str = "across",
        most_genuine: int | None = None,
    ) -> Pairs:
        """Draw genuine pairs, and for each of them `neg_factor` impostor pairs.

        The impostors' first images are those of the genuine pairs, their second images are drawn anew, all equally
        likely. Impostors that a pairs file names are taken first.

        Parameters
        ----------
        rng : numpy.random.Generator
        neg_factor : float
            Impostor pairs per genuine pair.
        negatives : {"across", "within", "mixed"}
            Impostors from another category, of another identity in the same category, or half of each. Where the part
            has no other category (or no other identity in the category), the other kind is drawn.
        most_genuine : int, optional
            Draw at most so many genuine pairs; all of them when not given.
        """
        genuine = self.genuine()
        if most_genuine is not None and len(genuine) > most_genuine:
            genuine = genuine[np.sort(rng.choice(len(genuine), most_genuine, replace=False))]
        wanted = round(len(genuine) * neg_factor) if len(np.unique(self.identity)) > 1 else 0
        given = self.labelled[self.labelled[:, 2] == 0, :2]
        impostor = given[rng.permutation(len(given))[:wanted]]
        if len(given) == 0:
            anchors = genuine[np.arange(wanted) % max(len(genuine), 1)]
            anchors = np.where(rng.random(wanted) < 0.5, anchors[:, 0], anchors[:, 1])
            impostor = np.stack([anchors, self._partners(anchors, negatives, rng)], axis=1)
        pairs = np.concatenate([genuine, impostor])
        label = np.repeat([1, 0], [len(genuine), len(impostor)])
        return Pairs(pairs[:, 0], pairs[:, 1], label, np.where(label == 1, GENUINE_PAIR, self._kind(pairs)))

    def judged(self, seed: int, neg_factor: float, negatives: str) -> tuple[Pairs, NDArray[np.bool_]]:
        """Draw the one fixed set of pairs that a network is judged on, by a part's images and a seed alone.

        Returns
        -------
        pairs : Pairs
            As `draw` gives them, and after them as many impostors of the kind that `negatives` leaves out.
        counted : ndarray of shape (n_pairs,), bool
            False for the latter: they are reported apart and do not enter the main figures.
        """
        rng = np.random.default_rng([seed, len(self.images)])
        pairs = self.draw(rng, neg_factor, negatives, _MOST_JUDGED)
        if negatives == "mixed" or (self.labelled[:, 2] == 0).any():
            return pairs, np.ones(len(pairs), bool)
        other, kind = ("within", WITHIN) if negatives == "across" else ("across", ACROSS)
        extra = self.draw(rng, neg_factor, other, _MOST_JUDGED)
        extra = extra.take(np.flatnonzero(extra.kind == kind))
        return pairs.join(extra), np.arange(len(pairs) + len(extra)) < len(pairs)

    def identity_of(self, images: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return what these images of the part show."""
        return self.identity[self._places(images)]

    def category_of(self, images: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the category of these images of the part."""
        return self.category[self._places(images)]

    def only(self, images: NDArray[np.int64]) -> "Part":
        """Return the part that consists of these of its images."""
        place = np.unique(self._places(images))
        inside = np.isin(self.labelled[:, :2], images).all(axis=1)
        return Part(self.images[place], self.identity[place], self.category[place], self.labelled[inside])

    def _kind(self, pairs: NDArray[np.int64]) -> NDArray[np.int64]:
        place = self._places(pairs)
        return np.where(self.category[place[:, 0]] == self.category[place[:, 1]], WITHIN, ACROSS)

    def _places(self, images: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return where images stand in `self.images`."""
        order = np.argsort(self.images)
        return order[np.searchsorted(self.images, images, sorter=order)]

    def _partners(self, anchors: NDArray[np.int64], negatives: str, rng: np.random.Generator) -> NDArray[np.int64]:
        """Draw an impostor for each anchor, uniformly and without rejection.

        Images of one category stand together, and in it those of one identity. So "another category" is everything
        but one block of the whole, "another identity" everything but one block of the category: a random step past
        the block's end, wrapped around.
        """
        place = self._places(anchors)
        whole_start, whole_size = np.zeros_like(place), np.full_like(place, len(self.images))
        category_start, category_size = _blocks(self.category, place)
        identity_start, identity_size = _blocks(self.identity, place)
        can_cross, can_stay = whole_size > category_size, category_size > identity_size
        cross = rng.random(len(place)) < {"across": 1.0, "within": 0.0, "mixed": 0.5}[negatives]
        cross = (cross & can_cross) | ~can_stay
        start, size = np.where(cross, whole_start, category_start), np.where(cross, whole_size, category_size)
        without_start = np.where(cross, category_start, identity_start)
        without_size = np.where(cross, category_size, identity_size)
        step = rng.integers(0, np.maximum(size - without_size, 1))
        return self.images[start + (without_start - start + without_size + step) % size]


@dataclass(frozen=True, eq=False)
class Split:
    """The train, validation and test parts of a dataset; they share no image, no duplicate and no identity."""

    train: Part
    validation: Part
    test: Part


def merged_identities(dataset: Dataset, digests: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Join identities that share a file: what is the same picture shows the same thing, whatever its folder says.

    Parameters
    ----------
    dataset : Dataset of n pictures
    digests : ndarray of shape (n,), uint64
        Equal for equal pictures.

    Returns
    -------
    ndarray of shape (n,), int64
        The connected component of each picture over identities and equal pictures; -1 where not in use.
    """
    used = np.flatnonzero(dataset.identity != NOT_IN_USE)
    n = len(used)
    _, by_identity = np.unique(dataset.identity[used], return_inverse=True)
    _, by_digest = np.unique(digests[used], return_inverse=True)
    # A picture's identity and its digest are nodes of their own; each picture ties the two together.
    size = 2 * n
    links = coo_array((np.ones(n), (by_identity, n + by_digest)), shape=(size, size))
    merged = np.full(len(dataset.identity), NOT_IN_USE, np.int64)
    merged[used] = connected_components(links, directed=False)[1][by_identity]
    return merged


def make_split(
    dataset: Dataset,
    digests: NDArray[np.uint64],
    *,
    seed: int = 0,
    by: str = "identity",
    fractions: Mapping[str, float] | None = None,
) -> Split:
    """Split a dataset into train, validation and test by connected component of identity, before any pair is made.

    Parameters
    ----------
    dataset : Dataset of n pictures
    digests : ndarray of shape (n,), uint64
        Equal for equal pictures, see `Bank.digests`.
    seed : int
    by : {"identity", "category"}
        What the parts must not share; by identity, each category is spread over the parts in proportion.
    fractions : mapping of part to share, optional
        Default: 0.6 train, 0.2 validation, 0.2 test.

    Raises
    ------
    InputError
        If there are fewer than 8 couples, fewer than 7 identities, or, by category, too few categories.
    """
    identity = merged_identities(dataset, digests)
    _check_size(dataset, identity, by)
    group = identity if by == "identity" else _merged_categories(dataset, identity)
    used = np.flatnonzero(identity != NOT_IN_USE)
    groups, first, count = np.unique(group[used], return_index=True, return_counts=True)
    rng = np.random.default_rng([seed, len(PARTS)])
    # Things with one picture form no genuine pair; dealt as a stratum of their own, they cannot crowd a part.
    stratum = 2 * dataset.category[used][first] + (count == 1) if by == "identity" else np.zeros(len(groups))
    order = rng.permutation(len(groups))
    order = order[np.argsort(stratum[order], kind="stable")]
    part_of = np.empty(len(groups), np.int64)
    part_of[order] = _deal(len(groups), fractions or {"train": 0.6, "validation": 0.2, "test": 0.2})
    part = part_of[np.searchsorted(groups, group[used])]
    return Split(*(_part(dataset, identity, used[part == number]) for number in range(len(PARTS))))


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


def _check_size(dataset: Dataset, identity: NDArray[np.int64], by: str) -> None:
    couples = dataset.n_couples
    if couples < MINIMUM_COUPLES:
        raise InputError(
            f"{dataset.root} has {couples} couples; a network needs at least {MINIMUM_COUPLES} to train on and be "
            "judged by (some hundred are better): add couples"
        )
    things = len(np.unique(identity[identity != NOT_IN_USE]))
    if things < MINIMUM_THINGS:
        raise InputError(
            f"{dataset.root} shows {things} different things; at least {MINIMUM_THINGS} are needed so that training, "
            "validation and test each have two to tell apart: add more things"
        )
    if by == "category" and len(np.unique(_merged_categories(dataset, identity))) < len(PARTS) + 1:
        raise InputError(f"{dataset.root} has too few categories to keep some for testing; split by identity")


def _merged_categories(dataset: Dataset, identity: NDArray[np.int64]) -> NDArray[np.int64]:
    """Join categories that share an identity; -1 where not in use."""
    used = np.flatnonzero(identity != NOT_IN_USE)
    offset = int(dataset.category.max(initial=0)) + 1
    size = offset + int(identity.max(initial=0)) + 1
    links = coo_array((np.ones(len(used)), (dataset.category[used], offset + identity[used])), shape=(size, size))
    merged = np.full(len(identity), NOT_IN_USE, np.int64)
    merged[used] = connected_components(links, directed=False)[1][dataset.category[used]]
    return merged


def _deal(n: int, fractions: Mapping[str, float]) -> NDArray[np.int64]:
    """Deal n groups to the parts evenly along their order, so that every stretch of it gets its share of each part.

    Each group goes to the part that is furthest behind its share; train is served last, so that tiny datasets still
    have something to be judged by.

    >>> _deal(8, {"train": 0.5, "validation": 0.25, "test": 0.25}).tolist()
    [1, 2, 0, 0, 1, 2, 0, 0]
    """
    share = np.array([fractions[part] for part in PARTS], float)
    share /= share.sum()
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
    inside = np.isin(dataset.labelled[:, :2], ordered).all(axis=1)
    return Part(ordered, identity[ordered], category[ordered], dataset.labelled[inside])


def _blocks(sorted_groups: NDArray[np.int64], place: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return start and size of the block of equal values that each place lies in."""
    change = np.flatnonzero(np.diff(sorted_groups, prepend=np.nan))
    block = np.searchsorted(change, place, side="right") - 1
    return change[block], np.diff(change, append=len(sorted_groups))[block]
