"""What a training run came to: the network as others will use it, and the evidence that it is judged by."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from siamese_nb.baselines import auc_by_kind, colour_histogram_baseline
from siamese_nb.board import draw_hardest, write_outcome
from siamese_nb.calibration import fit_calibration
from siamese_nb.descriptors import describe_colours
from siamese_nb.devices import set_precision
from siamese_nb.doctor import appearance_of
from siamese_nb.embeddings import row_embeddings
from siamese_nb.engines import EXACT
from siamese_nb.errors import InputError
from siamese_nb.frames import frame_first
from siamese_nb.learners import fit_neuron
from siamese_nb.likeness import unit_length
from siamese_nb.local_scaling import scale_locally
from siamese_nb.metrics import is_collapsed
from siamese_nb.mining import SEARCHED_IMAGES, suspected_impostors
from siamese_nb.models import MetricHead, build_siamese, join_heads, one_embedding, stand_side_by_side
from siamese_nb.novelty import Known
from siamese_nb.pairs import Part
from siamese_nb.projector import write_projector
from siamese_nb.provenance import dataset_facts, versions
from siamese_nb.review import judged_pictures
from siamese_nb.run import Run
from siamese_nb.scored_pairs import ScoredPairs
from siamese_nb.scoring import cosine_scores, pair_scores
from siamese_nb.settings import REFITTED
from siamese_nb.thresholds import BY_CATEGORY, Choice, choose_by_category, choose_threshold
from siamese_nb.training_data import TrainingData
from siamese_nb.verifier import Verifier
from siamese_nb.views import average_views, stand_beside_mirror
from siamese_nb.whitening import whiten, within_class_whitening

_SUSPECTS = 100  # to be looked at by a person
_PROJECTED_IMAGES = 1000  # as many points as one can tell apart, and a sprite that browsers load at once


@dataclass(frozen=True, eq=False)
class Outcome:
    """A run that has learned, its whole leg, and the embeddings that everything here follows from.

    Attributes
    ----------
    run : Run
    leg : keras.Model
        `uint8[n, height, width, 3]` to embeddings, with all that a picture goes through, in float32.
    head : MetricHead
    embeddings : ndarray of shape (n, d), float32
        Of each picture of the bank that the evidence needs; rows of others are 0.
    """

    run: Run
    leg: keras.Model
    head: MetricHead
    embeddings: NDArray[np.float32]

    @classmethod
    def of(cls, members: Sequence[Run]) -> "Outcome":
        """Make one whole leg of those of an ensemble, and embed what the evidence needs, each picture once."""
        leg = _whole_leg(members)
        run = members[0]
        embeddings = _embeddings(run, leg)
        # The neurons of several legs whose places are matched have one weight each: no neuron has them all.
        if (run.head.maps is not None and len(members) > 1) or any(getattr(run.config, name) for name in REFITTED):
            maps = run.head.maps and run.head.maps.times(leg.output_shape[-1] // run.leg.output_shape[-1])
            head, pairs = MetricHead(run.config.distance, maps, name="head"), run.data.watched.train
            fit_neuron(head, embeddings, pairs.one, pairs.two, pairs.label)
        else:
            head = join_heads([member.head for member in members])
        return cls(run, leg, head, embeddings)

    @property
    def data(self) -> TrainingData:
        """What was learned from and is judged by."""
        return self.run.data

    def verifier(self) -> Verifier:
        """Choose the threshold on validation, measure on test, and put the evidence together.

        Raises
        ------
        InputError
            If the network collapsed: all its scores are equal.
        """
        run, data = self.run, self.data
        pairs = {name: self._scored(name) for name in data.judged}
        judged = pairs["validation"]
        if is_collapsed(judged.scores):
            raise InputError(
                f"the network collapsed: every pair scores {judged.scores.mean():.3f}, so it tells nothing apart and "
                f"is not saved; try a learning rate below {run.config.learning_rate:g}, more couples or another leg"
            )
        counted = judged.main
        choice = self._choice(counted)
        about: dict[str, Any] = {
            "threshold": choice.to_dict(),
            "calibration": fit_calibration(counted.labels, counted.scores).to_dict(),
            **{name: scored.figures_by_kind(choice.threshold) for name, scored in pairs.items()},
            "baselines": self._baselines(),
            "config": run.config.to_dict(),
            "dataset": dataset_facts(data.dataset, data.bank, data.split),
            "certificate": data.proof.to_dict(),
            "versions": versions(),
        }
        if run.config.mining != "none":
            about["suspects"] = self._suspects()
        used = np.concatenate([data.split.train.images, data.split.validation.images])
        seen, looks = np.unique(data.bank.digests[used]), appearance_of(data.bank).hashes[used]
        model = build_siamese(self.leg, self.head)
        return Verifier(model, about, run.history, pairs, seen, looks, self._known())

    def log(self, folder: Path, verifier: Verifier) -> None:
        """Show in TensorBoard what was learned: test figures, the hardest validation pairs, embeddings of test."""
        run, data, images = self.run, self.data, self.data.bank.images
        test, validation = verifier.pairs["test"].main, verifier.pairs["validation"].main
        drawn = data.watched.validation
        hardest = draw_hardest(images, drawn.one, drawn.two, drawn.label, validation.scores, verifier.threshold)
        write_outcome(folder, test.labels, test.scores, hardest, len(run.history["loss"]))
        part = data.split.test.sample(run.config.seed, _PROJECTED_IMAGES)
        columns = {
            "category": [data.dataset.categories[number] for number in data.dataset.category[part.images]],
            "identity": [str(number) for number in part.identity],
            "path": [data.dataset.paths[row] for row in part.images],
        }
        write_projector(folder, self.embeddings[part.images], images[part.images], columns)

    def _choice(self, counted: ScoredPairs) -> Choice:
        """Choose the threshold on the validation pairs that count."""
        rule = self.run.config.threshold_rule
        if rule != BY_CATEGORY:
            return choose_threshold(counted.labels, counted.scores, rule)
        category = self.data.split.validation.category_of(self.data.judged["validation"].main.one)
        return choose_by_category(counted.labels, counted.scores, category)

    def _scored(self, name: str) -> ScoredPairs:
        pairs, part = self.data.judged[name], getattr(self.data.split, name)
        scores = pair_scores(self.head, self.embeddings, pairs.one, pairs.two)
        return ScoredPairs.from_pairs(pairs, scores, self.data.dataset.paths, part)

    def _baselines(self) -> dict[str, dict[str, float]]:
        """Measure on the test pairs what needs no training."""
        run, pairs = self.run, self.data.judged["test"]
        scores = {"colour_histogram": colour_histogram_baseline(self.data.bank.images, pairs.one, pairs.two)}
        if run.features is not None and not run.config.fine_tune:
            scores["frozen_cosine"] = cosine_scores(run.features, pairs.one, pairs.two)
        return {name: auc_by_kind(pairs, values) for name, values in scores.items()}

    def _suspects(self) -> list[dict[str, Any]]:
        """List the impostors of the training part that may be none, but for those that a person has judged."""
        paths, part = self.data.dataset.paths, _known_part(self.run)
        judged = judged_pictures(self.data.dataset.root)
        most = _SUSPECTS + len(judged)
        found = zip(*suspected_impostors(part, self.embeddings[part.images], self.head, most), strict=True)
        named = [(paths[one], paths[two], float(score)) for one, two, score in found]
        open_ones = [pair for pair in named if frozenset(pair[:2]) not in judged]
        return [dict(zip(("one", "two", "score"), pair, strict=True)) for pair in open_ones[:_SUSPECTS]]

    def _known(self) -> Known:
        """Keep a sample of what was trained on, and how far from it validation lies."""
        split, config = self.data.split, self.data.config
        train, validation = (part.sample(config.seed) for part in (split.train, split.validation))
        known, kept = (
            (self.embeddings[part.images], describe_colours(self.data.bank.images[part.images]))
            for part in (train, validation)
        )
        # What is new in use is what the parts do not share: another thing, or another category with all its things.
        by = config.split_by
        return Known.from_parts(known, kept, getattr(train, by), getattr(validation, by), config.seed)


def _whole_leg(members: Sequence[Run]) -> keras.Model:
    """Return the trained leg with all that a picture goes through before and after it, in full precision."""
    run, legs = members[0], []
    for member in members:
        set_precision(member.backbone, "float32")  # whatever it has learned in
        name = "leg" if len(members) == 1 else f"leg_{member.member + 1}"
        legs.append(keras.Model(member.backbone.input, member.projection(member.backbone.output), name=name))
    exact = stand_side_by_side(legs)
    leg = average_views(exact, run.config.averaged_views)
    if run.config.mirrored:
        exact, leg = stand_beside_mirror(exact), stand_beside_mirror(leg)
    leg = frame_first(leg, run.data.bank.images.shape[1], run.config.frame)
    if run.config.whiten or run.config.local_scaling:
        leg = _fitted(leg, exact, run)
    return leg if run.head.maps is None else keras.Model(leg.input, one_embedding(leg.output), name="leg")


def _fitted(leg: keras.Model, exact: keras.Model, run: Run) -> keras.Model:
    """Whiten and scale a leg's embeddings by those of training pictures, of one view each: averages cost as many."""
    train, wholes = run.data.split.train, keras.Model(exact.input, keras.tree.flatten(exact.output)[0])
    embeddings, place, _ = row_embeddings(wholes, run.data.pictures, train.images, train.images)
    embeddings = embeddings[place]
    if run.config.whiten:
        matrix = within_class_whitening(embeddings, train.identity)
        leg, embeddings = whiten(leg, matrix), unit_length(embeddings @ matrix)
    if run.config.local_scaling:
        leg = scale_locally(leg, embeddings, train.identity, run.config.seed)
    return leg


def _embeddings(run: Run, leg: keras.Model) -> NDArray[np.float32]:
    parts = (run.data.split.validation, run.data.split.test, _known_part(run))
    rows = np.concatenate([part.images for part in parts])
    shortest, table = _shortest(run, leg)
    found = np.zeros((len(table), leg.output_shape[-1]), np.float32)
    found[np.sort(rows)] = row_embeddings(shortest, table, rows, rows)[0]
    return found


def _shortest(run: Run, leg: keras.Model) -> tuple[keras.Model, NDArray[Any]]:
    """Return what embeds rows with the least work, and exactly: of a frozen leg, the rest from its features."""
    config = run.config
    exact = config.engine in EXACT and config.precision == "float32"
    if run.features is None or config.fine_tune or config.averaged_views > 1 or not exact:
        return leg, run.data.bank.images
    return run.projection, run.features


def _known_part(run: Run) -> Part:
    """Return the training things whose embeddings are needed: a sample, or all that suspects are looked for in."""
    train, config = run.data.split.train, run.config
    if config.mining == "none":
        return train.sample(config.seed)
    return train.sample(config.seed, SEARCHED_IMAGES[config.distance])
