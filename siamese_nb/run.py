"""One training run: a network is built for a dataset, or several, and learns from it in stages."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from siamese_nb.augmentation import fixed_views
from siamese_nb.blocks import cut_leg, freeze_statistics
from siamese_nb.checkpoints import checkpoint_folder
from siamese_nb.config import TrainConfig
from siamese_nb.dataset import Dataset
from siamese_nb.devices import choose_precision, set_precision
from siamese_nb.distribution import OneDevice
from siamese_nb.embedding_cache import bank_embeddings, map_features
from siamese_nb.errors import InputError
from siamese_nb.learners import make_learner
from siamese_nb.legs import build_leg, default_size
from siamese_nb.matching import Maps
from siamese_nb.models import MetricHead, build_mapped_projection, build_projection, one_embedding, with_maps
from siamese_nb.progress import say
from siamese_nb.stages import fit_stage
from siamese_nb.training_data import TrainingData
from siamese_nb.watching import Panel

_FROZEN_SLOWER = 3  # good features need a nudge; at full rate validation is best after one epoch and falls from there
_BLOCK_SLOWER = 10  # on three splits of Grocery Store photos, validation rose by 0.009 with it
_FINE_TUNE_SLOWER = 20  # a trained leg must not be shaken by a head that is still rough


@dataclass(eq=False)
class Run:
    """A network, what it learns from, and how it has learned so far.

    Attributes
    ----------
    data : TrainingData
        Shared by all legs of an ensemble.
    backbone : keras.Model
        Pictures to features, and to maps where places are matched.
    projection : keras.Model
        Features to embeddings.
    head : MetricHead
    distribution : OneDevice
    member : int
        Which leg of an ensemble this is.
    history : dict of list of float
        Each figure after each epoch of all stages, and of all legs.
    panel : Panel or None
    features : ndarray of shape (n, d), float32, or None
        Of every picture of the bank, from a backbone that is frozen, once its head was fitted.
    leg : keras.Model
        Pictures to embeddings: backbone and projection, as they learn.
    checkpoints : Path
        The folder that each stage keeps its checkpoint in.
    """

    data: TrainingData
    backbone: keras.Model
    projection: keras.Model
    head: MetricHead
    distribution: OneDevice
    member: int
    history: dict[str, list[float]]
    panel: Panel | None = None
    features: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        """Find the place of the checkpoints, and make one leg of backbone and projection."""
        self.checkpoints = checkpoint_folder(self.data.key, self.backbone)
        self.leg = keras.Model(self.backbone.input, one_embedding(self.projection(self.backbone.output)), name="leg")

    @property
    def config(self) -> TrainConfig:
        """The settings, with `precision` as what `auto` has become."""
        return self.data.config

    def learn(self, folder: Path) -> bool:
        """Train in stages, and tell whether Ctrl-C cut them short; it is passed on if no epoch was done by then."""
        try:
            if not self.config.learns_leg:
                self.fit_head(folder)
                if self.config.fine_tune:
                    self.fit_block(folder)
            if self.config.learns_leg or (self.config.fine_tune and self.config.depth == "leg"):
                self.fit_leg(folder)
        except KeyboardInterrupt:
            if not self.history:
                raise
            if self.panel is None:  # else it says so itself
                kept = "the best epoch so far is kept" if self.config.keep == "best" else "it is kept as it is now"
                say(f"Stopped: {kept}. Start again in the same way to go on.")
            return True
        return False

    def fit_head(self, folder: Path) -> None:
        """Train projection and head on features of the frozen backbone; each image goes through it once, ever."""
        if self.config.fine_tune:  # by the maps that `fit_block` takes: what lies below them makes them once
            below, block = cut_leg(self.backbone)
            maps, engine, rows = self._tables(below), self.config.engine, self.data.split.train.images
            self.features = map_features(block, maps[0], engine)
            views = [map_features(block, changed, engine, rows) for changed in maps[1:]]
        else:
            self.features, *views = self._tables(self.backbone)
        self._fit(self.projection, self.features, self.config.learning_rate / _FROZEN_SLOWER, folder, "head", views)

    def fit_block(self, folder: Path) -> None:
        """Train the leg's last block too, on feature maps of what lies below it; each image goes through that once."""
        below, block = cut_leg(self.backbone)
        freeze_statistics(block)
        leg = keras.Model(block.input, self.projection(block.output), name="leg")
        maps, *views = self._tables(below)
        self._fit(leg, maps, self.config.learning_rate / _BLOCK_SLOWER, folder, "block", views)

    def fit_leg(self, folder: Path) -> None:
        """Train the whole leg on images: from scratch, or from where the head's training left it."""
        rate = self.config.learning_rate
        if not self.config.learns_leg:
            rate /= _FINE_TUNE_SLOWER
            freeze_statistics(self.backbone)
        self._fit(self.leg, self.data.pictures, rate, folder, "leg" if self.member == 0 else f"leg-{self.member + 1}")

    def _tables(self, frozen: keras.Model) -> list[NDArray[Any]]:
        """Send the bank, and each view of the training part, through what is frozen; or read that from the cache."""
        engine, rows = self.config.engine, self.data.split.train.images
        views = fixed_views(self.config.augment, self.config.views) if self.config.views else []
        changed = [bank_embeddings(frozen, self.data.bank, engine, view, rows) for view in views]
        return [bank_embeddings(frozen, self.data.bank, engine), *changed]

    def _fit(
        self,
        leg: keras.Model,
        table: NDArray[Any],
        rate: float,
        folder: Path,
        stage: str,
        views: Sequence[NDArray[Any]] = (),
    ) -> None:
        config = replace(self.config, seed=_seed_of(self.config, self.member))
        learner = make_learner(leg, self.head, table, self.data.split.train, config, views, self.distribution)
        learner.confirmed = self.data.confirmed
        kept = self.checkpoints / f"{stage}.npz"
        fit_stage(learner, rate, self.data.watched, self.history, folder, kept, self.panel)


