"""Training: what a run learns from, what it leaves behind, and what it refuses."""

import dataclasses
import functools
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow
from matplotlib.figure import Figure
from test_tensorboard import read_events

from siamese_nb import batches as batches_module
from siamese_nb import learners, mining, outcome, scored_pairs, stages, training
from siamese_nb import run as run_module
from siamese_nb.callbacks import WATCHED, PairMetrics, Progress, watched_figures
from siamese_nb.checkpoints import Checkpoint
from siamese_nb.config import TrainConfig
from siamese_nb.decoding import digest
from siamese_nb.distribution import OneDevice
from siamese_nb.errors import InputError
from siamese_nb.intervals import figures_with_intervals
from siamese_nb.legs import build_leg
from siamese_nb.matching import Maps
from siamese_nb.outcome import Outcome
from siamese_nb.pairs import JudgedPairs, Part
from siamese_nb.preprocessing import Preprocessing
from siamese_nb.run import Run
from siamese_nb.scanning import scan
from siamese_nb.split import whole
from siamese_nb.thresholds import choose_by_category
from siamese_nb.training import train
from siamese_nb.training_data import TrainingData
from siamese_nb.verifier import Verifier
from siamese_nb.widgets import PairBrowser

REAL_WEIGHTS = Path(__file__).parents[1].parent / "shared/data/weights/mobilenet_v2_0.35_224_no_top.weights.h5"
pytestmark = pytest.mark.filterwarnings("ignore:Even though the .tf.config:UserWarning")
FROZEN = {"leg": "mobilenetv2", "weights": "a file"}
Train = Callable[..., Verifier]


