"""Scan a folder of pictures: couples, identities or a file of labelled pairs, and what is wrong with them."""

import csv
import os
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from tqdm.auto import tqdm

from siamese_nb.bank import Bank
from siamese_nb.errors import InputError
from siamese_nb.images import ImageError, read_header

LAYOUTS = ("couples", "identities", "pairs")
SAMPLE_MARKER = ".sample.json"  # lies in the embedded sample's folder; a scan of the folder above leaves that out
_TWIN = re.compile(r"(?P<id>.+)_(?P<side>one|two)", re.IGNORECASE | re.DOTALL)
NOT_IN_USE = -1
_UNREADABLE = ("empty", "unreadable", "truncated", "too_large")


@dataclass(frozen=True)
class Problem:
    """Something in a dataset that does not fit: where, what kind, and what to do about it.

    `kind` is one of missing_twin, two_twins, stray_file, empty, unreadable, truncated, too_large, missing_file.
    """

    path: str
    kind: str
    message: str


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
    """

    root: Path
    layout: str
    paths: tuple[str, ...]
    identity: NDArray[np.int64]
    category: NDArray[np.int64]
    categories: tuple[str, ...]
    problems: tuple[Problem, ...]
    labelled: NDArray[np.int64] = field(default_factory=lambda: np.empty((0, 3), np.int64))

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
    def n_identities(self) -> int:
        """How many different things the pictures in use show."""
        return len(np.unique(self.identity[self.identity != NOT_IN_USE]))

    @property
    def n_couples(self) -> int:
        """How many couples (two images of the same thing) there are: all that the images in use can form."""
        if self.layout == "pairs":
            return int(self.labelled[:, 2].sum())
        _, counts = np.unique(self.identity[self.identity != NOT_IN_USE], return_counts=True)
        return int((counts * (counts - 1) // 2).sum())

    def couples_per_category(self) -> dict[str, int]:
        """Count the couples of each category that has images in use."""
        used = self.identity != NOT_IN_USE
        present = np.unique(self.category[used])
        return {
            self.categories[c]: replace(
                self,
                identity=np.where(self.category == c, self.identity, NOT_IN_USE),
                labelled=self.labelled[self.category[self.labelled[:, 0]] == c],
            ).n_couples
            for c in present
        }

    def report(self) -> dict[str, Any]:
        """Say what is there and what is wrong with it, as plain values."""
        return {
            "layout": self.layout,
            "images": self.n_images,
            "identities": self.n_identities,
            "couples": self.n_couples,
            "categories": len(self.couples_per_category()),
            "couples_per_category": self.couples_per_category(),
            "problems": [asdict(problem) for problem in self.problems],
        }

    def bank(self, size: tuple[int, int]) -> tuple["Dataset", Bank]:
        """Decode every picture once, and leave out what cannot be decoded.

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
        found = tuple(
            Problem(self.paths[failure.row], failure.kind, failure.message.replace("the picture", "the file", 1))
            for failure in bank.failures
        )
        identity = self.identity.copy()
        identity[rows] = NOT_IN_USE
        kept = self.labelled[~np.isin(self.labelled[:, :2], rows).any(axis=1)]
        if self.layout == "couples":
            identity = _without_lonely(identity)
        return replace(self, identity=identity, labelled=kept, problems=self.problems + found), bank


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
    if not root.exists():
        raise InputError(f"there is no folder {root}; give a folder of pictures or a CSV file of pairs")
    if layout == "pairs" or (layout is None and root.is_file() and root.suffix.lower() == ".csv"):
        return _scan_pairs(root)
    if not root.is_dir():
        raise InputError(f"{root} is not a folder; give a folder of pictures or a CSV file of pairs")
    problems: list[Problem] = []
    paths = sorted(_pictures(root, problems))
    if not paths:
        found = f" (it holds {len(problems)} other files)" if problems else ""
        raise InputError(f"no pictures in {root}{found}; put couples there as <category>/<id>_one.png and <id>_two.png")
    if layout is None:
        twins = sum(_TWIN.fullmatch(Path(path).stem) is not None for path in paths)
        layout = "couples" if 2 * twins >= len(paths) else "identities"
    assign = _couples if layout == "couples" else _identities
    identity, category_names = assign(paths, problems)
    return _dataset(root, layout, paths, identity, category_names, problems)


def read_pairs(file: str | os.PathLike[str], *, labels: bool) -> list[tuple[str, str, int]]:
    """Read a CSV file with the columns `one,two` and, if `labels`, `label` (1 the same thing, 0 not).

    Returns
    -------
    list of (one, two, label)
        Paths as they stand in the file; the label is 0 where none was asked for.

    Raises
    ------
    InputError
        If the file cannot be read, lacks a column, has no rows, or a cell is empty, NaN or not 0 or 1.
    """
    needed = ["one", "two", "label"] if labels else ["one", "two"]
    try:
        with Path(file).open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.DictReader(stream)
            missing = [name for name in needed if name not in (reader.fieldnames or [])]
            if missing:
                raise InputError(f"{file} lacks the column {', '.join(missing)}; its first line must be one,two,label")
            rows = [_checked_row(row, reader.line_num, file, labels) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"cannot read {file}: {getattr(error, 'strerror', None) or error}; give a CSV file") from error
    if not rows:
        raise InputError(f"{file} has no pairs; write one pair a line below one,two,label")
    return rows


def _checked_row(row: dict[str, str], line: int, file: str | os.PathLike[str], labels: bool) -> tuple[str, str, int]:
    one, two = ((row[side] or "").strip() for side in ("one", "two"))
    if not one or not two or "nan" in (one.lower(), two.lower()):
        raise InputError(f"{file}, line {line}: a path is missing or NaN; give two pictures in every line")
    if not labels:
        return one, two, 0
    label = (row["label"] or "").strip()
    if label not in ("0", "1", "0.0", "1.0"):
        raise InputError(f"{file}, line {line}: the label is {label or 'missing'!r}; write 1 (the same thing) or 0")
    return one, two, int(float(label))


