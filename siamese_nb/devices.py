"""What computes: the devices that the backend uses, and how much memory a run takes."""

import keras
import psutil


def describe_devices() -> str:
    """Say what computes, such as "2 GPUs, jax" or "CPU, 8 cores, tensorflow"."""
    others = [kind for kind in _kinds() if kind != "CPU"]
    number, name = (len(others), others[0]) if others else (psutil.cpu_count() or 1, "core")
    counted = f"{number} {name}{'s' * (number > 1)}, {keras.backend.backend()}"
    return counted if others else f"CPU, {counted}"


def memory_gib() -> float:
    """Measure the memory that this process holds now, in GiB; what lies on a GPU is not in it."""
    return float(psutil.Process().memory_info().rss) / 2**30


def _kinds() -> list[str]:
    if keras.backend.backend() == "torch":  # Keras lists no devices there, but puts tensors on the one that it uses
        found = [keras.ops.zeros(()).device.type]
    else:
        found = [name.split(":")[0] for name in keras.distribution.list_devices()]
    return [kind.replace("cuda", "gpu").upper() for kind in found]
