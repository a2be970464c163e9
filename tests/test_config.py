"""The configuration: every setting is checked when it is made, and goes through JSON unchanged."""

import dataclasses
import json
import math
import re

import pytest

from siamese_nb.config import TrainConfig
from siamese_nb.errors import InputError
from siamese_nb.settings import read_settings

GOOD = {
    "leg": "vgg16",
    "weights": "a file",
    "image_size": 64,
    "embedding": 32,
    "loss": "binary_crossentropy",
    "augment": "affine",
    "views": 3,
    "distance": "absolute",
    "negatives": "within",
    "neg_factor": 0.5,
    "mining": "hard",
    "split_by": "category",
    "validation_share": 0.1,
    "test_share": 0.3,
    "fine_tune": True,
    "depth": "leg",
    "engine": "openvino",
    "precision": "mixed_bfloat16",
    "epochs": 3,
    "patience": 2,
    "keep": "last",
    "batch_images": 16,
    "learning_rate": 0.01,
    "schedule": "cosine",
    "optimizer": "muon",
    "averaged_views": 5,
    "threshold_rule": "balanced_accuracy_by_category",
    "seed": 7,
}
GOOD_WITH_MANY = GOOD | {
    "loss": "cosface",
    "mining": "none",
    "rotations": True,
    "reflections": True,
    "images_together": 32,
}  # not for losses of pairs
GOOD_FROM_SCRATCH = {
    "leg": "stroke_cnn",
    "loss": "triplet",
    "distance": "matched",
    "frame": 48,
    "collages": 0.25,
    "reflections": True,
    "mirrored": True,
    "whiten": True,
    "local_scaling": True,
    "members": 3,
}


def test_every_setting_goes_through_json() -> None:
    changed = set()
    for given in (GOOD, GOOD_WITH_MANY, GOOD_FROM_SCRATCH):
        config = TrainConfig(**given)
        values = json.loads(json.dumps(config.to_dict()))
        assert values == {**TrainConfig().to_dict(), **given}
        assert TrainConfig.from_dict(values) == config
        changed |= {name for name, value in given.items() if getattr(TrainConfig(), name) != value}
    assert changed == {field.name for field in dataclasses.fields(TrainConfig)}  # so that none can be forgotten


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("loss", "hinge"),
        ("augment", "all"),
        ("distance", "cosine"),
        ("distance", None),
        ("negatives", "hard"),
        ("split_by", "image"),
        ("depth", "half"),
        ("engine", "numpy"),
        ("views", -1),
        ("mining", "easy"),
        ("views", 4),  # of nothing: pictures are not to be changed
        ("embedding", 0),
        ("embedding", 128.0),
        ("epochs", 0),
        ("epochs", "3"),
        ("epochs", True),
        ("patience", 0),
        ("keep", "first"),
        ("threshold_rule", "far"),
        ("batch_images", 7),
        ("seed", -1),
        ("seed", 2**32),
        ("neg_factor", 0),
        ("neg_factor", -3),
        ("neg_factor", math.nan),
        ("neg_factor", math.inf),
        ("neg_factor", "3"),
        ("learning_rate", 0.0),
        ("learning_rate", math.nan),
        ("image_size", 27),
        ("schedule", "linear"),
        ("optimizer", "sgd"),
        ("averaged_views", 0),
        ("members", 0),
        ("images_together", 7),
        ("frame", 27),
        ("precision", "float16"),
        ("whiten", 1),
        ("local_scaling", 1),
        ("mirrored", 1),
        ("validation_share", 0),
        ("test_share", 1.0),
        ("test_share", math.nan),
        ("rotations", 1),
        ("reflections", "no"),
        ("collages", 1.1),
        ("collages", True),
        ("collages", math.nan),
        ("image_size", 1025),
        ("image_size", 64.5),
        ("leg", 5),
        ("weights", None),
        ("fine_tune", "yes"),
    ],
)
def test_a_setting_out_of_its_range_is_named(name: str, value: object) -> None:
    with pytest.raises(InputError, match=name) as caught:
        TrainConfig(**{name: value})  # type: ignore[arg-type]
    assert str(value) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("seed", 0),
        ("seed", 2**32 - 1),
        ("neg_factor", 0.1),
        ("neg_factor", 1),
        ("collages", 0),
        ("image_size", 28),
        ("embedding", None),
        ("image_size", None),
    ],
)
def test_the_ends_of_a_range_are_in_it(name: str, value: object) -> None:
    assert getattr(TrainConfig(**{name: value}), name) == value  # type: ignore[arg-type]


def test_what_does_not_go_together_is_named() -> None:
    with pytest.raises(InputError, match=r"validation_share=0\.5 and test_share=0\.45 leave too little"):
        TrainConfig(validation_share=0.5, test_share=0.45)
    with pytest.raises(InputError, match=r"rotations=True needs a loss of identities.*'focal'.*choose cosface"):
        TrainConfig(rotations=True, loss="focal")
    with pytest.raises(
        InputError, match=r"reflections=True needs a leg that learns from pictures, and vgg16 is frozen"
    ):
        TrainConfig(reflections=True, loss="cosface", leg="vgg16")
    for loss in ("focal", "cosface"):
        with pytest.raises(InputError, match=rf"collages=0\.25 needs a loss that compares.*{loss!r} does not"):
            TrainConfig(collages=0.25, loss=loss)
    with pytest.raises(InputError, match=r"collages=0\.25 needs a leg that learns from pictures, and vgg16 is frozen"):
        TrainConfig(collages=0.25, loss="triplet", leg="vgg16")
    for name, value in (("frame", 40), ("whiten", True), ("local_scaling", True), ("mirrored", True), ("members", 2)):
        with pytest.raises(InputError, match=f"{name}={value!r} is for legs that are trained from scratch, and vgg16"):
            TrainConfig(**{name: value}, leg="vgg16")  # type: ignore[arg-type]


