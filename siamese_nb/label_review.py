"""Labels of pairs that a person holds to be wrong, kept in the review beside the pictures."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from siamese_nb.errors import InputError
from siamese_nb.review import NOT_THE_SAME, SAME, add_verdict, in_force, read_review, undo_verdict


@dataclass(frozen=True)
class LabelReview:
    """Mark the labels of pairs as wrong in a dataset's `review.csv`, and take marks back.

    Call it with a pair's index and whether its label is wrong; a widget does so. The pairs keep their labels until
    they are drawn anew: every later scan honours the marks.

    Parameters
    ----------
    folder : path
        The dataset's root, which the paths are relative to; the review lies in it.
    one, two : sequence of n_pairs str
        Paths of each pair's pictures.
    labels : array_like of shape (n_pairs,), each 1 (genuine) or 0 (impostor)

    Raises
    ------
    InputError
        If the lengths differ.
    """

    folder: str | os.PathLike[str]
    one: Sequence[str]
    two: Sequence[str]
    labels: ArrayLike = field(repr=False)

    def __post_init__(self) -> None:
        """Check that the pairs fit each other."""
        sizes = (len(self.one), len(self.two), np.size(self.labels))
        if len(set(sizes)) > 1:
            raise InputError(f"{sizes[0]} and {sizes[1]} paths and {sizes[2]} labels were given: give as many of each")

    @property
    def marked(self) -> NDArray[np.int64]:
        """The indices of the pairs whose labels the review says are wrong."""
        verdicts = {verdict.pictures: verdict.verdict for verdict in in_force(read_review(self.folder))}
        pairs = zip(self.one, self.two, strict=True)
        found = [verdicts.get(frozenset(pair)) == self._verdict(row) for row, pair in enumerate(pairs)]
        return np.flatnonzero(found)

    def __call__(self, index: int, wrong: bool) -> None:
        """Mark a pair's label as wrong, or take the mark back.

        Raises
        ------
        InputError
            If the review cannot be read or written.
        """
        pair = (self.one[index], self.two[index])
        if wrong:
            add_verdict(self.folder, *pair, self._verdict(index), "marked beside the threshold")
        else:
            undo_verdict(self.folder, *pair)

    def _verdict(self, index: int) -> str:
        return NOT_THE_SAME if np.asarray(self.labels)[index] else SAME
