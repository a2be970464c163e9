"""What a threshold gets right and wrong, in four numbers."""

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

from siamese_nb.metrics import Counts, ScoreTable, check_threshold
from siamese_nb.plots.style import Display


@dataclass(eq=False)
class ConfusionDisplay(Display):
    """Show the four counts at a threshold, with the share of each kind of pair.

    Attributes
    ----------
    counts : Counts
    threshold : float
    """

    counts: Counts
    threshold: float

    @classmethod
    def from_scores(cls, labels: ArrayLike, scores: ArrayLike, threshold: float = 0.5) -> "ConfusionDisplay":
        """Count labels (1 genuine, 0 impostor) and scores in [0, 1] at a threshold."""
        return cls(ScoreTable.from_scores(labels, scores).counts(check_threshold(threshold)), threshold)

    def plot(self, ax: Axes | None = None) -> "ConfusionDisplay":
        """Draw a square per outcome, the darker the larger its share of the kind."""
        ax = self._open(ax, (4.4, 3.6))
        found = self.counts
        pairs = np.array(
            [[found.true_accepts, found.false_rejects], [found.false_accepts, found.true_rejects]], dtype=float
        )
        share = pairs / np.maximum(pairs.sum(axis=1, keepdims=True), 1.0)
        names = (("accepted", "falsely rejected"), ("falsely accepted", "rejected"))
        ax.imshow(share, cmap="Blues", vmin=0.0, vmax=1.0)
        for row in range(2):
            for column in range(2):
                text = f"{int(pairs[row, column]):,}\n{share[row, column]:.1%}\n{names[row][column]}"
                colour = "white" if share[row, column] > 0.55 else "black"
                ax.text(column, row, text, ha="center", va="center", color=colour, linespacing=1.4)
        ax.set_xticks([0, 1], ["accepted", "rejected"])
        ax.set_yticks([0, 1], ["genuine", "impostor"], rotation=90, va="center")
        ax.set(xlabel=f"Decision at threshold {self.threshold:.3g}", ylabel="Pair")
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
        return self
