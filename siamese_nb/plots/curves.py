"""The curves on which each point is a threshold: ROC, precision-recall, DET."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike
from scipy.stats import norm

from siamese_nb.intervals.curves import CurveBand, curve_band
from siamese_nb.metrics import Counts, ScoreTable, auc, average_precision, check_pairs, check_threshold, eer
from siamese_nb.metrics.convention import FloatArray
from siamese_nb.metrics.curves import (
    DetCurve,
    PrecisionRecallCurve,
    RocCurve,
    det_curve,
    precision_recall_curve,
    roc_curve,
)
from siamese_nb.plots.style import GENUINE_COLOUR, NEUTRAL_COLOUR, Display, frame, mark_point

_WORDS = {
    "far": ("FAR", "False accept rate (FAR)"),
    "frr": ("FRR", "False reject rate (FRR)"),
    "recall": ("recall", "Recall (1 - FRR)"),
    "precision": ("precision", "Precision"),
}
_DET_TICKS = (0.001, 0.01, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99)


@dataclass(eq=False)
class CurveDisplay(Display):
    """Show two rates against each other, a point for each threshold.

    A curve of this kind says which rates, computes them in `_measure`, and draws in `_draw_chance` what needs no skill.

    Attributes
    ----------
    curve : RocCurve, PrecisionRecallCurve or DetCurve
    summary : float
        The area under the ROC curve, the average precision, or the equal error rate.
    threshold : float or None
    at_threshold : Counts or None
    name : str or None
        Names the curve in the legend, for several on one picture.
    band : CurveBand or None
        95% intervals along the curve.
    """

    curve: Any
    summary: float
    threshold: float | None = None
    at_threshold: Counts | None = None
    name: str | None = None
    band: CurveBand | None = None

    _rates: ClassVar[tuple[str, str]]
    _summed_up_as: ClassVar[str]
    _corner: ClassVar[Literal["lower left", "lower right", "upper right"]]
    _steps: ClassVar[str] = "default"

    @classmethod
    def from_scores(
        cls,
        labels: ArrayLike,
        scores: ArrayLike,
        threshold: float | None = None,
        *,
        name: str | None = None,
        identities: tuple[ArrayLike, ArrayLike] | None = None,
    ) -> Self:
        """Compute the curve from labels (1 genuine, 0 impostor) and scores in [0, 1].

        With what both pictures of each pair show (`identities`), a band of 95% intervals is drawn around it.
        """
        table = ScoreTable.from_scores(labels, scores)
        at = None if threshold is None else table.counts(check_threshold(threshold))
        band = None if identities is None else curve_band(*check_pairs(labels, scores), table, *identities)
        return cls(*cls._measure(table), threshold, at, name, band)

    def plot(self, ax: Axes | None = None, **line: Any) -> Self:
        """Draw the curve; keyword arguments go to its line."""
        ax = self._open(ax)
        self._draw_chance(ax)
        if self.band is not None:
            self._shade(ax, self.band, line)
        self._draw(ax, line)
        if self.at_threshold is not None:
            self._mark(ax, self.at_threshold)
        self._draw_axes(ax)
        ax.set_aspect("equal")
        ax.legend(loc=self._corner, fontsize="small")
        return self

    @staticmethod
    def _measure(table: ScoreTable) -> tuple[Any, float]:
        raise NotImplementedError

    def _draw_chance(self, ax: Axes) -> None:
        raise NotImplementedError

    def _draw(self, ax: Axes, line: dict[str, Any]) -> None:
        figure = f"{self._summed_up_as} {self.summary:.3f}"
        label = f"{self.name} ({figure})" if self.name else figure
        style: dict[str, Any] = {"color": GENUINE_COLOUR, "linewidth": 2, "label": label, "drawstyle": self._steps}
        ax.plot(*(self._place(getattr(self.curve, rate)) for rate in self._rates), **(style | line))

    def _shade(self, ax: Axes, band: CurveBand, line: dict[str, Any]) -> None:
        """Fill what lies between the better and the worse corner of the intervals along the curve."""
        for_each = [_better_and_worse(band, rate) for rate in self._rates]
        outline = [self._place(np.concatenate((better, worse[::-1]))) for better, worse in for_each]
        ax.fill(*outline, color=line.get("color", GENUINE_COLOUR), alpha=0.15, linewidth=0)

    def _mark(self, ax: Axes, counts: Counts) -> None:
        at = [getattr(counts, rate) for rate in self._rates]
        if not np.isnan(at).any():
            words = ", ".join(f"{_WORDS[rate][0]} {value:.3f}" for rate, value in zip(self._rates, at, strict=True))
            x, y = (float(self._place(value)) for value in at)
            mark_point(ax, x, y, f"threshold {self.threshold:.3g}: {words}")

    def _draw_axes(self, ax: Axes) -> None:
        x, y = (_WORDS[rate][1] for rate in self._rates)
        frame(ax, xlabel=x, ylabel=y, xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))

    @staticmethod
    def _place(rate: ArrayLike) -> FloatArray:
        """Return where a rate stands on its axis."""
        return np.asarray(rate, np.float64)


class RocDisplay(CurveDisplay):
    """Show recall against the false accept rate, summed up by the area below."""

    _rates, _summed_up_as, _corner = ("far", "recall"), "AUC", "lower right"

    @staticmethod
    def _measure(table: ScoreTable) -> tuple[RocCurve, float]:
        return roc_curve(table), auc(table)

    def _draw_chance(self, ax: Axes) -> None:
        ax.plot([0, 1], [0, 1], color=NEUTRAL_COLOUR, linestyle=":", linewidth=1)


class PrecisionRecallDisplay(CurveDisplay):
    """Show precision against recall, summed up by the average precision."""

    _rates, _summed_up_as, _corner, _steps = ("recall", "precision"), "AP", "lower left", "steps-pre"

    @staticmethod
    def _measure(table: ScoreTable) -> tuple[PrecisionRecallCurve, float]:
        return precision_recall_curve(table), average_precision(table)

    def _draw_chance(self, ax: Axes) -> None:
        share_of_genuine = self.curve.precision[0]  # the precision of accepting all
        ax.axhline(share_of_genuine, color=NEUTRAL_COLOUR, linestyle=":", linewidth=1)


class DetDisplay(CurveDisplay):
    """Show both error rates against each other on normal-deviate axes, where good verifiers can be told apart.

    Rates of 0 lie on the edge of the picture.

    References
    ----------
    Martin et al. (1997), The DET curve in assessment of detection task performance, Eurospeech.
    """

    _rates, _summed_up_as, _corner = ("far", "frr"), "EER", "upper right"

    @staticmethod
    def _measure(table: ScoreTable) -> tuple[DetCurve, float]:
        return det_curve(table), eer(table)

    def _draw_chance(self, ax: Axes) -> None:
        ax.axline((0, 0), slope=1, color=NEUTRAL_COLOUR, linestyle=":", linewidth=1)

    def _draw_axes(self, ax: Axes) -> None:
        x, y = (_WORDS[rate][1] for rate in self._rates)
        limits = tuple(norm.ppf((0.0005, 0.995)))
        frame(ax, xlabel=x, ylabel=y, xlim=limits, ylim=limits)
        ticks, words = norm.ppf(_DET_TICKS), [f"{100 * tick:g}%" for tick in _DET_TICKS]
        ax.set_xticks(ticks, words, fontsize="small")
        ax.set_yticks(ticks, words, fontsize="small")

    @staticmethod
    def _place(rate: ArrayLike) -> FloatArray:
        return np.asarray(norm.ppf(np.clip(rate, 1e-6, 1 - 1e-6)))


def _better_and_worse(band: CurveBand, rate: str) -> tuple[FloatArray, FloatArray]:
    """Return the bounds of a rate at each threshold of a band, the better first."""
    if rate == "far":
        return band.far.low, band.far.high
    if rate == "frr":
        return 1.0 - band.recall.high, 1.0 - band.recall.low
    bounds = getattr(band, rate)
    return bounds.high, bounds.low
