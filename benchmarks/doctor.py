"""Measure the doctor: faults that are put into a copy of a folder and found, sound files accused, time and memory.

    python benchmarks/doctor.py faults FOLDER     recall and precision of each kind over 200 faults
    python benchmarks/doctor.py time N            scan, bank and examination of N made-up photos, cold and again

FOLDER is of the layout `identities`. It is copied first and never touched.
"""

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageEnhance, ImageFilter

from siamese_nb.dataset import scan
from siamese_nb.doctor import THUMBNAIL, examine

FAULTS = 200


def spoil(change: Callable[[Image.Image], Image.Image]) -> Callable[[Path, Path, Path], None]:
    """Return a fault that changes what a file shows and keeps its name and format."""

    def put(file: Path, _same: Path, _other: Path) -> None:
        image = Image.open(file)
        change(image.convert("RGB")).save(file, image.format)

    return put


def blur(image: Image.Image) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(0.04 * min(image.size)))


def dust(image: Image.Image) -> Image.Image:
    grain = np.random.default_rng(list(image.tobytes()[::97])).normal(128, 2, (*image.size[::-1], 3))
    return Image.fromarray(grain.clip(0, 255).astype(np.uint8))


def lie(file: Path, _same: Path, _other: Path) -> None:
    image = Image.open(file)
    image.convert("RGB").save(file, "PNG" if image.format == "JPEG" else "JPEG", quality=92)


def turn(file: Path, _same: Path, _other: Path) -> None:
    image, exif = Image.open(file), Image.Exif()
    exif[ExifTags.Base.Orientation] = 8
    image.save(file, image.format, exif=exif)


def odd(file: Path, _same: Path, _other: Path) -> None:
    image = Image.open(file)
    if image.format == "JPEG":
        image.convert("CMYK").save(file, "JPEG")
    else:
        Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257).save(file, "PNG")


