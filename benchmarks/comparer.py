"""Milliseconds from a drop to the verdict, split into browser, transport, widget, decode, leg and head.

Run: python benchmarks/comparer.py [--rounds 20] [--legs base_cnn ...] [--megapixels 0.1 2 ...]. The networks have
random weights, which cost the same time. JPEGs are dropped on the comparer of `open_comparer` in JupyterLab in headless
Chromium, so that every message goes over a real kernel's connection: two at once ("both"), and one beside one that is
already there ("one"). Browser is the time until the last piece of a file is sent, and from the answer's arrival until
it is painted; widget, decode, leg and head are the kernel's; transport is the rest: the server, the connection,
waiting. "Beyond the leg" is all but the leg's own forward pass. The floor is what JupyterLab takes for the same bytes
without a comparer: they are read, sent to the kernel in as many messages, and a short answer is painted; it is measured
before each drop. The columns are medians; a Markdown table goes to stdout.

Nobody watches meanwhile: Playwright sets the page up, starts the rounds and disconnects. While it is connected, the
browser reports to it every frame of a WebSocket in Base64, on the same processors: with the same comparer and two
pictures of 2 megapixels it took 164 ms beyond the leg in place of 61, with one 84 in place of 49 (two cores).
"""

import argparse
import io
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
LEGS = ("base_cnn", "mobilenetv2", "vgg16")
MEGAPIXELS = (0.1, 2, 12, 50)
SCENARIOS = {"both": 2, "one": 1}
STEPS = ("widget", "decode", "leg", "head")
COLUMNS = ("leg", "MP", "dropped", "median", "p95", "browser", "transport", *STEPS, "beyond the leg", "floor", "above")


class Timed:
    """In the kernel: a comparer on a network of random weights, with a clock at each step, and an echo."""

    def __init__(self, name: str) -> None:
        import siamese_nb.answers.answerer as answerer
        import siamese_nb.answers.picture as picture
        from siamese_nb.answers import open_comparer

        self.spent = dict.fromkeys(STEPS, 0.0)
        for step, module, function in (
            ("decode", picture, "read_image"), ("leg", picture, "embed"), ("head", answerer, "pair_scores")
        ):  # fmt: skip
            setattr(module, function, self.timed(step, getattr(module, function)))
        self.comparer = open_comparer(make_verifier(name))
        receive = self.comparer._receive
        timed = self.timed("widget", receive)
        self.comparer.on_msg(receive, remove=True)
        of_a_file = ("begin", "chunk")
        self.comparer.on_msg(lambda *given: (timed if given[1]["kind"] in of_a_file else receive)(*given))
        self.open_echo()

    def timed(self, step: str, function: Any) -> Any:
        """Add to one step what a function takes and is not spent in the steps within it."""

        def run(*given: Any) -> Any:
            start, before = time.perf_counter(), sum(self.spent.values())
            result = function(*given)
            within = sum(self.spent.values()) - before
            self.spent[step] += 1000 * (time.perf_counter() - start) - within
            return result

        return run

    def open_echo(self) -> None:
        """Answer each message of a connection of its own that asks for it."""
        from comm import get_comm_manager

        def serve(comm: Any, _: Any) -> None:
            comm.on_msg(lambda message: message["content"]["data"]["last"] and comm.send({"verdict": "similar"}))

        get_comm_manager().register_target("echo", serve)

    def take(self) -> str:
        """Give the times since the last call, and begin anew."""
        found, self.spent = json.dumps(self.spent), dict.fromkeys(STEPS, 0.0)
        return found


def make_verifier(name: str) -> Any:
    """Build a verifier of random weights, with validation pairs of random scores."""
    import keras

    from siamese_nb.calibration import fit_calibration
    from siamese_nb.legs import build_leg, default_size
    from siamese_nb.models import MetricHead, build_projection, build_siamese
    from siamese_nb.scored_pairs import ScoredPairs
    from siamese_nb.verifier import Verifier

    backbone = build_leg(name, default_size(name), "none")
    projected = build_projection(backbone.output_shape[-1], 128)(backbone.output)
    model = build_siamese(keras.Model(backbone.input, projected, name="leg"), MetricHead(name="head"))
    rng, labels, files = np.random.default_rng(0), np.arange(1000) % 2, ("none",) * 1000
    scores = np.clip(rng.normal(0.3 + 0.4 * labels, 0.15), 0.0, 1.0)
    kinds, things = 1 - labels, np.arange(1000)
    pairs = ScoredPairs(files, files, labels, kinds, np.ones(1000, bool), scores, things, things + kinds)
    calibration = fit_calibration(labels, scores).to_dict()
    return Verifier(model, {"threshold": {"threshold": 0.5}, "calibration": calibration}, pairs={"validation": pairs})


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

