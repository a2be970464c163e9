"""Legs by name: shared-weights encoders from an image to features, each with its own preprocessing inside the model."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import keras

from siamese_nb.errors import InputError
from siamese_nb.preprocessing import Preprocessing
from siamese_nb.scratch_legs import SCRATCH
from siamese_nb.settings import SCRATCH_LEGS


@dataclass(frozen=True)
class PretrainedLeg:
    """A leg of `keras.applications`.

    Attributes
    ----------
    build : callable
        Its constructor.
    mode : str
        How its weights expect pixels, see `Preprocessing`.
    size : int
        The side, in pixels, of the pictures that its ImageNet weights were trained on.
    smallest : int
        The least side, in pixels, that its poolings leave something of.
    """

    build: Callable[..., keras.Model]
    mode: str
    size: int = 224
    smallest: int = 32


_applications = keras.applications
LEGS: dict[str, PretrainedLeg] = {
    "vgg16": PretrainedLeg(_applications.VGG16, "caffe"),
    "vgg19": PretrainedLeg(_applications.VGG19, "caffe"),
    "resnet50": PretrainedLeg(_applications.ResNet50, "caffe"),
    "resnet50v2": PretrainedLeg(_applications.ResNet50V2, "tf"),
    "mobilenet": PretrainedLeg(_applications.MobileNet, "tf"),
    "mobilenetv2": PretrainedLeg(_applications.MobileNetV2, "tf"),
    "mobilenetv3small": PretrainedLeg(_applications.MobileNetV3Small, "inside"),
    "mobilenetv3large": PretrainedLeg(_applications.MobileNetV3Large, "inside"),
    "densenet121": PretrainedLeg(_applications.DenseNet121, "torch"),
    "efficientnetb0": PretrainedLeg(_applications.EfficientNetB0, "inside"),
    "efficientnetv2b0": PretrainedLeg(_applications.EfficientNetV2B0, "inside"),
    "convnexttiny": PretrainedLeg(_applications.ConvNeXtTiny, "inside"),
    "inceptionv3": PretrainedLeg(_applications.InceptionV3, "tf", 299, 75),
    "xception": PretrainedLeg(_applications.Xception, "tf", 299, 71),
}


def default_size(name: str) -> int:
    """Return the side, in pixels, that a leg takes when none is given."""
    return SCRATCH[name][1] if name in SCRATCH else _pretrained(name).size


def build_leg(name: str, size: int, weights: str = "imagenet") -> keras.Model:
    """Build a leg: `uint8[n, size, size, 3]` in, features `float32[n, d]` out.

    Parameters
    ----------
    name : str
        One of `siamese_nb.settings.SCRATCH_LEGS`, which are trained from scratch, or of `LEGS`.
    size : int
        Side of the pictures in pixels.
    weights : str
        `"imagenet"` (downloaded by Keras), `"none"`, or the path of a weights file without the top layers.
        Legs to train from scratch know no ImageNet weights and ignore `"imagenet"`.

    Raises
    ------
    InputError
        If the name is not known, the size is too small for it, or the weights cannot be had or do not fit.
    """
    if name in SCRATCH:
        leg = SCRATCH[name][0](size)
        if weights not in ("imagenet", "none"):
            _load_weights(leg, Path(weights), name)
        return leg
    pretrained = _pretrained(name)
    if size < pretrained.smallest:
        raise InputError(f"{name} cannot take pictures of {size} pixels; give an image size of {pretrained.smallest}")
    shape = (size, size, 3)
    options: dict[str, Any] = {"include_top": False, "pooling": "avg", "input_shape": shape, "weights": None}
    if weights in ("imagenet", "none"):
        backbone = _download(name, pretrained, options) if weights == "imagenet" else pretrained.build(**options)
    else:
        file = Path(weights)
        if name == "mobilenetv2":
            options["alpha"] = _read_alpha(file)
        backbone = pretrained.build(**options)
        _load_weights(backbone, file, name)
    image = keras.Input(shape, dtype="uint8", name="image")
    return keras.Model(image, backbone(Preprocessing(pretrained.mode)(image)), name=name)


def _pretrained(name: str) -> PretrainedLeg:
    if name not in LEGS:
        raise InputError(f"leg {name!r} is not known; choose one of {', '.join([*SCRATCH_LEGS, *LEGS])}")
    return LEGS[name]


def _download(name: str, pretrained: PretrainedLeg, options: dict[str, Any]) -> keras.Model:
    try:
        return pretrained.build(**{**options, "weights": "imagenet"})
    except Exception as error:  # urllib, ssl and Keras raise many kinds when there is no way to the weights
        raise InputError(
            f"ImageNet weights for {name} cannot be downloaded ({type(error).__name__}); connect to the internet, or "
            "give a weights file (weights=FILE), or choose leg base_cnn, which is trained from scratch"
        ) from error


def _load_weights(model: keras.Model, file: Path, name: str) -> None:
    if not file.is_file():
        raise InputError(f"there is no weights file {file}; give a .weights.h5 file, or imagenet, or none")
    try:
        with warnings.catch_warnings():
            # Keras only warns where a file leaves layers as they are: at random.
            warnings.filterwarnings("error", message=".*freshly-initialized")
            model.load_weights(file)
    except Exception as error:  # h5py and Keras raise many kinds for files of other networks
        raise InputError(
            f"{file} does not hold weights of {name} without its top layers; give the file that fits this leg"
        ) from error


def _read_alpha(file: Path) -> float:
    """Read MobileNetV2's width multiplier off a weights file: its widest convolution takes 320 alpha channels."""
    shapes: list[tuple[int, ...]] = []

    def collect(_: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and item.ndim == 4:
            shapes.append(item.shape)

    try:
        with h5py.File(file) as store:
            store.visititems(collect)
    except OSError:
        return 1.0  # _load_weights says what is wrong with the file
    return round(max(shapes, key=lambda shape: shape[-1])[2] / 320, 2) if shapes else 1.0
