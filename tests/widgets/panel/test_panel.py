"""The training panel's Python side: what it shows, what it keeps in the notebook, and when its button counts."""

import json
import threading

import pytest
from bare_page import FakeComm

from siamese_nb.widgets import TrainingPanel
from siamese_nb.widgets.panel import widget as panel


class Kept:
    """Stands for the output under the panel."""

    def __init__(self) -> None:
        self.display_id, self.html = "kept", ""

    def update(self, html) -> None:
        self.html = html.data


@pytest.fixture
def kept(monkeypatch) -> Kept:
    kept = Kept()
    monkeypatch.setattr(panel, "DisplayHandle", lambda: kept)
    monkeypatch.setattr(panel, "display", lambda *given, **options: None)
    return kept


@pytest.fixture
def shown(kept) -> TrainingPanel:
    shown = TrainingPanel()
    shown.comm = FakeComm(lambda message: json.dumps(message, allow_nan=False))
    shown.show(phase="preparing")
    return shown


def press(shown: TrainingPanel, run: str) -> None:
    shown.comm.receive({"kind": "stop", "run": run}, [])


def test_facts_add_up_and_numbers_that_are_none_are_left_out(shown):
    shown.show(epoch=1, batch=3)
    shown.show(batch=4, history={"loss": [0.5, float("nan")], "val_loss": [float("inf"), 0.25]})
    assert (shown.state["epoch"], shown.state["batch"], shown.state["phase"]) == (1, 4, "preparing")
    assert shown.history == {"loss": [0.5, None], "val_loss": [None, 0.25]}


def test_only_the_run_that_is_shown_can_be_stopped(shown):
    press(shown, "another")
    assert not shown.stop_asked
    press(shown, shown.state["run"])
    assert shown.stop_asked
    assert shown.state["stopping"]
    earlier = shown.state["run"]
    shown.show(phase="preparing")
    assert not shown.stop_asked
    assert "stopping" not in shown.state
    press(shown, earlier)
    assert not shown.stop_asked


def test_a_connection_of_the_pages_own_reaches_the_panel_from_another_thread(shown):
    closed = []

    class Connection:
        def close(self) -> None:
            closed.append(True)

    for run in ("gone", shown.state["run"]):
        message = {"content": {"data": {"run": run}}}
        thread = threading.Thread(target=panel._receive_stop, args=(Connection(), message))
        thread.start()
        thread.join()
        assert shown.stop_asked == (run != "gone")
    assert closed == [True, True]


def test_what_stays_in_the_notebook_is_the_best_epoch(shown, kept):
    history = {"loss": [0.5, 0.4, 0.3], "auc": [0.7, float("nan"), 0.9]}
    shown.show(history=history | {f"val_{name}": [0.6, 0.45, 0.5] for name in history}, best=1)
    assert kept.html == ""
    shown.show(phase="stopped", saved="out/one")
    assert "Training stopped after epoch 3; kept: epoch 2" in kept.html
    assert "<tr><th>loss</th><td>0.400</td><td>0.450</td></tr>" in kept.html
    assert "<tr><th>auc</th><td></td><td>0.450</td></tr>" in kept.html
    assert "<script" not in kept.html
