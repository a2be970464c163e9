"""Several devices, or several machines, learn one network: each takes its share of every batch.

Every device embeds its share of a batch's images and scores its share of the pairs. Pairs point across images, so the
embeddings of all shares are gathered in between; with batch normalisation over the whole batch, the loss and the
gradients are those that one device would have found on it. So are the changes that augmentation makes.
"""

from siamese_nb.distribution.make import make_distribution
from siamese_nb.distribution.one_device import Gathered, OneDevice

__all__ = ["Gathered", "OneDevice", "make_distribution"]
