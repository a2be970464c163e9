"""Two thresholds with "not sure" between them: what a person should look at, and what error that buys."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from siamese_nb.errors import InputError
from siamese_nb.metrics import GENUINE, IMPOSTOR, ScoreTable, accept
from siamese_nb.metrics.convention import check_prevalence, check_share
from siamese_nb.thresholds.choose import gaps, midway, table_of_both_kinds

NOT_SURE = -1
"""Decision of a pair that is left to a person."""


@dataclass(frozen=True)
class Band:
    """Hold two thresholds: accept from `high` on, reject below `low`, leave the pairs between to a person.

    Attributes
    ----------
    low, high : float, in [0, 1], low <= high
    far : float
        Share of impostor pairs that are accepted unseen.
    frr : float
        Share of genuine pairs that are rejected unseen.
    unsure : float
        Share of pairs that are left to a person, at the stated prevalence.
    prevalence : float
        Share of genuine pairs in use.
    """

    low: float
    high: float
    far: float
    frr: float
    unsure: float
    prevalence: float

    def decide(self, scores: ArrayLike) -> NDArray[np.int8]:
        """Decide pairs: 1 genuine, 0 impostor, -1 not sure."""
        decided = np.where(accept(scores, self.high), GENUINE, IMPOSTOR)
        return np.where(accept(scores, self.low) & (decided != GENUINE), NOT_SURE, decided).astype(np.int8)

    def to_dict(self) -> dict[str, Any]:
        """Give the band as plain values for JSON."""
        return asdict(self)


def choose_band(
    labels: ArrayLike,
    scores: ArrayLike,
    far_at_most: float = 0.01,
    frr_at_most: float = 0.01,
    prevalence: float = 0.5,
) -> Band:
    """Choose the narrowest band outside which neither error exceeds its bound.

    Where one threshold keeps both bounds, both ends of the band are that threshold and nothing is left to a person.

    Parameters
    ----------
    labels : array_like of shape (n_pairs,), each 1 (genuine) or 0 (impostor), both kinds present
    scores : array_like of shape (n_pairs,), float, in [0, 1]
    far_at_most, frr_at_most : float, in [0, 1]
        Bounds of the errors that are made unseen.
    prevalence : float, in (0, 1)
        Share of genuine pairs in use, for the share that is left to a person.

    Raises
    ------
    InputError
        If the arrays are not such labels and scores, a bound or the prevalence is out of range, or the FAR cannot be
        kept because too many impostor pairs have a score of 1.

    References
    ----------
    Chow (1970), On optimum recognition error and reject tradeoff, IEEE Trans. Information Theory 16, 41-46.
    """
    check_share("far_at_most", far_at_most)
    check_share("frr_at_most", frr_at_most)
    check_prevalence(prevalence)
    table = table_of_both_kinds(labels, scores)
    # Rows go from "accept nothing" to "accept all": FAR rises along them, FRR falls.
    last_safe_to_accept = int(np.flatnonzero(table.far <= far_at_most)[-1])
    if last_safe_to_accept == 0 and table.thresholds[1] == 1.0:
        raise InputError(
            f"{table.far[1]:.4g} of the impostor pairs have a score of 1, which every threshold accepts: "
            f"wish for a FAR of at least that, not {far_at_most:.4g}"
        )
    first_safe_to_reject = int(np.flatnonzero(table.frr <= frr_at_most)[0])
    if first_safe_to_reject <= last_safe_to_accept:
        first_safe_to_reject = last_safe_to_accept = (first_safe_to_reject + last_safe_to_accept) // 2
    return _band(table, first_safe_to_reject, last_safe_to_accept, prevalence)


def _band(table: ScoreTable, low_row: int, high_row: int, prevalence: float) -> Band:
    lower, upper = gaps(table)
    genuine = float(table.recall[low_row] - table.recall[high_row])
    impostor = float(table.far[low_row] - table.far[high_row])
    return Band(
        low=midway(float(lower[low_row]), float(upper[low_row])),
        high=midway(float(lower[high_row]), float(upper[high_row])),
        far=float(table.far[high_row]),
        frr=float(table.frr[low_row]),
        unsure=prevalence * genuine + (1.0 - prevalence) * impostor,
        prevalence=prevalence,
    )
