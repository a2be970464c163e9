"""The bank: all images of a dataset decoded once to uint8[n, height, width, 3] on disk, memory-mapped."""

import hashlib
import json
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from siamese_nb.decoding import ABOUT, DAMAGED, IMAGES, ROWS, Failure, digest, drop_contained, make_store
from siamese_nb.images import READING_RULE
from siamese_nb.storage import cache_folder


@dataclass(frozen=True)
class Bank:
    """All images of a dataset, decoded and resized once.

    Attributes
    ----------
    images : ndarray of shape (n, height, width, 3), uint8, memory-mapped
        Row i is file i; rows of files that failed are black.
    digests : ndarray of shape (n,), uint64
        Hash of each file's bytes: equal files have equal digests.
    failures : tuple of Failure
        The files that could not be decoded.
    """

    images: NDArray[np.uint8]
    digests: NDArray[np.uint64]
    failures: tuple[Failure, ...]

    @classmethod
    def open(cls, files: Sequence[Path], size: tuple[int, int]) -> "Bank":
        """Open the bank of these files at this size, decoding what no bank in the cache holds.

        A file is found again by its path, length and modification time, the size and the reading rule. What was decoded
        before an interrupt is not decoded again, nor what did not change in a folder where some files did.

        Parameters
        ----------
        files : sequence of Path
        size : (height, width)
            In pixels.

        Raises
        ------
        InputError
            If the cache folder cannot be written to, or its disk is too full.
        """
        stamps = np.array([_stamp(file) for file in files], np.uint64)
        key = hashlib.blake2b(stamps.tobytes(), digest_size=16).hexdigest()
        folder = cache_folder() / "banks" / f"{size[0]}x{size[1]}-{key}"
        with suppress(*DAMAGED):
            return cls._read(folder)
        make_store(folder, files, stamps, size)
        bank = cls._read(folder)
        drop_contained(folder, stamps)
        return bank

    @classmethod
    def _read(cls, folder: Path) -> "Bank":
        about = json.loads((folder / ABOUT).read_text("utf-8"))
        with suppress(OSError):  # a cache may be read-only
            os.utime(folder / ABOUT)  # in use
        return cls(
            images=np.load(folder / IMAGES, mmap_mode="r"),
            digests=np.ascontiguousarray(np.load(folder / ROWS)["digest"]),
            failures=tuple(Failure(**failure) for failure in about["failures"]),
        )


def _stamp(file: Path) -> int:
    parts = [READING_RULE, str(file.absolute())]
    with suppress(OSError):  # what vanished since the scan has neither, and is a failure of the bank
        status = file.stat()
        parts += [str(status.st_size), str(status.st_mtime_ns)]
    return digest("\0".join(parts).encode("utf-8", "surrogateescape"))
