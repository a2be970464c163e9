"""What each setting of a training may be, and how settings are written on a command line."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from siamese_nb.errors import InputError
from siamese_nb.pairs import NEGATIVES
from siamese_nb.split import SPLIT_BY
from siamese_nb.thresholds import BY_CATEGORY

PAIR_LOSSES = ("binary_crossentropy", "focal")
BATCH_LOSSES = ("contrastive", "triplet", "multi_similarity", "supervised_contrastive")  # of identities in a batch
LOSSES = (*PAIR_LOSSES, *BATCH_LOSSES, "cosface", "arcface")
BASE_SIZE = 96  # pixels: the side of the pictures that base_cnn takes when none is given
AUGMENTATIONS = ("none", "affine", "strokes", "photo")
DEPTHS = ("block", "leg")  # of a pretrained leg, that fine-tuning trains
MINING = ("none", "hard")
DISTANCES = ("absolute", "squared", "matched")
ENGINES = ("keras", "openvino", "openvino_bfloat16")
THRESHOLD_RULES = ("balanced_accuracy", BY_CATEGORY)
REFITTED = ("mirrored", "whiten", "local_scaling")  # after which embeddings are not those that the neuron has seen
SCRATCH_LEGS = ("base_cnn", "stroke_cnn", "koch2015")  # which start from random weights
_CHOICES = {
    "loss": LOSSES,
    "augment": AUGMENTATIONS,
    "depth": DEPTHS,
    "mining": MINING,
    "engine": ENGINES,
    "precision": ("auto", "float32", "mixed_bfloat16", "mixed_float16"),
    "distance": DISTANCES,
    "negatives": NEGATIVES,
    "split_by": SPLIT_BY,
    "schedule": ("constant", "cosine"),
    "optimizer": ("adam", "muon"),
    "keep": ("best", "last"),
    "threshold_rule": THRESHOLD_RULES,
}
_KINDS = {
    **dict.fromkeys(("leg", "weights"), (str, "name")),
    **dict.fromkeys(("fine_tune", "rotations", "reflections", *REFITTED), (bool, "bool (true or false)")),
}
_WORDS = {"True": "true", "False": "false", "None": "null"}  # as Python writes them
_WHOLE_NUMBERS = {
    "image_size": (28, 1024),  # below 28 pixels the legs' poolings leave nothing
    "frame": (28, 1024),
    "embedding": (1, 65_536),
    "views": (0, 64),
    "epochs": (1, 1_000_000),
    "patience": (1, 1_000_000),
    "batch_images": (8, 65_536),
    "images_together": (8, 65_536),
    "members": (1, 64),
    "averaged_views": (1, 64),
    "seed": (0, 2**32 - 1),  # NumPy's legacy generator, which Keras seeds too, takes no more
}
_MAY_BE_NONE = ("image_size", "frame", "embedding")
_SHARES = ("collages",)
_BELOW = {"neg_factor": 1000, "learning_rate": 1000, "validation_share": 1, "test_share": 1}


def check_settings(values: Mapping[str, Any]) -> None:
    """Check each setting by itself.

    Parameters
    ----------
    values : mapping of str to object
        Of every setting of `siamese_nb.config.TrainConfig`.

    Raises
    ------
    InputError
        If one cannot be used.
    """
    for name, allowed in _CHOICES.items():
        if values[name] not in allowed:
            raise InputError(f"{name}={values[name]!r} is not known; choose one of {', '.join(allowed)}")
    for name, (least, most) in _WHOLE_NUMBERS.items():
        value = values[name]
        if name in _MAY_BE_NONE and value is None:
            continue
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise InputError(f"{name}={value!r} is out of range; give a whole number from {least} to {most}")
    for name, most in _BELOW.items():
        value = values[name]
        if not isinstance(value, int | float) or not 0 < value < most:
            raise InputError(f"{name}={value!r} is out of range; give a number above 0 and below {most}")
    for name in _SHARES:
        value = values[name]
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= 1:
            raise InputError(f"{name}={value!r} is out of range; give a number from 0 to 1")
    for name, (kind, words) in _KINDS.items():
        if not isinstance(values[name], kind):
            raise InputError(f"{name}={values[name]!r} is not a {words}; give one")


def read_settings(given: Sequence[str]) -> dict[str, Any]:
    """Read settings as they are written on a command line.

    Raises
    ------
    InputError
        If one is not `name=value`.

    Examples
    --------
    >>> read_settings(["schedule=cosine", "views=5", "rotations=true", "embedding=null"])
    {'schedule': 'cosine', 'views': 5, 'rotations': True, 'embedding': None}
    """
    values: dict[str, Any] = {}
    for setting in given:
        name, equals, value = setting.partition("=")
        if not equals:
            raise InputError(f"the setting {setting!r} has no value; write it as name=value")
        try:
            values[name.strip()] = json.loads(_WORDS.get(value.strip(), value))
        except ValueError:  # a bare word
            values[name.strip()] = value.strip()
    return values
