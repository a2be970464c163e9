"""Give the reason for a score, exactly where the leg allows it, else by covering patches."""

import keras
import numpy as np
from numpy.typing import NDArray

from siamese_nb.embeddings import embed
from siamese_nb.explain.decomposition import decompose
from siamese_nb.explain.maps import PooledLeg
from siamese_nb.explain.occlusion import occlude
from siamese_nb.explain.reason import Reason
from siamese_nb.models import HeadWeights, MetricHead

_OCCLUSION_GRID = (6, 6)


class Explainer:
    """Say which patches of two pictures made their score.

    Parameters
    ----------
    leg : keras.Model
    head : MetricHead
    """

    def __init__(self, leg: keras.Model, head: MetricHead) -> None:
        self.leg = leg
        self.head = HeadWeights.from_head(head)
        self._pooled = PooledLeg.from_leg(leg)

    @property
    def exact(self) -> bool:
        """Whether the shares sum to the log-odds of the score."""
        return self._pooled is not None

    def explain(self, one: NDArray[np.uint8], two: NDArray[np.uint8]) -> Reason:
        """Explain one comparison.

        Parameters
        ----------
        one, two : ndarray of shape (height, width, 3), uint8
            Of the size that the leg takes.
        """
        if self._pooled is None:
            return occlude(lambda images: embed(self.leg, images), self.head, one, two, _OCCLUSION_GRID)
        return decompose(self.head, *self._pooled.patch_embeddings(np.stack([one, two])))
