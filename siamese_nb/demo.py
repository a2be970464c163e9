"""The whole job on the sample, headless: `python -m siamese_nb.demo`, in the folder that siamese_nb was cloned into.

Inspect, train, choose the threshold, evaluate on the test split, compare two couples of pictures, run the notebooks.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from nbclient.exceptions import CellExecutionError

from siamese_nb import TrainConfig, Verifier, scan, train
from siamese_nb.errors import InputError
from siamese_nb.inspection import inspect_dataset
from siamese_nb.metrics import GENUINE, IMPOSTOR
from siamese_nb.notebooks import find_notebooks, run_notebook, write_notebook
from siamese_nb.sample import choose_data
from siamese_nb.tables import baselines_table, counts_table, figures_table

DATA, BUNDLES, LOGS, NOTEBOOKS = Path("data"), Path("saved_model"), Path("logs"), Path("notebooks")
RUN_NOTEBOOKS = LOGS / "notebooks"
CONFIG = TrainConfig(epochs=10)  # enough to beat the baselines in a minute; 30, the default, makes a better network


class Steps:
    """Say when each step starts, and keep how long it took.

    Attributes
    ----------
    seconds : dict of str to float
        By step.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time a step, and say so."""
        print(f"[{len(self.seconds) + 1}] {name} ...", flush=True)
        started = time.monotonic()
        yield
        self.seconds[name] = time.monotonic() - started


def run() -> None:
    """Do the whole job and report."""
    notebooks, steps = find_notebooks(NOTEBOOKS), Steps()
    with steps.step("Take your pictures, or make the sample"):
        data = choose_data(DATA)
    with steps.step(f"Inspect {data}"):
        dataset = scan(data)
        counts = counts_table(inspect_dataset(data).dataset)
    with steps.step(f"Train a network, choose its threshold ({CONFIG.epochs} epochs)"):
        verifier = train(dataset, CONFIG, out=BUNDLES, logs=LOGS)
    with steps.step("Evaluate it on things that it has never seen"):
        figures = Verifier.load(BUNDLES).evaluate(dataset)
    with steps.step("Compare two pictures of one thing, and two of different things"):
        verdicts = compare_test_pairs(verifier, dataset.root)
    for notebook in notebooks:
        with steps.step(f"Run {notebook}"):
            write_notebook(run_notebook(notebook), RUN_NOTEBOOKS / notebook.name)
    print_report(counts, verifier, figures, verdicts, steps)


def compare_test_pairs(verifier: Verifier, root: Path) -> list[str]:
    """Compare the couple of the test split whose score is the median, and such a pair of different things."""
    pairs, found = verifier.pairs["test"], []
    for label in (GENUINE, IMPOSTOR):
        rows = np.flatnonzero(pairs.labels == label)
        row = rows[np.argsort(pairs.scores[rows])[len(rows) // 2]]
        answer = verifier.compare(root / pairs.one[row], root / pairs.two[row])
        found.append(f"{pairs.one[row]} and {pairs.two[row]}: {answer['verdict']}, score {answer['score']:.2f}")
    return found


def print_report(counts: Any, verifier: Verifier, figures: dict[str, Any], verdicts: list[str], steps: Steps) -> None:
    """Print what was found, where everything lies, and what to do next."""
    network = {"all": figures} | {
        f"{kind} categories": figures[kind] for kind in ("across", "within") if kind in figures
    }
    places = {"bundle": verifier.path, "TensorBoard": LOGS / "fit", "executed notebooks": RUN_NOTEBOOKS}
    blocks = {
        "The pictures": counts,
        f"Test pairs, with 95% intervals, at threshold {verifier.threshold:.3f} chosen on validation": figures_table(
            network
        ),
        "Beside what needs no training": baselines_table(verifier.about),
        "Two pictures": "\n".join(verdicts),
        "Seconds": "\n".join(f"{seconds:6.1f}  {name}" for name, seconds in steps.seconds.items()),
        "Where it lies": "\n".join(f"{name:20}{place}" for name, place in places.items()),
    }
    for title, block in blocks.items():
        print(f"\n{title}\n{block}")
    print(f"\nDone in {sum(steps.seconds.values()):.0f} s. `make lab` opens the notebooks in JupyterLab.")


def main(arguments: Sequence[str] = ()) -> None:
    """Run the demo; input that cannot be used is one line and exit status 2, a notebook that fails shows its cell."""
    parser = argparse.ArgumentParser("python -m siamese_nb.demo", description=__doc__)
    parser.parse_args(arguments)
    try:
        run()
    except InputError as error:
        parser.exit(2, f"error: {error}\n")
    except CellExecutionError as error:
        parser.exit(1, f"{error}\n{' '.join(error.__notes__)}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
