"""Scan a folder of couples or identities, or a file of labelled pairs: what is there, and what does not fit."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from siamese_nb.components import tied
from siamese_nb.dataset import Dataset
from siamese_nb.errors import InputError
from siamese_nb.files import Problem, find_pictures, headers_of
from siamese_nb.headers import Header
from siamese_nb.layouts import LAYOUTS, OF_FOLDERS, guess_layout, without_lonely
from siamese_nb.metrics import GENUINE, IMPOSTOR
from siamese_nb.pairs_file import read_pairs
from siamese_nb.review import read_review, reviewed_identity, reviewed_pairs


def scan(folder: str | os.PathLike[str], layout: str | None = None) -> Dataset:
    """Find the pictures of a dataset, what they show, and what does not fit. Reads headers only, decodes nothing.

    Parameters
    ----------
    folder : path
        A folder of couples or identities, or a CSV file with the columns `one,two,label`.
    layout : str, optional
        One of `siamese_nb.layouts.LAYOUTS`. Detected when not given: a CSV file is pairs; couples when at least half of
        the pictures are named `<id>_one` or `<id>_two`; identities otherwise.

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
    identity = without_lonely(reviewed_identity(read_review(root), paths, named, problems), layout)
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
        problems=tuple(sorted(problems)),
        headers=tuple(headers.values()),
    )
