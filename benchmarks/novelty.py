"""Measure the warning "unlike anything that the network was trained on".

Run: python benchmarks/novelty.py BUNDLE DATA STRANGERS... [--pictures 500], with DATA the folder that the bundle was
trained on and STRANGERS folders of other pictures. A Markdown table goes to stdout: of pictures of the bundle's test
things, which it has not seen, and of each folder of strangers, the share that is warned about with its 95% interval,
and how well the distance alone tells them from the test pictures (area under the ROC curve; 0.5 is chance).
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.metrics import roc_auc_score

from siamese_nb import Verifier, scan
from siamese_nb.images import ImageSource
from siamese_nb.intervals import wilson_interval


def pictures_of(folder: Path, n: int) -> list[ImageSource]:
    """Draw some pictures of a folder."""
    paths = scan(folder).paths
    return [folder / paths[row] for row in np.random.default_rng(0).permutation(len(paths))[:n]]


def noise(n: int) -> list[ImageSource]:
    """Make pictures of noise, coarse and fine."""
    rng = np.random.default_rng(0)
    sides = rng.integers(2, 128, n)
    small = [Image.fromarray(rng.integers(0, 256, (side, side, 3), np.uint8)) for side in sides]
    return [image.resize((128, 128), Image.Resampling.BICUBIC) for image in small]


def row_of(verifier: Verifier, name: str, pictures: Sequence[ImageSource], own: np.ndarray | None) -> np.ndarray:
    """Print a line of the table; return the distances."""
    assert verifier.known is not None
    distances = verifier.known.distance(verifier.embed(pictures))
    flagged = int((distances > verifier.known.limit).sum())
    low, high = wilson_interval(flagged, len(distances))
    area = "" if own is None else f"{roc_auc_score(np.r_[own * 0, distances * 0 + 1], np.r_[own, distances]):.3f}"
    print(
        f"| {name} | {len(distances)} | {flagged / len(distances):.3f} [{low:.3f}, {high:.3f}] | {area} |", flush=True
    )
    return distances


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("strangers", type=Path, nargs="*")
    parser.add_argument("--pictures", type=int, default=500)
    given = parser.parse_args()
    verifier = Verifier.load(given.bundle)
    pairs = verifier.pairs["test"]
    names = sorted({*pairs.one, *pairs.two})
    chosen = [names[row] for row in np.random.default_rng(0).permutation(len(names))[: given.pictures]]
    print("| pictures | n | warned about | distance against test, AUC |\n|---|---|---|---|")
    own = row_of(verifier, "its own test things", [given.data / name for name in chosen], None)
    for folder in given.strangers:
        row_of(verifier, folder.name, pictures_of(folder, given.pictures), own)
    row_of(verifier, "noise", noise(given.pictures), own)


if __name__ == "__main__":
    main()
