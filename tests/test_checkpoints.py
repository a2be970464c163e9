"""Checkpoints: what was written comes back whole, and what does not fit changes nothing."""

from pathlib import Path

import keras
import numpy as np
import pytest

from siamese_nb.checkpoints import Checkpoint


def compiled(widths: tuple[int, ...], seed: int = 0) -> keras.Model:
    keras.utils.set_random_seed(seed)
    model = keras.Sequential([keras.Input((3,)), *(keras.layers.Dense(width) for width in widths)])
    model.compile(keras.optimizers.Adam(0.1), "mse")
    return model


def stopping(model: keras.Model) -> keras.callbacks.EarlyStopping:
    best = keras.callbacks.EarlyStopping("loss", patience=3, restore_best_weights=True)
    best.set_model(model)
    best.on_train_begin()
    return best


def written(file: Path, widths: tuple[int, ...]) -> tuple[keras.Model, Checkpoint]:
    """Train for a step, and write down that an epoch is done."""
    model = compiled(widths, seed=1)
    model.train_on_batch(np.ones((4, 3)), np.ones((4, widths[-1])))
    best = stopping(model)
    kept = Checkpoint(file, best)
    kept.set_model(model)
    model.stop_training = False
    for callback in (best, kept):
        callback.on_epoch_end(0, {"loss": 0.5})
    return model, kept


def state(model: keras.Model) -> list[np.ndarray]:
    return [keras.ops.convert_to_numpy(one) for one in (*model.variables, *model.optimizer.variables)]


def test_weights_optimiser_figures_and_the_best_epoch_come_back(tmp_path: Path) -> None:
    file = tmp_path / "head.npz"
    model, _ = written(file, (4, 2))
    again = compiled((4, 2))
    kept = Checkpoint(file, stopping(again))
    kept.restore(again)
    assert all(np.array_equal(one, two) for one, two in zip(state(again), state(model), strict=True))
    assert (kept.epochs, kept.seen, kept.ended) == (1, {"loss": [0.5]}, False)
    kept.on_train_begin()
    assert (kept.best.best, kept.best.best_epoch) == (0.5, 0)
    assert all(np.array_equal(one, two) for one, two in zip(kept.best.best_weights, model.get_weights(), strict=True))


@pytest.mark.parametrize("widths", [(4, 5), (4, 2, 2), (4,)])
def test_one_that_does_not_fit_changes_nothing_though_its_beginning_fits(
    widths: tuple[int, ...], tmp_path: Path
) -> None:
    file = tmp_path / "head.npz"
    written(file, widths)
    model = compiled((4, 2))
    model.optimizer.build(model.trainable_variables)
    before = state(model)
    kept = Checkpoint(file, stopping(model))
    kept.restore(model)
    assert all(np.array_equal(one, two) for one, two in zip(state(model), before, strict=True))
    assert (kept.epochs, kept.seen, kept.best_state) == (0, {}, None)
