"""Legs in two halves: together they are the leg, and the cut lies where the last block begins."""

from pathlib import Path

import keras
import numpy as np
import pytest

from siamese_nb.blocks import cut_leg
from siamese_nb.legs import build_leg
from siamese_nb.preprocessing import Preprocessing

# A plain network, and one of inverted residuals that weighs its channels.
CUTS = {"vgg16": (2, 2, 512), "efficientnetb0": (2, 2, 112)}


@pytest.mark.parametrize("name", CUTS)
def test_the_halves_together_are_the_leg(name: str) -> None:
    keras.utils.set_random_seed(0)
    leg = build_leg(name, 32, "none")
    below, block = cut_leg(leg)
    assert below.output_shape == (None, *CUTS[name])
    images = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), np.uint8)
    whole, halves = leg.predict_on_batch(images), block.predict_on_batch(below.predict_on_batch(images))
    assert np.allclose(halves, whole, rtol=1e-4, atol=1e-6 * np.abs(whole).max())
    assert np.ptp(whole) > 0
    assert {id(weight) for weight in (*below.weights, *block.weights)} == {id(weight) for weight in leg.weights}
    assert not {id(weight) for weight in below.weights} & {id(weight) for weight in block.weights}


def test_what_the_block_learns_the_leg_has_learned_and_saves(tmp_path: Path) -> None:
    inputs = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(4, 3, strides=2, padding="same")(inputs)
    x = keras.layers.add([x, keras.layers.Conv2D(4, 3, padding="same", activation="relu")(x)])
    # As in residual networks, the last block begins with a shortcut of its own.
    ways = [keras.layers.Conv2D(6, side, strides=2, padding="same")(x) for side in (1, 3)]
    network = keras.Model(inputs, keras.layers.GlobalAveragePooling2D()(keras.layers.add(ways)), name="network")
    image = keras.Input((8, 8, 3), dtype="uint8")
    leg = keras.Model(image, network(Preprocessing("tf")(image)))
    below, block = cut_leg(leg)
    assert below.output_shape == (None, 4, 4, 4)
    assert len(block.weights) == 4
    images = np.random.default_rng(0).integers(0, 256, (5, 8, 8, 3), np.uint8)
    maps, before = below.predict_on_batch(images), leg.predict_on_batch(images)
    block.compile(keras.optimizers.SGD(0.1), "mse")
    block.train_on_batch(maps, np.ones((5, 6), np.float32))
    assert np.allclose(below.predict_on_batch(images), maps)
    assert np.allclose(leg.predict_on_batch(images), block.predict_on_batch(maps), atol=1e-6)
    assert not np.allclose(leg.predict_on_batch(images), before, atol=1e-3)
    leg.save(tmp_path / "leg.keras")
    assert np.allclose(
        keras.saving.load_model(tmp_path / "leg.keras").predict_on_batch(images),
        block.predict_on_batch(maps),
        atol=1e-6,
    )
