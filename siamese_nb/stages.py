"""One stage of training: fit a learner, watched by fixed pairs, and end with the best weights that were seen."""

from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from siamese_nb.board import BoardLogs
from siamese_nb.callbacks import DIVERGED, PairMetrics, Progress
from siamese_nb.checkpoints import Checkpoint, History
from siamese_nb.engines import compiled_by_xla
from siamese_nb.errors import InputError
from siamese_nb.learners import PairLearner
from siamese_nb.mining import MINED_IMAGES, MineBetweenEpochs
from siamese_nb.muon import Muon
from siamese_nb.pairs import Pairs
from siamese_nb.watching import Panel, Reports

_RISE = 0.1  # of all steps, in which the learning rate goes up, and of the rate, where it starts
_OPTIMIZERS = {"adam": keras.optimizers.Adam, "muon": Muon}


@dataclass(frozen=True, eq=False)
class Watched:
    """The fixed pairs that training is watched by: some of train, and all of validation that count."""

    train: Pairs
    validation: Pairs


def fit_stage(
    learner: PairLearner,
    rate: float,
    watched: Watched,
    history: History,
    folder: Path,
    checkpoint: Path,
    panel: Panel | None = None,
) -> None:
    """Train one stage; the weights end at the best epoch, or as they were if none was better than those before.

    With `keep="last"` they end at the last epoch.

    A stage that was cut short goes on after the last epoch that its checkpoint knows. Ctrl-C ends it at its best epoch
    so far, and is then passed on.

    Parameters
    ----------
    learner : PairLearner
    rate : float
        The learning rate.
    watched : Watched
    history : dict of list of float
        Of the stages before; this stage's epochs are added to it.
    folder : Path
        TensorBoard's.
    checkpoint : Path
        The file of the stage's checkpoint; its stem names the stage.
    panel : Panel, optional
        Shows how the stage goes; may ask to stop, which is then as Ctrl-C is.
    """
    keras.utils.set_random_seed(learner.config.seed)  # a stage must not depend on how the one before came to its end
    before = [(part, part.get_weights()) for part in (learner.leg, learner.head) if part.built]
    done, kept = len(history.get("loss", [])), Checkpoint(checkpoint, _early_stopping(learner))
    with learner.distribution.scope():
        _compile(learner, rate)
        kept.restore(learner.model)
    epochs = kept.epochs if kept.ended else learner.config.epochs  # none are left of a stage that had come to its end
    learner.batches.begin(kept.epochs)
    stopped = _fit(learner, kept, done, epochs, _callbacks(learner, watched, history, folder, kept, epochs, panel))
    learner.settle(watched.train)
    earlier = {} if learner.config.learns_leg else history  # else of another leg, if there are several
    if learner.config.keep == "best" and _reached(learner, kept.seen) > _reached(learner, earlier):
        for part, weights in before:
            part.set_weights(weights)
    for name, values in kept.seen.items():
        history.setdefault(name, []).extend(values)
    if stopped:
        raise stopped


def _fit(
    learner: PairLearner, kept: Checkpoint, done: int, epochs: int, callbacks: list[keras.callbacks.Callback]
) -> KeyboardInterrupt | None:
    """Train what is left of so many epochs, and return the Ctrl-C that cut them short, if one did."""
    first, last = done + kept.epochs, done + epochs
    try:
        learner.distribution.fit(learner.model, learner.batches, initial_epoch=first, epochs=last, callbacks=callbacks)
    except KeyboardInterrupt as error:
        if kept.epochs:
            kept.best.on_train_end()
        return error
    except RuntimeError as error:  # PyTorch's losses refuse what is no number
        if all(np.isfinite(weight).all() for weight in learner.model.get_weights()):
            raise
        raise InputError(DIVERGED.format(epoch=kept.epochs + 1)) from error
    return None


def _reached(learner: PairLearner, history: History) -> float:
    """Return the best of the monitored figure, turned so that less is better; infinite before any epoch."""
    sign = -1 if learner.monitor == "val_auc" else 1
    return min((sign * value for value in history.get(learner.monitor, [])), default=np.inf)


def _early_stopping(learner: PairLearner) -> keras.callbacks.EarlyStopping:
    return keras.callbacks.EarlyStopping(
        learner.monitor,
        patience=learner.config.patience,
        restore_best_weights=learner.config.keep == "best",
        mode="max" if learner.monitor == "val_auc" else "min",
    )


def _compile(learner: PairLearner, rate: float) -> None:
    optimizer = _OPTIMIZERS[learner.config.optimizer](_schedule(learner, rate))
    if learner.config.precision == "mixed_float16":  # many a gradient is below its least number
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    learner.model.compile(optimizer, learner.loss, jit_compile=compiled_by_xla())


def _callbacks(
    learner: PairLearner,
    watched: Watched,
    history: History,
    folder: Path,
    kept: Checkpoint,
    epochs: int,
    panel: Panel | None,
) -> list[keras.callbacks.Callback]:
    """List what watches a stage, in the order that each of them asks for: measured, judged, written down, shown."""
    score, settle = map(learner.distribution.measured, (learner.score, learner.settle))
    watching = PairMetrics(score, watched.train, watched.validation, settle)
    board = BoardLogs(folder, watching, kept, len(history.get("loss", [])))
    if panel is None:
        shown: keras.callbacks.Callback = Progress(epochs, len(learner.batches), kept.epochs)
    else:
        shown = Reports(panel, kept.file.stem, learner, kept, history, epochs)
    mining = [MineBetweenEpochs(lambda: _mine(learner))] if learner.config.mining != "none" else []
    return [watching, kept.best, board, kept, shown, *mining]


def _mine(learner: PairLearner) -> None:
    most, seed = MINED_IMAGES[learner.config.distance], (learner.config.seed, learner.batches.epoch)
    learner.mine(learner.part.sample(seed, most))


def _schedule(learner: PairLearner, rate: float) -> float | keras.optimizers.schedules.LearningRateSchedule:
    if learner.config.schedule == "constant":
        return rate
    steps = learner.config.epochs * len(learner.batches)
    rise = max(1, round(_RISE * steps))
    return keras.optimizers.schedules.CosineDecay(
        rate * _RISE, max(1, steps - rise), warmup_target=rate, warmup_steps=rise
    )
