"""A button that opens TensorBoard in the notebook, also behind a hub's proxy."""

import atexit
import importlib.util
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from siamese_nb.errors import InputError
from siamese_nb.widgets.joined import join_scripts, join_styles

_HOST = "127.0.0.1"
_PATIENCE = 120  # seconds


class TensorBoardButton(anywidget.AnyWidget):  # type: ignore[misc]  # anywidget's types are not read
    """Open TensorBoard on the logs of training runs when it is pressed; the server ends with the kernel.

    On a hub the browser cannot reach the server's port; there the page is fetched through `jupyter-server-proxy`, which
    has to be installed beside JupyterLab. For any other proxy set `TENSORBOARD_PROXY_URL`, where `%PORT%` stands for
    the port, as for TensorBoard's own `%tensorboard`.

    Parameters
    ----------
    logs : path
        The folder that was given to `train`.

    Attributes
    ----------
    state : dict
        `status` ("closed", "starting", "open" or "error"), `port`, `path` (of the page on the notebook's own server, or
        "") and `message`.
    """

    _esm = join_scripts("board/view.js")
    _css = join_styles("board/board.css")

    state = traitlets.Dict({"status": "closed"}).tag(sync=True)

    def __init__(self, logs: str | os.PathLike[str] = "logs", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._folder = Path(logs) / "fit"
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0
        self._starting = threading.Lock()  # a cell and the browser may ask for it on two threads
        self.on_msg(self._receive)

    def _receive(self, _: object, message: dict[str, Any], __: list[memoryview]) -> None:
        if message["kind"] != "open" or self.state["status"] == "starting":
            return
        self.state = {"status": "starting"}
        try:
            self.start()
        except (InputError, OSError) as error:
            self.state = {"status": "error", "message": str(error)}
        else:
            self.state = {"status": "open", "port": self._port, "path": proxy_path(self._port)}

    def start(self) -> None:
        """Start the server and wait until it answers; one that runs already is kept.

        Raises
        ------
        InputError
            If there are no logs, or the server does not come.
        """
        if not any(self._folder.rglob("events.out.tfevents.*")):
            raise InputError(
                f"there are no logs in {self._folder}; train first, or give the folder that train was given"
            )
        with self._starting:
            if self._process is None or self._process.poll() is not None:
                self._launch()

    def _launch(self) -> None:
        self._port = _free_port()
        where = ["--logdir", str(self._folder), "--host", _HOST, "--port", str(self._port)]
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the server; a pipe that nobody reads fills up
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tensorboard.main", *where], stdout=subprocess.DEVNULL, stderr=self._said
        )
        atexit.register(self._process.terminate)
        self._await()

    def _await(self) -> None:
        assert self._process is not None
        end = time.monotonic() + _PATIENCE
        while time.monotonic() < end and self._process.poll() is None:
            try:
                with urllib.request.urlopen(f"http://{_HOST}:{self._port}/data/environment", timeout=5):
                    return
            except OSError:
                time.sleep(0.2)
        self._process.terminate()
        self._process.wait()
        self._said.seek(0)
        said = self._said.read().decode(errors="replace").strip().splitlines()[-1:]
        raise InputError(f"TensorBoard did not start: {' '.join(said) or f'no answer within {_PATIENCE} seconds'}")


def proxy_path(port: int) -> str:
    """Return where the notebook's own server shows a port; "" where the browser can reach the port by itself.

    Raises
    ------
    InputError
        If this is a hub and its proxy is not installed.
    """
    chosen = os.environ.get("TENSORBOARD_PROXY_URL")
    prefix = os.environ.get("JUPYTERHUB_SERVICE_PREFIX")
    if chosen is None and prefix is not None:
        if importlib.util.find_spec("jupyter_server_proxy") is None:
            raise InputError(
                "behind a hub TensorBoard is reached through jupyter-server-proxy: install it beside JupyterLab "
                "(pip install jupyter-server-proxy), start your server again, and press the button once more"
            )
        chosen = f"{prefix.rstrip('/')}/proxy/%PORT%/"
    return "" if chosen is None else chosen.replace("%PORT%", str(port))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        return int(probe.getsockname()[1])
