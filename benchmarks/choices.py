"""Measure what a setting is worth on your own pictures: each value of it, with each seed, by validation and by test.

    python benchmarks/choices.py DATA losses      every loss on the features of a frozen leg
    python benchmarks/choices.py DATA views       0, 2, 4 and 8 changed views of each picture
    python benchmarks/choices.py DATA tuning      frozen, the last block, the whole leg; by three losses
    python benchmarks/choices.py DATA engine      each engine that embeds
    python benchmarks/choices.py DATA mining      without and with hard impostors
    python benchmarks/choices.py DATA precision   float32 and bfloat16, of a frozen leg

`--leg`, `--weights` and `--image-size` name the leg, `--only` one value or some of them, `--set name=value` other
settings of every run. A setting is chosen by validation; test says what the choice is worth. Each seed splits the
things anew. Figures are of the pairs that a bundle is judged by, half of their impostors within a category; with
`--all-pairs` of every pair of a part's pictures, as papers have it. Lines go to benchmarks/choices.jsonl.
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

import numpy as np

from siamese_nb import TrainConfig, Verifier, metrics, scan, train
from siamese_nb.scoring import all_scores
from siamese_nb.settings import ENGINES, LOSSES, MINING, PAIR_LOSSES, read_settings

RESULTS = Path(__file__).parent / "choices.jsonl"
VIEWS: list[dict[str, Any]] = [{"augment": "photo", "views": views} if views else {} for views in (0, 2, 4, 8)]
TUNED: list[dict[str, Any]] = [{}, {"fine_tune": True}, {"fine_tune": True, "augment": "photo", "views": 4}]
CHOICES: dict[str, list[dict[str, Any]]] = {
    "losses": [{"loss": loss} for loss in LOSSES],
    "views": VIEWS,
    "tuning": [
        {"loss": loss, **settings}
        for loss in ("binary_crossentropy", "focal", "cosface")
        for settings in (*TUNED, {**TUNED[2], "depth": "leg"})
    ],
    "engine": [{"engine": engine} for engine in ENGINES],
    "mining": [{"mining": mining, "loss": loss} for loss in PAIR_LOSSES for mining in MINING],
    "precision": [{"precision": precision} for precision in ("float32", "mixed_bfloat16")],
}
PARTS = ("validation", "test")
COLUMNS = [(part, kind) for part in PARTS for kind in ("across", "within", "auc")]


def over_all_pairs(verifier: Verifier, dataset: Any, part: str) -> dict[str, float]:
    """Return the AUC over every pair of a part's pictures: with impostors of each kind, and with all of them."""
    scored = verifier.pairs[part]
    rows = np.flatnonzero(np.isin(dataset.paths, [*scored.one, *scored.two]))
    embeddings = verifier.embed([dataset.files[row] for row in rows])
    identity, category = dataset.identity[rows], dataset.category[rows]
    scores, same, near = [], [], []
    for block, found in all_scores(verifier.head, embeddings):
        after = np.arange(block.start, len(rows))
        once = after > np.arange(block.start, block.stop)[:, None]  # each pair, and no picture with itself
        scores.append(found[once])
        same.append((identity[block, None] == identity[after])[once])
        near.append((category[block, None] == category[after])[once])
    score, genuine, within = (np.concatenate(column) for column in (scores, same, near))
    kinds = {"across": genuine | ~within, "within": genuine | within, "auc": np.ones(len(score), bool)}
    return {
        kind: metrics.auc(metrics.ScoreTable.from_scores(genuine[kept].astype(int), score[kept]))
        for kind, kept in kinds.items()
    }


def measure(dataset: Any, leg: dict[str, Any], settings: dict[str, Any], seed: int, all_pairs: bool) -> dict[str, Any]:
    """Train once; return the AUC of validation and test pairs, of each kind of impostors and of all."""
    begun, worked = time.perf_counter(), time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        config = TrainConfig(**{**leg, **settings, "seed": seed})
        verifier = train(dataset, config, out=Path(folder) / "out", logs=Path(folder) / "logs")
    found: dict[str, Any] = {"settings": {**leg, **settings}, "seed": seed, "all_pairs": all_pairs}
    found["config"] = config.to_dict()  # with the defaults of today
    found |= {"seconds": time.perf_counter() - begun, "processor_seconds": time.process_time() - worked}
    for part, kind in COLUMNS:
        figures = verifier.about[part]
        found[f"{part}_{kind}"] = (figures if kind == "auc" else figures.get(kind, {})).get("auc", float("nan"))
    for part in PARTS if all_pairs else ():
        found |= {f"{part}_{kind}": value for kind, value in over_all_pairs(verifier, dataset, part).items()}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("what", choices=CHOICES)
    parser.add_argument("--leg", default="mobilenetv2")
    parser.add_argument("--weights", default="imagenet")
    parser.add_argument("--image-size", type=int)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--only", nargs="+", help="such as cosface arcface")
    parser.add_argument("--set", nargs="+", default=[], help="such as fine_tune=true epochs=60")
    parser.add_argument("--all-pairs", action="store_true")
    given = parser.parse_args()
    dataset = scan(given.data)
    leg = {"leg": given.leg, "weights": given.weights, "image_size": given.image_size, **read_settings(given.set)}
    print(f"{'mean over seeds':72s}", *(f"{f'{part[:5]} {kind}':>13s}" for part, kind in COLUMNS))
    for settings in CHOICES[given.what]:
        if given.only and not {str(value) for value in settings.values()} & set(given.only):
            continue
        runs = [measure(dataset, leg, settings, seed, given.all_pairs) for seed in given.seeds]
        with RESULTS.open("a") as stream:
            stream.writelines(json.dumps({"what": given.what, **run}) + "\n" for run in runs)
        means = [statistics.mean(run[f"{part}_{kind}"] for run in runs) for part, kind in COLUMNS]
        print(f"{json.dumps(settings):72s}", *(f"{mean:13.4f}" for mean in means), flush=True)


if __name__ == "__main__":
    main()
