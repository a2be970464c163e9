"""Files and folders that are written whole or not at all, and where caches belong."""

import csv
import json
import math
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

import platformdirs

from siamese_nb.errors import InputError


def cache_folder() -> Path:
    """Return the folder of caches: `$SIAMESE_NB_CACHE`, or the user's own cache folder.

    Everything in it can be deleted at any time; it is made again when needed.
    """
    chosen = os.environ.get("SIAMESE_NB_CACHE")
    return Path(chosen) if chosen else platformdirs.user_cache_path("siamese_nb")


def to_json(values: dict[str, Any]) -> str:
    """Write values as JSON; NaN and infinity, at any depth, become null, because JSON has no words for them.

    >>> print(to_json({"recall": float("nan")}))
    {
     "recall": null
    }
    """
    return json.dumps(_finite(values), indent=1, allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def check_writable(folder: str | os.PathLike[str]) -> None:
    """Raise `InputError` if a folder cannot be made or nothing can be written to it; leave nothing behind.

    To be called before work that takes long.
    """
    folder = Path(folder)
    made = [place for place in (folder, *folder.parents) if not place.exists()]
    with _place_beside(folder / "probe"):
        pass
    for place in made:
        with suppress(OSError):  # somebody else has put something there meanwhile
            place.rmdir()


def check_room(needed: int) -> None:
    """Raise `InputError` if the cache's disk lacks so many bytes; to be called before anything is written."""
    folder = cache_folder().absolute()
    place = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = shutil.disk_usage(place).free
    if needed > free:
        raise InputError(
            f"the cache needs {needed / 2**20:.0f} MB, and the disk of {cache_folder()} has {free / 2**20:.0f} MB; "
            "free some, or set SIAMESE_NB_CACHE to a folder on another disk"
        )


@contextmanager
def whole_folder(path: str | os.PathLike[str], *, replace: bool = False) -> Iterator[Path]:
    """Yield a temporary folder that takes the name `path` when the block ends well, and vanishes when it does not.

    Parameters
    ----------
    path : path
    replace : bool
        Whether what is there is replaced; it goes only once the new folder stands.

    Raises
    ------
    InputError
        If the place cannot be written to.
    FileExistsError
        If `path` is there, or came into being meanwhile, and is not to be replaced; it is left alone.
    """
    path = Path(path)
    with _place_beside(path) as temporary:
        temporary.mkdir()
        yield temporary
        with _aside(path) if replace and path.exists() else nullcontext():
            try:
                temporary.replace(path)  # takes the place of nothing or of an empty folder, in one step
            except OSError as error:
                if path.exists():
                    raise FileExistsError(f"{path} exists already") from error
                raise


@contextmanager
def _aside(path: Path) -> Iterator[None]:
    """Put a folder aside for a block that makes another of its name; put it back if the block fails."""
    holder = Path(tempfile.mkdtemp(prefix=f".{path.name}-old-", dir=path.parent))
    path.replace(holder / path.name)
    try:
        yield
    except BaseException:  # Ctrl-C too
        (holder / path.name).replace(path)
        holder.rmdir()
        raise
    shutil.rmtree(holder, ignore_errors=True)


@contextmanager
def whole_file(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield the path of a temporary file that replaces `path` when the block ends well, and vanishes when it does not.

    Raises
    ------
    InputError
        If the place cannot be written to.
    """
    path = Path(path)
    with _place_beside(path) as temporary:
        yield temporary
        temporary.replace(path)


def write_rows(path: str | os.PathLike[str], columns: Sequence[str], rows: Iterable[Iterable[Any]]) -> None:
    """Write a table as CSV, whole or not at all, file names to their last byte.

    Raises
    ------
    InputError
        If the place cannot be written to.
    """
    with (
        whole_file(path) as temporary,
        temporary.open("w", newline="", encoding="utf-8", errors="surrogateescape") as stream,
    ):
        writer = csv.writer(stream)
        writer.writerow(columns)
        writer.writerows(rows)


@contextmanager
def _place_beside(path: Path) -> Iterator[Path]:
    """Yield a free hidden path on the same file system, so that the final rename is atomic."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        holder = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
    except OSError as error:
        raise InputError(
            f"cannot write {path}: {error.strerror or error}; give a folder that you may write to"
        ) from error
    try:
        yield holder / path.name
    finally:
        shutil.rmtree(holder, ignore_errors=True)
