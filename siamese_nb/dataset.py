"""Scan a folder of pictures: couples, identities or a file of labelled pairs, and what is wrong with them."""

import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siamese_nb.bank import Bank
from siamese_nb.components import tied
from siamese_nb.errors import InputError
from siamese_nb.files import Problem, find_pictures, headers_of
from siamese_nb.images import Header
from siamese_nb.layouts import LAYOUTS, NOT_IN_USE, OF_FOLDERS, guess_layout
from siamese_nb.metrics import GENUINE, IMPOSTOR
from siamese_nb.pairs_file import read_pairs
from siamese_nb.review import read_review, reviewed_identity, reviewed_pairs

__all__ = ["LAYOUTS", "NOT_IN_USE", "Dataset", "Problem", "read_pairs", "scan"]

_UNREADABLE = ("empty", "unreadable", "truncated", "too_large")


@dataclass(frozen=True, eq=False)
class Dataset:
    """Pictures, and what each of them shows.

    Attributes
    ----------
    root : Path
        The folder that `paths` are relative to.
    layout : str
        `"couples"`, `"identities"` or `"pairs"`.
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
        if self.layout == "couples":
            identity = _without_lonely(identity)
        problems = _sorted({*self.problems, *found})
        return replace(self, identity=identity, labelled=kept, problems=problems), bank


def scan(folder: str | os.PathLike[str], layout: str | None = None) -> Dataset:
    """Find the pictures of a dataset, what they show, and what does not fit. Reads headers only, decodes nothing.

    Parameters
    ----------
    folder : path
        A folder of couples or identities, or a CSV file with the columns `one,two,label`.
    layout : {"couples", "identities", "pairs"}, optional
        Detected when not given: a CSV file is pairs; couples when at least half of the pictures are named
        `<id>_one` or `<id>_two`; identities otherwise.

    Raises
    ------
    InputError
        If there is no such folder, no picture in it, or the layout is not known.
    """
    root = Path(folder)
    if layout is not None and layout not in LAYOUTS:
        raise InputError(f"layout {layout!r} is not known; choose one of {', '.join(LAYOUTS)}")
    if not _exists(root):
        raise InputError(f"there is no folder {root}; give a folder of pictures or a CSV file of pairs")
    if layout == "pairs" or (layout is None and root.is_file() and root.suffix.lower() == ".csv"):
        return _scan_pairs(root)
    if not root.is_dir():
        raise InputError(f"{root} is not a folder; give a folder of pictures or a CSV file of pairs")
    problems: list[Problem] = []
    headers = find_pictures(root, problems)
    paths = list(headers)
    if not paths:
        found = f" (it holds {len(problems)} other files)" if problems else ""
        raise InputError(f"no pictures in {root}{found}; put couples there as <category>/<id>_one.png and <id>_two.png")
    layout = layout or guess_layout(paths)
    named, category_names = OF_FOLDERS[layout](paths, problems)
    identity = reviewed_identity(read_review(root), paths, named, problems)
    if layout == "couples":
        identity = _without_lonely(identity)
    return _dataset(root, layout, headers, identity, category_names, problems)


def _exists(root: Path) -> bool:
    try:
        return root.exists()
    except OSError:  # a name that is too long, a folder above it that may not be entered
        return False


def _scan_pairs(file: Path) -> Dataset:
    """Read labelled pairs; genuine pairs tie their pictures into one identity."""
    rows = reviewed_pairs(read_review(file.parent), read_pairs(file, labels=True))
    problems: list[Problem] = []
    headers = headers_of(file.parent, sorted({path for row in rows for path in row[:2]}), problems)
    paths = list(headers)
    if not paths:
        raise InputError(f"none of the pictures that {file} names can be read; paths are relative to the file's folder")
    index = {path: row for row, path in enumerate(paths)}
    found = [(index[one], index[two], label) for one, two, label in rows if one in index and two in index]
    labelled = np.array(found, np.int64).reshape(-1, 3)
    identity = tied(labelled[labelled[:, 2] == GENUINE], len(paths))
    against = (labelled[:, 2] == IMPOSTOR) & (identity[labelled[:, 0]] == identity[labelled[:, 1]])
    for one, two, _ in labelled[against].tolist():
        message = f"it is labelled 0 with {paths[two]}, but genuine pairs tie the two together; mend a label"
        problems.append(Problem(paths[one], "contradiction", message))
    parents = [Path(path).parent.as_posix() for path in paths]
    dataset = _dataset(file.parent, "pairs", headers, identity, parents, problems)
    return replace(dataset, labelled=labelled[~against])


def _dataset(
    root: Path,
    layout: str,
    headers: dict[str, Header],
    identity: NDArray[np.int64],
    category_names: list[str],
    problems: list[Problem],
) -> Dataset:
    categories, category = np.unique(category_names, return_inverse=True)
    return Dataset(
        root=root,
        layout=layout,
        paths=tuple(headers),
        identity=identity,
        category=category.astype(np.int64),
        categories=tuple(categories.tolist()),
        problems=_sorted(problems),
        headers=tuple(headers.values()),
    )


def _sorted(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    return tuple(sorted(problems, key=lambda problem: (problem.path, problem.kind, problem.message)))


def _without_lonely(identity: NDArray[np.int64]) -> NDArray[np.int64]:
    """Take pictures out of use whose twin went."""
    values, inverse, counts = np.unique(identity, return_inverse=True, return_counts=True)
    return np.where(counts[inverse] > 1, identity, NOT_IN_USE) if len(values) else identity
