"""Metrics: slow-loop oracles, agreement with scikit-learn, edges of what is defined."""

import itertools
import json
import math

import numpy as np
import pytest
import sklearn.metrics as reference
from hypothesis import given, settings
from hypothesis import strategies as st

from siamese_nb import metrics
from siamese_nb.errors import InputError
from siamese_nb.metrics import GENUINE, IMPOSTOR, ScoreTable
from siamese_nb.storage import to_json

FIGURES = {
    "accuracy", "precision", "recall", "auc", "eer",
    "recall_at_precision_80", "recall_at_precision_90", "recall_at_precision_95",
}  # fmt: skip

# Scores on a coarse grid, so that ties are the rule.
pairs = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 12)), min_size=2, max_size=40).filter(
    lambda drawn: len({label for label, _ in drawn}) == 2
)


def unpack(drawn: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    labels, steps = np.array(drawn).T
    return labels, steps / 12.0


def noisy(n: int = 500, seed: int = 0, decimals: int = 2) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = (rng.random(n) < 0.3).astype(int)
    return labels, np.clip(np.round(rng.normal(0.4 + 0.2 * labels, 0.15), decimals), 0, 1)


def slow_counts(labels: np.ndarray, scores: np.ndarray, threshold: float) -> tuple[int, int, int, int]:
    found = [0, 0, 0, 0]
    for label, score in zip(labels, scores, strict=True):
        accepted = score >= threshold
        found[(0 if accepted else 1) if label == GENUINE else (2 if accepted else 3)] += 1
    return tuple(found)


def test_a_score_at_the_threshold_is_accepted() -> None:
    assert metrics.accept([0.5, 0.4999, 0.5001], 0.5).tolist() == [True, False, True]
    assert metrics.accept(np.float32([0.7]), float(np.float32(0.7))).tolist() == [True]
    assert metrics.accept(np.full((2, 3), 0.2), 0.1).shape == (2, 3)


@given(pairs, st.integers(-1, 26))
def test_counts_match_a_slow_loop_at_and_between_scores(drawn: list[tuple[int, int]], step: int) -> None:
    labels, scores = unpack(drawn)
    counts = ScoreTable.from_scores(labels, scores).counts(step / 24.0)
    found = (counts.true_accepts, counts.false_rejects, counts.false_accepts, counts.true_rejects)
    assert found == slow_counts(labels, scores, step / 24.0)
    assert all(isinstance(value, int) for value in found)


def test_counts_at_several_thresholds_at_once() -> None:
    labels, scores = noisy()
    table = ScoreTable.from_scores(labels, scores)
    together = table.counts([0.2, 0.5, 0.9])
    assert together.false_accepts.tolist() == [table.counts(t).false_accepts for t in (0.2, 0.5, 0.9)]


@given(pairs)
def test_auc_and_eer_match_slow_loops(drawn: list[tuple[int, int]]) -> None:
    labels, scores = unpack(drawn)
    genuine, impostor = scores[labels == GENUINE], scores[labels == IMPOSTOR]
    wins = sum(1.0 if g > i else 0.5 if g == i else 0.0 for g in genuine for i in impostor)
    table = ScoreTable.from_scores(labels, scores)
    assert metrics.auc(table) == pytest.approx(wins / (genuine.size * impostor.size))
    # Where the ROC's straight pieces meet the line FAR = 1 - recall.
    points = [(0.0, 1.0)] + [
        (float(np.mean(impostor >= t)), float(np.mean(genuine < t))) for t in sorted(set(scores.tolist()), reverse=True)
    ]
    for (far_a, frr_a), (far_b, frr_b) in itertools.pairwise(points):
        if far_a <= frr_a and far_b >= frr_b:
            step = (frr_a - far_a) / ((far_b - far_a) + (frr_a - frr_b))
            assert metrics.eer(table) == pytest.approx(far_a + step * (far_b - far_a))
            break


@given(pairs, st.sampled_from([0.0, 0.25, 0.5, 0.8, 0.9, 1.0]))
def test_bests_over_thresholds_match_slow_loops(drawn: list[tuple[int, int]], wish: float) -> None:
    labels, scores = unpack(drawn)
    table = ScoreTable.from_scores(labels, scores)
    recalls, precisions, frrs, costs = [0.0], [], [1.0], []
    for threshold in [2.0, *set(scores.tolist())]:
        ta, fr, fa, tr = slow_counts(labels, scores, threshold)
        precision = ta / (ta + fa) if ta + fa else 1.0
        costs.append((0.01 * fr / (ta + fr) + 0.99 * fa / (fa + tr)) / 0.01)
        if precision >= wish:
            recalls.append(ta / (ta + fr))
        if ta / (ta + fr) >= wish:
            precisions.append(precision)
        if fa / (fa + tr) <= wish:
            frrs.append(fr / (ta + fr))
    assert metrics.recall_at_precision(table, wish) == pytest.approx(max(recalls))
    assert metrics.precision_at_recall(table, wish) == pytest.approx(max(precisions))
    assert metrics.frr_at_far(table, wish) == pytest.approx(min(frrs))
    assert metrics.minimum_detection_cost(table) == pytest.approx(min(costs))


@pytest.mark.parametrize("seed", range(5))
def test_agrees_with_scikit_learn(seed: int) -> None:
    labels, scores = noisy(seed=seed)
    decided = scores >= 0.55
    found = metrics.figures(labels, scores, 0.55)
    expected = {
        "accuracy": reference.accuracy_score(labels, decided),
        "precision": reference.precision_score(labels, decided),
        "recall": reference.recall_score(labels, decided),
        "balanced_accuracy": reference.balanced_accuracy_score(labels, decided),
        "f1": reference.f1_score(labels, decided),
        "mcc": reference.matthews_corrcoef(labels, decided),
        "auc": reference.roc_auc_score(labels, scores),
        "average_precision": reference.average_precision_score(labels, scores),
        "log_loss": reference.log_loss(labels, scores),
        "brier": reference.brier_score_loss(labels, scores),
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected)
    counts = ScoreTable.from_scores(labels, scores).counts(0.55)
    assert counts.f_beta(2.0) == pytest.approx(reference.fbeta_score(labels, decided, beta=2.0))


@pytest.mark.parametrize("seed", range(3))
def test_curves_agree_with_scikit_learn(seed: int) -> None:
    labels, scores = noisy(seed=seed)
    table = ScoreTable.from_scores(labels, scores)
    for ours, theirs in zip(
        metrics.curves.roc_curve(table), reference.roc_curve(labels, scores, drop_intermediate=False), strict=True
    ):
        np.testing.assert_allclose(ours, theirs)
    precision, recall, thresholds = metrics.curves.precision_recall_curve(table)
    for ours, theirs in zip(
        (precision, recall, thresholds[:-1]), reference.precision_recall_curve(labels, scores), strict=True
    ):
        np.testing.assert_allclose(ours, theirs)
    theirs_far, theirs_frr, _ = reference.det_curve(labels, scores)
    far, frr, _ = metrics.curves.det_curve(table)
    ours = set(zip(far.tolist(), frr.tolist(), strict=True))
    assert set(zip(theirs_far.tolist(), theirs_frr.tolist(), strict=True)) <= ours | {(0.0, 1.0)}
    assert (frr[far == 0.0].size, far[frr == 0.0].size) == (1, 1)  # the constant ends are left out


@given(pairs)
def test_error_rates_run_monotonely_from_all_to_nothing(drawn: list[tuple[int, int]]) -> None:
    curve = metrics.curves.far_frr_curve(ScoreTable.from_scores(*unpack(drawn)))
    assert (np.diff(curve.thresholds) > 0).all()
    assert (np.diff(curve.far) <= 0).all() and (np.diff(curve.frr) >= 0).all()
    assert (curve.far[0], curve.frr[0], curve.far[-1], curve.frr[-1]) == (1.0, 0.0, 0.0, 1.0)


@given(pairs)
def test_figures_do_not_depend_on_the_order_of_pairs(drawn: list[tuple[int, int]]) -> None:
    labels, scores = unpack(drawn)
    turned = metrics.figures(labels[::-1], scores[::-1], 0.5)
    assert metrics.figures(labels, scores, 0.5) == pytest.approx(turned, nan_ok=True)


def test_perfect_and_reversed_scores() -> None:
    best = metrics.figures([1, 1, 0, 0], [0.9, 0.8, 0.2, 0.1], 0.5)
    assert (best["auc"], best["eer"], best["recall_at_precision_95"], best["accuracy"]) == (1.0, 0.0, 1.0, 1.0)
    worst = metrics.figures([0, 0, 1, 1], [0.9, 0.8, 0.2, 0.1], 0.5)
    assert (worst["auc"], worst["eer"], worst["accuracy"], worst["mcc"]) == (0.0, 1.0, 0.0, -1.0)
    assert worst["d_prime"] < 0 < best["d_prime"]


def test_known_d_prime() -> None:
    assert metrics.d_prime([1, 1, 0, 0], [0.8, 0.6, 0.4, 0.2]) == pytest.approx(0.4 / 0.1)


def test_undefined_figures_are_nan_and_null_in_json() -> None:
    found = metrics.figures([1, 1, 0], [0.3, 0.2, 0.1], 0.9)
    assert math.isnan(found["precision"]) and found["recall"] == found["f1"] == found["mcc"] == 0.0
    assert json.loads(to_json(found))["precision"] is None
    one_kind = metrics.figures([1, 1], [0.3, 0.2], 0.25)
    assert one_kind["recall"] == 0.5
    assert all(math.isnan(one_kind[name]) for name in ("far", "auc", "eer", "balanced_accuracy", "mcc", "d_prime"))
    other_kind = metrics.figures([0, 0], [0.3, 0.2], 0.25)
    assert other_kind["far"] == 0.5 and math.isnan(other_kind["recall"]) and math.isnan(other_kind["average_precision"])


def test_figures_has_the_names_that_the_command_line_promises() -> None:
    found = metrics.figures([1, 0], [0.8, 0.2], 0.5)
    assert set(found) >= FIGURES and all(type(value) is float for value in found.values())


def test_mcc_survives_millions_of_pairs() -> None:
    counts = metrics.Counts(4_000_000, 1_000_000, 1_000_000, 4_000_000)
    assert counts.mcc == pytest.approx(0.6)


def test_collapse_is_seen() -> None:
    assert metrics.is_collapsed(np.full(100, 0.25) + np.linspace(0, 1e-5, 100))
    assert not metrics.is_collapsed([0.2, 0.3])
    with pytest.raises(InputError, match="no scores"):
        metrics.is_collapsed([])


def test_reliability_counts_every_pair_once_and_keeps_ties_together() -> None:
    labels, scores = noisy(1000, decimals=1)
    curve = metrics.reliability_curve(labels, scores, bins=20)
    assert curve.pairs.sum() == 1000 and curve.pairs.size <= 11
    assert np.average(curve.stated, weights=curve.pairs) == pytest.approx(scores.mean())
    assert np.average(curve.observed, weights=curve.pairs) == pytest.approx(labels.mean())


def test_calibration_error_is_zero_for_true_probabilities_only() -> None:
    probabilities = np.repeat([0.2, 0.8], 10)
    labels = np.array([1] * 2 + [0] * 8 + [1] * 8 + [0] * 2)
    assert metrics.expected_calibration_error(labels, probabilities, bins=2) == pytest.approx(0.0)
    assert metrics.expected_calibration_error(labels, 1.0 - probabilities, bins=2) == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("labels", "scores", "message"),
    [
        ([1, 0], [0.5, np.nan], "1 of 2 scores are NaN"),
        ([1, 0, 0], [np.nan, np.nan, np.inf], "3 of 3 scores are NaN"),
        ([1, 0], [0.5, 1.2], "must lie in"),
        ([1, 2], [0.5, 0.2], "1 of 2 labels"),
        ([1, 0], [[0.5], [0.2]], "ravel"),
        ([1, 0, 1], [0.5, 0.2], "same|shape"),
        ([], [], "no pairs"),
    ],
)
def test_bad_input_is_named(labels: list[int], scores: list[float], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        metrics.figures(labels, scores, 0.5)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("threshold", [-0.1, 1.1, float("nan")])
def test_bad_thresholds_are_named(threshold: float) -> None:
    with pytest.raises(InputError, match="threshold"):
        metrics.figures([1, 0], [0.5, 0.2], threshold)


def test_equal_scores_have_no_d_prime_however_they_are_rounded() -> None:
    labels, scores = np.tile([0, 1, 1, 1], 4), np.tile([0.0, 0.7, 0.7, 0.7], 4)
    assert math.isnan(metrics.d_prime(labels, scores))


@settings(max_examples=25, deadline=None)
@given(pairs, st.integers(1, 4))
def test_repeating_all_pairs_changes_no_figure(drawn: list[tuple[int, int]], times: int) -> None:
    labels, scores = unpack(drawn)
    again = metrics.figures(np.tile(labels, times), np.tile(scores, times), 0.5)
    assert again == pytest.approx(metrics.figures(labels, scores, 0.5), nan_ok=True)
