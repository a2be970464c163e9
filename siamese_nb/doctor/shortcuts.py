"""The shortcut check: does something trivial already tell genuine from impostor pairs?"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from siamese_nb.doctor.findings import Finding
from siamese_nb.doctor.measurements import Measurements
from siamese_nb.intervals import figures_with_intervals
from siamese_nb.layouts import NOT_IN_USE
from siamese_nb.pairs import Pairs, Part
from siamese_nb.split import whole

_MOST_GENUINE = 1500  # with the impostors 3,000 pairs: the interval is then some 0.04 wide
_SUSPICIOUS, _ALARMING = 0.75, 0.9  # the lower bound of an AUC, and an AUC


def shortcuts(measured: Measurements) -> Iterator[Finding]:
    """Find trivial properties whose likeness tells genuine from impostor pairs.

    Half of the impostors are of the same category, as in training: what a category looks like as a whole weighs no more
    here than there.
    """
    for name, (auc, low, high) in shortcut_scores(measured).items():
        if low <= _SUSPICIOUS:
            continue
        yield Finding(
            f"shortcut_{name}",
            "error" if auc > _ALARMING else "warning",
            (),
            f"{name.replace('_', ' ')} alone tells genuine from impostor pairs: AUC {auc:.2f} [{low:.2f}, {high:.2f}]",
            "a network will learn that and not what the pictures show, and fail on pictures taken otherwise",
            "take the two pictures of a couple in different places, with different cameras or settings",
        )


def shortcut_scores(measured: Measurements) -> dict[str, tuple[float, float, float]]:
    """Measure how well pairs are told apart by the likeness of each trivial property.

    Returns
    -------
    dict of str to (AUC, low, high)
        With 95% bounds. Empty where the dataset has no two things or no couple.
    """
    dataset = measured.dataset
    identity = np.where(measured.readable, dataset.identity, NOT_IN_USE)
    part = whole(dataset, measured.digests)
    part = part.only(part.images[identity[part.images] != NOT_IN_USE])
    pairs = part.draw(np.random.default_rng(0), 1, "mixed", _MOST_GENUINE) if len(part.images) else None
    if pairs is None or not 0 < pairs.label.sum() < len(pairs):
        return {}
    return {name: _auc(part, pairs, values) for name, values in _trivial(measured).items()}


def _trivial(measured: Measurements) -> dict[str, NDArray[np.float64]]:
    """Return what can be known of a picture without looking at what it shows, each of shape (n, d)."""
    headers, pixels = measured.dataset.headers, np.maximum(measured.size.prod(axis=1), 1)
    kinds = np.array([f"{header.format} {header.mode}" for header in headers])
    known = {
        "brightness": measured.statistics.brightness,
        "background_colour": measured.statistics.border,
        "image_size": np.log(np.maximum(measured.size, 1)),
        "file_type": kinds[:, None] == np.unique(kinds),  # one column each: all that differ are equally far apart
        "jpeg_quality": [header.quality for header in headers],
        "bytes_per_pixel": np.log(np.maximum(measured.file_bytes, 1) / pixels),
    }
    columns = {name: np.asarray(values, np.float64).reshape(len(headers), -1) for name, values in known.items()}
    return {name: values for name, values in columns.items() if np.ptp(values, axis=0).any()}


def _auc(part: Part, pairs: Pairs, values: NDArray[np.float64]) -> tuple[float, float, float]:
    distance = np.linalg.norm(values[pairs.one] - values[pairs.two], axis=1)
    # Ranks keep ties and fill [0, 1], whatever the unit.
    scores = 1 - (rankdata(distance) - 1) / len(distance)
    one, two = part.identity_of(pairs.one), part.identity_of(pairs.two)
    figures = figures_with_intervals(pairs.label, scores, 0.5, one, two, n_bootstrap=200)
    return figures["auc"], figures["auc_low"], figures["auc_high"]
