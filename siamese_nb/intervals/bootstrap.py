"""Bootstrap over identities."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike

from siamese_nb.metrics import ScoreTable, auc, check_pairs, check_threshold, figures
from siamese_nb.metrics.convention import FloatArray
from siamese_nb.metrics.figures import ranking_figures, threshold_figures

_BLOCK = 50


def figures_with_intervals(
    labels: ArrayLike,
    scores: ArrayLike,
    threshold: float,
    one_identity: ArrayLike,
    two_identity: ArrayLike,
    *,
    n_bootstrap: int = 1000,
    confidence: float = 0.95,
    seed: int = 0,
) -> dict[str, float]:
    """Compute every figure of a verifier with an interval that takes shared identities into account."""
    threshold = check_threshold(threshold)
    values = figures(labels, scores, threshold)
    replicates: dict[str, list[FloatArray]] = {}
    for table in _tables(labels, scores, one_identity, two_identity, n_bootstrap, seed):
        for name, drawn in {**threshold_figures(table.counts(threshold)), **ranking_figures(table)}.items():
            replicates.setdefault(name, []).append(drawn)
    result: dict[str, float] = {"pairs": len(np.asarray(labels)), "threshold": threshold}
    for name, value in values.items():
        result[name] = value
        if name in replicates:
            tails = ((1.0 - confidence) / 2.0, (1.0 + confidence) / 2.0)
            low, high = np.nanquantile(np.concatenate(replicates[name]), tails)
            result[f"{name}_low"], result[f"{name}_high"] = float(low), float(high)
    return result


def difference_with_interval(
    labels: ArrayLike,
    scores_one: ArrayLike,
    scores_two: ArrayLike,
    one_identity: ArrayLike,
    two_identity: ArrayLike,
    *,
    n_bootstrap: int = 1000,
    confidence: float = 0.95,
    seed: int = 0,
) -> dict[str, float]:
    """Compute how much better the second scores rank the same pairs, with an interval."""
    drawn = [
        np.concatenate([auc(t) for t in _tables(labels, scores, one_identity, two_identity, n_bootstrap, seed)])
        for scores in (scores_one, scores_two)
    ]
    low, high = np.nanquantile(drawn[1] - drawn[0], ((1.0 - confidence) / 2.0, (1.0 + confidence) / 2.0))
    value = auc(ScoreTable.from_scores(labels, scores_two)) - auc(ScoreTable.from_scores(labels, scores_one))
    return {"auc_difference": value, "auc_difference_low": float(low), "auc_difference_high": float(high)}


def _tables(
    labels: ArrayLike, scores: ArrayLike, one: ArrayLike, two: ArrayLike, n_bootstrap: int, seed: int
) -> Iterator[ScoreTable]:
    genuine, values = check_pairs(labels, scores)
    identities, index = np.unique(np.concatenate((np.asarray(one), np.asarray(two))), return_inverse=True)
    order = np.argsort(-values)
    first, second = index[: values.size][order], index[values.size :][order]
    label = genuine[order]
    rng = np.random.default_rng(seed)
    for start in range(0, n_bootstrap, _BLOCK):
        size = min(_BLOCK, n_bootstrap - start)
        times = rng.multinomial(identities.size, np.full(identities.size, 1 / identities.size), size).astype(float)
        weight = times[:, first] * np.where(first == second, 1.0, times[:, second])
        zero = np.zeros((size, 1))
        yield ScoreTable(
            np.concatenate(([np.inf], values[order])),
            np.concatenate((zero, np.cumsum(weight * label, axis=1)), axis=1),
            np.concatenate((zero, np.cumsum(weight * ~label, axis=1)), axis=1),
        )
