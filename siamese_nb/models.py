"""A leg and a metric head make one siamese network: two pictures in, one sigmoid neuron out."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from siamese_nb.matching import Maps

_CHANNELS = 24  # of each place that is matched: 48 did no better on Omniglot
_PLACES_SHARE = 2 / 3  # of the likeness of two pictures; the rest is that of the wholes


@keras.saving.register_keras_serializable("siamese_nb")
class MetricHead(keras.layers.Layer):  # type: ignore[misc]
    """Score two embeddings by one sigmoid neuron: `sigmoid(b - w . d(one, two))` with `w >= 0`.

    The distance enters negatively and no weight can turn negative, so the score is symmetric, and nothing scores
    above a picture and itself; of `"matched"` hardly anything does, and it is symmetric but for rounding.

    Parameters
    ----------
    distance : {"absolute", "squared", "matched"}
        d, element by element: `|one - two|` as in Koch et al. (2015), or `(one - two) ** 2`, which on unit-length
        embeddings with equal weights is cosine similarity with a learned scale. Of `"matched"` d is a single number,
        `|one| ** 2 + |two| ** 2 - 2 s(one, two)`, as the squares would sum to were s the scalar product; s is
        `siamese_nb.matching.Maps.likeness`.
    maps : Maps, or sequence of its four numbers, optional
        Where in an embedding the maps are that `"matched"` compares; it is given with that distance alone.

    References
    ----------
    Koch, Zemel, Salakhutdinov (2015), Siamese Neural Networks for One-shot Image Recognition, section 3.1.
    """

    def __init__(self, distance: str = "absolute", maps: Maps | Sequence[int] | None = None, **options: Any) -> None:
        super().__init__(**options)
        if (distance == "matched") != (maps is not None):
            raise ValueError(f"distance={distance!r} was given with maps={maps!r}; maps are for distance='matched'")
        self.distance = distance
        self.maps = maps if maps is None or isinstance(maps, Maps) else Maps(*maps)

    def build(self, input_shape: Any) -> None:
        dimensions = input_shape[0][-1] if self.maps is None else 1
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
        if self.maps is not None:
            difference = _unlikeness(self.maps, one, two, ops)
        else:
            difference = ops.abs(one - two) if self.distance == "absolute" else ops.square(one - two)
        return ops.sigmoid(self.b - ops.sum(self.w * difference, axis=-1, keepdims=True))

    def cosines(self, embeddings: Any) -> Any:
        """Compute how alike each of n embeddings of unit length is to each: a tensor of shape (n, n).

        Cosines, or of `"matched"` what stands for them.
        """
        if self.maps is None:
            return ops.matmul(embeddings, ops.transpose(embeddings))
        return self.maps.likenesses(embeddings, embeddings, ops)

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, int]:
        return (*input_shape[0][:-1], 1)

    def get_config(self) -> dict[str, Any]:
        maps = {} if self.maps is None else {"maps": list(astuple(self.maps))}
        return {**super().get_config(), "distance": self.distance, **maps}


@dataclass(frozen=True, eq=False)
class HeadWeights:
    """A metric head as numbers, for scores in double precision outside of Keras.

    Attributes
    ----------
    w : ndarray of shape (d,), float64, not negative
        Of `"matched"` of shape (1,).
    b : float
    distance : {"absolute", "squared", "matched"}
    maps : Maps or None
    """

    w: NDArray[np.float64]
    b: float
    distance: str
    maps: Maps | None = None

    @classmethod
    def from_head(cls, head: MetricHead) -> "HeadWeights":
        """Copy a head's weights."""
        w, b = (ops.convert_to_numpy(weight) for weight in (head.w, head.b))
        return cls(np.asarray(w, np.float64), float(b), head.distance, head.maps)

    def differences(self, x: NDArray[Any], y: NDArray[Any]) -> NDArray[np.float64]:
        """Compute d of `MetricHead`; x and y broadcast against each other, embeddings last."""
        if self.maps is not None:
            return np.asarray(_unlikeness(self.maps, np.asarray(x, np.float64), np.asarray(y, np.float64), np))
        found: NDArray[np.float64] = np.abs(np.subtract(x, y, dtype=np.float64))
        return found**2 if self.distance == "squared" else found

    def log_odds(self, x: NDArray[Any], y: NDArray[Any]) -> NDArray[np.float64]:
        """Compute the log-odds of scores; x and y broadcast against each other, embeddings last."""
        # Row by row, not as a matrix product: a pair's last bits then do not depend on what is scored beside it.
        return np.asarray(self.b - np.vecdot(self.differences(x, y), self.w))


def _unlikeness(maps: Maps, one: Any, two: Any, xp: Any) -> Any:
    """Compute d of the matched distance, with a last axis of length 1."""
    lengths = xp.sum(one * one, axis=-1) + xp.sum(two * two, axis=-1)
    return xp.expand_dims(lengths - 2.0 * maps.likeness(one, two, xp), -1)


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


def build_mapped_projection(features: int, places: tuple[int, int, int], dimensions: int | None) -> keras.Model:
    """Build the last step of a leg whose places are matched: features and maps to two embeddings of unit length.

    Parameters
    ----------
    features : int
        Length of the features that come in.
    places : (rows, columns, channels)
        Of the maps that come in with them.
    dimensions : int or None
        Length of the first embedding, which is `build_projection`'s; the second holds a map of fewer channels.
    """
    inputs = keras.Input((features,), name="features"), keras.Input(places, name="maps")
    found = keras.layers.Conv2D(_CHANNELS, 1, use_bias=False)(inputs[1])
    found = keras.layers.UnitNormalization()(keras.layers.Flatten()(found))
    return keras.Model(inputs, [build_projection(features, dimensions)(inputs[0]), found], name="projection")


def with_maps(backbone: keras.Model) -> keras.Model:
    """Return the same network with two outputs: its features, and its last maps, `float32[n, rows, columns, c]`."""
    maps = next(layer.output for layer in reversed(backbone.layers) if len(layer.output.shape) == 4)
    return keras.Model(backbone.input, [backbone.output, maps], name=backbone.name)


def one_embedding(parts: Any) -> Any:
    """Put a leg's embeddings of the whole and of its places one after the other, places weighing more; or one as is."""
    whole, *maps = keras.tree.flatten(parts)
    if not maps:
        return whole
    shares = zip([whole, *maps], (1 - _PLACES_SHARE, _PLACES_SHARE), strict=True)
    scaled = [keras.layers.Rescaling(share**0.5, dtype="float32")(part) for part, share in shares]
    return keras.layers.Concatenate(dtype="float32")(scaled)


def side_by_side(found: Sequence[Any]) -> Any:
    """Put embeddings of several legs side by side at unit length: all of the whole, and all of places if there are any.

    Parameters
    ----------
    found : sequence of tensor, or of list of two tensors
        What each leg gives.
    """

    def join(*parts: Any) -> Any:
        both = keras.layers.Concatenate(dtype="float32")(list(parts))
        return keras.layers.UnitNormalization(dtype="float32")(both)

    return keras.tree.map_structure(join, *found)


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
    return keras.Model(image, side_by_side([leg(image) for leg in legs]), name="leg")


def join_heads(heads: Sequence[MetricHead]) -> MetricHead:
    """Return the head for embeddings side by side whose log-odds are the mean of these heads'; a single one as it is.

    Parameters
    ----------
    heads : sequence of MetricHead
        Built, and of one distance; of several not `"matched"`, whose single weight cannot hold theirs.
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
