"""The bundle: the folder that a trained verifier is saved in, written whole, read with Keras's safe mode on."""

import json
import math
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from siamese_nb import frames, legs, local_scaling, models, views  # noqa: F401 - their layers must be registered before Keras reads a bundle
from siamese_nb.bundle_folder import ABOUT, MODEL, newest_bundle
from siamese_nb.errors import InputError
from siamese_nb.novelty import Known
from siamese_nb.scored_pairs import ScoredPairs
from siamese_nb.storage import to_json, whole_file, whole_folder

FORMAT = 1  # raise it when an older siamese_nb could not read the bundle rightly
_LOOKS = "looks.npy"
_KNOWN = "known.npz"


def no_looks() -> NDArray[np.uint64]:
    """Return the perceptual hashes of no picture."""
    return np.empty((0, 4), np.uint64)


@dataclass(eq=False)
class Bundle:
    """What a bundle's folder holds.

    Attributes
    ----------
    model : keras.Model
        The siamese network, its parts named `leg` and `head`.
    about : dict
        Threshold and how it was chosen, calibration, figures, configuration, versions, the dataset's fingerprint.
    history : dict of list of float
        Each figure after each epoch.
    pairs : dict of ScoredPairs
        The fixed pairs of `"validation"` and `"test"`.
    seen : ndarray of uint64
        Digests of the pictures that it was trained on or its threshold chosen on.
    looks : ndarray of shape (n_seen, 4), uint64
        Perceptual hashes of the same pictures; none in a bundle that was written before they were kept.
    known : Known or None
        A sample of what it was trained on; bundles of earlier versions have none.
    """

    model: keras.Model
    about: dict[str, Any]
    history: dict[str, list[float]] = field(default_factory=dict)
    pairs: dict[str, ScoredPairs] = field(default_factory=dict)
    seen: NDArray[np.uint64] = field(default_factory=lambda: np.empty(0, np.uint64))
    looks: NDArray[np.uint64] = field(default_factory=no_looks)
    known: Known | None = None


def write_bundle(folder: Path, bundle: Bundle) -> None:
    """Write a bundle, whole or not at all.

    Raises
    ------
    InputError
        If the place cannot be written to, or a bundle of that name is there already.
    """
    try:
        with whole_folder(folder) as temporary:
            bundle.model.save(temporary / MODEL)
            for part, scored in bundle.pairs.items():
                scored.write(temporary / f"{part}.csv")
            np.save(temporary / "seen.npy", bundle.seen)
            np.save(temporary / _LOOKS, bundle.looks)
            if bundle.known is not None:
                bundle.known.write(temporary / _KNOWN)
            (temporary / "history.json").write_text(to_json(bundle.history), "utf-8")
            (temporary / ABOUT).write_text(to_json({"format": FORMAT, **bundle.about}), "utf-8")
    except FileExistsError as error:
        raise InputError(f"{folder} exists already; give another place, or move it away") from error


def rewrite_about(folder: Path, about: dict[str, Any]) -> None:
    """Replace what is said about a bundle, such as its threshold; the network stays as it is."""
    with whole_file(folder / ABOUT) as temporary:
        temporary.write_text(to_json({"format": FORMAT, **about}), "utf-8")


def read_bundle(path: str | os.PathLike[str]) -> tuple[Path, Bundle]:
    """Read a bundle, or the newest of a folder of bundles.

    Raises
    ------
    InputError
        If there is none, it is damaged, or it was written by a newer siamese_nb.
    """
    folder = newest_bundle(path)
    try:
        about = json.loads((folder / ABOUT).read_text("utf-8"))
        written = about.pop("format")
        if written > FORMAT:
            raise InputError(
                f"{folder} was written by siamese_nb {about.get('versions', {}).get('siamese_nb', 'of a later date')}, "
                "which is newer than this one; update siamese-nb to read it"
            )
        float(about["threshold"]["threshold"])  # raises where there is none: no answer without it
        bundle = Bundle(
            model=_read_model(folder / MODEL),
            about=about,
            history=_read_history(folder / "history.json"),
            pairs={part: ScoredPairs.read(folder / f"{part}.csv") for part in ("validation", "test")},
            seen=np.load(folder / "seen.npy"),
            looks=np.load(folder / _LOOKS) if (folder / _LOOKS).exists() else no_looks(),
            known=Known.read(folder / _KNOWN),
        )
    except InputError:
        raise
    except Exception as error:  # json, zipfile, h5py and Keras each raise their own kinds for damaged files
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise InputError(f"the bundle {folder} is damaged ({reason}); train it again") from error
    return folder, bundle


def _read_model(file: Path) -> keras.Model:
    model = keras.saving.load_model(file, compile=False, safe_mode=True)
    for part in ("leg", "head"):
        model.get_layer(part)  # raises where there is none: some other network
    return model


def _read_history(file: Path) -> dict[str, list[float]]:
    values = json.loads(file.read_text("utf-8"))
    return {name: [math.nan if value is None else value for value in column] for name, column in values.items()}
