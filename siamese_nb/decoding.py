"""Decode files into a store on disk; what was decoded stays decoded, whenever the process is ended."""

import hashlib
import json
import math
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siamese_nb.images import ImageError, read_image
from siamese_nb.progress import progress_bar
from siamese_nb.storage import check_room, whole_file, whole_folder
from siamese_nb.threads import in_threads

IMAGES, ROWS, ABOUT = "images.npy", "rows.npy", "bank.json"
"""A store's files: the pictures; each one's stamp, digest and whether it is decoded; once all are, the rest."""

DAMAGED = (OSError, EOFError, ValueError, KeyError)
"""What reading a file of a cache raises where it is not there, or not whole."""

_ROW = np.dtype([("stamp", np.uint64), ("digest", np.uint64), ("done", np.bool_)])
_PER_THREAD = 16  # pictures that a thread holds: one by one, small ones would wait for the interpreter's lock
_COPIED = 1 << 26  # bytes that are taken over at once
_CONTAINED = 0.9  # share of another store's pictures that this one holds, from which on the other is of no more use
_LEFT_ALONE = 86_400  # seconds since a store was opened


@dataclass(frozen=True)
class Failure:
    """A file that could not be decoded: its row in the bank, the kind of fault, and the message for the user."""

    row: int
    kind: str
    message: str


def digest(content: bytes) -> int:
    """Hash a file's bytes to 64 bits.

    >>> digest(b"one") == digest(b"one"), digest(b"one") == digest(b"two")
    (True, False)
    """
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "big")


def make_store(folder: Path, files: Sequence[Path], stamps: NDArray[np.uint64], size: tuple[int, int]) -> None:
    """Decode files into a folder, going on from where an earlier try was ended.

    Pictures that another store beside it holds are copied from there. Several processes may make one store at a time:
    what each writes is the same, and the store counts as made when the first has all.

    Parameters
    ----------
    folder : Path
        Stores of one size share the beginning of their names, up to "-".
    files : sequence of n Path
    stamps : ndarray of shape (n,), uint64
        Equal for files of equal content, decoded by the same rule.
    size : (height, width)

    Raises
    ------
    InputError
        If the folder cannot be written to, or its disk is too full.
    """
    shape = (len(files), *size, 3)
    if not _is_sound(folder, shape):
        shutil.rmtree(folder, ignore_errors=True)
        check_room(math.prod(shape))
        with suppress(FileExistsError), whole_folder(folder) as temporary:
            np.lib.format.open_memmap(temporary / IMAGES, "w+", np.uint8, shape).flush()
            rows = np.zeros(len(files), _ROW)
            rows["stamp"] = stamps
            np.save(temporary / ROWS, rows)
    rows = np.load(folder / ROWS, mmap_mode="r+")
    check_room(int((~rows["done"]).sum()) * math.prod(shape[1:]))
    _take_over(folder, rows)
    failures = _decode(folder, rows, files, size)
    with whole_file(folder / ABOUT) as temporary:
        temporary.write_text(json.dumps({"size": size, "failures": [vars(failure) for failure in failures]}), "utf-8")


def _is_sound(folder: Path, shape: tuple[int, ...]) -> bool:
    try:
        images, rows = np.load(folder / IMAGES, mmap_mode="r"), np.load(folder / ROWS, mmap_mode="r")
    except DAMAGED:
        return False
    return bool(images.shape == shape and rows.shape == shape[:1] and rows.dtype == _ROW)


