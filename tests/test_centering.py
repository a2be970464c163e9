"""Localized centering: hubs lie less near to all, the leg computes the formula, and many things are sampled."""

import keras
import numpy as np
import pytest

from siamese_nb.centering import center_locally, identity_means
from siamese_nb.likeness import unit_length

IMAGE = keras.Input((4,))
LEG = keras.Model(IMAGE, keras.layers.UnitNormalization()(IMAGE), name="leg")


def moved(row: np.ndarray, means: np.ndarray) -> np.ndarray:
    """Compute one embedding in a slow loop."""
    weights = [np.exp(10 * sum(a * b for a, b in zip(row, mean, strict=True))) for mean in means]
    found = row - 0.5 * sum(w * mean for w, mean in zip(weights, means, strict=True)) / sum(weights)
    return found / np.sqrt((found**2).sum())


def test_the_leg_takes_half_the_local_mean_away() -> None:
    rng = np.random.default_rng(0)
    rows, means = (unit_length(rng.normal(size=(n, 4))).astype(np.float32) for n in (5, 7))
    whole = center_locally(LEG, means)
    assert whole.predict_on_batch(rows) == pytest.approx(np.array([moved(row, means) for row in rows]), abs=1e-5)
    assert whole.name == "leg"


def test_a_hub_is_no_longer_nearer_than_the_twin() -> None:
    """One picture looks like what every known thing has in common; another has less of that, and more of its own."""
    common, own, other = np.eye(4)[:3]
    query, twin, hub = unit_length(np.array([common + own, 0.3 * common + own, common + 0.35 * own - 0.1 * other]))
    known = unit_length(common + 0.05 * np.random.default_rng(0).normal(size=(20, 4))).astype(np.float32)
    assert query @ hub > query @ twin
    query, twin, hub = center_locally(LEG, known).predict_on_batch(np.array([query, twin, hub]))
    assert query @ twin > query @ hub


def test_means_are_of_each_thing_and_of_4096_at_most() -> None:
    embeddings = np.random.default_rng(0).normal(size=(9000, 3)).astype(np.float32)
    few = identity_means(embeddings, np.arange(9000) % 2)
    assert few == pytest.approx(unit_length(np.stack([embeddings[i::2].mean(axis=0) for i in (0, 1)])), abs=1e-5)
    assert np.linalg.norm(few, axis=1) == pytest.approx(1, abs=1e-6)
    many = identity_means(embeddings, np.arange(9000), seed=3)
    assert many.shape == (4096, 3)
    assert np.array_equal(many, identity_means(embeddings, np.arange(9000), seed=3))
    assert not np.array_equal(many, identity_means(embeddings, np.arange(9000), seed=4))
