"""Copies: files with the same bytes, the same pixels, or nearly the same look, and where they stand."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from siamese_nb.components import tied
from siamese_nb.doctor.findings import Finding
from siamese_nb.doctor.measurements import Measurements

_WHAT = {
    "same_file": "files are equal byte by byte",
    "same_pixels": "files differ, but their pictures do not",
    "near_duplicate": "pictures look nearly the same, as after re-encoding or resizing",
}
_WHERE = {
    "within_thing": (
        "warning",
        "in one couple or of one thing",
        "a pair of copies is no test of anything: every network finds it genuine",
        "replace one by another picture of the thing",
    ),
    "across_things": (
        "error",
        "of two things in one category",
        "pairs of them are called impostors although they show the same thing",
        "join the two things, or remove the copy that is in the wrong place",
    ),
    "across_categories": (
        "error",
        "in two categories",
        "one picture cannot be of two kinds, so one of its labels is wrong",
        "remove the copy that is in the wrong category",
    ),
}


def copies(measured: Measurements) -> Iterator[Finding]:
    """Find copies; those of a stricter sort are not named again under a looser one."""
    # Two sheets of white paper are no copies of a picture, and another check names them.
    shown = measured.readable & (measured.statistics.spread > 0)
    rows = np.flatnonzero(shown & measured.dataset.used)
    by_file = np.unique(measured.digests, return_inverse=True)[1]
    by_pixels = np.unique(measured.pixels, return_inverse=True)[1]
    by_look = tied(measured.near, len(measured.digests))
    for how, group, stricter in (
        ("same_file", by_file, np.arange(len(by_file))),
        ("same_pixels", by_pixels, by_file),
        ("near_duplicate", by_look, by_pixels),
    ):
        for where, found in _groups(measured, rows, group, stricter).items():
            severity, place, why, remedy = _WHERE[where]
            yield Finding(f"{how}_{where}", severity, found, f"{_WHAT[how]}, {place}", why, remedy)


def _groups(
    measured: Measurements, rows: NDArray[np.int64], group: NDArray[np.int64], stricter: NDArray[np.int64]
) -> dict[str, tuple[tuple[str, ...], ...]]:
    """Gather the rows of each group, by where they stand."""
    dataset = measured.dataset
    found: dict[str, list[tuple[str, ...]]] = {where: [] for where in _WHERE}
    order = rows[np.argsort(group[rows], kind="stable")]
    for members in np.split(order, np.flatnonzero(np.diff(group[order])) + 1):
        if len(members) < 2 or len(np.unique(stricter[members])) < 2:
            continue
        things = dataset.identity[members]
        for thing in np.unique(things):
            same = members[things == thing]
            if len(np.unique(stricter[same])) > 1:
                found["within_thing"].append(_paths(measured, same))
        if len(np.unique(dataset.category[members])) > 1:
            found["across_categories"].append(_paths(measured, members))
        elif len(np.unique(things)) > 1:
            found["across_things"].append(_paths(measured, members))
    return {where: tuple(groups) for where, groups in found.items()}


def _paths(measured: Measurements, rows: NDArray[np.int64]) -> tuple[str, ...]:
    return tuple(measured.dataset.paths[row] for row in rows)
