"""Milliseconds from a drop to the verdict, split into browser, transport, widget, decode, leg and head.

Run: python benchmarks/comparer.py [--rounds 20] [--legs base_cnn ...] [--megapixels 0.1 2 ...]. The networks have
random weights, which cost the same time. Two JPEGs are dropped at once on the real comparer in JupyterLab in headless
Chromium, so that every message goes over a real kernel's connection. Browser is the time until the last piece of a file
is sent, and from the answer's arrival until it is painted; widget, decode, leg and head are the kernel's; transport is
the rest: the server, the connection, waiting. The columns are medians; a Markdown table goes to stdout.
"""

import argparse
import io
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
LEGS = ("base_cnn", "mobilenetv2", "vgg16")
MEGAPIXELS = (0.1, 2, 12, 50)
STEPS = ("widget", "decode", "leg", "head")


class Timed:
    """In the kernel: the comparer's functions on a network of random weights, with a clock at each step."""

    def __init__(self, name: str) -> None:
        import keras

        from siamese_nb.legs import build_leg, default_size
        from siamese_nb.models import MetricHead, build_projection, build_siamese
        from siamese_nb.verifier import Verifier
        from siamese_nb.widgets import Comparer

        backbone = build_leg(name, default_size(name), "none")
        projected = build_projection(backbone.output_shape[-1], 128)(backbone.output)
        model = build_siamese(keras.Model(backbone.input, projected, name="leg"), MetricHead(name="head"))
        self.verifier = Verifier(model, {"threshold": {"threshold": 0.5}})
        self.spent = dict.fromkeys(STEPS, 0.0)
        self.comparer = Comparer(self.compare, read=self.read)
        receive = self.comparer._receive
        self.comparer.on_msg(receive, remove=True)
        self.comparer.on_msg(lambda *given: self.clock("widget", lambda: receive(*given)))

    def read(self, data: bytes) -> Any:
        from siamese_nb.images import read_image

        pixels = self.clock("decode", lambda: read_image(data, self.verifier.image_size))
        return self.clock("leg", lambda: self.verifier.embed([pixels]))

    def compare(self, one: Any, two: Any) -> dict[str, Any]:
        from siamese_nb.embeddings import pair_scores

        rows = np.array([0]), np.array([1])
        score = self.clock("head", lambda: pair_scores(self.verifier.head, np.concatenate([one, two]), *rows))[0]
        return {"score": score, "threshold": 0.5, "verdict": "similar", "probability": None}

    def clock(self, step: str, work: Any) -> Any:
        """Add to one step what is not spent in the steps within it."""
        start, before = time.perf_counter(), sum(self.spent.values())
        result = work()
        within = sum(self.spent.values()) - before
        self.spent[step] += 1000 * (time.perf_counter() - start) - within
        return result

    def take(self) -> str:
        """Give the times since the last call, and begin anew."""
        found, self.spent = json.dumps(self.spent), dict.fromkeys(STEPS, 0.0)
        return found


