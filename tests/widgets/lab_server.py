"""A server of JupyterLab or Notebook 7 with a home of its own, and the notebooks that are opened in it."""

import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import CDPSession, ConsoleMessage, Locator, Page

START_SECONDS = 180
RUN_SECONDS = 240

OPEN = """async (path) => {
  const app = window.jupyterapp;
  await app.started;
  await app.restored;
  window.before = [...(window.before ?? []), window.panel];
  window.panel = await app.commands.execute("docmanager:open", { path, factory: "Notebook" });
  await window.panel.revealed;
  await window.panel.context.ready;
}"""
OPEN_IN_NOTEBOOK_7 = """async () => {
  const app = window.jupyterapp;
  await app.started;
  await app.restored;
  window.panel = app.shell.currentWidget;
  await window.panel.revealed;
  await window.panel.context.ready;
}"""
# Polled, not awaited: a notebook without a kernel's name would open a dialog and wait for ever.
IDLE = "() => window.panel.sessionContext.isReady && window.panel.sessionContext.session?.kernel?.status === 'idle'"
RUN = "() => window.jupyterapp.commands.execute('notebook:run-all-cells')"
OUTPUT_ERRORS = """() => {
  const cells = window.panel.content.model.sharedModel.toJSON().cells;
  return cells.flatMap((cell) => cell.outputs ?? []).filter((output) => output.output_type === "error")
    .map((output) => output.ename + ": " + output.evalue);
}"""
ASK = """async (code) => {
  const future = window.panel.sessionContext.session.kernel.requestExecute({ code, store_history: false });
  let text = "";
  future.onIOPub = ({ content }) => { text += content.text ?? content.evalue ?? ""; };
  await future.done;
  return text;
}"""
CLOSE = """async () => {
  const { context, sessionContext } = window.panel;
  const id = sessionContext.session?.id;
  await context.save();
  window.panel.dispose();
  if (id) await window.jupyterapp.serviceManager.sessions.shutdown(id);
  window.panel = (window.before ?? []).findLast((panel) => panel && !panel.isDisposed);
  if (window.panel) window.jupyterapp.shell.activateById(window.panel.id);
}"""