def _pictures(root: Path, problems: list[Problem]) -> Iterator[str]:
    """Yield the relative paths of readable pictures; name what is not one."""
    for path in tqdm(list(_visible_files(root)), desc="Reading headers", unit="file", delay=2, leave=False):
        relative = path.relative_to(root).as_posix()
        if relative == "README.md":  # explains the folder to people
            continue
        if path.suffix.lower() not in _suffixes():
            message = "not a picture that can be read; convert it to PNG or JPEG, or move it away"
            problems.append(Problem(relative, "stray_file", message))
            continue
        try:
            read_header(path)
        except ImageError as error:
            problems.append(Problem(relative, error.kind, str(error).replace(str(path), "the file", 1)))
        else:
            yield relative


def _visible_files(root: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(root):
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and not (Path(parent) / name / SAMPLE_MARKER).exists()
        )
        yield from (Path(parent) / name for name in sorted(names) if not name.startswith("."))


def _suffixes() -> set[str]:
    return {suffix for suffix, format in Image.registered_extensions().items() if format in Image.OPEN}


def _couples(paths: list[str], problems: list[Problem]) -> tuple[list[int], list[str]]:
    """Match twins by their whole name within their folder; what has not exactly one twin is not in use."""
    sides: dict[tuple[str, str], dict[str, list[int]]] = defaultdict(lambda: {"one": [], "two": []})
    identity = [NOT_IN_USE] * len(paths)
    parents = [Path(path).parent.as_posix() for path in paths]
    for row, path in enumerate(paths):
        twin = _TWIN.fullmatch(Path(path).stem)
        if twin is None:
            message = "its name ends neither in _one nor in _two; rename it to <id>_one or <id>_two"
            problems.append(Problem(path, "stray_file", message))
        else:
            sides[parents[row], twin["id"]][twin["side"].lower()].append(row)
    for number, ((_, name), found) in enumerate(sides.items()):
        ones, twos = found["one"], found["two"]
        if len(ones) == len(twos) == 1:
            identity[ones[0]] = identity[twos[0]] = number
            continue
        for row in ones + twos:
            if len(ones) > 1 or len(twos) > 1:
                message = f"{name} has {len(ones)} pictures _one and {len(twos)} pictures _two; keep one of each"
                problems.append(Problem(paths[row], "two_twins", message))
            else:
                side = "two" if ones else "one"
                message = f"there is no picture {name}_{side} beside it; add it, or move this one away"
                problems.append(Problem(paths[row], "missing_twin", message))
    return identity, parents


def _identities(paths: list[str], problems: list[Problem]) -> tuple[list[int], list[str]]:
    """Take each leaf folder as one identity and the folder above it as its category."""
    parents = [Path(path).parent for path in paths]
    inner = {above for parent in set(parents) for above in parent.parents}
    numbers: dict[Path, int] = {}
    identity = []
    for path, parent in zip(paths, parents, strict=True):
        if parent in inner:
            message = "it lies beside folders of pictures; put it into the folder of the thing that it shows"
            problems.append(Problem(path, "stray_file", message))
            identity.append(NOT_IN_USE)
        else:
            identity.append(numbers.setdefault(parent, len(numbers)))
    return identity, [parent.parent.as_posix() for parent in parents]


def _scan_pairs(file: Path) -> Dataset:
    """Read labelled pairs; genuine pairs tie their pictures into one identity."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    rows = read_pairs(file, labels=True)
    problems: list[Problem] = []
    readable = {path: _readable(file.parent, path, problems) for path in sorted({p for row in rows for p in row[:2]})}
    paths = [path for path, good in readable.items() if good]
    if not paths:
        raise InputError(f"none of the pictures that {file} names can be read; paths are relative to the file's folder")
    index = {path: row for row, path in enumerate(paths)}
    labelled = np.array(
        [(index[one], index[two], label) for one, two, label in rows if one in index and two in index], np.int64
    ).reshape(-1, 3)
    genuine = labelled[labelled[:, 2] == 1]
    links = coo_array((np.ones(len(genuine)), (genuine[:, 0], genuine[:, 1])), shape=(len(paths), len(paths)))
    identity = connected_components(links, directed=False)[1].tolist()
    parents = [Path(path).parent.as_posix() for path in paths]
    return replace(_dataset(file.parent, "pairs", paths, identity, parents, problems), labelled=labelled)


def _readable(root: Path, path: str, problems: list[Problem]) -> bool:
    try:
        read_header(root / path)
    except ImageError as error:
        kind = error.kind if (root / path).exists() else "missing_file"
        problems.append(Problem(path, kind, str(error).replace(str(root / path), "the file", 1)))
        return False
    return True


def _dataset(
    root: Path, layout: str, paths: list[str], identity: list[int], category_names: list[str], problems: list[Problem]
) -> Dataset:
    categories, category = np.unique(category_names, return_inverse=True)
    return Dataset(
        root=root,
        layout=layout,
        paths=tuple(paths),
        identity=np.array(identity, np.int64),
        category=category.astype(np.int64),
        categories=tuple(categories.tolist()),
        problems=tuple(sorted(problems, key=lambda problem: (problem.path, problem.kind))),
    )


def _without_lonely(identity: NDArray[np.int64]) -> NDArray[np.int64]:
    """Take pictures out of use whose twin went."""
    values, inverse, counts = np.unique(identity, return_inverse=True, return_counts=True)
    return np.where(counts[inverse] > 1, identity, NOT_IN_USE) if len(values) else identity