def cut(file: Path, _same: Path, _other: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: len(content) * 6 // 10])


def copy(file: Path, same: Path, _other: Path) -> None:
    shutil.copyfile(same, file)


def copy_across(file: Path, _same: Path, other: Path) -> None:
    shutil.copyfile(other, file)


def encode(file: Path, source: Path) -> None:
    image = Image.open(source)
    smaller = ImageEnhance.Brightness(image.convert("RGB")).enhance(1.1).resize([side * 3 // 4 for side in image.size])
    smaller.save(file, image.format, quality=60)


FAULT_KINDS: dict[str, tuple[tuple[str, ...], Callable[[Path, Path, Path], object]]] = {
    "wrong suffix": (("wrong_suffix",), lie),
    "too small": (("too_small",), spoil(lambda image: image.resize((24, 24)))),
    "extreme aspect": (("extreme_aspect",), spoil(lambda image: image.resize((image.width * 4, image.height)))),
    "blank": (("blank",), spoil(lambda image: image.resize((1, 1)).resize(image.size))),
    "blank with grain": (("blank",), spoil(dust)),
    "very dark": (("very_dark",), spoil(lambda image: image.point(lambda value: value * 0.15))),
    "very bright": (("very_bright",), spoil(lambda image: image.point(lambda value: 220 + value * 0.13))),
    "very blurred": (("very_blurred",), spoil(blur)),
    "odd mode": (("odd_mode",), odd),
    "EXIF rotation": (("exif_rotation",), turn),
    "truncated": (("truncated", "unreadable"), cut),
    "0 bytes": (("empty",), lambda file, *_: file.write_bytes(b"")),
    "no picture": (("unreadable",), lambda file, *_: file.write_bytes(b"<html>not found</html>" * 9)),
    "copy, same thing": (("same_file_within_thing",), copy),
    "copy, other thing": (("same_file_across_things", "same_file_across_categories"), copy_across),
    "near copy, same thing": (("near_duplicate_within_thing",), lambda file, same, _: encode(file, same)),
    "near copy, other thing": (
        ("near_duplicate_across_things", "near_duplicate_across_categories"),
        lambda file, _, other: encode(file, other),
    ),
}


def measure_faults(folder: Path) -> None:
    """Put 200 faults of all kinds into a copy, and print what was found of each kind, and who was accused."""
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as place:
        root = Path(shutil.copytree(folder, Path(place) / folder.name))
        before = accused(root)
        dataset = scan(root)
        rows = rng.permutation(len(dataset.paths))
        spoilt: dict[str, str] = {}
        sources: set[str] = set()
        for row in rows.tolist():
            if len(spoilt) == FAULTS:
                break
            path = dataset.paths[row]
            same = rng.permutation(np.flatnonzero(dataset.identity == dataset.identity[row]))
            other = rng.permutation(np.flatnonzero(dataset.identity != dataset.identity[row])[::7])
            taken = {path, *spoilt, *sources}
            pair = [
                next(dataset.paths[at] for at in found if dataset.paths[at] not in taken) for found in (same, other)
            ]
            if path in sources:
                continue
            name = list(FAULT_KINDS)[len(spoilt) % len(FAULT_KINDS)]
            FAULT_KINDS[name][1](root / path, *(root / source for source in pair))
            spoilt[path] = name
            sources |= set(pair) if "copy" in name else set()
        after = accused(root)
    print(f"{folder.name}: {len(dataset.paths):,} files, {len(spoilt)} faults")
    print(f"{'fault':24}{'put in':>7}{'found':>7}{'recall':>8}{'accused':>9}{'precision':>11}")
    for name, (kinds, _) in FAULT_KINDS.items():
        injected = {path for path, fault in spoilt.items() if fault == name}
        of_kind = {path for path, fault in spoilt.items() if set(FAULT_KINDS[fault][0]) & set(kinds)}
        named = set().union(*(after.get(kind, set()) for kind in kinds))
        # What the untouched folder was accused of is accused wrongly here too, unless it is a copy, which is there.
        known = set().union(*(before.get(kind, set()) for kind in kinds)) if "copy" in name else set()
        wrongly = named - of_kind - (sources | known if "copy" in name else set())
        found = len(injected & named)
        share = found / max(found + len(wrongly), 1)
        print(f"{name:24}{len(injected):7}{found:7}{found / len(injected):8.2f}{len(wrongly):9}{share:11.2f}")
    print("in the untouched folder:", {kind: len(paths) for kind, paths in before.items()} or "nothing")


def accused(root: Path) -> dict[str, set[str]]:
    """Return the files that each kind of finding names."""
    found = examine(*scan(root).bank(THUMBNAIL))
    return {finding.kind: set(finding.paths) for finding in found if finding.paths}


def measure_time(n: int) -> None:
    """Print seconds and peak memory of two examinations of n photos of 256 pixels, each in a process."""
    with tempfile.TemporaryDirectory() as place:
        rng = np.random.default_rng(0)
        for thing in range(n // 10):
            (Path(place) / "data" / str(thing)).mkdir(parents=True)
            for picture in range(10):
                small = Image.fromarray(rng.integers(0, 256, (24, 24, 3), np.uint8))
                small.resize((256, 256)).save(Path(place) / "data" / str(thing) / f"{picture}.jpg", quality=85)
        for run in ("first", "second"):
            command = [sys.executable, __file__, "once", str(Path(place) / "data")]
            environment = os.environ | {"SIAMESE_NB_CACHE": str(Path(place) / "cache")}
            answer = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
            print(f"{n:,} files, {run}:", answer.strip(), flush=True)


def measure_once(folder: Path) -> None:
    """Examine a folder and print how long each step took."""
    marks = [time.perf_counter()]
    dataset = scan(folder)
    marks.append(time.perf_counter())
    dataset, bank = dataset.bank(THUMBNAIL)
    marks.append(time.perf_counter())
    examine(dataset, bank)
    marks.append(time.perf_counter())
    seconds = dict(zip(("scan", "bank", "examine"), np.diff(marks).round(1).tolist(), strict=True))
    print(json.dumps(seconds | {"peak MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}))


if __name__ == "__main__":
    what, value = sys.argv[1:]
    if what == "time":
        measure_time(int(value))
    else:
        {"faults": measure_faults, "once": measure_once}[what](Path(value))
