"""One look for all pictures: colours that the colour-blind tell apart, axes, the mark of the threshold."""

from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.gridspec import GridSpecFromSubplotSpec

from siamese_nb.errors import InputError
from siamese_nb.palette import COLOURS

GENUINE_COLOUR, IMPOSTOR_COLOUR, NEUTRAL_COLOUR = (COLOURS[name][0] for name in ("genuine", "impostor", "soft"))


class Display:
    """Open axes to draw on, and remember them.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        What was drawn on last.
    figure_ : matplotlib.figure.Figure
    """

    ax_: Axes
    figure_: Figure | SubFigure

    def _open(self, ax: Axes | None, size: tuple[float, float] = (5.2, 4.0)) -> Axes:
        if ax is None:
            _, ax = plt.subplots(figsize=size, layout="constrained")
        self.ax_, self.figure_ = ax, ax.figure
        return ax


class GridDisplay(Display):
    """Open small axes in the place of one, and remember them.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        The empty frame around them.
    axes_ : list of matplotlib.axes.Axes
        What was drawn on last.
    """

    axes_: list[Axes]

    def _open_grid(self, ax: Axes | None, n: int, columns: int, size: tuple[float, float]) -> list[Axes]:
        """Open n axes row by row, each of a size in inches where no `ax` is given."""
        rows = -(-n // columns)
        ax = self._open(ax, (size[0] * columns, size[1] * rows))
        place = ax.get_subplotspec()
        if place is None:
            raise InputError("ax stands in no grid: make it with plt.subplots() or figure.add_subplot()")
        ax.set_axis_off()
        grid = GridSpecFromSubplotSpec(rows, columns, subplot_spec=place)
        self.axes_ = [ax.figure.add_subplot(grid[k // columns, k % columns]) for k in range(n)]
        return self.axes_


def frame(ax: Axes, **labels: Any) -> None:
    """Label the axes and leave away the lines that carry nothing."""
    ax.set(**labels)
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(alpha=0.25, linewidth=0.6)
    ax.set_axisbelow(True)


def mark_threshold(ax: Axes, threshold: float | None) -> None:
    """Draw the chosen threshold across an axis of scores."""
    if threshold is not None:
        ink = plt.rcParams["text.color"]  # black, or white on a dark page
        ax.axvline(threshold, color=ink, linestyle="--", linewidth=1.2, label=f"threshold {threshold:.3g}")


def mark_point(ax: Axes, x: float, y: float, label: str) -> None:
    """Mark the chosen threshold's point on a curve."""
    ink, ground = plt.rcParams["text.color"], plt.rcParams["axes.facecolor"]
    style = {"markersize": 7, "markerfacecolor": ground, "markeredgewidth": 1.8, "linestyle": "none"}
    ax.plot([x], [y], "o", color=ink, label=label, **style)
