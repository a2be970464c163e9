"""Engines: OpenVINO gives what Keras gives, and where it is not installed that is said."""

import importlib.util
from pathlib import Path

import keras
import numpy as np
import pytest

from siamese_nb import engines
from siamese_nb.bank import Bank
from siamese_nb.embedding_cache import bank_embeddings
from siamese_nb.engines import check_engine, make_pass
from siamese_nb.errors import InputError
from siamese_nb.preprocessing import Preprocessing
from siamese_nb.scratch_legs import build_base_cnn
from siamese_nb.settings import ENGINES

fast = pytest.mark.skipif(importlib.util.find_spec("openvino") is None, reason='pip install -e ".[fast]" brings it')


def make_images(n: int = 6) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (n, 32, 32, 3), np.uint8)


def test_an_engine_that_is_not_installed_is_told_with_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "find_spec", lambda name: None)
    check_engine("keras")
    for engine in ENGINES[1:]:
        with pytest.raises(InputError, match=rf"engine={engine} needs OpenVINO.*\[fast\].*engine=keras"):
            make_pass(build_base_cnn(32), engine)


def test_an_unknown_engine_is_named() -> None:
    with pytest.raises(InputError, match="engine='tpu' is not known; choose one of keras, openvino"):
        check_engine("tpu")


@fast
def test_openvino_gives_what_keras_gives_and_bfloat16_nearly_so() -> None:
    keras.utils.set_random_seed(0)
    leg, images = build_base_cnn(32), make_images()
    expected = make_pass(leg)(images)
    exact, rounded = (make_pass(leg, engine)(images) for engine in ENGINES[1:])
    assert exact.dtype == rounded.dtype == np.float32
    assert np.allclose(exact, expected, rtol=1e-4, atol=1e-5 * np.abs(expected).max())
    cosine = (rounded * expected).sum(1) / np.linalg.norm(rounded, axis=1) / np.linalg.norm(expected, axis=1)
    assert cosine.min() > 0.999


@fast
def test_each_engine_has_entries_of_its_own(cache: Path) -> None:
    leg, bank = build_base_cnn(32), Bank(make_images(), np.arange(6, dtype=np.uint64), ())
    for engine in ENGINES:
        bank_embeddings(leg, bank, engine)
    assert len(list(cache.rglob("*.npy"))) == len(ENGINES)


@fast
def test_feature_maps_come_from_it_too() -> None:
    image = keras.Input((32, 32, 3), dtype="uint8")
    below = keras.Model(image, keras.layers.Conv2D(4, 3, strides=4)(Preprocessing("tf")(image)))
    bank = Bank(make_images(), np.arange(6, dtype=np.uint64), ())
    maps = bank_embeddings(below, bank, "openvino")
    assert maps.shape == (6, 8, 8, 4)
    assert maps.dtype == np.float16
    assert np.allclose(maps, bank_embeddings(below, bank), atol=2e-3)
