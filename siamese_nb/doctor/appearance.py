"""How each picture of a bank looks: statistics and hashes, remembered by the file's content."""

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siamese_nb.bank import Bank
from siamese_nb.decoding import digest
from siamese_nb.doctor.hashes import perceptual_hashes
from siamese_nb.doctor.statistics import Statistics
from siamese_nb.images import READING_RULE
from siamese_nb.progress import progress_bar
from siamese_nb.storage import cache_folder, whole_file
from siamese_nb.threads import in_threads
from siamese_nb.thumbnails import shrink

# Part of the cache's key: a change of what is measured must change it.
_RULE = f"{READING_RULE}-appearance-1"
_SINGLE = ("brightness", "darkest", "brightest", "spread", "detail", "sharpness")
_ROW = np.dtype(
    [
        ("digest", np.uint64), ("hashes", np.uint64, 4), ("pixels", np.uint64),
        *((name, np.float32) for name in _SINGLE), ("border", np.float32, 3),
    ]
)  # fmt: skip
_KEPT = 32  # tables of a size
_AT_ONCE = 128  # pictures that a thread measures at once: 15 MB of floats
_OTHERS = 8  # tables of other banks to look a picture up in, the newest


@dataclass(frozen=True, eq=False)
class Appearance:
    """How n pictures look, as small as `THUMBNAIL`.

    Attributes
    ----------
    statistics : Statistics
    hashes : ndarray of shape (n, 4), uint64
        See `perceptual_hashes`.
    pixels : ndarray of shape (n,), uint64
        Equal for equal thumbnails.
    """

    statistics: Statistics
    hashes: NDArray[np.uint64]
    pixels: NDArray[np.uint64]


def appearance_of(bank: Bank) -> Appearance:
    """Measure a bank's pictures in one pass, or read from the cache how they look.

    A picture is found again by its file's content, so of a dataset in which one file changed one picture is measured.

    Raises
    ------
    InputError
        If the cache folder cannot be written to.
    """
    size = "x".join(map(str, bank.images.shape[1:3]))
    key = hashlib.blake2b(np.ascontiguousarray(bank.digests).tobytes(), digest_size=16).hexdigest()
    file = cache_folder() / "appearance" / f"{_RULE}-{size}-{key}.npy"
    table = _read(file)
    if table is None or len(table) != len(bank.digests):
        table = _measured(bank, file)
        with whole_file(file) as temporary, temporary.open("wb") as stream:
            np.save(stream, table)
        _forget_old(file, size)
    statistics = Statistics(**{name: table[name] for name in (*_SINGLE, "border")})
    return Appearance(statistics, np.ascontiguousarray(table["hashes"]), table["pixels"])


def _read(file: Path) -> NDArray[Any] | None:
    with suppress(OSError, EOFError, ValueError):  # not there, or damaged: whatever lies in a cache may be deleted
        table = np.load(file)
        return table if table.dtype == _ROW else None
    return None


def _forget_old(file: Path, size: str) -> None:
    """Remove all but the newest tables: each state of a dataset leaves one."""
    for old in _newest_first(f"{_RULE}-{size}-*.npy", file.parent)[_KEPT:]:
        with suppress(OSError):  # Windows keeps a file that is read
            old.unlink()


def _newest_first(pattern: str, folder: Path) -> list[Path]:
    """List files; none where another process clears the cache at this moment."""
    with suppress(OSError):
        return sorted(folder.glob(pattern), key=lambda file: -file.stat().st_mtime)
    return []


def _measured(bank: Bank, file: Path) -> NDArray[Any]:
    """Measure what no table beside the file holds."""
    table = np.zeros(len(bank.digests), _ROW)
    unknown = _look_up(table, bank.digests, file)
    blocks = [unknown[start : start + _AT_ONCE] for start in range(0, len(unknown), _AT_ONCE)]

    def measure(rows: NDArray[np.int64]) -> int:
        table[rows] = _measure(bank.images[rows], bank.digests[rows])
        return len(rows)

    bar = progress_bar(None, "Measuring", "image", total=len(table), done=len(table) - len(unknown))
    with bar, in_threads(measure, blocks) as measured:
        for n in measured:
            bar.update(n)
    return table


def _look_up(table: NDArray[Any], digests: NDArray[np.uint64], file: Path) -> NDArray[np.int64]:
    """Fill in the rows of pictures that other tables hold, and return the other rows."""
    unknown = np.arange(len(table))
    for other in _newest_first(f"{file.name.rpartition('-')[0]}-*", file.parent)[:_OTHERS]:
        known = _read(other) if len(unknown) else None
        if known is not None and len(known):
            known = known[np.argsort(known["digest"])]
            at = np.minimum(np.searchsorted(known["digest"], digests[unknown]), len(known) - 1)
            found = known["digest"][at] == digests[unknown]
            table[unknown[found]] = known[at[found]]
            unknown = unknown[~found]
    return unknown


def _measure(images: NDArray[np.uint8], digests: NDArray[np.uint64]) -> NDArray[Any]:
    small = shrink(images)
    table = np.empty(len(small), _ROW)
    table["digest"] = digests
    table["hashes"] = perceptual_hashes(small)
    table["pixels"] = [digest(image.tobytes()) for image in small]
    for name, values in vars(Statistics.of(small)).items():
        table[name] = values
    return table
