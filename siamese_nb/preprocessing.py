"""What the weights of a leg expect of pixels, as the first layer of it: nothing else preprocesses."""

from typing import Any

import keras


@keras.saving.register_keras_serializable("siamese_nb")
class Preprocessing(keras.layers.Layer):  # type: ignore[misc]
    """Turn RGB in [0, 255] into what a leg's weights were trained on, inside the model.

    Parameters
    ----------
    mode : {"tf", "caffe", "torch", "inside"}
        `tf`: to [-1, 1]. `caffe`: BGR less ImageNet's mean. `torch`: [0, 1], less ImageNet's mean, by its standard
        deviation. `inside`: as it is, because the network scales by itself.
    """

    def __init__(self, mode: str, **options: Any) -> None:
        super().__init__(**options)
        self.mode = mode

    def call(self, images: Any) -> Any:
        images = keras.ops.cast(images, self.compute_dtype)
        if self.mode == "inside":
            return images
        return keras.applications.imagenet_utils.preprocess_input(images, data_format="channels_last", mode=self.mode)

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mode": self.mode}
