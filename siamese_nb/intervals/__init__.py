"""Say how far a figure can be trusted: intervals that know that pairs share images and identities."""

from siamese_nb.intervals.bootstrap import difference_with_interval, figures_with_intervals

__all__ = ["difference_with_interval", "figures_with_intervals"]
