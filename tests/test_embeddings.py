"""Embeddings: each image passes once and is never passed again; scores in blocks are the head's own."""

import shutil
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest

from siamese_nb import embeddings as embeddings_module
from siamese_nb import storage
from siamese_nb.augmentation import fixed_views
from siamese_nb.bank import Bank
from siamese_nb.config import DISTANCES
from siamese_nb.embeddings import (
    all_scores,
    bank_embeddings,
    cosine_scores,
    embed,
    map_features,
    pair_scores,
    row_scores,
)
from siamese_nb.errors import InputError
from siamese_nb.models import MetricHead
from siamese_nb.preprocessing import Preprocessing

DIMENSIONS = 6


def make_leg(size: int = 8, seed: int = 0, mode: str = "tf") -> keras.Model:
    """Build a leg whose layers Keras names anew each time, as it does with those of `keras.applications`."""
    keras.utils.set_random_seed(seed)
    image = keras.Input((size, size, 3), dtype="uint8")
    x = keras.layers.Conv2D(4, 3, activation="relu")(Preprocessing(mode)(image))
    x = keras.layers.Dense(DIMENSIONS)(keras.layers.GlobalAveragePooling2D()(x))
    return keras.Model(image, x, name="leg")


def make_head(distance: str = "absolute") -> MetricHead:
    head = MetricHead(distance)
    head.build([(None, DIMENSIONS), (None, DIMENSIONS)])
    head.set_weights([np.random.default_rng(0).uniform(0, 3, DIMENSIONS), np.array(1.5)])
    return head


def make_images(n: int, size: int = 8) -> np.ndarray:
    return np.random.default_rng(n).integers(0, 256, (n, size, size, 3), np.uint8)


def make_bank(n: int = 5, size: int = 8, first: int = 0) -> Bank:
    return Bank(make_images(n, size), np.arange(first, first + n, dtype=np.uint64), ())


@pytest.fixture
def passed(monkeypatch: pytest.MonkeyPatch) -> Callable[[keras.Model], list[np.ndarray]]:
    """Give `passed(leg)`: a list that every image that goes through the leg is put into."""

    def watch(leg: keras.Model) -> list[np.ndarray]:
        seen: list[np.ndarray] = []
        predict = leg.predict_on_batch

        def counting(images: np.ndarray) -> np.ndarray:
            seen.extend(images)
            return predict(images)

        monkeypatch.setattr(leg, "predict_on_batch", counting)
        return seen

    return watch


@pytest.mark.parametrize("distance", DISTANCES)
def test_scores_in_blocks_are_the_heads_own_and_those_of_a_slow_loop(
    distance: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embeddings_module, "_PAIRS_AT_ONCE", 7)
    head, rng = make_head(distance), np.random.default_rng(1)
    table = rng.normal(size=(11, DIMENSIONS)).astype(np.float32)
    one, two = rng.integers(0, 11, (2, 40))
    scores = pair_scores(head, table, one, two)
    by_keras = keras.ops.convert_to_numpy(head((table[one], table[two]))).ravel()
    assert np.allclose(scores, by_keras, atol=1e-6)
    w, b = (np.asarray(weight, np.float64) for weight in head.get_weights())
    for pair, (i, j) in enumerate(zip(one, two, strict=True)):
        logit = float(b)
        for k in range(DIMENSIONS):
            difference = abs(float(table[i, k]) - float(table[j, k]))
            logit -= w[k] * (difference if distance == "absolute" else difference**2)
        assert scores[pair] == pytest.approx(1 / (1 + np.exp(-logit)), abs=1e-12)
    assert np.array_equal(scores, pair_scores(head, table, two, one))
    assert (scores <= pair_scores(head, table, one, one)).all()


def test_scores_stay_in_range_where_a_float32_would_overflow() -> None:
    head = make_head()
    table = np.array([[0.0] * DIMENSIONS, [1e30] * DIMENSIONS], np.float32)
    assert pair_scores(head, table, np.array([0, 0]), np.array([1, 0])).tolist() == [
        0.0,
        pytest.approx(0.8176, abs=1e-4),
    ]


def test_no_pairs_have_no_scores() -> None:
    nothing = np.empty(0, np.int64)
    assert row_scores(make_leg(), make_head(), make_images(3), nothing, nothing).shape == (0,)


def test_each_image_of_a_bank_passes_once(passed) -> None:
    leg, images = make_leg(), make_images(10)
    seen = passed(leg)
    assert embed(leg, images, batch_size=4).shape == (10, DIMENSIONS)
    assert np.array_equal(np.stack(seen), images)


