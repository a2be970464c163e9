"""The pairs that a browser pages through: genuine, impostor and suspect ones, by category."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from siamese_nb.dataset import Dataset
from siamese_nb.errors import InputError
from siamese_nb.metrics import IMPOSTOR
from siamese_nb.pairs import ACROSS, GENUINE_PAIR, WITHIN, Pairs
from siamese_nb.suspects import Suspect

GROUPS = ("genuine", "impostor", "suspect")

_WORDS = {GENUINE_PAIR: "genuine", ACROSS: "impostor, two categories", WITHIN: "impostor, one category"}


@dataclass(frozen=True, eq=False)
class BrowsedPairs:
    """Hold pairs, each in one group. Make it with `from_pairs`.

    Attributes
    ----------
    one, two : ndarray of shape (n_pairs,), int64
        Rows of `dataset.paths`.
    group : ndarray of shape (n_pairs,), int64
        Index into `GROUPS`.
    words, notes : list of str
        What each pair is, and of a suspect why it is one.
    dataset : Dataset
    """

    one: NDArray[np.int64]
    two: NDArray[np.int64]
    group: NDArray[np.int64]
    words: list[str]
    notes: list[str]
    dataset: Dataset

    @classmethod
    def from_pairs(cls, dataset: Dataset, pairs: Pairs, suspects: Sequence[Suspect] = ()) -> "BrowsedPairs":
        """Sort pairs by group and, in it, by category; suspects keep their order.

        Raises
        ------
        InputError
            If there is nothing to show, or a pair is not of the dataset.
        """
        if not len(pairs) and not suspects:
            raise InputError("there are no pairs to look at; give pairs of a dataset with two couples or more")
        row_of = {path: row for row, path in enumerate(dataset.paths)}
        strange = [path for suspect in suspects for path in (suspect.one, suspect.two) if path not in row_of]
        if strange or max(pairs.one.max(initial=0), pairs.two.max(initial=0)) >= len(dataset.paths):
            raise InputError(
                f"{strange[0] if strange else 'a pair'} is not in {dataset.root}; give pairs of this dataset"
            )
        impostor = (pairs.label == IMPOSTOR).astype(np.int64)
        order = np.lexsort((pairs.two, pairs.one, dataset.category[pairs.one], impostor))
        suspected = np.array([(row_of[s.one], row_of[s.two]) for s in suspects], np.int64).reshape(-1, 2)
        return cls(
            np.concatenate([pairs.one[order], suspected[:, 0]]),
            np.concatenate([pairs.two[order], suspected[:, 1]]),
            np.concatenate([impostor[order], np.full(len(suspects), GROUPS.index("suspect"))]),
            [_WORDS[kind] for kind in pairs.kind[order].tolist()]
            + [_words(dataset, *row) for row in suspected.tolist()],
            [""] * len(pairs) + [suspect.reason for suspect in suspects],
            dataset,
        )

    def find(self, group: str, category: str) -> NDArray[np.int64]:
        """List the pairs of a group with a picture of a category; of any category if that is ""."""
        rows = self.group == GROUPS.index(group)
        if category:
            number = self.dataset.categories.index(category)
            rows = rows & ((self.dataset.category[self.one] == number) | (self.dataset.category[self.two] == number))
        return np.flatnonzero(rows)

    def paths(self, index: int) -> tuple[str, str]:
        """Return both paths of a pair, relative to the dataset's root."""
        return self.dataset.paths[self.one[index]], self.dataset.paths[self.two[index]]


def _words(dataset: Dataset, one: int, two: int) -> str:
    if dataset.identity[one] == dataset.identity[two]:
        return _WORDS[GENUINE_PAIR]
    return _WORDS[WITHIN if dataset.category[one] == dataset.category[two] else ACROSS]
