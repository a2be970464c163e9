// The comparer's view. The kernel's `state` is the one truth: this file draws it, and sends what the user gives.
// Whatever was sent and is not answered yet is `pending`, by an id; a state with older ids never replaces it.

const CHUNK = 1 << 20; // a Jupyter server drops the connection at 10 MiB a message
const AHEAD = 4; // chunks sent before the kernel has said that it took them: the progress shown stays true
const PATIENCE = 1000; // milliseconds without an answer until the kernel is called busy
const PANES = ["one", "two"];
const TITLES = { one: "First picture", two: "Second picture" };
const OTHER = { one: "two", two: "one" };
const EMPTY = { id: "", status: "empty", name: "", width: 0, height: 0, message: "" };

// Of a file that another view began to send; where that view is gone, the rest never comes.
const ELSEWHERE = "A picture is on its way from another view; if none comes, give it again";

// What the browser can show by itself. Not SVG: it is never a picture to compare, and may hold a script.
const SHOWN_HERE = new Set(["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp"]);

const LAB_FILES = "application/x-jupyter-icontents";
// Places that make something of a dropped file themselves, and do not all say so by preventing the default.
const LEAVE_ALONE = ".cm-editor, input, textarea, [contenteditable='true'], .jp-FileBrowser, .jp-DirListing";

const SESSION = Math.random().toString(36).slice(2);
let lastId = 0;

const ICONS = {
  picture:
    '<rect x="3" y="4.5" width="18" height="15" rx="2.5"/><circle cx="8.5" cy="9.75" r="1.75"/><path d="m4 17 5-4.5 3.5 3 3.5-4 4.5 4.5"/>',
  similar: '<circle cx="12" cy="12" r="10" class="sc-solid"/><path d="m7.5 12.4 3.1 3.1 6-6.6" class="sc-cut"/>',
  "not similar":
    '<path d="M12 1.6 22.4 12 12 22.4 1.6 12Z" class="sc-solid"/><path d="m8.9 8.9 6.2 6.2m0-6.2-6.2 6.2" class="sc-cut"/>',
  problem: '<path d="M12 3.5 21.5 20h-19Z"/><path d="M12 10v4.5m0 2.6v.1"/>',
  swap: '<path d="M4 8.5h15m-4-4 4 4-4 4M20 15.5H5m4-4-4 4 4 4"/>',
  clear: '<path d="m6.5 6.5 11 11m0-11-11 11"/>',
  replace: '<path d="M3.5 7.5a2 2 0 0 1 2-2h4l2 2.5h7a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2h-13a2 2 0 0 1-2-2Z"/>',
};

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add("sc-icon");
  svg.innerHTML = ICONS[name];
  return svg;
}

function element(tag, properties = {}, ...children) {
  const { data = {}, aria = {}, ...rest } = properties;
  const node = Object.assign(document.createElement(tag), rest);
  Object.assign(node.dataset, data);
  for (const [name, value] of Object.entries(aria)) node.setAttribute(name === "role" ? name : `aria-${name}`, value);
  node.append(...children);
  // Lab looks for this on the focused element itself: without it, keys meant for a pane cut and delete cells.
  if (tag === "button" || rest.tabIndex === 0) node.dataset.lmSuppressShortcuts = "true";
  return node;
}

function iconButton(name, label, className) {
  return element("button", { type: "button", className, title: label, aria: { label } }, icon(name));
}

// ---- what the user gives -------------------------------------------------------------------------------------------

function holdsFiles(event) {
  return Boolean(event.dataTransfer?.types.includes("Files"));
}

function labUrl(path) {
  const settings = document.getElementById("jupyter-config-data")?.textContent;
  const base = (settings && JSON.parse(settings).baseUrl) || document.body.dataset.baseUrl || "/";
  return `${base}files/${path.split("/").map(encodeURIComponent).join("/")}`;
}

// A gift is a name and a way to its bytes, which may be refused later: a Blob is at hand, a URL must be fetched.
function giftOfFile(file) {
  return { name: file.name || "pasted picture", open: async () => file };
}

