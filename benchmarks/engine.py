"""Measure the training engine against the usual way of training a siamese network; ratios within one run.

    python benchmarks/engine.py frozen      a frozen VGG16: pairs through both legs against embeddings, cold and warm
    python benchmarks/engine.py scratch     base_cnn from scratch: two passes a pair against each image once
    python benchmarks/engine.py memory      peak memory of training as the pictures get more

    python benchmarks/engine.py scratch --data FOLDER   the same on real pictures, to the same quality

`--images` and `--sizes` make them smaller or larger. Figures go to benchmarks/results.json, by name.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import tensorflow

from siamese_nb import metrics
from siamese_nb.bank import Bank
from siamese_nb.config import TrainConfig
from siamese_nb.doctor import certified_split
from siamese_nb.embedding_cache import bank_embeddings
from siamese_nb.learners import make_learner
from siamese_nb.legs import build_leg
from siamese_nb.models import MetricHead, build_projection, build_siamese
from siamese_nb.pairs import Part
from siamese_nb.scanning import scan
from siamese_nb.scratch_legs import build_base_cnn
from siamese_nb.stages import Watched, fit_stage

RESULTS = Path(__file__).parent / "results.json"
EPOCHS = 10
LOSS = "binary_crossentropy"  # by which networks are trained the usual way
NO_FILE = np.empty((0, 3), np.int64)


def make_bank(couples: int, size: int, folder: Path | None = None) -> tuple[Bank, Part, Part]:
    """Make couples of blotches, in memory or on disk, the last fifth of them for validation."""
    rng = np.random.default_rng(0)
    shape = (2 * couples, size, size, 3)
    images = np.empty(shape, np.uint8)
    if folder is not None:
        images = np.lib.format.open_memmap(folder / "images.npy", mode="w+", dtype=np.uint8, shape=shape)
    for couple in range(couples):
        blotches = np.kron(rng.integers(0, 256, (8, 8, 3)), np.ones((size // 8, size // 8, 1)))
        noise = rng.integers(-40, 41, (2, size, size, 3), np.int16)
        images[2 * couple : 2 * couple + 2] = np.clip(blotches.astype(np.int16) + noise, 0, 255)
    rows, held = np.arange(2 * couples), 2 * (couples * 4 // 5)
    parts = [Part(part, part // 2, np.zeros_like(part), NO_FILE) for part in (rows[:held], rows[held:])]
    return Bank(images, np.arange(2 * couples, dtype=np.uint64), ()), *parts


def watched_pairs(train: Part, validation: Part, config: TrainConfig) -> Watched:
    """Draw the pairs that training is watched by, as a run does."""
    drawn = (
        part.judged(config.seed, config.neg_factor, config.negatives).main
        for part in (train.sample(config.seed), validation)
    )
    return Watched(*drawn)


def ours_frozen(backbone: keras.Model, bank: Bank, watched: Watched, part: Part, config: TrainConfig) -> dict[str, Any]:
    """Train the head on embeddings, from whatever the cache holds."""
    keras.utils.set_random_seed(0)
    begun = time.perf_counter()
    features = bank_embeddings(backbone, bank)
    learner = make_learner(build_projection(features.shape[1], 128), MetricHead("squared"), features, part, config)
    with tempfile.TemporaryDirectory() as logs:
        history: dict[str, list[float]] = {}
        fit_stage(learner, 3e-4, watched, history, Path(logs), Path(logs) / "checkpoint.npz")
    return {"seconds": time.perf_counter() - begun, "auc": history["val_auc"]}


def usual_pairs(images: Any, part: Part, config: TrainConfig, epoch: int, batch: int) -> tensorflow.data.Dataset:
    """Feed pairs of decoded pictures as a good tf.data pipeline does: gathered in parallel, batched, prefetched."""
    pairs = part.draw(
        np.random.default_rng([epoch]), config.neg_factor, config.negatives, most_genuine=len(part.images)
    )
    weight = np.where(pairs.label == 1, config.neg_factor, 1.0).astype(np.float32)
    rows = tensorflow.data.Dataset.from_tensor_slices((pairs.one, pairs.two, pairs.label, weight))
    table = tensorflow.constant(np.asarray(images))
    gathered = rows.shuffle(len(pairs), seed=epoch).batch(batch)
    return gathered.map(
        lambda one, two, label, weight: (
            {"one": tensorflow.gather(table, one), "two": tensorflow.gather(table, two)}, label[:, None], weight,
        ),
        num_parallel_calls=tensorflow.data.AUTOTUNE,
    ).prefetch(tensorflow.data.AUTOTUNE)  # fmt: skip


def usual_model(leg: keras.Model, rate: float, head: MetricHead | None = None) -> keras.Model:
    model = build_siamese(leg, head or MetricHead("squared"))
    model.compile(keras.optimizers.Adam(rate), keras.losses.BinaryCrossentropy(), jit_compile=False)
    return model


def usual_auc(model: keras.Model, images: Any, pairs: Any) -> float:
    scores = model.predict({"one": images[pairs.one], "two": images[pairs.two]}, batch_size=32, verbose=0)[:, 0]
    return metrics.auc(metrics.ScoreTable.from_scores(pairs.label, scores.astype(np.float64)))


def measure_frozen(couples: int, size: int = 224) -> dict[str, Any]:
    """Time one epoch of the usual way, whose ten epochs are alike, between two cold runs of ours of all ten."""
    config = TrainConfig(loss=LOSS, epochs=EPOCHS, patience=EPOCHS, negatives="within")
    bank, train, validation = make_bank(couples, size)
    watched = watched_pairs(train, validation, config)
    keras.utils.set_random_seed(0)
    backbone = build_leg("vgg16", size, "none")
    backbone.trainable = False
    backbone.predict_on_batch(bank.images[:32])  # warm-up of both: graphs are traced, kernels chosen
    cache = Path(tempfile.mkdtemp())
    os.environ["SIAMESE_NB_CACHE"] = str(cache)
    cold = [ours_frozen(backbone, bank, watched, train, config)]
    warm = [ours_frozen(backbone, bank, watched, train, config) for _ in range(3)]
    keras.utils.set_random_seed(0)
    projection = build_projection(backbone.output_shape[-1], 128)
    model = usual_model(keras.Model(backbone.input, projection(backbone.output), name="leg"), 3e-4)
    model.fit(usual_pairs(bank.images, train, config, 99, 32).take(1), verbose=0)
    begun = time.perf_counter()
    model.fit(usual_pairs(bank.images, train, config, 0, 32), verbose=0)
    auc = usual_auc(model, bank.images, watched.validation)
    usual = (time.perf_counter() - begun) * EPOCHS
    shutil.rmtree(cache)
    cold.append(ours_frozen(backbone, bank, watched, train, config))
    shutil.rmtree(cache)
    pairs = len(train.draw(np.random.default_rng(0), config.neg_factor)) + len(watched.validation)
    passes, once = 2 * pairs * EPOCHS, len(bank.images)
    seconds = {"cold": float(np.median([run["seconds"] for run in cold])), "warm": min(run["seconds"] for run in warm)}
    return {
        "images": once, "passes_usual": passes, "passes_ours": once, "times_less_leg_work": passes / once,
        "seconds_usual": usual, **{f"seconds_ours_{name}": value for name, value in seconds.items()},
        **{f"times_faster_{name}": usual / value for name, value in seconds.items()},
        "auc_usual_1_epoch": auc, "auc_ours_1_epoch": cold[0]["auc"][0], "auc_ours_10_epochs": cold[0]["auc"][-1],
    }  # fmt: skip


def measure_scratch(couples: int, size: int = 64) -> dict[str, Any]:
    """Time an epoch over the same number of pairs both ways, in turns: ours, usual, usual, ours."""
    config = TrainConfig(loss=LOSS, epochs=1, negatives="within")
    bank, train, validation = make_bank(couples, size)
    watched = watched_pairs(train, validation, config)
    seconds: dict[str, list[float]] = {"ours": [], "usual": []}
    auc: dict[str, list[float]] = {"ours": [], "usual": []}
    for way in ("ours", "usual", "usual", "ours"):
        keras.utils.set_random_seed(0)
        base = build_base_cnn(size)
        leg = keras.Model(base.input, build_projection(base.output_shape[-1], 128)(base.output), name="leg")
        if way == "ours":
            learner = make_learner(leg, MetricHead("squared"), bank.images, train, config)
            learner.model.compile(keras.optimizers.Adam(1e-3), learner.loss, jit_compile=False)
            model, epochs = learner.model, [learner.batches] * 3
        else:
            model = usual_model(leg, 1e-3)
            epochs = [usual_pairs(bank.images, train, config, epoch, 32) for epoch in range(3)]
        model.fit(epochs[0], verbose=0)  # warm-up
        begun = time.perf_counter()
        for epoch in epochs[1:]:
            model.fit(epoch, verbose=0)
        seconds[way].append((time.perf_counter() - begun) / 2)
        auc[way].append(
            usual_auc(model, bank.images, watched.validation)
            if way == "usual"
            else metrics.auc(
                metrics.ScoreTable.from_scores(watched.validation.label, learner.score(watched.validation))
            )
        )
    pairs = len(train.draw(np.random.default_rng(0), config.neg_factor))
    medians = {way: float(np.median(values)) for way, values in seconds.items()}
    return {
        "pairs_per_epoch": pairs,
        **{f"pairs_per_second_{way}": pairs / value for way, value in medians.items()},
        "times_faster": medians["usual"] / medians["ours"],
        **{f"auc_{way}_3_epochs": float(np.median(values)) for way, values in auc.items()},
    }


def measure_quality(data: str, images: int, size: int = 64, epochs: int = 3) -> dict[str, Any]:
    """Train the usual way for some epochs, then ours until validation is as good; compare the seconds of training."""
    config = TrainConfig(loss=LOSS, image_size=size, split_by="category")
    dataset, bank = scan(data).decode((size, size))
    split, _ = certified_split(dataset, bank, seed=0, by="category", shares=(0.2, 0.2))
    train, validation = (part.sample(0, images) for part in (split.train, split.validation))
    watched = watched_pairs(train, validation, config)
    found: dict[str, list[float]] = {"usual": [], "ours": []}
    goal = {"auc": 0.0}
    for way in ("usual", "ours", "ours", "usual"):
        keras.utils.set_random_seed(0)
        base = build_base_cnn(size)
        leg = keras.Model(base.input, build_projection(base.output_shape[-1], 128)(base.output), name="leg")
        head = MetricHead("squared")
        learner = make_learner(leg, head, bank.images, train, config)
        learner.model.compile(keras.optimizers.Adam(1e-3), learner.loss, jit_compile=False)
        model = learner.model if way == "ours" else usual_model(leg, 1e-3, head)
        untrained = leg.get_weights(), head.get_weights()
        model.fit(learner.batches if way == "ours" else usual_pairs(bank.images, train, config, 0, 32), verbose=0)
        for part, weights in zip((leg, head), untrained, strict=True):  # that was the warm-up
            part.set_weights(weights)
        spent, auc = 0.0, 0.0
        for epoch in range(epochs if way == "usual" else 100):
            begun = time.perf_counter()
            model.fit(
                learner.batches if way == "ours" else usual_pairs(bank.images, train, config, epoch, 32), verbose=0
            )
            spent += time.perf_counter() - begun
            pairs = watched.validation
            auc = metrics.auc(metrics.ScoreTable.from_scores(pairs.label, learner.score(pairs)))
            if way == "ours" and auc >= goal["auc"]:
                break
        if way == "usual":
            goal["auc"] = auc
        found[way].append(spent)
        found[f"auc_{way}"] = [*found.get(f"auc_{way}", []), auc]
    seconds = {way: float(np.median(found[way])) for way in ("usual", "ours")}
    return {
        "images": len(train.images),
        **{f"seconds_{way}": value for way, value in seconds.items()},
        **{f"auc_{way}": float(np.min(found[f"auc_{way}"])) for way in seconds},
        "times_faster": seconds["usual"] / seconds["ours"],
    }


def measure_memory(sizes: list[int]) -> dict[str, Any]:
    """Train an epoch at each number of pictures, each in a process of its own."""
    found = {}
    for images in sizes:
        command = [sys.executable, __file__, "memory-of", "--images", str(images)]
        answer = subprocess.run(command, capture_output=True, text=True, check=True)
        found[f"{images}"] = json.loads(answer.stdout.splitlines()[-1])
    return found


def memory_of(images: int) -> dict[str, float]:
    """Return the most memory of this process that is its own, and that is pages of files, in MB."""
    peak = {"own_mb": 0.0, "pages_mb": 0.0}
    done = threading.Event()

    def watch_memory() -> None:
        while not done.wait(0.05):
            lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
            for name, field in (("own_mb", "RssAnon"), ("pages_mb", "RssFile")):
                peak[name] = max(peak[name], int(lines[field].split()[0]) / 1024)

    with tempfile.TemporaryDirectory() as folder:
        make_bank(images // 2, 32, Path(folder))
        config = TrainConfig(epochs=1)
        table = np.load(Path(folder) / "images.npy", mmap_mode="r")
        rows, held = np.arange(images), 2 * (images // 2 * 4 // 5)
        train, validation = (Part(part, part // 2, part * 0, NO_FILE) for part in (rows[:held], rows[held:][:2000]))
        base = build_base_cnn(32, (8, 8, 8, 8))
        leg = keras.Model(base.input, build_projection(base.output_shape[-1], 32)(base.output), name="leg")
        learner = make_learner(leg, MetricHead("squared"), table, train, config)
        threading.Thread(target=watch_memory, daemon=True).start()
        fit_stage(
            learner, 1e-3, watched_pairs(train, validation, config), {}, Path(folder), Path(folder) / "checkpoint.npz"
        )
        done.set()
    return peak


def keep(name: str, figures: dict[str, Any]) -> None:
    """Print figures and keep them in the file of results."""
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    RESULTS.write_text(json.dumps({**known, name: figures}, indent=1) + "\n")
    for key, value in figures.items():
        print(f"{name:10s} {key:28s} {value if not isinstance(value, float) else f'{value:.4g}'}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("frozen", "scratch", "memory", "memory-of"))
    parser.add_argument("--images", type=int)
    parser.add_argument("--data")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    given = parser.parse_args()
    if given.what == "memory-of":
        print(json.dumps(memory_of(given.images)))
        return
    measured = {
        "frozen": lambda: measure_frozen((given.images or 120) // 2),
        "scratch": lambda: measure_scratch((given.images or 2000) // 2),
        "quality": lambda: measure_quality(given.data, given.images or 2000),
        "memory": lambda: measure_memory(given.sizes),
    }
    what = "quality" if given.what == "scratch" and given.data else given.what
    keep(what, measured[what]())


if __name__ == "__main__":
    main()
