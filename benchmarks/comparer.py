"""Milliseconds from a drop to the verdict, split into browser, transport, decode, leg and head.

Run: python benchmarks/comparer.py [--rounds 20]. The networks have random weights, which cost the same time. Two files
are dropped at once on the real widget in headless Chromium, without Jupyter: the messages go through the browser's
debugging connection as base64 text, which is far slower than a websocket, so that the column "browser and transport" is
an upper bound. What Python adds to the leg's time is "widget", "decode" and "head". A Markdown table goes to stdout.
"""

import argparse
import base64
import io
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np
from PIL import Image
from playwright.sync_api import sync_playwright

import siamese_nb.widgets
from siamese_nb.calibration import fit_calibration
from siamese_nb.embeddings import pair_scores
from siamese_nb.images import read_image
from siamese_nb.legs import build_leg, default_size
from siamese_nb.models import MetricHead, build_projection, build_siamese
from siamese_nb.verifier import Verifier
from siamese_nb.widgets import Comparer

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "widgets"))
from bare_page import BarePage
from conftest import ARGUMENTS

LEGS = ("base_cnn", "mobilenetv2", "vgg16")
MEGAPIXELS = (0.1, 2, 12, 50)
STEPS = ("decode", "leg", "head")


def make_verifier(name: str) -> Verifier:
    """Build a network of random weights."""
    backbone = build_leg(name, default_size(name), "none")
    leg = keras.Model(backbone.input, build_projection(backbone.output_shape[-1], 128)(backbone.output), name="leg")
    calibration = fit_calibration([0, 1], [0.2, 0.8]).to_dict()
    about = {"threshold": {"threshold": 0.5}, "calibration": calibration}
    return Verifier(build_siamese(leg, MetricHead(name="head")), about)


class Timed:
    """The comparer's two functions on a verifier, with a clock at each step."""

    def __init__(self, verifier: Verifier) -> None:
        self.verifier = verifier
        self.spent = dict.fromkeys(STEPS, 0.0)

    def read(self, data: bytes) -> np.ndarray:
        pixels = self.clock("decode", lambda: read_image(data, self.verifier.image_size))
        return self.clock("leg", lambda: self.verifier.embed([pixels]))

    def compare(self, one: np.ndarray, two: np.ndarray) -> dict[str, Any]:
        rows = np.array([0]), np.array([1])
        score = self.clock("head", lambda: pair_scores(self.verifier.head, np.concatenate([one, two]), *rows))[0]
        return {"score": score, "threshold": 0.5, "verdict": "similar", "probability": None}

    def clock(self, step: str, work: Any) -> Any:
        start = time.perf_counter()
        result = work()
        self.spent[step] += 1000 * (time.perf_counter() - start)
        return result


def make_photo(megapixels: float, seed: int) -> bytes:
    """Make a JPEG with the detail of a photo, about 0.3 bytes a pixel."""
    height = round((megapixels * 1e6 / 1.5) ** 0.5)
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 256, (height // 12 + 1, height // 8 + 1, 3), np.uint8))
    stream = io.BytesIO()
    small.resize((round(1.5 * height), height), Image.Resampling.BICUBIC).save(stream, "JPEG", quality=92)
    return stream.getvalue()


GIVE = """([one, two]) => { window.files = [one, two].map((text, index) =>
  new File([Uint8Array.from(atob(text), (it) => it.charCodeAt(0))], index + ".jpg", { type: "image/jpeg" })); }"""

DROP = """() => new Promise((resolve) => {
  const result = document.querySelector(".sc-result");
  const transfer = new DataTransfer();
  for (const file of window.files) transfer.items.add(file);
  const target = document.querySelector(".sc-pane");
  for (const name of ["one", "two"]) document.querySelector(`[data-pane=${name}] [aria-label^=Clear]`).click();
  setTimeout(() => {
    const start = performance.now();
    new MutationObserver((_, watch) => {
      if (!result.dataset.verdict) return;
      watch.disconnect();
      requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - start)));
    }).observe(result, { attributes: true, attributeFilter: ["data-verdict"] });
    target.dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
  }, 150);
})"""


def measure(page: BarePage, timed: Timed, megapixels: float, rounds: int) -> dict[str, list[float]]:
    """Drop two pictures several times; return the milliseconds of each step in each round."""
    page.page.evaluate(GIVE, [base64.b64encode(make_photo(megapixels, seed)).decode() for seed in (1, 2)])
    found: dict[str, list[float]] = {name: [] for name in ("total", "kernel", *STEPS)}
    for turn in range(rounds + 1):
        timed.spent = dict.fromkeys(STEPS, 0.0)
        page.kernel_ms = 0.0
        total = page.page.evaluate(DROP)
        if turn:  # the first warms up
            for name, value in {"total": total, "kernel": page.kernel_ms, **timed.spent}.items():
                found[name].append(value)
    return found


class TimedPage(BarePage):
    """Count the milliseconds that the kernel's side takes for messages."""

    kernel_ms = 0.0

    def _to_kernel(self, index: int, content: dict[str, Any], texts: list[str]) -> list[dict[str, Any]]:
        buffers = [base64.b64decode(text) for text in texts]
        start = time.perf_counter()
        replies = self.comms[index].receive(content, buffers)
        self.kernel_ms += 1000 * (time.perf_counter() - start)
        return replies


def main() -> None:
    """Measure every leg and size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    rounds = parser.parse_args().rounds
    print("| leg | MP | median | p95 | browser and transport | widget | decode | leg | head | beyond the leg |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    script = Path(siamese_nb.widgets.__file__).with_name("comparer.js")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        for name in LEGS:
            timed = Timed(make_verifier(name))
            page = TimedPage(browser.new_page(), script)
            page.show(Comparer(timed.compare, read=timed.read))
            for megapixels in MEGAPIXELS:
                found = {step: np.array(values) for step, values in measure(page, timed, megapixels, rounds).items()}
                inside = sum(found[step] for step in STEPS)
                columns = [
                    np.median(found["total"]),
                    np.quantile(found["total"], 0.95),
                    np.median(found["total"] - found["kernel"]),
                    np.median(found["kernel"] - inside),
                    *(np.median(found[step]) for step in STEPS),
                    np.median(found["total"] - found["leg"]),
                ]
                print(
                    f"| {name} | {megapixels} | " + " | ".join(f"{value:.0f}" for value in columns) + " |", flush=True
                )
        browser.close()


if __name__ == "__main__":
    main()
