"""Find a leg's last feature maps and what pools them, where the leg is built so that each patch has its share."""

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

_POOLINGS = {keras.layers.GlobalAveragePooling2D: "average", keras.layers.GlobalMaxPooling2D: "maximum"}


@dataclass(frozen=True, eq=False)
class PooledLeg:
    """A leg that pools feature maps over the whole picture, then projects them without a bias to unit length.

    Attributes
    ----------
    maps : keras.Model
        Image to the feature maps, `float32[n, rows, columns, channels]`.
    poolings : tuple of str
        What is put side by side: "average", "maximum".
    kernel : ndarray of shape (features, d), float64
        Of the projection.
    """

    maps: keras.Model
    poolings: tuple[str, ...]
    kernel: NDArray[np.float64]

    @classmethod
    def from_leg(cls, leg: keras.Model) -> "PooledLeg | None":
        """Take a leg apart; None if anything but pooling and a plain projection stands behind its feature maps."""
        kernel = _kernel(leg.layers[-1])
        found = _nested_maps(leg) if isinstance(leg.layers[-2], keras.Model) else _flat_maps(leg)
        if kernel is None or found is None:
            return None
        maps, poolings = found
        if len(poolings) * maps.output_shape[-1] != len(kernel):
            return None
        return cls(maps, poolings, kernel)

    def patch_embeddings(self, images: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Split the embedding of each picture into one vector for each patch; they sum to the embedding.

        An average gives each patch its n-th share, a maximum gives all to the patch where it stands (equal parts where
        it stands several times). The projection has no bias, so it acts on each share alone, and the lengths that the
        leg divides by are numbers of the whole picture.

        Parameters
        ----------
        images : ndarray of shape (n, height, width, 3), uint8

        Returns
        -------
        ndarray of shape (n, rows, columns, d), float64

        References
        ----------
        Zhou et al. (2016), Learning Deep Features for Discriminative Localization, CVPR, equation 2 (for averages).
        """
        maps = np.asarray(self.maps.predict_on_batch(images), np.float64)
        shares = np.concatenate([_SHARES[pooling](maps) for pooling in self.poolings], axis=-1) @ self.kernel
        whole = shares.sum(axis=(1, 2), keepdims=True)
        # The leg's first normalisation cancels out: it scales every share, and the length that is divided by here.
        length = np.linalg.norm(whole, axis=-1, keepdims=True)
        return np.asarray(shares / np.maximum(length, np.finfo(np.float32).tiny))


def _average_shares(maps: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(maps / (maps.shape[1] * maps.shape[2]))


def _maximum_shares(maps: NDArray[np.float64]) -> NDArray[np.float64]:
    highest = maps == maps.max(axis=(1, 2), keepdims=True)
    return np.asarray(maps * highest / highest.sum(axis=(1, 2), keepdims=True))


_SHARES = {"average": _average_shares, "maximum": _maximum_shares}


def _kernel(projection: Any) -> NDArray[np.float64] | None:
    """Read the projection's kernel, if it is normalisation, Dense without bias or activation, normalisation."""
    if not isinstance(projection, keras.Model):
        return None
    steps = [layer for layer in projection.layers if not isinstance(layer, keras.layers.InputLayer)]
    normal, dense = keras.layers.UnitNormalization, keras.layers.Dense
    if [type(step) for step in steps] != [normal, dense, normal]:
        return None
    if steps[1].use_bias or steps[1].activation is not keras.activations.linear:
        return None
    return np.asarray(keras.ops.convert_to_numpy(steps[1].kernel), np.float64)


def _nested_maps(leg: keras.Model) -> tuple[keras.Model, tuple[str, ...]] | None:
    """Open a network of `keras.applications` that ends in its pooling, behind its preprocessing."""
    backbone, before = leg.layers[-2], leg.layers[-3]
    pooling = _POOLINGS.get(type(backbone.layers[-1]))
    if pooling is None:
        return None
    inner = keras.Model(backbone.input, backbone.layers[-1].input)
    return keras.Model(leg.input, inner(before.output)), (pooling,)


def _flat_maps(leg: keras.Model) -> tuple[keras.Model, tuple[str, ...]] | None:
    """Open a leg whose layers stand in it one by one, with one pooling or several side by side."""
    last = leg.layers[-2]
    feeding = {id(layer.output): layer for layer in leg.layers[:-1]}
    joined = isinstance(last, keras.layers.Concatenate)
    if joined and not all(id(tensor) in feeding for tensor in last.input):  # legs within the leg
        return None
    poolings = [feeding[id(tensor)] for tensor in last.input] if joined else [last]
    if not all(type(layer) in _POOLINGS for layer in poolings):
        return None
    if len({id(layer.input) for layer in poolings}) > 1:
        return None
    return keras.Model(leg.input, poolings[0].input), tuple(_POOLINGS[type(layer)] for layer in poolings)
