"""Whether stated probabilities come true."""

from dataclasses import dataclass

from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from siamese_nb.metrics import ReliabilityCurve, check_threshold, expected_calibration_error, reliability_curve
from siamese_nb.plots.style import GENUINE_COLOUR, NEUTRAL_COLOUR, Display, frame, mark_threshold


@dataclass(eq=False)
class ReliabilityDisplay(Display):
    """Show the observed share of genuine pairs against the stated probability.

    Attributes
    ----------
    curve : ReliabilityCurve
    calibration_error : float
    threshold : float or None
    """

    curve: ReliabilityCurve
    calibration_error: float
    threshold: float | None = None

    @classmethod
    def from_scores(
        cls, labels: ArrayLike, scores: ArrayLike, threshold: float | None = None, *, bins: int = 10
    ) -> "ReliabilityDisplay":
        """Compute the curve from labels (1 genuine, 0 impostor) and scores or probabilities in [0, 1].

        The bins hold equally many pairs.
        """
        error = expected_calibration_error(labels, scores, bins)
        at = None if threshold is None else check_threshold(threshold)
        return cls(reliability_curve(labels, scores, bins), error, at)

    def plot(self, ax: Axes | None = None) -> "ReliabilityDisplay":
        """Draw one point per bin; on the dotted line, what is stated comes true."""
        ax = self._open(ax)
        ax.plot([0, 1], [0, 1], color=NEUTRAL_COLOUR, linestyle=":", linewidth=1, label="comes true")
        label = f"calibration error {self.calibration_error:.3f}"
        ax.plot(self.curve.stated, self.curve.observed, "o-", color=GENUINE_COLOUR, linewidth=2, label=label)
        mark_threshold(ax, self.threshold)
        frame(ax, xlabel="Stated probability", ylabel="Observed share of genuine pairs")
        ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
        ax.set_aspect("equal")
        ax.legend(loc="upper left", fontsize="small")
        return self
