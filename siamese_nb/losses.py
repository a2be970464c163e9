"""What a network learns by: losses by name, of pairs, of the identities in a batch, or of all identities.

Every embedding has unit length, so a pair's squared distance is `2 - 2 cos`; where places are matched, their likeness
stands for the cosine, and may exceed 1 a little. An identity below 0 marks a row that only fills a batch up. Each loss
is smallest where images of one identity lie together and those of others lie apart.
"""

import math
from collections.abc import Callable
from typing import Any

import keras
from keras import ops

_CONTRASTIVE_MARGIN = 1.0
_TRIPLET_MARGIN = 0.3
_TEMPERATURE = 0.07
_SCALE, _COSFACE_MARGIN, _ARCFACE_MARGIN = 16.0, 0.2, 0.3  # fewer identities than faces have: milder than the papers'
_NEVER = 1e9  # stands for infinity where a softmax or a maximum must leave something out; finite, so are gradients

Loss = Callable[[Any, Any], Any]


def pair_loss(name: str) -> keras.losses.Loss:
    """Return the loss of pairs' scores, `"binary_crossentropy"` or `"focal"`.

    References
    ----------
    Lin, Goyal, Girshick, He, Dollár (2017), Focal Loss for Dense Object Detection, ICCV, equation 4.
    """
    kind = {
        "binary_crossentropy": keras.losses.BinaryCrossentropy,
        "focal": keras.losses.BinaryFocalCrossentropy,
    }[name]
    return kind()  # weights of a batch have the mean 1: so the mean of its shares on several devices is its own


def contrastive(identity: Any, cosines: Any) -> Any:
    """Compute the contrastive loss over all pairs of a batch, both kinds weighing the same.

    References
    ----------
    Hadsell, Chopra, LeCun (2006), Dimensionality Reduction by Learning an Invariant Mapping, CVPR, equation 4.
    """
    genuine, impostor = _relations(identity)
    squared = _squared_distances(cosines)
    missing = ops.square(ops.relu(_CONTRASTIVE_MARGIN - _root(squared)))
    return _mean(squared, genuine) + _mean(missing, impostor)


def triplet(identity: Any, cosines: Any) -> Any:
    """Compute the batch-hard triplet loss: each image with its farthest twin and its nearest impostor.

    References
    ----------
    Hermans, Beyer, Leibe (2017), In Defense of the Triplet Loss for Person Re-Identification, equation 5.
    """
    genuine, impostor = _relations(identity)
    distance = _root(_squared_distances(cosines))
    farthest = ops.max(ops.where(genuine, distance, -_NEVER), axis=1)
    nearest = ops.min(ops.where(impostor, distance, _NEVER), axis=1)
    return _mean(ops.relu(_TRIPLET_MARGIN + farthest - nearest), _anchors(genuine, impostor))


def multi_similarity(identity: Any, cosines: Any) -> Any:
    """Compute the multi-similarity loss, over the pairs that its mining leaves.

    References
    ----------
    Wang, Han, Huang, Dong, Scott (2019), Multi-Similarity Loss with General Pair Weighting for Deep Metric Learning,
    CVPR, equations 11, 12 and 16, with the constants of its section 4.1.
    """
    alpha, beta, base, slack = 2.0, 50.0, 0.5, 0.1
    genuine, impostor = _relations(identity)
    least = ops.min(ops.where(genuine, cosines, _NEVER), axis=1, keepdims=True)
    most = ops.max(ops.where(impostor, cosines, -_NEVER), axis=1, keepdims=True)
    pull = _log_one_plus_sum(-alpha * (cosines - base), genuine & (cosines - slack < most)) / alpha
    push = _log_one_plus_sum(beta * (cosines - base), impostor & (cosines + slack > least)) / beta
    return _mean(pull + push, _anchors(genuine, impostor))


def supervised_contrastive(identity: Any, cosines: Any) -> Any:
    """Compute the supervised contrastive loss: each twin against everything else in the batch, by a softmax.

    References
    ----------
    Khosla et al. (2020), Supervised Contrastive Learning, NeurIPS, equation 2.
    """
    genuine, impostor = _relations(identity)
    logits = ops.where(genuine | impostor, cosines / _TEMPERATURE, -_NEVER)
    log_share = logits - ops.logsumexp(logits, axis=1, keepdims=True)
    weight = ops.cast(genuine, logits.dtype)
    twins = ops.maximum(ops.sum(weight, axis=1), 1.0)
    return _mean(-ops.sum(ops.where(genuine, log_share, 0.0), axis=1) / twins, _anchors(genuine, impostor))


