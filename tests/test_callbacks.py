"""What watches a training run: figures that are those of `siamese_nb.metrics`, for train and validation alike."""

import keras
import numpy as np
import pytest
from tqdm.auto import tqdm

from siamese_nb import metrics
from siamese_nb import progress as progress_module
from siamese_nb.callbacks import WATCHED, PairMetrics, Progress, watched_figures
from siamese_nb.errors import InputError
from siamese_nb.pairs import Pairs

RECALLS = [f"recall_at_precision_{percent}" for percent in (80, 90, 95)]
NAMES = ["loss", "binary_accuracy", "precision", "recall", "auc", *RECALLS]


def make_pairs(n: int, seed: int) -> tuple[Pairs, np.ndarray]:
    rng = np.random.default_rng(seed)
    label = (rng.random(n) < 0.25).astype(np.int64)
    scores = np.clip(0.3 * label + rng.normal(0.4, 0.2, n), 0, 1)
    return Pairs(np.arange(n), np.arange(n) + 1, label, 1 - label), scores


def test_every_metric_of_the_issue_is_watched() -> None:
    assert list(WATCHED) == NAMES


def test_the_figures_are_those_of_metrics() -> None:
    pairs, scores = make_pairs(60, 0)
    found, expected = watched_figures(pairs.label, scores), metrics.figures(pairs.label, scores, 0.5)
    for name in NAMES[1:]:
        assert found[name] == expected["accuracy" if name == "binary_accuracy" else name]


def test_the_loss_is_cross_entropy_with_both_kinds_weighing_the_same() -> None:
    labels, scores = np.array([1, 0, 0, 0]), np.array([0.8, 0.5, 0.1, 0.4])
    genuine, impostor = -np.log(0.8), -np.mean(np.log([0.5, 0.9, 0.6]))
    assert watched_figures(labels, scores)["loss"] == pytest.approx((genuine + impostor) / 2)
    by_keras = keras.losses.BinaryCrossentropy()(
        labels[:, None], scores[:, None], sample_weight=[2, 2 / 3, 2 / 3, 2 / 3]
    )
    assert watched_figures(labels, scores)["loss"] == pytest.approx(float(by_keras), abs=1e-5)


def test_a_score_at_the_wrong_end_costs_much_but_not_everything() -> None:
    assert watched_figures(np.array([1, 0]), np.array([0.0, 0.0]))["loss"] == pytest.approx(-np.log(1e-7) / 2)


def test_train_and_validation_are_measured_with_the_weights_as_they_are() -> None:
    (train, train_scores), (validation, validation_scores) = make_pairs(50, 1), make_pairs(40, 2)
    asked: list[Pairs] = []

    def score(pairs: Pairs) -> np.ndarray:
        asked.append(pairs)
        return train_scores if pairs is train else validation_scores

    logs = {"loss": 99.0, "learning_rate": 0.1}  # Keras's running mean over the epoch gives way
    PairMetrics(score, train, validation).on_epoch_end(0, logs)
    assert asked == [train, validation]
    expected = {"learning_rate": 0.1, **watched_figures(train.label, train_scores)}
    expected |= {f"val_{name}": value for name, value in watched_figures(validation.label, validation_scores).items()}
    assert logs == expected
    assert logs["auc"] != logs["val_auc"]


def test_scores_that_are_no_numbers_stop_the_training() -> None:
    pairs, scores = make_pairs(10, 0)
    scores[3] = np.nan
    with pytest.raises(InputError, match=r"diverged.*epoch 5.*learning rate"):
        PairMetrics(lambda asked: scores, pairs, pairs).on_epoch_end(4, {})


def test_the_bar_counts_batches_over_all_epochs_and_closes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bars: list[tqdm] = []

    def remembered(*given: object, **options: object) -> tqdm:
        bars.append(tqdm(*given, **options))
        return bars[-1]

    monkeypatch.setattr(progress_module, "tqdm", remembered)
    progress = Progress(epochs=3, steps=4)
    progress.on_train_begin()
    for epoch in (7, 8):  # a second stage, stopped early
        for batch in range(4):
            progress.on_train_batch_end(batch)
        progress.on_epoch_end(epoch, {"loss": 0.5, "val_loss": 0.25, "val_auc": 0.875})
    (bar,) = bars
    assert (bar.n, bar.total) == (8, 12)
    assert "epoch=2/3" in str(bar)
    assert "val_auc=0.875" in str(bar)
    progress.on_train_end()
    assert bar.disable  # closed
    assert capsys.readouterr().out == ""
