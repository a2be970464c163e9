"""What a dataset's pictures are like: how large, of which shape, how bright."""

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, NullFormatter
from numpy.typing import ArrayLike, NDArray

from siamese_nb.errors import InputError
from siamese_nb.plots.style import GENUINE_COLOUR, GridDisplay, frame

_BINS = 30
_APART = 0.25  # share of the axis between two ticks, so that their numbers do not touch


@dataclass(eq=False)
class OverviewDisplay(GridDisplay):
    """Show how sizes, shapes and brightness spread over pictures, whatever their number.

    Attributes
    ----------
    side : ndarray of shape (n,), int64
        The longer side, in pixels.
    aspect : ndarray of shape (n,), float64
        Width over height.
    brightness : ndarray of shape (n,), float64, in [0, 255]
    """

    side: NDArray[np.int64]
    aspect: NDArray[np.float64]
    brightness: NDArray[np.float64]

    @classmethod
    def from_pictures(cls, size: ArrayLike, brightness: ArrayLike) -> "OverviewDisplay":
        """Take the figures of n pictures.

        Parameters
        ----------
        size : array_like of shape (n, 2), int, above 0
            Width and height in pixels.
        brightness : array_like of shape (n,), float, in [0, 255]
            Mean luminance, such as `siamese_nb.doctor.statistics.Statistics.brightness`.

        Raises
        ------
        InputError
            If there is no picture, or the shapes do not fit.
        """
        sides, light = np.asarray(size, np.int64), np.asarray(brightness, np.float64)
        if light.ndim != 1 or not len(light) or sides.shape != (len(light), 2) or sides.min() < 1:
            raise InputError(
                f"sizes of shape {sides.shape} and brightness of shape {light.shape} were given: needed are width and "
                "height, above 0, and one brightness of each picture"
            )
        return cls(sides.max(axis=1), sides[:, 0] / sides[:, 1], light)

    def plot(self, ax: Axes | None = None) -> "OverviewDisplay":
        """Draw three histograms in the place of `ax`, which must come from a grid such as ``plt.subplots()``."""
        self._open_grid(ax, 3, 3, (3.2, 2.6))
        _on_ratio_scale(self.axes_[0], self.side, "Longer side (pixels)")
        _on_ratio_scale(self.axes_[1], self.aspect, "Width over height")
        self.axes_[2].hist(self.brightness, np.linspace(0, 255, _BINS + 1).tolist(), color=GENUINE_COLOUR)
        self.axes_[2].set_xlim(0, 255)
        frame(self.axes_[2], xlabel="Brightness (0 black, 255 white)")
        self.axes_[0].set_ylabel(f"Pictures ({len(self.side):,})")
        for panel in self.axes_[1:]:
            panel.set_ylabel("Pictures")
        return self


def _on_ratio_scale(ax: Axes, values: NDArray[np.int64] | NDArray[np.float64], label: str) -> None:
    """Draw a histogram on a logarithmic axis, wide enough where all values are one."""
    low, high = float(values.min()) / 1.25, float(values.max()) * 1.25
    ax.hist(values, np.geomspace(low, high, _BINS + 1).tolist(), color=GENUINE_COLOUR)
    ax.set_xscale("log")
    middle = float(np.median(values.astype(np.float64)))
    least = _APART * np.log(high / low)
    ends = [end for end in (values.min(), values.max()) if abs(np.log(end / middle)) > least]
    ax.set_xticks([middle, *ends])
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.3g}" if value < 100 else f"{value:.0f}"))
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.minorticks_off()
    frame(ax, xlabel=label)
