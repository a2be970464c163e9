"""Local scaling: where many things look alike, a difference counts for more, so that one threshold suits all."""

from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from siamese_nb.likeness import unit_length

_NEAR = 10  # known things, by which a place is told to be crowded
_POWER = 0.25  # of their distance; each of the two pictures has its share in a squared distance, so half of it is gone
_LEAST = 0.02  # of the distance, so that a picture among its likes is not thrown far away


@keras.saving.register_keras_serializable("siamese_nb")
class LocalScale(keras.layers.Layer):  # type: ignore[misc]
    """Lengthen embeddings of unit length where known things lie close together, shorten them where they lie apart.

    Parameters
    ----------
    things : int
        How many directions of known things there are.

    References
    ----------
    Zelnik-Manor, Perona (2004), Self-Tuning Spectral Clustering, NIPS, section 2.1: distances divided by those to
    neighbours. Matejka et al. (2017), Analysis of Score Normalization in Multilingual Speaker Recognition, Interspeech:
    neighbours from a cohort of training speakers.
    """

    def __init__(self, things: int, **options: Any) -> None:
        super().__init__(**options)
        self.things = things

    def build(self, input_shape: Any) -> None:
        shape = (input_shape[-1], self.things)
        self.directions = self.add_weight(name="directions", shape=shape, initializer="zeros", trainable=False)

    def call(self, embeddings: Any) -> Any:
        nearest, _ = ops.top_k(ops.matmul(embeddings, self.directions), min(_NEAR, self.things))
        distance = 1.0 - ops.mean(nearest, axis=-1, keepdims=True)
        return embeddings / ops.power(ops.maximum(distance, _LEAST), _POWER)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "things": self.things}


def scale_locally(leg: keras.Model, embeddings: NDArray[np.float32], identity: NDArray[np.int64]) -> keras.Model:
    """Build a leg that scales another's embeddings by how close the nearest known things are.

    Parameters
    ----------
    leg : keras.Model
        Picture to embedding of d dimensions and unit length.
    embeddings : ndarray of shape (n, d), float32
        Of known pictures, as `leg` gives them.
    identity : ndarray of shape (n,), int64
        What they show. The mean of each thing's embeddings is its direction.
    """
    values, place = np.unique(identity, return_inverse=True)
    sums = np.zeros((len(values), embeddings.shape[1]))
    np.add.at(sums, place, embeddings)
    layer = LocalScale(len(values), dtype="float32", name="local_scale")
    found = layer(leg.output)
    layer.set_weights([unit_length(sums).T])
    return keras.Model(leg.input, found, name="leg")
