"""Measure the doctor: faults that are put into a copy of a folder and found, sound files accused, time and memory.

    python benchmarks/doctor.py faults FOLDER        recall and precision of each kind over 200 faults
    python benchmarks/doctor.py labels FOLDER [FILE [trained]]
                                                     suspects found where 2% of the labels are wrong, by looks alone, by
                                                     MobileNetV2 with the weights in FILE, or by a bundle of it that was
                                                     trained on those very labels (one draw instead of five)
    python benchmarks/doctor.py disguises FOLDER FILE
                                                     copies in disguise that MobileNetV2 finds, weights in FILE
    python benchmarks/doctor.py time FOLDER N...     scan, bank and examination of N files, first and second time, and
                                                     once more after one file has changed
    python benchmarks/doctor.py decode FOLDER SIDE   decoding speed, beside Pillow in one thread and tf.data

Seconds are of the clock, and in brackets of the processor, which a laden machine changes less.

FOLDER is of the layout `identities`, of JPEG files for the last. It is copied first and never touched. SIDE=224 in the
environment makes pictures of so many pixels of it.
"""

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageEnhance, ImageFilter

from siamese_nb.bank import Bank
from siamese_nb.dataset import Dataset
from siamese_nb.descriptors import describe_looks
from siamese_nb.doctor import examine
from siamese_nb.layouts import NOT_IN_USE
from siamese_nb.scanning import scan
from siamese_nb.settings import BASE_SIZE
from siamese_nb.suspects import find_suspects, unit_length

FAULTS = 200
SIDE = int(os.environ.get("SIDE", BASE_SIZE))  # pixels of the bank


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


def measure_labels(folder: Path, weights: str | None = None, trained: str = "") -> None:
    """Give 2% of the pictures another thing's label, and print how many of them a list of suspects names."""
    dataset, bank = scan(folder).decode((SIDE, SIDE))
    if weights:
        from siamese_nb.embedding_cache import bank_embeddings
        from siamese_nb.legs import build_leg

        embeddings = np.asarray(bank_embeddings(build_leg("mobilenetv2", SIDE, weights), bank))
    else:
        embeddings = describe_looks(bank.images)
    judge = f"{trained} mobilenetv2".strip() if weights else "looks"
    print(f"{folder.name}: {len(dataset.paths):,} pictures, by {judge}")
    for name, spoil_labels in (("pictures", mislabelled), ("couples", swapped)):
        shares = []
        for seed in range(1 if trained else 5):
            wrong, changed = spoil_labels(dataset, seed)
            if weights and trained:
                embeddings = trained_embeddings(changed, bank, weights)
            found = find_suspects(changed, embeddings, most=10**6)
            ranked = list(dict.fromkeys(suspect.one for suspect in found))
            shares.append([len(wrong & set(ranked[: times * len(wrong)])) / len(wrong) for times in (1, 2)])
        once, twice = np.mean(shares, axis=0)
        print(f"{name}: {len(wrong)} wrong, {once:.2f} of them among as many suspects, {twice:.2f} among twice as many")


def trained_embeddings(dataset: Dataset, bank: Bank, weights: str) -> np.ndarray:
    """Train MobileNetV2's head on a dataset, and embed its pictures by the bundle."""
    from siamese_nb import TrainConfig, train
    from siamese_nb.embedding_cache import bank_embeddings

    config = TrainConfig(leg="mobilenetv2", weights=weights, image_size=SIDE, epochs=10)
    with tempfile.TemporaryDirectory() as place:
        verifier = train(dataset, config, out=Path(place) / "out", logs=Path(place) / "logs")
    return np.asarray(bank_embeddings(verifier.leg, bank))


def measure_disguises(folder: Path, weights: str) -> None:
    """Disguise 150 pictures, and print how many reach the likeness that tells a copy, and how many other pairs do."""
    from siamese_nb.doctor.disguises import DISGUISES, disguised_likeness
    from siamese_nb.embedding_cache import bank_embeddings
    from siamese_nb.embeddings import embed
    from siamese_nb.legs import build_leg

    dataset, bank = scan(folder).decode((SIDE, SIDE))
    leg, rng = build_leg("mobilenetv2", SIDE, weights), np.random.default_rng(1)
    least = disguised_likeness(bank.images, lambda images: embed(leg, images))
    embeddings = unit_length(np.asarray(bank_embeddings(leg, bank)))
    rows = np.sort(rng.permutation(len(embeddings))[:1500])
    one, two = np.triu_indices(len(rows), 1)
    above = (embeddings[rows] @ embeddings[rows].T)[one, two] >= least
    same = (dataset.identity[rows][one] == dataset.identity[rows][two]) & above
    print(f"{folder.name} at {SIDE} pixels: likeness {least:.3f}, reached by {above.sum():,} of {len(one):,} pairs of")
    print(f"other pictures, {same.sum():,} of them of one thing, and by this share of the disguised pictures:")
    rows = np.sort(rng.permutation(len(embeddings))[:150])
    for disguise in DISGUISES:
        cosine = np.einsum("ij,ij->i", embeddings[rows], unit_length(embed(leg, disguise(bank.images[rows]))))
        print(f"{disguise.__name__:10}{(cosine >= least).mean():.2f}")


