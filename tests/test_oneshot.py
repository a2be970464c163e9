"""N-way K-shot recognition: fair rounds, and ties that are errors."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siamese_nb.errors import InputError
from siamese_nb.oneshot import Trials, draw_trials, one_shot_figures, right_answers
from siamese_nb.pairs import Part

N_CATEGORIES, N_THINGS, N_SOURCES = 3, 6, 4


@pytest.fixture(scope="module")
def part() -> Part:
    """Three categories of six things, each drawn once by each of four."""
    identity = np.repeat(np.arange(N_CATEGORIES * N_THINGS), N_SOURCES)
    images = np.arange(len(identity)) + 100
    return Part(images, identity, identity // N_THINGS, np.empty((0, 3), np.int64))


SOURCE = np.tile(np.arange(N_SOURCES), N_CATEGORIES * N_THINGS)


def truth(part: Part, trials: Trials) -> np.ndarray:
    """Score a pair 1 if it shows the same thing, else 0."""
    one, two = trials.pairs()
    return (part.identity_of(one) == part.identity_of(two)).astype(float)


@given(
    seed=st.integers(0, 2**32 - 1), n_way=st.integers(2, N_THINGS), k_shot=st.integers(1, 3), by_source=st.booleans()
)
@settings(max_examples=60, deadline=None)
def test_rounds_are_fair(part: Part, seed: int, n_way: int, k_shot: int, by_source: bool) -> None:
    k_shot = 1 if by_source else k_shot
    trials = draw_trials(part, np.random.default_rng(seed), n_way, k_shot, 5, SOURCE if by_source else None)
    assert trials.support.shape == (5, n_way, k_shot)
    assert trials.query.shape == (5, n_way)
    known, asked = part.identity_of(trials.support), part.identity_of(trials.query)
    assert (known == asked[:, :, None]).all()
    for row in range(5):
        assert len(set(asked[row])) == n_way
        assert set(part.category_of(trials.query[row])) == {trials.category[row]}
        assert not set(trials.support[row].ravel()) & set(trials.query[row])
        if by_source:
            hands = [set(SOURCE[images.ravel() - 100]) for images in (trials.support[row], trials.query[row])]
            assert len(hands[0]) == len(hands[1]) == 1 != hands[0] & hands[1]
            assert hands[0] != hands[1]


def test_rounds_are_spread_over_the_categories(part: Part) -> None:
    trials = draw_trials(part, np.random.default_rng(0), 3, 1, 7)
    assert sorted(np.bincount(trials.category)) == [2, 2, 3]


def test_what_knows_the_truth_is_always_right_and_what_knows_nothing_never(part: Part) -> None:
    trials = draw_trials(part, np.random.default_rng(0), 5, 2, 6)
    scores = truth(part, trials)
    assert right_answers(trials, scores).all()
    assert not right_answers(trials, np.full(scores.shape, 0.7)).any()
    assert not right_answers(trials, 1 - scores).any()
    assert not right_answers(trials, np.full(scores.shape, np.nan)).any()


def test_right_answers_agree_with_a_slow_loop(part: Part) -> None:
    rng = np.random.default_rng(1)
    trials = draw_trials(part, rng, 4, 2, 6)
    scores = rng.integers(0, 4, trials.pairs()[0].size) / 4  # with ties
    found, row = right_answers(trials, scores), iter(scores)
    for number in range(6):
        for query in range(4):
            means = [np.mean([next(row) for _ in range(2)]) for _ in range(4)]
            others = means[:query] + means[query + 1 :]
            assert found[number, query] == (means[query] > max(others))


def test_figures_say_how_far_they_can_be_trusted(part: Part) -> None:
    trials = draw_trials(part, np.random.default_rng(2), 4, 1, 9)
    scores = np.random.default_rng(3).random(trials.pairs()[0].size) + truth(part, trials) / 2
    figures = one_shot_figures(trials, scores)
    assert figures["trials"] == 36
    assert figures["accuracy"] == right_answers(trials, scores).mean()
    assert 0 < figures["accuracy_low"] < figures["accuracy"] < figures["accuracy_high"] < 1
    assert np.mean(list(figures["by_category"].values())) == pytest.approx(figures["accuracy"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"n_way": 1}, "n_way is 1"),
        ({"k_shot": 0}, "k_shot is 0"),
        ({"rounds": 0}, "rounds is 0"),
        ({"n_way": N_THINGS + 1}, "no category has 7 things with 2 pictures"),
        ({"k_shot": N_SOURCES}, "5 pictures each"),
        ({"source": np.zeros(N_CATEGORIES * N_THINGS * N_SOURCES, int)}, "from two sources"),
    ],
)
def test_what_cannot_be_drawn_is_told(part: Part, arguments: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        draw_trials(part, np.random.default_rng(0), **{"n_way": 3, **arguments})  # type: ignore[arg-type]
