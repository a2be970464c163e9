"""Leaks: pictures that two datasets share, such as the one trained on and the one judged by."""

import os

import numpy as np
from numpy.typing import NDArray

from siamese_nb.bank import Bank
from siamese_nb.components import tied
from siamese_nb.dataset import Dataset
from siamese_nb.doctor.appearance import appearance_of
from siamese_nb.doctor.findings import Finding
from siamese_nb.doctor.hashes import near_pairs

_WHY = "figures on pictures that were trained on, or copies of them, flatter the network"
_REMEDY = "take them out of one of the two"


def find_leaks(dataset: Dataset, bank: Bank, other: Dataset, other_bank: Bank) -> list[Finding]:
    """Find the pictures in use that stand in both datasets, as equal files or nearly the same look.

    What one dataset is split into shares nothing, see `certified_split`; this is for splits that were given, such as
    two files of pairs.

    Parameters
    ----------
    dataset, other : Dataset
        As `Dataset.decode` gave them.
    bank, other_bank : Bank
        Of one size.

    Returns
    -------
    list of Finding
        None, one or two, of the kinds `leak_same_file` and `leak_near_duplicate`. Paths are relative to the root of
        `dataset`, those of the other's pictures too.
    """
    rows, others = _in_use(dataset, bank), _in_use(other, other_bank)
    files = [dataset.files[row] for row in rows] + [other.files[row] for row in others]
    side = np.repeat([0, 1], [len(rows), len(others)])
    digests = np.concatenate([bank.digests[rows], other_bank.digests[others]])
    same = np.unique(digests, return_inverse=True)[1]
    parts = [(appearance_of(bank), rows), (appearance_of(other_bank), others)]
    near = tied(near_pairs(np.concatenate([looks.hashes[part] for looks, part in parts])), len(files))
    shown = np.concatenate([looks.statistics.spread[part] for looks, part in parts]) > 0  # blanks are no copies
    names = np.array([os.path.relpath(file, dataset.root).replace(os.sep, "/") for file in files])
    groups = {
        "leak_same_file": ("files of both are equal byte by byte", _groups(same, side, names)),
        "leak_near_duplicate": (
            "pictures of both look nearly the same, as after re-encoding or resizing",
            _groups(near[shown], side[shown], names[shown], same[shown]),
        ),
    }
    return [Finding(kind, "error", found, what, _WHY, _REMEDY) for kind, (what, found) in groups.items() if found]


def nearly_seen(hashes: NDArray[np.uint64], looks: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Tell which pictures look nearly like one that was seen, or like one that does.

    Parameters
    ----------
    hashes : ndarray of shape (n, 4), uint64
        Perceptual hashes, see `appearance_of`.
    looks : ndarray of shape (n_seen, 4), uint64
        The same of what was seen.

    Returns
    -------
    ndarray of shape (n,), bool
    """
    both = np.concatenate([looks, hashes])
    number = tied(near_pairs(both), len(both))
    return np.isin(number[len(looks) :], number[: len(looks)])


def _in_use(dataset: Dataset, bank: Bank) -> NDArray[np.int64]:
    used = dataset.used
    used[[failure.row for failure in bank.failures]] = False
    return np.flatnonzero(used)


def _groups(
    group: NDArray[np.int64],
    side: NDArray[np.int64],
    names: NDArray[np.str_],
    stricter: NDArray[np.int64] | None = None,
) -> tuple[tuple[str, ...], ...]:
    """List the names of each group that has members on both sides, unless they are one group of the stricter sort."""
    order = np.argsort(group, kind="stable")
    found = []
    for members in np.split(order, np.flatnonzero(np.diff(group[order])) + 1):
        known = stricter is not None and len(np.unique(stricter[members])) == 1
        if len(np.unique(side[members])) == 2 and not known:
            found.append(tuple(names[members].tolist()))
    return tuple(sorted(found))