function giftOfUrl(url, name) {
  const open = async () => {
    const response = await fetch(url, { credentials: "same-origin" });
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    return response.blob();
  };
  return { name, open };
}

function giftsOfTransfer(transfer) {
  if (transfer.files.length) return Array.from(transfer.files, giftOfFile);
  const url = transfer.getData("text/uri-list").split(/\r?\n/).find((line) => line && !line.startsWith("#"));
  if (!url) return [];
  const address = new URL(url, location.href);
  const name = address.protocol.startsWith("http") ? decodeURIComponent(address.pathname.split("/").pop()) : "picture";
  if (["data:", "blob:"].includes(address.protocol) || address.origin === location.origin) return [giftOfUrl(url, name)];
  const refusal = "is on another site, which the browser does not read from; save the picture, then drop the file";
  return [{ name: name || address.host, refusal }];
}

function giftsOfLab(mimeData) {
  return (mimeData.getData(LAB_FILES) ?? []).map((path) => giftOfUrl(labUrl(path), path.split("/").pop()));
}

// ---- words ---------------------------------------------------------------------------------------------------------

// Two numbers that differ are never shown as the same: 0.596 against 0.604 is not "0.60 against 0.60".
function inWords(score, threshold) {
  let digits = 2;
  while (digits < 6 && score !== threshold && score.toFixed(digits) === threshold.toFixed(digits)) digits += 1;
  return [score.toFixed(digits), threshold.toFixed(digits)];
}

function percent(probability) {
  if (probability > 0.995) return "over 99%";
  if (probability < 0.005) return "under 1%";
  return `${Math.round(100 * probability)}%`;
}

const VERDICT = { similar: "Similar", "not similar": "Not similar" };

function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}

// ---- the picture ---------------------------------------------------------------------------------------------------

function buildPane(pane) {
  const title = TITLES[pane];
  const image = element("img", { className: "sc-image", alt: "", draggable: false });
  const choose = element("button", { type: "button", className: "sc-choose", textContent: "Choose a file" });
  const again = element("button", { type: "button", className: "sc-choose", textContent: "Try another" });
  const problem = element("p", { className: "sc-message" });
  const progress = element("progress", { max: 1, aria: { label: `Sending the ${title.toLowerCase()}` } });
  const sending = element("span", { className: "sc-sending" });
  const replace = iconButton("replace", `Replace the ${title.toLowerCase()}`, "sc-tool");
  const clear = iconButton("clear", `Clear the ${title.toLowerCase()}`, "sc-tool");
  const name = element("span", { className: "sc-name" });
  const size = element("span", { className: "sc-size" });
  const input = element("input", { type: "file", accept: "image/*", multiple: true, hidden: true });
  const stage = element(
    "div",
    { className: "sc-stage" },
    image,
    element(
      "div",
      { className: "sc-invite" },
      icon("picture"),
      element("p", { className: "sc-drop", textContent: "Drop a picture here" }),
      choose,
      element("p", { className: "sc-hint", textContent: "or paste one" }),
    ),
    element("div", { className: "sc-problem" }, icon("problem"), problem, again),
    element("div", { className: "sc-progress" }, progress, sending),
  );
  const node = element(
    "div",
    {
      className: "sc-pane",
      tabIndex: 0,
      data: { pane },
      aria: { role: "group", label: `${title}: drop, paste, or press Enter to choose a file` },
    },
    stage,
    element("div", { className: "sc-caption" }, element("div", { className: "sc-file" }, name, size), replace, clear),
    input,
  );
  return { node, image, choose, again, problem, progress, sending, replace, clear, name, size, input };
}

