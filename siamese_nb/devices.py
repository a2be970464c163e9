"""What computes: the devices that the backend uses, in which precision, and how much memory a run takes."""

from contextlib import suppress

import keras
import psutil

_BFLOAT16, _FLOAT16 = (8, 0), (7, 0)  # the compute capabilities from which GPUs multiply such numbers faster


def describe_devices() -> str:
    """Say what computes, such as "2 GPUs, jax" or "CPU, 8 cores, tensorflow"."""
    others = [kind for kind in _kinds() if kind != "CPU"]
    number, name = (len(others), others[0]) if others else (psutil.cpu_count() or 1, "core")
    counted = f"{number} {name}{'s' * (number > 1)}, {keras.backend.backend()}"
    return counted if others else f"CPU, {counted}"


def memory_gib() -> float:
    """Measure the memory that this process holds now, in GiB; what lies on a GPU is not in it."""
    return float(psutil.Process().memory_info().rss) / 2**30


def choose_precision(asked: str) -> str:
    """Return the precision that networks are to compute in.

    Parameters
    ----------
    asked : {"auto", "float32", "mixed_bfloat16", "mixed_float16"}
        `auto` takes what all GPUs of this machine are fast in; without one `float32`.
    """
    if asked != "auto":
        return asked
    if "TPU" in _kinds():
        return "mixed_bfloat16"
    least = min(_capabilities(), default=(0, 0))
    return "mixed_bfloat16" if least >= _BFLOAT16 else "mixed_float16" if least >= _FLOAT16 else "float32"


def set_precision(network: keras.Model, name: str) -> None:
    """Let the layers of a network compute in this precision; weights, and what turns pictures into numbers, stay.

    Parameters
    ----------
    network : keras.Model
        Changed in place, and the models in it.
    name : {"float32", "mixed_bfloat16", "mixed_float16"}
    """
    for layer in network.layers:
        if isinstance(layer, keras.Model):
            set_precision(layer, name)
        elif not isinstance(layer, keras.layers.InputLayer):
            given = keras.tree.flatten(layer.input)
            if all(tensor.dtype != "uint8" for tensor in given):
                layer.dtype_policy = name
    network.predict_function = None  # what was compiled computes as before


def _capabilities() -> list[tuple[int, ...]]:
    """List the compute capability of each NVIDIA GPU, such as (8, 0)."""
    backend = keras.backend.backend()
    if backend == "torch":
        import torch

        return [torch.cuda.get_device_capability(number) for number in range(torch.cuda.device_count())]
    if backend == "jax":
        import jax

        named = [str(getattr(device, "compute_capability", "")) for device in jax.devices()]
    else:
        import tensorflow

        about = tensorflow.config.experimental.get_device_details
        gpus = tensorflow.config.list_physical_devices("GPU")
        return [tuple(about(gpu).get("compute_capability", (0, 0))) for gpu in gpus]
    found = []
    for name in named:
        with suppress(ValueError):  # of a CPU, or another maker's GPU
            found.append(tuple(int(part) for part in name.split(".")))
    return found


def _kinds() -> list[str]:
    if keras.backend.backend() == "torch":  # Keras lists no devices there, but puts tensors on the one that it uses
        found = [keras.ops.zeros(()).device.type]
    else:
        found = [name.split(":")[0] for name in keras.distribution.list_devices()]
    return [kind.replace("cuda", "gpu").upper() for kind in found]
