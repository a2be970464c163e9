"""What the names of pictures say that they show, by layout."""

import re
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from siamese_nb.files import Problem

NOT_IN_USE = -1
_TWIN = re.compile(r"(?P<id>.+)_(?P<side>one|two)", re.IGNORECASE | re.DOTALL)


def guess_layout(paths: list[str]) -> str:
    """Say which layout of folders the names of pictures look like: couples, if at least half of them are twins'."""
    twins = sum(_TWIN.fullmatch(Path(path).stem) is not None for path in paths)
    return "couples" if 2 * twins >= len(paths) else "identities"


def match_twins(paths: list[str], problems: list[Problem]) -> tuple[list[int], list[str]]:
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


def leaf_folders(paths: list[str], problems: list[Problem]) -> tuple[list[int], list[str]]:
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


def without_lonely(identity: NDArray[np.int64], layout: str) -> NDArray[np.int64]:
    """Take pictures out of use whose twin went, in layouts where one alone is of no use."""
    if layout not in _IN_TWOS:
        return identity
    values, inverse, counts = np.unique(identity, return_inverse=True, return_counts=True)
    return np.where(counts[inverse] > 1, identity, NOT_IN_USE) if len(values) else identity


Layout = Callable[[list[str], list[Problem]], tuple[list[int], list[str]]]

OF_FOLDERS: dict[str, Layout] = {"couples": match_twins, "identities": leaf_folders}
"""Layouts of folders by name: takes the paths of pictures; returns what each shows, a number or `NOT_IN_USE`, and the
name of its category; adds a problem for each that does not fit."""
_IN_TWOS = ("couples",)
LAYOUTS = (*OF_FOLDERS, "pairs")