def test_pairs_of_rows_send_each_named_row_once(passed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embeddings_module, "_IMAGES_AT_ONCE", 3)
    leg, head, images = make_leg(), make_head(), make_images(10)
    expected_table = embed(leg, images)
    seen = passed(leg)
    one, two = np.array([9, 9, 9, 1, 4, 4, 7]), np.array([1, 4, 9, 9, 1, 4, 1])
    scores = row_scores(leg, head, images, one, two)
    assert np.array_equal(np.stack(seen), images[[1, 4, 7, 9]])
    assert np.allclose(scores, pair_scores(head, expected_table, one, two), atol=1e-6)


def test_embeddings_do_not_depend_on_the_batch() -> None:
    leg, images = make_leg(), make_images(13)
    together = embed(leg, images)
    for batch_size in (1, 5, 64):
        assert np.allclose(embed(leg, images, batch_size), together, atol=1e-5)
    assert np.ptp(together, axis=0).min() > 1e-3


def test_embeddings_are_those_of_the_model_called_directly() -> None:
    leg, images = make_leg(), make_images(4)
    assert np.allclose(embed(leg, images), keras.ops.convert_to_numpy(leg(images)), atol=1e-5)


def test_a_bank_passes_through_the_same_leg_once_in_a_lifetime(passed) -> None:
    leg = make_leg()
    seen = passed(leg)
    first = bank_embeddings(leg, make_bank())
    assert len(seen) == 5
    second = bank_embeddings(leg, make_bank())
    assert len(seen) == 5
    assert np.array_equal(first, second)
    assert np.array_equal(first, embed(leg, make_bank().images))


def test_the_same_leg_built_again_finds_its_embeddings(passed) -> None:
    bank_embeddings(make_leg(), make_bank())
    again = make_leg()
    seen = passed(again)
    bank_embeddings(again, make_bank())
    assert seen == []


@pytest.mark.parametrize(
    ("leg", "bank"),
    [
        ({"seed": 1}, {}),
        ({"mode": "torch"}, {}),
        ({"size": 10}, {"size": 10}),
        ({}, {"n": 6}),
        ({}, {"first": 100}),
    ],
    ids=["weights", "preprocessing", "size", "more images", "other images"],
)
def test_whatever_changes_embeddings_makes_another_entry(leg: dict, bank: dict, passed, cache: Path) -> None:
    bank_embeddings(make_leg(), make_bank())
    other = make_leg(**leg)
    seen = passed(other)
    bank_embeddings(other, make_bank(**bank))
    assert seen
    assert len(list(cache.rglob("*.npy"))) == 2


