"""How to train: a frozen configuration, checked when made, saved in the bundle."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from siamese_nb.errors import InputError
from siamese_nb.settings import BATCH_LOSSES, PAIR_LOSSES, REFITTED, SCRATCH_LEGS, check_settings


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """How to train a siamese network.

    What a name may be stands in `siamese_nb.settings`.

    Attributes
    ----------
    leg : str
        One of `SCRATCH_LEGS`, which are trained from scratch: `"base_cnn"` for any pictures, `"stroke_cnn"` for
        writing, signs and line drawings, `"koch2015"` as in that paper; or a leg of `siamese_nb.legs.LEGS`.
    weights : str
        Of a pretrained leg: `"imagenet"`, `"none"` (the leg is then trained from scratch) or a weights file.
    image_size : int or None
        Side in pixels that pictures are resized to; the leg's own when None.
    frame : int or None
        Of a leg that is trained from scratch on drawings: side in pixels of the square that each picture's ink is moved
        and scaled to fill, once it was read at `image_size`; None for pictures as they are.
    embedding : int or None
        How many numbers an embedding of one member has, without the maps of `distance="matched"`; None takes the leg's
        features as they are, at unit length.
    loss : str
        One of `LOSSES`: of the neuron's scores of pairs (`"focal"`, `"binary_crossentropy"`), or of embeddings by what
        they show (the others); then the neuron is fitted to training pairs in the end, so that scores mean the same.
        `"focal"` leads cross-entropy by 0.008 of the validation AUC on features of Grocery Store photos (5 of 6 seeds)
        and on Omniglot from scratch (3 of 3), by more where pictures are few; on the rendered sample it is as far
        behind. `"supervised_contrastive"` does as well, where things are known.
    distance : {"absolute", "squared", "matched"}
        Of the metric head. `matched` is the squared one, two thirds of it between places: each place of the leg's last
        maps is compared with the most alike of the nine about it in the other picture (`siamese_nb.matching`), of a leg
        that is trained from scratch. More exact where a thing's parts stand now here, now there, as in writing. The
        maps add 24 numbers to an embedding for each place (`stroke_cnn` has 36 at 48 pixels, 196 at 105); comparing two
        takes some dozens of microseconds instead of one, and reasons are always those of covered patches.
    negatives : {"across", "within", "mixed"}
        Impostors from another category, from the same category, or half of each.
    neg_factor : float
        Impostor pairs per genuine pair.
    mining : {"none", "hard"}
        Of losses of pairs: `hard` compares all pictures before each epoch, and draws half of the impostors among those
        that look most alike to the network, up to what a typical genuine pair scores. Impostors above nearly all
        genuine pairs may be none: they are not learned from, and `Verifier.suspects` lists them, until a person has
        called them not the same thing.
    augment : {"none", "affine", "strokes", "photo"}
        How pictures are changed at random while a leg learns: `affine` turns, shifts, scales and shears; `strokes` does
        more of that, and makes strokes thicker and thinner, for dark drawings on light ground; `photo` mirrors, changes
        light and colour and covers a spot too. `none` where that would change what a picture shows.
    views : int
        Of a pretrained leg, or the part of it that is frozen: changed views of each picture, made by `augment`, that go
        through it once beside the picture itself; each batch draws among them.
    rotations : bool
        Whether each thing turned by 90, 180 and 270 degrees is another thing to learn: four times as many, where the
        way up matters, as it does in writing. For losses of identities.
    reflections : bool
        Whether each thing's mirror image is another thing to learn as well: twice as many. As for `rotations`.
    collages : float
        Share of the things in each batch that become new ones: a part of each of their pictures beside the other part
        of one of another thing, cut along one straight line. Where training has too few things to know in what new ones
        may differ, such as characters. For losses that compare the pictures in a batch.
    split_by : {"identity", "category"}
        What train, validation and test must not share.
    validation_share, test_share : float
        Of the things (or of the categories) that are kept from training.
    fine_tune : bool
        Whether a pretrained leg is trained too, at a low rate, once the rest has learned.
    depth : {"block", "leg"}
        How much of it: its last block, on feature maps that the rest makes of each picture once; or, after that, all of
        it, on pictures, which takes many times as long. Its batch statistics stay as they are.
    engine : {"keras", "openvino", "openvino_bfloat16"}
        What sends pictures through a frozen leg. OpenVINO gives what Keras gives but for rounding, sooner on CPUs; in
        bfloat16 it is faster still on those that have such instructions, and rounds to 8 bits.
    precision : {"auto", "float32", "mixed_bfloat16", "mixed_float16"}
        What a leg computes in while it learns, or makes features once; its weights, the head and the loss are float32
        always, and so is all of a saved network. `auto` takes the fastest that a GPU is made for, on CPUs float32.
    epochs : int
        At most.
    patience : int
        Stop after so many epochs in which validation got no better: its cross-entropy, whichever loss of pairs is
        learned by; its AUC where embeddings are learned.
    keep : {"best", "last"}
        Whose weights are kept: of the best epoch by validation, or of the last, to which `schedule="cosine"` leads;
        validation of a few categories, some of them unlike the rest, may call an early epoch best. With `last`, choose
        the patience as the epochs.
    batch_images : int
        Images per step where the leg learns.
    images_together : int
        Of a batch, for losses that compare the pictures in it: images of one category, so that it offers impostors
        within it.
    learning_rate : float
        Of what starts from random weights; on features of a frozen leg a third of it, of a leg's last block a tenth,
        of the whole leg a twentieth.
    schedule : {"constant", "cosine"}
        How the learning rate goes: `cosine` rises to it in the first tenth of all epochs, and falls to nothing by the
        last; choose the epochs for it, and patience as many.
    optimizer : {"adam", "muon"}
        `muon` often learns a leg from scratch in half the epochs, each a little slower.
    members : int
        So many legs that are trained from scratch, one after the other and each from other random weights; their
        embeddings then stand side by side. They err in different places, so together they err less, for as many times
        the work. A deep ensemble (Lakshminarayanan, Pritzel, Blundell 2017), but of embeddings.
    averaged_views : int
        The trained leg averages a picture's embeddings over so many small shifts and turns of it, in each score and
        search: a little more accurate, as many times slower.
    mirrored : bool
        Whether the embedding of each picture's mirror image stands beside its own, once the leg has learned with
        `reflections`: in trials on Omniglot about as good as a second member, for no more training. Each score and
        search takes twice as long, and embeddings are twice as long.
    whiten : bool
        Whether the embeddings of a leg that is trained from scratch are stretched in the end, so that training pictures
        of one thing differ as much in every direction (within-class covariance normalisation). Maps stay as they are.
    local_scaling : bool
        Whether embeddings of a leg that is trained from scratch are scaled in the end by how close the nearest training
        things are: one threshold then suits categories whose things all look alike, and others, better.
    threshold_rule : {"balanced_accuracy", "balanced_accuracy_by_category"}
        What the threshold is chosen for: the highest mean of recall and 1 - FAR over all validation pairs, or the least
        error beside what each category could have by itself (`siamese_nb.thresholds.choose_by_category`). For
        categories that are new in use, whose scores differ, take the latter beside `split_by="category"` and
        `negatives="within"`: an impostor pair of two categories counts for the first. With a single validation category
        the two are one; the bundle names the rule that was taken.
    seed : int
    """

    leg: str = "base_cnn"
    weights: str = "imagenet"
    image_size: int | None = None
    frame: int | None = None
    embedding: int | None = 128
    loss: str = "focal"
    distance: str = "squared"
    negatives: str = "mixed"
    neg_factor: float = 3
    mining: str = "none"
    augment: str = "none"
    views: int = 0
    rotations: bool = False
    reflections: bool = False
    collages: float = 0.0
    split_by: str = "identity"
    validation_share: float = 0.2
    test_share: float = 0.2
    fine_tune: bool = False
    depth: str = "block"
    engine: str = "keras"
    precision: str = "auto"
    epochs: int = 30
    patience: int = 5
    keep: str = "best"
    batch_images: int = 64
    images_together: int = 64
    learning_rate: float = 1e-3
    schedule: str = "constant"
    optimizer: str = "adam"
    members: int = 1
    averaged_views: int = 1
    mirrored: bool = False
    whiten: bool = False
    local_scaling: bool = False
    threshold_rule: str = "balanced_accuracy"
    seed: int = 0

    def __post_init__(self) -> None:
        """Check every setting, and raise `InputError` that names the first one that cannot be used."""
        check_settings(vars(self))
        for message in self._conflicts():
            raise InputError(message)

    @property
    def learns_leg(self) -> bool:
        """Whether the leg starts from random weights and so must be trained from the first step."""
        return self.leg in SCRATCH_LEGS or self.weights == "none"

    @property
    def learns_from_pictures(self) -> bool:
        """Whether pictures go through the leg while it learns, not only what a frozen part has made of them."""
        return self.learns_leg or (self.fine_tune and self.depth == "leg")

    def _conflicts(self) -> Iterator[str]:
        """Say what would change nothing beside the others, or leaves nothing to learn; each with how to mend it."""
        if self.validation_share + self.test_share > 0.9:
            yield (
                f"validation_share={self.validation_share:g} and test_share={self.test_share:g} leave too little to "
                "train on; give shares of 0.9 at most together"
            )
        if self.views and self.augment == "none":
            yield f"views={self.views} is of no use with augment='none'; give affine or photo, or no views"
        for name in ("rotations", "reflections", "collages"):
            if getattr(self, name):
                yield from self._conflicts_of_new_things(name)
        if self.mining != "none" and self.loss not in PAIR_LOSSES:
            yield (
                f"mining={self.mining!r} is for losses of pairs, and loss={self.loss!r} compares each picture with "
                f"many as it is; choose {' or '.join(PAIR_LOSSES)}, or leave mining out"
            )
        yield from self._conflicts_of_leg()
        for name in REFITTED:
            if getattr(self, name) and self.loss in PAIR_LOSSES:
                yield (
                    f"{name}=True would undo what loss={self.loss!r} learns of the neuron's weights; choose "
                    f"supervised_contrastive or another loss of identities, or leave {name} out"
                )
        if self.distance == "matched":
            yield from self._conflicts_of_matching()
        if self.mirrored and not self.reflections:
            yield "mirrored=True needs a leg that has learned from mirror images too; give reflections=True"
        if self.depth != "block" and not self.fine_tune:
            yield (
                f"depth={self.depth!r} says how much of a leg is fine-tuned, and fine_tune is off; "
                "give fine_tune=True too, or leave depth out"
            )
        if not (self.learns_leg or self.fine_tune):
            yield from self._conflicts_of_frozen()

    def _conflicts_of_new_things(self, name: str) -> Iterator[str]:
        given = f"{name}={getattr(self, name)}"
        if name == "collages" and self.loss not in BATCH_LOSSES:
            yield (
                f"{given} needs a loss that compares the pictures in a batch, and loss={self.loss!r} does not; "
                f"choose supervised_contrastive or another, or leave {name} out"
            )
        elif self.loss in PAIR_LOSSES:
            yield (
                f"{given} needs a loss of identities, and loss={self.loss!r} is one of pairs; "
                f"choose cosface or another, or leave {name} out"
            )
        if not self.learns_from_pictures:
            yield (
                f"{given} needs a leg that learns from pictures, and {self.leg} is frozen or learns its last "
                f"block from feature maps; choose stroke_cnn, or fine_tune with depth=leg, or leave {name} out"
            )

    def _conflicts_of_matching(self) -> Iterator[str]:
        if self.leg not in SCRATCH_LEGS:
            yield (
                f"distance='matched' compares the maps of legs that are trained from scratch, and {self.leg} pools its "
                f"own; choose leg {' or '.join(SCRATCH_LEGS)}, or distance=squared"
            )
        if self.loss not in (*PAIR_LOSSES, *BATCH_LOSSES):
            yield (
                f"distance='matched' compares pictures, and loss={self.loss!r} compares each with one direction of "
                "every thing; choose supervised_contrastive or another, or distance=squared"
            )
        if self.mining != "none":
            yield (
                "distance='matched' takes too long for mining, which compares every picture with every other; leave "
                "mining out, or choose distance=squared"
            )

    def _conflicts_of_leg(self) -> Iterator[str]:
        """Say what is for the other sort of leg: pretrained ones, or those that are trained from scratch."""
        for name in ("fine_tune", "views", "engine") if self.learns_leg else ("frame", "members", *REFITTED):
            if getattr(self, name) == getattr(TrainConfig, name):
                continue
            if self.learns_leg:
                yield (
                    f"{name}={getattr(self, name)!r} is for a pretrained leg, and {self.leg} starts from random "
                    f"weights and learns from pictures; choose leg mobilenetv2 or another, or leave {name} out"
                )
            else:
                yield (
                    f"{name}={getattr(self, name)!r} is for legs that are trained from scratch, and {self.leg} is "
                    f"not; choose stroke_cnn or another of those, or leave {name} out"
                )

    def _conflicts_of_frozen(self) -> Iterator[str]:
        if self.embedding is None and self.loss in BATCH_LOSSES:
            yield (
                f"embedding=None leaves the features of {self.leg} as they are, so loss={self.loss!r} has nothing to "
                f"learn; give embedding=128, or choose {' or '.join(PAIR_LOSSES)}"
            )
        if self.engine != "keras" and self.precision not in ("auto", "float32"):
            yield (
                f"precision={self.precision!r} is for engine=keras, and engine={self.engine!r} has its own; leave "
                "precision out, or choose engine=openvino_bfloat16, or engine=keras"
            )

    def unused(self) -> list[str]:
        """Say which settings change nothing, but do no harm, beside the others; each with how to mend it."""
        found = []
        if self.augment != "none" and not (self.views or self.learns_from_pictures):
            found.append(
                f"augment={self.augment} changes nothing: what is frozen sees each picture once; give views=4 too"
            )
        if not (self.learns_leg or self.fine_tune) and self.batch_images != TrainConfig.batch_images:
            given = f"batch_images={self.batch_images}"
            found.append(f"{given} changes nothing: no picture goes through a frozen leg twice; give fine_tune too")
        if self.loss not in BATCH_LOSSES and self.images_together != TrainConfig.images_together:
            given = f"images_together={self.images_together}"
            found.append(f"{given} changes nothing with loss={self.loss}: it is for {', '.join(BATCH_LOSSES)}")
        return found

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
