"""Measure what happens without training: all pairs scored, the package imported, two pictures compared.

    python benchmarks/inference.py pairs      scores of all pairs of 10,000 embeddings: seconds and memory
    python benchmarks/inference.py start      import, and `siamese-nb compare` split into its parts

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


def seconds(work: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def measure_pairs(n: int = 10_000, dimensions: int = 128) -> dict[str, Any]:
    """Score all pairs of n embeddings by both distances, and note the most memory this took beyond what was in use."""
    import numpy as np

    from siamese_nb.models import MetricHead
    from siamese_nb.scoring import all_scores

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


def main() -> None:
    measured = {"pairs": measure_pairs, "start": measure_start}
    if len(sys.argv) != 2 or sys.argv[1] not in measured:
        sys.exit(__doc__)
    figures = measured[sys.argv[1]]()
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    RESULTS.write_text(json.dumps({**known, sys.argv[1]: figures}, indent=1) + "\n")
    for name, value in figures.items():
        print(f"{sys.argv[1]:10s} {name:28s} {value if not isinstance(value, float) else f'{value:.4g}'}")


if __name__ == "__main__":
    main()