def begin_runs(dataset: Dataset, config: TrainConfig, distribution: OneDevice, panel: Panel | None = None) -> list[Run]:
    """Build the network, or each leg of an ensemble by random numbers of its own, and make ready what they learn from.

    Raises
    ------
    InputError
        If the dataset is too small, does not tell what the settings need, or the leg cannot be had.
    """
    size = config.image_size or default_size(config.leg)
    if config.frame is not None and config.frame > size:
        raise InputError(
            f"frame={config.frame} is larger than the pictures, which are read at {size} pixels; "
            f"give a larger image_size, such as {2 * config.frame}, or a smaller frame"
        )
    another = config.engine != "keras" and not (config.learns_leg or config.fine_tune)  # has its own
    # Kept as what it has become: what `auto` is may change with the machine that goes on.
    config = replace(config, precision="float32" if another else choose_precision(config.precision))
    # Before the pictures are decoded: a leg that cannot be had is told at once.
    networks = [_build_network(config, size, distribution, member) for member in range(config.members)]
    data, history = TrainingData.prepare(dataset, config, size), dict[str, list[float]]()
    return [Run(data, *network, distribution, member, history, panel) for member, network in enumerate(networks)]


def learn_all(members: Sequence[Run], folder: Path) -> tuple[list[Run], bool]:
    """Train the legs of an ensemble, one after the other.

    Returns
    -------
    learned : list of Run
        Those that did an epoch.
    stopped : bool
        Whether Ctrl-C cut them short.
    """
    learned, stopped = [], False
    for member in members:
        before = len(member.history.get("loss", []))
        stopped = member.learn(folder)
        if len(member.history["loss"]) > before:
            learned.append(member)
        if stopped:
            break
    return learned, stopped


def _build_network(
    config: TrainConfig, size: int, distribution: OneDevice, member: int
) -> tuple[keras.Model, keras.Model, MetricHead]:
    """Build a backbone for pictures of this size, what projects its features, and the head."""
    keras.utils.set_random_seed(_seed_of(config, member))
    with distribution.scope():
        backbone = build_leg(config.leg, config.frame or size, config.weights)
        maps = None
        if config.distance == "matched":
            backbone = with_maps(backbone)
            (_, features), (_, *places) = backbone.output_shape
            projection = build_mapped_projection(features, tuple(places), config.embedding)
            maps = Maps(projection.output_shape[0][-1], 1, *places[:2])
        else:
            projection = build_projection(backbone.output_shape[-1], config.embedding)
    backbone, projection = distribution.alone(backbone), distribution.alone(projection)
    set_precision(backbone, config.precision)
    return backbone, projection, MetricHead(config.distance, maps, name="head")


def _seed_of(config: TrainConfig, member: int) -> int:
    return (config.seed + member) % 2**32
