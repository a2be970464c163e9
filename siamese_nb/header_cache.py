"""Headers that were read before, found again by a file's path, length and modification time."""

import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import astuple, fields
from pathlib import Path

import PIL

from siamese_nb.errors import InputError
from siamese_nb.images import Header, read_header
from siamese_nb.storage import cache_folder, whole_file

# Another version of Pillow may say something else of the same file, and another version of this package more.
_RULE = " ".join([f"Pillow {PIL.__version__}", *(field.name for field in fields(Header))])


@contextmanager
def cached_headers(root: Path) -> Iterator[Callable[[str], Header]]:
    """Yield a function that reads the header of a file below a folder, each unchanged file once in all runs.

    What was read is kept when the block ends, also by an interrupt. What could not be read is never kept: it may have
    been unreadable for a moment only. The function may be called from several threads.
    """
    key = hashlib.blake2b(f"{_RULE}\0{root.absolute()}".encode("utf-8", "surrogateescape"), digest_size=16).hexdigest()
    file = cache_folder() / "headers" / f"{key}.json"
    known, added = _load(file), {}

    def read(path: str) -> Header:
        stamp = _stamp(root / path)
        before = known.get(path)
        if before is not None and before[:2] == stamp:
            return Header(*before[2:])
        header = read_header(root / path)
        if stamp:
            added[path] = [*stamp, *astuple(header)]
        return header

    try:
        yield read
    finally:
        if added:
            _save(file, known | added)


def _stamp(file: Path) -> list[int]:
    try:
        status = file.stat()
    except (OSError, ValueError):  # ValueError: a NUL in the name; reading the header will say what is wrong
        return []
    return [status.st_size, status.st_mtime_ns]


def _load(file: Path) -> dict[str, list]:  # type: ignore[type-arg]  # length, time, and the fields of a header
    try:
        known = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):  # not there, or damaged: whatever lies in a cache may be deleted
        return {}
    return known if isinstance(known, dict) else {}


def _save(file: Path, headers: dict[str, list]) -> None:  # type: ignore[type-arg]
    # A scan is not to fail because it cannot be remembered; a bank, which is needed, says so.
    with suppress(OSError, InputError), whole_file(file) as temporary:
        temporary.write_text(json.dumps(headers, separators=(",", ":")), "utf-8")
