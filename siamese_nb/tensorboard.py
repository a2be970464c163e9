"""Curves for TensorBoard. Keras's callback writes them with TensorFlow, on any backend: the only module that needs it."""

from pathlib import Path

import keras


def tensorboard_callback(folder: Path, first_epoch: int = 0) -> keras.callbacks.Callback:
    """Return a callback that writes the logs of each epoch to `<folder>/train` and `<folder>/validation`."""
    return keras.callbacks.TensorBoard(folder, write_graph=False, profile_batch=0)
