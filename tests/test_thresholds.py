"""Ways to choose a threshold: each against a search over all thresholds."""

import json
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from siamese_nb.errors import InputError
from siamese_nb.metrics import Counts, ScoreTable
from siamese_nb.thresholds import BY_CATEGORY, RULES, choose_band, choose_by_category, choose_threshold

pairs = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 12)), min_size=2, max_size=30).filter(
    lambda drawn: len({label for label, _ in drawn}) == 2
)


def unpack(drawn: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    labels, steps = np.array(drawn).T
    return labels, steps / 12.0


def noisy(n: int = 800, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = (rng.random(n) < 0.3).astype(int)
    return labels, 1.0 / (1.0 + np.exp(-rng.normal(3 * labels - 2, 1.3)))


def every_count(labels: np.ndarray, scores: np.ndarray) -> list[Counts]:
    """Count at a threshold in every gap of [0, 1] that scores leave, by looking at each pair."""
    cuts = sorted({0.0, *scores.tolist(), *(np.nextafter(scores[scores < 1.0], 1.0)).tolist()})
    found = []
    for cut in cuts:
        accepted = scores >= cut
        found.append(
            Counts(
                *(int(np.sum(part)) for part in (accepted & (labels == 1), ~accepted & (labels == 1))),
                *(int(np.sum(part)) for part in (accepted & (labels == 0), ~accepted & (labels == 0))),
            )
        )
    return found


BEST: dict[str, tuple[dict[str, float], Callable[[list[Counts]], float], Callable[[Counts], float]]] = {
    "accuracy": ({}, lambda c: max(x.accuracy for x in c), lambda x: x.accuracy),
    "balanced_accuracy": ({}, lambda c: max(x.balanced_accuracy for x in c), lambda x: x.balanced_accuracy),
    "f_beta": ({"beta": 2.0}, lambda c: max(x.f_beta(2.0) for x in c), lambda x: x.f_beta(2.0)),
    "recall": ({"at_least": 0.8}, lambda c: min(x.far for x in c if x.recall >= 0.8), lambda x: x.far),
    "eer": ({}, lambda c: min(abs(x.far - x.frr) for x in c), lambda x: abs(x.far - x.frr)),
    "cost": (
        {"false_accept": 5.0, "false_reject": 1.0, "prevalence": 0.1},
        lambda c: min(5 * 0.9 * x.far + 0.1 * x.frr for x in c),
        lambda x: 5 * 0.9 * x.far + 0.1 * x.frr,
    ),
}


@pytest.mark.parametrize("rule", BEST)
@given(drawn=pairs)
def test_no_threshold_is_better_than_the_chosen_one(rule: str, drawn: list[tuple[int, int]]) -> None:
    parameters, best, figure = BEST[rule]
    labels, scores = unpack(drawn)
    choice = choose_threshold(labels, scores, rule, **parameters)
    reached = ScoreTable.from_scores(labels, scores).counts(choice.threshold)
    assert figure(reached) == pytest.approx(best(every_count(labels, scores)))
    assert 0.0 <= choice.threshold <= 1.0


@given(drawn=pairs, wish=st.sampled_from([0.5, 0.8, 1.0]))
def test_precision_and_far_wishes_are_kept_or_refused(drawn: list[tuple[int, int]], wish: float) -> None:
    labels, scores = unpack(drawn)
    useful = [c for c in every_count(labels, scores) if c.true_accepts]
    for rule, parameter, allowed in (
        ("precision", {"at_least": wish}, [c for c in useful if c.precision >= wish]),
        ("far", {"at_most": 1 - wish}, [c for c in useful if c.far <= 1 - wish]),
    ):
        if not allowed:
            with pytest.raises(InputError, match=r"the (best|lowest) is"):
                choose_threshold(labels, scores, rule, **parameter)
            continue
        choice = choose_threshold(labels, scores, rule, **parameter)
        reached = ScoreTable.from_scores(labels, scores).counts(choice.threshold)
        assert reached.recall == pytest.approx(max(c.recall for c in allowed))
        assert choice.value == pytest.approx(reached.precision if rule == "precision" else reached.far)


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_gives_a_threshold_between_scores_and_its_own_figure(rule: str) -> None:
    labels, scores = noisy()
    choice = choose_threshold(labels, scores, rule)
    assert np.abs(scores - choice.threshold).min() > 0.0
    above, below = scores[scores >= choice.threshold].min(), scores[scores < choice.threshold].max()
    assert choice.threshold == pytest.approx((above + below) / 2)
    counts = ScoreTable.from_scores(labels, scores).counts(choice.threshold)
    figures = {
        "accuracy": counts.accuracy,
        "balanced_accuracy": counts.balanced_accuracy,
        "f_beta": counts.f_beta(),
        "precision": counts.precision,
        "recall": counts.recall,
        "far": counts.far,
        "eer": (counts.far + counts.frr) / 2,
        "cost": (counts.far + counts.frr) / 2,
    }
    assert choice.value == pytest.approx(figures[rule])
    assert json.loads(json.dumps(choice.to_dict()))["rule"] == rule


def test_the_default_does_not_depend_on_the_mix_of_pairs() -> None:
    labels, scores = noisy()
    many = np.concatenate([np.flatnonzero(labels == 1), np.repeat(np.flatnonzero(labels == 0), 10)])
    assert choose_threshold(labels, scores) == choose_threshold(labels[many], scores[many])


def error(labels: np.ndarray, scores: np.ndarray, cut: float) -> float:
    return float(np.mean([np.mean(scores[labels == 0] >= cut), np.mean(scores[labels == 1] < cut)]))


@given(drawn=st.lists(pairs, min_size=2, max_size=4), alone=st.integers(0, 1), added=st.sampled_from([0.01, 0.5]))
def test_no_threshold_has_less_error_beside_what_each_category_could_have(
    drawn: list[list[tuple[int, int]]], alone: int, added: float
) -> None:
    categories = [unpack(each) for each in drawn]
    names = np.repeat(np.arange(len(drawn)), [len(each) for each in drawn])
    labels, scores = (np.concatenate(columns) for columns in zip(*categories, strict=True))
    # A category with one kind of pair says nothing.
    choice = choose_by_category(np.append(labels, alone), np.append(scores, 0.5), np.append(names, -1), added)
    errors = np.array([[error(*each, step / 12.0) for step in range(13)] for each in categories])
    reached = np.array([error(*each, choice.threshold) for each in categories])
    weight = 1 / (errors.min(axis=1) + added)
    assert weight @ reached == pytest.approx((weight @ errors).min())
    assert choice.value == pytest.approx(1 - reached.mean())
    assert (choice.rule, choice.parameters) == (BY_CATEGORY, {"added": added})


def test_a_category_that_is_hard_at_any_threshold_does_not_decide_for_an_easy_one() -> None:
    easy, hard = ([1, 1, 0, 0], [0.5, 0.4, 0.3, 0.2]), ([1, 1, 1, 0, 0, 0], [0.9, 0.8, 0.1, 0.85, 0.7, 0.6])
    labels, scores = (np.array([*one, *two, *two]) for one, two in zip(easy, hard, strict=True))
    choice = choose_by_category(labels, scores, np.repeat(["easy", "hard", "harder"], [4, 6, 6]))
    assert 0.3 < choice.threshold <= 0.4
    assert choose_threshold(labels, scores).threshold > 0.5


@pytest.mark.parametrize("category", ["one", ["one"] * 6 + ["two"] * 2])
def test_without_two_categories_of_both_kinds_all_pairs_are_taken_together(category: str | list[str]) -> None:
    labels, scores = [1, 1, 1, 0, 0, 0, 1, 1], [0.9, 0.8, 0.3, 0.6, 0.2, 0.1, 0.7, 0.4]
    assert choose_by_category(labels, scores, np.broadcast_to(category, 8)) == choose_threshold(labels, scores)


@pytest.mark.parametrize(
    ("category", "options", "message"),
    [
        (["a", "b"], {"added": 0}, "added=0 was given"),
        (["a", "b"], {"added": np.nan}, "added=nan was given"),
        (["a"], {}, r"categories of shape \(1,\) were given for 2 pairs"),
        ("a", {}, r"categories of shape \(\) were given"),
    ],
)
def test_what_cannot_be_weighed_by_category_is_refused(category: object, options: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        choose_by_category([1, 0], [0.9, 0.1], category, **options)


def test_the_middle_of_the_widest_stretch_is_taken() -> None:
    # Accuracy is 3/4 in two stretches of thresholds, the wider one from 0.3 to 0.9.
    choice = choose_threshold([0, 1, 0, 1], [0.1, 0.2, 0.3, 0.9], "accuracy")
    assert choice.threshold == pytest.approx(0.6)


def test_scores_of_neighbouring_floats_are_still_told_apart() -> None:
    low = 0.5
    high = np.nextafter(low, 1.0)
    choice = choose_threshold([0, 1], [low, high])
    assert choice.value == 1.0 and low < choice.threshold <= high


def test_equal_scores_give_a_threshold_all_the_same() -> None:
    choice = choose_threshold([1, 0, 0], [0.25, 0.25, 0.25])
    assert choice.value == 0.5 and 0.0 <= choice.threshold <= 1.0
    assert choose_threshold([1, 0], [1.0, 1.0]).value == 0.5


@pytest.mark.parametrize(
    ("rule", "parameters", "message"),
    [
        ("best", {}, "balanced_accuracy"),
        ("far", {"at_least": 0.1}, "takes at_most"),
        ("accuracy", {"beta": 1.0}, "no parameters"),
        ("recall", {"at_least": 1.5}, "must lie in"),
        ("f_beta", {"beta": 0.0}, "above 0"),
        ("cost", {"prevalence": 1.0}, "prevalence"),
        ("cost", {"false_accept": 0.0, "false_reject": 0.0}, "not both 0"),
        ("precision", {"at_least": 1.0}, "the best is 0.6667"),
    ],
)
def test_bad_wishes_are_named(rule: str, parameters: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        choose_threshold([1, 1, 0], [0.9, 0.5, 0.95], rule, **parameters)


def test_one_kind_of_pair_is_refused() -> None:
    with pytest.raises(InputError, match="2 genuine and 0 impostor"):
        choose_threshold([1, 1], [0.2, 0.3])


@given(drawn=pairs, far=st.sampled_from([0.0, 0.1, 0.5]), frr=st.sampled_from([0.0, 0.1, 0.5]))
def test_a_band_keeps_both_bounds(drawn: list[tuple[int, int]], far: float, frr: float) -> None:
    labels, scores = unpack(drawn)
    if (scores[labels == 0] == 1.0).mean() > far:
        with pytest.raises(InputError, match="score of 1"):
            choose_band(labels, scores, far, frr)
        return
    band = choose_band(labels, scores, far, frr, prevalence=0.2)
    decided = band.decide(scores)
    assert band.low <= band.high
    assert np.mean(decided[labels == 0] == 1) == pytest.approx(band.far) and band.far <= far
    assert np.mean(decided[labels == 1] == 0) == pytest.approx(band.frr) and band.frr <= frr
    unsure = [np.mean(decided[labels == kind] == -1) for kind in (0, 1)]
    assert band.unsure == pytest.approx(0.8 * unsure[0] + 0.2 * unsure[1])


def test_a_band_closes_where_one_threshold_is_enough() -> None:
    band = choose_band([1, 1, 0, 0], [0.9, 0.8, 0.2, 0.1])
    assert band.low == band.high == pytest.approx(0.5) and band.unsure == 0.0


def test_a_band_leaves_the_overlap_to_a_person() -> None:
    band = choose_band([1, 1, 0, 0], [0.9, 0.4, 0.6, 0.1], 0.0, 0.0)
    assert (band.low, band.high) == (pytest.approx(0.25), pytest.approx(0.75))
    assert band.decide([0.1, 0.5, 0.9]).tolist() == [0, -1, 1]
