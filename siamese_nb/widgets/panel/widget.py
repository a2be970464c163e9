"""The training panel: curves while a network trains, and a button that stops it and keeps the best epoch."""

import secrets
import threading
import weakref
from html import escape
from typing import Any

import anywidget
import numpy as np
import traitlets
from comm import get_comm_manager
from IPython.display import HTML, DisplayHandle, display

from siamese_nb.widgets.joined import join_scripts, join_styles

_panels: "weakref.WeakValueDictionary[str, TrainingPanel]" = weakref.WeakValueDictionary()  # by the name of their run
_ROW = "<tr><th>{}</th><td>{}</td><td>{}</td></tr>"


class TrainingPanel(anywidget.AnyWidget):  # type: ignore[misc]  # anywidget's types are not read
    """Show how training goes, live: loss and metrics of train and validation, progress, speed, memory, device.

    Hand it to `siamese_nb.train`, which shows it where the cell's output stands:

    ``train(dataset, config, panel=TrainingPanel())``

    Its stop button ends the training at the best epoch so far and saves that, as an interrupt of the kernel does. The
    message comes in beside the running cell, on a connection that the page opens, where JupyterLab and the kernel
    have subshells; elsewhere the page interrupts the kernel instead. No port is needed. "Continue" runs the cell again:
    training goes on where it stopped.

    Attributes
    ----------
    state : dict
        What is shown: see `siamese_nb.watching.Reports`.
    history : dict of str to list of float
        Each figure after each epoch; None for what is no number.
    stop_asked : bool
        Whether the button was pressed.
    """

    _esm = join_scripts("panel/chart.js", "panel/view.js")
    _css = join_styles("panel/panel.css")

    state = traitlets.Dict().tag(sync=True)
    history = traitlets.Dict().tag(sync=True)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._stop = threading.Event()
        self._changing = threading.Lock()  # the button's message comes in on another thread than the facts
        self._kept: Any = None
        self.on_msg(self._receive)

    @property
    def stop_asked(self) -> bool:
        """Whether training is to end at its best epoch so far."""
        return self._stop.is_set()

    def show(self, **facts: Any) -> None:
        """Show these facts beside those that are shown already; `phase="preparing"` begins anew and shows the panel."""
        if facts.get("phase") == "preparing":
            self._open()
        if "history" in facts:
            found = facts.pop("history")
            self.history = {name: [_number(value) for value in values] for name, values in found.items()}
        with self._changing:
            self.state = {**self.state, **facts}
        if facts.get("phase") in ("done", "stopped"):
            self._kept.update(HTML(_render_summary(self.state, self.history)))  # type: ignore[no-untyped-call]

    def _open(self) -> None:
        self._stop.clear()
        self.history = {}
        run = secrets.token_hex(4)
        with self._changing:
            self.state = {"run": run}
        _panels[run] = self
        get_comm_manager().register_target("siamese_nb.stop", _receive_stop)
        display(self)  # type: ignore[no-untyped-call]
        self._kept = DisplayHandle()  # type: ignore[no-untyped-call]
        display(HTML(""), display_id=self._kept.display_id)  # type: ignore[no-untyped-call]

    def _receive(self, _: object, message: dict[str, Any], __: list[memoryview]) -> None:
        if message["kind"] == "stop":
            self.ask_to_stop(message["run"])

    def ask_to_stop(self, run: str) -> None:
        """Ask that the run of this name ends; of another run it comes too late."""
        with self._changing:
            if run == self.state.get("run") and not self.stop_asked:
                self._stop.set()
                self.state = {**self.state, "stopping": True}


def _receive_stop(comm: Any, message: dict[str, Any]) -> None:
    run = message["content"]["data"]["run"]
    if run in _panels:
        _panels[run].ask_to_stop(run)
    comm.close()


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None  # JSON has no word for NaN


def _render_summary(state: dict[str, Any], history: dict[str, list[float | None]]) -> str:
    """Render the best epoch as HTML that needs no kernel and no script: what a saved notebook shows."""
    best, epochs = state["best"], len(history["loss"])
    rows = [
        _ROW.format(escape(name.replace("_", " ")), _said(values[best]), _said(history[f"val_{name}"][best]))
        for name, values in history.items()
        if not name.startswith("val_")
    ]
    ended = "stopped" if state["phase"] == "stopped" else "ended"
    caption = f"Training {ended} after epoch {epochs}; kept: epoch {best + 1}"
    # The live panel hides it, by its style sheet: nothing is to be seen twice.
    return (
        f'<table class="siamese-trained"><caption>{caption}</caption>'
        f"<tr><th></th><th>training</th><th>validation</th></tr>{''.join(rows)}</table>"
    )


def _said(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"
