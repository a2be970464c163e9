"""Make a distribution by name, as the backend can."""

import keras

from siamese_nb.distribution.one_device import OneDevice
from siamese_nb.distribution.replicas import Replicas, own_strategy
from siamese_nb.distribution.sharded import Sharded
from siamese_nb.errors import InputError

DISTRIBUTIONS = ("none", "data_parallel")
_MOST = 32  # batches are filled up to a multiple of it


def make_distribution(name: str) -> OneDevice:
    """Return a distribution by name; it must be made before anything is computed.

    Parameters
    ----------
    name : {"none", "data_parallel"}
        `data_parallel` takes all GPUs, or without one all CPU devices, of this machine, and on TensorFlow those of all
        machines that the environment variable `TF_CONFIG` names.

    Raises
    ------
    InputError
        If the name is not known, the backend cannot do it, or batches cannot be shared evenly.
    """
    if name not in DISTRIBUTIONS:
        raise InputError(f"distribution={name!r} is not known; choose one of {', '.join(DISTRIBUTIONS)}")
    if name == "none":
        return OneDevice()
    backend = keras.backend.backend()
    if backend == "torch":
        raise InputError("distribution=data_parallel needs the backend TensorFlow or JAX; leave it away")
    made = Sharded() if backend == "jax" else Replicas(own_strategy())
    if _MOST % made.replicas:
        raise InputError(f"batches cannot be shared evenly by {made.replicas} devices; give 2, 4, 8, 16 or 32")
    return made
