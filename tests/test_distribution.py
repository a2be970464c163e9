"""Several devices and several machines learn what one device learns on the same batches.

Devices must be named before TensorFlow computes anything, so each case runs in a process of its own.
"""

import json
import os
import random
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import keras
import pytest

from siamese_nb.distribution import OneDevice, make_distribution
from siamese_nb.errors import InputError

TENSORFLOW = keras.backend.backend() == "tensorflow"
# Shares are added up in another order, so single precision differs in the seventh digit. Adam's first steps, which
# divide by what is nearly zero, widen that, and so does the neuron of a loss of identities, which is fitted afterwards.
TOLERANCE = {"binary_crossentropy": 2e-5, "cosface": 2e-3, "supervised_contrastive": 2e-3}
SCRIPT = """
import functools, json, sys
from pathlib import Path
if sys.argv[2] == "two":
    import tensorflow as tf
    two = [tf.config.LogicalDeviceConfiguration()] * 2
    tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], two)
from matplotlib.figure import Figure
from siamese_nb import TrainConfig, outcome, scored_pairs, train
from siamese_nb.intervals import figures_with_intervals

outcome.draw_hardest = lambda *given: Figure(figsize=(1, 1))
scored_pairs.figures_with_intervals = functools.partial(figures_with_intervals, n_bootstrap=5)
folder, found = Path(sys.argv[1]), {}
for case in json.loads(sys.argv[3]):
    name = case.pop("distribution")
    config = TrainConfig(image_size=32, embedding=8, batch_images=32, epochs=2, **case)
    verifier = train(folder / "data", config, out=folder / "out", logs=folder / "logs", distribution=name)
    found[f"{config.loss} {name}"] = verifier.history
print("history", json.dumps(found))
"""


def start(folder: Path, devices: str, cases: list[dict[str, Any]], **variables: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", SCRIPT, str(folder), devices, json.dumps(cases)]
    environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"} | variables
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def history_of(process: subprocess.Popen[str]) -> dict[str, dict[str, list[float]]]:
    out, error = process.communicate(timeout=300)
    assert process.returncode == 0, error[-3000:]
    return json.loads(out.partition("history ")[2])


def assert_same(found: dict[str, list[float]], expected: dict[str, list[float]], loss: str) -> None:
    for name in ("loss", "val_loss"):
        assert found[name] == pytest.approx(expected[name], abs=TOLERANCE[loss])


@pytest.fixture
def folder(make_couples, tmp_path: Path) -> Path:
    make_couples(tmp_path / "data", categories=2, couples=20, size=32)
    return tmp_path


def free_ports(count: int) -> list[int]:
    """Find ports that nobody listens on, below those that a system hands out by itself, to someone else too."""
    found: list[int] = []
    for port in random.sample(range(20_000, 32_000), 100):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            found.append(port)
    return found[:count]


@pytest.mark.skipif(not TENSORFLOW, reason="tf.distribute is TensorFlow's")
def test_two_devices_and_two_machines_learn_what_one_learns(folder: Path, tmp_path_factory) -> None:
    losses = ("binary_crossentropy", "cosface")
    cases = [
        {"loss": loss, "augment": "photo", "distribution": name}
        for loss in losses
        for name in ("none", "data_parallel")
    ]
    matched = {"loss": "supervised_contrastive", "distance": "matched"}
    cases += [{**matched, "distribution": name} for name in ("none", "data_parallel")]
    found = history_of(start(folder, "two", cases))
    for loss in (*losses, matched["loss"]):
        assert_same(found[f"{loss} data_parallel"], found[f"{loss} none"], loss)
    bundles = len(list((folder / "out").iterdir()))
    ports, workers = free_ports(2), []
    for index in range(2):
        cluster = {"worker": [f"127.0.0.1:{port}" for port in ports]}
        variable = json.dumps({"cluster": cluster, "task": {"type": "worker", "index": index}})
        cache = str(tmp_path_factory.mktemp("machine"))  # a machine of its own shares none
        case = [{"loss": losses[0], "augment": "photo", "distribution": "data_parallel"}]
        workers.append(start(folder, "one", case, TF_CONFIG=variable, SIAMESE_NB_CACHE=cache))
    for worker in workers:
        assert_same(history_of(worker)[f"{losses[0]} data_parallel"], found[f"{losses[0]} none"], losses[0])
    assert len(list((folder / "out").iterdir())) == bundles + 1  # only the first machine writes


def test_one_device_is_the_default_and_what_cannot_be_done_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert type(make_distribution("none")) is OneDevice
    with pytest.raises(InputError, match="choose one of none, data_parallel"):
        make_distribution("mirrored")
    monkeypatch.setattr(keras.backend, "backend", lambda: "torch")
    with pytest.raises(InputError, match="needs the backend TensorFlow or JAX"):
        make_distribution("data_parallel")
