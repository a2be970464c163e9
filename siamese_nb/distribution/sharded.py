"""Several devices of JAX, by Keras's own distribution."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import keras

from siamese_nb.batches import Batches
from siamese_nb.distribution.one_device import OneDevice


class Sharded(OneDevice):
    """Learn on all devices of JAX in step: arrays are split over them, and XLA does the rest."""

    def __init__(self) -> None:
        self.distribution = keras.distribution.DataParallel(auto_shard_dataset=False)
        self.replicas = self.distribution.num_model_replicas

    def scope(self) -> AbstractContextManager[Any]:
        scope: AbstractContextManager[Any] = self.distribution.scope()
        return scope

    def fit(self, model: keras.Model, batches: Batches, **options: Any) -> None:
        with self.scope():
            super().fit(model, batches, **options)

    def measured(self, score: Callable[..., Any]) -> Callable[..., Any]:
        def on_one(*given: Any) -> Any:
            with _no_distribution():
                return score(*given)

        return on_one


@contextmanager
def _no_distribution() -> Iterator[None]:
    set_by = keras.distribution.distribution()
    keras.distribution.set_distribution(None)
    try:
        yield
    finally:
        keras.distribution.set_distribution(set_by)