function buildResult() {
  const badge = element("div", { className: "sc-badge" });
  const chance = element("p", { className: "sc-chance" });
  const detail = element("p", { className: "sc-detail" });
  const mark = element("div", { className: "sc-mark" }, element("span"));
  const tick = element("div", { className: "sc-tick" }, element("span"));
  const scale = element(
    "div",
    { className: "sc-scale", aria: { role: "img" } },
    element("div", { className: "sc-track" }, element("div", { className: "sc-above" })),
    tick,
    mark,
    element("span", { className: "sc-end sc-low", textContent: "0" }),
    element("span", { className: "sc-end sc-high", textContent: "1" }),
  );
  const node = element(
    "div",
    { className: "sc-result" },
    element("div", { className: "sc-verdict" }, badge, chance, detail),
    scale,
  );
  return { node, badge, chance, detail, scale, mark, tick };
}

// ---- the view ------------------------------------------------------------------------------------------------------

class View {
  constructor(model, root) {
    this.model = model;
    this.stopping = new AbortController();
    this.pending = { one: null, two: null };
    this.previews = new Map(); // id -> object URL
    this.asked = new Set(); // ids whose preview the kernel was asked for
    this.waiting = false;
    this.gone = false;
    this.note = "";
    this.root = root;
    this.panes = { one: buildPane("one"), two: buildPane("two") };
    this.result = buildResult();
    this.swap = iconButton("swap", "Swap the pictures", "sc-swap");
    this.live = element("div", { className: "sc-live", aria: { role: "status", live: "polite" } });
    this.card = element(
      "div",
      { className: "siamese-comparer", aria: { role: "group", label: "Compare two pictures" } },
      element("div", { className: "sc-panes" }, this.panes.one.node, this.swap, this.panes.two.node),
      this.result.node,
      this.live,
    );
    root.append(this.card);
    this.listen();
    this.draw();
    this.send({ kind: "ping" }); // so that a view without its kernel says so before anything is dropped on it
  }

  stop() {
    this.stopping.abort();
    clearTimeout(this.timer);
    for (const pane of PANES) this.forget(pane);
    for (const url of this.previews.values()) URL.revokeObjectURL(url);
    this.previews.clear();
    this.card.remove();
  }

  // -- to and from the kernel

  send(message, buffers = []) {
    try {
      this.model.send(message, undefined, buffers);
    } catch (error) {
      // After a restart the connection throws here; the file is still with the user, so nothing is lost.
      console.debug("comparer: the kernel is gone", error);
      this.lose();
      return false;
    }
    this.timer ??= setTimeout(() => {
      this.waiting = true;
      this.draw();
    }, PATIENCE);
    return true;
  }

  hear() {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.waiting = this.gone = false;
    if (PANES.some((pane) => this.pending[pane])) {
      this.timer = setTimeout(() => {
        this.waiting = true;
        this.draw();
      }, PATIENCE);
    }
  }

  lose() {
    this.hear();
    for (const pane of PANES) this.forget(pane);
    this.gone = true;
    this.draw();
  }

  receive(message, buffers) {
    const pane = PANES.find((name) => this.pending[name]?.id === message.id);
    if (message.kind === "received" && pane) {
      this.pending[pane].received = message.bytes;
      this.pending[pane].wake?.();
    }
    if (message.kind === "dropped" && pane) this.forget(pane);
    if (message.kind === "preview") {
      this.asked.delete(message.id);
      this.keepPreview(message.id, new Blob([buffers[0]], { type: "image/jpeg" }));
    }
    this.hear();
    this.draw();
  }

  update() {
    for (const pane of PANES) {
      const { id, status } = this.state(pane);
      if (this.pending[pane]?.id === id && status !== "sending") this.forget(pane);
    }
    this.hear();
    this.draw();
  }

  state(pane) {
    return this.model.get("state")[pane] ?? EMPTY;
  }

  // -- giving

  forget(pane) {
    const pending = this.pending[pane];
    this.pending[pane] = null;
    pending?.wake?.();
  }

  start(pane, name) {
    this.forget(pane);
    const pending = { id: `${SESSION}-${(lastId += 1)}`, name, size: 0, received: 0 };
    this.pending[pane] = pending;
    return pending;
  }

