"""What a handful of independent trials can say: Wilson's interval, the rule of 3 and the rule of 30."""

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm
from scipy.stats import t as student

from siamese_nb.errors import InputError


def normal_quantile(confidence: float = 0.95) -> float:
    """Return how many standard errors an interval reaches to either side of what is normally distributed.

    >>> round(normal_quantile(), 2)
    1.96
    """
    check_confidence(confidence)
    return float(norm.ppf((1.0 + confidence) / 2.0))


def wilson_interval(successes: float, trials: float, confidence: float = 0.95) -> tuple[float, float]:
    """Compute Wilson's score interval of a proportion whose trials are independent.

    Pairs that share images are not independent trials: for those see `figures_with_intervals`.

    Parameters
    ----------
    successes, trials : float, 0 <= successes <= trials, trials > 0
        Effective numbers of trials need not be whole.
    confidence : float, in (0, 1)

    References
    ----------
    Wilson (1927), Journal of the American Statistical Association 22, 209-212; Brown, Cai & DasGupta (2001),
    Statistical Science 16, 101-133.
    """
    if not 0.0 <= successes <= trials or trials <= 0.0:
        raise InputError(
            f"{successes} successes in {trials} trials were given: needed are 0 <= successes <= trials > 0"
        )
    return score_interval(successes / trials, trials, normal_quantile(confidence))


def clustered_interval(successes: ArrayLike, trials: ArrayLike, confidence: float = 0.95) -> tuple[float, float]:
    """Compute the interval of a proportion whose trials come in groups that are alike within, such as alphabets.

    Wilson's interval with the effective number of trials that the spread between the groups leaves, and Student's
    quantile for their number. Where all groups agree in having no error, or no success, each counts as one trial.

    Parameters
    ----------
    successes, trials : array_like of shape (n_groups,), 0 <= successes <= trials, trials > 0
        Of each group.
    confidence : float, in (0, 1)

    Raises
    ------
    InputError
        If the counts do not fit each other. Fewer than two groups show no spread: then the bounds are 0 and 1.

    References
    ----------
    Cochran (1977), Sampling Techniques, 3rd ed., equation 11.30 (variance of a ratio); Korn & Graubard (1998), Survey
    Methodology 24, 193-201 (effective trials); Dean & Pagano (2015), Journal of Survey Statistics and Methodology 3,
    484-503.
    """
    check_confidence(confidence)
    right, asked = np.asarray(successes, float), np.asarray(trials, float)
    if right.shape != asked.shape or right.ndim != 1 or not right.size or not ((right >= 0) & (right <= asked)).all():
        raise InputError("successes and trials do not fit: for each group 0 <= successes <= trials is needed")
    if not (asked > 0).all():
        raise InputError("a group without trials was given: leave it out")
    n, total = right.size, asked.sum()
    if n < 2:
        return 0.0, 1.0
    share = float(right.sum() / total)
    variance = float(((right - share * asked) ** 2).sum() * n / (n - 1) / total**2)
    # Groups that agree by chance must not count for more than independent trials would.
    effective = min(share * (1 - share) / variance, float(total)) if variance > 0 else float(n)
    return score_interval(share, effective, float(student.ppf((1 + confidence) / 2, n - 1)))


def score_interval(share: float, trials: float, quantile: float) -> tuple[float, float]:
    """Compute Wilson's interval from a share, a (possibly effective) number of trials and a quantile."""
    widening = quantile**2 / trials
    centre = (share + widening / 2.0) / (1.0 + widening)
    half = quantile / (1.0 + widening) * math.sqrt(share * (1.0 - share) / trials + widening / (4.0 * trials))
    # At a share of 0 or 1 the bound on that side is exact; rounding must not pass it.
    low, high = max(0.0, centre - half), min(1.0, centre + half)
    return min(low, share), max(high, share)


def upper_bound_without_errors(trials: int, confidence: float = 0.95) -> float:
    """Compute the rate that cannot be ruled out when no error was seen in independent trials: the rule of 3, 3 / n.

    Exact: 1 - (1 - confidence)^(1 / n), close to 3 / n for 95%.

    References
    ----------
    Hanley & Lippman-Hand (1983), If nothing goes wrong, is everything all right?, JAMA 249, 1743-1745.
    """
    check_confidence(confidence)
    if trials < 1:
        raise InputError(f"{trials} trials were given: at least 1 is needed")
    return -math.expm1(math.log1p(-confidence) / trials)


def too_few_pairs(impostor_pairs: int, far: float) -> str | None:
    """Say in one sentence whether the impostor pairs are too few to speak about a FAR; None when they suffice.

    Rule of 3: below 3 / FAR pairs, not even zero errors shows that the FAR is kept. Rule of 30: only from 30 errors on,
    30 / FAR pairs, is the true rate within 30% of the observed one, with 90% confidence.

    References
    ----------
    ISO/IEC 19795-1:2021, annex on the rule of 3 and the rule of 30; Doddington et al. (2000), Speech Communication 31,
    225-254.
    """
    if not 0.0 < far < 1.0:
        raise InputError(f"FAR {far} was given: it must lie between 0 and 1")
    at_all, well = math.ceil(3.0 / far - 1e-9), math.ceil(30.0 / far - 1e-9)
    if impostor_pairs < at_all:
        return (
            f"too few pairs for a FAR of {far:.4g}: {impostor_pairs:,} impostor pairs, at least {at_all:,} are needed"
        )
    if impostor_pairs < well:
        return (
            f"few pairs for a FAR of {far:.4g}: {impostor_pairs:,} impostor pairs give a rough figure, "
            f"{well:,} a figure within 30%"
        )
    return None


def check_confidence(confidence: float) -> None:
    """Raise `InputError` unless the confidence lies strictly between 0 and 1."""
    if not 0.0 < confidence < 1.0:
        raise InputError(f"confidence={confidence} was given: it must lie between 0 and 1, such as 0.95")
