"""How many couples each category holds, for three categories and for three hundred."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from siamese_nb.errors import InputError
from siamese_nb.plots.style import GENUINE_COLOUR, NEUTRAL_COLOUR, Display, frame

_ROWS = 31
"""Categories that can be named legibly; with more, the middle ones are summed up in one row."""

_LONGEST = 28


@dataclass(eq=False)
class CountsDisplay(Display):
    """Show counts per category, the largest on top.

    Attributes
    ----------
    names : list of str
    counts : ndarray of shape (n_categories,), int
        Both sorted by falling count.
    unit : str
    """

    names: list[str]
    counts: NDArray[np.int64]
    unit: str = "Couples"

    @classmethod
    def from_counts(cls, names: Sequence[str], counts: ArrayLike, *, unit: str = "Couples") -> "CountsDisplay":
        """Sort categories by their counts; equal counts by name.

        Raises
        ------
        InputError
            If there is no category, the lengths differ, or a count is negative.
        """
        values = np.asarray(counts, dtype=np.int64)
        if values.shape != (len(names),) or not len(names) or values.min() < 0:
            raise InputError(
                f"{len(names)} names and counts of shape {values.shape}: needed is one count >= 0 per name"
            )
        order = sorted(range(len(names)), key=lambda k: (-values[k], str(names[k])))
        return cls([str(names[k]) for k in order], values[order], unit)

    def plot(self, ax: Axes | None = None) -> "CountsDisplay":
        """Draw one bar per category; of more than 31, the 15 largest and the 15 smallest and one bar for the rest."""
        names, lengths, words, colours = self._bars()
        ax = self._open(ax, (6.0, 0.24 * len(names) + 0.9))
        place = np.arange(len(names))
        ax.barh(place, lengths, color=colours, height=0.75)
        for row, (length, word) in enumerate(zip(lengths, words, strict=True)):
            ax.annotate(word, (length, row), xytext=(3, 0), textcoords="offset points", va="center", fontsize="small")
        ax.set_yticks(place, names, fontsize="small")
        ax.set_ylim(len(names) - 0.4, -0.6)
        frame(ax, xlabel=f"{self.unit} ({len(self.names):,} categories, {int(self.counts.sum()):,} in all)")
        ax.grid(visible=False, axis="y")
        ax.margins(x=0.12)
        return self

    def _bars(self) -> tuple[list[str], list[float], list[str], list[str]]:
        names = [_shortened(name) for name in self.names]
        lengths = [float(count) for count in self.counts]
        words = [f"{count:,}" for count in self.counts]
        colours = [GENUINE_COLOUR] * len(names)
        if len(names) <= _ROWS:
            return names, lengths, words, colours
        side = (_ROWS - 1) // 2
        middle = self.counts[side:-side]
        typical = float(np.median(middle))
        word = f"{middle[-1]:,} to {middle[0]:,}, median {typical:g}"
        return (
            [*names[:side], f"{middle.size:,} more", *names[-side:]],
            [*lengths[:side], typical, *lengths[-side:]],
            [*words[:side], word, *words[-side:]],
            [*colours[:side], NEUTRAL_COLOUR, *colours[-side:]],
        )


def _shortened(name: str) -> str:
    # The middle goes, not the end: numbered names differ at the end.
    half = (_LONGEST - 1) // 2
    return name if len(name) <= _LONGEST else f"{name[:half]}…{name[-half:]}"
