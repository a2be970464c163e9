"""Print the engine's figures that `make bench` took as a table, and draw its ratios.

    python benchmarks/summary.py

Reads benchmarks/results.json and writes benchmarks/results.png beside it.
"""

import json
from pathlib import Path
from typing import Any

import matplotlib
import matplotlib.pyplot as plt

from siamese_nb.plots.style import GENUINE_COLOUR, IMPOSTOR_COLOUR, NEUTRAL_COLOUR

HERE = Path(__file__).parent
# Part of the results, figure in it, what it says, what it is to reach.
ASKED = (
    ("frozen", "times_less_leg_work", "frozen leg: times less leg work", 40.0),
    ("frozen", "times_faster_cold", "frozen leg: times faster, cold cache", 30.0),
    ("frozen", "times_faster_warm", "frozen leg: times faster, warm cache", 500.0),
    ("scratch", "times_faster", "leg from scratch: times faster", 2.0),
    ("quality", "times_faster", "the same, to equal AUC on Omniglot", 2.0),
)
SHARES = (("embed_vgg16", "share_of_peak_keras", "VGG16 by Keras: share of the float32 peak", 0.9),)
LIMITS = (
    ("pairs", "seconds_squared", "all pairs of 10,000, squared distance: s", 10.0),
    ("pairs", "seconds_absolute", "all pairs of 10,000, absolute distance: s", 10.0),
    ("pairs", "more_memory_mb", "all pairs of 10,000: memory, MB", 1024.0),
    ("start", "import_siamese_nb", "import siamese_nb: s", 0.3),
)


def rows(results: dict[str, Any], wanted: tuple[tuple[str, str, str, float], ...]) -> list[tuple[str, float, float]]:
    """Return what each figure says, the figure and what was asked, of those that were measured."""
    return [(says, results[part][key], asked) for part, key, says, asked in wanted if key in results.get(part, {})]


def print_table(results: dict[str, Any]) -> None:
    for sign, wanted in ((">=", ASKED + SHARES), ("<=", LIMITS)):
        for says, value, asked in rows(results, wanted):
            held = value >= asked if sign == ">=" else value <= asked
            print(f"{says:48s} {value:10.4g}   {sign} {asked:6g}   {'yes' if held else 'NO'}")
    for images, peak in results.get("memory", {}).items():
        print(f"{f'training on {int(images):,} images: memory of its own, MB':48s} {peak['own_mb']:10.4g}")
    for name, figures in results.items():
        for key, value in figures.items() if name.startswith("embed_") else ():
            if key.startswith("share_of_peak_") and "processor" not in key:
                print(f"{f'{name[6:]} by {key[14:]}: share of the float32 peak':48s} {value:10.2f}")


def draw(results: dict[str, Any]) -> None:
    """Draw times faster, and the share of the peak by engine, each against what was asked."""
    matplotlib.use("agg")
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 3.6), layout="constrained")
    faster = rows(results, ASKED)[::-1]
    left.barh(
        [says.replace(": ", ":\n") for says, _, _ in faster], [value for _, value, _ in faster], color=GENUINE_COLOUR
    )
    for place, (_, value, asked) in enumerate(faster):
        left.plot([asked, asked], [place - 0.4, place + 0.4], color=IMPOSTOR_COLOUR)
        left.text(value * 1.15, place, f"{value:,.0f}", va="center")
    left.set(xscale="log", xlim=(1, 20_000), xlabel="times the usual way (line: what was asked)")
    shares = {
        f"{name[6:]}\n{key[14:].replace('_', ' ')}": value
        for name, figures in results.items() if name.startswith("embed_")
        for key, value in figures.items() if key.startswith("share_of_peak_") and "processor" not in key
    }  # fmt: skip
    right.barh(list(shares)[::-1], list(shares.values())[::-1], color=NEUTRAL_COLOUR)
    right.axvline(1, color=IMPOSTOR_COLOUR)
    right.set(xlabel="speed as a share of the float32 matrix product's")
    right.tick_params(axis="y", labelsize=7)
    figure.savefig(HERE / "results.png", dpi=80)


def main() -> None:
    results = json.loads((HERE / "results.json").read_text())
    print_table(results)
    draw(results)


if __name__ == "__main__":
    main()
