"""A dataset: its pictures, what each of them shows, and what is wrong with them."""

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siamese_nb.bank import Bank
from siamese_nb.files import Problem
from siamese_nb.headers import Header
from siamese_nb.layouts import NOT_IN_USE, without_lonely
from siamese_nb.metrics import GENUINE

_UNREADABLE = ("empty", "unreadable", "truncated", "too_large")


@dataclass(frozen=True, eq=False)
class Dataset:
    """Pictures, and what each of them shows.

    Attributes
    ----------
    root : Path
        The folder that `paths` are relative to.
    layout : str
        One of `siamese_nb.layouts.LAYOUTS`.
    paths : tuple of str
        The readable pictures, sorted; row i of a bank is `paths[i]`.
    identity : ndarray of shape (n,), int64
        What each picture shows: pictures with the same number show the same thing. -1: not in use.
    category : ndarray of shape (n,), int64
        Index into `categories`.
    categories : tuple of str
    labelled : ndarray of shape (n_pairs, 3), int64
        Rows `one, two, label` of a pairs file; without rows in the other layouts.
    problems : tuple of Problem
    headers : tuple of Header
        What each picture says about itself.
    """

    root: Path
    layout: str
    paths: tuple[str, ...]
    identity: NDArray[np.int64]
    category: NDArray[np.int64]
    categories: tuple[str, ...]
    problems: tuple[Problem, ...]
    labelled: NDArray[np.int64] = field(default_factory=lambda: np.empty((0, 3), np.int64))
    headers: tuple[Header, ...] = ()

    @property
    def files(self) -> list[Path]:
        """The pictures' full paths."""
        return [self.root / path for path in self.paths]

    @property
    def n_images(self) -> int:
        """How many readable pictures there are, in use or not."""
        unreadable = {problem.path for problem in self.problems if problem.kind in _UNREADABLE}
        return sum(path not in unreadable for path in self.paths)

    @property
    def used(self) -> NDArray[np.bool_]:
        """Which pictures are in use, bool[n]: they show a known thing."""
        return np.asarray(self.identity != NOT_IN_USE)

    @property
    def n_identities(self) -> int:
        """How many different things the pictures in use show."""
        return len(np.unique(self.identity[self.used]))

    @property
    def n_couples(self) -> int:
        """How many couples (two images of the same thing) there are: all that the images in use can form."""
        return int(self._couples_by_category().sum())

    def couples_per_category(self) -> dict[str, int]:
        """Count the couples of each category that has images in use."""
        couples = self._couples_by_category()
        return {self.categories[c]: int(couples[c]) for c in np.unique(self.category[self.used])}

    def _couples_by_category(self) -> NDArray[np.int64]:
        if self.layout == "pairs":
            category = self.category[self.labelled[self.labelled[:, 2] == GENUINE, 0]]
            return np.bincount(category, minlength=len(self.categories))
        _, first, counts = np.unique(self.identity[self.used], return_index=True, return_counts=True)
        couples = np.zeros(len(self.categories), np.int64)
        np.add.at(couples, self.category[self.used][first], counts * (counts - 1) // 2)
        return couples

    def report(self) -> dict[str, Any]:
        """Say what is there and what is wrong with it, as plain values."""
        couples = self.couples_per_category()
        return {
            "layout": self.layout,
            "images": self.n_images,
            "identities": self.n_identities,
            "couples": sum(couples.values()),
            "categories": len(couples),
            "couples_per_category": couples,
            "problems": [asdict(problem) for problem in self.problems],
        }

    def decode(self, size: tuple[int, int]) -> tuple["Dataset", Bank]:
        """Decode every picture once, and take out of use what cannot be decoded.

        Parameters
        ----------
        size : (height, width)
            In pixels.

        Returns
        -------
        dataset : Dataset
            With a problem for each picture that could not be decoded; it, and what is left alone by it, not in use.
        bank : Bank
            Row i is `dataset.paths[i]`.
        """
        bank = Bank.open(self.files, size)
        rows = [failure.row for failure in bank.failures]
        found = [
            Problem(self.paths[failure.row], failure.kind, failure.message.replace("the picture", "the file", 1))
            for failure in bank.failures
        ]
        identity = self.identity.copy()
        identity[rows] = NOT_IN_USE
        kept = self.labelled[~np.isin(self.labelled[:, :2], rows).any(axis=1)]
        problems = tuple(sorted({*self.problems, *found}))
        return replace(self, identity=without_lonely(identity, self.layout), labelled=kept, problems=problems), bank
