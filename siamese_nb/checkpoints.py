"""Where a run stands after each epoch, so that one that was cut short goes on as if nothing had happened."""

import hashlib
import json
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import keras
import numpy as np

from siamese_nb.storage import cache_folder, whole_file

History = dict[str, list[float]]


def checkpoint_folder(data: bytes, backbone: keras.Model) -> Path:
    """Return the folder, in the cache, of all that follows from what is learned from, by its digest, and from a leg."""
    key = hashlib.blake2b(data, digest_size=16)
    for weights in backbone.get_weights():
        key.update(np.ascontiguousarray(weights).data)
    return cache_folder() / "runs" / key.hexdigest()


class Checkpoint(keras.callbacks.Callback):  # type: ignore[misc]
    """Write down where a stage stands after each epoch: weights, optimiser, figures, and the best epoch so far.

    It must stand after `best` and whatever else changes the logs.

    Parameters
    ----------
    file : Path
        Written whole after each epoch; read when the stage begins, if it is there and sound.
    best : keras.callbacks.EarlyStopping

    Attributes
    ----------
    seen : dict of list of float
        Each figure after each epoch of the stage.
    ended : bool
        Whether the stage had come to its end, by patience.
    """

    def __init__(self, file: Path, best: keras.callbacks.EarlyStopping) -> None:
        super().__init__()
        self.file, self.best = file, best
        self.seen: History = {}
        self.ended = False
        self.best_state: tuple[Any, int, int, list[Any]] | None = None

    @property
    def epochs(self) -> int:
        """How many epochs of the stage are done."""
        return len(self.seen.get("loss", []))

    def restore(self, model: keras.Model) -> None:
        """Put a compiled model where the file says the stage stood; without a file that fits, leave it as it is."""
        with suppress(OSError, EOFError, ValueError, KeyError, BadZipFile), ExitStack() as opened:
            # Opened here: NumPy would leave a file that is no archive open.
            stored = opened.enter_context(np.load(opened.enter_context(self.file.open("rb"))))
            about = json.loads(str(stored["about"]))
            values, weights = (
                [stored[f"{name}{i}"] for i in range(about[name])] for name in ("variable", "best_weight")
            )
            best = about["best"], about["wait"], about["best_epoch"], weights
            model.optimizer.build(model.trainable_variables)
            variables = _variables(model)
            if _shapes(values) != _shapes(variables) or (weights and _shapes(weights) != _shapes(model.weights)):
                return  # another network's
            self.seen, self.ended, self.best_state = about["seen"], about["ended"], best
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Tell `best`, which has just begun anew, what it knew."""
        if self.best_state is not None:
            self.best.best, self.best.wait, self.best.best_epoch, self.best.best_weights = self.best_state

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Write the file."""
        for name, value in sorted((logs or {}).items()):
            self.seen.setdefault(name, []).append(float(value))
        arrays = {"variable": [keras.ops.convert_to_numpy(variable) for variable in _variables(self.model)]}
        arrays["best_weight"] = self.best.best_weights or []  # none if the last epoch is to be kept
        about = {"seen": self.seen, "ended": bool(self.model.stop_training), "best": float(self.best.best)}
        about |= {"wait": self.best.wait, "best_epoch": self.best.best_epoch}
        about |= {name: len(group) for name, group in arrays.items()}
        named = {f"{name}{i}": array for name, group in arrays.items() for i, array in enumerate(group)}
        with whole_file(self.file) as temporary, temporary.open("wb") as stream:
            np.savez(stream, about=np.array(json.dumps(about)), **named)


def _shapes(arrays: Sequence[Any]) -> list[tuple[int, ...]]:
    return [tuple(array.shape) for array in arrays]


def _variables(model: keras.Model) -> list[Any]:
    """Return all that an epoch changes: weights, the state of random layers, and the optimiser's memory."""
    return [*model.variables, *model.optimizer.variables]
