"""Devices: which precision they are good for, and that a network in it computes the same but for rounding."""

import sys
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from siamese_nb import devices
from siamese_nb.devices import choose_precision, set_precision
from siamese_nb.embeddings import embed
from siamese_nb.legs import build_leg


def pretend(monkeypatch: pytest.MonkeyPatch, backend: str, capabilities: list[object]) -> None:
    """Let a backend describe GPUs of these compute capabilities, each in its own way."""
    monkeypatch.setattr(keras.backend, "backend", lambda: backend)
    numbers = list(range(len(capabilities)))
    details = [{} if given is None else {"compute_capability": given} for given in capabilities]
    tensorflow = SimpleNamespace(
        config=SimpleNamespace(
            list_physical_devices=lambda kind: numbers if kind == "GPU" else [],
            experimental=SimpleNamespace(get_device_details=lambda gpu: details[gpu]),
        )
    )
    cuda = SimpleNamespace(device_count=lambda: len(numbers), get_device_capability=lambda gpu: capabilities[gpu])
    jax = SimpleNamespace(
        devices=lambda: [
            SimpleNamespace(compute_capability=given if isinstance(given, str) else ".".join(map(str, given or ())))
            for given in capabilities
        ]
    )
    for name, module in (("tensorflow", tensorflow), ("torch", SimpleNamespace(cuda=cuda)), ("jax", jax)):
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(devices, "_kinds", lambda: ["CPU", *["GPU"] * len(numbers)])


@pytest.mark.parametrize("backend", ["tensorflow", "torch", "jax"])
@pytest.mark.parametrize(
    ("capabilities", "best"),
    [
        ([], "float32"),
        ([(6, 1)], "float32"),
        ([(7, 0)], "mixed_float16"),
        ([(7, 5)], "mixed_float16"),
        ([(8, 0)], "mixed_bfloat16"),
        ([(12, 0)], "mixed_bfloat16"),
        ([(9, 0), (7, 5)], "mixed_float16"),  # one network on both: as the lesser can
    ],
)
def test_what_gpus_are_fast_in_is_taken(
    backend: str, capabilities: list[object], best: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(monkeypatch, backend, capabilities)
    assert choose_precision("auto") == best
    assert choose_precision("float32") == "float32"
    assert choose_precision("mixed_float16") == "mixed_float16"


def test_gpus_that_say_nothing_are_left_in_float32_and_tpus_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, "tensorflow", [None])
    assert choose_precision("auto") == "float32"
    pretend(monkeypatch, "jax", ["gfx90a"])
    assert choose_precision("auto") == "float32"
    monkeypatch.setattr(devices, "_kinds", lambda: ["TPU"])
    assert choose_precision("auto") == "mixed_bfloat16"


def test_this_machine_is_described_by_its_own_backend() -> None:
    assert choose_precision("auto") in ("float32", "mixed_bfloat16", "mixed_float16")


def test_a_leg_in_bfloat16_rounds_and_no_more_and_goes_back() -> None:
    keras.utils.set_random_seed(0)
    leg = build_leg("base_cnn", 32)
    images = np.random.default_rng(0).integers(0, 256, (8, 32, 32, 3), np.uint8)
    exact = embed(leg, images)
    set_precision(leg, "mixed_bfloat16")
    assert {weight.dtype for weight in leg.weights} == {"float32"}
    rounded = embed(leg, images)
    assert rounded.dtype == np.float32
    cosines = (exact * rounded).sum(axis=1) / np.linalg.norm(exact, axis=1) / np.linalg.norm(rounded, axis=1)
    assert cosines.min() > 0.995
    assert not np.array_equal(exact, rounded)
    set_precision(leg, "float32")
    assert np.array_equal(embed(leg, images), exact)
