"""Train a siamese network: a dataset and a configuration in, a verifier with its evidence out."""

import contextlib
import itertools
import os
import shutil
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from siamese_nb.board import write_settings
from siamese_nb.config import TrainConfig
from siamese_nb.dataset import Dataset
from siamese_nb.distribution import make_distribution
from siamese_nb.engines import check_engine
from siamese_nb.errors import InputError
from siamese_nb.outcome import Outcome
from siamese_nb.progress import say
from siamese_nb.run import begin_runs, learn_all
from siamese_nb.scanning import scan
from siamese_nb.storage import check_writable
from siamese_nb.verifier import Verifier
from siamese_nb.watching import Panel, told


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
        say(note)
    started = time.strftime("%Y%m%d-%H%M%S")
    with told(panel), ExitStack() as undone:
        if not spread.chief:  # of several machines the first one writes; what the others write goes with them
            out = logs = undone.enter_context(tempfile.TemporaryDirectory())
        for place in (out, logs):
            check_writable(place)
        scanned = dataset if isinstance(dataset, Dataset) else scan(dataset)
        members = begin_runs(scanned, config, spread, panel)
        folder = _new_folder(Path(logs) / "fit", f"{started}-{config.leg}", Path(out))
        write_settings(folder, config)
        learned, stopped = learn_all(members, folder)
        if panel is not None:
            panel.show(phase="measuring")
        outcome = Outcome.of(learned)
        verifier = outcome.verifier()
        verifier.save(Path(out) / folder.name)
        outcome.log(folder, verifier)
        if panel is not None:
            panel.show(phase="stopped" if stopped else "done", saved=str(verifier.path))
    if not stopped:
        for member in members:
            shutil.rmtree(member.checkpoints, ignore_errors=True)
    return verifier


def _new_folder(parent: Path, name: str, taken: Path) -> Path:
    """Make a folder of this name, or of one like it where runs began in the same second, and return it."""
    for number in itertools.count(1):
        folder = parent / (name if number == 1 else f"{name}-{number}")
        if not (taken / folder.name).exists():
            with contextlib.suppress(FileExistsError):
                folder.mkdir(parents=True)
                return folder
    raise AssertionError("numbers do not end")