  give(pane, gifts) {
    this.note = gifts.length > 2 ? `Took the first two of ${gifts.length} files.` : "";
    if (!gifts.length) this.refuse(pane, "", "There is no picture in what was given; drop an image file");
    gifts.slice(0, 2).forEach((gift, index) => this.upload(index ? OTHER[pane] : pane, gift));
    this.draw();
  }

  firstFree() {
    return PANES.find((pane) => !this.pending[pane] && this.state(pane).status !== "picture") ?? "one";
  }

  refuse(pane, name, message) {
    const { id } = this.start(pane, name);
    this.send({ kind: "refuse", pane, id, name, message });
  }

  async upload(pane, gift) {
    if (gift.refusal) return this.refuse(pane, gift.name, `${gift.name} ${gift.refusal}`);
    const pending = this.start(pane, gift.name);
    try {
      const file = await gift.open();
      if (this.pending[pane] === pending) await this.sendFile(pane, pending, file);
    } catch (error) {
      if (this.pending[pane] !== pending) return undefined;
      const message = `${gift.name} cannot be read (${error.message}); a folder or a moved file? Give the file itself`;
      this.refuse(pane, gift.name, message);
      this.draw();
    }
    return undefined;
  }

  async sendFile(pane, pending, file) {
    pending.size = file.size;
    if (SHOWN_HERE.has(file.type)) this.keepPreview(pending.id, file);
    this.draw();
    if (!this.send({ kind: "begin", pane, id: pending.id, name: pending.name, size: file.size })) return;
    for (let start = 0; start < file.size; start += CHUNK) {
      while (this.pending[pane] === pending && start - pending.received >= AHEAD * CHUNK) {
        await new Promise((resolve) => (pending.wake = resolve));
      }
      const buffer = await file.slice(start, start + CHUNK).arrayBuffer();
      if (this.pending[pane] !== pending) return; // refused by the kernel, or something newer was given
      if (!this.send({ kind: "chunk", id: pending.id, index: start / CHUNK }, [buffer])) return;
    }
  }

  clearPane(pane) {
    const { id } = this.start(pane, "");
    this.note = "";
    this.send({ kind: "clear", pane, id });
    this.draw();
    this.panes[pane].node.focus();
  }

  // -- previews

  keepPreview(id, blob) {
    if (this.previews.has(id)) URL.revokeObjectURL(this.previews.get(id));
    this.previews.set(id, URL.createObjectURL(blob));
  }

  dropOldPreviews() {
    const used = new Set(PANES.flatMap((pane) => [this.state(pane).id, this.pending[pane]?.id]));
    for (const [id, url] of this.previews) {
      if (used.has(id)) continue;
      URL.revokeObjectURL(url);
      this.previews.delete(id);
    }
  }

  askForPreview(id) {
    if (this.asked.has(id) || this.gone) return;
    this.asked.add(id);
    this.send({ kind: "preview", id });
  }

  // -- drawing

  draw() {
    if (this.stopping.signal.aborted) return;
    this.dropOldPreviews();
    for (const pane of PANES) this.drawPane(pane);
    const full = PANES.every((pane) => this.phase(pane) === "picture");
    this.swap.disabled = PANES.some((pane) => this.pending[pane]) || !PANES.some((pane) => this.phase(pane) === "picture");
    this.drawResult(full);
  }

  phase(pane) {
    const pending = this.pending[pane];
    if (pending) return pending.name ? "sending" : "empty";
    const { status } = this.state(pane);
    return status === "sending" ? "error" : status;
  }

  trouble(pane) {
    const { status, message } = this.state(pane);
    return status === "sending" ? ELSEWHERE : message;
  }

  drawPane(pane) {
    const parts = this.panes[pane];
    const pending = this.pending[pane];
    const shown = pending ?? this.state(pane);
    const phase = this.phase(pane);
    const url = phase === "error" ? undefined : this.previews.get(shown.id);
    if (phase === "picture" && !url) this.askForPreview(shown.id);
    parts.node.dataset.phase = phase;
    parts.node.dataset.seen = String(Boolean(url));
    if (url && parts.image.src !== url) parts.image.src = url;
    if (!url) parts.image.removeAttribute("src");
    parts.image.alt = url ? `${TITLES[pane]}: ${shown.name || "given in Python"}` : "";
    parts.problem.textContent = phase === "error" ? this.trouble(pane) : "";
    parts.name.textContent = parts.name.title = shown.name;
    parts.size.textContent = phase === "picture" ? `${shown.width} × ${shown.height}` : "";
    if (phase === "sending") this.drawProgress(parts, pending);
  }

