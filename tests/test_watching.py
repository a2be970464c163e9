"""What a panel is told of a training, and what its stop button does to it."""

from typing import Any

import keras
import pytest

from siamese_nb import training
from siamese_nb.callbacks import WATCHED
from siamese_nb.config import TrainConfig
from siamese_nb.devices import describe_devices, memory_gib
from siamese_nb.errors import InputError
from siamese_nb.training import train

SETTINGS = {"image_size": 32, "embedding": 8, "batch_images": 16}


class Told:
    """A panel that remembers, and asks to stop as soon as it has seen so many epochs, or batches of the first one."""

    def __init__(self, stop_after: int = 10**6, stop_at_once: bool = False) -> None:
        self.stop_after, self.stop_at_once = stop_after, stop_at_once
        self.facts: list[dict[str, Any]] = []

    @property
    def stop_asked(self) -> bool:
        return self.stop_at_once or self.stop_after <= len(self.last("history", {}).get("loss", []))

    def show(self, **facts: Any) -> None:
        self.facts.append(facts)

    def all(self, name: str) -> list[Any]:
        return [facts[name] for facts in self.facts if name in facts]

    def last(self, name: str, default: Any = None) -> Any:
        return self.all(name)[-1] if self.all(name) else default


def run(make_couples, tmp_path, panel: Told, **settings):
    data = tmp_path / "data"
    if not data.exists():
        make_couples(data, categories=2, couples=10, size=32)
    return train(data, TrainConfig(**SETTINGS, **settings), out=tmp_path / "out", logs=tmp_path / "logs", panel=panel)


def test_a_panel_is_told_all_that_happens_and_stops_and_goes_on(make_couples, tmp_path, capsys) -> None:
    panel = Told(stop_at_once=True)  # before there is anything to keep: the first epoch is finished
    stopped = run(make_couples, tmp_path, panel, epochs=3, patience=3)
    assert panel.all("phase") == ["preparing", "training", "measuring", "stopped"]
    assert panel.last("saved") == str(stopped.path)
    assert [len(stopped.history[name]) for name in ("loss", "val_loss")] == [1, 1]
    assert capsys.readouterr().err.count("Training") == 0  # the panel takes the place of the bar
    panel = Told()
    verifier = run(make_couples, tmp_path, panel, epochs=3, patience=3)
    assert panel.all("phase") == ["preparing", "training", "measuring", "done"]
    assert [len(history["loss"]) for history in panel.all("history")] == [1, 2, 3]
    assert panel.last("history") == verifier.history
    assert list(panel.last("history")) == [prefix + name for prefix in ("", "val_") for name in WATCHED]
    losses = verifier.history["val_loss"]
    assert losses[panel.last("best")] == min(losses)
    assert (panel.last("resumed"), panel.last("epochs"), panel.last("stage")) == (1, 3, "leg")
    assert panel.last("epoch") == 3
    assert panel.last("seconds_left") == pytest.approx(0, abs=1e-6)
    assert 0.05 < panel.last("memory") < 100
    rates = panel.all("rate")
    assert all(rate > 0 for rate in rates)


def test_a_panel_is_told_why_a_run_failed(make_couples, tmp_path, monkeypatch) -> None:
    panel = Told()
    with pytest.raises(InputError):
        train(make_couples(tmp_path / "few", categories=1, couples=3), TrainConfig(), out=tmp_path, panel=panel)
    assert panel.last("phase") == "failed"
    assert "3 couples" in panel.last("message")

    def interrupted(*given: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "begin_runs", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train(tmp_path / "few", TrainConfig(), out=tmp_path, panel=panel)
    assert "interrupted" in panel.last("message")


def test_devices_and_memory_are_those_of_this_process() -> None:
    assert keras.backend.backend() in describe_devices()
    before = memory_gib()
    held = bytearray(b"x") * 2**28
    assert memory_gib() - before == pytest.approx(0.25, abs=0.1)
    del held
