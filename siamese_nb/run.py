"""One training run: a dataset becomes a split and a network, and the network learns from it in stages."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray
from tqdm.auto import tqdm

from siamese_nb.augmentation import fixed_views
from siamese_nb.bank import Bank
from siamese_nb.blocks import cut_leg, freeze_statistics
from siamese_nb.checkpoints import checkpoint_folder
from siamese_nb.config import TrainConfig
from siamese_nb.dataset import Dataset
from siamese_nb.devices import choose_precision, set_precision
from siamese_nb.distribution import OneDevice
from siamese_nb.doctor import Certificate, certified_split
from siamese_nb.embeddings import bank_embeddings
from siamese_nb.errors import InputError
from siamese_nb.frames import build_frame
from siamese_nb.learners import make_learner
from siamese_nb.legs import build_leg, default_size
from siamese_nb.metrics import IMPOSTOR
from siamese_nb.mining import NONE_CONFIRMED
from siamese_nb.models import MetricHead, build_projection
from siamese_nb.review import confirmed_impostors
from siamese_nb.split import Split
from siamese_nb.stages import Watched, fit_stage
from siamese_nb.watching import Panel

_FROZEN_SLOWER = 3  # good features need a nudge; at full rate validation is best after one epoch and falls from there
_BLOCK_SLOWER = 10  # on three splits of Grocery Store photos, validation rose by 0.009 with it
_FINE_TUNE_SLOWER = 20  # a trained leg must not be shaken by a head that is still rough


@dataclass(eq=False)
class Run:
    """The data, the network, and how it has learned so far.

    Attributes
    ----------
    config : TrainConfig
        With `precision` as what `auto` has become.
    dataset : Dataset
    bank : Bank
        Of the dataset's pictures, at the size that they are read at.
    split : Split
    proof : Certificate
        That the split's parts share nothing.
    backbone : keras.Model
        Pictures to features.
    projection : keras.Model
        Features to embeddings.
    head : MetricHead
    distribution : OneDevice
    history : dict of list of float
        Each figure after each epoch of all stages.
    panel : Panel or None
    member : int
        Which leg of an ensemble this is.
    features : ndarray of shape (n, d), float32, or None
        Of every picture of the bank, from a backbone that is frozen, once its head was fitted.
    watched : Watched
        The fixed pairs that every stage is watched by.
    confirmed : ndarray of shape (n_confirmed, 2), int64
        Impostors, as rows of the bank, that a person has called so; none where nothing is mined.
    leg : keras.Model
        Pictures to embeddings: backbone and projection, as they learn.
    checkpoints : Path
        The folder that each stage keeps its checkpoint in.
    """

    config: TrainConfig
    dataset: Dataset
    bank: Bank
    split: Split
    proof: Certificate
    backbone: keras.Model
    projection: keras.Model
    head: MetricHead
    distribution: OneDevice
    history: dict[str, list[float]] = field(default_factory=dict)
    panel: Panel | None = None
    member: int = 0
    features: NDArray[np.float32] | None = None

    @classmethod
    def begin(cls, dataset: Dataset, config: TrainConfig, distribution: OneDevice) -> "Run":
        """Decode the pictures, split them, and build the network.

        Raises
        ------
        InputError
            If the dataset is too small, does not tell what the settings need, or the leg cannot be had.
        """
        keras.utils.set_random_seed(config.seed)
        size = config.image_size or default_size(config.leg)
        if config.frame is not None and config.frame > size:
            raise InputError(
                f"frame={config.frame} is larger than the pictures, which are read at {size} pixels; "
                f"give a larger image_size, such as {2 * config.frame}, or a smaller frame"
            )
        backbone, projection = _build_network(config, size, distribution)
        another = config.engine != "keras" and not (config.learns_leg or config.fine_tune)  # has its own
        # Kept as what it has become: what `auto` is may change with the machine that goes on.
        config = replace(config, precision="float32" if another else choose_precision(config.precision))
        set_precision(backbone, config.precision)
        dataset, bank = dataset.bank((size, size))
        shares = config.validation_share, config.test_share
        split, proof = certified_split(dataset, bank, seed=config.seed, by=config.split_by, shares=shares)
        if config.mining != "none" and (split.train.labelled[:, 2] == IMPOSTOR).any():
            raise InputError(
                f"mining={config.mining!r} needs to know what every picture shows, and a file of pairs that names its "
                "impostors says it of its pairs alone; leave mining out"
            )
        head = MetricHead(config.distance, name="head")
        return cls(config, dataset, bank, split, proof, backbone, projection, head, distribution)

    def members(self) -> list["Run"]:
        """Return this run and those of the other legs of an ensemble: the same data, and other random numbers."""
        size, found = self.bank.images.shape[1], [self]
        for member in range(1, self.config.members):
            keras.utils.set_random_seed(_seed_of(self.config, member))
            network = _build_network(self.config, size, self.distribution)
            set_precision(network[0], self.config.precision)
            head = MetricHead(self.config.distance, name="head")
            found.append(replace(self, backbone=network[0], projection=network[1], head=head, member=member))
        return found

    def __post_init__(self) -> None:
        """Draw the fixed pairs, find the place of the checkpoints, and make one leg of backbone and projection."""
        self.watched = Watched.draw(self.split.train, self.split.validation, self.config)
        mines = self.config.mining != "none"
        self.confirmed = confirmed_impostors(self.dataset.root, self.dataset.paths) if mines else NONE_CONFIRMED
        about = self.config, self.dataset, self.bank, self.split, self.backbone
        self.checkpoints = checkpoint_folder(*about, self.confirmed)
        self.leg = keras.Model(self.backbone.input, self.projection(self.backbone.output), name="leg")

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
                tqdm.write(f"Stopped: {kept}. Start again in the same way to go on.", file=sys.stderr)
            return True
        return False

    def fit_head(self, folder: Path) -> None:
        """Train projection and head on features of the frozen backbone; each image goes through it once, ever."""
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
        self._fit(self.leg, self.pictures(), rate, folder, "leg" if self.member == 0 else f"leg-{self.member + 1}")

    def pictures(self) -> NDArray[np.uint8]:
        """Return the pictures as the leg is to learn from them: framed once, if at all."""
        if self.config.frame is None:
            return self.bank.images
        return bank_embeddings(build_frame(self.bank.images.shape[1], self.config.frame), self.bank)

    def _tables(self, frozen: keras.Model) -> list[NDArray[Any]]:
        """Send the bank, and each view of the training part, through what is frozen; or read that from the cache."""
        engine, rows = self.config.engine, self.split.train.images
        views = fixed_views(self.config.augment, self.config.views) if self.config.views else []
        changed = [bank_embeddings(frozen, self.bank, engine, view, rows) for view in views]
        return [bank_embeddings(frozen, self.bank, engine), *changed]

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
        learner = make_learner(leg, self.head, table, self.split.train, config, views, self.distribution)
        learner.confirmed = self.confirmed
        fit_stage(learner, rate, self.watched, self.history, folder, self.checkpoints / f"{stage}.npz", self.panel)


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


def _build_network(config: TrainConfig, size: int, distribution: OneDevice) -> tuple[keras.Model, keras.Model]:
    """Build a backbone, and what projects its features, for pictures of this size."""
    with distribution.scope():
        backbone = build_leg(config.leg, config.frame or size, config.weights)
        projection = build_projection(backbone.output_shape[-1], config.embedding)
    return distribution.alone(backbone), distribution.alone(projection)


def _seed_of(config: TrainConfig, member: int) -> int:
    return (config.seed + member) % 2**32
