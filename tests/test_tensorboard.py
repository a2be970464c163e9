"""What TensorBoard reads of a run is what was written, and counts are those of a slow loop."""

from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from google.protobuf import text_format
from matplotlib.figure import Figure
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams.metadata import parse_experiment_plugin_data, parse_session_start_info_plugin_data
from tensorboard.plugins.projector import ProjectorConfig
from tensorboard.util.tensor_util import make_ndarray

from siamese_nb.board import draw_hardest, hardest
from siamese_nb.config import TrainConfig
from siamese_nb.projector import write_projector
from siamese_nb.tensorboard import Logs, count_at_thresholds


def read_events(folder: Path) -> dict[str, list[tuple[int, Any]]]:
    """Read all that lies in a folder as TensorBoard does: tag -> (step, value)."""
    events = EventAccumulator(str(folder)).Reload()
    found = defaultdict(list)
    for tag in events.Tags()["tensors"]:
        found[tag] = [(event.step, make_ndarray(event.tensor_proto)) for event in events.Tensors(tag)]
    return found


@pytest.fixture
def scored() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    labels = (rng.random(80) < 0.3).astype(np.int64)
    scores = np.round(np.clip(0.3 * labels + rng.normal(0.4, 0.2, 80), 0, 1), 2)  # many fall on a threshold
    return labels, np.concatenate([[0.0, 1.0], scores[2:]])


def test_counts_at_every_threshold_are_those_of_a_loop(scored) -> None:
    labels, scores = scored
    counts = count_at_thresholds(labels, scores)
    for column, threshold in enumerate(np.linspace(0, 1, counts.shape[1])):
        accepted = [score >= threshold for score in scores]
        true = sum(a and label == 1 for a, label in zip(accepted, labels, strict=True))
        false = sum(a and label == 0 for a, label in zip(accepted, labels, strict=True))
        negative, missed = sum(labels == 0) - false, sum(labels == 1) - true
        assert counts[:4, column].tolist() == [true, false, negative, missed]
        assert counts[4, column] == (true / (true + false) if true + false else 1)
        assert counts[5, column] == true / sum(labels == 1)


def test_what_is_written_can_be_read(tmp_path: Path, scored) -> None:
    logs = Logs(tmp_path)
    logs.figures("train", {"loss": 0.5, "auc": float("nan")}, 0)
    logs.figures("train", {"loss": 0.25, "auc": 0.75}, 1)
    logs.curve("test", *scored, 7)
    logs.picture("test", "a figure", Figure(figsize=(2, 1)), 7)
    logs.close()
    train, test = read_events(tmp_path / "train"), read_events(tmp_path / "test")
    assert train["epoch_loss"] == [(0, 0.5), (1, 0.25)]
    assert np.isnan(train["epoch_auc"][0][1])
    ((step, counts),) = test["pairs"]
    assert step == 7
    assert counts == pytest.approx(count_at_thresholds(*scored), abs=1e-6)
    ((_, (width, height, png)),) = test["a figure"]
    assert (width, height, png[:4]) == (b"160", b"80", b"\x89PNG")


def test_settings_can_be_sorted_by(tmp_path: Path) -> None:
    config = TrainConfig(seed=3, loss="cosface")
    logs = Logs(tmp_path / "run")
    logs.settings(config.to_dict())
    logs.close()
    events = EventAccumulator(str(tmp_path / "run")).Reload()
    content = {tag: events.SummaryMetadata(tag).plugin_data.content for tag in events.Tags()["tensors"]}
    experiment = parse_experiment_plugin_data(content["_hparams_/experiment"])
    assert {info.name for info in experiment.hparam_infos} == set(config.to_dict())
    assert [(info.name.group, info.name.tag) for info in experiment.metric_infos] == [
        ("validation", "epoch_loss"), ("validation", "epoch_auc"), ("test", "epoch_auc"),
    ]  # fmt: skip
    session = parse_session_start_info_plugin_data(content["_hparams_/session_start_info"])
    assert session.hparams["seed"].number_value == 3
    assert session.hparams["loss"].string_value == "cosface"
    assert session.hparams["image_size"].string_value == "None"
    assert session.hparams["fine_tune"].bool_value is False
    assert session.group_name == "run"


def test_the_hardest_pairs_come_worst_first() -> None:
    labels = np.array([1, 0, 1, 0, 1, 0])
    scores = np.array([0.9, 0.2, 0.1, 0.8, 0.5, 0.95])
    assert hardest(labels, scores, 2).tolist() == [2, 4, 5, 3]
    assert hardest(labels, scores, 9).tolist() == [2, 4, 0, 5, 3, 1]
    images = np.zeros((3, 8, 8, 3), np.uint8)
    one, two = np.array([0, 1, 2, 0, 1, 2]), np.array([1, 2, 0, 2, 0, 1])
    figure = draw_hardest(images, one, two, labels, scores, 0.5)
    titles = [ax.get_title() for ax in figure.axes if ax.get_title()]
    assert len(titles) == 6
    assert "0.10" in titles[0]
    assert "0.95" in titles[3]


def test_the_projector_finds_points_pictures_and_words(tmp_path: Path) -> None:
    embeddings = np.arange(15, dtype=np.float32).reshape(5, 3)
    images = np.full((5, 10, 10, 3), [[[[50 * i]]] for i in range(5)], np.uint8)
    write_projector(tmp_path, embeddings, images, {"path": ["a\tb\nc", *"defg"], "category": [*"vwxyz"]})
    config = text_format.Parse((tmp_path / "projector_config.pbtxt").read_text(), ProjectorConfig())
    (found,) = config.embeddings
    assert np.fromfile(tmp_path / found.tensor_path, np.float32).reshape(found.tensor_shape) == pytest.approx(
        embeddings
    )
    lines = (tmp_path / found.metadata_path).read_text("utf-8").splitlines()
    assert lines[:2] == ["path\tcategory", "a b c\tv"]
    assert len(lines) == 6
    width, height = found.sprite.single_image_dim
    sprite = Image.open(tmp_path / found.sprite.image_path)
    for place in range(5):
        row, column = divmod(place, sprite.width // width)
        pixel = sprite.getpixel((column * width + width // 2, row * height + height // 2))
        assert pixel == pytest.approx((50 * place,) * 3, abs=4)
