"""Legs: each family's own preprocessing, weights that fit it, and one clear line where they do not."""

import importlib
import inspect
from pathlib import Path
from urllib.error import URLError

import h5py
import keras
import numpy as np
import pytest

from siamese_nb import legs
from siamese_nb.embeddings import embed
from siamese_nb.errors import InputError
from siamese_nb.legs import LEGS, PretrainedLeg, build_leg, default_size
from siamese_nb.preprocessing import Preprocessing
from siamese_nb.scratch_legs import build_base_cnn

FAMILIES = {
    "vgg16": "vgg16",
    "vgg19": "vgg19",
    "resnet50": "resnet",
    "resnet50v2": "resnet_v2",
    "mobilenet": "mobilenet",
    "mobilenetv2": "mobilenet_v2",
    "mobilenetv3small": "mobilenet_v3",
    "mobilenetv3large": "mobilenet_v3",
    "densenet121": "densenet",
    "efficientnetb0": "efficientnet",
    "efficientnetv2b0": "efficientnet_v2",
    "convnexttiny": "convnext",
    "inceptionv3": "inception_v3",
    "xception": "xception",
}
REAL_WEIGHTS = Path(__file__).parents[1].parent / "shared/data/weights/mobilenet_v2_0.35_224_no_top.weights.h5"


def make_images(n: int, size: int) -> np.ndarray:
    return np.random.default_rng(n).integers(0, 256, (n, size, size, 3), np.uint8)


def test_every_leg_is_compared_with_its_family() -> None:
    assert FAMILIES.keys() == LEGS.keys()


@pytest.mark.parametrize("name", LEGS)
def test_preprocessing_is_the_familys_own(name: str) -> None:
    family = importlib.import_module(f"keras.applications.{FAMILIES[name]}")
    assert LEGS[name].build.__name__.lower() == name
    assert LEGS[name].build.__module__.endswith(f".{FAMILIES[name]}")
    pixels = make_images(2, 5)
    expected = family.preprocess_input(pixels.astype(np.float32), data_format="channels_last")
    got = keras.ops.convert_to_numpy(Preprocessing(LEGS[name].mode)(pixels))
    assert got.dtype == np.float32
    assert np.allclose(got, expected, atol=1e-4)
    scales_inside = inspect.signature(LEGS[name].build).parameters.get("include_preprocessing")
    assert (LEGS[name].mode == "inside") == (name.startswith("efficientnetb") or scales_inside is not None)


def test_a_leg_without_weights_turns_pictures_into_features() -> None:
    keras.utils.set_random_seed(0)
    leg = build_leg("mobilenetv3small", 32, "none")
    assert leg.input_shape == (None, 32, 32, 3)
    assert leg.input.dtype == "uint8"
    features = embed(leg, make_images(3, 32))
    assert features.shape == (3, leg.output_shape[-1])
    assert np.ptp(features, axis=0).max() > 0


def test_base_cnn_turns_pictures_into_features_of_bounded_size() -> None:
    leg = build_base_cnn(40, filters=(4, 6))
    features = embed(leg, make_images(3, 40))
    assert features.shape == (3, 12)
    # It has no weights to wait for, so the default weights of a configuration suit it.
    assert build_leg("base_cnn", 32).count_params() == build_leg("base_cnn", 32, "none").count_params() < 500_000


@pytest.mark.parametrize(("name", "size"), [("base_cnn", 96), ("vgg16", 224), ("inceptionv3", 299)])
def test_each_leg_has_a_size_of_its_own(name: str, size: int) -> None:
    assert default_size(name) == size


@pytest.mark.skipif(not REAL_WEIGHTS.exists(), reason="the real weights lie in ../shared/data, which is not here")
def test_real_weights_give_the_features_that_keras_gives() -> None:
    leg = build_leg("mobilenetv2", 64, str(REAL_WEIGHTS))  # alpha 0.35 is read off the file
    direct = keras.applications.MobileNetV2((64, 64, 3), alpha=0.35, include_top=False, weights=None, pooling="avg")
    direct.load_weights(REAL_WEIGHTS)
    images = make_images(4, 64)
    expected = direct.predict_on_batch(keras.applications.mobilenet_v2.preprocess_input(images.astype(np.float32)))
    assert np.allclose(embed(leg, images), expected, atol=1e-4)
    assert expected.std() > 0.5


