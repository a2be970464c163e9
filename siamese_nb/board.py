"""What a run puts into TensorBoard: settings, figures and curves after each epoch, and what it learned in the end."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from numpy.typing import NDArray

from siamese_nb.callbacks import PairMetrics, watched_figures
from siamese_nb.checkpoints import Checkpoint
from siamese_nb.config import TrainConfig
from siamese_nb.metrics import GENUINE
from siamese_nb.tensorboard import Logs

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_HARDEST = 8  # pairs of each kind


class BoardLogs(keras.callbacks.Callback):  # type: ignore[misc]
    """Write figures and precision-recall curves after each epoch; those of a run cut short are written again.

    Parameters
    ----------
    folder : Path
        Figures of train go to its `train`, figures of validation to its `validation`.
    watching : PairMetrics
    kept : Checkpoint
    done : int
        Epochs of the stages before.
    """

    def __init__(self, folder: Path, watching: PairMetrics, kept: Checkpoint, done: int) -> None:
        super().__init__()
        self.logs, self.watching, self.kept, self.done = Logs(folder), watching, kept, done

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Write the epochs that an earlier process has done."""
        for epoch in range(self.kept.epochs):
            self._figures({name: values[epoch] for name, values in self.kept.seen.items()}, self.done + epoch)
        self.logs.flush()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Write the epoch's figures and curves."""
        self._figures(logs or {}, epoch)
        for part, (labels, scores) in self.watching.scored.items():
            self.logs.curve(part, labels, scores, epoch)
        self.logs.flush()

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """End the files."""
        self.logs.close()

    def _figures(self, values: dict[str, Any], epoch: int) -> None:
        shown = {"train": "", "validation": "val_"}
        for part, prefix in shown.items():
            names = [name for name in values if name.startswith("val_") == bool(prefix)]
            self.logs.figures(part, {name.removeprefix(prefix): float(values[name]) for name in names}, epoch)


def write_settings(folder: Path, config: TrainConfig) -> None:
    """Write how a run is trained, to sort runs by."""
    logs = Logs(folder)
    logs.settings(config.to_dict())
    logs.close()


def write_outcome(
    folder: Path, labels: NDArray[np.int64], scores: NDArray[np.float64], hardest: "Figure", epochs: int
) -> None:
    """Write the figures and the precision-recall curve of the test pairs, and the hardest validation pairs."""
    logs = Logs(folder)
    logs.figures("test", watched_figures(labels, scores), epochs - 1)
    logs.curve("test", labels, scores, epochs - 1)
    logs.picture(
        "validation",
        "hardest pairs",
        hardest,
        epochs - 1,
        "Genuine pairs that score lowest, then impostors that score highest.",
    )
    logs.close()


def hardest(labels: NDArray[np.int64], scores: NDArray[np.float64], n: int = _HARDEST) -> NDArray[np.int64]:
    """Return the places of the genuine pairs that score lowest and of the impostors that score highest, worst first."""
    genuine, impostor = np.flatnonzero(labels == GENUINE), np.flatnonzero(labels != GENUINE)
    low = genuine[np.argsort(scores[genuine], kind="stable")[:n]]
    return np.concatenate([low, impostor[np.argsort(-scores[impostor], kind="stable")[:n]]])


def draw_hardest(
    images: NDArray[np.uint8],
    one: NDArray[np.int64],
    two: NDArray[np.int64],
    labels: NDArray[np.int64],
    scores: NDArray[np.float64],
    threshold: float,
) -> "Figure":
    """Draw the hardest pairs of each kind with their scores.

    Parameters
    ----------
    images : ndarray of shape (n, height, width, 3), uint8
    one, two : ndarray of shape (n_pairs,), int64
        Rows of `images`.
    labels : ndarray of shape (n_pairs,), int64
    scores : ndarray of shape (n_pairs,), float64, in [0, 1]
    threshold : float, in [0, 1]
    """
    from matplotlib.figure import Figure  # matplotlib takes a second to load

    from siamese_nb.plots import PairsDisplay

    rows = hardest(labels, scores)
    display = PairsDisplay.from_images(
        list(images[one[rows]]), list(images[two[rows]]), labels[rows], scores[rows], threshold
    )
    figure = Figure(figsize=(11.6, 2.1 * -(-len(rows) // 4)), layout="constrained")
    display.plot(figure.subplots())
    return figure
