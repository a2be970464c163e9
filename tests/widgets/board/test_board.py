"""TensorBoard at the press of a button: started once, reached through a hub's proxy, ended with the kernel."""

import os
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from bare_page import FakeComm

from siamese_nb.errors import InputError
from siamese_nb.tensorboard import Logs
from siamese_nb.widgets import TensorBoardButton
from siamese_nb.widgets.board import widget as board


@pytest.fixture
def button(tmp_path) -> TensorBoardButton:
    logs = Logs(tmp_path / "fit/run/train")
    logs.figures("", {"loss": 0.5}, 0)
    logs.close()
    button = TensorBoardButton(tmp_path)
    button.comm = FakeComm(lambda message: None)
    return button


def press(button: TensorBoardButton) -> None:
    button.comm.receive({"kind": "open"}, [])


def test_it_starts_once_and_shows_the_runs(button, monkeypatch) -> None:
    monkeypatch.delenv("JUPYTERHUB_SERVICE_PREFIX", raising=False)
    press(button)
    try:
        assert (button.state["status"], button.state["path"]) == ("open", "")
        port = button.state["port"]
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/data/environment", timeout=20) as answer:
            assert "fit" in answer.read().decode()
        process = button._process
        press(button)
        assert (button._process, button.state["port"]) == (process, port)
    finally:
        button._process.terminate()
        button._process.communicate()


def test_asked_for_on_two_threads_it_starts_once(button, monkeypatch) -> None:
    launched = []

    def launch() -> None:
        launched.append(button)
        time.sleep(0.1)
        button._process = SimpleNamespace(poll=lambda: None)

    monkeypatch.setattr(button, "_launch", launch)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: button.start(), range(2)))
    assert len(launched) == 1


def test_without_logs_it_says_what_to_do(tmp_path) -> None:
    button = TensorBoardButton(tmp_path)
    button.comm = FakeComm(lambda message: None)
    press(button)
    assert button.state["status"] == "error"
    assert "train first" in button.state["message"]


def test_a_server_that_does_not_come_is_told_with_its_reason(button, monkeypatch) -> None:
    monkeypatch.setattr(board.sys, "executable", "/bin/false")
    press(button)
    assert button.state["status"] == "error"
    assert "TensorBoard did not start" in button.state["message"]


def test_behind_a_hub_the_page_comes_through_its_proxy(monkeypatch) -> None:
    monkeypatch.setattr(os, "environ", {})
    assert board.proxy_path(6006) == ""
    os.environ["JUPYTERHUB_SERVICE_PREFIX"] = "/user/me/"
    monkeypatch.setattr(board.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="install it beside JupyterLab"):
        board.proxy_path(6006)
    monkeypatch.setattr(board.importlib.util, "find_spec", lambda name: name)
    assert board.proxy_path(6006) == "/user/me/proxy/6006/"
    os.environ["TENSORBOARD_PROXY_URL"] = "/other/%PORT%"
    assert board.proxy_path(6006) == "/other/6006"