def test_a_changed_reading_rule_makes_another_entry(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    leg = make_leg()
    bank_embeddings(leg, make_bank())
    monkeypatch.setattr(embeddings_module, "READING_RULE", "another")
    bank_embeddings(leg, make_bank())
    assert len(list(cache.rglob("*.npy"))) == 2


def test_a_damaged_entry_is_made_again(cache: Path) -> None:
    leg = make_leg()
    whole = np.array(bank_embeddings(leg, make_bank()))
    (entry,) = cache.rglob("*.npy")
    entry.write_bytes(entry.read_bytes()[:100])
    assert np.array_equal(bank_embeddings(leg, make_bank()), whole)


def test_feature_maps_are_kept_in_half_precision(cache: Path) -> None:
    image = keras.Input((8, 8, 3), dtype="uint8")
    below = keras.Model(image, keras.layers.Conv2D(4, 3)(Preprocessing("inside")(image)))
    kernel, bias = below.get_weights()
    below.set_weights([kernel * 100, bias])
    exact = below.predict_on_batch(make_images(5))
    maps = bank_embeddings(below, make_bank())
    assert maps.shape == (5, 6, 6, 4)
    assert maps.dtype == np.float16
    assert np.allclose(maps, exact, rtol=1e-3)
    below.set_weights([kernel * 1e6, bias])
    largest = np.asarray(bank_embeddings(below, make_bank()), np.float64)
    assert np.abs(largest).max() == 65504  # as large as it gets, and finite


def test_maps_go_on_to_features_once_and_only_where_they_are_needed(passed, cache: Path) -> None:
    image, rows = keras.Input((8, 8, 3), dtype="uint8"), np.array([2, 66, 69, 3])
    below = keras.Model(image, keras.layers.Conv2D(4, 3, strides=2)(Preprocessing("inside")(image)))
    coarse = keras.Input((3, 3, 4))
    block = keras.Model(coarse, keras.layers.Dense(5)(keras.layers.Flatten()(coarse)))
    maps = bank_embeddings(below, make_bank(70))
    direct = keras.ops.convert_to_numpy(block(np.asarray(maps[rows], np.float32)))
    seen = passed(block)
    found = map_features(block, maps, rows=rows)
    assert found.shape == (70, 5)
    assert np.allclose(found[rows], direct, atol=1e-6)
    assert not np.delete(found, rows, axis=0).any()
    assert np.array_equal(map_features(block, maps, rows=rows), found)
    assert len(seen) == 4
    doubled = bank_embeddings(keras.Model(image, 2.0 * below(image)), make_bank(70))  # the same block on other maps
    assert not np.allclose(map_features(block, doubled)[rows], direct, atol=1e-3)


def test_a_view_passes_the_rows_that_are_needed_each_once(passed, cache: Path) -> None:
    leg, bank = make_leg(), make_bank(70)
    seen = passed(leg)
    rows = np.array([2, 66, 69, 3])
    (view,), (again,), (_, other) = fixed_views("photo", 1), fixed_views("photo", 1), fixed_views("photo", 2)
    found = bank_embeddings(leg, bank, view=view, rows=rows)
    assert len(seen) == 4
    assert np.array_equal(bank_embeddings(leg, bank, view=again, rows=rows), found)
    assert len(seen) == 4
    others = np.setdiff1d(np.arange(70), rows)
    assert not found[others].any()
    for different in (bank_embeddings(leg, bank), bank_embeddings(leg, bank, view=other, rows=rows)):
        assert (np.abs(found[rows] - different[rows]).max(axis=1) > 1e-3).all()
    assert len(list(cache.rglob("*.npy"))) == 3


def test_a_full_disk_is_told_before_anything_passes(passed, monkeypatch: pytest.MonkeyPatch) -> None:
    leg = make_leg()
    seen = passed(leg)
    monkeypatch.setattr(storage.shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10, 9, 1))
    with pytest.raises(InputError, match=r"needs 0 MB.*set SIAMESE_NB_CACHE"):
        bank_embeddings(leg, make_bank())
    assert seen == []


def test_ctrl_c_leaves_nothing(monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
    leg = make_leg()

    def interrupted(images: np.ndarray) -> np.ndarray:
        raise KeyboardInterrupt

    monkeypatch.setattr(leg, "predict_on_batch", interrupted)
    with pytest.raises(KeyboardInterrupt):
        bank_embeddings(leg, make_bank())
    assert [path for path in cache.rglob("*") if path.is_file()] == []


def test_cosine_scores_are_a_slow_loops() -> None:
    rng = np.random.default_rng(0)
    table = rng.normal(size=(6, 3)).astype(np.float32)
    table[5] = 0.0  # a dead picture: like nothing, and no NaN
    one, two = np.array([0, 1, 2, 3, 0, 5]), np.array([1, 2, 3, 3, 0, 0])
    for pair, score in enumerate(cosine_scores(table, one, two)):
        a, b = table[one[pair]].astype(float), table[two[pair]].astype(float)
        norm = np.sqrt((a**2).sum() * (b**2).sum())
        assert score == pytest.approx(((a * b).sum() / norm + 1) / 2 if norm else 0.5, abs=1e-6)
        assert 0 <= score <= 1


@pytest.mark.parametrize("distance", ["squared", "absolute"])
@pytest.mark.parametrize("rows_at_once", [1, 7, 100])
def test_all_scores_are_those_of_each_pair_once(distance: str, rows_at_once: int) -> None:
    rng = np.random.default_rng(0)
    embeddings = rng.normal(size=(23, 5)).astype(np.float32)
    embeddings[4] = embeddings[9]
    head = MetricHead(distance)
    head.build([(None, 5), (None, 5)])
    head.set_weights([rng.random(5).astype(np.float32), np.array(1.5, np.float32)])
    found = np.full((23, 23), np.nan)
    for rows, scores in all_scores(head, embeddings, rows_at_once):
        found[rows, rows.start :] = scores
    one, two = np.triu_indices(23)
    assert found[one, two] == pytest.approx(pair_scores(head, embeddings, one, two), abs=1e-12)
    assert found[4, 9] == pytest.approx(found[4, 4], abs=1e-12)
    assert (found[one, two] <= found.diagonal().max()).all()
