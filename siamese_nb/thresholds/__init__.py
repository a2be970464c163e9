"""Ways to choose a threshold, by name: what is wanted goes in, a threshold and what it reaches come out.

Choose on validation pairs, report the figures of test pairs: the best of many thresholds flatters itself on the pairs
that it was chosen on.

>>> choice = choose_threshold([1, 1, 1, 0, 0, 0], [0.9, 0.8, 0.6, 0.4, 0.3, 0.1], rule="far", at_most=0.0)
>>> choice.threshold, choice.value
(0.5, 0.0)
"""

from siamese_nb.thresholds.band import Band, choose_band
from siamese_nb.thresholds.choose import BY_CATEGORY, Choice, choose_by_category, choose_threshold
from siamese_nb.thresholds.rules import RULES

__all__ = ["BY_CATEGORY", "RULES", "Band", "Choice", "choose_band", "choose_by_category", "choose_threshold"]
