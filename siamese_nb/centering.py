"""Localized centering: what an embedding shares with the things that it is like, it is told apart by no more."""

import keras
import numpy as np
from numpy.typing import NDArray

from siamese_nb.likeness import unit_length

_SHARPNESS = 10.0  # of the softmax over cosines: 0.1 more of cosine weighs 2.7 times as much
_SHARE = 0.5  # of the local mean, that is taken away
_MOST = 4096  # means that a leg remembers


def identity_means(embeddings: NDArray[np.float32], identity: NDArray[np.int64], seed: int = 0) -> NDArray[np.float32]:
    """Average the embeddings of each thing, of 4,096 things at most, and scale the means to unit length.

    Parameters
    ----------
    embeddings : ndarray of shape (n, d), float32
    identity : ndarray of shape (n,), int64
    seed : int
        Which things, if there are more.

    Returns
    -------
    ndarray of shape (n_things, d), float32
    """
    values, place = np.unique(identity, return_inverse=True)
    sums = np.zeros((len(values), embeddings.shape[1]))
    np.add.at(sums, place, embeddings)
    if len(sums) > _MOST:
        sums = sums[np.sort(np.random.default_rng(seed).choice(len(sums), _MOST, replace=False))]
    return np.asarray(unit_length(sums), np.float32)


def center_locally(leg: keras.Model, means: NDArray[np.float32]) -> keras.Model:
    """Build a leg that moves another's embeddings away from the known things that they are like; unit length again.

    Taken away is half of the local mean: the means of known things, weighted by a softmax over ten times their cosines.
    Some embeddings, the hubs, lie near to much that they do not show, as they look like much that is known; this is
    what they lose. The papers take the mean of the nearest embeddings; a softmax has no edge.

    Parameters
    ----------
    leg : keras.Model
        Picture to unit-length embedding of d dimensions.
    means : ndarray of shape (n_things, d), float32
        Of unit length, such as `identity_means` gives.

    References
    ----------
    Hara, Suzuki, Shimbo, Kobayashi, Fukumizu, Radovanović (2015), Localized Centering: Reducing Hubness in Large-Sample
    Data, AAAI.
    """
    likeness = keras.layers.Dense(len(means), "softmax", use_bias=False, dtype="float32", name="likeness")
    local_mean = keras.layers.Dense(means.shape[1], use_bias=False, dtype="float32", name="local_mean")
    rest = keras.layers.Subtract(dtype="float32")([leg.output, local_mean(likeness(leg.output))])
    likeness.set_weights([_SHARPNESS * means.T])
    local_mean.set_weights([_SHARE * means])
    return keras.Model(leg.input, keras.layers.UnitNormalization(dtype="float32")(rest), name="leg")
