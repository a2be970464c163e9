"""Move a drawing's ink to the middle and scale it to one size: where and how large it was drawn then says nothing."""

from typing import Any

import keras
from keras import ops

_INK = 0.25  # how dark a pixel is, from 0 for white to 1 for black, for it to count as ink and not as paper
_FILL = 0.8  # of the frame's side, that the longer side of the ink gets
_NARROWEST = 0.3  # of the longer side: a stroke is not blown up to a block
_LEAST = 0.1  # of the picture's side: a dot is not blown up to a frame


@keras.saving.register_keras_serializable("siamese_nb")
class InkFrame(keras.layers.Layer):  # type: ignore[misc]
    """Cut the ink out of each picture and scale it to fill most of a square of paper.

    People differ in how tall and how wide they draw the same thing: so ink that is narrow is stretched, half of the way
    to a square. A picture without ink is shown as a whole.

    Parameters
    ----------
    size : int
        Side of the square in pixels, at most the picture's own.
    """

    def __init__(self, size: int, **options: Any) -> None:
        super().__init__(**options)
        self.size = size

    def call(self, images: Any) -> Any:
        height, width = images.shape[1:3]
        pixels = ops.cast(images, "float32")
        dark = 1.0 - ops.mean(pixels, axis=-1) / 255.0 > _INK
        middle_x, length_x = _span(ops.any(dark, axis=1))
        middle_y, length_y = _span(ops.any(dark, axis=2))
        longer = ops.maximum(ops.maximum(length_x, length_y), _LEAST * max(height, width))
        flat = ops.zeros_like(longer)
        entries = []
        for axis, (middle, length) in enumerate(((middle_x, length_x), (middle_y, length_y))):
            side = ops.sqrt(ops.maximum(length, _NARROWEST * longer) * longer) / _FILL
            step = ops.where(length > 0, side, float(max(height, width))) / self.size
            # The middle of the square shows that of the ink; a pixel's middle lies half a pixel beyond its corner.
            start = middle - 0.5 - step * (self.size - 1) / 2
            entries += [step, flat, start] if axis == 0 else [flat, step, start]
        maps = ops.stack([*entries, flat, flat], axis=1)
        framed = ops.image.affine_transform(
            pixels, maps, fill_mode="constant", fill_value=255.0, data_format="channels_last"
        )[:, : self.size, : self.size]
        return ops.cast(ops.round(ops.clip(framed, 0.0, 255.0)), images.dtype)

    def compute_output_spec(self, images: Any) -> Any:
        # Pictures, as they came in: from a shape alone Keras would take them for float32.
        shape = (images.shape[0], self.size, self.size, images.shape[-1])
        return keras.KerasTensor(shape, dtype=images.dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "size": self.size}


def build_frame(image_size: int, size: int) -> keras.Model:
    """Build what frames pictures: `uint8[n, image_size, image_size, 3]` in, `uint8[n, size, size, 3]` out.

    Parameters
    ----------
    image_size, size : int
        Sides in pixels.
    """
    image = keras.Input((image_size, image_size, 3), dtype="uint8", name="image")
    return keras.Model(image, InkFrame(size)(image), name="frame")


def frame_first(leg: keras.Model, image_size: int, size: int | None) -> keras.Model:
    """Build a leg that frames pictures and sends them through another; the same leg where no size is given."""
    if size is None:
        return leg
    image = keras.Input((image_size, image_size, 3), dtype="uint8", name="image")
    return keras.Model(image, leg(InkFrame(size)(image)), name="leg")


def _span(inked: Any) -> tuple[Any, Any]:
    """Return the middle and the length of what is inked along one side; the middle of the side and 0 for nothing."""
    side = inked.shape[1]
    place = ops.arange(side, dtype="float32")[None, :]
    first = ops.min(ops.where(inked, place, float(side)), axis=1)
    last = ops.max(ops.where(inked, place, -1.0), axis=1)
    return (first + last + 1.0) / 2.0, ops.maximum(last + 1.0 - first, 0.0)
