"""Stages: whose weights a stage ends with, beside what the stages before have reached."""

from pathlib import Path

import keras
import numpy as np
import pytest

from siamese_nb.config import TrainConfig
from siamese_nb.learners import PairLearner, make_learner
from siamese_nb.models import MetricHead, build_projection
from siamese_nb.pairs import Part
from siamese_nb.stages import Watched, fit_stage


def make_part(first: int, things: int) -> Part:
    rows = first + np.arange(2 * things)
    return Part(rows, rows // 2, np.zeros_like(rows), np.empty((0, 3), np.int64))


def make_stage(**settings: object) -> tuple[PairLearner, Watched]:
    """Make a stage that learns from features of 20 couples, and is watched by 10 others."""
    keras.utils.set_random_seed(0)
    train, validation = make_part(0, 20), make_part(40, 10)
    rng = np.random.default_rng(0)
    table = (np.repeat(rng.normal(size=(30, 8)), 2, axis=0) + 0.3 * rng.normal(size=(60, 8))).astype(np.float32)
    config = TrainConfig(**{"epochs": 2, "negatives": "within", **settings})
    head = MetricHead("squared")
    head.build([(None, 4)] * 2)
    learner = make_learner(build_projection(8, 4), head, table, train, config)
    settings = config.seed, config.neg_factor, config.negatives
    return learner, Watched(train.judged(*settings).main, validation.judged(*settings).main)


def weights_of(learner: PairLearner) -> list[np.ndarray]:
    return [*learner.leg.get_weights(), *learner.head.get_weights()]


@pytest.mark.parametrize(
    ("leg", "keep", "reached", "is_undone"),
    [
        ("mobilenetv2", "best", 1e-9, True),
        ("mobilenetv2", "best", 9.0, False),
        ("mobilenetv2", "last", 1e-9, False),
        ("stroke_cnn", "best", 1e-9, False),  # what went before was another leg of the ensemble
    ],
)
def test_a_later_stage_that_is_worse_is_undone_unless_the_last_epoch_is_to_be_kept(
    leg: str, keep: str, reached: float, is_undone: bool, tmp_path: Path
) -> None:
    learner, watched = make_stage(leg=leg, keep=keep)
    before = weights_of(learner)
    history = {"val_loss": [reached], "loss": [reached]}
    fit_stage(learner, 0.01, watched, history, tmp_path, tmp_path / "leg.npz")
    assert len(history["val_loss"]) == 3
    assert reached < min(history["val_loss"][1:]) or reached > max(history["val_loss"][1:])
    undone = all(np.array_equal(one, two) for one, two in zip(weights_of(learner), before, strict=True))
    assert undone is is_undone
