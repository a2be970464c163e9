"""A run's logs for TensorBoard, written as they come by TensorBoard's own writer, whatever the backend.

TensorBoard's logs are events, each a value of some plugin at a step. In a run's folder lie the settings; its `train`,
`validation` and `test` hold the figures and the precision-recall curves, which TensorBoard lays over each other.
"""

import io
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.hparams import summary_v2 as hparams
from tensorboard.plugins.image.metadata import create_summary_metadata as image_metadata
from tensorboard.plugins.pr_curve.metadata import create_summary_metadata as curve_metadata
from tensorboard.plugins.scalar.metadata import create_summary_metadata as scalar_metadata
from tensorboard.summary.writer.event_file_writer import EventFileWriter
from tensorboard.util.tensor_util import make_tensor_proto

from siamese_nb.metrics import ScoreTable

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_THRESHOLDS = 201  # of a precision-recall curve, evenly from 0 to 1
_PIXELS_PER_INCH = 80


class Logs:
    """Write the logs of one run.

    Parameters
    ----------
    folder : Path
        The run's; made when something is written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._writers: dict[str, EventFileWriter] = {}

    def figures(self, part: str, values: Mapping[str, float], step: int) -> None:
        """Write figures under the names `epoch_<name>`, as Keras does."""
        found = [
            Summary.Value(
                tag=f"epoch_{name}", tensor=make_tensor_proto(np.float32(value)), metadata=scalar_metadata("", "")
            )
            for name, value in values.items()
        ]
        self._write(part, Summary(value=found), step)

    def curve(self, part: str, labels: NDArray[np.int64], scores: NDArray[np.float64], step: int) -> None:
        """Write a precision-recall curve of pairs.

        Parameters
        ----------
        part : str
        labels : ndarray of shape (n_pairs,), int64
            1 genuine, 0 impostor.
        scores : ndarray of shape (n_pairs,), float64, in [0, 1]
        step : int
        """
        found = make_tensor_proto(count_at_thresholds(labels, scores).astype(np.float32))
        value = Summary.Value(tag="pairs", tensor=found, metadata=curve_metadata("pairs", "", _THRESHOLDS))
        self._write(part, Summary(value=[value]), step)

    def picture(self, part: str, name: str, figure: "Figure", step: int, description: str = "") -> None:
        """Write what matplotlib has drawn."""
        stream = io.BytesIO()
        figure.savefig(stream, format="png", dpi=_PIXELS_PER_INCH)
        width, height = (round(inches * _PIXELS_PER_INCH) for inches in figure.get_size_inches())
        content = [str(width).encode(), str(height).encode(), stream.getvalue()]
        value = Summary.Value(tag=name, tensor=make_tensor_proto(content), metadata=image_metadata(name, description))
        self._write(part, Summary(value=[value]), step)

    def settings(self, values: Mapping[str, Any]) -> None:
        """Write a configuration, so that runs can be sorted by it beside what they reached."""
        said = {
            name: value if isinstance(value, bool | int | float | str) else str(value) for name, value in values.items()
        }
        reached = [
            hparams.Metric(f"epoch_{name}", group=part, display_name=f"{part} {name}")
            for part, name in (("validation", "loss"), ("validation", "auc"), ("test", "auc"))
        ]
        self._write("", hparams.hparams_config_pb([hparams.HParam(name) for name in said], reached), 0)
        self._write("", hparams.hparams_pb(said, trial_id=self.folder.name), 0)

    def flush(self) -> None:
        """See to it that what was written can be read."""
        for writer in self._writers.values():
            writer.flush()

    def close(self) -> None:
        """Write what is left, and end."""
        for writer in self._writers.values():
            writer.close()
        self._writers.clear()

    def _write(self, part: str, summary: Summary, step: int) -> None:
        if part not in self._writers:
            self._writers[part] = EventFileWriter(str(self.folder / part))
        self._writers[part].add_event(Event(summary=summary, step=step, wall_time=time.time()))


def count_at_thresholds(labels: NDArray[np.int64], scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Count right and wrong verdicts at evenly spaced thresholds from 0 to 1.

    Returns
    -------
    ndarray of shape (6, n_thresholds), float64
        True positives, false positives, true negatives, false negatives, precision, recall; precision is 1 where
        nothing is accepted.
    """
    found = ScoreTable.from_scores(labels, scores).counts(np.linspace(0, 1, _THRESHOLDS))
    pairs = (found.true_accepts, found.false_accepts, found.true_rejects, found.false_rejects)
    return np.stack([*pairs, np.nan_to_num(found.precision, nan=1.0), np.nan_to_num(found.recall)], dtype=np.float64)
