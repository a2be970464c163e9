"""The configuration: every setting is checked when it is made, and goes through JSON unchanged."""

import dataclasses
import json
import math

import pytest

from siamese_nb.config import TrainConfig, read_settings
from siamese_nb.errors import InputError

GOOD = {
    "leg": "vgg16",
    "weights": "none",
    "image_size": 64,
    "frame": 48,
    "embedding": 32,
    "loss": "cosface",
    "augment": "affine",
    "views": 3,
    "rotations": True,
    "reflections": True,
    "distance": "absolute",
    "negatives": "within",
    "neg_factor": 0.5,
    "split_by": "category",
    "validation_share": 0.1,
    "test_share": 0.3,
    "fine_tune": True,
    "depth": "leg",
    "engine": "openvino",
    "epochs": 3,
    "patience": 2,
    "keep": "last",
    "batch_images": 16,
    "learning_rate": 0.01,
    "schedule": "cosine",
    "optimizer": "muon",
    "images_together": 32,
    "precision": "mixed_bfloat16",
    "averaged_views": 5,
    "whiten": True,
    "seed": 7,
}


def test_every_setting_goes_through_json() -> None:
    config = TrainConfig(**GOOD)
    values = json.loads(json.dumps(config.to_dict()))
    assert values == GOOD
    assert TrainConfig.from_dict(values) == config
    assert set(GOOD) == {field.name for field in dataclasses.fields(TrainConfig)}
    assert all(getattr(TrainConfig(), name) != value for name, value in GOOD.items())  # so that none can be forgotten


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
        ("views", 4),  # of nothing: pictures are not to be changed
        ("embedding", 0),
        ("embedding", 128.0),
        ("epochs", 0),
        ("epochs", "3"),
        ("epochs", True),
        ("patience", 0),
        ("keep", "first"),
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
        ("images_together", 7),
        ("frame", 27),
        ("precision", "float16"),
        ("whiten", 1),
        ("validation_share", 0),
        ("test_share", 1.0),
        ("test_share", math.nan),
        ("rotations", 1),
        ("reflections", "no"),
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
    for name, value in (("frame", 40), ("precision", "mixed_bfloat16"), ("whiten", True)):
        with pytest.raises(InputError, match=f"{name}={value!r} is for legs that are trained from scratch, and vgg16"):
            TrainConfig(**{name: value}, leg="vgg16")  # type: ignore[arg-type]


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
