"""How training went, epoch by epoch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from siamese_nb.errors import InputError
from siamese_nb.plots.style import GENUINE_COLOUR, IMPOSTOR_COLOUR, GridDisplay, frame

_VALIDATION = "val_"
_COLUMNS = 4


@dataclass(eq=False)
class HistoryDisplay(GridDisplay):
    """Show each quantity of a training history in a small picture of its own, training beside validation.

    Attributes
    ----------
    history : dict of str to list of float
        One number per epoch; ``val_<name>`` is the validation figure of ``<name>``.
    """

    history: dict[str, list[float]]

    @classmethod
    def from_history(cls, history: Mapping[str, Sequence[float]]) -> "HistoryDisplay":
        """Take the history that training returned, such as ``model.fit(...).history``."""
        values = {name: [float(value) for value in series] for name, series in history.items()}
        if not values or not any(values.values()):
            raise InputError("the history holds no epoch: train first")
        return cls(values)

    def plot(self, ax: Axes | None = None) -> "HistoryDisplay":
        """Draw the pictures in the place of `ax`, which must come from a grid such as ``plt.subplots()``."""
        names = self._names()
        columns = min(_COLUMNS, len(names))
        self._open_grid(ax, len(names), columns, (2.7, 2.3))
        for small, name in zip(self.axes_, names, strict=True):
            self._draw(small, name)
        for small in self.axes_[-columns:]:
            small.set_xlabel("Epoch")
        self.axes_[0].legend(fontsize="small")
        return self

    def _names(self) -> list[str]:
        base = dict.fromkeys(name.removeprefix(_VALIDATION) for name in self.history)
        return sorted(base, key=lambda name: name != "loss")

    def _draw(self, ax: Axes, name: str) -> None:
        kinds = ((name, "training", GENUINE_COLOUR, "-"), (_VALIDATION + name, "validation", IMPOSTOR_COLOUR, "--"))
        for key, label, colour, style in kinds:
            series = self.history.get(key, [])
            if series:
                mark = "o" if len(series) <= 15 else None
                epochs = np.arange(1, len(series) + 1)
                ax.plot(epochs, series, style, marker=mark, markersize=3, color=colour, linewidth=1.6, label=label)
        frame(ax)
        ax.set_title(name.replace("_", " "), fontsize="medium")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