def tiny_leg(name: str, size: int, weights: str = "imagenet") -> keras.Model:
    """Build a leg of one convolution, with its backbone inside as the pretrained ones have it."""
    inputs = keras.Input((size, size, 3))
    x = keras.layers.Conv2D(8, size // 4, strides=size // 4, use_bias=False)(inputs)
    x = keras.layers.Flatten()(keras.layers.BatchNormalization()(x))
    image = keras.Input((size, size, 3), dtype="uint8", name="image")
    return keras.Model(image, keras.Model(inputs, x, name="backbone")(Preprocessing("tf")(image)), name=name)


@pytest.fixture
def tiny(make_couples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Train]:
    """Give `tiny(data=None, **settings)`: train a tiny leg on 30 couples, or on what is given.

    Every third of these couples shows two different things, so that no network gets all of them right.
    """
    monkeypatch.setattr(run_module, "build_leg", tiny_leg)
    tensorflow.config.run_functions_eagerly(True)  # compiling takes longer than these few steps do
    few = functools.partial(figures_with_intervals, n_bootstrap=20)  # nobody looks at the bounds here
    monkeypatch.setattr(scored_pairs, "figures_with_intervals", few)
    # Nor at the hardest pairs, whose drawing takes longer than the rest; `trained` has them.
    monkeypatch.setattr(outcome, "draw_hardest", lambda *given: Figure(figsize=(1, 1)))

    def run(data: Path | None = None, **settings: object) -> Verifier:
        if data is None:
            data = tmp_path / "data"
            if not data.exists():
                make_couples(data, categories=2, couples=15, size=32)
                for item in range(0, 15, 3):
                    (data / f"category0/item{item}_two.png").rename(data / "kept.png")
                    (data / f"category1/item{item}_two.png").rename(data / f"category0/item{item}_two.png")
                    (data / "kept.png").rename(data / f"category1/item{item}_two.png")
        config = {"image_size": 32, "embedding": 8, "epochs": 2, "batch_images": 16, **settings}
        return train(data, TrainConfig(**config), out=tmp_path / "out", logs=tmp_path / "logs")

    yield run
    tensorflow.config.run_functions_eagerly(False)


def left_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*")) if folder.exists() else []


def validation_loss(verifier: Verifier) -> float:
    scored = verifier.pairs["validation"]
    return watched_figures(scored.labels[scored.counted], scored.scores[scored.counted])["loss"]


def test_it_learns(trained) -> None:
    test = trained.verifier.about["test"]
    assert test["auc"] > 0.9
    scored = trained.verifier.pairs["test"]
    assert scored.scores[scored.labels == 1].mean() > scored.scores[scored.labels == 0].mean() + 0.1
    history = trained.verifier.history
    assert history["loss"][-1] < history["loss"][0]
    assert history["val_loss"][-1] < 0.8 * history["val_loss"][0]  # and that carries over to things not learned from


def test_the_history_holds_every_metric_of_train_and_validation(trained) -> None:
    history = trained.verifier.history
    assert set(history) == {prefix + name for prefix in ("", "val_") for name in WATCHED}
    assert {len(column) for column in history.values()} == {4}
    assert history["loss"] != history["val_loss"]
    assert json.loads((trained.path / "history.json").read_text()).keys() == history.keys()


def test_what_is_marked_in_the_browser_is_left_out_of_training_and_evaluation(tiny, make_couples, tmp_path) -> None:
    data = make_couples(tmp_path / "marked", categories=2, couples=15, size=32)
    dataset, bank = scan(data).decode((32, 32))
    browser = PairBrowser(dataset, whole(dataset, bank.digests).draw(np.random.default_rng(0), 1, "mixed"))
    pairs, verdicts = browser.state["pairs"], ("exclude", "not the same thing", "same thing")
    for pair, verdict in zip(pairs, verdicts, strict=False):
        browser._receive(browser, {"kind": "verdict", "id": "1", "index": pair["index"], "verdict": verdict}, [])
    browser._receive(browser, {"kind": "undo", "id": "2"}, [])
    out = {path for pair in pairs[:2] for path in pair["paths"]}
    verifier = tiny(data)
    judged = verifier.scored_pairs(scan(data))[0]
    for scored in (*verifier.pairs.values(), judged):
        assert len(scored.scores)
        assert not out & {*scored.one, *scored.two}
    assert not {digest((data / path).read_bytes()) for path in out} & set(verifier.seen.tolist())
    assert verifier.about["dataset"]["couples"] == 28
    assert sum(verifier.about["certificate"]["sizes"].values()) == 56


def test_tensorboard_shows_the_history(trained) -> None:
    folder = trained.logs / "fit" / trained.path.name
    for part, prefix in (("train", ""), ("validation", "val_")):
        events = read_events(folder / part)
        for name in WATCHED:
            steps, values = zip(*events[f"epoch_{name}"], strict=True)
            assert steps == (0, 1, 2, 3)
            assert values == pytest.approx(trained.verifier.history[prefix + name], abs=1e-6, nan_ok=True)
        assert [step for step, _ in events["pairs"]] == [0, 1, 2, 3]
    validation, test = trained.verifier.pairs["validation"].main, trained.verifier.pairs["test"].main
    assert events["pairs"][-1][1][:, 0].tolist()[:2] == [sum(validation.labels == 1), sum(validation.labels == 0)]
    assert [step for step, _ in events["hardest pairs"]] == [3]
    tested = read_events(folder / "test")
    ((step, auc),) = tested["epoch_auc"]
    assert (step, float(auc)) == (3, pytest.approx(watched_figures(test.labels, test.scores)["auc"], abs=1e-6))
    lines = (folder / "metadata.tsv").read_text("utf-8").splitlines()
    assert lines[0] == "category\tidentity\tpath"
    assert {line.split("\t")[2] for line in lines[1:]} == {*test.one, *test.two}
    assert (folder / "embeddings.bytes").stat().st_size == 4 * 16 * (len(lines) - 1)


def test_the_bundle_says_how_it_was_made(trained) -> None:
    about = trained.verifier.about
    assert TrainConfig.from_dict(about["config"]).embedding == 16
    assert about["threshold"]["threshold"] == trained.verifier.threshold
    for part in ("validation", "test"):
        assert about[part]["threshold"] == trained.verifier.threshold
        assert {"across", "within"} <= about[part].keys()
    assert set(about["baselines"]["colour_histogram"]) == {"across", "within"}


def test_no_test_picture_was_trained_or_tuned_on(trained) -> None:
    def digests(part: str) -> set[int]:
        scored = trained.verifier.pairs[part]
        return {digest((trained.data / path).read_bytes()) for path in {*scored.one, *scored.two}}

    seen = set(trained.verifier.seen.tolist())
    everything = {digest(path.read_bytes()) for path in trained.data.rglob("*.png")}
    assert digests("validation") < seen
    assert digests("test") == everything - seen
    assert len(seen) == 64


def test_the_leg_learns_from_the_training_part_alone(tiny: Train, monkeypatch: pytest.MonkeyPatch) -> None:
    rows: list[np.ndarray] = []
    batch = batches_module.Batches._batch

    def remembered(self: batches_module.Batches, pairs: batches_module.Pairs, index: int) -> object:
        rows.extend([pairs.one, pairs.two])
        return batch(self, pairs, index)

    monkeypatch.setattr(batches_module.Batches, "_batch", remembered)
    verifier = tiny(**FROZEN, fine_tune=True, epochs=1)
    paths = scan(verifier.path.parents[1] / "data").paths
    learnt_from = {paths[row] for row in np.unique(np.concatenate(rows))}
    assert len(learnt_from) == 36
    for part in ("validation", "test"):
        assert not learnt_from & {*verifier.pairs[part].one, *verifier.pairs[part].two}


@pytest.fixture
def turned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Turn all labels round from the third epoch on, so that validation gets worse, whatever the first weights are."""
    batch = batches_module.Batches._batch

    def labelled(self: batches_module.Batches, *given: object) -> tuple[object, np.ndarray, object]:
        inputs, label, weight = batch(self, *given)
        return inputs, label if self.epoch < 2 else 1 - label, weight

    monkeypatch.setattr(batches_module.Batches, "_batch", labelled)


@pytest.mark.usefixtures("turned")
def test_the_best_epoch_is_kept(tiny: Train) -> None:
    verifier = tiny(**FROZEN, epochs=30, patience=3, learning_rate=0.3)
    losses = verifier.history["val_loss"]
    best = int(np.argmin(losses))
    assert best < len(losses) - 1  # else keeping the last one would do
    assert len(losses) == best + 1 + 3 < 30  # stopped by patience
    assert validation_loss(verifier) == pytest.approx(losses[best], abs=1e-5)
    assert validation_loss(verifier) != pytest.approx(losses[-1], abs=1e-3)


@pytest.mark.usefixtures("turned")
def test_the_last_epoch_is_kept_where_that_was_asked_for(tiny: Train) -> None:
    verifier = tiny(**FROZEN, epochs=30, patience=30, learning_rate=0.3, keep="last")
    losses = verifier.history["val_loss"]
    assert int(np.argmin(losses)) < len(losses) - 1 == 29
    assert validation_loss(verifier) == pytest.approx(losses[-1], abs=1e-5)


def test_a_seed_decides_everything_and_runs_of_one_second_get_names_of_their_own(
    tiny: Train, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training.time, "strftime", lambda *given: "20260101-000000")
    first, again = tiny(seed=3), tiny(seed=3)
    names = ["20260101-000000-base_cnn", "20260101-000000-base_cnn-2"]
    assert [first.path.name, again.path.name] == names
    assert sorted(path.name for path in (tmp_path / "logs" / "fit").iterdir()) == names
    for name, column in first.history.items():
        assert column == pytest.approx(again.history[name], abs=1e-6, nan_ok=True)
    assert first.pairs["test"].one == again.pairs["test"].one
    assert np.allclose(first.pairs["test"].scores, again.pairs["test"].scores, atol=1e-6)
    assert first.threshold == pytest.approx(again.threshold, abs=1e-6)
    assert tiny(**FROZEN, seed=4).pairs["test"].one != first.pairs["test"].one


def test_the_threshold_does_not_look_at_test(tiny: Train, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = tiny(**FROZEN)
    draw = TrainingData._judged

    def with_other_labels(self: TrainingData, part: Part) -> JudgedPairs:
        pairs = draw(self, part)
        return dataclasses.replace(pairs, label=1 - pairs.label) if part is self.split.test else pairs

    monkeypatch.setattr(TrainingData, "_judged", with_other_labels)
    fooled = tiny(**FROZEN)
    assert fooled.about["threshold"] == honest.about["threshold"]
    assert fooled.about["calibration"] == honest.about["calibration"]
    assert fooled.history == honest.history
    assert fooled.about["test"]["auc"] == pytest.approx(1 - honest.about["test"]["auc"], abs=1e-6)


def test_a_collapsed_network_is_not_saved(tiny: Train, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fit_head = Run.fit_head

    def collapsing(self: Run, folder: Path) -> None:
        fit_head(self, folder)
        w, b = self.head.get_weights()
        self.head.set_weights([np.zeros_like(w), b])

    monkeypatch.setattr(Run, "fit_head", collapsing)
    with pytest.raises(InputError, match=r"collapsed: every pair scores 0\.\d+.*not saved.*learning rate"):
        tiny(**FROZEN)
    assert left_in(tmp_path / "out") == []


def test_a_network_that_diverges_is_not_saved(tiny: Train, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(stages._OPTIMIZERS, "adam", lambda rate: keras.optimizers.SGD(1e38))
    with pytest.raises(InputError, match="learning rate"):
        tiny()
    assert left_in(tmp_path / "out") == []


def test_ctrl_c_leaves_no_bundle(tiny: Train, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(self: PairMetrics, epoch: int, logs: dict) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(PairMetrics, "on_epoch_end", interrupted)
    with pytest.raises(KeyboardInterrupt):
        tiny(**FROZEN)
    assert left_in(tmp_path / "out") == []


class PowerCutError(BaseException):
    """Stands for a kill: nothing catches it."""


def cut_at(monkeypatch: pytest.MonkeyPatch, owner: type, name: str, call: int) -> None:
    """Let the power fail at the start of the nth call of a method."""
    method, calls = getattr(owner, name), itertools.count(1)

    def failing(self: object, *given: object, **options: object) -> object:
        if next(calls) == call:
            raise PowerCutError
        return method(self, *given, **options)

    monkeypatch.setattr(owner, name, failing)


@pytest.mark.parametrize(
    ("settings", "cuts"),
    [
        (
            {**FROZEN, "epochs": 2, "fine_tune": True},
            [
                (Run, "fit_block", 1),  # between two stages
                (Checkpoint, "on_epoch_end", 1),  # measured, not yet written down
                (Progress, "on_train_batch_end", 3),  # within the second epoch
            ],
        ),
        (
            {"loss": "cosface", "augment": "photo", "epochs": 3, "patience": 2},
            [
                (PairMetrics, "on_epoch_end", 2),  # before an epoch is measured
                (Outcome, "verifier", 1),  # trained
            ],
        ),
        (
            {"loss": "triplet", "epochs": 2, "members": 2},
            [
                (Run, "fit_leg", 2),  # between two legs of an ensemble
                (Checkpoint, "on_epoch_end", 2),  # in the second of them
            ],
        ),
        (
            {**FROZEN, "loss": "focal", "epochs": 2, "fine_tune": True, "mining": "hard"},
            [
                (Checkpoint, "on_epoch_end", 2),  # mined with weights that are lost
                (Checkpoint, "on_epoch_end", 3),  # in the second stage, learned from what was mined
            ],
        ),
    ],
    ids=["focal", "cosface", "ensemble", "mining"],
)
def test_a_run_that_is_cut_short_again_and_again_ends_as_an_unbroken_one(
    settings: dict, cuts: list, tiny: Train, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unbroken = tiny(**settings)
    assert left_in(cache / "runs") == []
    for cut in cuts:
        with monkeypatch.context() as patch, pytest.raises(PowerCutError):
            cut_at(patch, *cut)
            tiny(**settings)
    again = tiny(**settings)
    assert again.history.keys() == unbroken.history.keys()
    for name, column in unbroken.history.items():
        assert again.history[name] == pytest.approx(column, abs=1e-6, nan_ok=True)
    for one, two in zip(again.model.get_weights(), unbroken.model.get_weights(), strict=True):
        assert one == pytest.approx(two, abs=1e-6)
    assert left_in(cache / "runs") == []


KILLED = """
import os, signal, sys
import keras, numpy as np, tensorflow
from test_training import FROZEN, tiny_leg
from siamese_nb import TrainConfig, run, train

tensorflow.config.run_functions_eagerly(True)
run.build_leg = tiny_leg
savez, calls = np.savez, []

def cut_short(stream, **arrays):
    calls.append(stream)
    if len(calls) == 3:  # the head's two epochs are written down, of the block's first a part is
        stream.write(b"PK half of it")
        stream.flush()
        os.kill(os.getpid(), signal.SIGKILL)
    savez(stream, **arrays)

np.savez = cut_short
config = TrainConfig(image_size=32, embedding=8, batch_images=16, epochs=2, fine_tune=True, **FROZEN)
train(sys.argv[1] + "/data", config, out=sys.argv[1] + "/out", logs=sys.argv[1] + "/logs")
"""


def test_a_kill_in_the_middle_of_writing_a_checkpoint_changes_nothing(
    tiny: Train, make_couples, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = make_couples(tmp_path / "data", categories=2, couples=15, size=32)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    command = [sys.executable, "-c", KILLED, str(tmp_path)]
    killed = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert killed.returncode == -signal.SIGKILL, killed.stderr[-3000:]
    written = list((cache / "runs").glob("*/*.npz"))
    assert [file.name for file in written] == ["head.npz"]
    (half,) = (cache / "runs").glob("*/.block.npz-*/block.npz")
    assert half.read_bytes() == b"PK half of it"
    again = tiny(data, **FROZEN, fine_tune=True)
    assert left_in(cache / "runs") == []  # it went on with that very run
    monkeypatch.setenv("SIAMESE_NB_CACHE", str(tmp_path / "another cache"))
    unbroken = tiny(data, **FROZEN, fine_tune=True)
    for one, two in zip(again.model.get_weights(), unbroken.model.get_weights(), strict=True):
        assert one == pytest.approx(two, abs=1e-6)


def test_what_was_done_before_the_cut_is_not_done_again(
    tiny: Train, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch, pytest.raises(PowerCutError):
        cut_at(patch, Outcome, "verifier", 1)
        tiny(epochs=3)
    measured: list[int] = []
    method = PairMetrics.on_epoch_end
    monkeypatch.setattr(
        PairMetrics, "on_epoch_end", lambda self, epoch, logs: (measured.append(epoch), method(self, epoch, logs))
    )
    assert len(tiny(epochs=3).history["loss"]) == 3
    assert measured == []
    tiny(epochs=3, seed=1)  # another run begins at its own beginning
    assert measured == [0, 1, 2]


def test_a_damaged_checkpoint_is_passed_over(tiny: Train, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch, pytest.raises(PowerCutError):
        cut_at(patch, Outcome, "verifier", 1)
        tiny()
    (file,) = (cache / "runs").glob("*/*.npz")
    file.write_bytes(file.read_bytes()[:1000])
    assert len(tiny().history["loss"]) == 2


def test_ctrl_c_keeps_the_best_epoch_so_far_and_the_same_command_goes_on(
    tiny: Train, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    unbroken = tiny(epochs=4)

    def interrupted(self: Progress, batch: int, logs: object = None) -> None:
        if self.epoch == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Progress, "on_train_batch_end", interrupted)
        stopped = tiny(epochs=4)
    assert "best epoch so far is kept" in capsys.readouterr().err
    assert len(stopped.history["val_loss"]) == 2
    assert validation_loss(stopped) == pytest.approx(min(stopped.history["val_loss"]), abs=1e-5)
    assert Verifier.load(stopped.path).threshold == stopped.threshold
    assert tiny(epochs=4).history["val_loss"] == pytest.approx(unbroken.history["val_loss"], abs=1e-6)


@pytest.mark.parametrize("place", ["out", "logs"])
def test_a_place_that_cannot_be_written_is_told_before_the_work(
    place: str, make_couples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_early(*given: object) -> Iterator[None]:
        raise AssertionError("the work began")

    monkeypatch.setattr(training, "begin_runs", too_early)
    (tmp_path / "a file").write_text("mine")
    places = {"out": tmp_path / "out", "logs": tmp_path / "logs", place: tmp_path / "a file" / "below"}
    with pytest.raises(InputError, match="cannot write"):
        train(make_couples(tmp_path / "data"), **places)
    assert (tmp_path / "a file").read_text() == "mine"


def test_too_few_couples_are_told(tiny: Train, make_couples, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has 7 couples; a network needs at least 8"):
        tiny(make_couples(tmp_path / "few", categories=1, couples=7, size=32))
    assert left_in(tmp_path / "out") == []
    assert left_in(tmp_path / "logs") == []


def test_eight_couples_of_one_category_will_do(tiny: Train, make_couples, tmp_path: Path) -> None:
    verifier = tiny(make_couples(tmp_path / "few", categories=1, couples=8, size=32))
    assert "across" not in verifier.about["test"]
    assert verifier.about["test"]["within"]["pairs"] == verifier.about["test"]["pairs"] >= 4
    assert Verifier.load(verifier.path).threshold == verifier.threshold


def test_identities_and_unlike_sizes_will_do(tiny: Train, make_identities, make_picture, tmp_path: Path) -> None:
    data = make_identities(tmp_path / "things", categories=2, things=6, pictures=3, size=32)
    make_picture(data / "category0" / "thing0" / "large.png", size=70, seed=0)
    (data / "category0" / "thing1" / "broken.png").write_bytes(b"no picture")
    verifier = tiny(data)
    assert verifier.about["dataset"]["layout"] == "identities"
    assert verifier.about["certificate"]["holds"] is True
    assert verifier.about["dataset"]["problems"] == 1
    assert len(verifier.seen) < 37


def test_a_split_by_category_shares_none(tiny: Train, make_couples, tmp_path: Path) -> None:
    verifier = tiny(make_couples(tmp_path / "many", categories=6, couples=3, size=32), split_by="category")
    categories = {
        part: {Path(path).parts[0] for path in (*scored.one, *scored.two)} for part, scored in verifier.pairs.items()
    }
    assert not categories["validation"] & categories["test"]


def test_the_threshold_is_chosen_by_the_rule_that_was_asked_for(tiny: Train, make_couples, tmp_path: Path) -> None:
    data = make_couples(tmp_path / "many", categories=8, couples=6, size=32)
    options = {"split_by": "category", "validation_share": 0.4, "negatives": "within"}
    verifier = tiny(data, threshold_rule="balanced_accuracy_by_category", **options)
    judged = verifier.pairs["validation"].main
    category = [Path(path).parts[0] for path in judged.one]
    assert len(set(category)) > 1
    choice = choose_by_category(judged.labels, judged.scores, category)
    assert verifier.about["threshold"] == choice.to_dict()
    assert choice.rule == "balanced_accuracy_by_category"


def test_with_one_category_the_bundle_names_the_rule_that_was_taken(tiny: Train, make_couples, tmp_path: Path) -> None:
    data = make_couples(tmp_path / "one", categories=1, couples=8, size=32)
    verifier = tiny(data, threshold_rule="balanced_accuracy_by_category")
    assert verifier.about["threshold"]["rule"] == "balanced_accuracy"


def write_pairs(data: Path, file: Path) -> Path:
    """Name each couple once, and tell each first picture from the second pictures of the next two couples."""
    ones = sorted(data.rglob("*_one.png"))
    lines = ["one,two,label"]
    for place, one in enumerate(ones):
        lines.append(f"{one.relative_to(file.parent)},{str(one.relative_to(file.parent)).replace('_one', '_two')},1")
        for step in (1, 2):
            other = ones[(place + step) % len(ones)]
            lines.append(
                f"{one.relative_to(file.parent)},{str(other.relative_to(file.parent)).replace('_one', '_two')},0"
            )
    file.write_text("\n".join(lines) + "\n")
    return file


def test_a_file_of_pairs_will_do(tiny: Train, make_couples, tmp_path: Path) -> None:
    data = make_couples(tmp_path / "pictures", categories=1, couples=30, size=32)
    file = write_pairs(data, tmp_path / "pairs.csv")
    named = {tuple(line.split(",")[:2]): int(line[-1]) for line in file.read_text().splitlines()[1:]}
    verifier = tiny(file)
    for scored in verifier.pairs.values():
        for one, two, label in zip(scored.one, scored.two, scored.labels, strict=True):
            assert named[one, two] == label
        assert set(scored.labels) == {0, 1}


def test_a_frozen_leg_stays_as_it_is_and_sees_each_picture_once(
    tiny: Train, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    verifier = tiny(**FROZEN, epochs=4)
    keras.utils.set_random_seed(0)
    untouched = tiny_leg("mobilenetv2", 32).get_weights()
    backbone = verifier.leg.get_weights()[: len(untouched)]
    assert all(np.array_equal(a, b) for a, b in zip(backbone, untouched, strict=True))
    assert len(list((cache / "embeddings").iterdir())) == 1
    assert set(verifier.about["baselines"]) == {"colour_histogram", "frozen_cosine"}
    assert "suspects" not in verifier.about  # nothing was mined


@pytest.mark.parametrize("loss", ["supervised_contrastive", "cosface"])
def test_whatever_the_loss_the_best_epoch_is_kept_and_one_neuron_fits_its_training_pairs(
    loss: str, tiny: Train
) -> None:
    verifier = tiny(**FROZEN, loss=loss, epochs=12, patience=2, learning_rate=0.1)
    assert np.ptp(np.asarray(verifier.head.w)) == 0
    assert [layer.name for layer in verifier.model.layers][-1] == "head"
    best = int(np.argmax(verifier.history["val_auc"]))
    assert len(verifier.history["val_auc"]) == min(12, best + 1 + 2)
    assert validation_loss(verifier) == pytest.approx(verifier.history["val_loss"][best], abs=1e-5)
    loaded = Verifier.load(verifier.path)
    assert np.array_equal(loaded.head.w, verifier.head.w)


def test_a_framed_whitened_leg_that_learned_in_half_precision_computes_in_full(
    tiny: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_module, "build_leg", build_leg)
    verifier = tiny(frame=28, precision="mixed_bfloat16", whiten=True, averaged_views=2, loss="triplet", epochs=1)
    assert verifier.image_size == (32, 32)
    inner = verifier.leg.get_layer("leg").get_layer("leg")
    assert inner.input_shape == (None, 28, 28, 3)
    assert {layer.compute_dtype for layer in inner.layers if layer.weights} == {"float32"}
    assert keras.config.dtype_policy().name == "float32"
    pictures = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), np.uint8)
    assert np.array_equal(Verifier.load(verifier.path).embed(pictures), verifier.embed(pictures))
    assert np.linalg.norm(verifier.embed(pictures), axis=1) == pytest.approx(1, abs=1e-5)


def test_a_leg_that_knows_mirror_images_sets_them_beside_the_pictures(tiny: Train) -> None:
    settings = {"loss": "triplet", "epochs": 1, "members": 2, "reflections": True}
    verifier, without = tiny(**settings, mirrored=True), tiny(**settings)
    pictures = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), np.uint8)
    by_hand = np.hstack([without.embed(side) for side in (pictures, pictures[:, :, ::-1])]) / np.sqrt(2)
    assert verifier.embed(pictures) == pytest.approx(by_hand, abs=1e-5)
    weights = verifier.head.get_weights()[0]
    assert weights.shape == (by_hand.shape[1],) and (weights == weights[0]).all()
    whole = tiny(**settings, mirrored=True, whiten=True, local_scaling=True, averaged_views=2)
    assert np.array_equal(Verifier.load(whole.path).embed(pictures), whole.embed(pictures))
    assert whole.embed(pictures).shape == by_hand.shape


@pytest.mark.parametrize("loss", ["focal", "triplet"])
def test_places_are_matched_from_learning_to_the_bundle(
    tiny: Train, loss: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_module, "build_leg", build_leg)
    monkeypatch.setattr(outcome, "fit_neuron", lambda *given: pytest.fail("the neuron that learned is kept"))
    verifier = tiny(distance="matched", loss=loss, epochs=2)
    maps = verifier.head.maps
    assert maps == Maps(8, 1, 2, 2)
    assert verifier.leg.output_shape[1] == 8 + maps.places * 24
    pictures = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), np.uint8)
    embeddings = verifier.embed(pictures)
    assert np.linalg.norm(embeddings, axis=1) == pytest.approx(1, abs=1e-5)
    w, b = verifier.head.get_weights()
    likeness = maps.likeness(embeddings[0].astype(np.float64), embeddings[1].astype(np.float64))
    score = verifier.score([(pictures[0], pictures[1])])[0]
    assert score == pytest.approx(1 / (1 + np.exp(2 * float(w[0]) * (1 - likeness) - float(b))), abs=1e-6)
    loaded = Verifier.load(verifier.path)
    assert loaded.head.maps == maps
    assert np.array_equal(loaded.score([(pictures[0], pictures[1])]), [score])
    by_keras = verifier.model.predict_on_batch({"one": pictures[:1], "two": pictures[1:2]})
    assert by_keras[0, 0] == pytest.approx(score, abs=1e-5)


def test_places_of_several_legs_and_mirror_images_are_matched_each_with_its_own(
    tiny: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_module, "build_leg", build_leg)
    settings = {"distance": "matched", "loss": "triplet", "epochs": 1, "members": 2, "reflections": True}
    verifier = tiny(**settings, mirrored=True, averaged_views=2)
    maps = verifier.head.maps
    assert maps == Maps(4 * 8, 4, 2, 2)
    pictures = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), np.uint8)
    embeddings = verifier.embed(pictures)
    turned = verifier.embed(pictures[:, :, ::-1])
    # The mirror image has the same two embeddings, the other way round: of two legs, of the whole and of 96 numbers.
    for start, length in ((0, 2 * 8), (4 * 8, 2 * 96)):
        own, beside = (slice(start + side * length, start + (side + 1) * length) for side in (0, 1))
        assert turned[:, own] == pytest.approx(embeddings[:, beside], abs=1e-5)
    whole = tiny(**settings, mirrored=True, whiten=True, local_scaling=True, averaged_views=2)
    scaled = whole.embed(pictures)
    assert np.array_equal(Verifier.load(whole.path).embed(pictures), scaled)
    # Whitening leaves the places alone, and scaling makes all of a picture longer alike.
    longer = np.linalg.norm(scaled, axis=1, keepdims=True)
    assert longer.min() > 1.1
    assert scaled[:, 4 * 8 :] == pytest.approx(longer * embeddings[:, 4 * 8 :], abs=1e-4)
    assert not np.allclose(scaled[:, : 4 * 8], longer * embeddings[:, : 4 * 8], atol=1e-3)


@pytest.mark.parametrize("whitened", [False, True])
def test_embeddings_are_scaled_by_how_close_the_things_of_training_are(tiny: Train, whitened: bool) -> None:
    settings = {"whiten": whitened, "loss": "triplet", "epochs": 1}
    verifier, without = tiny(**settings, local_scaling=True), tiny(**settings)
    directions = verifier.leg.get_layer("local_scale").get_weights()[0]
    things: dict[Path, list[Path]] = {}
    for file in sorted((verifier.path.parents[1] / "data").rglob("*.png")):
        things.setdefault(file.parent / file.stem.rpartition("_")[0], []).append(file)
    middles = [without.embed(files).mean(axis=0) for files in things.values()]
    middles /= np.linalg.norm(middles, axis=1, keepdims=True)
    nearest = np.max(middles @ directions, axis=0)  # each is the middle of a thing, as the leg sees it unscaled
    assert nearest == pytest.approx(1, abs=1e-4)
    assert len(np.unique(np.argmax(middles @ directions, axis=0))) == directions.shape[1] < len(things)
    pictures = np.random.default_rng(0).integers(0, 256, (3, 32, 32, 3), np.uint8)
    embeddings = verifier.embed(pictures)
    distance = 1 - np.sort(without.embed(pictures) @ directions, axis=1)[:, -10:].mean(axis=1)
    assert np.linalg.norm(embeddings, axis=1) == pytest.approx(distance**-0.25, rel=1e-3)
    assert not np.array_equal(verifier.head.w, without.head.w)  # it is fitted to what is scaled
    assert np.array_equal(Verifier.load(verifier.path).embed(pictures), embeddings)


def test_what_learns_from_frames_sees_them_turned_mirrored_and_augmented(
    tiny: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    learning = []

    def watched(learner: learners.PairLearner, *given: object) -> None:
        learning.append(learner)
        stages.fit_stage(learner, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(run_module, "fit_stage", watched)
    tiny(frame=28, rotations=True, reflections=True, augment="strokes", loss="triplet", epochs=1)
    (learner,) = learning
    assert learner.table.shape[1:] == (28, 28, 3)
    assert learner.batches.sides == 8
    assert learner.augmentation is not None
    images, _ = learner.batches[0]
    assert not np.array_equal(learner.augmentation(images, training=True), images)


def test_the_legs_of_an_ensemble_stand_side_by_side(tiny: Train) -> None:
    verifier = tiny(members=2, epochs=1)
    assert verifier.leg.output_shape == (None, 16)
    one, two = (verifier.leg.get_layer(f"leg_{number}") for number in (1, 2))
    assert not np.array_equal(one.get_weights()[0], two.get_weights()[0])
    assert len(verifier.history["loss"]) == 2
    pictures = np.random.default_rng(0).integers(0, 256, (2, 32, 32, 3), np.uint8)
    beside = np.concatenate([leg.predict(pictures, verbose=0) for leg in (one, two)], axis=1)
    assert verifier.embed(pictures) == pytest.approx(beside / np.sqrt(2), abs=1e-6)
    assert np.array_equal(Verifier.load(verifier.path).embed(pictures), verifier.embed(pictures))


def test_ctrl_c_in_an_ensemble_keeps_the_legs_that_learned_and_the_same_command_goes_on(
    tiny: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    unbroken = tiny(members=2)

    def interrupted_after_one(self: Run, *given: object) -> object:
        if self.member == 1:
            raise KeyboardInterrupt
        return fit(self, *given)

    fit = Run._fit
    with monkeypatch.context() as patch:
        patch.setattr(Run, "_fit", interrupted_after_one)
        cut = tiny(members=2)
    assert cut.leg.output_shape == (None, 8)
    assert len(cut.history["loss"]) == 2
    again = tiny(members=2)
    for weight, other in zip(again.model.get_weights(), unbroken.model.get_weights(), strict=True):
        assert weight == pytest.approx(other, abs=1e-6)


def test_a_frame_larger_than_the_pictures_is_told(tiny: Train) -> None:
    with pytest.raises(InputError, match=r"frame=40 is larger .* 32 pixels; give a larger image_size, such as 80"):
        tiny(frame=40)


def test_fine_tuning_moves_the_leg_but_not_its_statistics(tiny: Train, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_module, "_BLOCK_SLOWER", 1)
    verifier = tiny(**FROZEN, fine_tune=True, epochs=3)
    keras.utils.set_random_seed(0)
    before = {weight.path.split("/")[-1]: weight.numpy() for weight in tiny_leg("mobilenetv2", 32).weights}
    backbone = next(
        layer for layer in verifier.leg.layers if isinstance(layer, keras.Model) and layer.name == "backbone"
    )
    after = {weight.path.split("/")[-1]: weight.numpy() for weight in backbone.weights}
    assert len(verifier.history["val_loss"]) == 6
    assert not np.array_equal(after.pop("kernel"), before.pop("kernel"))
    assert after.keys() == before.keys() == {"gamma", "beta", "moving_mean", "moving_variance"}
    assert all(np.array_equal(after[name], before[name]) for name in before)


class Lies(batches_module.ImageBatches):
    """Batches that call every pair genuine."""

    def __getitem__(self, index: int) -> tuple:
        inputs, label, weight = super().__getitem__(index)
        return inputs, np.ones_like(label), weight


@pytest.mark.parametrize("lies", [False, True])
def test_fine_tuning_never_ends_worse_than_it_began(lies: bool, tiny: Train, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_module, "_BLOCK_SLOWER", 1e-4 if lies else 0.5)
    if lies:
        monkeypatch.setattr(learners, "image_batches", Lies)
    verifier = tiny(**FROZEN, fine_tune=True)
    losses = verifier.history["val_loss"]
    assert len(losses) == 4
    assert (min(losses[2:]) > min(losses[:2])) is lies
    assert validation_loss(verifier) == pytest.approx(min(losses), abs=1e-3)  # the block learned from half precision


def test_fine_tuning_goes_down_the_leg_and_passes_what_is_frozen_once(
    tiny: Train, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed: list[str] = []
    send = run_module.bank_embeddings

    def watched(leg: keras.Model, *given: object) -> np.ndarray:
        passed.append(leg.name)
        return send(leg, *given)

    monkeypatch.setattr(run_module, "bank_embeddings", watched)
    block, leg = (tiny(**FROZEN, fine_tune=True, depth=depth, augment="photo", views=2) for depth in ("block", "leg"))
    assert [len(verifier.history["loss"]) for verifier in (block, leg)] == [4, 6]
    # Features and the last block's maps, of the pictures and of two views each; the second run finds them all.
    assert len(list((cache / "embeddings").iterdir())) == 6
    assert set(passed) == {"below"}  # no picture goes through the whole leg for its features


@pytest.mark.parametrize("leg", [{}, FROZEN])
def test_what_has_learned_in_half_precision_is_saved_in_float32(
    leg: dict[str, str], tiny: Train, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    learned: list[str] = []
    fit = stages.fit_stage

    def watched(learner: learners.PairLearner, *given: object) -> None:
        fit(learner, *given)
        learned.append(type(learner.model.optimizer).__name__)

    def policies(network: keras.Model) -> set[str]:
        inner = [layer for layer in network.layers if isinstance(layer, keras.Model)]
        return {layer.dtype_policy.name for layer in network.layers}.union(*map(policies, inner))

    monkeypatch.setattr(run_module, "fit_stage", watched)
    exact = tiny(**leg)
    assert exact.about["config"]["precision"] == "float32"
    for precision in ("mixed_bfloat16", "mixed_float16"):
        verifier = tiny(**leg, precision=precision)
        assert verifier.about["config"]["precision"] == precision
        assert any(verifier.history[name] != exact.history[name] for name in ("val_auc", "loss"))
        assert verifier.about["test"]["auc"] == pytest.approx(exact.about["test"]["auc"], abs=0.05)
        loaded = Verifier.load(verifier.path)
        assert policies(loaded.model) == {"float32"}
        tested = loaded.pairs["test"]
        files = [[tmp_path / "data" / path for path in pair] for pair in zip(tested.one, tested.two, strict=True)]
        assert loaded.score(files) == pytest.approx(tested.scores, abs=1e-5)
    assert learned == ["Adam", "Adam", "LossScaleOptimizer"]


def test_what_is_labelled_as_another_thing_by_mistake_is_named_until_it_is_judged(
    tiny: Train, make_couples, make_picture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mining, "_NEARLY_ALL", 0.7)  # of so few pairs, and by a leg that sees next to nothing
    data = make_couples(tmp_path / "twice", categories=2, couples=15, size=32)
    for side, noise in (("one", 2), ("two", 3)):  # a thing that is there already
        make_picture(data / f"category0/again_{side}.png", 32, seed=5, noise=noise)
    settings = {**FROZEN, "mining": "hard"}
    verifier = tiny(data, **settings)
    found = [{Path(suspect.one).name[:-8], Path(suspect.two).name[:-8]} for suspect in verifier.suspects]
    assert found
    assert all(pair == {"again", "item5"} for pair in found)
    assert all(not suspect.genuine and "above nearly all genuine" in suspect.reason for suspect in verifier.suspects)
    loaded = Verifier.load(verifier.path)
    assert loaded.suspects == verifier.suspects
    dataset, bank = scan(data).decode((32, 32))
    pairs = whole(dataset, bank.digests).draw(np.random.default_rng(0))
    browser = PairBrowser(dataset, pairs, loaded.suspects)
    assert browser.state["group"] == "suspect"
    shown = browser.state["pairs"][0]
    browser._receive(
        browser, {"kind": "verdict", "id": "1", "index": shown["index"], "verdict": "not the same thing"}, []
    )
    told: list[np.ndarray] = []
    mine = learners.PairLearner.mine
    monkeypatch.setattr(
        learners.PairLearner, "mine", lambda self, part: (told.append(self.confirmed), mine(self, part))
    )
    again = tiny(data, **settings)
    paths = scan(data).paths
    assert [{paths[row] for row in pair} for pair in told[0]] == [set(shown["paths"])]  # learned from, from now on
    assert set(shown["paths"]) not in [{suspect.one, suspect.two} for suspect in again.suspects]


def test_mining_is_for_one_device(tiny: Train, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OneDevice, "replicas", 2)
    with pytest.raises(InputError, match="mining='hard' needs one device"):
        tiny(mining="hard")


def test_mining_needs_to_know_what_every_picture_shows(tiny: Train, make_couples, tmp_path: Path) -> None:
    file = write_pairs(make_couples(tmp_path / "pictures", couples=30, size=32), tmp_path / "pairs.csv")
    with pytest.raises(InputError, match="mining='hard' needs to know what every picture shows"):
        tiny(file, mining="hard")


@pytest.mark.skipif(not REAL_WEIGHTS.exists(), reason="the real weights lie in ../shared/data, which is not here")
def test_real_weights_are_trained_upon(make_couples, tmp_path: Path) -> None:
    data = make_couples(tmp_path / "data", categories=2, couples=4, size=32)
    weights = Path(shutil.copy(REAL_WEIGHTS, tmp_path / "given.weights.h5"))
    config = TrainConfig(leg="mobilenetv2", weights=str(weights), image_size=32, embedding=16, epochs=1)
    verifier = train(data, config, out=tmp_path / "out", logs=tmp_path / "logs")
    weights.unlink()  # the bundle holds all it needs
    loaded = Verifier.load(tmp_path / "out")
    pairs = [
        (data / one, data / two) for one, two in zip(loaded.pairs["test"].one, loaded.pairs["test"].two, strict=True)
    ]
    assert np.allclose(loaded.score(pairs), verifier.pairs["test"].scores, atol=1e-5)
    assert set(verifier.about["baselines"]) == {"colour_histogram", "frozen_cosine"}