FROZEN, SCRATCH, TUNED = {"leg": "vgg16"}, {"leg": "base_cnn"}, {"leg": "vgg16", "fine_tune": True}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({**SCRATCH, "fine_tune": True}, "fine_tune=True is for a pretrained leg.*leave fine_tune out"),
        ({**SCRATCH, "views": 4, "augment": "photo"}, "views=4 is for a pretrained leg"),
        ({**SCRATCH, "engine": "openvino"}, "engine='openvino' is for a pretrained leg"),
        ({**FROZEN, "weights": "none", "engine": "openvino"}, "vgg16 starts from random weights"),
        ({**SCRATCH, "depth": "leg"}, "fine_tune is off; give fine_tune=True"),
        ({**FROZEN, "depth": "leg"}, "fine_tune is off; give fine_tune=True"),
        ({**FROZEN, "views": 4}, "views=4 is of no use with augment='none'"),
        ({**TUNED, "rotations": True, "loss": "cosface"}, "needs a leg that learns from pictures"),
        ({**FROZEN, "rotations": True, "loss": "cosface"}, "needs a leg that learns from pictures"),
        ({**SCRATCH, "mining": "hard", "loss": "triplet"}, "mining='hard' is for losses of pairs.*leave mining out"),
        ({**FROZEN, "engine": "openvino", "precision": "mixed_float16"}, "is for engine=keras.*openvino_bfloat16"),
        ({**FROZEN, "embedding": None, "loss": "triplet"}, "has nothing to learn; give embedding=128"),
        ({**SCRATCH, "whiten": True}, "whiten=True would undo what loss='focal' learns"),
        ({**SCRATCH, "loss": "triplet", "mirrored": True}, "mirrored=True needs a leg that has learned from mirror"),
        ({**SCRATCH, "mirrored": True}, "mirrored=True would undo what loss='focal' learns"),
        ({**SCRATCH, "local_scaling": True}, "local_scaling=True would undo what loss='focal' learns"),
        (
            {**FROZEN, "distance": "matched"},
            "distance='matched' compares the maps of legs that are trained from scratch",
        ),
        ({**SCRATCH, "distance": "matched", "loss": "cosface"}, "loss='cosface' compares each with one direction"),
        ({**SCRATCH, "distance": "matched", "mining": "hard"}, "takes too long for mining.*choose distance=squared"),
    ],
)
def test_what_would_change_nothing_is_told(settings: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        TrainConfig(**settings)


@pytest.mark.parametrize(
    ("settings", "unused"),
    [
        ({**FROZEN, "augment": "photo"}, "augment=photo changes nothing.*give views=4"),
        ({**TUNED, "augment": "photo"}, "augment=photo changes nothing.*give views=4"),
        ({**SCRATCH, "images_together": 32, "loss": "cosface"}, "images_together=32 changes nothing with loss=cosface"),
        ({**FROZEN, "batch_images": 32}, "batch_images=32 changes nothing.*give fine_tune"),
        ({**FROZEN, "augment": "photo", "views": 2}, None),
        ({**SCRATCH, "augment": "photo", "batch_images": 32}, None),
        ({**TUNED, "depth": "leg", "augment": "photo", "batch_images": 32}, None),
        ({**FROZEN, "embedding": None, "loss": "cosface"}, None),
        ({**FROZEN, "embedding": None}, None),
    ],
)
def test_what_does_no_harm_is_said(settings: dict[str, object], unused: str | None) -> None:
    found = TrainConfig(**settings).unused()
    assert len(found) == (unused is not None)
    assert unused is None or re.search(unused, found[0])


def test_an_unknown_key_is_named() -> None:
    with pytest.raises(InputError, match="neg_facktor"):
        TrainConfig.from_dict({"neg_facktor": 3})


def test_settings_are_read_as_they_are_written() -> None:
    read = read_settings(["learning_rate=2e-3", "loss=cosface", "rotations=true", "weights=a=b.h5"])
    assert read == {"learning_rate": 0.002, "loss": "cosface", "rotations": True, "weights": "a=b.h5"}
    with pytest.raises(InputError, match=r"'views' has no value; write it as name=value"):
        read_settings(["views"])


def test_it_cannot_be_changed_nor_given_by_position() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        TrainConfig().seed = 1  # type: ignore[misc]
    with pytest.raises(TypeError):
        TrainConfig("vgg16")  # type: ignore[misc]


@pytest.mark.parametrize(
    ("leg", "weights", "learns"),
    [
        ("base_cnn", "imagenet", True),
        ("base_cnn", "none", True),
        ("vgg16", "imagenet", False),
        ("vgg16", "none", True),
        ("mobilenetv2", "some.weights.h5", False),
    ],
)
def test_a_leg_without_weights_must_learn(leg: str, weights: str, learns: bool) -> None:
    assert TrainConfig(leg=leg, weights=weights).learns_leg is learns