def make_photo(megapixels: float, seed: int, file: Path) -> None:
    """Write a JPEG with the detail of a photo, about 0.3 bytes a pixel."""
    height = round((megapixels * 1e6 / 1.5) ** 0.5)
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 256, (height // 12 + 1, height // 8 + 1, 3), np.uint8))
    stream = io.BytesIO()
    small.resize((round(1.5 * height), height), Image.Resampling.BICUBIC).save(stream, "JPEG", quality=92)
    file.write_bytes(stream.getvalue())


CELL = """import sys
sys.path[:0] = [{root!r}]
from benchmarks.comparer import Timed
timed = Timed({leg!r})
timed.comparer"""

# Marks the moments at which pieces of files go out and at which anything comes in.
WATCH = """(() => {
  const Plain = window.WebSocket;
  window.marks = { sent: 0, arrived: [] };
  window.WebSocket = class extends Plain {
    constructor(...given) {
      super(...given);
      this.addEventListener("message", () => marks.arrived.push(performance.now()));
    }
    send(data) {
      super.send(data);
      if (typeof data === "string") return;
      const bytes = new Uint8Array(data.buffer ?? data, data.byteOffset ?? 0);
      const head = new TextDecoder().decode(bytes.subarray(0, 3000));
      if (head.includes('"chunk"')) marks.sent = performance.now();
    }
  };
})()"""

FETCH = """async (urls) => { window.files = await Promise.all(urls.map(async (url, index) =>
  new File([await (await fetch(url)).blob()], index + ".jpg", { type: "image/jpeg" }))); }"""

DROP = """() => new Promise((resolve) => {
  const card = document.querySelector(".siamese-comparer");
  const result = card.querySelector(".sc-result");
  for (const name of ["one", "two"]) card.querySelector(`[data-pane=${name}] [aria-label^=Clear]`).click();
  const transfer = new DataTransfer();
  for (const file of window.files) transfer.items.add(file);
  setTimeout(() => {
    const start = performance.now();
    new MutationObserver((_, watch) => {
      if (!result.dataset.verdict) return;
      watch.disconnect();
      const arrived = marks.arrived.at(-1);
      requestAnimationFrame(() => setTimeout(() => {
        const end = performance.now();
        resolve({ total: end - start, browser: marks.sent - start + end - arrived });
      }));
    }).observe(result, { attributes: true, attributeFilter: ["data-verdict"] });
    const given = { dataTransfer: transfer, bubbles: true, cancelable: true };
    card.querySelector(".sc-pane").dispatchEvent(new DragEvent("drop", given));
  }, 400);
})"""


def measure(lab: Any, photos: list[str], rounds: int) -> dict[str, np.ndarray]:
    """Drop two pictures several times; return the milliseconds of each step in each round."""
    lab.page.evaluate(FETCH, photos)
    found: list[dict[str, float]] = []
    for _ in range(rounds + 1):
        lab.ask("timed.take()")
        page = lab.page.evaluate(DROP)
        found.append(page | json.loads(lab.ask("timed.take()")))
        lab.page.wait_for_timeout(300)  # small pictures for the history go out
    return {name: np.array([each[name] for each in found[1:]]) for name in found[0]}  # the first warms up


def row_of(leg: str, megapixels: float, found: dict[str, np.ndarray]) -> str:
    """Write a line of the table."""
    kernel = sum(found[step] for step in STEPS)
    transport = np.maximum(0.0, found["total"] - found["browser"] - kernel)
    columns = [np.median(found["total"]), np.quantile(found["total"], 0.95), np.median(found["browser"])]
    columns += [np.median(transport), *(np.median(found[step]) for step in STEPS)]
    columns.append(np.median(found["total"] - found["leg"]))
    return f"| {leg} | {megapixels:g} | " + " | ".join(f"{value:.0f}" for value in columns) + " |"


def main() -> None:
    """Measure every leg and size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--legs", nargs="+", default=LEGS)
    parser.add_argument("--megapixels", nargs="+", type=float, default=MEGAPIXELS)
    given = parser.parse_args()
    sys.path.insert(0, str(ROOT / "tests" / "widgets"))
    import nbformat
    from conftest import ARGUMENTS
    from lab_server import LabPage, LabServer
    from playwright.sync_api import sync_playwright

    print("| leg | MP | median | p95 | browser | transport | widget | decode | leg | head | beyond the leg |")
    print("|---|---|---|---|---|---|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as place, sync_playwright() as driver:
        server = LabServer(Path(place))
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        try:
            context = browser.new_context(viewport={"width": 1200, "height": 900})
            context.add_init_script(WATCH)
            lab = LabPage(context.new_page(), server)
            for megapixels in given.megapixels:
                for seed in (1, 2):
                    make_photo(megapixels, seed, server.root / f"{megapixels:g}-{seed}.jpg")
            for leg in given.legs:
                cell = nbformat.v4.new_code_cell(CELL.format(root=str(ROOT), leg=leg))
                book = nbformat.v4.new_notebook(cells=[cell])
                book.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
                nbformat.write(book, Path(place) / f"{leg}.ipynb")
                lab.open(server.add(Path(place) / f"{leg}.ipynb"))
                lab.run()
                for megapixels in given.megapixels:
                    photos = [f"/files/{megapixels:g}-{seed}.jpg" for seed in (1, 2)]
                    print(row_of(leg, megapixels, measure(lab, photos, given.rounds)), flush=True)
                lab.close()
        finally:
            browser.close()
            server.stop()


if __name__ == "__main__":
    main()
