"""Pairs between sources: one category, two sources, both kinds, and a judgement that only what is shown can win."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siamese_nb import sources
from siamese_nb.errors import InputError
from siamese_nb.pairs import Part
from siamese_nb.sources import draw_between_sources, judge_between_sources, sources_from_names

THINGS, DRAWERS = 8, 4
IDENTITY = np.repeat(np.arange(2 * THINGS), DRAWERS)
PART = Part(100 + np.arange(len(IDENTITY)), IDENTITY, IDENTITY // THINGS, np.empty((0, 3), np.int64))
SOURCE = np.tile(np.arange(DRAWERS), 2 * THINGS)


def test_a_name_that_says_nothing_is_named() -> None:
    with pytest.raises(InputError, match=r"Greek/alpha\.png .* give another pattern"):
        sources_from_names(["Greek/a_01.png", "Greek/alpha.png"])
    assert sources_from_names(["x/camera7-a.jpg"], r"camera(\d)").tolist() == ["7"]


@given(seed=st.integers(0, 2**32 - 1), count=st.integers(2, 60))
@settings(max_examples=40, deadline=None)
def test_pairs_are_of_one_category_and_two_sources_and_half_are_genuine(seed: int, count: int) -> None:
    pairs = draw_between_sources(PART, SOURCE, count, np.random.default_rng(seed))
    assert len(pairs) == count
    assert pairs.label.sum() == (count + 1) // 2
    assert np.array_equal(pairs.label == 1, PART.identity_of(pairs.one) == PART.identity_of(pairs.two))
    assert np.array_equal(PART.category_of(pairs.one), PART.category_of(pairs.two))
    assert (SOURCE[pairs.one - 100] != SOURCE[pairs.two - 100]).all()


def test_every_pair_that_fits_is_drawn_sooner_or_later() -> None:
    small = PART.only(PART.images[:12])  # three things of four drawers
    pairs = draw_between_sources(small, SOURCE[:12], 4000, np.random.default_rng(0))
    drawn = set(zip(pairs.one.tolist(), pairs.two.tolist(), strict=True))
    assert len(drawn) == 3 * 4 * 3 + 3 * 4 * 2 * 3


def test_one_source_is_too_few() -> None:
    with pytest.raises(InputError, match="from two sources"):
        draw_between_sources(PART, np.zeros_like(SOURCE), 10, np.random.default_rng(0))


@pytest.mark.parametrize(("knows", "right"), [("thing", 1.0), ("source", 0.0)])
def test_who_knows_the_hand_alone_gets_nothing_right(knows: str, right: float, monkeypatch: pytest.MonkeyPatch) -> None:
    known = np.zeros(100 + len(IDENTITY), np.int64)
    known[100:] = IDENTITY if knows == "thing" else SOURCE

    def same_known(leg: object, head: object, images: object, one: np.ndarray, two: np.ndarray) -> np.ndarray:
        return (known[one] == known[two]).astype(float)

    monkeypatch.setattr(sources, "row_scores", same_known)
    monkeypatch.setattr(sources, "draw_unseen", lambda *given: (PART, None, {}))
    verifier = SimpleNamespace(image_size=(8, 8), seen=0, looks=0, about={"config": {}}, leg=0, head=0, threshold=0.5)
    named = SimpleNamespace(categories=("Greek", "Latin"))
    dataset = SimpleNamespace(decode=lambda size: (named, SimpleNamespace(images=0)))
    every = np.concatenate([np.zeros(100, np.int64), SOURCE])
    found = judge_between_sources(verifier, dataset, every, count=50, n_way=5, rounds=4)
    assert found["one_shot"]["accuracy"] == right
    assert found["one_shot"]["by_category"] == {"Greek": right, "Latin": right}
    assert found["verification"]["accuracy"] == (right + 1) / 2
    assert (found["things"], found["categories"], found["one_shot"]["trials"]) == (16, 2, 20)
