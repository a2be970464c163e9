"""Judge heat maps by deletion: covering what they point at must move the score more than covering anything else."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from siamese_nb.embeddings import embed
from siamese_nb.explain.explainer import Explainer
from siamese_nb.explain.occlusion import cover
from siamese_nb.explain.reason import FloatArray
from siamese_nb.intervals import normal_quantile

Couple = tuple[NDArray[np.uint8], NDArray[np.uint8]]


def deletion_test(
    explainer: Explainer, couples: Sequence[Couple], kind: str = "alike", share: float = 0.2, seed: int = 0
) -> dict[str, float]:
    """Compare how far the score moves without a map's highest patches, and without as many at random.

    Patches are covered in one picture at a time: covered in both, what is alike is gone from both, and they stay alike.

    Parameters
    ----------
    explainer : Explainer
    couples : sequence of (one, two)
        Images `uint8[height, width, 3]` of the leg's size.
    kind : {"alike", "apart"}
        The map that is judged.
    share : float, in (0, 1)
        Of the patches that is covered.
    seed : int

    Returns
    -------
    dict
        `map` and `random`: by how much the log-odds fall (of what is alike) or rise (of what is apart), on average;
        `gain` between them, with `gain_low` and `gain_high`, its 95% interval over couples; `map_score` and
        `random_score`: the same of the score, which near 0 and 1 hardly moves; `wins`: the share of maps that move the
        log-odds further than chance does.

    References
    ----------
    Petsiuk, Das, Saenko (2018), RISE: Randomized Input Sampling for Explanation of Black-box Models, BMVC, section 4.3.
    """
    rng, sign = np.random.default_rng(seed), -1.0 if kind == "alike" else 1.0
    rows = np.array([row for couple in couples for row in _log_odds_of(explainer, couple, kind, share, rng)])
    moved, changed = (sign * (values[:, 1:] - values[:, :1]) for values in (rows, expit(rows)))
    gains = (moved[:, 0] - moved[:, 1]).reshape(len(couples), 2).mean(axis=1)  # both pictures of a couple are alike
    gain = float(gains.mean())
    half = normal_quantile() * float(gains.std(ddof=1)) / len(gains) ** 0.5 if len(gains) > 1 else float("inf")
    return {
        "map": float(moved[:, 0].mean()),
        "random": float(moved[:, 1].mean()),
        "gain": gain,
        "gain_low": gain - half,
        "gain_high": gain + half,
        "map_score": float(changed[:, 0].mean()),
        "random_score": float(changed[:, 1].mean()),
        "wins": float((moved[:, 0] > moved[:, 1]).mean()),
    }


def _log_odds_of(explainer: Explainer, couple: Couple, kind: str, share: float, rng: np.random.Generator) -> FloatArray:
    """Compute the log-odds of a couple as it is, without a map's highest patches, and without random ones.

    Returns
    -------
    ndarray of shape (2, 3), float64
        A row for each picture's map.
    """
    reason = explainer.explain(*couple)
    patches = reason.grid[0] * reason.grid[1]
    count = max(1, round(share * patches))
    images = list(couple)
    for image, side in zip(couple, ("one", "two"), strict=True):
        highest = np.argsort(-getattr(reason, f"{kind}_{side}"), kind="stable")[:count]
        images += [cover(image, chosen, reason.grid) for chosen in (highest, rng.permutation(patches)[:count])]
    one, two, *covered = np.asarray(embed(explainer.leg, np.stack(images)), np.float64)
    whole = explainer.head.log_odds(one, two)
    changed = [explainer.head.log_odds(x, y) for x, y in zip(covered, (two, two, one, one), strict=True)]
    return np.array([[whole, *changed[:2]], [whole, *changed[2:]]])
