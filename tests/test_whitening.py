"""Whitening: twins differ as much in every direction, shrunk a little, and embeddings stay of unit length."""

import keras
import numpy as np
import pytest

from siamese_nb.whitening import whiten, within_class_whitening


def spread_within(embeddings: np.ndarray, identity: np.ndarray) -> np.ndarray:
    """Compute the covariance about the mean of each identity, in a slow loop."""
    total = np.zeros((embeddings.shape[1],) * 2)
    for value in np.unique(identity):
        for row in embeddings[identity == value] - embeddings[identity == value].mean(axis=0):
            total += np.outer(row, row)
    return total / len(embeddings)


def test_each_direction_varies_as_the_shrinkage_says() -> None:
    rng = np.random.default_rng(0)
    identity = rng.integers(0, 40, 900)
    turned = np.linalg.qr(rng.normal(size=(5, 5)))[0]
    noise = rng.normal(size=(900, 5)) * [0.01, 0.1, 0.3, 1, 2] @ turned
    embeddings = (rng.normal(size=(40, 5))[identity] + noise).astype(np.float32)
    matrix = within_class_whitening(embeddings, identity)
    before = np.sort(np.linalg.eigvalsh(spread_within(embeddings, identity)))
    after = np.sort(np.linalg.eigvalsh(spread_within(embeddings @ matrix, identity)))
    assert after == pytest.approx(2 * before / (before / before.mean() + 1), rel=1e-3)
    assert after[-1] / after[-2] < 0.7 * before[-1] / before[-2]
    assert np.allclose(matrix, matrix.T, atol=1e-6)


def test_without_twins_nothing_is_changed() -> None:
    embeddings = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)
    assert np.array_equal(within_class_whitening(embeddings, np.arange(6)), np.eye(4))


def test_the_leg_gives_the_products_at_unit_length() -> None:
    image = keras.Input((4,))
    leg = keras.Model(image, keras.layers.UnitNormalization()(image), name="leg")
    rng = np.random.default_rng(0)
    rows, matrix = rng.normal(size=(3, 4)).astype(np.float32), rng.normal(size=(4, 4)).astype(np.float32)
    whole = whiten(leg, matrix)
    product = leg.predict_on_batch(rows) @ matrix
    assert np.allclose(
        whole.predict_on_batch(rows), product / np.linalg.norm(product, axis=1, keepdims=True), atol=1e-6
    )
    assert whole.name == "leg"


def test_an_embedding_of_places_stays_as_it_is() -> None:
    image = keras.Input((4,))
    leg = keras.Model(image, [keras.layers.UnitNormalization()(image), keras.layers.Rescaling(3)(image)], name="leg")
    rng = np.random.default_rng(0)
    rows, matrix = rng.normal(size=(3, 4)).astype(np.float32), rng.normal(size=(4, 4)).astype(np.float32)
    whole, places = whiten(leg, matrix).predict_on_batch(rows)
    alone = whiten(keras.Model(image, leg.output[0], name="leg"), matrix)
    assert np.allclose(whole, alone.predict_on_batch(rows), atol=1e-6)
    assert np.allclose(places, 3 * rows, atol=1e-6)
