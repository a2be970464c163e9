"""The curves on which each point is a threshold: ROC, precision-recall, DET."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike
from scipy.stats import norm

from siamese_nb.intervals.curves import CurveBand
from siamese_nb.metrics import (
    Counts,
    ScoreTable,
    auc,
    average_precision,
    check_threshold,
    det_curve,
    eer,
    precision_recall_curve,
    roc_curve,
)
from siamese_nb.metrics.convention import FloatArray
from siamese_nb.plots.bands import band_around, shade
from siamese_nb.plots.style import GENUINE_COLOUR, NEUTRAL_COLOUR, Display, frame, mark_point

_DET_TICKS = (0.001, 0.01, 0.05, 0.2, 0.5, 0.8, 0.95, 0.99)


@dataclass(eq=False)
class RocDisplay(Display):
    """Show recall against the false accept rate.

    Attributes
    ----------
    far, recall : ndarray of shape (n_points,), float
    auc : float
    threshold : float or None
    at_threshold : Counts or None
    name : str or None
        Names the curve in the legend, for several on one picture.
    band : CurveBand or None
        95% intervals along the curve.
    """

    far: FloatArray
    recall: FloatArray
    auc: float
    threshold: float | None = None
    at_threshold: Counts | None = None
    name: str | None = None
    band: CurveBand | None = None

    @classmethod
    def from_scores(
        cls,
        labels: ArrayLike,
        scores: ArrayLike,
        threshold: float | None = None,
        *,
        name: str | None = None,
        identities: tuple[ArrayLike, ArrayLike] | None = None,
    ) -> "RocDisplay":
        """Compute the curve from labels (1 genuine, 0 impostor) and scores in [0, 1].

        With what both pictures of each pair show (`identities`), a band of 95% intervals is drawn around it.
        """
        table = ScoreTable.from_scores(labels, scores)
        curve = roc_curve(table)
        return cls(
            curve.far,
            curve.recall,
            auc(table),
            threshold,
            _counts(table, threshold),
            name,
            band_around(table, labels, scores, identities),
        )

    def plot(self, ax: Axes | None = None, **line: Any) -> "RocDisplay":
        """Draw the curve; keyword arguments go to its line."""
        ax = self._open(ax)
        ax.plot([0, 1], [0, 1], color=NEUTRAL_COLOUR, linestyle=":", linewidth=1)
        if self.band is not None:
            far, recall = self.band.far, self.band.recall
            shade(ax, (far.low, recall.high), (far.high, recall.low), line)
        _curve(ax, self.far, self.recall, self.name, f"AUC {self.auc:.3f}", line)
        if self.at_threshold is not None:
            point = self.at_threshold
            text = f"threshold {self.threshold:.3g}: FAR {point.far:.3f}, recall {point.recall:.3f}"
            mark_point(ax, point.far, point.recall, text)
        frame(ax, xlabel="False accept rate (FAR)", ylabel="Recall (1 - FRR)", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
        ax.set_aspect("equal")
        ax.legend(loc="lower right", fontsize="small")
        return self


@dataclass(eq=False)
class PrecisionRecallDisplay(Display):
    """Show precision against recall.

    Attributes
    ----------
    precision, recall : ndarray of shape (n_points,), float
    average_precision : float
    prevalence : float
        Share of genuine pairs in the data: the precision of accepting all.
    threshold : float or None
    at_threshold : Counts or None
    name : str or None
    band : CurveBand or None
    """

    precision: FloatArray
    recall: FloatArray
    average_precision: float
    prevalence: float
    threshold: float | None = None
    at_threshold: Counts | None = None
    name: str | None = None
    band: CurveBand | None = None

    @classmethod
    def from_scores(
        cls,
        labels: ArrayLike,
        scores: ArrayLike,
        threshold: float | None = None,
        *,
        name: str | None = None,
        identities: tuple[ArrayLike, ArrayLike] | None = None,
    ) -> "PrecisionRecallDisplay":
        """Compute the curve from labels (1 genuine, 0 impostor) and scores in [0, 1].

        With what both pictures of each pair show (`identities`), a band of 95% intervals is drawn around it.
        """
        table = ScoreTable.from_scores(labels, scores)
        curve = precision_recall_curve(table)
        share = float(table.genuine / (table.genuine + table.impostor))
        at_threshold = _counts(table, threshold)
        band = band_around(table, labels, scores, identities)
        return cls(curve.precision, curve.recall, average_precision(table), share, threshold, at_threshold, name, band)

    def plot(self, ax: Axes | None = None, **line: Any) -> "PrecisionRecallDisplay":
        """Draw the curve; keyword arguments go to its line."""
        ax = self._open(ax)
        ax.axhline(self.prevalence, color=NEUTRAL_COLOUR, linestyle=":", linewidth=1)
        if self.band is not None:
            recall, precision = self.band.recall, self.band.precision
            shade(ax, (recall.high, precision.high), (recall.low, precision.low), line)
        _curve(ax, self.recall, self.precision, self.name, f"AP {self.average_precision:.3f}", line, steps="steps-pre")
        if self.at_threshold is not None and not np.isnan(self.at_threshold.precision):
            point = self.at_threshold
            text = f"threshold {self.threshold:.3g}: precision {point.precision:.3f}, recall {point.recall:.3f}"
            mark_point(ax, point.recall, point.precision, text)
        frame(ax, xlabel="Recall", ylabel="Precision", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
        ax.set_aspect("equal")
        ax.legend(loc="lower left", fontsize="small")
        return self


@dataclass(eq=False)
class DetDisplay(Display):
    """Show both error rates against each other on normal-deviate axes, where good verifiers can be told apart.

    Attributes
    ----------
    far, frr : ndarray of shape (n_points,), float
    eer : float
    threshold : float or None
    at_threshold : Counts or None
    name : str or None
    band : CurveBand or None

    References
    ----------
    Martin et al. (1997), The DET curve in assessment of detection task performance, Eurospeech.
    """

    far: FloatArray
    frr: FloatArray
    eer: float
    threshold: float | None = None
    at_threshold: Counts | None = None
    name: str | None = None
    band: CurveBand | None = None

    @classmethod
    def from_scores(
        cls,
        labels: ArrayLike,
        scores: ArrayLike,
        threshold: float | None = None,
        *,
        name: str | None = None,
        identities: tuple[ArrayLike, ArrayLike] | None = None,
    ) -> "DetDisplay":
        """Compute the curve from labels (1 genuine, 0 impostor) and scores in [0, 1].

        With what both pictures of each pair show (`identities`), a band of 95% intervals is drawn around it.
        """
        table = ScoreTable.from_scores(labels, scores)
        curve = det_curve(table)
        return cls(
            curve.far,
            curve.frr,
            eer(table),
            threshold,
            _counts(table, threshold),
            name,
            band_around(table, labels, scores, identities),
        )

    def plot(self, ax: Axes | None = None, **line: Any) -> "DetDisplay":
        """Draw the curve; keyword arguments go to its line. Rates of 0 lie on the edge of the picture."""
        ax = self._open(ax)
        ax.axline((0, 0), slope=1, color=NEUTRAL_COLOUR, linestyle=":", linewidth=1)
        if self.band is not None:
            far, recall = self.band.far, self.band.recall
            better, worse = (far.low, 1.0 - recall.high), (far.high, 1.0 - recall.low)
            shade(ax, tuple(map(_deviate, better)), tuple(map(_deviate, worse)), line)
        _curve(ax, _deviate(self.far), _deviate(self.frr), self.name, f"EER {self.eer:.3f}", line)
        if self.at_threshold is not None:
            point = self.at_threshold
            text = f"threshold {self.threshold:.3g}: FAR {point.far:.3f}, FRR {point.frr:.3f}"
            mark_point(ax, float(_deviate(point.far)), float(_deviate(point.frr)), text)
        limits = tuple(norm.ppf((0.0005, 0.995)))
        frame(ax, xlabel="False accept rate (FAR)", ylabel="False reject rate (FRR)", xlim=limits, ylim=limits)
        ticks, words = norm.ppf(_DET_TICKS), [f"{100 * tick:g}%" for tick in _DET_TICKS]
        ax.set_xticks(ticks, words, fontsize="small")
        ax.set_yticks(ticks, words, fontsize="small")
        ax.set_aspect("equal")
        ax.legend(loc="upper right", fontsize="small")
        return self


def _counts(table: ScoreTable, threshold: float | None) -> Counts | None:
    return None if threshold is None else table.counts(check_threshold(threshold))


def _curve(
    ax: Axes, x: FloatArray, y: FloatArray, name: str | None, figure: str, line: dict[str, Any], steps: str = "default"
) -> None:
    label = f"{name} ({figure})" if name else figure
    style: dict[str, Any] = {"color": GENUINE_COLOUR, "linewidth": 2, "label": label, "drawstyle": steps}
    ax.plot(x, y, **(style | line))


def _deviate(rate: ArrayLike) -> FloatArray:
    return np.asarray(norm.ppf(np.clip(rate, 1e-6, 1 - 1e-6)))
