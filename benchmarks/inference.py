"""Measure what happens without training: all pairs scored, the package imported, two pictures compared.

    python benchmarks/inference.py pairs      scores of all pairs of 10,000 embeddings: seconds and memory
    python benchmarks/inference.py start      import, and `siamese-nb compare` split into its parts
    python benchmarks/inference.py embed      VGG16 as a share of the processor's matrix products, and PyTorch

Figures go to benchmarks/results.json, by name.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
RESULTS = Path(__file__).parent / "results.json"
VGG16 = (64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512, 0)  # channels; 0 pools
VGG16_OPERATIONS = 30.7e9  # of its convolutions for a picture of 224 pixels: two for each multiplication


def seconds(work: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def measure_pairs(n: int = 10_000, dimensions: int = 128) -> dict[str, Any]:
    """Score all pairs of n embeddings by both distances, and note the most memory this took beyond what was in use."""
    import numpy as np

    from siamese_nb.embeddings import all_scores
    from siamese_nb.models import MetricHead

    rng = np.random.default_rng(0)
    embeddings = rng.normal(size=(n, dimensions)).astype(np.float32)
    embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
    before, found = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, {}
    for distance in ("squared", "absolute"):
        head = MetricHead(distance)
        head.build([(None, dimensions)] * 2)
        processor = time.process_time()
        found[f"seconds_{distance}"] = seconds(lambda head=head: [None for _ in all_scores(head, embeddings)])
        found[f"processor_seconds_{distance}"] = time.process_time() - processor
    found["more_memory_mb"] = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return {"pairs": n * (n - 1) // 2, **found}


def measure_start() -> dict[str, Any]:
    """Time imports in fresh processes, and the parts of `siamese-nb compare` on a bundle of a tiny network."""
    found = {"python": spent_in("pass"), "import_siamese_nb": spent_in("import siamese_nb")}
    found["import_keras"] = spent_in("import keras")
    with tempfile.TemporaryDirectory() as folder:
        make_bundle(Path(folder))
        parts = (
            "import time; at = [time.perf_counter()]\n"
            "from siamese_nb import Verifier; Verifier.load; at.append(time.perf_counter())\n"
            f"verifier = Verifier.load({folder!r} + '/out'); at.append(time.perf_counter())\n"
            f"picture = {folder!r} + '/data/c/0_one.png'\n"
            "verifier.compare(picture, picture); at.append(time.perf_counter())\n"
            "verifier.compare(picture, picture); at.append(time.perf_counter())\n"
            "print([b - a for a, b in zip(at, at[1:])])"
        )
        runs = [json.loads(run(parts).splitlines()[-1]) for _ in range(3)]
    names = ("compare_import", "compare_load", "compare_first", "compare_again")
    return found | {
        name: statistics.median(column) for name, column in zip(names, zip(*runs, strict=True), strict=True)
    }


def spent_in(statement: str) -> float:
    return statistics.median(seconds(lambda: run(statement)) for _ in range(3))


def run(script: str) -> str:
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout


def make_bundle(folder: Path) -> None:
    import numpy as np
    from PIL import Image

    from siamese_nb import TrainConfig, train

    rng = np.random.default_rng(0)
    (folder / "data" / "c").mkdir(parents=True)
    for couple in range(12):
        picture = np.kron(rng.integers(0, 256, (4, 4, 3)), np.ones((24, 24, 1))).astype(np.uint8)
        for side in ("one", "two"):
            noisy = np.clip(picture + rng.integers(-9, 10, picture.shape), 0, 255).astype(np.uint8)
            Image.fromarray(noisy).save(folder / "data" / "c" / f"{couple}_{side}.png")
    train(folder / "data", TrainConfig(epochs=1), out=folder / "out", logs=folder / "logs")


def measure_embed(images: int = 8) -> dict[str, Any]:
    """Time VGG16 at 224 pixels here and in PyTorch, in turns with a matrix product that shows the processor's peak."""
    import numpy as np

    from siamese_nb.embeddings import embed
    from siamese_nb.legs import build_leg

    one, two = np.random.default_rng(0).random((2, 2048, 2048), np.float32)
    pictures = np.zeros((images, 224, 224, 3), np.uint8)
    leg = build_leg("vgg16", 224, "none")
    ways: dict[str, Callable[[], Any]] = {
        "product": lambda: one @ two, "ours": lambda: embed(leg, pictures, images)
    }  # fmt: skip
    try:
        ways["torch"] = torch_vgg16(images)
    except ImportError:
        print("embed      PyTorch is not installed here, so it is left out")
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(4):
        for name in list(ways)[:: 1 if turn % 2 else -1]:
            taken[name].append(seconds(ways[name]))
    medians = {name: statistics.median(values[1:]) for name, values in taken.items()}  # the first warms up
    peak = 2 * 2048**3 / medians.pop("product")
    rates = {name: images / value for name, value in medians.items()}
    return {
        "peak_gflops": peak / 1e9,
        **{f"images_per_second_{name}": rate for name, rate in rates.items()},
        **{f"share_of_peak_{name}": rate * VGG16_OPERATIONS / peak for name, rate in rates.items()},
    }


def torch_vgg16(images: int) -> Callable[[], Any]:
    """Return what sends pictures through the same network in PyTorch."""
    import torch

    layers: list[Any] = []
    before = 3
    for channels in VGG16:
        if channels:
            layers += [torch.nn.Conv2d(before, channels, 3, padding=1), torch.nn.ReLU()]
            before = channels
        else:
            layers.append(torch.nn.MaxPool2d(2))
    network, given = torch.nn.Sequential(*layers).eval(), torch.zeros(images, 3, 224, 224)

    def work() -> Any:
        with torch.inference_mode():
            return network(given)

    return work


def main() -> None:
    measured = {"pairs": measure_pairs, "start": measure_start, "embed": measure_embed}
    if len(sys.argv) != 2 or sys.argv[1] not in measured:
        sys.exit(__doc__)
    figures = measured[sys.argv[1]]()
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    RESULTS.write_text(json.dumps({**known, sys.argv[1]: figures}, indent=1) + "\n")
    for name, value in figures.items():
        print(f"{sys.argv[1]:10s} {name:28s} {value if not isinstance(value, float) else f'{value:.4g}'}")


if __name__ == "__main__":
    main()
