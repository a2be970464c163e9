"""Score the same pairs with several verifiers, so that they can be compared."""

import os
from collections.abc import Mapping
from dataclasses import replace

from siamese_nb.dataset import Dataset
from siamese_nb.errors import InputError
from siamese_nb.scanning import scan
from siamese_nb.scored_pairs import ScoredPairs
from siamese_nb.verifier import Verifier


def score_same_pairs(
    verifiers: Mapping[str, Verifier], data: Dataset | str | os.PathLike[str]
) -> dict[str, ScoredPairs]:
    """Draw pairs of things that none of the verifiers has seen, and score them with each.

    Parameters
    ----------
    verifiers : mapping of str to Verifier
        By name; the first one's configuration says how the pairs are drawn.
    data : Dataset, folder or CSV file
        As for `Verifier.evaluate`.

    Returns
    -------
    dict of ScoredPairs
        By the same names: the same pairs in the same order, the scores each one's own.

    Raises
    ------
    InputError
        If there is no verifier, or nothing is left to judge by.
    """
    if not verifiers:
        raise InputError("no verifier was given: name at least one")
    dataset = data if isinstance(data, Dataset) else scan(data)
    first, *others = verifiers
    scored, _ = verifiers[first].scored_pairs(dataset, [verifiers[name] for name in others])
    pairs = [(dataset.root / one, dataset.root / two) for one, two in zip(scored.one, scored.two, strict=True)]
    return {first: scored} | {name: replace(scored, scores=verifiers[name].score(pairs)) for name in others}