# Marks the moments at which a piece of a file goes out, and at which an answer comes in.
WATCH = """(() => {
  const Plain = window.WebSocket;
  const decoder = new TextDecoder();
  const begins = (data, pattern) => {
    if (typeof data === "string") return false;
    return pattern.test(decoder.decode(new Uint8Array(data.buffer ?? data, data.byteOffset ?? 0).subarray(0, 4000)));
  };
  window.marks = { sent: 0, arrived: 0 };
  window.WebSocket = class extends Plain {
    constructor(...given) {
      super(...given);
      this.addEventListener("message", ({ data }) => {
        const now = performance.now();
        if (begins(data, /"answer": ?[{]/)) marks.arrived = now;
      });
    }
    send(data) {
      super.send(data);
      if (begins(data, /"kind": ?"(begin|chunk)"/)) marks.sent = performance.now();
    }
  };
})()"""

FETCH = """async (urls) => { window.files = await Promise.all(urls.map(async (url, index) =>
  new File([await (await fetch(url)).blob()], index + ".jpg", { type: "image/jpeg" }))); }"""

DROP = """(count) => new Promise((resolve) => {
  const card = document.querySelector(".siamese-comparer");
  const result = card.querySelector(".sc-result");
  const panes = [...card.querySelectorAll(".sc-pane")].slice(0, count);
  for (const pane of panes) pane.querySelector("[aria-label^=Clear]").click();
  const transfer = new DataTransfer();
  for (const file of window.files.slice(0, count)) transfer.items.add(file);
  setTimeout(() => {
    const start = performance.now();
    new MutationObserver((_, watch) => {
      if (!result.dataset.verdict) return;
      watch.disconnect();
      const { arrived } = marks;
      requestAnimationFrame(() => setTimeout(() => {
        const end = performance.now();
        resolve({ total: end - start, browser: marks.sent - start + end - arrived });
      }));
    }).observe(result, { attributes: true, attributeFilter: ["data-verdict"] });
    const given = { dataTransfer: transfer, bubbles: true, cancelable: true };
    card.querySelector(".sc-pane").dispatchEvent(new DragEvent("drop", given));
  }, 400);
})"""

# What any widget would take that reads the same files, sends them to the kernel and paints its short answer.
FLOOR = """async (count) => {
  const { kernel } = window.panel.sessionContext.session;
  window.echo ??= (() => { const comm = kernel.createComm("echo"); comm.open(); return comm; })();
  const note = window.note ??= document.body.appendChild(document.createElement("p"));
  const files = window.files.slice(0, count);
  await new Promise((resolve) => setTimeout(resolve, 400));
  const start = performance.now();
  const answered = new Promise((resolve) => (window.echo.onMsg = ({ content }) => {
    note.textContent = content.data.verdict + start;
    requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - start)));
  }));
  const firsts = await Promise.all(files.map((file) => file.slice(0, 1 << 20).arrayBuffer()));
  const more = files.flatMap((file) =>
    Array.from({ length: (file.size - 1) >> 20 }, (_, index) => file.slice((index + 1) << 20, (index + 2) << 20)));
  window.echo.send({ last: !more.length }, undefined, firsts);
  for (const piece of more) window.echo.send({ last: piece === more.at(-1) }, undefined, [await piece.arrayBuffer()]);
  return answered;
}"""
# The rounds, in the page: the first warms up.
ROUNDS = """({{ sizes, scenarios, rounds }}) => {{
  const fetchFiles = {fetch}, drop = {drop}, floor = {floor}, ask = {ask};
  const wait = (time) => new Promise((resolve) => setTimeout(resolve, time));
  const reasoned = () => !document.querySelector(".sc-words").textContent.startsWith("Looking");
  const round = async (count) => {{
    const found = {{ floor: await floor(count) }};
    await ask("print(timed.take())");
    Object.assign(found, await drop(count), JSON.parse(await ask("print(timed.take())")));
    while (!reasoned()) await wait(20);
    await wait(500); // small pictures for the history go out
    return found;
  }};
  const run = async () => {{
    window.echo = undefined;
    window.found = [];
    for (const size of sizes) {{
      await fetchFiles([1, 2].map((seed) => `/files/${{size}}-${{seed}}.jpg`));
      for (const [scenario, count] of Object.entries(scenarios)) {{
        const all = [];
        for (let index = 0; index <= rounds; index += 1) all.push(await round(count));
        window.found.push([size, scenario, all.slice(1)]);
      }}
    }}
  }};
  const tell = (how) => ask(`open({end!r}, "w").write(${{JSON.stringify(how)}})`);
  setTimeout(() => run().then(() => tell("measured"), (error) => tell(String(error))), 3000);
}}"""


