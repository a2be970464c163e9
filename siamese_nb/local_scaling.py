"""Local scaling: among things that look alike a difference counts for more, so one threshold suits more of them."""

from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from siamese_nb.likeness import unit_length

_NEAR = 10  # known things, by which a place is told to be crowded
_POWER = 0.25  # of their distance: what two pictures there differ by is then divided by its square root
_LEAST = 0.02  # of the distance, so that a picture among its likes is not thrown far away
_MOST = 4096  # things that are kept: 8 MB at 512 dimensions


@keras.saving.register_keras_serializable("siamese_nb")
class LocalScale(keras.layers.Layer):  # type: ignore[misc]
    """Lengthen embeddings of unit length, the more the closer the nearest known things lie.

    Takes one tensor, or a list of which the first tells how close they lie and all are lengthened alike.

    Parameters
    ----------
    things : int
        How many directions of known things there are.
    near : int
        So many of them are looked at.
    power : float
        Lengths are divided by the mean distance to those, one minus the cosine, to this power.
    least : float
        What that distance counts for at least.

    References
    ----------
    Zelnik-Manor, Perona (2004), Self-Tuning Spectral Clustering, NIPS: squared distances over the product of both
    points' distances to a neighbour; here over its square root. Matejka et al. (2017), Analysis of Score Normalization
    in Multilingual Speaker Recognition, Interspeech: neighbours from a cohort of training speakers.
    """

    def __init__(
        self, things: int, near: int = _NEAR, power: float = _POWER, least: float = _LEAST, **options: Any
    ) -> None:
        super().__init__(**options)
        self.things, self.near, self.power, self.least = things, near, power, least

    def build(self, input_shape: Any) -> None:
        first = input_shape[0] if isinstance(input_shape[0], list | tuple) else input_shape
        shape = (first[-1], self.things)
        self.directions = self.add_weight(name="directions", shape=shape, initializer="zeros", trainable=False)

    def call(self, embeddings: Any) -> Any:
        first = keras.tree.flatten(embeddings)[0]
        nearest, _ = ops.top_k(ops.matmul(first, self.directions), min(self.near, self.things))
        distance = 1.0 - ops.mean(nearest, axis=-1, keepdims=True)
        shorter = ops.power(ops.maximum(distance, self.least), self.power)
        return keras.tree.map_structure(lambda part: part / shorter, embeddings)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        own = {"things": self.things, "near": self.near, "power": self.power, "least": self.least}
        return {**super().get_config(), **own}


def scale_locally(
    leg: keras.Model, embeddings: NDArray[np.float32], identity: NDArray[np.int64], seed: int = 0
) -> keras.Model:
    """Build a leg that scales another's embeddings by how close the nearest known things are.

    Parameters
    ----------
    leg : keras.Model
        Picture to embedding of d dimensions and unit length; if there is one of places too, it is scaled alike.
    embeddings : ndarray of shape (n, d), float32
        Of known pictures, as `leg` gives them.
    identity : ndarray of shape (n,), int64
        What they show. The mean of each thing's embeddings is its direction; of more than 4,096 things, as many are
        drawn.
    seed : int
    """
    values, place = np.unique(identity, return_inverse=True)
    sums = np.zeros((len(values), embeddings.shape[1]))
    np.add.at(sums, place, embeddings)
    drawn = np.sort(np.random.default_rng(seed).permutation(len(values))[:_MOST])
    layer = LocalScale(len(drawn), dtype="float32", name="local_scale")
    found = layer(leg.output)
    layer.set_weights([unit_length(sums[drawn]).T])
    return keras.Model(leg.input, found, name="leg")
