"""Where a verifier comes from: the dataset and the versions, kept in its bundle."""

import hashlib
import importlib.metadata
import platform
from typing import Any

import keras
import numpy as np

from siamese_nb.bank import Bank
from siamese_nb.dataset import Dataset
from siamese_nb.split import PARTS, Split


def dataset_facts(dataset: Dataset, bank: Bank, split: Split) -> dict[str, Any]:
    """Say what a dataset held, and name its very content by a fingerprint of all paths and files."""
    lines = (f"{path} {digest}" for path, digest in zip(dataset.paths, bank.digests, strict=True))
    content = "\n".join(lines).encode("utf-8", "surrogateescape")
    return {
        "name": dataset.root.resolve().name,
        "layout": dataset.layout,
        "images": dataset.n_images,
        "couples": dataset.n_couples,
        "categories": len(dataset.couples_per_category()),
        "problems": len(dataset.problems),
        "fingerprint": hashlib.blake2b(content, digest_size=16).hexdigest(),
        "parts": {part: len(np.unique(getattr(split, part).identity)) for part in PARTS},
    }


def versions() -> dict[str, str]:
    """Name what a bundle was made with."""
    return {
        "siamese_nb": importlib.metadata.version("siamese-nb"),
        "python": platform.python_version(),
        "keras": keras.__version__,
        "backend": keras.backend.backend(),
    }
