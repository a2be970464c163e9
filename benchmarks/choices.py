"""Measure what a setting is worth on your own pictures: each value of it, with each seed, by validation and by test.

    python benchmarks/choices.py DATA losses      every loss on the features of a frozen leg
    python benchmarks/choices.py DATA views       0, 2, 4 and 8 changed views of each picture
    python benchmarks/choices.py DATA tuning      frozen, the last block, the whole leg; by two losses
    python benchmarks/choices.py DATA engine      each engine that embeds
    python benchmarks/choices.py DATA mining      without and with hard impostors
    python benchmarks/choices.py DATA precision  float32 and bfloat16, of a frozen leg

`--leg`, `--weights` and `--image-size` name the leg. A setting is chosen by validation; test says
what the choice is worth. Each seed splits the things anew. Lines go to benchmarks/choices.jsonl as they come.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from siamese_nb import TrainConfig, scan, train
from siamese_nb.config import ENGINES, LOSSES, MINING, PAIR_LOSSES

RESULTS = Path(__file__).parent / "choices.jsonl"
VIEWS: list[dict[str, Any]] = [{"augment": "photo", "views": views} if views else {} for views in (0, 2, 4, 8)]
TUNED: list[dict[str, Any]] = [{}, {"fine_tune": True}, {"fine_tune": True, "augment": "photo", "views": 4}]
CHOICES: dict[str, list[dict[str, Any]]] = {
    "losses": [{"loss": loss} for loss in LOSSES],
    "views": VIEWS,
    "tuning": [
        {"loss": loss, **settings}
        for loss in ("binary_crossentropy", "cosface")
        for settings in (*TUNED, {**TUNED[2], "depth": "leg"})
    ],
    "engine": [{"engine": engine} for engine in ENGINES],
    "mining": [{"mining": mining, "loss": loss} for loss in PAIR_LOSSES for mining in MINING],
    "precision": [{"precision": precision} for precision in ("float32", "mixed_bfloat16")],
}
COLUMNS = [(part, kind) for part in ("validation", "test") for kind in ("across", "within", "auc")]


def measure(dataset: Any, leg: dict[str, Any], settings: dict[str, Any], seed: int) -> dict[str, Any]:
    """Train once; return the AUC of validation and test pairs, of each kind of impostors and of all."""
    begun, worked = time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        config = TrainConfig(**leg, **settings, seed=seed)
        about = train(dataset, config, out=Path(folder) / "out", logs=Path(folder) / "logs").about
    found: dict[str, Any] = {"settings": settings, "seed": seed}
    found |= {"seconds": time.perf_counter() - begun, "processor_seconds": time.process_time() - worked}
    for part, kind in COLUMNS:
        figures = about[part] if kind == "auc" else about[part].get(kind, {})
        found[f"{part}_{kind}"] = figures.get("auc", float("nan"))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("what", choices=CHOICES)
    parser.add_argument("--leg", default="mobilenetv2")
    parser.add_argument("--weights", default="imagenet")
    parser.add_argument("--image-size", type=int)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    given = parser.parse_args()
    dataset = scan(given.data)
    leg = {"leg": given.leg, "weights": given.weights, "image_size": given.image_size}
    print(f"{'mean over seeds':72s}", *(f"{f'{part[:5]} {kind}':>13s}" for part, kind in COLUMNS))
    for settings in CHOICES[given.what]:
        runs = [measure(dataset, leg, settings, seed) for seed in given.seeds]
        with RESULTS.open("a") as stream:
            stream.writelines(json.dumps({"what": given.what, **run}) + "\n" for run in runs)
        means = [statistics.mean(run[f"{part}_{kind}"] for run in runs) for part, kind in COLUMNS]
        print(f"{json.dumps(settings):72s}", *(f"{mean:13.4f}" for mean in means), flush=True)


if __name__ == "__main__":
    main()
