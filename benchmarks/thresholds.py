"""Measure the threshold lab: curves and intervals beside scikit-learn's functions, and the tuner in a real browser.

    python benchmarks/thresholds.py curves [N]    all curves and intervals of N pairs (1,000,000), and the ratio
    python benchmarks/thresholds.py tuner [N ..]  from a key to the repaint, and to the pairs' pictures, in Chromium

The pairs share 2,000 things, as real pairs do. Each line is JSON and says how busy the machine was.
"""

import json
import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from siamese_nb import metrics
from siamese_nb.intervals import figures_with_intervals
from siamese_nb.intervals.curves import curve_band

ROOT = Path(__file__).resolve().parents[1]
THINGS = 2000
SIZES = (1_000, 100_000, 1_000_000, 10_000_000)
MOVES = 150

# From a key to the moment after the frame that shows it: a message sent in a frame is heard once it is painted.
MEASURE = """async (moves) => {
  const scale = document.querySelector(".st-scale");
  const painted = () => new Promise((resolve) => requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => resolve(performance.now());
    port2.postMessage(null);
  }));
  const press = (key) => scale.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  const took = [];
  for (let k = 0; k < moves; k += 1) {
    await new Promise((resolve) => setTimeout(resolve, 40 * Math.random()));
    const start = performance.now();
    press(["ArrowRight", "PageUp", "ArrowLeft", "PageDown", "PageDown", "PageUp"][k % 6]);
    took.push(await painted() - start);
  }
  const start = performance.now();
  for (let k = 0; k < 120; k += 1) {
    press(k % 40 < 20 ? "ArrowRight" : "ArrowLeft");
    await painted();
  }
  return [took, 120000 / (performance.now() - start)];
}"""
PICTURES = """async (turns) => {
  const took = [];
  const scale = document.querySelector(".st-scale");
  for (let k = 0; k < turns; k += 1) {
    const before = document.querySelector(".st-open").title;
    const start = performance.now();
    scale.dispatchEvent(new KeyboardEvent("keydown", { key: k % 2 ? "PageUp" : "PageDown", shiftKey: k % 4 > 1 }));
    for (;;) {
      await new Promise(requestAnimationFrame);
      const images = [...document.querySelectorAll(".st-tile:not([hidden]) img")];
      const here = images.every((image) => image.src && image.complete && image.naturalWidth);
      if (document.querySelector(".st-open").title !== before && here) break;
      if (performance.now() - start > 5000) break;
    }
    took.push(performance.now() - start);
  }
  return took;
}"""


def draw_pairs(n: int) -> dict[str, Any]:
    """Draw pairs of things some of which are harder than others."""
    random = np.random.default_rng(0)
    one = random.integers(0, THINGS, n)
    labels = (random.random(n) < 0.25).astype(np.int64)
    two = np.where(labels == 1, one, (one + random.integers(1, THINGS, n)) % THINGS)
    hard = 0.7 * random.normal(size=THINGS)
    scores = 1 / (1 + np.exp(-random.normal(3.0 * labels - 1.5, 1.0) - hard[one] - hard[two]))
    return {"scores": scores, "labels": labels, "one_identity": one, "two_identity": two}


def timed(work: Callable[[], Any], rounds: int = 3) -> float:
    """Take the best of some rounds, in seconds."""
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def our_curves(labels: np.ndarray, scores: np.ndarray) -> None:
    table = metrics.ScoreTable.from_scores(labels, scores)
    for compute in (
        metrics.curves.roc_curve,
        metrics.curves.precision_recall_curve,
        metrics.curves.det_curve,
        metrics.curves.far_frr_curve,
    ):
        compute(table)
    for compute in (metrics.auc, metrics.average_precision, metrics.eer, metrics.minimum_detection_cost):
        compute(table)


def their_curves(labels: np.ndarray, scores: np.ndarray) -> None:
    from sklearn import metrics as theirs

    for compute in (theirs.roc_curve, theirs.precision_recall_curve, theirs.det_curve):
        compute(labels, scores)
    for compute in (theirs.roc_auc_score, theirs.average_precision_score):
        compute(labels, scores)


def measure_curves(n: int = 1_000_000) -> None:
    pairs = draw_pairs(n)
    labels, scores, one, two = (pairs[name] for name in ("labels", "scores", "one_identity", "two_identity"))
    ours, theirs = timed(lambda: our_curves(labels, scores)), timed(lambda: their_curves(labels, scores))
    table = metrics.ScoreTable.from_scores(labels, scores)
    say(
        pairs=n,
        our_curves_s=ours,
        scikit_learn_s=theirs,
        ratio=theirs / ours,
        figures_with_intervals_s=timed(lambda: figures_with_intervals(labels, scores, 0.5, one, two), 1),
        curve_band_s=timed(lambda: curve_band(labels == 1, scores, table, one, two), 1),
    )


def measure_tuner(*sizes: int) -> None:
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        for n in sizes or SIZES:
            say(pairs=n, **measure_in(browser, n))
        browser.close()


def measure_in(browser: Any, n: int) -> dict[str, float]:
    sys.path.insert(0, str(ROOT / "tests" / "widgets"))
    from bare_page import BarePage, make_png

    from siamese_nb import widgets

    pictures = [make_png(seed, (256, 256)) for seed in range(64)]
    pairs = draw_pairs(n)
    start = time.perf_counter()
    tuner = widgets.ThresholdTuner(
        **pairs, threshold=0.5, pictures=lambda row: (pictures[row % 64], pictures[(row + 1) % 64])
    )
    made = time.perf_counter() - start
    context = browser.new_context(viewport={"width": 1100, "height": 1400})
    page = BarePage(context.new_page(), widgets.ThresholdTuner)
    start = time.perf_counter()
    page.show(tuner)
    page.page.wait_for_function("document.querySelector('.st-curves').textContent.includes('95% intervals')", timeout=0)
    shown = time.perf_counter() - start
    took, a_second = page.page.evaluate(MEASURE, MOVES)
    pictures_ms = page.page.evaluate(PICTURES, 20)
    context.close()
    return {
        "made_s": made,
        "shown_with_intervals_s": shown,
        "repaint_median_ms": float(np.median(took)),
        "repaint_95th_ms": float(np.quantile(took, 0.95)),
        "repaints_a_second": a_second,
        "pictures_median_ms": float(np.median(pictures_ms)),
        "pictures_95th_ms": float(np.quantile(pictures_ms, 0.95)),
    }


def say(**figures: float) -> None:
    rounded = {name: round(value, 3) for name, value in figures.items()}
    print(json.dumps({**rounded, "load": round(os.getloadavg()[0], 2), "cores": os.cpu_count()}), flush=True)


if __name__ == "__main__":
    asked = sys.argv[1:]
    if not asked or asked[0] not in ("curves", "tuner") or not all(number.isdecimal() for number in asked[1:]):
        sys.exit(__doc__)
    {"curves": measure_curves, "tuner": measure_tuner}[asked[0]](*map(int, asked[1:]))
