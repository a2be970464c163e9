"""How to train: a frozen configuration, checked when made, saved in the bundle."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from siamese_nb.errors import InputError
from siamese_nb.pairs import NEGATIVES, SPLIT_BY


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """How to train a siamese network.

    Attributes
    ----------
    leg : str
        `"base_cnn"`, which is trained from scratch, or a leg of `siamese_nb.legs.LEGS`.
    weights : str
        Of a pretrained leg: `"imagenet"`, `"none"` (the leg is then trained from scratch) or a weights file.
    image_size : int or None
        Side in pixels that pictures are resized to; the leg's own when None.
    embedding : int
        Length of the embedding.
    distance : {"absolute", "squared"}
        Of the metric head.
    negatives : {"across", "within", "mixed"}
        Impostors from another category, from the same category, or half of each.
    neg_factor : float
        Impostor pairs per genuine pair.
    split_by : {"identity", "category"}
        What train, validation and test must not share.
    fine_tune : bool
        Whether a pretrained leg is trained too, at a low rate, once the rest has learned.
    epochs : int
        At most.
    patience : int
        Stop after so many epochs in which the validation loss did not fall.
    batch_images : int
        Images per step where the leg learns.
    learning_rate : float
    seed : int
    """

    leg: str = "base_cnn"
    weights: str = "imagenet"
    image_size: int | None = None
    embedding: int = 128
    distance: str = "absolute"
    negatives: str = "mixed"
    neg_factor: float = 3
    split_by: str = "identity"
    fine_tune: bool = False
    epochs: int = 30
    patience: int = 8
    batch_images: int = 64
    learning_rate: float = 1e-3
    seed: int = 0

    def __post_init__(self) -> None:
        """Check every setting."""
        choices = {"distance": ("absolute", "squared"), "negatives": NEGATIVES, "split_by": SPLIT_BY}
        for name, allowed in choices.items():
            if getattr(self, name) not in allowed:
                raise InputError(f"{name}={getattr(self, name)!r} is not known; choose one of {', '.join(allowed)}")
        lowest = {"embedding": 1, "epochs": 1, "patience": 1, "batch_images": 8, "seed": 0}
        for name, least in lowest.items():
            if getattr(self, name) < least:
                raise InputError(f"{name}={getattr(self, name)} is too small; give {least} or more")
        for name in ("neg_factor", "learning_rate"):
            if not 0 < getattr(self, name) < 1000:
                raise InputError(f"{name}={getattr(self, name)} is out of range; give a number above 0")
        if self.image_size is not None and not 32 <= self.image_size <= 1024:
            raise InputError(f"image_size={self.image_size} is out of range; give 32 to 1024 pixels")

    @property
    def learns_leg(self) -> bool:
        """Whether the leg starts from random weights and so must be trained from the first step."""
        return self.leg == "base_cnn" or self.weights == "none"

    def to_dict(self) -> dict[str, Any]:
        """Give the configuration as plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "TrainConfig":
        """Make a configuration from what `to_dict` gave; an unknown key is an `InputError`."""
        unknown = set(values) - {field.name for field in fields(cls)}
        if unknown:
            raise InputError(f"the setting {', '.join(sorted(unknown))} is not known; see TrainConfig")
        return cls(**values)
