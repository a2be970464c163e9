"""Several devices or machines by `tf.distribute`: beside `siamese_nb.devices`, all that knows TensorFlow."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from copy import copy
from functools import cache
from typing import Any

import keras

from siamese_nb.batches import Batches
from siamese_nb.distribution.one_device import OneDevice
from siamese_nb.errors import InputError
from siamese_nb.losses import Loss


class Replicas(OneDevice):
    """Learn on the devices of a `tf.distribute` strategy, in step.

    Parameters
    ----------
    strategy : tf.distribute.Strategy
    """

    def __init__(self, strategy: Any) -> None:
        self.strategy = strategy
        self.replicas = strategy.num_replicas_in_sync
        self.chief = _worker() == 0

    def scope(self) -> AbstractContextManager[Any]:
        scope: AbstractContextManager[Any] = self.strategy.scope()
        return scope

    def alone(self, model: keras.Model) -> keras.Model:
        # A model remembers the strategy it was made under, and would send its input to every device.
        return keras.Model(model.input, model.output, name=model.name)

    def gather(self, rows: Any) -> Any:
        import tensorflow

        context = tensorflow.distribute.get_replica_context()
        if context is None or isinstance(rows, keras.KerasTensor):
            return rows
        # The product makes a dense gradient of one that is given by rows, which could not be sent.
        gathered = context.all_gather(rows, axis=0) * 1
        return keras.ops.reshape(gathered, (-1, *rows.shape[1:]))  # how long a row is, was forgotten on the way

    def share(self, draw: Callable[[Any], Any], rows: Any) -> Any:
        import tensorflow

        context = tensorflow.distribute.get_replica_context()
        if context is None:
            return draw(rows)
        # Every device draws the same, and takes its own: numbers are few beside the pixels that they change.
        begin = context.replica_id_in_sync_group * rows
        return draw(rows * self.replicas)[begin : begin + rows]

    def joined(self, loss: Loss) -> Loss:
        def of_all(identity: Any, found: Any) -> Any:
            # In one step: the devices need not come to two of them in the same order.
            both = self.gather(keras.ops.concatenate([identity, found], axis=1))
            return loss(both[:, :1], both[:, 1:]) / self.replicas  # every device finds the whole loss; they are added

        return of_all

    def fit(self, model: keras.Model, batches: Batches, **options: Any) -> None:
        self._agree(options["initial_epoch"])
        normalisations = [layer for layer in _layers(model) if isinstance(layer, keras.layers.BatchNormalization)]
        before = [layer.synchronized for layer in normalisations]
        for layer in normalisations:
            layer.synchronized = True
        try:
            # Keras would average a batch over the devices and look at that, which fails with several machines.
            with self.scope():
                model._symbolic_build(data_batch=batches[0])
            model._maybe_symbolic_build = lambda **given: None
            model.train_function = self._step(model)
            shares = self.strategy.distribute_datasets_from_function(lambda context: self._shares(batches, context))
            model.fit(shares, steps_per_epoch=len(batches), shuffle=False, verbose=0, **options)
        finally:
            for layer, synchronized in zip(normalisations, before, strict=True):
                layer.synchronized = synchronized

    def _agree(self, epoch: int) -> None:
        """Raise `InputError` if the machines would begin at different epochs, and then wait for each other for ever."""
        import tensorflow

        begin = self.strategy.run(lambda: tensorflow.constant(epoch))
        if int(self.strategy.reduce("SUM", begin, axis=None)) != epoch * self.replicas:
            raise InputError(
                "the machines have come to different epochs of this run; let them share one SIAMESE_NB_CACHE, or "
                "delete `runs` in the cache of each"
            )

    def _step(self, model: keras.Model) -> Any:
        """Make one step of all devices; Keras's own cannot add up the figures of several machines."""
        import tensorflow

        @tensorflow.function(reduce_retracing=True)  # type: ignore[untyped-decorator]  # its types are not read
        def step(iterator: Any) -> Any:
            figures = self.strategy.run(model.train_step, args=(next(iterator),))
            return keras.tree.map_structure(lambda value: self.strategy.reduce("MEAN", value, axis=None), figures)

        return step

    def _shares(self, batches: Batches, context: Any) -> Any:
        """Give the devices of this process their shares, batch after batch and epoch after epoch."""
        import tensorflow

        here = self.replicas // context.num_input_pipelines
        mine = range(here * context.input_pipeline_id, here * (context.input_pipeline_id + 1))

        def shares() -> Iterator[Any]:
            own = copy(batches)  # Keras looks at a batch and begins anew, and what runs ahead may be in the next epoch
            while True:
                own.on_epoch_end()  # as Keras does with batches that it is handed: before the first epoch, too
                for index in range(len(own)):
                    batch = own[index]
                    batches.fed = own.fed
                    for share in mine:
                        yield keras.tree.map_structure(lambda part, share=share: self._share(part, share), batch)

        signature = keras.tree.map_structure(
            lambda part: tensorflow.TensorSpec((None, *part.shape[1:]), part.dtype), batches[0]
        )
        return tensorflow.data.Dataset.from_generator(shares, output_signature=signature).prefetch(2 * here)

    def _share(self, part: Any, share: int) -> Any:
        size = len(part) // self.replicas
        return part[size * share : size * (share + 1)]


@cache
def own_strategy() -> Any:
    """Return the strategy of this process: a second one would take the numbers of the first one's messages."""
    import tensorflow

    if "TF_CONFIG" in os.environ:
        return tensorflow.distribute.MultiWorkerMirroredStrategy()
    kind = "GPU" if tensorflow.config.list_physical_devices("GPU") else "CPU"
    names = [device.name for device in tensorflow.config.list_logical_devices(kind)]
    return tensorflow.distribute.MirroredStrategy(names)


def _worker() -> int:
    """Return which of the machines this one is, from 0; a chief stands before the workers."""
    given = json.loads(os.environ.get("TF_CONFIG", "{}"))
    task, chiefs = given.get("task", {}), len(given.get("cluster", {}).get("chief", ()))
    return int(task.get("index", 0)) + (chiefs if task.get("type") == "worker" else 0)


def _layers(model: keras.Model) -> Iterator[keras.layers.Layer]:
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _layers(layer)
        else:
            yield layer