class Chromium:
    """A browser that goes on by itself between connections of Playwright."""

    def __init__(self, driver: Any, folder: Path) -> None:
        from conftest import ARGUMENTS

        self.driver, port = driver, folder / "DevToolsActivePort"
        options = ["--remote-debugging-port=0", f"--user-data-dir={folder}", "--window-size=1200,900", "about:blank"]
        self.process = subprocess.Popen(
            [shutil.which("chromium") or "chromium", *ARGUMENTS, *options], stderr=subprocess.DEVNULL
        )
        while not port.exists() or not port.read_text().strip():
            time.sleep(0.1)
        self.address = f"http://127.0.0.1:{port.read_text().split()[0]}"

    @contextmanager
    def page(self) -> Iterator[Any]:
        """Connect to its one page."""
        browser = self.driver.chromium.connect_over_cdp(self.address)
        try:
            yield browser.contexts[0].pages[0]
        finally:
            browser.close()  # the connection, not the browser

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait(20)


def measure(chromium: Chromium, server: Any, leg: str, given: argparse.Namespace) -> Iterator[tuple[str, str, Any]]:
    """Drop pictures several times; yield size, scenario and the milliseconds of each step in each round."""
    import nbformat
    from lab_server import ASK, CLOSE, LabPage

    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL.format(root=str(ROOT), leg=leg))])
    book.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path, end = server.root / f"{leg}.ipynb", server.root / f"{leg}.end"  # what the kernel writes when all is done
    nbformat.write(book, path)
    with chromium.page() as page:
        page.add_init_script(WATCH)
        lab = LabPage(page, server)
        lab.open(path.name)
        lab.run()
        sizes = [f"{megapixels:g}" for megapixels in given.megapixels]
        scenarios = {name: SCENARIOS[name] for name in given.scenarios}
        rounds = {"sizes": sizes, "scenarios": scenarios, "rounds": given.rounds}
        page.evaluate(ROUNDS.format(fetch=FETCH, drop=DROP, floor=FLOOR, ask=ASK, end=str(end)), rounds)
    while not end.exists() or not (how := end.read_text()):
        time.sleep(1)
    if how != "measured":
        raise RuntimeError(how)
    with chromium.page() as page:
        found = page.evaluate("window.found")
        page.evaluate(CLOSE)
    for size, scenario, all in found:
        yield size, scenario, {name: np.array([each[name] for each in all]) for name in all[0]}


def row_of(leg: str, megapixels: str, scenario: str, found: dict[str, np.ndarray]) -> str:
    """Write a line of the table."""
    kernel = sum(found[step] for step in STEPS)
    transport = np.maximum(0.0, found["total"] - found["browser"] - kernel)
    columns = [np.median(found["total"]), np.quantile(found["total"], 0.95), np.median(found["browser"])]
    columns += [np.median(transport), *(np.median(found[step]) for step in STEPS)]
    beyond = found["total"] - found["leg"]
    columns += [np.median(beyond), np.median(found["floor"]), np.median(beyond - found["floor"])]
    return f"| {leg} | {megapixels} | {scenario} | " + " | ".join(f"{value:.0f}" for value in columns) + " |"


def main() -> None:
    """Measure every leg, size and scenario."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--legs", nargs="+", default=LEGS)
    parser.add_argument("--megapixels", nargs="+", type=float, default=MEGAPIXELS)
    parser.add_argument("--scenarios", nargs="+", choices=SCENARIOS, default=list(SCENARIOS))
    given = parser.parse_args()
    sys.path.insert(0, str(ROOT / "tests" / "widgets"))
    from lab_server import LabServer
    from playwright.sync_api import sync_playwright

    print("| " + " | ".join(COLUMNS) + " |\n" + "|---" * len(COLUMNS) + "|", flush=True)
    with tempfile.TemporaryDirectory() as place, sync_playwright() as driver:
        server, chromium = LabServer(Path(place)), Chromium(driver, Path(place) / "chromium")
        try:
            for megapixels in given.megapixels:
                for seed in (1, 2):
                    make_photo(megapixels, seed, server.root / f"{megapixels:g}-{seed}.jpg")
            for leg in given.legs:
                for measured in measure(chromium, server, leg, given):
                    print(row_of(leg, *measured), flush=True)
        finally:
            chromium.stop()
            server.stop()


if __name__ == "__main__":
    main()
