"""Checks of the categories: too few couples, too unequal."""

from collections.abc import Iterator

import numpy as np

from siamese_nb.doctor.findings import Finding
from siamese_nb.doctor.measurements import Measurements

_FEWEST = 5  # couples: with fewer, a part of the split gets none of them
_MOST_UNEQUAL = 10  # times as many couples in the largest category as in the median one


def few_couples(measured: Measurements) -> Iterator[Finding]:
    """Find categories with too few couples, by the pictures in them."""
    few = {name for name, count in measured.dataset.couples_per_category().items() if count < _FEWEST}
    dataset = measured.dataset
    for name in sorted(few):
        mask = (dataset.category == dataset.categories.index(name)) & (dataset.identity >= 0)
        yield Finding(
            "few_couples",
            "warning",
            (tuple(path for (path,) in measured.paths(mask)),),
            f"{name} has {dataset.couples_per_category()[name]} couples",
            f"with fewer than {_FEWEST} it is missing from training, validation or test",
            "add couples, or join it with another category",
        )


def imbalance(measured: Measurements) -> Iterator[Finding]:
    """Tell whether one category outweighs the others."""
    counts = measured.dataset.couples_per_category()
    if len(counts) < 2:
        return
    median = float(np.median(list(counts.values())))
    largest = max(counts, key=lambda name: counts[name])
    if counts[largest] > _MOST_UNEQUAL * median:
        yield Finding(
            "imbalance",
            "warning",
            (),
            f"{largest} has {counts[largest]:,} couples, the median category {median:,.0f}",
            "the network learns that category, and its figures speak of little else",
            "add couples to the others, or take some of its away",
        )
