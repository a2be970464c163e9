"""The pairs that a network can be judged by: of things that it has not seen."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siamese_nb.bank import Bank
from siamese_nb.dataset import Dataset
from siamese_nb.doctor import appearance_of, nearly_seen
from siamese_nb.errors import InputError
from siamese_nb.pairs import JudgedPairs, Part
from siamese_nb.split import whole


def draw_unseen(
    dataset: Dataset, bank: Bank, seen: NDArray[np.uint64], looks: NDArray[np.uint64], config: Mapping[str, Any]
) -> tuple[Part, JudgedPairs, dict[str, int]]:
    """Draw the pairs to judge by, and count what was seen.

    Parameters
    ----------
    dataset : Dataset of n pictures, as `Dataset.decode` gave it
    bank : Bank of n pictures
    seen : ndarray of uint64
        Digests of the pictures that were seen.
    looks : ndarray of shape (n_seen, 4), uint64
        Perceptual hashes of the same.
    config : mapping
        `seed`, `neg_factor` and `negatives`, see `TrainConfig`.

    Returns
    -------
    part : Part
        Of a folder, the things of which no picture, nor a near-duplicate of one, was seen; a CSV file as it is.
    pairs : JudgedPairs
    counts : dict of int
        `left_out`: images of a folder that are not in the part. `seen_pairs`: pairs with a picture that was seen.

    Raises
    ------
    InputError
        If genuine or impostor pairs are missing.
    """
    used = np.flatnonzero(dataset.used)
    near = nearly_seen(appearance_of(bank).hashes[used], looks)
    known = np.concatenate([bank.digests[used[near]], seen])
    given = dataset.layout == "pairs"
    part = whole(dataset, bank.digests, None if given else known)
    pairs = part.judged(config["seed"], config["neg_factor"], config["negatives"])
    if not len(pairs) or pairs.label.all() or not pairs.label.any():
        raise InputError(
            f"{dataset.root} holds no genuine and impostor pairs of things that this network has not seen; "
            "give pictures that it was not trained on"
        )
    was_seen = np.isin(bank.digests, known)
    left_out = 0 if given else len(used) - len(part.images)
    counts = {"left_out": left_out, "seen_pairs": int((was_seen[pairs.one] | was_seen[pairs.two]).sum())}
    return part, pairs, counts