class LabServer:
    """Run `jupyter lab` or `jupyter notebook` on a free port of this machine, its files in `folder / "work"`."""

    def __init__(self, folder: Path, module: str = "jupyterlab") -> None:
        self.root = folder / "work"
        self.token = secrets.token_hex(16)
        self.log = folder / "lab.log"
        for name in ("work", "home"):
            (folder / name).mkdir()
        settings = folder / "home/.jupyter/lab/user-settings/@jupyterlab/apputils-extension"
        settings.mkdir(parents=True)
        (settings / "notification.jupyterlab-settings").write_text('{"fetchNews": "false"}')  # else Lab asks in a toast
        page = folder / "home/.jupyter/labconfig/page_config.json"  # Notebook 7 heeds no option for it
        page.parent.mkdir()
        page.write_text('{"exposeAppInBrowser": true}')
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, *self._options()],
            cwd=self.root,
            env=self._environment(folder / "home"),
            stdout=self.log.open("w"),
            stderr=subprocess.STDOUT,
        )
        self._await_start()

    def _options(self) -> list[str]:
        return [
            "--no-browser",
            "--ip=127.0.0.1",
            f"--port={self.port}",
            "--ServerApp.port_retries=0",
            f"--IdentityProvider.token={self.token}",
            f"--ServerApp.root_dir={self.root}",
            "--ServerApp.allow_root=True",
            "--LabApp.expose_app_in_browser=True",
            "--LabApp.news_url=None",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        ]

    def _environment(self, home: Path) -> dict[str, str]:
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "IPYTHON", "XDG_"))
        }
        return kept | {"HOME": str(home), "JUPYTER_PREFER_ENV_PATH": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}

    def _await_start(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/status?token={self.token}", timeout=5):
                    return
            except OSError:
                time.sleep(0.2)
        self.stop()
        raise RuntimeError(f"the server did not start:\n{self.log.read_text()[-3000:]}")

    def stop(self) -> None:
        """End the server and its kernels."""
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def add(self, notebook: Path, **beside: Path) -> str:
        """Copy a notebook into a fresh `notebooks/`, and folders beside that by their names; return its path in Lab."""
        project = self.root / secrets.token_hex(4)
        (project / "notebooks").mkdir(parents=True)
        shutil.copy(notebook, project / "notebooks")
        for name, folder in beside.items():
            shutil.copytree(folder, project / name)
        return f"{project.name}/notebooks/{notebook.name}"


class LabPage:
    """One browser page with JupyterLab, and in it the notebook that was opened last."""

    def __init__(self, page: Page, server: LabServer) -> None:
        self.page = page
        self.server = server
        self.errors: list[str] = []
        self.opened: list[str] = []
        self.path = ""
        page.on("console", self._listen)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.context.on("page", lambda other: self.opened.append(other.url))
        self.start()

    def _listen(self, message: ConsoleMessage) -> None:
        # JupyterLab asks a new kernel for its debugger, and says so if the notebook is closed before the answer.
        if message.type == "error" and not message.text.startswith("Could not restore the debugger state"):
            self.errors.append(message.text)

    def start(self) -> None:
        """Open the page that notebooks are opened in."""
        self.go("lab?reset")

    def go(self, address: str) -> None:
        """Go to a page of the server, and wait until it runs."""
        mark = "&" if "?" in address else "?"
        self.page.goto(f"http://127.0.0.1:{self.server.port}/{address}{mark}token={self.server.token}")
        self.page.wait_for_function("window.jupyterapp !== undefined", timeout=1000 * START_SECONDS)

    def open(self, path: str) -> None:
        """Open a notebook and wait for its kernel."""
        self.page.evaluate(OPEN, path)
        self.wait_until_idle()

    def run(self) -> None:
        """Run all cells; every one must succeed."""
        assert self.page.evaluate(RUN) is True, self.page.evaluate(OUTPUT_ERRORS)
        assert self.page.evaluate(OUTPUT_ERRORS) == []

    def wait_until_idle(self) -> None:
        self.page.wait_for_function(IDLE, timeout=1000 * RUN_SECONDS)

    @contextmanager
    def showing(self, path: str) -> Iterator["LabPage"]:
        """Open a notebook, and close it in the end; the console must then hold no error. One open before comes back."""
        self.path, before = path, self.path
        self.errors.clear()
        self.open(path)
        try:
            yield self
        finally:  # a test that fails must not leave its notebook before the next one's
            errors = list(self.errors)
            self.errors.clear()
            self.close()
            self.path = before
        assert errors == []

    def close(self) -> None:
        """Save and close the notebook and end its kernel, so that no dialog takes the focus; show the one before it."""
        self.page.evaluate(CLOSE)

    def ask(self, expression: str) -> str:
        """Print an expression in the kernel; return what it printed."""
        return self.page.evaluate(ASK, f"print({expression})").strip()

    def cells(self) -> int:
        """Count the notebook's cells."""
        return self.page.evaluate("() => window.panel.content.widgets.length")

    def save(self, path: str) -> str:
        """Save the notebook; return the file's text."""
        self.page.evaluate("() => window.panel.context.save()")
        return (self.server.root / path).read_text()


class Notebook7Page(LabPage):
    """One browser page in which Notebook 7 shows a notebook, one at a time."""

    def start(self) -> None:
        """Open nothing before there is a notebook: each has a page of its own."""

    def open(self, path: str) -> None:
        """Go to a notebook's page and wait for its kernel."""
        self.go(f"notebooks/{path}")
        self.page.evaluate(OPEN_IN_NOTEBOOK_7)
        self.wait_until_idle()


def drop_from_disk(session: CDPSession, target: Locator, *paths: Path) -> None:
    """Drop files that lie on the disk, through the browser's own input pipeline."""
    box = target.bounding_box()
    assert box is not None
    point = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    for step in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": step, **point, "data": data})
