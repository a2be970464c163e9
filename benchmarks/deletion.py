"""Judge the comparer's heat maps by deletion, on the test pairs of a bundle.

Run: python benchmarks/deletion.py BUNDLE DATA [--pairs 100] [--seed 0], with DATA the folder that the bundle was
trained on; another seed draws other pairs. The map's highest fifth of patches, or a random fifth, is covered in one
picture at a time, in its median colour; how far the log-odds then fall (what is alike, on genuine pairs) or rise (what
is apart, on impostor pairs) goes to stdout as a Markdown table, with the change of the score beside it.

This is the second protocol. The first took the absolute change of the score, which near 0 hardly moves and counts a
change in the wrong direction as well: what is apart was not shown by it (groceries: 0.007 [-0.002, 0.017]). This one
was fixed, and the map chosen between two, on validation pairs.
"""

import argparse
from pathlib import Path

import numpy as np

from siamese_nb import Verifier
from siamese_nb.explain import Explainer, deletion_test
from siamese_nb.images import read_image

COLUMNS = (("map", "random"), ("map_score", "random_score", "wins"))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("data", type=Path)
    parser.add_argument("--pairs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    verifier = Verifier.load(given.bundle)
    explainer, pairs, rng = (
        Explainer(verifier.leg, verifier.head),
        verifier.pairs["test"],
        np.random.default_rng(given.seed),
    )
    print("| pairs | map | log-odds: map | random | gain, 95% | score: map | random | map moves it further |")
    print("|---|---|---|---|---|---|---|---|")
    for name, label, kind in (("genuine", 1, "alike"), ("impostor", 0, "apart")):
        usable = (pairs.labels == label) & pairs.counted & (np.array(pairs.one) != np.array(pairs.two))
        rows = rng.permutation(np.flatnonzero(usable))[: given.pairs]
        files = [[given.data / pairs.one[row], given.data / pairs.two[row]] for row in rows]
        read = [tuple(read_image(file, verifier.image_size) for file in couple) for couple in files]
        found = deletion_test(explainer, read, kind)
        before, after = ([f"{found[name]:.3f}" for name in names] for names in COLUMNS)
        gain = f"{found['gain']:.3f} [{found['gain_low']:.3f}, {found['gain_high']:.3f}]"
        print("| " + " | ".join([name, kind, *before, gain, *after]) + " |", flush=True)


if __name__ == "__main__":
    main()
