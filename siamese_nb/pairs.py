"""The images of one part of a split, and the genuine and impostor pairs that are drawn from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from siamese_nb.metrics import GENUINE, IMPOSTOR

NEGATIVES = ("across", "within", "mixed")
GENUINE_PAIR, ACROSS, WITHIN = 0, 1, 2  # a pair's kind
_SAMPLE = 2000  # images that say how a part does; more would cost time only
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
        columns = ((self.one, other.one), (self.two, other.two), (self.label, other.label), (self.kind, other.kind))
        return Pairs(*(np.concatenate(both) for both in columns))


@dataclass(frozen=True, eq=False)
class JudgedPairs(Pairs):
    """Pairs that a network is judged by.

    Attributes
    ----------
    counted : ndarray of shape (n_pairs,), bool
        Whether the pair enters the main figures, or is there to be reported apart. The others are those of `Pairs`.
    """

    counted: NDArray[np.bool_]

    @property
    def main(self) -> Pairs:
        """The pairs that enter the main figures: those counted."""
        return self.take(np.flatnonzero(self.counted))


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

    @property
    def names_impostors(self) -> bool:
        """Whether a pairs file says which pictures show different things: of others it does not say it."""
        return bool((self.labelled[:, 2] == IMPOSTOR).any())

    def genuine(self) -> NDArray[np.int64]:
        """Return every genuine pair as rows `one, two`."""
        if len(self.labelled):
            return self.labelled[self.labelled[:, 2] == GENUINE, :2]
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
        likely. Where a pairs file names impostors, those are drawn and no others: it may not say what else is alike.

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
        given = self.labelled[self.labelled[:, 2] == IMPOSTOR, :2]
        impostor = given[rng.permutation(len(given))[:wanted]]
        if len(given) == 0:
            # In random order: a part of a round over the genuine pairs must not favour the first categories.
            order = rng.permutation(len(genuine))
            anchors = genuine[order[np.arange(wanted) % max(len(genuine), 1)]]
            anchors = np.where(rng.random(wanted) < 0.5, anchors[:, 0], anchors[:, 1])
            impostor = np.stack([anchors, self._partners(anchors, negatives, rng)], axis=1)
        return self._labelled(
            np.concatenate([genuine, impostor]), np.repeat([GENUINE, IMPOSTOR], [len(genuine), len(impostor)])
        )

    def judged(self, seed: int, neg_factor: float, negatives: str) -> JudgedPairs:
        """Draw the one fixed set of pairs that a network is judged on, by a part's images and a seed alone.

        Where a pairs file names impostors, the set is every pair of the file, as it is.

        Returns
        -------
        JudgedPairs
            As `draw` gives them; after them, not counted, as many impostors of the kind that `negatives` leaves out.
        """
        if self.names_impostors:
            return _judged(self._labelled(self.labelled[:, :2], self.labelled[:, 2]))
        rng = np.random.default_rng([seed, len(self.images)])
        pairs = self.draw(rng, neg_factor, negatives, _MOST_JUDGED)
        if negatives == "mixed":
            return _judged(pairs)
        other, kind = ("within", WITHIN) if negatives == "across" else ("across", ACROSS)
        extra = self.draw(rng, neg_factor, other, _MOST_JUDGED)
        extra = extra.take(np.flatnonzero(extra.kind == kind))
        return _judged(pairs, extra)

    def identity_of(self, images: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return what these images of the part show."""
        return self.identity[self.places(images)]

    def category_of(self, images: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the category of these images of the part."""
        return self.category[self.places(images)]

    def only(self, images: NDArray[np.int64]) -> "Part":
        """Return the part that consists of these of its images."""
        place = np.unique(self.places(images))
        inside = np.isin(self.labelled[:, :2], images).all(axis=1)
        return Part(self.images[place], self.identity[place], self.category[place], self.labelled[inside])

    def sample(self, seed: int | Sequence[int], images: int = _SAMPLE) -> "Part":
        """Return whole things, at random, up to about so many images and two at the least; all if there are no more."""
        if len(self.images) <= images:
            return self
        things, inverse, sizes = np.unique(self.identity, return_inverse=True, return_counts=True)
        order = np.random.default_rng(seed).permutation(len(things))
        chosen: NDArray[np.bool_] = np.zeros(len(things), bool)
        chosen[order[: max(2, int(np.searchsorted(np.cumsum(sizes[order]), images)))]] = True
        return self.only(self.images[chosen[inverse]])

    def _labelled(self, pairs: NDArray[np.int64], label: NDArray[np.int64]) -> Pairs:
        category = self.category_of(pairs)
        kind = np.where(category[:, 0] == category[:, 1], WITHIN, ACROSS)
        return Pairs(pairs[:, 0], pairs[:, 1], label, np.where(label == GENUINE, GENUINE_PAIR, kind))

    def places(self, images: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return where images stand in `self.images`."""
        return self._order[np.searchsorted(self.images, images, sorter=self._order)]

    @cached_property
    def _order(self) -> NDArray[np.int64]:
        return np.argsort(self.images)

    def _partners(self, anchors: NDArray[np.int64], negatives: str, rng: np.random.Generator) -> NDArray[np.int64]:
        """Draw an impostor for each anchor, uniformly and without rejection.

        Images of one category stand together, and in it those of one identity. So "another category" is everything
        but one run of the whole, "another identity" everything but one run of the category: a random step past the
        run's end, wrapped around.
        """
        place = self.places(anchors)
        whole_start, whole_size = np.zeros_like(place), np.full_like(place, len(self.images))
        category_start, category_size = _run_around(self.category, place)
        identity_start, identity_size = _run_around(self.identity, place)
        can_cross, can_stay = whole_size > category_size, category_size > identity_size
        cross = rng.random(len(place)) < {"across": 1.0, "within": 0.0, "mixed": 0.5}[negatives]
        cross = (cross & can_cross) | ~can_stay
        start, size = np.where(cross, whole_start, category_start), np.where(cross, whole_size, category_size)
        without_start = np.where(cross, category_start, identity_start)
        without_size = np.where(cross, category_size, identity_size)
        step = rng.integers(0, np.maximum(size - without_size, 1))
        chosen = start + (without_start - start + without_size + step) % size
        return np.asarray(self.images[chosen], np.int64)


def _judged(counted: Pairs, apart: Pairs | None = None) -> JudgedPairs:
    pairs = counted if apart is None else counted.join(apart)
    return JudgedPairs(**vars(pairs), counted=np.arange(len(pairs)) < len(counted))


def _run_around(
    sorted_groups: NDArray[np.int64], place: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return start and size of the run of equal values that each place lies in."""
    change = np.flatnonzero(np.diff(sorted_groups, prepend=np.nan))
    run = np.searchsorted(change, place, side="right") - 1
    return change[run], np.diff(change, append=len(sorted_groups))[run]
