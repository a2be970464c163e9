"""One model's scores of the pairs, and all that the tuner computes from them."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from siamese_nb.errors import InputError
from siamese_nb.intervals import compare_models, too_few_pairs
from siamese_nb.intervals.curves import REPLICATES, curve_band, thinned_rows
from siamese_nb.intervals.resampling import check_identities
from siamese_nb.metrics import ScoreTable, check_threshold
from siamese_nb.metrics.convention import BoolArray, FloatArray
from siamese_nb.thresholds import choose_band, choose_threshold
from siamese_nb.widgets.tuner.groups import Grouping
from siamese_nb.widgets.tuner.ranked import RankedPairs

_POINTS = 600  # of a curve

Given = TypeVar("Given")
Identities = tuple[NDArray[Any], NDArray[Any]]
Lines = tuple[float, float | None]
"""From which score on pairs are accepted, and below which they are rejected, if that is another."""


class Scoring:
    """Hold a model's scores, and where its lines stand.

    Parameters
    ----------
    name : str
    pairs : RankedPairs
    identities : tuple of two ndarray of shape (n_pairs,), or None
        What both pictures of each pair show, in the order in which the pairs were given.
    threshold : float, in [0, 1], or None
        None for where balanced accuracy is best.
    low : float, in [0, threshold], or None
    """

    def __init__(
        self, name: str, pairs: RankedPairs, identities: Identities | None, threshold: float | None, low: float | None
    ) -> None:
        self.name = name
        self.pairs = pairs
        self.identities = identities
        self._chosen: tuple[str, Lines] = ("", (0.0, None))
        if threshold is None:
            threshold, _ = self.choose("balanced_accuracy", {})
        self.lines: Lines = (check_threshold(threshold), check_low(low, threshold))

    def choose(self, rule: str, parameters: dict[str, float]) -> Lines:
        """Find where a rule puts the lines, and remember that it did."""
        genuine, scores = self.pairs.genuine, self.pairs.scores
        if rule == "band":
            band = choose_band(genuine, scores, **parameters)
            lines: Lines = (band.high, band.low)
        else:
            lines = (choose_threshold(genuine, scores, rule, **parameters).threshold, None)
        self._chosen = (rule, lines)
        return lines

    @property
    def chosen_by(self) -> str:
        """The rule that put the lines where they stand, or ""."""
        rule, lines = self._chosen
        return rule if lines == self.lines else ""

    def caution(self, parameters: dict[str, float]) -> str:
        """Say whether the impostor pairs are too few for the FAR that a rule was asked for, or ""."""
        far = parameters.get("at_most", parameters.get("far_at_most", 0.0))
        return (0.0 < far < 1.0 and too_few_pairs(int((~self.pairs.genuine).sum()), far)) or ""

    @cached_property
    def points(self) -> NDArray[np.float32]:
        """Thin the curves to points that no picture of them tells from all.

        Returns
        -------
        ndarray of shape (3, n_points), float32
            FAR, recall and precision, from "accept nothing" to "accept all".
        """
        table = self._table()
        rows = thinned_rows(table, _POINTS)
        return np.stack([table.far[rows], table.recall[rows], table.precision[rows]]).astype(np.float32)

    @cached_property
    def band(self) -> NDArray[np.float32] | None:
        """Bound FAR, recall and precision along the curve, see `curve_band`; None without identities.

        Returns
        -------
        ndarray of shape (9, n_thresholds), float32, or None
            Of each of the three rates the rate, its lower and its upper 95% bound; thresholds falling.
        """
        if self.identities is None:
            return None
        one, two = (identity[self.pairs.order] for identity in self.identities)
        band = curve_band(self.pairs.genuine, self.pairs.scores, self._table(), one, two)
        return np.stack([row for rate in band for row in rate]).astype(np.float32)

    def describe(self) -> dict[str, Any]:
        """Say where the model stands on the curves."""
        threshold, low = self.lines
        impostor, genuine = self.pairs.counts(threshold)[0].tolist()
        return {"name": self.name, "threshold": threshold, "low": low, "impostor": impostor, "genuine": genuine}

    def in_given_order(self) -> tuple[BoolArray, FloatArray]:
        """Give labels and scores as they were given, not by rising score."""
        rank = np.empty_like(self.pairs.order)
        rank[self.pairs.order] = np.arange(rank.size)
        return self.pairs.genuine[rank], self.pairs.scores[rank]

    def _table(self) -> ScoreTable:
        # Made anew where it is needed: for ten million pairs it is too large to keep.
        return ScoreTable.from_scores(self.pairs.genuine, self.pairs.scores)


def make_scorings(
    scores: ArrayLike | Mapping[str, ArrayLike],
    labels: ArrayLike,
    groupings: Sequence[Grouping],
    identities: Identities | None,
    threshold: float | Mapping[str, float] | None,
    low: float | None,
) -> dict[str, Scoring]:
    """Sort the pairs by each model's scores; a single model has the name "".

    Raises
    ------
    InputError
        If there is no model, or the arguments do not fit each other.
    """
    given = scores if isinstance(scores, Mapping) else {"": scores}
    if not given:
        raise InputError("no scores were given: give those of one model, or of several by name")
    at = by_model(threshold, given)
    return {
        name: Scoring(name, RankedPairs.from_pairs(labels, values, groupings), identities, at.get(name), low)
        for name, values in given.items()
    }


def by_model(value: Given | Mapping[str, Given] | None, models: Iterable[str]) -> dict[str, Given]:
    """Give every model what was given for all, or each what was given by its name; nothing where that is None.

    Raises
    ------
    InputError
        If a name is none of the models'.
    """
    if not isinstance(value, Mapping):
        return {} if value is None else dict.fromkeys(models, value)
    unknown = sorted(set(value) - set(models))
    if unknown:
        raise InputError(f"there are no scores of {', '.join(unknown)}: name models as in scores")
    return dict(value)


def compare_scorings(models: Sequence[Scoring]) -> list[dict[str, Any]]:
    """Compare models at their thresholds with the first of them, as plain values for JSON.

    Raises
    ------
    InputError
        If identities were not given.
    """
    identities = models[0].identities
    if identities is None:
        raise InputError("models cannot be compared: give the tuner one_identity and two_identity of every pair")
    given = {model.name: model.in_given_order() for model in models}
    labels = given[models[0].name][0]
    scores = {name: values for name, (_, values) in given.items()}
    thresholds = {model.name: model.lines[0] for model in models}
    found = compare_models(labels, scores, thresholds, *identities, n_bootstrap=REPLICATES)
    estimates = ("auc", "error", "auc_gain", "error_gain")
    return [
        {"name": model.name, "threshold": model.threshold, "verdict": model.verdict}
        | {name: [None if np.isnan(value) else value for value in getattr(model, name)] for name in estimates}
        for model in found
    ]


def check_low(low: float | None, threshold: float) -> float | None:
    """Return where "not sure" begins, or raise `InputError` if that is above the threshold."""
    if low is not None and check_threshold(low) > threshold:
        raise InputError(f"low={low} was given with the threshold {threshold}: not sure lies below the threshold")
    return None if low is None else float(low)


def given_identities(one: ArrayLike | None, two: ArrayLike | None, n_pairs: int) -> Identities | None:
    """Return both identities of every pair, None if neither was given, or raise `InputError`."""
    if one is None and two is None:
        return None
    if one is None or two is None:
        raise InputError("one of one_identity and two_identity was given: intervals need both")
    return check_identities(one, two, n_pairs)
