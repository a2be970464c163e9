"""Engines that send pictures through a leg that does not learn: Keras, or OpenVINO where that is installed."""

import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from siamese_nb.errors import InputError
from siamese_nb.settings import ENGINES

EXACT = ("keras", "openvino")
"""Engines that give what the leg itself gives, but for float32's rounding."""

Pass = Callable[[NDArray[Any]], NDArray[np.float32]]


def compiled_by_xla() -> bool:
    """Tell whether networks are to be compiled by XLA.

    On JAX there is no other way; on CPUs XLA's depthwise convolutions in TensorFlow are ten times slower than its own.
    """
    return bool(keras.backend.backend() == "jax")


def check_engine(engine: str) -> None:
    """Raise `InputError` if there is no such engine, or it is not installed."""
    if engine not in ENGINES:
        raise InputError(f"engine={engine!r} is not known; choose one of {', '.join(ENGINES)}")
    if engine != "keras" and find_spec("openvino") is None:
        raise InputError(
            f'engine={engine} needs OpenVINO, which is not installed: pip install -e ".[fast]", or choose engine=keras'
        )


def make_pass(leg: keras.Model, engine: str = "keras") -> Pass:
    """Return what sends a batch through a leg, its weights as they are now.

    Parameters
    ----------
    leg : keras.Model
    engine : str
        One of `ENGINES`.

    Raises
    ------
    InputError
        If the engine is not installed.
    """
    check_engine(engine)
    if engine == "keras":
        leg.jit_compile = compiled_by_xla()
        return lambda images: np.asarray(leg.predict_on_batch(images), np.float32)  # in half precision, too
    import openvino

    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder) / "leg.xml")
        leg.export(file, format="openvino", verbose=False)
        core = openvino.Core()
        precision = "bf16" if engine.endswith("bfloat16") else "f32"
        compiled = core.compile_model(core.read_model(file), "CPU", {"INFERENCE_PRECISION_HINT": precision})
    return lambda images: np.asarray(compiled(images)[0], np.float32)
