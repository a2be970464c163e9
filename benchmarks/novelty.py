"""Measure the warning "unlike anything that the network was trained on".

Run: python benchmarks/novelty.py BUNDLE DATA STRANGERS... [--pictures 500], with DATA the folder that the bundle was
trained on and STRANGERS folders of other pictures. A Markdown table goes to stdout: of pictures of the bundle's test
things, which it has not seen, and of each folder of strangers, the share that is warned about with its 95% interval.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from siamese_nb import Verifier, scan
from siamese_nb.descriptors import describe_colours
from siamese_nb.images import ImageSource, read_image
from siamese_nb.intervals import wilson_interval
from siamese_nb.novelty import Known


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


def row_of(verifier: Verifier, name: str, pictures: Sequence[ImageSource]) -> None:
    """Print a line of the table."""
    assert verifier.known is not None
    colours = describe_colours(np.stack([read_image(picture, verifier.image_size) for picture in pictures]))
    embeddings, own = verifier.embed(pictures), Known(verifier.known.embeddings)
    shares = []
    for known in (own, verifier.known):
        flagged = int(known.are_novel(embeddings, colours).sum())
        low, high = wilson_interval(flagged, len(pictures))
        shares.append(f"{flagged / len(pictures):.3f} [{low:.3f}, {high:.3f}]")
    print(f"| {name} | {len(pictures)} | " + " | ".join(shares) + " |", flush=True)


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
    print("| pictures | n | warned about by embeddings alone | warned about |\n|---|---|---|---|")
    row_of(verifier, "its own test things", [given.data / name for name in chosen])
    for folder in given.strangers:
        row_of(verifier, folder.name, pictures_of(folder, given.pictures))
    row_of(verifier, "noise", noise(given.pictures))


if __name__ == "__main__":
    main()
