"""Choose one threshold by a named rule, midway between neighbouring scores."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from siamese_nb.errors import InputError
from siamese_nb.metrics import ScoreTable
from siamese_nb.metrics.convention import BoolArray, FloatArray, check_pairs
from siamese_nb.thresholds.rules import RULES, Goal

_EQUAL = 1e-12
"""Merits this close are one merit: the same counts can give figures that differ in the last bit."""
BY_CATEGORY = "balanced_accuracy_by_category"
_ADDED = 0.01
"""Error that is added to each category's least: one without error is not all that counts."""


@dataclass(frozen=True)
class Choice:
    """Hold a chosen threshold and how it came about.

    Attributes
    ----------
    threshold : float, in [0, 1]
    rule : str
        A key of `RULES`, or `BY_CATEGORY`.
    parameters : mapping of str to float
        What the rule was asked for, defaults included.
    value : float
        The rule's own figure, reached on the pairs that the threshold was chosen on.
    """

    threshold: float
    rule: str
    parameters: Mapping[str, float]
    value: float

    def to_dict(self) -> dict[str, Any]:
        """Give the choice as plain values for JSON."""
        return asdict(self)


def choose_threshold(
    labels: ArrayLike, scores: ArrayLike, rule: str = "balanced_accuracy", **parameters: float
) -> Choice:
    """Choose the threshold that a rule prefers.

    It lies midway between two neighbouring scores; where several thresholds are equally good, near the middle of the
    widest stretch of them.

    Parameters
    ----------
    labels : array_like of shape (n_pairs,), each 1 (genuine) or 0 (impostor), both kinds present
    scores : array_like of shape (n_pairs,), float, in [0, 1]
    rule : str
        "accuracy", "balanced_accuracy", "f_beta" (beta), "precision" (at_least), "recall" (at_least), "far" (at_most),
        "eer" or "cost" (false_accept, false_reject, prevalence); see `RULES`. The default does not depend on the mix of
        pairs, and so not on `neg_factor`.
    **parameters : float
        What the rule asks for, in the parentheses above.

    Returns
    -------
    Choice

    Raises
    ------
    InputError
        If the arrays are not such labels and scores, the rule or a parameter is unknown, or no threshold meets the wish
        (the message says the best that can be reached).
    """
    table = table_of_both_kinds(labels, scores)
    asked = _bind(rule, parameters)
    goal = RULES[rule](table, **asked)
    row, threshold = _middle_of_the_best(table, goal)
    return Choice(threshold, rule, asked, float(goal.reached[row]))


def choose_by_category(labels: ArrayLike, scores: ArrayLike, category: ArrayLike, added: float = _ADDED) -> Choice:
    """Choose the threshold for pairs of new categories, from those of several that would each have another.

    Over all pairs together, hard categories decide: most errors are theirs, wherever the threshold lies, and what it
    costs the others does not weigh. Here each category's error, the mean of FAR and FRR, is divided by the least that
    it can have: the threshold is that of the smallest sum of error / (least error of the category + `added`).

    Measured on six alphabets of Omniglot that the network had not learned from: by a threshold from three of the
    others, 97.2% of an alphabet's pairs are right where balanced accuracy gives 96.5%; from five, 97.3% and 96.7%.

    Parameters
    ----------
    labels : array_like of shape (n_pairs,), each 1 (genuine) or 0 (impostor), both kinds present
    scores : array_like of shape (n_pairs,), float, in [0, 1]
    category : array_like of shape (n_pairs,)
        What each pair belongs to. Categories without both kinds of pairs say nothing; where fewer than two have both,
        the choice is `choose_threshold`'s.
    added : float, from 1e-6
        The greater, the more evenly categories count.

    Returns
    -------
    Choice
        Its value is the mean of the categories' balanced accuracies.

    Raises
    ------
    InputError
        If the arrays are not such labels, scores and categories, or `added` is too small.
    """
    if not 1e-6 <= added < np.inf:
        raise InputError(f"added={added} was given: it must be a number from 1e-6, such as the default {_ADDED}")
    table = table_of_both_kinds(labels, scores)
    genuine, values = check_pairs(labels, scores)
    if np.shape(category) != values.shape:
        raise InputError(f"categories of shape {np.shape(category)} were given for {values.size} pairs: name each's")
    numbers = np.unique(np.asarray(category), return_inverse=True)[1]
    plain, weight = np.zeros((2, len(values)))  # of each pair: what getting it wrong adds to the sum of errors
    judged = 0
    for rows in np.split(np.argsort(numbers, kind="stable"), np.cumsum(np.bincount(numbers))[:-1]):
        own = ScoreTable.from_scores(genuine[rows], values[rows])
        if own.genuine and own.impostor:
            judged += 1
            plain[rows] = np.where(genuine[rows], 0.5 / own.genuine, 0.5 / own.impostor)
            weight[rows] = plain[rows] / (((own.far + own.frr) / 2.0).min() + added)
    if judged < 2:
        return choose_threshold(labels, scores)
    errors = _summed_errors(table, genuine, values, weight) / weight.sum()  # so that they compare as rates do
    goal = Goal(-errors, 1.0 - _summed_errors(table, genuine, values, plain) / judged)
    row, threshold = _middle_of_the_best(table, goal)
    return Choice(threshold, BY_CATEGORY, {"added": float(added)}, float(goal.reached[row]))


