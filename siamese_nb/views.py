"""More than one look at a picture: its embeddings averaged over small shifts and turns, and its mirror image's."""

import math
from typing import Any

import keras
import numpy as np
from keras import ops

from siamese_nb.models import side_by_side

_SHIFT, _TURN = 0.035, 5.0  # at most: of the side, and degrees
_GOLDEN = math.pi * (3 - math.sqrt(5))


@keras.saving.register_keras_serializable("siamese_nb")
class SmallViews(keras.layers.Layer):  # type: ignore[misc]
    """Show each picture as it is and, after it, shifted and turned a little: always the same ways.

    Parameters
    ----------
    views : int, at least 1
        With the first, which is the picture itself.
    """

    def __init__(self, views: int, **options: Any) -> None:
        super().__init__(**options)
        self.views = views

    def call(self, images: Any) -> Any:
        height, width = images.shape[1:3]
        maps = ops.convert_to_tensor(small_maps(self.views, height, width))
        count = ops.shape(images)[0]
        repeated = ops.repeat(ops.cast(images, "float32"), self.views, axis=0)
        moved = ops.image.affine_transform(
            repeated, ops.tile(maps, (count, 1)), fill_mode="nearest", data_format="channels_last"
        )
        return ops.cast(ops.round(ops.clip(moved, 0.0, 255.0)), images.dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (None, *input_shape[1:])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "views": self.views}


@keras.saving.register_keras_serializable("siamese_nb")
class MeanOfViews(keras.layers.Layer):  # type: ignore[misc]
    """Average embeddings over the views that `SmallViews` made, and scale the mean to unit length."""

    def __init__(self, views: int, **options: Any) -> None:
        super().__init__(**options)
        self.views = views

    def call(self, embeddings: Any) -> Any:
        mean = ops.mean(ops.reshape(embeddings, (-1, self.views, embeddings.shape[-1])), axis=1)
        return ops.normalize(mean, axis=-1)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "views": self.views}


@keras.saving.register_keras_serializable("siamese_nb")
class Mirror(keras.layers.Layer):  # type: ignore[misc]
    """Mirror pictures, left to right."""

    def call(self, images: Any) -> Any:
        return ops.flip(images, axis=2)

    def compute_output_spec(self, images: Any) -> Any:
        return keras.KerasTensor(images.shape, dtype=images.dtype)


def small_maps(views: int, height: int, width: int) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Return the affine map of each view, as rows of eight numbers from a pixel of the view to one of the picture.

    Shifts lie on a sunflower's spiral, so any number of them covers the disc evenly; turns alternate.

    Returns
    -------
    ndarray of shape (views, 8), float32
        The first changes nothing.
    """
    maps = np.zeros((views, 8), np.float32)
    for number in range(views):
        radius = _SHIFT * math.sqrt(number / max(views - 1, 1))
        shift_x, shift_y = radius * math.cos(number * _GOLDEN) * width, radius * math.sin(number * _GOLDEN) * height
        turn = math.radians(_TURN) * (0, 1, -1)[number % 3]
        cos, sin = math.cos(turn), math.sin(turn)
        middle_x, middle_y = (width - 1) / 2, (height - 1) / 2
        maps[number, :6] = (
            *(cos, -sin, middle_x + shift_x - cos * middle_x + sin * middle_y),
            *(sin, cos, middle_y + shift_y - sin * middle_x - cos * middle_y),
        )
    return maps


def average_views(leg: keras.Model, views: int) -> keras.Model:
    """Build a leg that averages another's embeddings over small views of each picture; the same leg for one view.

    Parameters
    ----------
    leg : keras.Model
        `uint8[n, height, width, 3]` to unit-length embeddings; if there is one of places too, it is averaged alike.
    views : int, at least 1
    """
    if views == 1:
        return leg
    image = keras.Input(leg.input_shape[1:], dtype=leg.input.dtype, name="image")
    found = leg(SmallViews(views)(image))
    return keras.Model(image, keras.tree.map_structure(MeanOfViews(views), found), name="leg")


def stand_beside_mirror(leg: keras.Model) -> keras.Model:
    """Build a leg that sets the embedding of a picture's mirror image beside the picture's own, at unit length.

    Parameters
    ----------
    leg : keras.Model
        `uint8[n, height, width, 3]` to unit-length embeddings of d dimensions, to which a thing mirrored is another;
        if there is one of places too, its mirror image's stands beside it alike.
    """
    image = keras.Input(leg.input_shape[1:], dtype=leg.input.dtype, name="image")
    return keras.Model(image, side_by_side([leg(image), leg(Mirror(name="mirror")(image))]), name="leg")
