"""A widget's real JavaScript against its real Python class, in a page without Jupyter."""

import base64
import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, JSHandle, Locator, Page, Route

TRAITS = ("state", "background", "history", "gallery", "ranking")
ORIGIN = "http://localhost:1"  # never reached: every request is answered by the route below

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>widget</title><style>body{margin:24px}</style>
<body><script type="module">
import widget from "./widget.js";
const decode = (text) => new DataView(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
const encode = (buffer) => new Promise((resolve) => {
  const reader = new FileReader();
  reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
  reader.readAsDataURL(new Blob([buffer]));
});
class Model {
  constructor(index, traits) { Object.assign(this, { index, traits, handlers: [], sent: Promise.resolve(),
                                                    gone: false, held: null, arrivals: null }); }
  get(name) { return this.traits[name]; }
  on(name, handler) { this.handlers.push({ name, handler }); }
  off(name, handler) { this.handlers = this.handlers.filter((it) => it.name !== name || it.handler !== handler); }
  trigger(name, ...values) { for (const it of [...this.handlers]) if (it.name === name) it.handler(...values); }
  send(content, callbacks, buffers) {
    if (this.gone) throw new Error("Kernel is disposed");
    const busy = this.held;
    this.sent = Promise.all([this.sent, busy?.promise, ...buffers.map(encode)])
      .then(([, , ...texts]) => window.toKernel(this.index, content, texts))
      .then((replies) => replies.forEach((reply) => this.arrive(reply)));
  }
  arrive(reply) {
    if (this.arrivals) return this.arrivals.push(reply);
    if (reply.custom) this.trigger("msg:custom", reply.custom, reply.buffers.map(decode));
    else {
      Object.assign(this.traits, reply.update);
      for (const name of Object.keys(reply.update)) this.trigger(`change:${name}`);
    }
  }
  beBusy() { this.held = Promise.withResolvers(); }
  beFree() { this.held.resolve(); this.held = null; }
  delay() { this.arrivals = []; }
  deliver(after) {
    const all = this.arrivals;
    this.arrivals = null;
    for (const it of all) { this.arrive(it); after?.(); }
  }
}
window.models = [];
window.show = (traits) => {
  const el = document.body.appendChild(document.createElement("section"));
  const model = new Model(window.models.length, traits);
  window.models.push(model);
  model.remove = widget.render({ model, el });
};
window.ready = true;
</script></body></html>"""

COUNT_URLS = """() => {
  window.urls = new Set();
  const { createObjectURL, revokeObjectURL } = URL;
  URL.createObjectURL = (blob) => { const url = createObjectURL.call(URL, blob); urls.add(url); return url; };
  URL.revokeObjectURL = (url) => { revokeObjectURL.call(URL, url); urls.delete(url); };
}"""


class FakeComm:
    """Take the place of a kernel's connection: what the widget sends is a reply, or is pushed into the page."""

    kernel = object()
    comm_id = "bare"

    def __init__(self, push: Any) -> None:
        self.push = push
        self.replies: list[dict[str, Any]] | None = None

    def on_msg(self, callback: Any) -> None:
        self.callback = callback

    def send(self, data: dict[str, Any], buffers: list[bytes] | None = None) -> None:
        if data["method"] == "custom":
            texts = [base64.b64encode(buffer).decode() for buffer in buffers or []]
            message = {"custom": data["content"], "buffers": texts}
        else:
            message = {"update": data["state"]}
        if self.replies is None:
            self.push(message)
        else:
            self.replies.append(message)

    def close(self, *_: Any, **__: Any) -> None:
        """Let ipywidgets end the connection."""

    def receive(self, content: dict[str, Any], buffers: list[bytes]) -> list[dict[str, Any]]:
        self.replies = []
        data = {"method": "custom", "content": content}
        self.callback({"content": {"data": data}, "buffers": [memoryview(buffer) for buffer in buffers]})
        replies, self.replies = self.replies, None
        return replies


class BarePage:
    """A page that shows widgets of one class, and what a test does to them."""

    def __init__(self, page: Page, widget: type) -> None:
        self.page = page
        self.comms: list[FakeComm] = []
        self.errors: list[str] = []
        page.on("console", lambda message: message.type == "error" and self.errors.append(message.text))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.expose_function("toKernel", self._to_kernel)
        page.route(f"{ORIGIN}/**", lambda route: self._answer(route, str(widget._esm)))
        page.goto(f"{ORIGIN}/")
        page.wait_for_function("window.ready")
        page.add_style_tag(content=str(widget._css))

    def show(self, widget: Any) -> Locator:
        """Show a widget; return its card."""
        index = len(self.comms)
        comm = FakeComm(lambda message: self.page.evaluate("([i, m]) => models[i].arrive(m)", [index, message]))
        self.comms.append(comm)
        widget.comm = comm
        self.page.evaluate(
            "traits => show(traits)", {name: getattr(widget, name) for name in TRAITS if widget.has_trait(name)}
        )
        return self.page.locator(".siamese").nth(index)

    def model(self, call: str, index: int = 0) -> None:
        """Do something to the browser's end of the connection: `beBusy()`, `delay()`, `gone = true`."""
        self.page.evaluate(f"models[{index}].{call}")

    def at_widths(self, *widths: int) -> Iterator[int]:
        """Set each width in turn; whatever is done at it, nothing may reach beyond the page's edge."""
        for width in widths:
            self.page.set_viewport_size({"width": width, "height": 900})
            yield width
            assert self.page.evaluate("document.documentElement.scrollWidth") <= width

    def count_urls(self) -> None:
        """Keep in the page's `urls` what it has made of blobs and not let go of, from now on."""
        self.page.evaluate(COUNT_URLS)

    def _to_kernel(self, index: int, content: dict[str, Any], texts: list[str]) -> list[dict[str, Any]]:
        return self.comms[index].receive(content, [base64.b64decode(text) for text in texts])

    def _answer(self, route: Route, script: str) -> None:
        name = route.request.url.removeprefix(ORIGIN)
        if name == "/":
            route.fulfill(body=PAGE, content_type="text/html")
        elif name == "/widget.js":
            route.fulfill(body=script, content_type="text/javascript")
        elif name.startswith("/files/"):
            route.fulfill(body=make_png(7), content_type="image/png")
        else:
            route.fulfill(status=204)


@contextmanager
def open_bare(browser: Browser, widget: type, height: int = 760) -> Iterator[BarePage]:
    """Open a page without Jupyter; in the end, its console must hold no error."""
    context = browser.new_context(viewport={"width": 900, "height": height})
    page = BarePage(context.new_page(), widget)
    yield page
    context.close()
    assert page.errors == []


def cut_off(places: Locator) -> list[str]:
    """List the texts of the elements that are wider than what is shown of them."""
    return places.evaluate_all(
        "nodes => nodes.filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => e.textContent)"
    )


def make_png(seed: int, size: tuple[int, int] = (60, 80)) -> bytes:
    """Make a picture of noise on a coloured ground, different for each seed."""
    return encode(make_image(seed, size), "PNG")


def make_image(seed: int, size: tuple[int, int] = (60, 80)) -> Image.Image:
    random = np.random.default_rng(seed)
    noise = random.integers(0, 40, (*size, 3)) + random.integers(0, 200, 3)
    return Image.fromarray(noise.astype(np.uint8))


def encode(image: Image.Image, format: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, format, **options)
    return stream.getvalue()


def transfer(page: Page, *files: tuple[str, bytes, str]) -> JSHandle:
    """Make a DataTransfer that holds files: (name, bytes, type)."""
    given = [[name, base64.b64encode(data).decode(), type] for name, data, type in files]
    return page.evaluate_handle(
        """given => { const transfer = new DataTransfer();
        for (const [name, text, type] of given) {
          const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
          transfer.items.add(new File([bytes], name, { type }));
        }
        return transfer; }""",
        given,
    )


def drop(target: Locator, *files: tuple[str, bytes, str]) -> None:
    """Drop files on an element as a browser does: enter, over, drop."""
    handle = transfer(target.page, *files)
    for event in ("dragenter", "dragover", "drop"):
        target.dispatch_event(event, {"dataTransfer": handle})
