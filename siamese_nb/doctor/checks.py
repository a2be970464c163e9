"""All checks, and the examination that runs them."""

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from siamese_nb.bank import Bank
from siamese_nb.dataset import Dataset
from siamese_nb.doctor.categories import few_couples, imbalance
from siamese_nb.doctor.duplicates import copies
from siamese_nb.doctor.embedded import lookalikes, suspected_labels
from siamese_nb.doctor.findings import SEVERITIES, Finding, from_problems
from siamese_nb.doctor.measurements import Measurements, measure
from siamese_nb.doctor.pictures import odd_light, odd_modes, odd_sizes, wrong_suffix
from siamese_nb.doctor.shortcuts import shortcuts

Check = Callable[[Measurements], Iterable[Finding]]
CHECKS: tuple[Check, ...] = (
    wrong_suffix, odd_sizes, odd_light, odd_modes, copies, few_couples, imbalance, shortcuts,
)  # fmt: skip
"""Each takes the measurements and yields findings, also such as concern nothing."""


def examine(
    dataset: Dataset,
    bank: Bank,
    embeddings: NDArray[np.float32] | None = None,
    *,
    least_likeness: float = 0.95,
    trained: bool = False,
) -> list[Finding]:
    """Examine a dataset.

    Parameters
    ----------
    dataset : Dataset of n pictures, as `Dataset.decode` gave it
    bank : Bank of n pictures
        Of size `THUMBNAIL` or larger, such as the one that training takes.
    embeddings : ndarray of shape (n, d), float, optional
        Of a pretrained leg or of a trained verifier's: then copies in disguise and suspected labels are looked for too.
    least_likeness : float
        Cosine of embeddings from which on two pictures may be one in disguise, see `disguised_likeness`.
    trained : bool
        Whether the leg was trained on things; then only copies of different things can be told.

    Returns
    -------
    list of Finding
        The gravest first. What a scan found is among them.
    """
    measured = measure(dataset, bank)
    found = [finding for check in CHECKS for finding in check(measured)]
    if embeddings is not None:
        found += [*suspected_labels(measured, embeddings), *lookalikes(measured, embeddings, least_likeness, trained)]
    whole = ("imbalance", "shortcut_")  # they concern the dataset and name no file
    kept = [finding for finding in found if finding.groups or finding.kind.startswith(whole)]
    return sorted([*from_problems(dataset.problems), *kept], key=lambda finding: SEVERITIES.index(finding.severity))
