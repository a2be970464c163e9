"""What validation teaches about a score: how probable, how sure, and how pairs like it turned out."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from siamese_nb.calibration import EDGE, Calibration, fit_calibration, log_odds
from siamese_nb.intervals import normal_quantile
from siamese_nb.metrics import GENUINE, IMPOSTOR
from siamese_nb.metrics.convention import check_prevalence
from siamese_nb.scored_pairs import ScoredPairs
from siamese_nb.thresholds.band import Band, choose_band

NEIGHBOURS = 40
_BARS = 40
_REPLICATES = 40  # enough for a standard deviation
_PAIRS = 5000  # that a replicate is fitted on: what it varies by is the things, and they are all there
_GRID = np.linspace(logit(EDGE), logit(1.0 - EDGE), 201)


@dataclass(frozen=True, eq=False)
class ValidationScores:
    """The validation pairs, ready to be asked about one score.

    Attributes
    ----------
    pairs : ScoredPairs
    calibration : Calibration
    prevalence : float
        Share of genuine pairs expected in use.
    band : Band
        Where either error exceeds its bound, the answer is "not sure".
    spread : ndarray of shape (201,), float64
        Standard error of the log-odds that a pair is genuine, over the score's log-odds.
    """

    pairs: ScoredPairs
    calibration: Calibration
    prevalence: float
    band: Band
    spread: NDArray[np.float64]

    @classmethod
    def from_pairs(
        cls, pairs: ScoredPairs, calibration: Calibration, prevalence: float = 0.5, errors_at_most: float = 0.05
    ) -> "ValidationScores":
        """Prepare validation pairs.

        Parameters
        ----------
        pairs : ScoredPairs
        calibration : Calibration
        prevalence : float, in (0, 1)
        errors_at_most : float, in [0, 1]
            Bound of the FAR and of the FRR outside the band.
        """
        check_prevalence(prevalence)
        main = pairs.main
        band = choose_band(main.labels, main.scores, errors_at_most, errors_at_most, prevalence)
        return cls(main, calibration, prevalence, band, _spread(main))

    def probability(self, score: float) -> tuple[float, float, float]:
        """Compute the probability that a pair of this score is genuine, and its 95% interval."""
        chance = float(self.calibration.probability(score, self.prevalence))
        half = normal_quantile() * float(np.interp(log_odds(score), _GRID, self.spread))
        return chance, float(expit(logit(chance) - half)), float(expit(logit(chance) + half))

    def neighbours(self, score: float) -> NDArray[np.intp]:
        """List the rows of the validation pairs whose scores are nearest, nearest first."""
        return np.argsort(np.abs(log_odds(self.pairs.scores) - log_odds(score)), kind="stable")[:NEIGHBOURS]

    def histogram(self) -> dict[str, list[float]]:
        """Count genuine and impostor pairs in bars of equal width over [0, 1], as shares of their kind."""
        kinds = {"genuine": self.pairs.labels == GENUINE, "impostor": self.pairs.labels == IMPOSTOR}
        counted = {name: np.histogram(self.pairs.scores[rows], _BARS, (0.0, 1.0))[0] for name, rows in kinds.items()}
        return {name: (counts / max(1, counts.sum())).tolist() for name, counts in counted.items()}


def _spread(pairs: ScoredPairs) -> NDArray[np.float64]:
    """Fit the calibration anew with random weights of the things, and see how far the curves lie apart.

    A pair weighs the product of its things' weights: pairs that share a thing rise and fall together.

    References
    ----------
    Rubin (1981), The Bayesian Bootstrap, Annals of Statistics 9; Owen & Eckles (2012), Bootstrapping data arrays of
    arbitrary order, Annals of Applied Statistics 6.
    """
    rng = np.random.default_rng(0)
    chosen = _some_of_each(pairs, rng)
    labels, scores = pairs.labels[chosen], pairs.scores[chosen]
    _, things = np.unique([pairs.one_identity[chosen], pairs.two_identity[chosen]], return_inverse=True)
    one, two = things.reshape(2, -1)
    curves = []
    for _ in range(_REPLICATES):
        drawn = rng.standard_exponential(one.max() + two.max() + 1)
        weights = np.where(one == two, drawn[one], drawn[one] * drawn[two])
        replicate = fit_calibration(labels, scores, weights)
        curves.append(np.interp(_GRID, replicate.score_log_odds, replicate.genuine_log_odds))
    return np.asarray(np.std(curves, axis=0, ddof=1))


def _some_of_each(pairs: ScoredPairs, rng: np.random.Generator) -> NDArray[np.intp]:
    kinds = [np.flatnonzero(pairs.labels == label) for label in (IMPOSTOR, GENUINE)]
    return np.sort(np.concatenate([rng.permutation(rows)[: _PAIRS // 2] for rows in kinds]))
