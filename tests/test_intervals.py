"""Intervals: what they hold, what a slow bootstrap says, what they say of too little data."""

import math

import numpy as np
import pytest
from scipy.stats import binomtest

from siamese_nb import intervals
from siamese_nb.errors import InputError
from siamese_nb.intervals import difference_with_interval, figures_with_intervals
from siamese_nb.intervals.histogram import ScoreHistogram
from siamese_nb.intervals.resampling import Resampler
from siamese_nb.metrics import ScoreTable, auc, eer, figures

THRESHOLD = 0.4


def couples(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Draw one genuine and three impostor pairs for each of n couples, some of which look like everything."""
    own = np.arange(n)
    one, two = np.concatenate((own, np.repeat(own, 3))), np.concatenate((own, np.repeat(own, 3)))
    two[n:] = (one[n:] + rng.integers(1, n, 3 * n)) % n
    labels = np.repeat([1, 0], [n, 3 * n])
    likeness = rng.normal(0.0, 0.6, n)
    evidence = 3.0 * labels - 1.8 + likeness[one] + likeness[two] + rng.normal(0.0, 1.0, 4 * n)
    return labels, 1.0 / (1.0 + np.exp(-evidence)), one, two


def test_weights_match_a_slow_loop_over_pairs() -> None:
    labels, scores, one, two = couples(np.random.default_rng(0), 8)
    histogram = ScoreHistogram.from_scores(labels == 1, scores, THRESHOLD)
    sampler = Resampler.from_identities(one, two, labels.size)
    blocks = list(sampler.draw([histogram.row], [len(histogram.moments)], 100, 3, lambda scorings: scorings[0]))
    assert [block.cells.shape[1] for block in blocks] == [64, 36]
    seeds = np.random.SeedSequence(3).spawn(2)
    weight = np.random.default_rng(seeds[0]).standard_exponential((8, 64), dtype=np.float32)
    expected = np.zeros_like(blocks[0].identities)
    for k in range(labels.size):
        joint = weight[one[k]] if one[k] == two[k] else weight[one[k]] * weight[two[k]]
        expected[histogram.row[k]] += joint
    np.testing.assert_allclose(blocks[0].identities, expected, rtol=1e-4)


def test_pairs_of_one_cell_share_its_weight() -> None:
    one, two = np.array(["a", "b", "a", "c"]), np.array(["b", "a", "c", "c"])
    sampler = Resampler.from_identities(one, two, 4)
    (block,) = sampler.draw([np.arange(4)], [4], 64, 0, lambda scorings: scorings[0])
    np.testing.assert_array_equal(block.cells[0], block.cells[1])
    assert (block.cells[0] != block.cells[2]).any() and set(np.unique(block.cells[:3])) == {0.0, 2.0}
    assert (block.across_cells[3] == 1.0).all() and (block.identities[3] == block.cells[3]).all()


def test_gathered_rows_give_the_exact_figures() -> None:
    rng = np.random.default_rng(1)
    labels = rng.random(60_000) < 0.2
    scores = 1.0 / (1.0 + np.exp(-rng.normal(2.5 * labels - 1.5, 1.2)))
    histogram = ScoreHistogram.from_scores(labels, scores, 0.47)
    assert len(histogram.moments) < 6000
    found = {name: float(value[0]) for name, value in histogram.figures(histogram.pairs[:, None]).items()}
    exact = figures(labels, scores, 0.47)
    assert found == pytest.approx(exact, abs=2e-3)
    for name in ("accuracy", "precision", "far", "mcc", "log_loss", "brier", "d_prime"):
        assert found[name] == pytest.approx(exact[name], rel=1e-9)
    assert found["auc"] == pytest.approx(exact["auc"], abs=1e-5)


def test_every_figure_has_bounds_around_it() -> None:
    labels, scores, one, two = couples(np.random.default_rng(2), 80)
    found = figures_with_intervals(labels, scores, THRESHOLD, one, two)
    exact = figures(labels, scores, THRESHOLD)
    assert {name: found[name] for name in exact} == exact
    assert (found["pairs"], found["threshold"]) == (320, THRESHOLD)
    for name in set(exact) - {"frr_at_far_1_in_100", "frr_at_far_1_in_1000"}:
        assert found[f"{name}_low"] < exact[name] < found[f"{name}_high"], name
        lowest = {"mcc": -1.0, "d_prime": -math.inf}.get(name, 0.0)
        assert found[f"{name}_low"] >= lowest
        assert found[f"{name}_high"] <= (math.inf if name in {"d_prime", "log_loss"} else 1.0)
    assert math.isnan(found["frr_at_far_1_in_100_low"])  # 240 impostor pairs: rule of 3


def test_the_same_seed_gives_the_same_bounds_and_more_confidence_wider_ones() -> None:
    pairs = couples(np.random.default_rng(3), 50)
    arguments = (*pairs[:2], THRESHOLD, *pairs[2:])
    narrow, again = (figures_with_intervals(*arguments, seed=4, confidence=0.8) for _ in range(2))
    np.testing.assert_equal(narrow, again)
    wide = figures_with_intervals(*arguments, seed=4, confidence=0.99)
    assert wide["auc_low"] < narrow["auc_low"] and wide["auc_high"] > narrow["auc_high"]


def test_more_replicates_settle_the_bounds() -> None:
    pairs = couples(np.random.default_rng(3), 100)
    bounds = [
        figures_with_intervals(*pairs[:2], THRESHOLD, *pairs[2:], seed=seed, n_bootstrap=2000)["auc_low"]
        for seed in range(2)
    ]
    assert np.ptp(bounds) < 0.005


def test_a_perfect_verifier_is_not_certain() -> None:
    labels, one = np.repeat([1, 0], [20, 60]), np.tile(np.arange(20), 4)
    two = np.where(labels == 1, one, (one + np.repeat([0, 1, 2, 3], 20)) % 20)
    rng = np.random.default_rng(0)
    scores = np.where(labels == 1, rng.uniform(0.8, 0.9, 80), rng.uniform(0.1, 0.2, 80))
    found = figures_with_intervals(labels, scores, 0.5, one, two)
    for name in ("accuracy", "recall", "precision", "auc"):
        assert found[name] == found[f"{name}_high"] == 1.0 and 0.6 < found[f"{name}_low"] < 0.97
    assert found["far"] == found["far_low"] == 0.0 and 0.03 < found["far_high"] < 0.4


def test_few_identities_tell_nothing() -> None:
    found = figures_with_intervals([1, 1, 0, 0], [0.9, 0.4, 0.6, 0.1], 0.5, [0, 1, 0, 2], [0, 1, 1, 3])
    assert (found["auc_low"], found["auc_high"]) == (0.0, 1.0)
    assert (found["mcc_low"], found["mcc_high"]) == (-1.0, 1.0)
    assert math.isnan(found["d_prime_low"])


def test_one_kind_of_pair_leaves_the_rest_undefined() -> None:
    names = np.arange(30)
    found = figures_with_intervals(np.ones(30), np.linspace(0, 1, 30), 0.5, names, names)
    assert 0.3 < found["recall_low"] < 0.5 < found["recall_high"] < 0.7
    assert all(math.isnan(found[name]) for name in ("far", "far_low", "auc_low", "eer_high"))


def test_names_of_identities_may_be_words() -> None:
    labels, scores, one, two = couples(np.random.default_rng(5), 30)
    words = np.array([f"thing {k:02d}" for k in range(30)])
    by_number = figures_with_intervals(labels, scores, 0.5, one, two, n_bootstrap=64)
    np.testing.assert_equal(
        figures_with_intervals(labels, scores, 0.5, words[one], words[two], n_bootstrap=64), by_number
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"one_identity": [0, 1]}, "both identities"),
        ({"n_bootstrap": 1}, "at least 2"),
        ({"confidence": 95}, "confidence"),
        ({"threshold": 2.0}, "threshold"),
        ({"scores": [0.1, math.nan, 0.3]}, "1 of 3"),
    ],
)
def test_bad_input_is_named(change: dict[str, object], message: str) -> None:
    arguments = {
        "labels": [1, 0, 0],
        "scores": [0.9, 0.2, 0.3],
        "threshold": 0.5,
        "one_identity": [0, 0, 1],
        "two_identity": [0, 1, 2],
    }
    with pytest.raises(InputError, match=message):
        figures_with_intervals(**(arguments | change))


def difference(labels, a, b, one, two, **options):  # type: ignore[no-untyped-def]
    return difference_with_interval(labels, a, b, 0.5, 0.5, one, two, **options)


def test_a_difference_is_far_surer_than_two_intervals() -> None:
    labels, scores, one, two = couples(np.random.default_rng(6), 150)
    rng = np.random.default_rng(7)
    better = np.clip(scores + np.where(labels == 1, 0.02, -0.02) + rng.normal(0, 0.005, scores.size), 0, 1)
    found = difference(labels, scores, better, one, two)
    tables = [ScoreTable.from_scores(labels, part) for part in (scores, better)]
    assert found["auc"] == pytest.approx(auc(tables[1]) - auc(tables[0]))
    assert found["eer"] == pytest.approx(eer(tables[1]) - eer(tables[0]))
    assert 0.0 < found["auc_low"] < found["auc"] < found["auc_high"]
    alone = figures_with_intervals(labels, scores, 0.5, one, two)
    assert found["auc_high"] - found["auc_low"] < 0.5 * (alone["auc_high"] - alone["auc_low"])


def test_a_model_does_not_differ_from_itself() -> None:
    labels, scores, one, two = couples(np.random.default_rng(8), 40)
    found = difference(labels, scores, scores, one, two)
    assert all(value == 0.0 for name, value in found.items() if name.startswith(("auc", "accuracy", "brier")))


def test_swapping_the_models_turns_the_difference_round() -> None:
    labels, scores, one, two = couples(np.random.default_rng(9), 40)
    there, back = difference(labels, scores, scores**2, one, two), difference(labels, scores**2, scores, one, two)
    assert there["accuracy"] == -back["accuracy"] and there["accuracy_low"] == pytest.approx(-back["accuracy_high"])


def test_wilson_known_values_and_edges() -> None:
    assert intervals.wilson_interval(10, 100) == (pytest.approx(0.05523, abs=1e-5), pytest.approx(0.17437, abs=1e-5))
    assert intervals.wilson_interval(0, 10)[0] == 0.0 and intervals.wilson_interval(10, 10)[1] == 1.0
    expected = binomtest(7, 30).proportion_ci(0.9, method="wilson")
    assert intervals.wilson_interval(7, 30, 0.9) == pytest.approx((expected.low, expected.high))
    with pytest.raises(InputError, match="trials"):
        intervals.wilson_interval(3, 2)


def test_the_rule_of_three() -> None:
    assert intervals.upper_bound_without_errors(3000) == pytest.approx(3 / 3000, rel=0.01)
    assert (1 - intervals.upper_bound_without_errors(50)) ** 50 == pytest.approx(0.05)


def test_too_few_pairs_is_said_plainly() -> None:
    assert "too few pairs for a FAR of 0.001" in str(intervals.too_few_pairs(2999, 0.001))
    assert "rough" in str(intervals.too_few_pairs(3000, 0.001)) and "30,000" in str(
        intervals.too_few_pairs(3000, 0.001)
    )
    assert intervals.too_few_pairs(30_000, 0.001) is None
    with pytest.raises(InputError, match="FAR"):
        intervals.too_few_pairs(100, 0.0)


def test_a_share_over_unlike_groups_is_covered_as_often_as_stated() -> None:
    rng = np.random.default_rng(0)
    rates = rng.beta(18, 2, (2000, 10))  # what ten alphabets are like, drawn anew each time; 0.9 on average
    right, asked = rng.binomial(40, rates), np.full(10, 40)
    covered = [low <= 0.9 <= high for low, high in (intervals.clustered_interval(row, asked) for row in right)]
    naive = [low <= 0.9 <= high for low, high in (intervals.wilson_interval(row.sum(), 400) for row in right)]
    assert 0.93 <= np.mean(covered) <= 0.97
    assert np.mean(naive) < 0.85


def test_a_share_over_groups_at_its_edges() -> None:
    assert intervals.clustered_interval([5], [5]) == (0.0, 1.0)  # one group shows no spread
    low, high = intervals.clustered_interval([20, 20, 20], [20, 20, 20])
    assert 0 < low < 0.5 and high == 1.0
    alike = intervals.clustered_interval([10, 10, 10, 10], [20, 20, 20, 20])
    assert alike[0] <= intervals.wilson_interval(40, 80)[0] and alike[1] >= intervals.wilson_interval(40, 80)[1]
    for successes, trials in (([1, 2], [1]), ([3], [2]), ([], []), ([0, 1], [0, 2])):
        with pytest.raises(InputError):
            intervals.clustered_interval(successes, trials)