def cosface(identity: Any, cosines: Any) -> Any:
    """Compute the softmax over all identities, the true one's cosine lowered by a margin.

    References
    ----------
    Wang et al. (2018), CosFace: Large Margin Cosine Loss for Deep Face Recognition, CVPR, equation 4.
    """
    return _margin_softmax(identity, cosines, cosines - _COSFACE_MARGIN)


def arcface(identity: Any, cosines: Any) -> Any:
    """Compute the softmax over all identities, the angle to the true one widened by a margin.

    References
    ----------
    Deng, Guo, Xue, Zafeiriou (2019), ArcFace: Additive Angular Margin Loss for Deep Face Recognition, CVPR, equation 3.
    """
    cos, sin = math.cos(_ARCFACE_MARGIN), math.sin(_ARCFACE_MARGIN)
    widened = cosines * cos - _root(1.0 - ops.square(cosines)) * sin
    # Beyond pi the cosine would rise again and reward the worst: go on falling in a straight line instead.
    return _margin_softmax(identity, cosines, ops.where(cosines > -cos, widened, cosines - _ARCFACE_MARGIN * sin))


OF_BATCH: dict[str, Loss] = {
    loss.__name__: loss for loss in (contrastive, triplet, multi_similarity, supervised_contrastive)
}
"""Losses `(identity, cosines) -> number`, over the cosine of each image of a batch with each."""
OF_ALL: dict[str, Loss] = {loss.__name__: loss for loss in (cosface, arcface)}
"""Losses `(identity, cosines) -> number`, over the cosine of each image with a direction of every identity."""


def of_embeddings(loss: Loss, cosines: Callable[[Any], Any]) -> Loss:
    """Return a loss of a batch's embeddings: that of what `cosines` makes of them."""
    return lambda identity, embeddings: loss(identity, cosines(embeddings))


class Directions(keras.layers.Layer):  # type: ignore[misc]
    """Compute the cosines of unit-length embeddings with one learned direction for each identity.

    Parameters
    ----------
    identities : int
    """

    def __init__(self, identities: int, **options: Any) -> None:
        super().__init__(**options)
        self.identities = identities

    def build(self, input_shape: Any) -> None:
        shape = (input_shape[-1], self.identities)
        self.directions = self.add_weight(name="directions", shape=shape, initializer="random_normal")

    def call(self, embeddings: Any) -> Any:
        return ops.matmul(embeddings, ops.normalize(self.directions, axis=0))

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, int]:
        return (*input_shape[:-1], self.identities)


def _relations(identity: Any) -> tuple[Any, Any]:
    """Tell which rows of a batch are twins of each, and which are its impostors; what fills up is neither."""
    identity = ops.reshape(identity, (-1,))
    real, rows = identity >= 0, ops.arange(ops.shape(identity)[0])
    both = real[:, None] & real[None, :]
    same = identity[:, None] == identity[None, :]
    return both & same & (rows[:, None] != rows[None, :]), both & ~same


def _anchors(genuine: Any, impostor: Any) -> Any:
    """Tell which rows have a twin and an impostor to learn from."""
    return ops.any(genuine, axis=1) & ops.any(impostor, axis=1)


def _squared_distances(cosines: Any) -> Any:
    return ops.maximum(2.0 - 2.0 * cosines, 0.0)  # rounding can fall below zero


def _root(squared: Any) -> Any:
    """Take the square root, whose slope at zero is infinite: zero times that would be NaN in every weight."""
    return ops.sqrt(ops.maximum(squared, 1e-8))


def _log_one_plus_sum(logits: Any, chosen: Any) -> Any:
    """Compute log(1 + the sum of exp over the chosen entries) of each row, without overflow."""
    kept = ops.where(chosen, logits, -_NEVER)
    return ops.softplus(ops.logsumexp(kept, axis=1))


def _mean(values: Any, chosen: Any) -> Any:
    """Average over the chosen entries; 0 if there are none."""
    weight = ops.cast(chosen, values.dtype)
    return ops.sum(ops.where(chosen, values, 0.0)) / ops.maximum(ops.sum(weight), 1.0)


def _margin_softmax(identity: Any, cosines: Any, with_margin: Any) -> Any:
    identity = ops.cast(ops.reshape(identity, (-1,)), "int32")
    true = ops.arange(ops.shape(cosines)[1])[None, :] == identity[:, None]
    logits = _SCALE * ops.where(true, with_margin, cosines)
    own = ops.sum(ops.where(true, logits, 0.0), axis=1)
    return _mean(ops.logsumexp(logits, axis=1) - own, identity >= 0)
