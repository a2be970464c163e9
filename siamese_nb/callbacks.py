"""What watches a training run: the named metrics of train and validation after each epoch, and a progress bar."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from siamese_nb import metrics
from siamese_nb.errors import InputError
from siamese_nb.pairs import Pairs
from siamese_nb.progress import progress_bar

WATCHED = {
    "loss": "loss",
    "binary_accuracy": "accuracy",
    "precision": "precision",
    "recall": "recall",
    "auc": "auc",
    "recall_at_precision_80": "recall_at_precision_80",
    "recall_at_precision_90": "recall_at_precision_90",
    "recall_at_precision_95": "recall_at_precision_95",
}
"""Name in the history and TensorBoard -> name in `siamese_nb.metrics.figures`."""
WATCHED_THRESHOLD = 0.5  # where the neuron, trained on balanced weights, says "as likely as not"
DIVERGED = "training diverged: scores are NaN in epoch {epoch}, so nothing is saved; try a lower learning rate"

Score = Callable[[Pairs], NDArray[np.float64]]
Settle = Callable[[Pairs], None]


class PairMetrics(keras.callbacks.Callback):  # type: ignore[misc]
    """Put the named metrics of train and validation pairs into the logs after each epoch.

    Both are measured by the same code on fixed pairs with the weights as they are then, so they can be compared; a
    running mean over a training epoch cannot. It must come before the callbacks that read the logs.

    Parameters
    ----------
    score : callable
        Pairs to their scores, float64 in [0, 1].
    train, validation : Pairs
    settle : callable
        Called with the train pairs before they are scored.

    Attributes
    ----------
    scored : dict of str to (labels, scores)
        Of `"train"` and `"validation"`, after the last epoch.
    """

    def __init__(self, score: Score, train: Pairs, validation: Pairs, settle: Settle = lambda pairs: None) -> None:
        super().__init__()
        self.score, self.train, self.validation, self.settle = score, train, validation, settle
        self.scored: dict[str, tuple[NDArray[np.int64], NDArray[np.float64]]] = {}

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Measure, and add to the logs; raise `InputError` if the network's scores are no numbers any more."""
        assert logs is not None  # Keras always hands a dict over
        self.settle(self.train)
        for part, prefix, pairs in (("train", "", self.train), ("validation", "val_", self.validation)):
            scores = self.score(pairs)
            if not np.isfinite(scores).all():
                raise InputError(DIVERGED.format(epoch=epoch + 1))
            self.scored[part] = pairs.label, scores
            for name, value in watched_figures(pairs.label, scores).items():
                logs[prefix + name] = value


def watched_figures(labels: NDArray[np.int64], scores: NDArray[np.float64]) -> dict[str, float]:
    """Compute the metrics that are watched during training, at threshold 0.5.

    The loss is binary cross-entropy with both kinds of pairs weighing the same in total.
    """
    found: dict[str, float] = {**metrics.figures(labels, scores, WATCHED_THRESHOLD)}
    likelihood = np.clip(np.where(labels == metrics.GENUINE, scores, 1 - scores), 1e-7, 1)
    by_kind = [-np.log(likelihood[labels == kind]).mean() for kind in (metrics.GENUINE, metrics.IMPOSTOR)]
    found["loss"] = float(np.mean(by_kind))
    return {name: found[source] for name, source in WATCHED.items()}


class Progress(keras.callbacks.Callback):  # type: ignore[misc]
    """Show one progress bar over all epochs, with the validation figures so far."""

    def __init__(self, epochs: int, steps: int, done: int = 0) -> None:
        super().__init__()
        self.epochs, self.steps, self.epoch = epochs, steps, done

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Open the bar."""
        done, total = self.epoch * self.steps, self.epochs * self.steps
        self.bar = progress_bar(None, "Training", "batch", total, done, after=0.0)

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        """Move the bar on."""
        self.bar.update()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Show the figures; epochs are those of this stage, as the bar is."""
        self.epoch += 1
        shown = {name: f"{(logs or {})[name]:.3f}" for name in ("loss", "val_loss", "val_auc")}
        self.bar.set_postfix(epoch=f"{self.epoch}/{self.epochs}", **shown)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Close the bar."""
        self.bar.close()