def _summed_errors(table: ScoreTable, genuine: BoolArray, scores: FloatArray, weight: FloatArray) -> FloatArray:
    """Sum the weights of the pairs that each threshold of the table gets wrong."""
    first = np.searchsorted(-table.thresholds, -scores)  # the row from which on a pair is accepted
    gained = np.bincount(first, np.where(genuine, -weight, weight), minlength=len(table.thresholds))
    return np.asarray(weight[genuine].sum() + np.cumsum(gained))


def table_of_both_kinds(labels: ArrayLike, scores: ArrayLike) -> ScoreTable:
    """Sort pairs into a table, or raise `InputError` if one kind of pair is missing."""
    table = ScoreTable.from_scores(labels, scores)
    if not (table.genuine and table.impostor):
        raise InputError(
            f"{table.genuine} genuine and {table.impostor} impostor pairs were given: a threshold needs both kinds"
        )
    return table


def gaps(table: ScoreTable) -> tuple[FloatArray, FloatArray]:
    """Give, for each row of the table, the stretch of thresholds (lower, upper] that accepts exactly its pairs."""
    scores = table.thresholds[1:]
    return np.append(scores, 0.0), np.concatenate(([1.0], scores))


def midway(lower: float, upper: float) -> float:
    """Give the middle of a gap; its upper end where floating point has nothing between the two."""
    middle = (lower + upper) / 2.0
    return middle if lower < middle else upper


def _bind(rule: str, parameters: Mapping[str, float]) -> dict[str, float]:
    if rule not in RULES:
        raise InputError(f"rule {rule!r} was given: choose one of {', '.join(RULES)}")
    function: Callable[..., Goal] = RULES[rule]
    known = {name: p.default for name, p in inspect.signature(function).parameters.items() if name != "table"}
    unknown = sorted(set(parameters) - set(known))
    if unknown:
        raise InputError(
            f"rule {rule!r} has no parameter {', '.join(unknown)}: it takes {', '.join(known) or 'no parameters'}"
        )
    return {name: float(parameters.get(name, default)) for name, default in known.items()}


def _middle_of_the_best(table: ScoreTable, goal: Goal) -> tuple[int, float]:
    lower, upper = gaps(table)
    possible = np.ones(lower.size, dtype=bool)
    possible[0] = lower[0] < 1.0  # a score of 1 is accepted by every threshold in [0, 1]
    best = _highest(goal.merit, possible)
    if goal.second is not None:
        best = _highest(goal.second, best)
    rows = np.flatnonzero(best)
    stretches = np.split(rows, np.flatnonzero(np.diff(rows) > 1) + 1)
    widest = max(stretches, key=lambda stretch: float(upper[stretch[0]] - lower[stretch[-1]]))
    centre = (upper[widest[0]] + lower[widest[-1]]) / 2.0
    row = int(widest[np.searchsorted(-upper[widest], -centre, side="right") - 1])
    return row, midway(float(lower[row]), float(upper[row]))


def _highest(merit: FloatArray, among: np.ndarray[Any, np.dtype[np.bool_]]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    return np.asarray(among & (merit >= merit[among].max() - _EQUAL))
