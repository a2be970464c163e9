"""Train a siamese network: a dataset and a configuration in, a verifier with its evidence out."""

import contextlib
import itertools
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray
from tqdm.auto import tqdm

from siamese_nb import metrics
from siamese_nb.augmentation import fixed_views
from siamese_nb.bank import Bank
from siamese_nb.baselines import colour_histogram_baseline
from siamese_nb.blocks import cut_leg
from siamese_nb.board import draw_hardest, write_outcome, write_settings
from siamese_nb.calibration import fit_calibration
from siamese_nb.checkpoints import checkpoint_folder
from siamese_nb.config import TrainConfig
from siamese_nb.dataset import Dataset, scan
from siamese_nb.descriptors import describe_colours
from siamese_nb.devices import choose_precision, set_precision
from siamese_nb.distribution import OneDevice, make_distribution
from siamese_nb.doctor import Certificate, certified_split, figures_of
from siamese_nb.embeddings import bank_embeddings, cosine_scores, pair_scores, row_embeddings
from siamese_nb.engines import EXACT, check_engine
from siamese_nb.errors import InputError
from siamese_nb.frames import build_frame, frame_first
from siamese_nb.learners import fit_head, make_learner
from siamese_nb.legs import build_leg, default_size
from siamese_nb.metrics import IMPOSTOR
from siamese_nb.mining import SEARCHED_IMAGES, find_doubted
from siamese_nb.models import MetricHead, build_projection, build_siamese
from siamese_nb.novelty import Known
from siamese_nb.pairs import Pairs, Part
from siamese_nb.projector import write_projector
from siamese_nb.provenance import auc_by_kind, dataset_facts, versions
from siamese_nb.review import in_force, read_review
from siamese_nb.scored_pairs import ScoredPairs
from siamese_nb.split import Split
from siamese_nb.stages import Watched, fit_stage, freeze_statistics, sample_part
from siamese_nb.storage import check_writable
from siamese_nb.thresholds import choose_threshold
from siamese_nb.verifier import Verifier
from siamese_nb.views import average_views
from siamese_nb.watching import Panel, told
from siamese_nb.whitening import whiten, within_class_whitening

_SUSPECTS = 100  # to be looked at by a person
_FROZEN_SLOWER = 3  # good features need a nudge; at full rate validation is best after one epoch and falls from there
_BLOCK_SLOWER = 10  # on three splits of Grocery Store photos, validation rose by 0.009 with it
_PROJECTED_IMAGES = 1000  # as many points as one can tell apart, and a sprite that browsers load at once
_FINE_TUNE_SLOWER = 20  # a trained leg must not be shaken by a head that is still rough


def train(
    dataset: Dataset | str | os.PathLike[str],
    config: TrainConfig | None = None,
    *,
    out: str | os.PathLike[str] = "saved_model",
    logs: str | os.PathLike[str] = "logs",
    panel: Panel | None = None,
    distribution: str = "none",
) -> Verifier:
    """Train a siamese network and save it as a bundle.

    The dataset is split before pairs are made; the threshold and the calibration come from validation pairs, the
    reported figures from test pairs. Ctrl-C ends the training and saves the best epoch so far. A run that ended before
    its time, even by a power cut, goes on where it was when it is started again on the same data in the same way.

    Parameters
    ----------
    dataset : Dataset, folder or CSV file of pairs
    config : TrainConfig, optional
    out : path
        The bundle becomes a new folder in this one.
    logs : path
        TensorBoard's logs go to `fit/<run>` in this folder.
    panel : Panel, optional
        Shows in a notebook how training goes, with a button that stops it: `siamese_nb.widgets.TrainingPanel()`.
    distribution : {"none", "data_parallel"}
        `data_parallel` learns on all devices, see `siamese_nb.distribution.make_distribution`.

    Returns
    -------
    Verifier
        Saved; `path` says where.

    Raises
    ------
    InputError
        If the dataset is too small, the leg or its weights cannot be had, a place cannot be written to, or the network
        collapsed: all its scores are equal.
    """
    spread = make_distribution(distribution)  # first: TensorFlow accepts workers before it computes anything, not after
    config = config or TrainConfig()
    check_engine(config.engine)
    if config.mining != "none" and spread.replicas > 1:
        raise InputError(f"mining={config.mining!r} needs one device; leave it out, or distribution=data_parallel")
    for note in config.unused():
        tqdm.write(note, file=sys.stderr)
    started = time.strftime("%Y%m%d-%H%M%S")
    with told(panel), ExitStack() as undone:
        if not spread.chief:  # of several machines the first one writes; what the others write goes with them
            out = logs = undone.enter_context(tempfile.TemporaryDirectory())
        for place in (out, logs):
            check_writable(place)
        run = Run.begin(dataset if isinstance(dataset, Dataset) else scan(dataset), config, spread)
        run.panel = panel
        folder = _new_folder(Path(logs) / "fit", f"{started}-{config.leg}", Path(out))
        write_settings(folder, config)
        stopped = run.learn(folder)
        verifier = run.verifier()
        verifier.save(Path(out) / folder.name)
        run.log(folder, verifier)
        if panel is not None:
            panel.show(phase="stopped" if stopped else "done", saved=str(verifier.path))
    if not stopped:
        shutil.rmtree(run.checkpoints, ignore_errors=True)
    return verifier