def _take_over(folder: Path, rows: NDArray[Any]) -> None:
    """Copy what other stores of this size hold: a folder in which one picture changed is not decoded again."""
    begins = _begins(folder)
    for other in _others(folder):
        if rows["done"].all():
            return
        with suppress(*DAMAGED):  # half made, half deleted: then it is of no use
            theirs = np.load(other / ROWS)
            mine, there = np.flatnonzero(~rows["done"]), np.flatnonzero(theirs["done"])
            _, at, found = np.intersect1d(rows["stamp"][mine], theirs["stamp"][there], return_indices=True)
            mine, there = mine[at], there[found]
            step = max(_COPIED // np.load(other / IMAGES, mmap_mode="r")[0].nbytes, 1)
            for start in range(0, len(mine), step):
                to, source = mine[start : start + step], there[start : start + step]
                order = np.argsort(to)
                # Mapped anew for each block, so that the pages of the last one are let go.
                images = np.load(other / IMAGES, mmap_mode="r")[source[order]]
                rows["digest"][to[order]] = theirs["digest"][source[order]]
                _write(folder, begins, rows, dict(zip(to[order].tolist(), images, strict=True)))


def drop_contained(folder: Path, stamps: NDArray[np.uint64]) -> None:
    """Remove finished stores of which this one holds nearly all: else each mended file would leave one behind.

    One that was opened within a day stays: another process, or another machine, may read it. Whoever needs one again
    has it copied from here, but for the tenth that this one may lack.
    """
    for other in _others(folder):
        with suppress(*DAMAGED):
            theirs = np.load(other / ROWS)["stamp"]
            idle = time.time() - (other / ABOUT).stat().st_mtime  # of one that is not finished there is none
            if idle > _LEFT_ALONE and len(theirs) and np.isin(theirs, stamps).mean() >= _CONTAINED:
                gone = other.with_name(f".{other.name}-{os.getpid()}")
                other.rename(gone)
                shutil.rmtree(gone, ignore_errors=True)


def _others(folder: Path) -> list[Path]:
    """List the stores of the same size."""
    return [other for other in folder.parent.glob(f"{folder.name.split('-')[0]}-*") if other != folder]


def _decode(folder: Path, rows: NDArray[Any], files: Sequence[Path], size: tuple[int, int]) -> list[Failure]:
    todo = np.flatnonzero(~rows["done"])
    parts = [todo[start : start + _PER_THREAD] for start in range(0, len(todo), _PER_THREAD)]
    said = f"Decoding to {size[1]} x {size[0]}"
    bar = progress_bar(None, said, "image", total=len(files), done=len(files) - len(todo))
    failures: list[Failure] = []
    begins = _begins(folder)

    def store(part: NDArray[np.int64]) -> tuple[int, list[Failure]]:
        read = list(_read(files, part, size))
        for row, code, _ in read:
            rows["digest"][row] = code
        _write(folder, begins, rows, {row: image for row, _, image in read if not isinstance(image, Failure)})
        return len(part), [image for _, _, image in read if isinstance(image, Failure)]

    # Pillow decodes and resizes outside the interpreter's lock, so threads use every core; each writes what it decoded.
    with bar, in_threads(store, parts) as stored:
        for n, failed in stored:
            failures += failed
            bar.update(n)
    return failures


def _read(
    files: Sequence[Path], rows: NDArray[np.int64], size: tuple[int, int]
) -> Iterator[tuple[int, int, NDArray[np.uint8] | Failure]]:
    """Yield each row with the digest of its file and what it shows, or why it cannot be shown."""
    for row in rows.tolist():
        code = 0
        try:
            content = files[row].read_bytes()
            code = digest(content)
            yield row, code, read_image(content, size)
        except ImageError as error:
            yield row, code, Failure(row, error.kind, str(error))
        except OSError as error:
            reason = f"the picture cannot be read: {error.strerror or error}"
            yield row, code, Failure(row, "unreadable", reason)


def _begins(folder: Path) -> int:
    """Tell where in the file the first picture begins; not in threads, where Python 3.11 may fail to parse headers."""
    return int(np.load(folder / IMAGES, mmap_mode="r").offset)


def _write(folder: Path, begins: int, rows: NDArray[Any], images: dict[int, NDArray[np.uint8]]) -> None:
    """Write pictures to their rows, then note that they are there.

    To the file and not to a mapping of it: what is mapped and touched counts as memory of this process, and a full disk
    would end it.
    """
    with (folder / IMAGES).open("r+b") as stream:
        for row, image in images.items():
            stream.seek(begins + row * image.size)
            stream.write(np.ascontiguousarray(image).data)
    rows["done"][list(images)] = True
