"""Local scaling: a difference counts for more among things that look alike, and directions stay as they were."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from siamese_nb import local_scaling
from siamese_nb.likeness import unit_length
from siamese_nb.local_scaling import scale_locally


def as_it_is(dimensions: int) -> keras.Model:
    embedding = keras.Input((dimensions,))
    return keras.Model(embedding, keras.layers.Identity()(embedding), name="leg")


def around(middle: np.ndarray, spread: float, rng: np.random.Generator, n: int) -> np.ndarray:
    return unit_length((middle + spread * rng.normal(size=(n, len(middle)))).astype(np.float32))


def test_lengths_follow_from_the_ten_nearest_things() -> None:
    rng = np.random.default_rng(0)
    known, identity = around(np.zeros(6), 1, rng, 90), np.repeat(np.arange(30), 3)
    leg = scale_locally(as_it_is(6), known, identity)
    rows = around(np.zeros(6), 1, rng, 5)
    things = unit_length(np.array([known[identity == thing].mean(axis=0) for thing in range(30)]))
    nearest = np.sort(rows @ things.T, axis=1)[:, -10:].mean(axis=1)
    scaled = leg.predict_on_batch(rows)
    assert np.allclose(scaled, rows * (1 - nearest[:, None]) ** -0.25, atol=1e-5)
    assert leg.name == "leg"


def test_a_difference_counts_for_more_where_things_look_alike() -> None:
    rng, spreads = np.random.default_rng(1), (0.1, 0.3)
    middles = np.eye(12)[:2]
    known = [around(middle, spread, rng, 40) for middle, spread in zip(middles, spreads, strict=True)]
    leg = scale_locally(as_it_is(12), np.concatenate(known), np.arange(80))
    before, after = [], []
    for middle, spread in zip(middles, spreads, strict=True):
        strangers = around(middle, spread, rng, 100)
        for found, rows in ((before, strangers), (after, leg.predict_on_batch(strangers))):
            found.append(np.square(rows[::2] - rows[1::2]).sum(axis=1).mean())
    assert before[1] / before[0] > 4
    # Half of the difference is gone: on a scale of ratios, as distances to neighbours are.
    assert after[1] / after[0] == pytest.approx((before[1] / before[0]) ** 0.5, rel=0.15)


def test_an_embedding_of_places_is_scaled_as_that_of_the_whole() -> None:
    rng = np.random.default_rng(0)
    known, rows = around(np.zeros(6), 1, rng, 30), around(np.zeros(6), 1, rng, 5)
    leg = as_it_is(6)
    both = keras.Model(leg.input, [leg.output, keras.layers.Rescaling(2)(leg.output[:, :3])])
    scaled, places = scale_locally(both, known, np.arange(30)).predict_on_batch(rows)
    assert np.allclose(scaled, scale_locally(leg, known, np.arange(30)).predict_on_batch(rows), atol=1e-5)
    assert np.allclose(places, 2 * scaled[:, :3], atol=1e-5)


@pytest.mark.parametrize("things", [1, 4])
def test_fewer_things_than_are_looked_at_and_a_picture_that_is_one_of_them(things: int) -> None:
    known = unit_length(np.random.default_rng(2).normal(size=(things, 5)).astype(np.float32))
    found = scale_locally(as_it_is(5), known, np.arange(things)).predict_on_batch(known)
    assert np.isfinite(found).all()
    assert np.linalg.norm(found, axis=1).max() <= 0.02**-0.25 + 1e-4


def test_of_more_things_than_are_kept_some_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_scaling, "_MOST", 20)
    known = unit_length(np.random.default_rng(3).normal(size=(50, 5)).astype(np.float32))
    first, again, other = (
        scale_locally(as_it_is(5), known, np.arange(50), seed).get_layer("local_scale").get_weights()[0]
        for seed in (0, 0, 1)
    )
    assert first.shape == (5, 20)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert {tuple(row) for row in first.T.round(4).tolist()} <= {tuple(row) for row in known.round(4).tolist()}


def test_whoever_reads_bundles_knows_the_layer(tmp_path: Path) -> None:
    known = unit_length(np.random.default_rng(4).normal(size=(30, 5)).astype(np.float32))
    leg = scale_locally(as_it_is(5), known, np.arange(30))
    leg.save(tmp_path / "leg.keras")
    np.save(tmp_path / "found.npy", leg.predict_on_batch(known))
    code = (
        "import keras, sys, numpy as np; import siamese_nb.bundle; "
        "known = np.random.default_rng(4).normal(size=(30, 5)).astype(np.float32); "
        "known /= np.linalg.norm(known, axis=1, keepdims=True); "
        "leg = keras.models.load_model('leg.keras'); "
        "assert np.allclose(leg.predict_on_batch(known), np.load('found.npy'), atol=1e-6)"
    )
    here = {**os.environ, "PYTHONPATH": str(Path(local_scaling.__file__).parents[1])}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=here, check=True)
