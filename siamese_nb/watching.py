"""What a live panel is told while a network trains, and how its stop button ends the training."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import keras

from siamese_nb.callbacks import WATCHED
from siamese_nb.checkpoints import Checkpoint, History
from siamese_nb.devices import describe_devices, memory_gib
from siamese_nb.learners import PairLearner

_SECONDS_BETWEEN = 0.25  # more often than four times a second nobody reads, and each time costs a message


class Panel(Protocol):
    """Shows how training goes; `siamese_nb.widgets.TrainingPanel` is one."""

    @property
    def stop_asked(self) -> bool:
        """Whether training is to end at its best epoch so far."""

    def show(self, **facts: Any) -> None:
        """Show these facts beside those that are shown already."""


@contextmanager
def told(panel: Panel | None) -> Iterator[None]:
    """Tell a panel that a run begins, and if it fails, why."""
    if panel is None:
        yield
        return
    panel.show(phase="preparing")
    try:
        yield
    except BaseException as error:
        cut = "interrupted: run the cell again, and training goes on after the last whole epoch"
        reason = cut if isinstance(error, KeyboardInterrupt) else str(error)
        panel.show(phase="failed", message=reason or type(error).__name__)
        raise


class Reports(keras.callbacks.Callback):  # type: ignore[misc]
    """Tell a panel how a stage of training goes, and end it as Ctrl-C does when the panel asks to stop.

    It must stand after the checkpoint: what is stopped after an epoch has that epoch written down.

    Parameters
    ----------
    panel : Panel
    stage : {"head", "block", "leg"}
    learner : PairLearner
    kept : Checkpoint
    before : dict of list of float
        The history of the stages before.
    epochs : int
        Of this stage, at most.
    """

    def __init__(
        self, panel: Panel, stage: str, learner: PairLearner, kept: Checkpoint, before: History, epochs: int
    ) -> None:
        super().__init__()
        self.panel, self.stage, self.learner, self.kept, self.before = panel, stage, learner, kept, before
        self.epochs, self.steps = epochs, len(learner.batches)
        self.resumed = kept.epochs  # epochs that another process did: they say nothing of the speed here

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Show what is known already, of the stages before and of a run that was cut short."""
        self.began = self.epoch_began = self.told = time.monotonic()
        self.fed = self.learner.batches.fed
        about = {"stage": self.stage, "device": describe_devices(), "monitor": self.learner.monitor}
        self.panel.show(phase="training", epochs=self.epochs, resumed=self.resumed, **about, **self._epochs())
        self._tell(0)

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Begin to count time and images."""
        self.epoch_began, self.fed = time.monotonic(), self.learner.batches.fed
        self._tell(0)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Show how far the epoch is; stop if that is asked and there is something to keep."""
        if time.monotonic() - self.told > _SECONDS_BETWEEN:
            loss = (logs or {}).get("loss")
            self._tell(batch + 1, batch_loss=None if loss is None else float(loss))
        self._stop_if_asked()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Show the figures of the epoch."""
        self.panel.show(**self._epochs())
        self._tell(0)
        self._stop_if_asked()

    def _stop_if_asked(self) -> None:
        if self.panel.stop_asked and (self.kept.epochs or self.before):
            raise KeyboardInterrupt

    def _tell(self, step: int, **more: Any) -> None:
        self.told = now = time.monotonic()
        seconds = max(now - self.epoch_began, 1e-9)
        if step:
            more["rate"] = (self.learner.batches.fed - self.fed) / seconds
        measured = self.kept.epochs - self.resumed
        self.panel.show(
            epoch=self.kept.epochs,
            batch=step,
            batches=self.steps,
            seconds=now - self.began,
            seconds_left=self._seconds_left(measured, step / self.steps, now - self.began),
            memory=memory_gib(),
            **more,
        )

    def _seconds_left(self, measured: int, part: float, seconds: float) -> float | None:
        """Guess from the epochs so far how long the rest takes if patience does not end it; None: too early to say."""
        done = measured + part
        return None if done < 0.1 else seconds / done * (self.epochs - self.resumed - done)

    def _epochs(self) -> dict[str, Any]:
        """Put the stages together, with the place of the best epoch, from 0."""
        names = [prefix + name for prefix in ("", "val_") for name in WATCHED]
        history = {name: [*self.before.get(name, []), *self.kept.seen.get(name, [])] for name in names}
        watched = history[self.learner.monitor]
        better = max if self.learner.monitor == "val_auc" else min
        best = better(range(len(watched)), key=watched.__getitem__, default=None)
        return {"history": history, "best": best, "stage_begins": len(self.before.get("loss", []))}