  drawProgress(parts, { received, size }) {
    parts.progress.value = size ? received / size : 0;
    const amount = size > CHUNK ? `${megabytes(received)} of ${megabytes(size)}` : "Sending";
    parts.sending.textContent = this.waiting ? "Waiting for the kernel" : amount;
  }

  drawResult(full) {
    const { answer, message } = this.model.get("state");
    const busy = PANES.some((pane) => this.phase(pane) === "sending");
    const shown = full && answer ? answer : null;
    this.result.node.dataset.verdict = shown?.verdict ?? "";
    this.result.node.dataset.trouble = String(Boolean(this.gone || (full && message)));
    const [headline, detail, chance = ""] = shown ? this.describe(shown) : this.describeWaiting(full, busy, message);
    this.result.badge.replaceChildren(...(shown ? [icon(shown.verdict)] : []), element("span", { textContent: headline }));
    this.result.chance.textContent = chance;
    this.result.detail.textContent = [detail, this.note].filter(Boolean).join(" ");
    this.drawScale(shown);
    this.say([`${headline}.`, chance, detail, this.note]);
  }

  describe(answer) {
    const [score, threshold] = inWords(answer.score, answer.threshold);
    const side = answer.score > answer.threshold ? "above" : answer.score < answer.threshold ? "below" : "at";
    const chance = answer.probability === null ? "" : `${percent(answer.probability)} probable that both show the same thing.`;
    return [VERDICT[answer.verdict], `Score ${score}, ${side} the threshold ${threshold}.`, chance];
  }

  describeWaiting(full, busy, message) {
    if (this.gone) return ["The kernel is gone", "Run the cell again to go on."];
    if (this.waiting) return ["Waiting for the kernel", "It is busy, or was restarted: then run the cell again."];
    if (full && message) return ["No answer", message];
    if (full) return ["Comparing", ""];
    if (busy) return ["Reading", ""];
    if (PANES.some((pane) => this.phase(pane) === "picture")) return ["One more picture", "Drop, paste or choose it above."];
    return ["Do these show the same thing?", "Drop two pictures to find out."];
  }

  drawScale(answer) {
    const { scale, mark, tick } = this.result;
    scale.dataset.known = String(Boolean(answer));
    if (!answer) return scale.setAttribute("aria-label", "The score's scale, from 0 to 1");
    const [score, threshold] = inWords(answer.score, answer.threshold);
    scale.style.setProperty("--score", Math.min(1, Math.max(0, answer.score)));
    scale.style.setProperty("--threshold", Math.min(1, Math.max(0, answer.threshold)));
    mark.firstChild.textContent = score;
    tick.firstChild.textContent = `threshold ${threshold}`;
    return scale.setAttribute("aria-label", `Score ${score} on a scale from 0 to 1, threshold ${threshold}`);
  }

  // Only what changed is said again; a pane's own trouble comes first.
  say(parts) {
    const troubles = PANES.filter((pane) => this.phase(pane) === "error").map((pane) => `${TITLES[pane]}: ${this.trouble(pane)}.`);
    const text = [...troubles, ...parts].filter(Boolean).join(" ");
    if (this.live.textContent !== text) this.live.textContent = text;
  }

  // -- listening

