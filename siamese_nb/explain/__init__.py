"""Why two pictures got their score: what each patch of each picture adds to it."""

from siamese_nb.explain.deletion import deletion_test
from siamese_nb.explain.explainer import Explainer
from siamese_nb.explain.reason import Reason

__all__ = ["Explainer", "Reason", "deletion_test"]
