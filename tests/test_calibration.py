"""Calibration: probabilities that come true, at the prevalence that is stated."""

import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logit

from siamese_nb.calibration import ISOTONIC_FROM, Calibration, fit_calibration
from siamese_nb.errors import InputError
from siamese_nb.metrics import expected_calibration_error, log_loss


def drawn(n: int, seed: int, prevalence: float = 0.25) -> tuple[np.ndarray, np.ndarray]:
    """Draw pairs whose genuine log-odds, balanced, are 2 z, and whose scores overstate them."""
    rng = np.random.default_rng(seed)
    labels = (rng.random(n) < prevalence).astype(int)
    z = rng.normal(np.where(labels == 1, 1.0, -1.0), 1.0)
    return labels, expit(5.0 * z + 1.0)


SIZES = {"platt": 600, "isotonic": 40_000}


@pytest.mark.parametrize(("method", "n"), SIZES.items())
def test_probabilities_come_true_on_other_pairs(method: str, n: int) -> None:
    calibration = fit_calibration(*drawn(n, seed=1))
    assert calibration.method == method
    labels, scores = drawn(50_000, seed=2)
    probability = calibration.probability(scores, prevalence=0.25)
    assert expected_calibration_error(labels, scores) > 0.1
    assert expected_calibration_error(labels, probability) < (0.03 if method == "platt" else 0.012)
    assert log_loss(labels, probability) < log_loss(labels, scores)


@pytest.mark.parametrize(("method", "n"), SIZES.items())
def test_the_true_map_is_found(method: str, n: int) -> None:
    calibration = fit_calibration(*drawn(n, seed=3))
    z = np.linspace(-1.2, 1.2, 25)
    error = np.abs(calibration.probability(expit(5.0 * z + 1.0)) - expit(2.0 * z)).max()
    assert error < (0.08 if method == "platt" else 0.05)


@pytest.mark.parametrize("n", [3000, 30_000])
def test_more_of_the_same_impostors_change_nothing(n: int) -> None:
    labels, scores = drawn(n, seed=4)
    many = np.concatenate([np.flatnonzero(labels == 1), np.repeat(np.flatnonzero(labels == 0), 10)])
    few, more = fit_calibration(labels, scores), fit_calibration(labels[many], scores[many])
    grid = np.linspace(0.05, 0.999, 50)
    assert few.method == more.method
    np.testing.assert_allclose(few.probability(grid), more.probability(grid), atol=0.001)


def test_prevalence_moves_the_odds_by_bayes_rule() -> None:
    calibration = fit_calibration(*drawn(600, seed=5))
    scores = np.linspace(0.1, 0.9, 9)
    shift = logit(calibration.probability(scores, 0.02)) - logit(calibration.probability(scores))
    np.testing.assert_allclose(shift, np.log(0.02 / 0.98))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 1), st.floats(0, 1)), min_size=2, max_size=40).filter(
        lambda pairs: len({label for label, _ in pairs}) == 2
    ),
    st.floats(1e-9, 1 - 1e-9),
)
def test_rising_and_never_certain_whatever_the_data(pairs: list[tuple[int, float]], prevalence: float) -> None:
    labels, scores = zip(*pairs, strict=True)
    probability = fit_calibration(labels, scores).probability(np.linspace(0, 1, 101), prevalence)
    assert (np.diff(probability) >= -1e-15).all()
    assert (probability > 0.0).all() and (probability < 1.0).all()


def test_perfect_separation_in_bulk_is_not_certain() -> None:
    n = 2 * ISOTONIC_FROM
    labels = np.repeat([0, 1], n)
    calibration = fit_calibration(labels, np.where(labels == 1, 0.9, 0.1))
    low, high = calibration.probability([0.1, 0.9])
    assert (calibration.method, low, high) == ("isotonic", pytest.approx(1 / (n + 2)), pytest.approx(1 - 1 / (n + 2)))


def test_scores_the_wrong_way_round_say_nothing() -> None:
    labels, scores = drawn(500, seed=6)
    np.testing.assert_allclose(fit_calibration(labels, 1.0 - scores).probability([0.0, 0.5, 1.0], 0.3), 0.3)


@pytest.mark.parametrize(("method", "n"), SIZES.items())
def test_survives_json(method: str, n: int) -> None:
    calibration = fit_calibration(*drawn(n, seed=7))
    assert Calibration.from_dict(json.loads(json.dumps(calibration.to_dict()))) == calibration
    assert calibration.method == method


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"method": None, "extra": 1}, "it needs"),
        ({"score_log_odds": [0.0]}, "do not match"),
        ({"score_log_odds": [1.0, 0.0]}, "rising"),
        ({"genuine_log_odds": [0.0, float("nan")]}, "finite"),
    ],
)
def test_damaged_files_are_named(change: dict[str, object], message: str) -> None:
    values = {"method": "platt", "score_log_odds": [0.0, 1.0], "genuine_log_odds": [0.0, 1.0]} | change
    with pytest.raises(InputError, match=message):
        Calibration.from_dict({key: value for key, value in values.items() if value is not None})


def test_bad_input_is_named() -> None:
    with pytest.raises(InputError, match="only one kind"):
        fit_calibration([1, 1], [0.2, 0.3])
    calibration = fit_calibration([1, 1, 0, 0], [0.9, 0.7, 0.2, 0.4])
    for prevalence in (0.0, 1.0, float("nan")):
        with pytest.raises(InputError, match="prevalence"):
            calibration.probability([0.5], prevalence)
    with pytest.raises(InputError, match="NaN"):
        calibration.probability([0.5, np.nan])
    assert calibration.probability([[0.5, 0.6]]).shape == (1, 2)


def test_using_a_calibration_loads_no_scikit_learn() -> None:
    code = (
        "import sys; from siamese_nb.calibration import Calibration;"
        "Calibration('platt', (-1.0, 1.0), (-1.0, 1.0)).probability([0.5]);"
        "sys.exit('sklearn' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