  listen() {
    const { signal } = this.stopping;
    const on = (target, type, handler) => target.addEventListener(type, handler, { signal });
    for (const pane of PANES) this.listenToPane(pane, on);
    on(this.swap, "click", () => this.send({ kind: "swap" }));
    for (const type of ["dragenter", "dragover"]) on(this.card, type, (event) => this.hover(event));
    on(this.card, "dragleave", (event) => this.card.contains(event.relatedTarget) || this.mark(null));
    on(this.card, "drop", (event) => this.drop(event, () => giftsOfTransfer(event.dataTransfer)));
    for (const type of ["lm-dragenter", "lm-dragover"]) on(this.card, type, (event) => this.hoverLab(event));
    on(this.card, "lm-dragleave", () => this.mark(null));
    on(this.card, "lm-drop", (event) => event.mimeData.hasData(LAB_FILES) && this.drop(event, () => giftsOfLab(event.mimeData)));
    on(document, "paste", (event) => this.paste(event));
    // A near miss must not open the file in place of the notebook.
    for (const type of ["dragover", "drop"]) on(window, type, guard);
    this.onUpdate = () => this.update();
    this.onMessage = (message, buffers) => this.receive(message, buffers);
    this.onLive = () => this.send({ kind: "ping" });
    this.model.on("change:state", this.onUpdate);
    this.model.on("msg:custom", this.onMessage);
    this.model.on("comm_live_update", this.onLive);
    signal.addEventListener("abort", () => {
      this.model.off("change:state", this.onUpdate);
      this.model.off("msg:custom", this.onMessage);
      this.model.off("comm_live_update", this.onLive);
    });
  }

  listenToPane(pane, on) {
    const parts = this.panes[pane];
    const open = () => parts.input.click();
    for (const button of [parts.choose, parts.again, parts.replace]) on(button, "click", open);
    on(parts.clear, "click", () => this.clearPane(pane));
    on(parts.node, "keydown", (event) => {
      if (event.target !== parts.node) return;
      if (["Enter", " "].includes(event.key)) open();
      else if (["Delete", "Backspace"].includes(event.key)) this.clearPane(pane);
      else return;
      event.preventDefault();
    });
    on(parts.input, "change", () => {
      this.give(pane, Array.from(parts.input.files, giftOfFile));
      parts.input.value = ""; // so that the same file can be chosen again
    });
    on(parts.image, "error", () => {
      const { id } = this.pending[pane] ?? this.state(pane);
      URL.revokeObjectURL(this.previews.get(id));
      this.previews.delete(id);
      this.draw();
    });
  }

  paneOf(event) {
    return event.target.closest?.(".sc-pane")?.dataset.pane;
  }

  mark(event, many = false) {
    const pane = event && (this.paneOf(event) ?? this.firstFree());
    for (const name of PANES) this.panes[name].node.classList.toggle("sc-over", Boolean(pane) && (many || name === pane));
  }

  hover(event) {
    const types = event.dataTransfer.types;
    if (!types.includes("Files") && !types.includes("text/uri-list")) return;
    event.preventDefault();
    event.stopPropagation();
    event.dataTransfer.dropEffect = "copy";
    this.mark(event, event.dataTransfer.items.length > 1 && types.includes("Files"));
  }

  hoverLab(event) {
    if (!event.mimeData.hasData(LAB_FILES)) return;
    event.preventDefault();
    event.stopPropagation();
    event.dropAction = event.proposedAction;
    this.mark(event, event.mimeData.getData(LAB_FILES).length > 1);
  }

  drop(event, gifts) {
    event.preventDefault();
    event.stopPropagation();
    this.mark(null);
    const pane = this.paneOf(event) ?? this.firstFree();
    this.give(pane, gifts());
    this.panes[pane].node.focus({ preventScroll: true, focusVisible: false });
  }

  paste(event) {
    const pane = PANES.find((name) => this.panes[name].node.contains(document.activeElement));
    if (!pane) return;
    event.preventDefault();
    event.stopPropagation();
    this.give(pane, giftsOfTransfer(event.clipboardData));
  }
}

function guard(event) {
  if (event.defaultPrevented || !holdsFiles(event) || event.target.closest?.(LEAVE_ALONE)) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = "none";
}

function render({ model, el }) {
  const view = new View(model, el);
  return () => view.stop();
}

export default { render };