@dataclass(eq=False)
class Run:
    """One training run: the data, the network and what was seen so far."""

    config: TrainConfig
    dataset: Dataset
    bank: Bank
    split: Split
    proof: Certificate
    backbone: keras.Model
    projection: keras.Model
    head: MetricHead
    distribution: OneDevice = field(default_factory=OneDevice)
    history: dict[str, list[float]] = field(default_factory=dict)
    panel: Panel | None = None

    @classmethod
    def begin(cls, dataset: Dataset, config: TrainConfig, distribution: OneDevice | None = None) -> "Run":
        """Decode the pictures, split them, and build the network."""
        keras.utils.set_random_seed(config.seed)
        size = config.image_size or default_size(config.leg)
        if config.frame is not None and config.frame > size:
            raise InputError(
                f"frame={config.frame} is larger than the pictures, which are read at {size} pixels; "
                f"give a larger image_size, such as {2 * config.frame}, or a smaller frame"
            )
        spread = distribution or OneDevice()
        with spread.scope():
            backbone = build_leg(config.leg, config.frame or size, config.weights)
            projection = build_projection(backbone.output_shape[-1], config.embedding)
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
        legs = spread.alone(backbone), spread.alone(projection)
        return cls(config, dataset, bank, split, proof, *legs, head, spread)

    def __post_init__(self) -> None:
        """Draw the fixed pairs, and make one leg of backbone and projection."""
        self.checkpoints = checkpoint_folder(self.config, self.dataset, self.bank, self.split, self.backbone)
        self.leg = keras.Model(self.backbone.input, self.projection(self.backbone.output), name="leg")
        self.validation = self._judged(self.split.validation)
        self.test = self._judged(self.split.test)

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
        self._fit(self.leg, self._pictures(), rate, folder, "leg")

    def verifier(self) -> Verifier:
        """Choose the threshold on validation, measure on test, and put the evidence together."""
        if self.panel is not None:
            self.panel.show(phase="measuring")
        self.leg = self._whole_leg()
        embeddings = self.embeddings = self._embeddings()
        pairs = {name: self._scored(embeddings, *getattr(self, name)) for name in ("validation", "test")}
        judged = pairs["validation"]
        if metrics.is_collapsed(judged.scores):
            raise InputError(
                f"the network collapsed: every pair scores {judged.scores.mean():.3f}, so it tells nothing apart and "
                f"is not saved; try a learning rate below {self.config.learning_rate:g}, more couples or another leg"
            )
        labels, scores = judged.labels[judged.counted], judged.scores[judged.counted]
        choice = choose_threshold(labels, scores)
        about: dict[str, Any] = {
            "threshold": choice.to_dict(),
            "calibration": fit_calibration(labels, scores).to_dict(),
            **{name: scored.figures_by_kind(choice.threshold) for name, scored in pairs.items()},
            "baselines": self._baselines(),
            "config": self.config.to_dict(),
            "dataset": dataset_facts(self.dataset, self.bank, self.split),
            "certificate": self.proof.to_dict(),
            "versions": versions(),
        }
        if self.config.mining != "none":
            about["suspects"] = self._suspects(embeddings)
        used = np.concatenate([self.split.train.images, self.split.validation.images])
        seen, looks = np.unique(self.bank.digests[used]), figures_of(self.bank).hashes[used]
        model = build_siamese(self.leg, self.head)
        return Verifier(model, about, self.history, pairs, seen, looks, self._known(embeddings))

    def log(self, folder: Path, verifier: Verifier) -> None:
        """Show in TensorBoard what was learned: test figures, the hardest validation pairs, embeddings of test."""
        _, pairs, counted = self.validation
        test, validation = verifier.pairs["test"].main, verifier.pairs["validation"].main
        one, two = pairs.one[counted], pairs.two[counted]
        hardest = draw_hardest(self.bank.images, one, two, validation.labels, validation.scores, verifier.threshold)
        write_outcome(folder, test.labels, test.scores, hardest, len(self.history["loss"]))
        part = sample_part(self.split.test, self.config.seed, _PROJECTED_IMAGES)
        columns = {
            "category": [self.dataset.categories[number] for number in self.dataset.category[part.images]],
            "identity": [str(number) for number in part.identity],
            "path": [self.dataset.paths[row] for row in part.images],
        }
        write_projector(folder, self.embeddings[part.images], self.bank.images[part.images], columns)

    def _exact_leg(self) -> keras.Model:
        """Return the leg as others will use it, in float32 whatever it has learned in."""
        set_precision(self.backbone, "float32")
        return keras.Model(self.backbone.input, self.projection(self.backbone.output), name="leg")

    def _pictures(self) -> NDArray[np.uint8]:
        """Return the pictures as the leg is to learn from them: framed once, if at all."""
        if self.config.frame is None:
            return self.bank.images
        return bank_embeddings(build_frame(self.bank.images.shape[1], self.config.frame), self.bank)

    def _whole_leg(self) -> keras.Model:
        """Return the trained leg with all that a picture goes through before and after it, in full precision."""
        leg = self._exact_leg()
        if self.config.whiten:
            rows = self.split.train.images
            embeddings, place, _ = row_embeddings(leg, self._pictures(), rows, rows)
            matrix = within_class_whitening(embeddings[place], self.split.train.identity)
        leg = average_views(leg, self.config.averaged_views)
        leg = frame_first(leg, self.bank.images.shape[1], self.config.frame)
        if self.config.whiten:
            leg = whiten(leg, matrix)
            pairs = Watched.draw(self.split.train, self.split.validation, self.config).train
            fit_head(self.head, *row_embeddings(leg, self.bank.images, pairs.one, pairs.two), pairs.label)
        return leg

    def _embeddings(self) -> NDArray[np.float32]:
        """Embed each picture that the evidence needs once; rows of others stay 0."""
        train = self._sample(self.split.train) if self.config.mining == "none" else self._searched()
        parts = (self.split.validation, self.split.test, train)
        rows = np.concatenate([part.images for part in parts])
        leg, table = self._shortest()
        found = np.zeros((len(table), leg.output_shape[-1]), np.float32)
        found[np.sort(rows)] = row_embeddings(leg, table, rows, rows)[0]
        return found

    def _searched(self) -> Part:
        """Return what impostors that may be none are looked for in, and the sample that is known."""
        train, most = self.split.train, SEARCHED_IMAGES[self.config.distance]
        return sample_part(train, self.config.seed, most) if len(train.images) > most else train

    def _suspects(self, embeddings: NDArray[np.float32]) -> list[dict[str, Any]]:
        """List the impostors of the training part that may be none, but for those that a person has judged."""
        part = self._searched()
        judged = {verdict.pictures for verdict in in_force(read_review(self.dataset.root))}
        most = _SUSPECTS + len(judged)
        found = zip(*find_doubted(part, embeddings[part.images], self.head, most), strict=True)
        named = [(self.dataset.paths[one], self.dataset.paths[two], float(score)) for one, two, score in found]
        open_ones = [pair for pair in named if frozenset(pair[:2]) not in judged]
        return [dict(zip(("one", "two", "score"), pair, strict=True)) for pair in open_ones[:_SUSPECTS]]

    def _sample(self, part: Part) -> Part:
        return sample_part(part, self.config.seed)

    def _known(self, embeddings: NDArray[np.float32]) -> Known:
        """Keep a sample of what was trained on, and how far from it validation lies."""
        train, validation = (self._sample(part) for part in (self.split.train, self.split.validation))
        known, kept = (
            (embeddings[part.images], describe_colours(self.bank.images[part.images])) for part in (train, validation)
        )
        # What is new in use is what the parts do not share: another thing, or another category with all its things.
        by = self.config.split_by
        return Known.from_parts(known, kept, getattr(train, by), getattr(validation, by), self.config.seed)

    def _tables(self, frozen: keras.Model) -> list[NDArray[Any]]:
        """Send the bank, and each view of the training part, through what is frozen; or read that from the cache."""
        engine, rows = self.config.engine, self.split.train.images
        views = fixed_views(self.config.augment, self.config.views) if self.config.views else []
        changed = [bank_embeddings(frozen, self.bank, engine, view, rows) for view in views]
        return [bank_embeddings(frozen, self.bank, engine), *changed]

    def _shortest(self) -> tuple[keras.Model, NDArray[Any]]:
        """Return what embeds rows with the least work, and exactly: of a frozen leg, the rest from its features."""
        averaged, exact = (
            self.config.averaged_views > 1,
            self.config.engine in EXACT and self.config.precision == "float32",
        )
        if self.config.learns_leg or self.config.fine_tune or averaged or not exact:
            return self.leg, self.bank.images
        return self.projection, self.features

    def _fit(
        self,
        leg: keras.Model,
        table: NDArray[Any],
        rate: float,
        folder: Path,
        stage: str,
        views: Sequence[NDArray[Any]] = (),
    ) -> None:
        learner = make_learner(leg, self.head, table, self.split.train, self.config, views, self.distribution)
        watched = Watched.draw(self.split.train, self.split.validation, self.config)
        fit_stage(learner, rate, watched, self.history, folder, self.checkpoints / f"{stage}.npz", self.panel)

    def _judged(self, part: Part) -> tuple[Part, Pairs, NDArray[np.bool_]]:
        return part, *part.judged(self.config.seed, self.config.neg_factor, self.config.negatives)

    def _baselines(self) -> dict[str, dict[str, float]]:
        """Measure on the test pairs what needs no training."""
        _, pairs, _ = self.test
        scores = {"colour_histogram": colour_histogram_baseline(self.bank.images, pairs.one, pairs.two)}
        if not self.config.learns_leg and not self.config.fine_tune:
            scores["frozen_cosine"] = cosine_scores(self.features, pairs.one, pairs.two)
        return {name: auc_by_kind(pairs, values) for name, values in scores.items()}

    def _scored(
        self, embeddings: NDArray[np.float32], part: Part, pairs: Pairs, counted: NDArray[np.bool_]
    ) -> ScoredPairs:
        scores = pair_scores(self.head, embeddings, pairs.one, pairs.two)
        return ScoredPairs.from_pairs(pairs, counted, scores, self.dataset.paths, part)


def _new_folder(parent: Path, name: str, taken: Path) -> Path:
    """Make a folder of this name, or of one like it where runs began in the same second, and return it."""
    for number in itertools.count(1):
        folder = parent / (name if number == 1 else f"{name}-{number}")
        if not (taken / folder.name).exists():
            with contextlib.suppress(FileExistsError):
                folder.mkdir(parents=True)
                return folder
    raise AssertionError("numbers do not end")
