"""Embeddings: each image passes once, whatever it stands beside."""

import keras
import numpy as np

from siamese_nb.embeddings import embed
from siamese_nb.preprocessing import Preprocessing

DIMENSIONS = 6


def make_leg(size: int = 8, seed: int = 0, mode: str = "tf") -> keras.Model:
    """Build a leg whose layers Keras names anew each time, as it does with those of `keras.applications`."""
    keras.utils.set_random_seed(seed)
    image = keras.Input((size, size, 3), dtype="uint8")
    x = keras.layers.Conv2D(4, 3, activation="relu")(Preprocessing(mode)(image))
    x = keras.layers.Dense(DIMENSIONS)(keras.layers.GlobalAveragePooling2D()(x))
    return keras.Model(image, x, name="leg")


def make_images(n: int, size: int = 8) -> np.ndarray:
    return np.random.default_rng(n).integers(0, 256, (n, size, size, 3), np.uint8)


def test_each_image_of_a_bank_passes_once(passed) -> None:
    leg, images = make_leg(), make_images(10)
    seen = passed(leg)
    assert embed(leg, images, batch_size=4).shape == (10, DIMENSIONS)
    assert np.array_equal(np.stack(seen), images)


def test_embeddings_do_not_depend_on_the_batch() -> None:
    leg, images = make_leg(), make_images(13)
    together = embed(leg, images)
    for batch_size in (1, 5, 64):
        assert np.allclose(embed(leg, images, batch_size), together, atol=1e-5)
    assert np.ptp(together, axis=0).min() > 1e-3


def test_embeddings_are_those_of_the_model_called_directly() -> None:
    leg, images = make_leg(), make_images(4)
    assert np.allclose(embed(leg, images), keras.ops.convert_to_numpy(leg(images)), atol=1e-5)
