"""The embeddings of a bank pass once in a lifetime, and whatever changes them makes another entry."""

import shutil
from pathlib import Path

import keras
import numpy as np
import pytest
from test_embeddings import make_images, make_leg

from siamese_nb import embedding_cache, storage
from siamese_nb.augmentation import fixed_views
from siamese_nb.bank import Bank
from siamese_nb.embedding_cache import bank_embeddings, map_features
from siamese_nb.embeddings import embed
from siamese_nb.errors import InputError
from siamese_nb.frames import build_frame
from siamese_nb.preprocessing import Preprocessing


def make_bank(n: int = 5, size: int = 8, first: int = 0) -> Bank:
    return Bank(make_images(n, size), np.arange(first, first + n, dtype=np.uint64), ())


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
    monkeypatch.setattr(embedding_cache, "READING_RULE", "another")
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


def test_pictures_are_kept_as_pictures(cache: Path) -> None:
    frame = build_frame(32, 28)
    bank = make_bank(size=32)
    framed = bank_embeddings(frame, bank)
    assert framed.dtype == np.uint8  # else nothing that is for pictures alone is done with them
    assert np.array_equal(framed, frame.predict_on_batch(np.asarray(bank.images)))


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
