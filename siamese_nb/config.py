"""How to train: a frozen configuration, checked when made, saved in the bundle."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from siamese_nb.errors import InputError
from siamese_nb.pairs import NEGATIVES, SPLIT_BY

LOSSES = (
    "binary_crossentropy",
    "focal",
    "contrastive",
    "triplet",
    "multi_similarity",
    "supervised_contrastive",
    "cosface",
    "arcface",
)
BASE_SIZE = 96  # pixels: the side of the pictures that base_cnn takes when none is given
AUGMENTATIONS = ("none", "affine", "photo")
DEPTHS = ("block", "leg")
ENGINES = ("keras", "openvino", "openvino_bfloat16")
_CHOICES = {
    "loss": LOSSES,
    "augment": AUGMENTATIONS,
    "depth": DEPTHS,
    "engine": ENGINES,
    "distance": ("absolute", "squared"),
    "negatives": NEGATIVES,
    "split_by": SPLIT_BY,
}
_WHOLE_NUMBERS = {
    "image_size": (32, 1024),  # below 32 pixels the legs' poolings leave nothing
    "embedding": (1, 65_536),
    "views": (0, 64),
    "epochs": (1, 1_000_000),
    "patience": (1, 1_000_000),
    "batch_images": (8, 65_536),
    "seed": (0, 2**32 - 1),  # NumPy's legacy generator, which Keras seeds too, takes no more
}


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
    loss : str
        One of `LOSSES`: of the neuron's scores of pairs (`"binary_crossentropy"`, `"focal"`), or of embeddings by what
        they show (the others); then the neuron is fitted to training pairs in the end, so that scores mean the same.
    distance : {"absolute", "squared"}
        Of the metric head.
    negatives : {"across", "within", "mixed"}
        Impostors from another category, from the same category, or half of each.
    neg_factor : float
        Impostor pairs per genuine pair.
    augment : {"none", "affine", "photo"}
        How pictures are changed at random while a leg learns: `affine` turns, shifts, scales and shears; `photo`
        mirrors, changes light and colour and covers a spot too. `none` where that would change what a picture shows.
    views : int
        Of a pretrained leg, or the part of it that is frozen: changed views of each picture, made by `augment`, that go
        through it once beside the picture itself; each batch draws among them.
    split_by : {"identity", "category"}
        What train, validation and test must not share.
    fine_tune : bool
        Whether a pretrained leg is trained too, at a low rate, once the rest has learned.
    depth : {"block", "leg"}
        How much of it: its last block, on feature maps that the rest makes of each picture once; or, after that, all of
        it, on pictures, which takes many times as long. Its batch statistics stay as they are.
    engine : {"keras", "openvino", "openvino_bfloat16"}
        What sends pictures through a frozen leg. OpenVINO gives what Keras gives but for rounding, sooner on CPUs; in
        bfloat16 it is faster still on those that have such instructions, and rounds to 8 bits.
    epochs : int
        At most.
    patience : int
        Stop after so many epochs in which validation (its loss; its AUC where embeddings are learned) got no better.
    batch_images : int
        Images per step where the leg learns.
    learning_rate : float
        Of what starts from random weights; on features of a frozen leg a third of it, of a leg's last block a tenth,
        of the whole leg a twentieth.
    seed : int
    """

    leg: str = "base_cnn"
    weights: str = "imagenet"
    image_size: int | None = None
    embedding: int = 128
    loss: str = "binary_crossentropy"
    distance: str = "squared"
    negatives: str = "mixed"
    neg_factor: float = 3
    augment: str = "none"
    views: int = 0
    split_by: str = "identity"
    fine_tune: bool = False
    depth: str = "block"
    engine: str = "keras"
    epochs: int = 30
    patience: int = 5
    batch_images: int = 64
    learning_rate: float = 1e-3
    seed: int = 0

    def __post_init__(self) -> None:
        """Check every setting, and raise `InputError` that names the first one that cannot be used."""
        for name, allowed in _CHOICES.items():
            if getattr(self, name) not in allowed:
                raise InputError(f"{name}={getattr(self, name)!r} is not known; choose one of {', '.join(allowed)}")
        for name, (least, most) in _WHOLE_NUMBERS.items():
            value = getattr(self, name)
            if name == "image_size" and value is None:
                continue
            if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
                raise InputError(f"{name}={value!r} is out of range; give a whole number from {least} to {most}")
        for name in ("neg_factor", "learning_rate"):
            value = getattr(self, name)
            if not isinstance(value, int | float) or not 0 < value < 1000:
                raise InputError(f"{name}={value!r} is out of range; give a number above 0 and below 1000")
        for name, kind, needed in (("leg", str, "a name"), ("weights", str, "a name"), ("fine_tune", bool, "a bool")):
            if not isinstance(getattr(self, name), kind):
                raise InputError(f"{name}={getattr(self, name)!r} is not {needed}; give one")
        if self.views and self.augment == "none":
            raise InputError(f"views={self.views} is of no use with augment='none'; give affine or photo, or no views")

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
