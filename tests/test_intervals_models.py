"""Models on the same pairs: differences in pairs, and sentences that say no more than they show."""

import numpy as np
import pytest

from siamese_nb.errors import InputError
from siamese_nb.intervals import compare_models, difference_with_interval, figures_with_intervals
from siamese_nb.tables import models_table

RNG = np.random.default_rng(0)
ONE = RNG.integers(0, 80, 800)
LABELS = (RNG.random(800) < 0.4).astype(int)
TWO = np.where(LABELS == 1, ONE, (ONE + RNG.integers(1, 80, 800)) % 80)
HARD = RNG.normal(size=800) + 0.6 * RNG.normal(size=80)[ONE]


def scores(quality: float, noise: float = 0.0) -> np.ndarray:
    return 1 / (1 + np.exp(-quality * (2 * LABELS - 1) - HARD - noise * RNG.normal(size=800)))


SCORES = {"A": scores(1.0), "B": scores(1.8, 0.1), "C": scores(1.0, 0.02)}
THRESHOLDS = {"A": 0.5, "B": 0.5, "C": 0.5}


@pytest.fixture(scope="module")
def models():
    return compare_models(LABELS, SCORES, THRESHOLDS, ONE, TWO, n_bootstrap=200)


def test_every_number_is_that_of_the_functions_it_is_made_of(models):
    assert [model.name for model in models] == ["A", "B", "C"]
    own = figures_with_intervals(LABELS, SCORES["B"], 0.5, ONE, TWO, n_bootstrap=200)
    gain = difference_with_interval(LABELS, SCORES["A"], SCORES["B"], 0.5, 0.5, ONE, TWO, n_bootstrap=200)
    assert models[1].auc == (own["auc"], own["auc_low"], own["auc_high"])
    assert models[1].error == pytest.approx(((own["far"] + own["frr"]) / 2, *models[1].error[1:]))
    assert models[1].error[1] <= models[1].error[0] <= models[1].error[2]
    assert models[1].auc_gain == (gain["auc"], gain["auc_low"], gain["auc_high"])
    fewer = models[0].error[0] - models[1].error[0]
    assert models[1].error_gain[0] == pytest.approx(fewer) and fewer > 0.05


def test_the_paired_interval_is_narrower_than_the_models_own(models):
    width = models[2].error_gain[2] - models[2].error_gain[1]
    assert width < 0.5 * (models[2].error[2] - models[2].error[1])


def test_the_sentence_says_what_the_interval_shows(models):
    value, low, high = (100 * figure for figure in models[1].error_gain)
    assert models[1].verdict == f"B is better than A by {value:.1f} points [{low:.1f}, {high:.1f}]"
    assert models[2].verdict.startswith("C and A cannot be told apart: ")
    order = {name: SCORES[name] for name in ("B", "A")}
    worse = compare_models(LABELS, order, {"A": 0.5, "B": 0.5}, ONE, TWO, n_bootstrap=200)[1]
    assert worse.verdict == f"A is worse than B by {value:.1f} points [{low:.1f}, {high:.1f}]"
    few = compare_models(LABELS[:4], {k: v[:4] for k, v in order.items()}, {"A": 0.5, "B": 0.5}, [0] * 4, [0] * 4)
    assert few[1].verdict == "too few identities to tell A from B"


def test_the_table_leaves_the_gain_of_the_first_empty(models):
    table = models_table(models)
    assert table.rows[0][4:6] == ("", "") and table.rows[1][4].startswith("+")
    assert table.rows[1][-1] == models[1].verdict


def test_what_does_not_fit_is_named():
    with pytest.raises(InputError, match="1 model was given"):
        compare_models(LABELS, {"A": SCORES["A"]}, {"A": 0.5}, ONE, TWO)
    with pytest.raises(InputError, match="name one for each model"):
        compare_models(LABELS, SCORES, {"A": 0.5}, ONE, TWO)
