"""From bootstrap replicates to a variance that knows what pairs share, and from there to bounds."""

import math
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from siamese_nb.intervals.proportions import score_interval
from siamese_nb.metrics.convention import FloatArray


@dataclass(frozen=True)
class Spread:
    """Hold the variances of one figure over replicates, by what was drawn, and the number of identities."""

    identities: float
    cells: float
    across_cells: float
    n_identities: int

    @classmethod
    def of(cls, identities: FloatArray, cells: FloatArray, across_cells: FloatArray, n_identities: int) -> "Spread":
        """Compute the variances, leaving out replicates in which the figure is undefined."""
        return cls(_variance(identities), _variance(cells), _variance(across_cells), n_identities)

    @property
    def variance(self) -> float:
        """Compute the figure's variance.

        A pair of two identities enters the identity bootstrap with the variance of a product of two weights, 3, in
        place of 1: twice its own part is taken off. What is left sums the products over pairs that share an identity.
        It is held above the variance of independent cells, and enlarged because deviations from an estimated mean are
        too small: by the share of all pairs of pairs that have an identity in common, 1 / n_identities of those within
        one identity and about 4 / n_identities of those across two.
        """
        across_left = 1.0 - 4.0 / self.n_identities
        if across_left <= 0.0:
            return math.inf
        within = max(self.cells - self.across_cells, 0.0)
        return within / (1.0 - 1.0 / self.n_identities) + (self._total - within) / across_left

    @property
    def _total(self) -> float:
        return max(self.identities - 2.0 * self.across_cells, self.cells)

    @property
    def design_effect(self) -> float:
        """Compute by how much sharing inflates the variance of independent cells; at least 1."""
        return max(self.variance / self.cells, 1.0) if self.cells > 0.0 else 1.0

    def quantile(self, confidence: float) -> float:
        """Compute the two-sided Student quantile.

        The degrees of freedom are Satterthwaite's: what is taken off (the pairs' own part, which sums per identity
        count twice) leaves the noise of the whole in a smaller variance.
        """
        whole = self._total + self.across_cells
        share = self._total / whole if whole > 0.0 else 1.0
        return float(student.ppf((1.0 + confidence) / 2.0, max((self.n_identities - 1) * share**2, 1.0)))


def share_bounds(value: float, spread: Spread, confidence: float, trials: float) -> tuple[float, float]:
    """Bound a figure in [0, 1] by Wilson's interval with the effective number of trials value (1 - value) / variance.

    Parameters
    ----------
    value : float, in [0, 1]
    spread : Spread
    confidence : float, in (0, 1)
    trials : float
        Effective number of trials to take where no replicate differs from the value (no error seen, or nothing but).

    References
    ----------
    Korn & Graubard (1998), Survey Methodology 24, 193-201; Dean & Pagano (2015), Journal of Survey Statistics and
    Methodology 3, 484-503.
    """
    if math.isnan(value):
        return math.nan, math.nan
    variance = spread.variance
    if math.isinf(variance):
        return 0.0, 1.0
    if variance > 0.0 and 0.0 < value < 1.0:
        trials = value * (1.0 - value) / variance
    return score_interval(value, trials, spread.quantile(confidence))


def open_bounds(value: float, spread: Spread, confidence: float) -> tuple[float, float]:
    """Bound a figure that has no range by value -+ quantile * standard deviation."""
    half = spread.quantile(confidence) * math.sqrt(spread.variance)
    return (value - half, value + half) if math.isfinite(half) else (math.nan, math.nan)


def positive_bounds(value: float, spread: Spread, confidence: float) -> tuple[float, float]:
    """Bound a figure above 0 on the logarithmic scale."""
    if not value > 0.0:
        return value, value
    half = spread.quantile(confidence) * math.sqrt(spread.variance) / value
    return (value * math.exp(-half), value * math.exp(half)) if math.isfinite(half) else (math.nan, math.nan)


def _variance(drawn: FloatArray) -> float:
    defined = drawn[np.isfinite(drawn)]
    return float(defined.var(ddof=1)) if defined.size > 1 else 0.0
