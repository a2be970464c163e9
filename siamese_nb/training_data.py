"""What a dataset gives to learn from and to be judged by: decoded, split and drawn once for all legs of a run."""

import hashlib
import json
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from siamese_nb.bank import Bank
from siamese_nb.config import TrainConfig
from siamese_nb.dataset import Dataset
from siamese_nb.doctor import Certificate, certified_split
from siamese_nb.embedding_cache import bank_embeddings
from siamese_nb.errors import InputError
from siamese_nb.frames import build_frame
from siamese_nb.mining import NONE_CONFIRMED
from siamese_nb.pairs import JudgedPairs, Part
from siamese_nb.provenance import versions
from siamese_nb.review import confirmed_impostors
from siamese_nb.split import Split
from siamese_nb.stages import Watched


@dataclass(frozen=True, eq=False)
class TrainingData:
    """A dataset, made ready for a configuration.

    Attributes
    ----------
    config : TrainConfig
    dataset : Dataset
    bank : Bank
        Of the dataset's pictures, at the size that they are read at.
    split : Split
    proof : Certificate
        That the split's parts share nothing.
    confirmed : ndarray of shape (n_confirmed, 2), int64
        Impostors, as rows of the bank, that a person has called so; none where nothing is mined.
    """

    config: TrainConfig
    dataset: Dataset
    bank: Bank
    split: Split
    proof: Certificate
    confirmed: NDArray[np.int64]

    @classmethod
    def prepare(cls, dataset: Dataset, config: TrainConfig, size: int) -> "TrainingData":
        """Decode the pictures to squares of this side, and split them.

        Raises
        ------
        InputError
            If the dataset is too small, or does not tell what the settings need.
        """
        dataset, bank = dataset.decode((size, size))
        shares = config.validation_share, config.test_share
        split, proof = certified_split(dataset, bank, seed=config.seed, by=config.split_by, shares=shares)
        mines = config.mining != "none"
        if mines and split.train.names_impostors:
            raise InputError(
                f"mining={config.mining!r} needs to know what every picture shows, and a file of pairs that names its "
                "impostors says it of its pairs alone; leave mining out"
            )
        confirmed = confirmed_impostors(dataset.root, dataset.paths) if mines else NONE_CONFIRMED
        return cls(config, dataset, bank, split, proof, confirmed)

    @cached_property
    def pictures(self) -> NDArray[np.uint8]:
        """The bank's pictures as a leg is to learn from them, uint8: framed once, if at all."""
        if self.config.frame is None:
            return self.bank.images
        framed = bank_embeddings(build_frame(self.bank.images.shape[1], self.config.frame), self.bank)
        assert framed.dtype == np.uint8  # by which what learns knows pictures from feature maps
        return framed

    @cached_property
    def key(self) -> bytes:
        """A digest of the configuration, the pictures and all that a leg learns from."""
        key = hashlib.blake2b(digest_size=16)
        about = (self.config.to_dict(), versions(), self.dataset.paths, self.bank.images.shape)
        key.update(json.dumps(about).encode("utf-8", "surrogateescape"))
        judged = (self.split.train, self.split.validation)
        parts = [array for part in judged for array in (part.images, part.identity, part.category, part.labelled)]
        for array in (self.bank.digests, self.dataset.identity, *parts, self.confirmed):
            key.update(np.ascontiguousarray(array).data)
        return key.digest()

    @cached_property
    def judged(self) -> dict[str, JudgedPairs]:
        """The fixed pairs of `"validation"` and of `"test"`."""
        return {name: self._judged(getattr(self.split, name)) for name in ("validation", "test")}

    @cached_property
    def watched(self) -> Watched:
        """The fixed pairs that every stage is watched by."""
        return Watched(self._judged(self.split.train.sample(self.config.seed)).main, self.judged["validation"].main)

    def _judged(self, part: Part) -> JudgedPairs:
        return part.judged(self.config.seed, self.config.neg_factor, self.config.negatives)
