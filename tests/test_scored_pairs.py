"""The evidence of a verifier: pairs with their scores, kept to the last digit, and the figures that follow."""

import os
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from siamese_nb.intervals import figures_with_intervals
from siamese_nb.pairs import ACROSS, GENUINE_PAIR, WITHIN, JudgedPairs, Part
from siamese_nb.scored_pairs import ScoredPairs


def make_scored(seed: int = 0, n: int = 40, counted_within: bool = True) -> ScoredPairs:
    rng = np.random.default_rng(seed)
    kinds = np.array([GENUINE_PAIR, ACROSS, WITHIN])[np.arange(n) % 3]
    labels = (kinds == GENUINE_PAIR).astype(np.int64)
    first = rng.integers(0, 12, n)
    return ScoredPairs(
        one=tuple(f"category/ü {i},\n{seed}.png" for i in range(n)),
        two=tuple(f'category/"{i}".png' for i in range(n)),
        labels=labels,
        kinds=kinds,
        counted=np.full(n, True) if counted_within else kinds != WITHIN,
        scores=np.clip(rng.random(n) * 0.6 + 0.4 * labels, 0, 1),
        one_identity=first,
        two_identity=np.where(labels == 1, first, first + 12),
    )


def assert_same(one: ScoredPairs, two: ScoredPairs) -> None:
    for field in fields(ScoredPairs):
        a, b = getattr(one, field.name), getattr(two, field.name)
        assert type(a) is type(b)
        assert np.array_equal(a, b)
        if isinstance(a, np.ndarray):
            assert a.dtype == b.dtype


def test_pairs_come_back_to_the_last_digit(tmp_path: Path) -> None:
    scored = make_scored(counted_within=False)
    scored.write(tmp_path / "pairs.csv")
    assert_same(ScoredPairs.read(tmp_path / "pairs.csv"), scored)


@pytest.mark.skipif(os.name == "nt", reason="file names are Unicode on Windows")
def test_a_file_name_that_is_not_utf8_comes_back(tmp_path: Path) -> None:
    scored = make_scored(n=6)
    strange = ScoredPairs(**{**vars(scored), "one": (os.fsdecode(b"caf\xe9.png"), *scored.one[1:])})
    strange.write(tmp_path / "pairs.csv")
    assert_same(ScoredPairs.read(tmp_path / "pairs.csv"), strange)


def test_it_is_joined_from_a_part_by_the_rows_of_the_bank() -> None:
    part = Part(np.array([4, 7, 2, 5]), np.array([0, 0, 3, 3]), np.array([0, 0, 1, 1]), np.empty((0, 3), np.int64))
    kinds, counted = np.array([GENUINE_PAIR, ACROSS]), np.array([True, False])
    pairs = JudgedPairs(np.array([4, 7]), np.array([7, 2]), np.array([1, 0]), kinds, counted)
    paths = [f"{row}.png" for row in range(8)]
    scored = ScoredPairs.from_pairs(pairs, np.array([0.75, 0.25]), paths, part)
    assert (scored.one, scored.two) == (("4.png", "7.png"), ("7.png", "2.png"))
    assert scored.one_identity.tolist() == [0, 0]
    assert scored.two_identity.tolist() == [0, 3]
    assert scored.counted.tolist() == [True, False]


def test_the_main_figures_are_those_of_the_counted_pairs() -> None:
    scored = make_scored(counted_within=False)
    rows = scored.kinds != WITHIN
    expected = figures_with_intervals(
        scored.labels[rows], scored.scores[rows], 0.6, scored.one_identity[rows], scored.two_identity[rows]
    )
    assert scored.figures(0.6) == pytest.approx(expected, nan_ok=True)
    assert scored.figures(0.6)["pairs"] == rows.sum() < 40


@pytest.mark.parametrize("counted_within", [True, False])
def test_each_kind_of_impostor_is_reported_apart_also_where_it_is_not_counted(counted_within: bool) -> None:
    scored = make_scored(counted_within=counted_within)
    found = scored.figures_by_kind(0.6)
    for name, kind in (("across", ACROSS), ("within", WITHIN)):
        rows = (scored.labels == 1) | (scored.kinds == kind)
        expected = figures_with_intervals(
            scored.labels[rows], scored.scores[rows], 0.6, scored.one_identity[rows], scored.two_identity[rows]
        )
        assert found.pop(name) == pytest.approx(expected, nan_ok=True)
    assert found == pytest.approx(scored.figures(0.6), nan_ok=True)


def test_a_kind_that_is_not_there_is_not_reported() -> None:
    scored = make_scored()
    rows = scored.kinds != WITHIN
    columns = {name: np.asarray(value)[rows] for name, value in vars(scored).items()}
    assert "within" not in ScoredPairs(**columns).figures_by_kind(0.5)


def test_the_main_pairs_are_those_counted() -> None:
    scored = make_scored(counted_within=False)
    main = scored.main
    assert main.counted.all()
    assert len(main.labels) == scored.counted.sum() < len(scored.labels)
    assert main.one == tuple(path for path, counted in zip(scored.one, scored.counted, strict=True) if counted)
    assert main.figures(0.5) == scored.figures(0.5)
