"""Ways to learn, by the loss: what is fitted, what it is fed, and how the neuron at the end gets its weights."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from siamese_nb.augmentation import build_augmentation
from siamese_nb.batches import Batches, IdentityBatches, PairBatches, image_batches
from siamese_nb.calibration import fit_sigmoid
from siamese_nb.config import TrainConfig
from siamese_nb.distribution import Gathered, OneDevice
from siamese_nb.embeddings import row_embeddings
from siamese_nb.errors import InputError
from siamese_nb.losses import OF_ALL, OF_BATCH, Directions, of_embeddings, pair_loss
from siamese_nb.metrics import GENUINE
from siamese_nb.mining import NONE_CONFIRMED, Mined
from siamese_nb.models import HeadWeights, MetricHead, build_in_batch
from siamese_nb.pairs import Pairs, Part
from siamese_nb.scoring import by_pairs, pair_scores
from siamese_nb.settings import PAIR_LOSSES

_IDENTITY_IMAGES = 128  # of a frozen leg's features in a batch: they are cheap, and more of them hold harder impostors


class PairLearner:
    """Learn from scores of pairs: leg and neuron together.

    Parameters
    ----------
    leg : keras.Model
        What learns, from rows of the table to embeddings.
    head : MetricHead
    table : ndarray of shape (n, ...)
        Images, or feature maps or features of what is frozen.
    part : Part
        The training part.
    config : TrainConfig
    views : sequence of ndarray of the table's shape
        The same of changed views of the images; what is learned from, but never judged by.
    distribution : OneDevice, optional

    Attributes
    ----------
    model : keras.Model
        What is fitted to the batches; not compiled.
    batches : Batches
    loss : callable
    monitor : str
        The figure that tells which epoch was best: the validation loss, or what suits the loss better.
    confirmed : ndarray of shape (n, 2), int64
        Impostors, as rows of the table, that a person has called so: mining trusts them, however alike they look.
    """

    monitor = "val_loss"
    confirmed: NDArray[np.int64] = NONE_CONFIRMED

    def __init__(
        self,
        leg: keras.Model,
        head: MetricHead,
        table: NDArray[Any],
        part: Part,
        config: TrainConfig,
        views: Sequence[NDArray[Any]] = (),
        distribution: OneDevice | None = None,
    ) -> None:
        self.distribution = distribution or OneDevice()
        self.leg, self.head, self.table, self.part, self.config = leg, head, table, part, config
        self.cheap = table.ndim == 2
        self.pictures = table.dtype == np.uint8
        with self.distribution.scope():  # it keeps the state of what is random
            self.augmentation = self._augmentation() if self.pictures else None
        self.batches, self.model, self.loss = self._build()
        self.batches.views = tuple(views)

    def _augmentation(self) -> keras.layers.Layer | None:
        return build_augmentation(self.config.augment, self.config.seed, self.distribution.share)

    def _build(self) -> tuple[Batches, keras.Model, Any]:
        batches = (PairBatches if self.cheap else image_batches)(self.table, self.part, self.config)
        with self.distribution.scope():
            gathered = Gathered(self.distribution.gather)
            model = build_in_batch(self.leg, self.head, self.augmentation, gathered)
        return batches, model, pair_loss(self.config.loss)

    def mine(self, part: Part) -> None:
        """Begin the epoch anew, with hard impostors among these images of the training part."""
        embeddings, place, _ = row_embeddings(self.leg, self.table, part.images, part.images)
        self.batches.mined = Mined.from_embeddings(part, embeddings[place], self.head, self.confirmed)
        self.batches.begin(self.batches.epoch)

    def settle(self, pairs: Pairs) -> None:
        """Make the neuron fit the embeddings as they are; here it has learned with them."""

    def score(self, pairs: Pairs) -> NDArray[np.float64]:
        """Score pairs with the weights as they are."""
        return pair_scores(self.head, *row_embeddings(self.leg, self.table, pairs.one, pairs.two))


class IdentityLearner(PairLearner):
    """Learn from what the images of a batch show; the neuron is fitted to training pairs afterwards.

    For the parameters see `PairLearner`.

    Raises
    ------
    InputError
        If a pairs file names impostors: then it is not known what else is alike.
    """

    # Fitted to training pairs, the neuron is too sure of others, the more the longer they were trained on: the loss
    # would call the first epoch best. How well it ranks them does not depend on that.
    monitor = "val_auc"

    def _build(self) -> tuple[Batches, keras.Model, Any]:
        name = self.config.loss
        if self.part.names_impostors:
            raise InputError(
                f"loss={name} needs to know what every image shows, and a file of pairs says it of its pairs alone; "
                f"choose {' or '.join(PAIR_LOSSES)}"
            )
        batches = IdentityBatches(self.table, self.part, self.config, _IDENTITY_IMAGES if self.cheap else None)
        directions = Directions(batches.identities) if name in OF_ALL else None
        with self.distribution.scope():
            images = keras.Input(self.leg.input_shape[1:], dtype=self.leg.input.dtype)
            found = self.leg(images if self.augmentation is None else self.augmentation(images))
            model = keras.Model(images, found if directions is None else directions(found))
        fresh = self.pictures and self.config.learns_leg
        if directions is not None and not fresh:  # what a pretrained leg sees lies in its place already
            directions.set_weights([np.repeat(self._mean_embeddings(), batches.sides, axis=0).T])
        loss = OF_ALL[name] if directions is not None else of_embeddings(OF_BATCH[name], self.head.cosines)
        return batches, model, self.distribution.joined(loss)

    def _mean_embeddings(self) -> NDArray[np.float32]:
        """Return where each identity lies now: from directions at random, the first steps would lead astray."""
        rows = self.part.images
        embeddings, place, _ = row_embeddings(self.leg, self.table, rows, rows)
        _, identity = np.unique(self.part.identity, return_inverse=True)
        sums = np.zeros((identity.max() + 1, embeddings.shape[1]), np.float32)
        np.add.at(sums, identity, embeddings[place])
        return sums

    def settle(self, pairs: Pairs) -> None:
        """Fit the neuron to training pairs."""
        embeddings, one, two = row_embeddings(self.leg, self.table, pairs.one, pairs.two)
        if np.isfinite(embeddings).all():  # else the scores say it
            fit_neuron(self.head, embeddings, one, two, pairs.label)


def make_learner(
    leg: keras.Model,
    head: MetricHead,
    table: NDArray[Any],
    part: Part,
    config: TrainConfig,
    views: Sequence[NDArray[Any]] = (),
    distribution: OneDevice | None = None,
) -> PairLearner:
    """Return the learner of the loss that the configuration names; for the parameters see `PairLearner`."""
    kind = PairLearner if config.loss in PAIR_LOSSES else IdentityLearner
    return kind(leg, head, table, part, config, views, distribution)


def fit_neuron(
    head: MetricHead,
    embeddings: NDArray[np.float32],
    one: NDArray[np.int64],
    two: NDArray[np.int64],
    label: NDArray[np.int64],
) -> None:
    """Fit the neuron to labelled pairs of embeddings: the same weight in every dimension, and the bias.

    Parameters
    ----------
    head : MetricHead
        Changed in place.
    embeddings : ndarray of shape (n, d), float32
    one, two, label : ndarray of shape (n_pairs,), int
        Rows of `embeddings`; 1 genuine, 0 impostor.
    """
    if not head.built:
        head.build([embeddings.shape, embeddings.shape])
    weights = HeadWeights.from_head(head)
    distance = by_pairs(lambda x, y: weights.differences(x, y).sum(axis=1), embeddings, one, two)
    slope, bias = fit_sigmoid(label == GENUINE, -distance)
    head.set_weights([np.full(weights.w.shape, slope), np.array(bias)])
