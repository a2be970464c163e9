"""A leg and a metric head make one siamese network: two pictures in, one sigmoid neuron out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray


@keras.saving.register_keras_serializable("siamese_nb")
class MetricHead(keras.layers.Layer):  # type: ignore[misc]
    """Score two embeddings by one sigmoid neuron: `sigmoid(b - w . d(one, two))` with `w >= 0`.

    The distance enters negatively and no weight can turn negative, so the score is symmetric, and nothing scores
    above a picture and itself.

    Parameters
    ----------
    distance : {"absolute", "squared"}
        d, element by element: `|one - two|` as in Koch et al. (2015), or `(one - two) ** 2`, which on unit-length
        embeddings with equal weights is cosine similarity with a learned scale.

    References
    ----------
    Koch, Zemel, Salakhutdinov (2015), Siamese Neural Networks for One-shot Image Recognition, section 3.1.
    """

    def __init__(self, distance: str = "absolute", **options: Any) -> None:
        super().__init__(**options)
        self.distance = distance

    def build(self, input_shape: Any) -> None:
        dimensions = input_shape[0][-1]
        # Unit-length embeddings of d dimensions differ by about sqrt(2 / d) in each: start where the sum is about 4.
        scale = 4.0 / dimensions**0.5 if self.distance == "absolute" else 4.0
        self.w = self.add_weight(
            name="w",
            shape=(dimensions,),
            initializer=keras.initializers.Constant(scale),
            constraint=keras.constraints.NonNeg(),
        )
        self.b = self.add_weight(name="b", shape=(), initializer=keras.initializers.Constant(2.0))

    def call(self, embeddings: tuple[Any, Any]) -> Any:
        one, two = embeddings
        difference = ops.abs(one - two) if self.distance == "absolute" else ops.square(one - two)
        return ops.sigmoid(self.b - ops.sum(self.w * difference, axis=-1, keepdims=True))

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, int]:
        return (*input_shape[0][:-1], 1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "distance": self.distance}


@dataclass(frozen=True, eq=False)
class HeadWeights:
    """A metric head as numbers, for scores in double precision outside of Keras.

    Attributes
    ----------
    w : ndarray of shape (d,), float64, not negative
    b : float
    distance : {"absolute", "squared"}
    """

    w: NDArray[np.float64]
    b: float
    distance: str

    @classmethod
    def from_head(cls, head: MetricHead) -> "HeadWeights":
        """Copy a head's weights."""
        w, b = (ops.convert_to_numpy(weight) for weight in (head.w, head.b))
        return cls(np.asarray(w, np.float64), float(b), head.distance)

    def log_odds(self, x: NDArray[Any], y: NDArray[Any]) -> NDArray[np.float64]:
        """Compute the log-odds of scores; x and y broadcast against each other, embeddings last."""
        # Row by row, not as a matrix product: a pair's last bits then do not depend on what is scored beside it.
        return np.asarray(self.b - np.vecdot(differences(self.distance, x, y), self.w))


def differences(distance: str, x: NDArray[Any], y: NDArray[Any]) -> NDArray[np.float64]:
    """Compute d of `MetricHead` from NumPy arrays, in double precision."""
    found: NDArray[np.float64] = np.abs(np.subtract(x, y, dtype=np.float64))
    return found**2 if distance == "squared" else found


def build_projection(features: int, dimensions: int | None) -> keras.Model:
    """Build the learned last step of a leg: features to an embedding of unit length.

    Parameters
    ----------
    features : int
        Length of the features that come in.
    dimensions : int or None
        Length of the embedding; None for the features as they are, scaled to unit length.
    """
    inputs = keras.Input((features,), name="features")
    x = keras.layers.UnitNormalization()(inputs)
    if dimensions is None:
        return keras.Model(inputs, x, name="projection")
    # Orthogonal weights keep angles, so learning starts from the features' own cosine similarity, not from chance.
    x = keras.layers.Dense(dimensions, use_bias=False, kernel_initializer="orthogonal")(x)
    return keras.Model(inputs, keras.layers.UnitNormalization()(x), name="projection")


def stand_side_by_side(legs: Sequence[keras.Model]) -> keras.Model:
    """Build one leg of several: their embeddings side by side, scaled to unit length; a single leg as it is.

    Parameters
    ----------
    legs : sequence of keras.Model
        Equal inputs to unit-length embeddings, each with a name of its own.
    """
    if len(legs) == 1:
        return legs[0]
    image = keras.Input(legs[0].input_shape[1:], dtype=legs[0].input.dtype, name="image")
    found = keras.layers.Concatenate(dtype="float32")([leg(image) for leg in legs])
    return keras.Model(image, keras.layers.UnitNormalization(dtype="float32")(found), name="leg")


def join_heads(heads: Sequence[MetricHead]) -> MetricHead:
    """Return the head for embeddings side by side whose log-odds are the mean of these heads'; a single one as it is.

    Parameters
    ----------
    heads : sequence of MetricHead
        Built, and of one distance.
    """
    if len(heads) == 1:
        return heads[0]
    weights = [head.get_weights() for head in heads]
    joined = MetricHead(heads[0].distance, name="head")
    w = np.concatenate([w for w, _ in weights])
    joined.build([(None, len(w))] * 2)
    # Side by side, at unit length, each embedding is shorter by the root of their number, and so is |one - two|.
    scale = len(heads) ** -0.5 if joined.distance == "absolute" else 1.0
    joined.set_weights([scale * w, np.mean([b for _, b in weights])])
    return joined


def build_siamese(leg: keras.Model, head: MetricHead) -> keras.Model:
    """Build the siamese network: inputs `one` and `two`, output the score `float32[n, 1]` in [0, 1].

    Parameters
    ----------
    leg : keras.Model
        Image (or features) to embedding; both inputs go through this one leg.
    head : MetricHead
    """
    one = keras.Input(leg.input_shape[1:], dtype=leg.input.dtype, name="one")
    two = keras.Input(leg.input_shape[1:], dtype=leg.input.dtype, name="two")
    return keras.Model({"one": one, "two": two}, head((leg(one), leg(two))), name="siamese")


def build_in_batch(
    leg: keras.Model,
    head: MetricHead,
    augmentation: keras.layers.Layer | None = None,
    gathered: keras.layers.Layer | None = None,
) -> keras.Model:
    """Build the same network for training: distinct images in, pairs by index, so that no image is embedded twice.

    Its inputs are `images` `[n_images, ...]` and `one`, `two` `int32[n_pairs]`, which point into `images`; its output
    is the score `float32[n_pairs, 1]`. It shares every weight with `build_siamese(leg, head)`. An augmentation, if
    given, changes the images on their way in; `gathered`, if given, joins the embeddings of several devices.
    """
    images = keras.Input(leg.input_shape[1:], dtype=leg.input.dtype, name="images")
    one = keras.Input((), dtype="int32", name="one")
    two = keras.Input((), dtype="int32", name="two")
    embeddings = leg(images if augmentation is None else augmentation(images))
    if gathered is not None:
        embeddings = gathered(embeddings)
    score = head((ops.take(embeddings, one, axis=0), ops.take(embeddings, two, axis=0)))
    return keras.Model({"images": images, "one": one, "two": two}, score, name="in_batch")
