"""Legs that are trained from scratch: for any pictures, and for writing, signs and line drawings by their ink alone."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from siamese_nb.preprocessing import Preprocessing
from siamese_nb.settings import BASE_SIZE

_STROKE_BLOCKS = ((32, True), (64, False), (96, True), (128, False), (128, True), (192, False), (192, False))
"""Channels of each convolution, and whether its output is halved in width and height."""
_STROKE_DROPOUT = 0.1
_KOCH_SIZE = 105
_KOCH_BLOCKS = ((64, 10), (128, 7), (128, 4), (256, 4))  # channels and kernel of each convolution at that size


def build_base_cnn(size: int, filters: tuple[int, ...] = (32, 64, 96, 128)) -> keras.Model:
    """Build a small convolutional leg to train from scratch, for when pictures are few or unlike photos.

    Blocks of convolution, batch normalisation and ReLU, pooled in between, then the mean and the maximum over the
    picture. Normalisation keeps distances alive; the strong L2 of Koch et al. (2015) often shrinks them to zero.

    Parameters
    ----------
    size : int
        Side of the pictures in pixels.
    filters : tuple of int
        Channels of each block.
    """
    image = keras.Input((size, size, 3), dtype="uint8", name="image")
    x = Preprocessing("tf")(image)
    for number, channels in enumerate(filters):
        if number > 0:
            x = keras.layers.MaxPooling2D(2)(x)
        x = keras.layers.Conv2D(channels, 3, strides=1 if number else 2, padding="same", use_bias=False)(x)
        # With few steps per epoch, statistics at Keras's default pace would be of no use to validation for long.
        x = keras.layers.BatchNormalization(momentum=0.8)(x)
        x = keras.layers.ReLU()(x)
    pooled = [keras.layers.GlobalAveragePooling2D()(x), keras.layers.GlobalMaxPooling2D()(x)]
    return keras.Model(image, keras.layers.Concatenate()(pooled), name="base_cnn")


@keras.saving.register_keras_serializable("siamese_nb")
class Ink(keras.layers.Layer):  # type: ignore[misc]
    """Turn RGB in [0, 255] into one channel: 0 is white, 1 is black. A drawing's empty ground then adds nothing."""

    def call(self, images: Any) -> Any:
        return 1.0 - ops.mean(ops.cast(images, self.compute_dtype), axis=-1, keepdims=True) / 255.0

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return (*input_shape[:-1], 1)


def build_stroke_cnn(size: int) -> keras.Model:
    """Build a leg for small drawings: seven convolutions, the first ones narrow because they cost most.

    Its features keep where in the picture something stands: pooling over the whole would lose what tells characters
    apart.

    Parameters
    ----------
    size : int
        Side of the pictures in pixels.
    """
    image = keras.Input((size, size, 3), dtype="uint8", name="image")
    x = Ink()(image)
    for channels, pooled in _STROKE_BLOCKS:
        found = keras.layers.Conv2D(channels, 3, padding="same", use_bias=False)(x)
        if pooled:  # before what goes through all of it again: a quarter is left
            found = keras.layers.MaxPooling2D(2, padding="same")(found)
        found = keras.layers.BatchNormalization(momentum=0.9)(found)
        if found.shape == x.shape:  # learn what to add
            found = keras.layers.Add()([x, found])
        x = keras.layers.ReLU()(found)
    features = keras.layers.Dropout(_STROKE_DROPOUT)(keras.layers.Flatten()(x))
    return keras.Model(image, features, name="stroke_cnn")


def build_koch2015(size: int) -> keras.Model:
    """Build the leg of the paper that gave one-shot recognition by siamese networks its name.

    At 105 pixels it is the paper's: four convolutions of 10, 7, 4 and 4 pixels with 64, 128, 128 and 256 channels, max
    pooling between them, and 4,096 sigmoid units. At other sizes the kernels shrink or grow with the picture. Weights
    start as is usual today, not from the paper's normal distributions.

    Parameters
    ----------
    size : int
        Side of the pictures in pixels.

    References
    ----------
    Koch, Zemel, Salakhutdinov (2015), Siamese Neural Networks for One-shot Image Recognition, figure 4.
    """
    image = keras.Input((size, size, 3), dtype="uint8", name="image")
    x = Ink()(image)
    for number, (channels, kernel) in enumerate(_KOCH_BLOCKS):
        if number > 0:
            x = keras.layers.MaxPooling2D(2, padding="same")(x)
        scaled = max(2, round(kernel * size / _KOCH_SIZE))
        regular = keras.regularizers.L2(2e-4)
        x = keras.layers.Conv2D(channels, scaled, activation="relu", kernel_regularizer=regular)(x)
    x = keras.layers.Dense(4096, activation="sigmoid")(keras.layers.Flatten()(x))
    return keras.Model(image, x, name="koch2015")


SCRATCH: dict[str, tuple[Callable[[int], keras.Model], int]] = {
    "base_cnn": (build_base_cnn, BASE_SIZE),
    "stroke_cnn": (build_stroke_cnn, 28),
    "koch2015": (build_koch2015, 105),
}
"""By the names of `SCRATCH_LEGS`: how each is built, and the side in pixels that it takes when none is given."""
