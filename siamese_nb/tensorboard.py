"""Curves for TensorBoard: the only module that needs TensorFlow, with which Keras writes them on any backend."""

from pathlib import Path

import keras


def tensorboard_callback(folder: Path) -> keras.callbacks.Callback:
    """Return a callback that writes the logs of each epoch.

    Parameters
    ----------
    folder : Path
        Figures of train go to its `train`, figures of validation to its `validation`.
    """
    return keras.callbacks.TensorBoard(folder, write_graph=False, profile_batch=0)
