"""The embedded sample dataset, made on the user's machine: rendered products as couples, or real handwriting."""

import errno
import json
import os
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from siamese_nb.errors import InputError
from siamese_nb.files import SAMPLE_MARKER
from siamese_nb.progress import progress_bar
from siamese_nb.rendering import FAMILIES, render_couple
from siamese_nb.scanning import scan
from siamese_nb.storage import whole_folder
from siamese_nb.threads import in_threads

KINDS = {"objects": 112, "digits": 64}
"""Kind of sample -> side of its pictures in pixels, unless another is asked for."""

_LITTER = {".DS_Store", "Thumbs.db", "desktop.ini"}  # file browsers leave these behind; they are nobody's work
_REVISION = 1  # raised when the same settings come to give other pictures

_Job = Callable[[], dict[str, Image.Image]]


def write_sample(
    folder: str | os.PathLike[str],
    kind: str = "objects",
    seed: int = 0,
    *,
    couples: int = 300,
    size: int | None = None,
    progress: bool = True,
) -> Path:
    """Write the embedded sample dataset, whole or not at all.

    The same arguments give the same bytes on one machine. A complete sample of the same arguments is left as it is; a
    sample of other arguments is replaced, but never a folder with anything in it that is not the sample's own.

    Parameters
    ----------
    folder : str or path
        Where to; made, with its parents, if it is not there.
    kind : {"objects", "digits"}
        "objects": couples of pictures of rendered products, `<category>/<id>_one.png` and `<id>_two.png`.
        "digits": the handwriting that ships with scikit-learn as identities, `<digit>/<number>.png`.
    seed : int, at least 0
        Draws the objects; the digits are always the same.
    couples : int, at least 1
        Couples of objects in all, spread evenly over the categories.
    size : int, in [32, 512], optional
        Side of the square pictures in pixels; by default 112 for objects and 64 for digits.
    progress : bool
        Whether a progress bar appears, on standard error, once it takes more than two seconds.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    InputError
        If an argument is out of its range, the folder holds something else, or it cannot be written.
    """
    settings = _check(kind, seed, couples, size)
    with _one_line_errors(Path(folder)):
        place = Path(folder).resolve()
        if not _holds_sample(place, settings):
            with whole_folder(place, replace=True) as fresh:
                files = _write_pictures(fresh, _jobs(settings), progress)
                (fresh / SAMPLE_MARKER).write_text(json.dumps({**settings, "files": files}), encoding="utf-8")
    return Path(folder)


def choose_data(folder: str | os.PathLike[str]) -> Path:
    """Return a folder if the user has put pictures there, else the sample in it, which is made if it is missing.

    Parameters
    ----------
    folder : str or path
        The user's own, such as `data`; the sample lies in its `sample`. A file, such as one of labelled pairs, is the
        user's choice and returned as it is.

    Raises
    ------
    InputError
        If the sample is needed and cannot be written.
    """
    if Path(folder).is_file():
        return Path(folder)
    try:
        scan(folder)
    except InputError:
        sample = Path(folder) / "sample"
        return sample if (sample / SAMPLE_MARKER).exists() else write_sample(sample)
    return Path(folder)


def _check(kind: str, seed: int, couples: int, size: int | None) -> dict[str, Any]:
    """Return what decides the sample's bytes."""
    if kind not in KINDS:
        raise InputError(f"no sample of the kind {kind!r}: choose one of {', '.join(KINDS)}")
    size = KINDS[kind] if size is None else size
    for name, value, low, high in (("seed", seed, 0, 2**63), ("couples", couples, 1, 10**5), ("size", size, 32, 512)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or not low <= value <= high:
            raise InputError(f"{name} is {value!r}: give a whole number from {low} to {high}")
    drawn = {"seed": int(seed), "couples": int(couples)} if kind == "objects" else {}
    return {"kind": kind, "size": int(size), "revision": _REVISION, **drawn}


@contextmanager
def _one_line_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        mend = "free some space" if error.errno == errno.ENOSPC else "name a folder that you can write to"
        raise InputError(f"cannot write the sample to '{folder}' ({reason}): {mend}") from error


def _holds_sample(folder: Path, settings: dict[str, Any]) -> bool:
    """Return whether a folder holds this very sample; raise if it holds anything that is not a sample's own."""
    if not folder.exists():
        return False
    if not folder.is_dir():
        raise InputError(f"'{folder}' is a file: name a folder for the sample")
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if not path.is_dir()}
    marker = _read_marker(folder / SAMPLE_MARKER)
    checksums = marker.pop("files", {})
    if marker == settings and checksums.keys() <= found.keys():
        return True
    for name, path in found.items():
        own = name == SAMPLE_MARKER or path.name in _LITTER or checksums.get(name) == zlib.crc32(path.read_bytes())
        if not own:
            raise InputError(f"'{folder}' holds files that are not the sample, such as '{name}': name a new folder")
    return False


def _read_marker(path: Path) -> dict[str, Any]:
    try:
        marker = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return marker if isinstance(marker, dict) and isinstance(marker.get("files"), dict) else {}


def _write_pictures(folder: Path, jobs: list[_Job], progress: bool) -> dict[str, int]:
    """Run jobs in threads, write their pictures, return each file's checksum."""

    def write(job: _Job) -> dict[str, int]:
        checksums = {}
        for name, image in job().items():
            path = folder / name
            path.parent.mkdir(exist_ok=True)
            image.save(path)
            checksums[name] = zlib.crc32(path.read_bytes())
        return checksums

    files: dict[str, int] = {}
    # Threads, not processes: NumPy lets go of the interpreter lock, and they work from any script and notebook.
    with in_threads(write, jobs, min(os.cpu_count() or 1, 8)) as written:
        for checksums in progress_bar(written, "Drawing", "thing", total=len(jobs), shown=progress):
            files |= checksums
    return files


def _jobs(settings: dict[str, Any]) -> list[_Job]:
    if settings["kind"] == "digits":
        return [_digit_job(digit, settings["size"]) for digit in range(10)]
    families = list(FAMILIES)
    places = [divmod(i, len(families)) for i in range(settings["couples"])]
    return [_couple_job(settings["seed"], families[at], number + 1, settings["size"]) for number, at in places]


def _couple_job(seed: int, category: str, number: int, size: int) -> _Job:
    def job() -> dict[str, Image.Image]:
        # Seeded by name: a sample of more couples, or with new categories, holds the same ones as before.
        rng = np.random.default_rng([seed, zlib.crc32(category.encode()), number])
        one, two = render_couple(category, size, rng)
        stem = f"{category}/{category}_{number:03d}"
        return {f"{stem}_one.png": Image.fromarray(one), f"{stem}_two.png": Image.fromarray(two)}

    return job


def _digit_job(digit: int, size: int) -> _Job:
    def job() -> dict[str, Image.Image]:
        from sklearn.datasets import load_digits  # here: it takes a second to import

        digits = load_digits()
        ink = np.rint(digits.images[digits.target == digit] * (255 / 16)).astype(np.uint8)
        pictures = (Image.fromarray(image).resize((size, size), Image.Resampling.BICUBIC) for image in ink)
        return {f"{digit}/{number:04d}.png": picture for number, picture in enumerate(pictures)}

    return job