def mislabelled(dataset: Dataset, seed: int) -> tuple[set[str], Dataset]:
    """Move 2% of the pictures to another thing."""
    rng, n = np.random.default_rng(seed), len(dataset.paths)
    wrong, identity = rng.choice(n, n // 50, replace=False), dataset.identity.copy()
    identity[wrong] = (identity[wrong] + rng.integers(1, identity.max(), len(wrong))) % (identity.max() + 1)
    return {dataset.paths[row] for row in wrong}, replace(dataset, identity=identity)


def swapped(dataset: Dataset, seed: int) -> tuple[set[str], Dataset]:
    """Keep a couple of each thing, and hand the second pictures of 5% of them round."""
    order = np.argsort(dataset.identity, kind="stable")
    _, first, counts = np.unique(dataset.identity[order], return_index=True, return_counts=True)
    couples = np.stack([order[first], order[first + 1]], axis=1)[counts > 1]
    identity = np.full(len(dataset.paths), NOT_IN_USE)
    identity[couples] = np.arange(len(couples))[:, None]
    chosen = couples[np.random.default_rng(seed).choice(len(couples), max(len(couples) // 20, 2), replace=False)]
    identity[chosen[:, 1]] = np.roll(identity[chosen[:, 1]], 1)
    return {dataset.paths[row] for row in chosen.ravel()}, replace(dataset, identity=identity)


def accused(root: Path) -> dict[str, set[str]]:
    """Return the files that each kind of finding names."""
    found = examine(*scan(root).decode((SIDE, SIDE)))
    return {finding.kind: set(finding.paths) for finding in found if finding.paths}


def measure_time(folder: Path, sizes: Sequence[int]) -> None:
    """Print seconds and peak memory of three examinations of n files, each in a process of its own."""
    for n in sizes:
        with tempfile.TemporaryDirectory() as place:
            multiply(folder, Path(place) / "data", n)
            for run in ("first", "second", "one file changed"):
                if run == "one file changed":
                    file = next((Path(place) / "data").rglob("*.*"))
                    file.write_bytes(file.read_bytes() + b"!")
                command = [sys.executable, __file__, "once", str(Path(place) / "data")]
                environment = os.environ | {"SIAMESE_NB_CACHE": str(Path(place) / "cache")}
                answer = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
                print(f"{n:,} files, {run}:", answer.strip(), flush=True)


def multiply(folder: Path, to: Path, n: int) -> None:
    """Write n files: a folder's pictures again and again, each time with other bytes at their end."""
    pictures = [(file.relative_to(folder), file.read_bytes()) for file in sorted(folder.rglob("*.*"))]
    for number in range(n):
        name, content = pictures[number % len(pictures)]
        file = to / name.parent.parent / f"{name.parent.name} {number // len(pictures)}" / name.name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content + number.to_bytes(4, "big"))


def measure_once(folder: Path) -> None:
    """Examine a folder and print how long each step took."""
    marks, stop, memory = [clocks()], threading.Event(), [0]
    threading.Thread(target=watch_memory, args=(stop, memory)).start()
    dataset = scan(folder)
    marks.append(clocks())
    dataset, bank = dataset.decode((SIDE, SIDE))
    marks.append(clocks())
    examine(dataset, bank)
    marks.append(clocks())
    stop.set()
    steps = [f"{wall:.1f} ({cpu:.1f})" for wall, cpu in np.diff(marks, axis=0)]
    seconds = dict(zip(("scan", "bank", "examine"), steps, strict=True))
    # The pages of a mapped file count as resident, but are given back when another process needs them.
    resident = {"peak MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, "of it its own": memory[0]}
    print(json.dumps(seconds | resident))


def clocks() -> tuple[float, float]:
    """Return the seconds of the clock, and those of the processor that this process took."""
    return time.perf_counter(), time.process_time()


def watch_memory(stop: threading.Event, memory: list[int]) -> None:
    """Note the most memory, in MB, that belongs to this process and to no file."""
    while not stop.wait(0.05):
        line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("RssAnon"))
        memory[0] = max(memory[0], int(line.split()[1]) // 1024)


def measure_decoding(folder: Path, side: int) -> None:
    """Print how many files a second are decoded and resized, three ways in turn, the best of three rounds each."""
    import tensorflow as tf

    files = sorted(folder.rglob("*.jpg"))[:4000]
    names = [str(file) for file in files]

    def pillow() -> None:
        for file in files:
            Image.open(file).convert("RGB").resize((side, side), Image.Resampling.BICUBIC)

    def tensorflow() -> None:
        def read(name: tf.Tensor) -> tf.Tensor:
            image = tf.io.decode_jpeg(tf.io.read_file(name), channels=3)
            return tf.cast(tf.image.resize(image, (side, side), "bicubic", antialias=True), tf.uint8)

        for _ in tf.data.Dataset.from_tensor_slices(names).map(read, tf.data.AUTOTUNE).batch(256).prefetch(2):
            pass

    def bank() -> None:
        with tempfile.TemporaryDirectory() as place:
            os.environ["SIAMESE_NB_CACHE"] = place
            Bank.open(files, (side, side))

    best: dict[str, np.ndarray] = {}
    for _ in range(3):
        for way in (pillow, tensorflow, bank):
            start = clocks()
            way()
            best[way.__name__] = np.minimum(best.get(way.__name__, np.inf), np.subtract(clocks(), start))
    width, height = Image.open(files[0]).size
    print(f"{len(files):,} files such as {width} x {height} to {side} x {side} on {os.cpu_count()} processors:")
    for name, seconds in best.items():
        speed, (wall, cpu) = len(files) / seconds[0], seconds / best["bank"]
        print(f"{name:11}{speed:7.0f} a second, the bank is {wall:.2f} ({cpu:.2f}) times as fast")


if __name__ == "__main__":
    what, place, *numbers = sys.argv[1:]
    if what == "time":
        measure_time(Path(place), [int(number) for number in numbers])
    elif what == "disguises":
        measure_disguises(Path(place), numbers[0])
    elif what == "labels":
        measure_labels(Path(place), *numbers)
    elif what == "decode":
        measure_decoding(Path(place), int(numbers[0]))
    else:
        {"faults": measure_faults, "once": measure_once}[what](Path(place))
