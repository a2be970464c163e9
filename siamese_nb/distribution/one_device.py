"""Learning on one device, which defines what a distribution does."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import keras

from siamese_nb.batches import Batches
from siamese_nb.losses import Loss


class OneDevice:
    """Learn on one device, and define what a distribution does.

    Attributes
    ----------
    replicas : int
        Devices that learn, on all machines.
    chief : bool
        Whether this process writes what comes of it.
    """

    replicas = 1
    chief = True

    def scope(self) -> AbstractContextManager[Any]:
        """Build in it what learns: its weights are then the same on every device."""
        return nullcontext()

    def alone(self, model: keras.Model) -> keras.Model:
        """Return the same network, with the same weights, to be used outside of training on one device."""
        return model

    def gather(self, rows: Any) -> Any:
        """Join the shares of all devices, in their order."""
        return rows

    def share(self, draw: Callable[[Any], Any], rows: Any) -> Any:
        """Return this device's rows of what is drawn at random for the whole batch: `draw(n)` gives n rows."""
        return draw(rows)

    def joined(self, loss: Loss) -> Loss:
        """Return a loss of identities that sees the whole batch, not a device's share of it."""
        return loss

    def fit(self, model: keras.Model, batches: Batches, **options: Any) -> None:
        """Fit a compiled model to the batches; for the options see `keras.Model.fit`."""
        model.fit(batches, shuffle=False, verbose=0, **options)

    def measured(self, score: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function that scores on one device while a training of several waits."""
        return score


class Gathered(keras.layers.Layer):  # type: ignore[misc]
    """Join the embeddings of all devices.

    Parameters
    ----------
    gather : callable
        `OneDevice.gather`.
    """

    def __init__(self, gather: Callable[[Any], Any], **options: Any) -> None:
        super().__init__(**options)
        self.gather = gather

    def call(self, rows: Any) -> Any:
        return self.gather(rows)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (None, *input_shape[1:])
