"""Find a bundle among folders, before any network is needed."""

import os
from pathlib import Path

from siamese_nb.errors import InputError

ABOUT = "bundle.json"
MODEL = "model.keras"


def newest_bundle(path: str | os.PathLike[str]) -> Path:
    """Return the folder itself if it is a bundle, else the newest bundle in it.

    Of bundles of the same time, as copies may be, it is the last by name, which starts with the time of its run.

    Raises
    ------
    InputError
        If there is no bundle.
    """
    folder = Path(path)
    if (folder / ABOUT).is_file():
        return folder
    networks = [file for file in folder.glob(f"*/{MODEL}") if not file.parent.name.startswith(".")]
    found = [file for file in networks if (file.parent / ABOUT).is_file()]
    if not found:
        raise InputError(f"there is no bundle in {folder}; train one with: siamese-nb train DATA --out {folder}")
    # By the network's time: a threshold that is changed later does not make its bundle a newer one.
    return max(found, key=lambda file: (file.stat().st_mtime_ns, file.parent.name)).parent
