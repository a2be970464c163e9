"""The comparer as a page of its own: one notebook cell, served by Voila on this machine alone, with a token."""

import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

from siamese_nb.bundle_folder import newest_bundle
from siamese_nb.errors import InputError

_HOST = "127.0.0.1"
_PATIENCE = 180  # seconds until the first page; loading TensorFlow takes most of it
# The page is light or dark as the visitor's system is; Voila's own theme is one or the other.
_CELL = """from IPython.display import HTML, display
display(HTML('''<style>
:root {{ color-scheme: light dark }}
:is(body, #main, #rendered_cells) {{ background: Canvas !important }}
.siamese-card {{ margin-inline: auto }}
</style><script>document.body.removeAttribute("data-jp-theme-light")</script>'''))
from siamese_nb.answers import open_comparer
open_comparer({bundle!r}, prevalence={prevalence!r})"""


class AppServer:
    """A running page; `stop` ends it.

    Attributes
    ----------
    url : str
        With the token, to be opened in a browser.
    """

    def __init__(self, process: subprocess.Popen[bytes], folder: Path, url: str) -> None:
        self._process, self._folder, self.url = process, folder, url

    def wait(self) -> None:
        """Serve until the process ends or Ctrl-C is pressed."""
        try:
            self._process.wait()
        except KeyboardInterrupt:
            pass
        finally:
            self.stop()

    def stop(self) -> None:
        """End the server and its kernels, and remove what it was started from."""
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
        shutil.rmtree(self._folder, ignore_errors=True)


def serve_app(bundle: str | os.PathLike[str], prevalence: float = 0.5, port: int | None = None) -> AppServer:
    """Start the page and wait until it answers; a second one is warm by then, for the first visitor.

    Parameters
    ----------
    bundle : path of a bundle or of a folder of bundles
    prevalence : float, in (0, 1)
    port : int, optional
        A free one if none is given.

    Raises
    ------
    InputError
        If there is no bundle, or the page does not come.
    """
    path = str(newest_bundle(bundle).resolve())
    folder = Path(tempfile.mkdtemp(prefix="siamese-nb-app-"))
    cells = [new_code_cell(_CELL.format(bundle=path, prevalence=prevalence))]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(new_notebook(cells=cells, metadata=kernel), folder / "compare.ipynb")
    port, token = port or _free_port(), secrets.token_urlsafe(24)
    process = subprocess.Popen(_command(folder / "compare.ipynb", port, token), cwd=folder)
    server = AppServer(process, folder, f"http://{_HOST}:{port}/?token={token}")
    try:
        _await_page(server.url, process)
    except BaseException:  # Ctrl-C, too, must leave no server behind
        server.stop()
        raise
    return server


def _command(notebook: Path, port: int, token: str) -> list[str]:
    options = [f"--Voila.ip={_HOST}", f"--port={port}", f"--token={token}", "--no-browser", "--Voila.log_level=ERROR"]
    # Two kernels are kept warm: the check takes one of them.
    warm = ["--preheat_kernel=True", "--pool_size=2", "--show_tracebacks=True"]
    return [sys.executable, "-m", "voila", str(notebook), *options, *warm]


def _await_page(url: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end:
        if process.poll() is not None:
            raise InputError(f"Voila ended with status {process.returncode}; what it said stands above")
        try:
            with urllib.request.urlopen(url, timeout=_PATIENCE) as answer:
                answer.read()
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.3)
    raise InputError(f"the page did not come within {_PATIENCE} seconds; try again, or look at what Voila said above")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        return int(probe.getsockname()[1])
