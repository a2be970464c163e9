"""The bank: all images of a dataset decoded once to uint8[n, height, width, 3] on disk, memory-mapped."""

import hashlib
import json
import math
import os
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm.auto import tqdm

from siamese_nb.errors import InputError
from siamese_nb.images import READING_RULE, ImageError, read_image
from siamese_nb.storage import cache_folder, whole_folder

_AT_ONCE = 256  # files in flight: bounds memory, keeps every core busy


@dataclass(frozen=True)
class Failure:
    """A file that could not be decoded: its row in the bank, the kind of fault, and the message for the user."""

    row: int
    kind: str
    message: str


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
        """Open the bank of these files at this size, decoding them if no bank of them lies in the cache.

        A bank is found again by every file's path, length and modification time, the size and the reading rule.

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
        folder = cache_folder() / "banks" / _key(files, size)
        if folder.exists():
            try:
                return cls._read(folder)
            except (OSError, EOFError, ValueError, KeyError):  # damaged: whatever lies in a cache may be deleted
                shutil.rmtree(folder, ignore_errors=True)
        # Another process may have made the same bank meanwhile: then that one is taken.
        with suppress(FileExistsError), whole_folder(folder) as temporary:
            _check_room(temporary, len(files), size)
            _decode_all(files, size, temporary)
        return cls._read(folder)

    @classmethod
    def _read(cls, folder: Path) -> "Bank":
        about = json.loads((folder / "bank.json").read_text("utf-8"))
        return cls(
            images=np.load(folder / "images.npy", mmap_mode="r"),
            digests=np.load(folder / "digests.npy"),
            failures=tuple(Failure(**failure) for failure in about["failures"]),
        )


def digest(content: bytes) -> int:
    """Hash a file's bytes to 64 bits.

    >>> digest(b"one") == digest(b"one"), digest(b"one") == digest(b"two")
    (True, False)
    """
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "big")


def _key(files: Sequence[Path], size: tuple[int, int]) -> str:
    parts = [READING_RULE, *map(str, size)]
    for file in files:
        parts.append(str(file.absolute()))
        with suppress(OSError):  # what vanished since the scan has neither, and is a failure of the bank
            status = file.stat()
            parts += [str(status.st_size), str(status.st_mtime_ns)]
    return hashlib.blake2b("\0".join(parts).encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()


def _check_room(folder: Path, n: int, size: tuple[int, int]) -> None:
    """Raise while nothing is lost: writing to a mapped file on a full disk kills the process."""
    needed, free = math.prod((n, *size, 3)), shutil.disk_usage(folder).free
    if needed > free:
        raise InputError(
            f"the cache needs {needed / 2**20:.0f} MB, and the disk of {cache_folder()} has {free / 2**20:.0f} MB; "
            "free some, or set SIAMESE_NB_CACHE to a folder on another disk"
        )


def _decode_all(files: Sequence[Path], size: tuple[int, int], folder: Path) -> None:
    shape = (len(files), *size, 3)
    images = np.lib.format.open_memmap(folder / "images.npy", mode="w+", dtype=np.uint8, shape=shape)
    digests = np.zeros(len(files), np.uint64)

    def decode(row: int) -> Failure | None:
        try:
            content = files[row].read_bytes()
            digests[row] = digest(content)
            images[row] = read_image(content, size)
        except ImageError as error:
            return Failure(row, error.kind, str(error))
        except OSError as error:
            return Failure(row, "unreadable", f"the picture cannot be read: {error.strerror or error}")
        return None

    failures: list[Failure] = []
    bar = tqdm(total=len(files), desc="Decoding", unit="image", delay=2, leave=False)
    # Pillow decodes and resizes outside the interpreter's lock, so threads use every core.
    with bar, ThreadPoolExecutor(os.cpu_count()) as pool:
        for start in range(0, len(files), _AT_ONCE):
            rows = range(start, min(start + _AT_ONCE, len(files)))
            failures += [failure for failure in pool.map(decode, rows) if failure]
            bar.update(len(rows))
    images.flush()
    np.save(folder / "digests.npy", digests)
    about = {"files": len(files), "size": size, "rule": READING_RULE, "failures": [vars(f) for f in failures]}
    (folder / "bank.json").write_text(json.dumps(about), "utf-8")
