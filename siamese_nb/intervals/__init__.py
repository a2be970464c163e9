"""Say how far a figure can be trusted: intervals that know that pairs share images and identities.

The usual bootstrap draws pairs as if they were independent, and takes ten errors of one odd thing for ten errors. Here
identities are drawn instead. That alone overstates the noise of pairs of two identities, which are drawn twice over, up
to three times in variance; the excess is measured and taken off. `figures_with_intervals` tells the method and its
sources.
"""

from siamese_nb.intervals.difference import difference_with_interval
from siamese_nb.intervals.figures import figures_with_intervals
from siamese_nb.intervals.models import ModelFigures, compare_models
from siamese_nb.intervals.proportions import (
    clustered_interval,
    normal_quantile,
    too_few_pairs,
    upper_bound_without_errors,
    wilson_interval,
)

__all__ = [
    "ModelFigures",
    "clustered_interval",
    "compare_models",
    "difference_with_interval",
    "figures_with_intervals",
    "normal_quantile",
    "too_few_pairs",
    "upper_bound_without_errors",
    "wilson_interval",
]
