"""Pictures along the axis of scores: the histogram of both kinds, and both error rates by threshold."""

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from siamese_nb.metrics import ScoreTable, check_pairs, check_threshold, eer
from siamese_nb.metrics.convention import FloatArray
from siamese_nb.metrics.curves import far_frr_curve
from siamese_nb.plots.style import GENUINE_COLOUR, IMPOSTOR_COLOUR, NEUTRAL_COLOUR, Display, frame, mark_threshold


@dataclass(eq=False)
class ScoreHistogramDisplay(Display):
    """Show how the scores of genuine and of impostor pairs spread.

    Attributes
    ----------
    edges : ndarray of shape (n_bins + 1,), float
    genuine, impostor : ndarray of shape (n_bins,), int
        Pairs per bin.
    threshold : float or None
    """

    edges: FloatArray
    genuine: NDArray[np.intp]
    impostor: NDArray[np.intp]
    threshold: float | None = None

    @classmethod
    def from_scores(
        cls, labels: ArrayLike, scores: ArrayLike, threshold: float | None = None, *, bins: int = 40
    ) -> "ScoreHistogramDisplay":
        """Count labels (1 genuine, 0 impostor) and scores in [0, 1] into bins of equal width."""
        genuine, values = check_pairs(labels, scores)
        edges = np.linspace(0.0, 1.0, bins + 1)
        alike, different = np.histogram(values[genuine], edges)[0], np.histogram(values[~genuine], edges)[0]
        return cls(edges, alike, different, None if threshold is None else check_threshold(threshold))

    def plot(self, ax: Axes | None = None) -> "ScoreHistogramDisplay":
        """Draw each kind as the share of its own pairs, so that the mix of pairs does not matter."""
        ax = self._open(ax, (6.0, 3.4))
        for name, pairs, colour, hatch in (
            ("impostor", self.impostor, IMPOSTOR_COLOUR, "///"),
            ("genuine", self.genuine, GENUINE_COLOUR, None),
        ):
            total = int(pairs.sum())
            share = 100.0 * pairs / max(total, 1)
            label = f"{name} ({total:,} pairs)"
            ax.stairs(share, self.edges, fill=True, color=colour, alpha=0.35, hatch=hatch, label=label)
            ax.stairs(share, self.edges, color=colour, linewidth=1.4)
        mark_threshold(ax, self.threshold)
        frame(ax, xlabel="Score (higher is more alike)", ylabel="Pairs of each kind (%)", xlim=(0, 1))
        ax.set_ylim(bottom=0)
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, 1.16), ncols=3, frameon=False, fontsize="small")
        return self


@dataclass(eq=False)
class FarFrrDisplay(Display):
    """Show both error rates by threshold, and where they are equal.

    Attributes
    ----------
    thresholds, far, frr : ndarray of shape (n_points,), float
    eer : float
    threshold : float or None
    """

    thresholds: FloatArray
    far: FloatArray
    frr: FloatArray
    eer: float
    threshold: float | None = None

    @classmethod
    def from_scores(cls, labels: ArrayLike, scores: ArrayLike, threshold: float | None = None) -> "FarFrrDisplay":
        """Compute both rates from labels (1 genuine, 0 impostor) and scores in [0, 1]."""
        table = ScoreTable.from_scores(labels, scores)
        curve = far_frr_curve(table)
        at = None if threshold is None else check_threshold(threshold)
        return cls(curve.thresholds, curve.far, curve.frr, eer(table), at)

    def plot(self, ax: Axes | None = None) -> "FarFrrDisplay":
        """Draw both rates as steps: between two scores nothing changes."""
        ax = self._open(ax, (6.0, 3.4))
        # Below the lowest score all is accepted, above the highest nothing: the steps reach both ends of the axis.
        x = np.concatenate(([0.0], np.minimum(self.thresholds, 1.0)))
        rates = (("FAR", self.far, IMPOSTOR_COLOUR, "-"), ("FRR", self.frr, GENUINE_COLOUR, "-."))
        for name, rate, colour, style in rates:
            y = 100.0 * np.concatenate((rate[:1], rate))
            ax.plot(x, y, color=colour, linestyle=style, linewidth=2, drawstyle="steps-pre", label=name)
        ax.axhline(100.0 * self.eer, color=NEUTRAL_COLOUR, linestyle=":", linewidth=1.2, label=f"EER {self.eer:.1%}")
        mark_threshold(ax, self.threshold)
        frame(ax, xlabel="Threshold", ylabel="Error rate (%)", xlim=(0, 1), ylim=(-2, 102))
        ax.legend(loc="upper center", bbox_to_anchor=(0.5, 1.16), ncols=4, frameon=False, fontsize="small")
        return self