def test_weights_of_another_width_are_loaded_as_they_are(tmp_path: Path) -> None:
    options = {"include_top": False, "pooling": "avg", "weights": None}
    half = keras.applications.MobileNetV2((32, 32, 3), alpha=0.5, **options)
    half.save_weights(tmp_path / "half.weights.h5")
    leg = build_leg("mobilenetv2", 32, str(tmp_path / "half.weights.h5"))
    images = make_images(2, 32)
    expected = half.predict_on_batch(keras.applications.mobilenet_v2.preprocess_input(images.astype(np.float32)))
    assert np.allclose(embed(leg, images), expected, atol=1e-5)


@pytest.mark.parametrize("alpha", [0.35, 0.5, 0.75, 1.0, 1.3, 1.4])
def test_the_width_is_read_off_the_last_convolution(
    alpha: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []

    def tiny(alpha: float, input_shape: tuple[int, int, int], **options: object) -> keras.Model:
        asked.append(alpha)
        image = keras.Input(input_shape)
        return keras.Model(image, keras.layers.GlobalAveragePooling2D()(image))

    def channels(width: float) -> int:
        return int(width + 4) // 8 * 8  # MobileNetV2's own rounding

    with h5py.File(tmp_path / "some.weights.h5", "w") as store:
        store["layers/conv2d_33/vars/0"] = np.zeros((1, 1, channels(160 * alpha), 6 * channels(160 * alpha)), np.int8)
        last = channels(1280 * alpha) if alpha > 1 else 1280
        store["layers/conv2d_34/vars/0"] = np.zeros((1, 1, channels(320 * alpha), last), np.int8)
    monkeypatch.setitem(LEGS, "mobilenetv2", PretrainedLeg(tiny, "tf"))
    monkeypatch.setattr(legs, "_load_weights", lambda *given: None)
    build_leg("mobilenetv2", 32, str(tmp_path / "some.weights.h5"))
    assert asked == [alpha]


def test_without_a_way_to_imagenet_one_line_names_the_ways_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*given: object, **options: object) -> str:
        raise URLError("no route\nto host")

    monkeypatch.setattr("keras.src.utils.file_utils.get_file", unreachable)
    with pytest.raises(InputError, match=r"vgg16 cannot be downloaded .*weights file.*base_cnn") as caught:
        build_leg("vgg16", 32)
    assert "\n" not in str(caught.value)


def test_ctrl_c_during_a_download_is_not_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*given: object, **options: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr("keras.src.utils.file_utils.get_file", interrupted)
    with pytest.raises(KeyboardInterrupt):
        build_leg("vgg16", 32)


def test_an_unknown_leg_is_answered_by_the_known_ones() -> None:
    with pytest.raises(InputError, match=r"'vgg17'.*base_cnn.*vgg16.*xception"):
        build_leg("vgg17", 64)


@pytest.mark.parametrize(("name", "smallest"), [("inceptionv3", 75), ("xception", 71)])
@pytest.mark.parametrize("weights", ["none", "imagenet"])
def test_pictures_too_small_for_a_leg_are_refused(name: str, smallest: int, weights: str) -> None:
    with pytest.raises(InputError, match=f"{name} .*{smallest - 1}.*{smallest}"):
        build_leg(name, smallest - 1, weights)


def test_a_weights_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    for missing in (tmp_path / "none.weights.h5", tmp_path):
        with pytest.raises(InputError, match=f"no weights file {missing}"):
            build_leg("base_cnn", 32, str(missing))


@pytest.mark.parametrize("name", ["base_cnn", "mobilenetv2"])
def test_weights_of_another_network_are_refused(name: str, tmp_path: Path) -> None:
    image = keras.Input((32, 32, 3))
    other = keras.Model(image, keras.layers.Conv2D(8, 3)(image))
    other.save_weights(tmp_path / "other.weights.h5")
    (tmp_path / "text.weights.h5").write_text("not weights")
    for file in ("other.weights.h5", "text.weights.h5"):
        with pytest.raises(InputError, match=rf"{file} does not hold weights of {name}") as caught:
            build_leg(name, 32, str(tmp_path / file))
        assert "\n" not in str(caught.value)


def test_weights_of_its_own_are_taken_by_base_cnn(tmp_path: Path) -> None:
    keras.utils.set_random_seed(1)
    trained = build_leg("base_cnn", 32)
    trained.save_weights(tmp_path / "own.weights.h5")
    keras.utils.set_random_seed(2)
    images = make_images(2, 32)
    assert np.allclose(
        embed(build_leg("base_cnn", 32, str(tmp_path / "own.weights.h5")), images), embed(trained, images)
    )
    assert not np.allclose(embed(build_leg("base_cnn", 32), images), embed(trained, images))
