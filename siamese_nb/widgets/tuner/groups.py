"""Pairs gathered by a name that each carries: its category, or the kind of negative that it is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from siamese_nb.errors import InputError
from siamese_nb.pairs import ACROSS, GENUINE_PAIR, WITHIN

MOST = 100
"""Groups that are told apart: a reader looks at no more, and each costs the browser 8 kB."""

_KINDS = {GENUINE_PAIR: "genuine", ACROSS: "another category", WITHIN: "the same category"}


@dataclass(frozen=True, eq=False)
class Grouping:
    """Hold which group each pair falls in.

    Attributes
    ----------
    title : str
        What the groups are: "category", "kind".
    names : list of str
        Of the groups, the largest first.
    codes : ndarray of shape (n_pairs,), int32
        The group of each pair, an index into `names`.
    """

    title: str
    names: list[str]
    codes: NDArray[np.int32]

    @classmethod
    def from_names(cls, title: str, names: ArrayLike, n_pairs: int) -> "Grouping":
        """Number the names; of more than `MOST`, the smallest groups are joined.

        Parameters
        ----------
        title : str
        names : array_like of shape (n_pairs,), str or int
        n_pairs : int

        Raises
        ------
        InputError
            If there is not one name for each pair.
        """
        given = np.asarray(names)
        if given.shape != (n_pairs,):
            raise InputError(f"{title} names of shape {given.shape} were given for {n_pairs} pairs: name each pair's")
        found, number, sizes = np.unique(given, return_inverse=True, return_counts=True)
        order = np.argsort(-sizes, kind="stable")
        place = np.empty(order.size, np.int32)
        place[order] = np.arange(order.size)
        words = [str(name) for name in found[order]]
        if len(words) > MOST:
            words = [*words[: MOST - 1], f"{len(words) - MOST + 1} more"]
        return cls(title, words, np.minimum(place, len(words) - 1)[number])

    @classmethod
    def from_kinds(cls, kinds: ArrayLike, n_pairs: int) -> "Grouping":
        """Take names of kinds, or the numbers of `siamese_nb.pairs`: `GENUINE_PAIR`, `ACROSS`, `WITHIN`.

        Raises
        ------
        InputError
            If there is not one kind for each pair, or a number is none of the three.
        """
        grouping = cls.from_names("kind", kinds, n_pairs)
        if not np.issubdtype(np.asarray(kinds).dtype, np.integer):
            return grouping
        strange = sorted({int(name) for name in grouping.names} - set(_KINDS))
        if strange:
            raise InputError(f"kinds {strange} were given: needed are names, or {sorted(_KINDS)} of siamese_nb.pairs")
        return cls("kind", [_KINDS[int(name)] for name in grouping.names], grouping.codes)
