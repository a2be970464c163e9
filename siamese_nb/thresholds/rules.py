"""The rules by which a threshold can be chosen: one function each, found by name in `RULES`.

A rule looks at the table of all thresholds and says how good each is (`Goal`). A new rule is one more function here.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from siamese_nb.errors import InputError
from siamese_nb.metrics import ScoreTable
from siamese_nb.metrics.convention import FloatArray, check_prevalence, check_share


class Goal(NamedTuple):
    """How good each threshold of a table is, by one rule.

    Attributes
    ----------
    merit : ndarray of shape (n_distinct + 1,), float
        The highest wins; minus infinity where the rule's wish is not met.
    reached : ndarray of shape (n_distinct + 1,), float
        The figure that the rule is about.
    second : ndarray of shape (n_distinct + 1,), float, or None
        Decides between thresholds of equal merit; without it the middle of the best stretch is taken.
    """

    merit: FloatArray
    reached: FloatArray
    second: FloatArray | None = None


RULES: dict[str, Callable[..., Goal]] = {}
"""Every rule by name."""


def _rule(name: str) -> Callable[[Callable[..., Goal]], Callable[..., Goal]]:
    def register(function: Callable[..., Goal]) -> Callable[..., Goal]:
        RULES[name] = function
        return function

    return register


@_rule("accuracy")
def accuracy(table: ScoreTable) -> Goal:
    """Get the most pairs right. It leans to the kind of pair that is frequent in the data (`neg_factor`)."""
    value = np.asarray(table.at_each_threshold.accuracy)
    return Goal(value, value)


@_rule("balanced_accuracy")
def balanced_accuracy(table: ScoreTable) -> Goal:
    """Get the highest mean of recall and 1 - FAR, whatever the mix of pairs: Youden's J = recall - FAR.

    References
    ----------
    Youden (1950), Index for rating diagnostic tests, Cancer 3, 32-35.
    """
    value = (table.recall + 1.0 - table.far) / 2.0
    return Goal(value, value)


@_rule("f_beta")
def f_beta(table: ScoreTable, beta: float = 1.0) -> Goal:
    """Get the highest F-beta of precision and recall; `beta` > 1 leans to recall."""
    if not 0.0 < beta < np.inf:
        raise InputError(f"beta={beta} was given: it must be a number above 0")
    value = np.asarray(table.at_each_threshold.f_beta(beta))
    return Goal(value, value)


@_rule("precision")
def precision(table: ScoreTable, at_least: float = 0.95) -> Goal:
    """Find as many genuine pairs as possible while at least this share of the accepted pairs is genuine."""
    check_share("at_least", at_least)
    useful = table.true_accepts > 0
    best = float(table.precision[useful].max())
    if best < at_least:
        raise InputError(
            f"no threshold reaches a precision of {at_least:.4g} on these pairs: the best is {best:.4g}; "
            "wish for less, or train a better model"
        )
    allowed = useful & (table.precision >= at_least)
    return Goal(np.where(allowed, table.recall, -np.inf), table.precision, second=-table.far)


@_rule("recall")
def recall(table: ScoreTable, at_least: float = 0.95) -> Goal:
    """Accept as few impostor pairs as possible while at least this share of the genuine pairs is accepted."""
    check_share("at_least", at_least)
    return Goal(np.where(table.recall >= at_least, -table.far, -np.inf), table.recall, second=table.recall)


@_rule("far")
def far(table: ScoreTable, at_most: float = 0.01) -> Goal:
    """Accept as many genuine pairs as possible while at most this share of the impostor pairs is accepted."""
    check_share("at_most", at_most)
    useful = table.true_accepts > 0
    best = float(table.far[useful].min())
    if best > at_most:
        raise InputError(
            f"no threshold that accepts a genuine pair has a FAR of at most {at_most:.4g} on these pairs: the lowest "
            f"is {best:.4g}; wish for less, or train a better model"
        )
    return Goal(np.where(useful & (table.far <= at_most), table.recall, -np.inf), table.far, second=-table.far)


@_rule("eer")
def equal_error(table: ScoreTable) -> Goal:
    """Let both error rates be as nearly equal as the data allow; the value reached is their mean."""
    return Goal(-np.abs(table.far - table.frr), (table.far + table.frr) / 2.0)


@_rule("cost")
def cost(table: ScoreTable, false_accept: float = 1.0, false_reject: float = 1.0, prevalence: float = 0.5) -> Goal:
    """Pay the least per comparison, at the share of genuine pairs in use (`prevalence`), not that in the data.

    The cost is false_accept (1 - prevalence) FAR + false_reject prevalence FRR.

    References
    ----------
    Provost & Fawcett (2001), Robust classification for imprecise environments, Machine Learning 42, 203-231.
    """
    check_prevalence(prevalence)
    if min(false_accept, false_reject) < 0.0 or not 0.0 < false_accept + false_reject < np.inf:
        raise InputError(f"costs {false_accept} and {false_reject} were given: they must be 0 or more, and not both 0")
    value = false_accept * (1.0 - prevalence) * table.far + false_reject * prevalence * table.frr
    return Goal(-value, value)
