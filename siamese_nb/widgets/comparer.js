// The comparer's view. The kernel's `state` is the one truth: this file draws it, and sends what the user gives.
// Whatever was sent and is not answered yet is `pending`, by an id; a state with older ids never replaces it.

const CHUNK = 1 << 20; // a Jupyter server drops the connection at 10 MiB a message
const AHEAD = 4; // chunks sent before the kernel has said that it took them: the progress shown stays true
const PATIENCE = 1000; // milliseconds without an answer until the kernel is called busy
const PANES = ["one", "two"];
const TRAITS = ["state", "background", "history"];
const TITLES = { one: "First picture", two: "Second picture" };
const OTHER = { one: "two", two: "one" };
const EMPTY = { id: "", status: "empty", name: "", width: 0, height: 0, message: "" };

// Of a file that another view began to send; where that view is gone, the rest never comes.
const ELSEWHERE = "A picture is on its way from another view; if none comes, give it again";

// What the browser can show by itself. Not SVG: it is never a picture to compare, and may hold a script.
const SHOWN_HERE = new Set(["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp"]);

const PANE_MIME = "application/x-siamese-pane"; // a picture on its way from one pane to the other
const THUMBNAIL = 96; // longest side, in pixels, of a picture in the history
const MODES = { none: "Pictures", alike: "Alike", apart: "Apart" };

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
  similarUnsure:
    '<circle cx="12" cy="12" r="9.4"/><path d="M7.6 14.6c1.5-2.2 2.9-2.2 4.4 0s2.9 2.2 4.4 0M7.6 9.9c1.5-2.2 2.9-2.2 4.4 0s2.9 2.2 4.4 0"/>',
  differentUnsure:
    '<path d="M12 1.8 22.2 12 12 22.2 1.8 12Z"/><path d="M9.6 9.6a2.5 2.5 0 1 1 3.6 2.2c-.8.4-1.2.9-1.2 1.8m0 2.6v.1"/>',
  clear: '<path d="m6.5 6.5 11 11m0-11-11 11"/>',
  camera: '<path d="M4 8h3.2l1.6-2.5h6.4L16.8 8H20a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V9a1 1 0 0 1 1-1Z"/><circle cx="12" cy="13" r="3.4"/>',
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

function inPercent({ probability, probability_low: low, probability_high: high }, prevalence) {
  const known = typeof low === "number" && typeof high === "number" && percent(low) !== percent(high);
  const interval = known ? ` (95% interval: ${percent(low)} to ${percent(high)})` : "";
  const share = prevalence === undefined ? "" : `, if ${Math.round(100 * prevalence)} of 100 pairs do`;
  const words = `${percent(probability)} probable that both show the same thing${share}${interval}.`;
  return words[0].toUpperCase() + words.slice(1);
}

function signed(value) {
  return `${value < 0 ? "\u2212" : "+"}${Math.abs(value).toFixed(2)}`;
}

function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}

// ---- the picture ---------------------------------------------------------------------------------------------------

function buildPane(pane) {
  const title = TITLES[pane];
  const image = element("img", { className: "sc-image", alt: "", draggable: true });
  const heat = element("canvas", { className: "sc-heat", aria: { hidden: "true" } });
  const video = element("video", { className: "sc-video", muted: true, playsInline: true });
  const camera = element("button", { type: "button", className: "sc-link sc-camera", textContent: "take a photo", hidden: true });
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
    heat,
    video,
    element(
      "div",
      { className: "sc-invite" },
      icon("picture"),
      element("p", { className: "sc-drop", textContent: "Drop a picture here" }),
      choose,
      element("p", { className: "sc-hint" }, "or paste one", element("span", { hidden: true }, ", or ", camera)),
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
  return { node, stage, image, heat, video, camera, choose, again, problem, progress, sending, replace, clear, name, size, input };
}

function buildResult() {
  const badge = element("div", { className: "sc-badge" });
  const chance = element("p", { className: "sc-chance" });
  const detail = element("p", { className: "sc-detail" });
  const remarks = element("ul", { className: "sc-remarks" });
  const like = element("p", { className: "sc-like" });
  const pairs = element("div", { className: "sc-pairs" });
  const mark = element("div", { className: "sc-mark" }, element("span"));
  const tick = element("div", { className: "sc-tick" }, element("span"));
  const bars = element("div", { className: "sc-bars", aria: { hidden: "true" } });
  const band = element("div", { className: "sc-band", title: "Not sure: validation pairs of both kinds score here" });
  const slider = element("input", {
    type: "range",
    className: "sc-slider",
    min: 0,
    max: 1,
    step: 0.001,
    aria: { label: "Threshold" },
  });
  slider.dataset.lmSuppressShortcuts = "true";
  const back = element("button", { type: "button", className: "sc-link sc-back", hidden: true });
  const scale = element(
    "div",
    { className: "sc-scale" },
    bars,
    element("div", { className: "sc-track", aria: { role: "img" } }, element("div", { className: "sc-above" }), band),
    tick,
    mark,
    slider,
    element("span", { className: "sc-end sc-low", textContent: "0" }),
    element("span", { className: "sc-end sc-high", textContent: "1" }),
  );
  const node = element(
    "div",
    { className: "sc-result" },
    element("div", { className: "sc-verdict" }, badge, chance, detail, like),
    element("div", { className: "sc-measure" }, scale, back),
    remarks,
    pairs,
  );
  const track = scale.querySelector(".sc-track");
  return { node, badge, chance, detail, scale, track, mark, tick, bars, band, slider, back, remarks, like, pairs };
}

function buildReason() {
  const name = `sc-mode-${SESSION}-${(lastId += 1)}`;
  const choices = Object.entries(MODES).map(([value, text]) => {
    const input = element("input", { type: "radio", name, value });
    input.dataset.lmSuppressShortcuts = "true";
    return element("label", {}, input, element("span", { textContent: text }));
  });
  const modes = element("div", { className: "sc-modes", aria: { role: "radiogroup", label: "Show on the pictures" } }, ...choices);
  const words = element("p", { className: "sc-words" });
  const node = element("div", { className: "sc-reason", hidden: true }, modes, words);
  return { node, modes, words };
}

function buildHistory() {
  const summary = element("summary");
  summary.dataset.lmSuppressShortcuts = "true";
  const rows = element("ol", { className: "sc-rows" });
  const save = element("button", { type: "button", className: "sc-choose", textContent: "Save as CSV" });
  const node = element("details", { className: "sc-history", hidden: true }, summary, rows, save);
  return { node, summary, rows, save };
}

function buildLines() {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.classList.add("sc-lines");
  svg.setAttribute("aria-hidden", "true");
  return svg;
}

function toCsv(rows) {
  const columns = ["one", "two", "score", "threshold", "verdict", "probability"];
  // A leading apostrophe keeps a spreadsheet from running a file's name as a formula.
  const quote = (value) => `"${String(value ?? "").replace(/^[=+@\t]/, "'$&").replaceAll('"', '""')}"`;
  return [columns.join(","), ...rows.map((row) => columns.map((column) => quote(row[column])).join(","))].join("\r\n");
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
    this.name = `${SESSION}-${(lastId += 1)}`;
    this.panes = { one: buildPane("one"), two: buildPane("two") };
    this.result = buildResult();
    this.reason = buildReason();
    this.past = buildHistory();
    this.lines = buildLines();
    this.why = null; // the shares of patches, once the kernel has sent them: { key, grid, method, maps, matches, lines }
    this.askedWhy = "";
    this.mode = null; // the user's choice; without one it follows the verdict
    this.spot = null; // the patch that is pointed at: { pane, patch }
    this.thumbnails = new Map(); // id -> object URL
    this.making = new Set(); // ids whose thumbnail is being made
    this.offered = new Set(); // ids whose thumbnail was sent to the kernel, or asked of it
    this.like = null; // validation pairs like this one: { key, pairs, urls }
    this.swap = iconButton("swap", "Swap the pictures", "sc-swap");
    this.live = element("div", { className: "sc-live", aria: { role: "status", live: "polite" } });
    this.card = element(
      "div",
      { className: "siamese-comparer", aria: { role: "group", label: "Compare two pictures" } },
      element("div", { className: "sc-panes" }, this.panes.one.node, this.lines, this.swap, this.panes.two.node),
      this.reason.node,
      this.result.node,
      this.past.node,
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
    for (const url of [...this.previews.values(), ...this.thumbnails.values()]) URL.revokeObjectURL(url);
    this.previews.clear();
    this.forgetPairs();
    this.resizing?.disconnect();
    for (const pane of PANES) this.stopCamera(pane);
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
    if (message.kind === "reason") this.keepReason(message, buffers);
    if (message.kind === "neighbours") this.keepPairs(message, buffers);
    if (message.kind === "thumbnails") {
      message.ids.forEach((id, index) => this.keepThumbnail(id, new Blob([buffers[index]], { type: "image/jpeg" })));
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
    this.drawReason(full);
    this.drawHistory();
  }

  // Names the couple that is shown: whatever arrives for another one is not drawn.
  key() {
    return PANES.map((pane) => this.state(pane).id).join(" ");
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
    if (url) this.offerThumbnail(pane);
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
    this.result.node.dataset.sure = String(shown?.sure ?? true);
    this.result.node.dataset.trouble = String(Boolean(this.gone || (full && message)));
    const [headline, detail, chance = ""] = shown ? this.describe(shown) : this.describeWaiting(full, busy, message);
    this.result.badge.replaceChildren(...(shown ? [icon(this.iconOf(shown))] : []), element("span", { textContent: headline }));
    this.result.chance.textContent = chance;
    this.result.detail.textContent = [detail, this.note].filter(Boolean).join(" ");
    const remarks = shown?.remarks ?? [];
    this.result.remarks.replaceChildren(...remarks.map((remark) => element("li", {}, icon("problem"), remark)));
    this.drawLike(shown);
    this.drawScale(shown);
    this.say([`${headline}.`, chance, detail, ...remarks, this.note]);
  }

  describe(answer) {
    const [score, threshold] = inWords(answer.score, answer.threshold);
    const side = answer.score > answer.threshold ? "above" : answer.score < answer.threshold ? "below" : "at";
    const chance = answer.probability === null ? "" : inPercent(answer, this.background().prevalence);
    return [`${VERDICT[answer.verdict]}${(answer.sure ?? true) ? "" : ", but not sure"}`, `Score ${score}, ${side} the threshold ${threshold}.`, chance];
  }

  iconOf(answer) {
    if (answer.sure ?? true) return answer.verdict;
    return answer.verdict === "similar" ? "similarUnsure" : "differentUnsure";
  }

  background() {
    return this.model.get("background") ?? {};
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
    const { scale, track, mark, tick, slider, back } = this.result;
    scale.dataset.known = String(Boolean(answer));
    this.drawBackground();
    slider.disabled = !answer;
    back.hidden = !answer || answer.threshold === (answer.saved_threshold ?? answer.threshold);
    if (!answer) return track.setAttribute("aria-label", "The score's scale, from 0 to 1");
    if (!this.sliding) slider.value = answer.threshold;
    back.textContent = `Back to the saved threshold ${(answer.saved_threshold ?? 0).toFixed(3)}`;
    const [score, threshold] = inWords(answer.score, answer.threshold);
    scale.style.setProperty("--score", Math.min(1, Math.max(0, answer.score)));
    scale.style.setProperty("--threshold", Math.min(1, Math.max(0, answer.threshold)));
    mark.firstChild.textContent = score;
    tick.firstChild.textContent = `threshold ${threshold}`;
    return track.setAttribute("aria-label", `Score ${score} on a scale from 0 to 1, threshold ${threshold}`);
  }

  drawBackground() {
    const { genuine, impostor, band } = this.background();
    const { bars, band: stripe } = this.result;
    stripe.hidden = !band || band[1] <= band[0];
    if (band) Object.assign(stripe.style, { left: `${100 * band[0]}%`, width: `${100 * (band[1] - band[0])}%` });
    if (!genuine || bars.childElementCount) return;
    const highest = Math.sqrt(Math.max(...genuine, ...impostor));
    for (const [kind, shares] of Object.entries({ impostor, genuine })) {
      const row = element("div", { className: `sc-bar-row sc-${kind}` });
      row.append(...shares.map((share) => {
        const bar = element("i");
        bar.style.height = `${(100 * Math.sqrt(share)) / highest}%`; // the square root shows the rare ones, too
        return bar;
      }));
      bars.append(row);
    }
  }

  // -- pairs like this one

  drawLike(answer) {
    const { like, pairs } = this.result;
    const known = answer?.of > 0;
    like.replaceChildren();
    if (!known) return pairs.replaceChildren();
    like.append(`Of the ${answer.of} validation pairs that scored most like this, ${answer.same} showed the same thing. `);
    const open = this.like?.key === this.key();
    if (this.background().pictures && !open) {
      const show = element("button", { type: "button", className: "sc-link", textContent: "Show some" });
      show.addEventListener("click", () => this.send({ kind: "neighbours", ids: PANES.map((pane) => this.state(pane).id) }));
      like.append(show);
    }
    if (!open) return pairs.replaceChildren();
    if (pairs.dataset.key === this.like.key && pairs.childElementCount) return undefined;
    pairs.dataset.key = this.like.key;
    const cards = this.like.pairs.map(({ same, score }, index) => {
      const words = `${same ? "same" : "different"}, ${score.toFixed(2)}`;
      const images = [0, 1].map((side) => element("img", { src: this.like.urls[2 * index + side], alt: "" }));
      return element("figure", { data: { same } }, ...images, element("figcaption", { textContent: words }));
    });
    return pairs.replaceChildren(...(cards.length ? cards : ["Their pictures are no longer there."]));
  }

  keepPairs(message, buffers) {
    if (message.ids.join(" ") !== this.key()) return;
    this.forgetPairs();
    const urls = buffers.map((buffer) => URL.createObjectURL(new Blob([buffer], { type: "image/jpeg" })));
    this.like = { key: this.key(), pairs: message.pairs ?? [], urls };
  }

  forgetPairs() {
    for (const url of this.like?.urls ?? []) URL.revokeObjectURL(url);
    this.like = null;
  }

  // -- the reason

  keepReason(message, buffers) {
    if (message.ids.join(" ") !== this.key()) return;
    if (message.message) {
      this.why = { key: this.key(), trouble: message.message };
      return;
    }
    const { buffer, byteOffset, byteLength } = buffers[0];
    const values = new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
    const patches = message.grid[0] * message.grid[1];
    const part = (index) => values.subarray(index * patches, (index + 1) * patches);
    const maps = { alike: { one: part(0), two: part(1) }, apart: { one: part(2), two: part(3) } };
    this.why = { ...message, key: this.key(), maps, matches: values.subarray(4 * patches) };
  }

  drawReason(full) {
    const { answer, explains } = this.model.get("state");
    const wanted = Boolean(full && answer && explains);
    this.reason.node.hidden = !wanted;
    const known = wanted && this.why?.key === this.key();
    if (wanted && !known && this.askedWhy !== this.key() && !this.gone) {
      this.askedWhy = this.key();
      this.send({ kind: "reason", ids: PANES.map((pane) => this.state(pane).id) });
    }
    if (!wanted) this.askedWhy = "";
    if (!known) this.spot = null;
    this.shownMode = known && !this.why.trouble ? this.modeOf(answer) : "none";
    for (const input of this.reason.modes.querySelectorAll("input")) {
      input.checked = input.value === this.shownMode;
      input.disabled = !known || Boolean(this.why.trouble);
    }
    this.paint();
  }

  modeOf(answer) {
    return this.mode ?? (answer.verdict === "similar" ? "alike" : "apart");
  }

  paint() {
    for (const pane of PANES) this.paintPane(pane);
    this.paintLines();
    this.reason.words.textContent = this.reason.node.hidden ? "" : this.wordsOfReason();
  }

  wordsOfReason() {
    const { why } = this;
    if (why?.key !== this.key()) return "Looking for the reason";
    if (why.trouble) return `No reason: ${why.trouble}`;
    if (this.spot) {
      const { pane, patch } = this.spot;
      const share = why.maps.alike[pane][patch];
      const best = Math.max(...this.matchesOf(pane, patch));
      const apart = why.maps.apart[pane][patch];
      return `This patch adds ${signed(share)} to what is alike, ${signed(best)} of it with its best match, and ${signed(apart)} to what is apart.`;
    }
    const how = why.method === "exact" ? "The shares of all patches sum to the score's log-odds." : "Found by covering patches.";
    return this.shownMode === "none" ? "Point at a patch to see its matches." : `Bright counts most. Point at a patch to see its matches. ${how}`;
  }

  // What a patch adds together with each patch of the other picture.
  matchesOf(pane, patch) {
    const { matches, grid } = this.why;
    const patches = grid[0] * grid[1];
    if (pane === "one") return matches.subarray(patch * patches, (patch + 1) * patches);
    return Float32Array.from({ length: patches }, (_, row) => matches[row * patches + patch]);
  }

  // Where the picture stands on its stage: it keeps its shape and fills the one side or the other.
  frame(pane) {
    const { stage, node } = this.panes[pane];
    const { width, height } = this.state(pane);
    const scale = Math.min(stage.clientWidth / width, stage.clientHeight / height);
    const [w, h] = [width * scale, height * scale];
    return { left: (stage.clientWidth - w) / 2, top: (stage.clientHeight - h) / 2, width: w, height: h, node };
  }

  valuesOf(pane) {
    if (this.shownMode === "none" && !this.spot) return null;
    if (!this.spot) return { values: this.why.maps[this.shownMode][pane], peak: this.peak() };
    if (this.spot.pane === pane) return { values: null, peak: 1 };
    const values = this.matchesOf(this.spot.pane, this.spot.patch);
    return { values, peak: Math.max(...values) };
  }

  // Both pictures share one scale, so that brightness can be compared between them.
  peak() {
    const { one, two } = this.why.maps[this.shownMode];
    return Math.max(...one, ...two);
  }

  paintPane(pane) {
    const { heat, stage } = this.panes[pane];
    const known = !this.reason.node.hidden && this.why?.key === this.key() && !this.why.trouble;
    const shown = known ? this.valuesOf(pane) : null;
    heat.hidden = !shown;
    stage.classList.toggle("sc-explained", Boolean(known));
    if (!shown) return;
    const frame = this.frame(pane);
    const ratio = window.devicePixelRatio || 1;
    Object.assign(heat.style, { left: `${frame.left}px`, top: `${frame.top}px`, width: `${frame.width}px`, height: `${frame.height}px` });
    heat.width = Math.max(1, Math.round(frame.width * ratio));
    heat.height = Math.max(1, Math.round(frame.height * ratio));
    const context = heat.getContext("2d");
    if (shown.values) this.paintMap(context, shown);
    if (this.spot) this.outline(context, pane, shown.values);
  }

  // A veil that is lifted where the map is high: the picture itself stays to be seen there.
  paintMap(context, { values, peak }) {
    const [rows, columns] = this.why.grid;
    const small = element("canvas", { width: columns, height: rows });
    const pixels = new ImageData(columns, rows);
    const tint = this.shownMode === "apart" && !this.spot ? [255, 140, 60] : [64, 224, 200];
    values.forEach((value, patch) => {
      const level = peak > 0 ? Math.max(0, value) / peak : 0;
      const colour = tint.map((channel) => Math.round(8 + (channel - 8) * level));
      pixels.data.set([...colour, Math.round(255 * (0.6 - 0.5 * level))], 4 * patch);
    });
    small.getContext("2d").putImageData(pixels, 0, 0);
    context.imageSmoothingEnabled = !this.spot;
    context.imageSmoothingQuality = "high";
    context.drawImage(small, 0, 0, context.canvas.width, context.canvas.height);
  }

  outline(context, pane, values) {
    const [rows, columns] = this.why.grid;
    const patch = values ? values.indexOf(Math.max(...values)) : this.spot.patch;
    const [w, h] = [context.canvas.width / columns, context.canvas.height / rows];
    const inset = Math.max(2, Math.round(w / 28));
    const box = [(patch % columns) * w + inset, Math.floor(patch / columns) * h + inset, w - 2 * inset, h - 2 * inset];
    for (const [style, width] of [["rgb(0 0 0 / 70%)", 2 * inset], ["#fff", inset]]) {
      Object.assign(context, { strokeStyle: style, lineWidth: width });
      context.strokeRect(...box);
    }
  }

  paintLines() {
    const { lines } = this;
    lines.replaceChildren();
    if (this.shownMode !== "alike" || this.spot) return;
    const [rows, columns] = this.why.grid;
    const origin = lines.getBoundingClientRect();
    const centre = (pane, patch) => {
      const frame = this.frame(pane);
      const stage = this.panes[pane].stage.getBoundingClientRect();
      const left = stage.left + this.panes[pane].stage.clientLeft - origin.left;
      const top = stage.top + this.panes[pane].stage.clientTop - origin.top;
      return [left + frame.left + ((patch % columns) + 0.5) * (frame.width / columns),
        top + frame.top + (Math.floor(patch / columns) + 0.5) * (frame.height / rows)];
    };
    const draw = (tag, className, attributes) => {
      const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
      node.setAttribute("class", className);
      for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
      lines.append(node);
    };
    for (const [one, two] of this.why.lines) {
      const [[x1, y1], [x2, y2]] = [centre("one", one), centre("two", two)];
      for (const className of ["sc-halo", "sc-line"]) draw("line", className, { x1, y1, x2, y2 });
      for (const [cx, cy] of [[x1, y1], [x2, y2]]) draw("circle", "sc-end-dot", { cx, cy, r: 4 });
    }
  }

  point(pane, patch) {
    const next = patch === null ? null : { pane, patch };
    if (this.spot?.pane === next?.pane && this.spot?.patch === next?.patch) return;
    this.spot = next;
    this.paint();
  }

  patchAt(pane, event) {
    if (this.why?.key !== this.key() || this.why.trouble || this.reason.node.hidden) return null;
    const box = this.panes[pane].stage.getBoundingClientRect();
    const frame = this.frame(pane);
    const [rows, columns] = this.why.grid;
    const column = Math.floor(((event.clientX - box.left - frame.left) / frame.width) * columns);
    const row = Math.floor(((event.clientY - box.top - frame.top) / frame.height) * rows);
    return column >= 0 && row >= 0 && column < columns && row < rows ? row * columns + column : null;
  }

  // With the arrow keys the patches can be walked through; Escape ends that.
  walk(pane, key) {
    if (this.why?.key !== this.key() || this.why.trouble || this.reason.node.hidden) return false;
    const [rows, columns] = this.why.grid;
    const patch = this.spot?.pane === pane ? this.spot.patch : null;
    if (key === "Escape") {
      this.point(pane, null);
      return patch !== null;
    }
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[key];
    if (!step) return false;
    const [row, column] = patch === null ? [0, 0] : [Math.floor(patch / columns) + step[0], (patch % columns) + step[1]];
    if (row >= 0 && column >= 0 && row < rows && column < columns) this.point(pane, row * columns + column);
    if (this.spot) this.live.textContent = this.reason.words.textContent;
    return true;
  }

  // -- history

  drawHistory() {
    const rows = this.model.get("history") ?? [];
    const { node, summary, rows: list } = this.past;
    node.hidden = rows.length < 1;
    summary.textContent = rows.length === 1 ? "1 comparison so far" : `${rows.length} comparisons so far`;
    this.dropOldThumbnails(rows);
    if (!node.open) return;
    const missing = [...new Set(rows.flatMap((row) => row.ids))].filter((id) => !this.thumbnails.has(id) && !this.offered.has(id));
    if (missing.length && !this.gone) {
      for (const id of missing) this.offered.add(id);
      this.send({ kind: "thumbnails", ids: missing });
    }
    list.replaceChildren(...rows.map((row) => this.buildRow(row)).reverse());
  }

  buildRow(row) {
    const pictures = row.ids.map((id, index) => {
      const name = [row.one, row.two][index] || "given in Python";
      const url = this.thumbnails.get(id);
      return url ? element("img", { src: url, alt: name, title: name }) : element("span", { className: "sc-blank", title: name });
    });
    const words = element("span", {}, icon(row.verdict), `${VERDICT[row.verdict]}, ${row.score.toFixed(3)}`);
    return element("li", { data: { verdict: row.verdict } }, ...pictures, words);
  }

  dropOldThumbnails(rows) {
    const used = new Set([...rows.flatMap((row) => row.ids), ...PANES.map((pane) => this.state(pane).id)]);
    for (const [id, url] of this.thumbnails) {
      if (used.has(id)) continue;
      URL.revokeObjectURL(url);
      this.thumbnails.delete(id);
    }
    for (const id of this.offered) if (!used.has(id)) this.offered.delete(id);
  }

  keepThumbnail(id, blob) {
    if (!this.thumbnails.has(id)) this.thumbnails.set(id, URL.createObjectURL(blob));
  }

  // The browser has decoded the picture to show it; the kernel need not do so again for the history.
  offerThumbnail(pane) {
    const { image } = this.panes[pane];
    const { id, status } = this.state(pane);
    if (this.pending[pane] || status !== "picture" || !image.complete || !image.naturalWidth) return;
    if (this.thumbnails.has(id) || this.making.has(id)) return;
    this.making.add(id);
    const scale = Math.min(1, THUMBNAIL / Math.max(image.naturalWidth, image.naturalHeight));
    const side = (length) => Math.max(1, Math.round(length * scale));
    const small = element("canvas", { width: side(image.naturalWidth), height: side(image.naturalHeight) });
    const context = small.getContext("2d");
    context.fillStyle = "#fff";
    context.fillRect(0, 0, small.width, small.height);
    context.drawImage(image, 0, 0, small.width, small.height);
    small.toBlob(async (blob) => {
      this.making.delete(id);
      if (!blob || this.stopping.signal.aborted || this.thumbnails.has(id)) return;
      this.keepThumbnail(id, blob);
      this.offered.add(id);
      this.send({ kind: "thumbnail", id }, [await blob.arrayBuffer()]);
      this.draw();
    }, "image/jpeg", 0.8);
  }

  saveHistory() {
    const url = URL.createObjectURL(new Blob([toCsv(this.model.get("history") ?? [])], { type: "text/csv" }));
    element("a", { href: url, download: "comparisons.csv" }).click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  }

  // -- the camera

  async startCamera(pane) {
    const { node, video } = this.panes[pane];
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
      video.srcObject = stream;
      node.dataset.camera = "true";
      await video.play();
    } catch (error) {
      this.stopCamera(pane);
      this.refuse(pane, "", `The camera cannot be used (${error.message}); allow it in the browser, or drop a picture`);
      this.draw();
    }
  }

  stopCamera(pane) {
    const { node, video } = this.panes[pane];
    for (const track of video.srcObject?.getTracks() ?? []) track.stop();
    video.srcObject = null;
    delete node.dataset.camera;
  }

  takePhoto(pane) {
    const { video } = this.panes[pane];
    const photo = element("canvas", { width: video.videoWidth, height: video.videoHeight });
    photo.getContext("2d").drawImage(video, 0, 0);
    this.stopCamera(pane);
    photo.toBlob((blob) => this.give(pane, [giftOfFile(new File([blob], "photo.png", { type: "image/png" }))]), "image/png");
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
    on(this.reason.modes, "change", (event) => {
      this.mode = event.target.value;
      this.draw();
    });
    on(this.past.node, "toggle", () => this.drawHistory());
    on(this.past.save, "click", () => this.saveHistory());
    this.listenToSlider(on);
    this.resizing = new ResizeObserver(() => this.paint());
    for (const pane of PANES) this.resizing.observe(this.panes[pane].stage);
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
    for (const name of TRAITS) this.model.on(`change:${name}`, this.onUpdate);
    this.model.on("msg:custom", this.onMessage);
    this.model.on("comm_live_update", this.onLive);
    signal.addEventListener("abort", () => {
      for (const name of TRAITS) this.model.off(`change:${name}`, this.onUpdate);
      this.model.off("msg:custom", this.onMessage);
      this.model.off("comm_live_update", this.onLive);
    });
  }

  listenToSlider(on) {
    const { slider, back, scale } = this.result;
    on(slider, "input", () => {
      this.sliding = true;
      scale.style.setProperty("--threshold", slider.value); // at once; the kernel's word follows
      this.lastTried = Number(slider.value);
      this.trying ??= setTimeout(() => {
        this.trying = undefined;
        this.send({ kind: "threshold", value: this.lastTried });
      }, 60);
    });
    on(slider, "change", () => {
      this.sliding = false;
      clearTimeout(this.trying);
      this.trying = undefined;
      this.send({ kind: "threshold", value: Number(slider.value) });
    });
    on(back, "click", () => {
      this.send({ kind: "threshold", value: null });
      slider.focus();
    });
  }

  listenToPane(pane, on) {
    const parts = this.panes[pane];
    const open = () => parts.input.click();
    for (const button of [parts.choose, parts.again, parts.replace]) on(button, "click", open);
    on(parts.clear, "click", () => this.clearPane(pane));
    on(parts.node, "keydown", (event) => {
      if (event.target !== parts.node) return;
      if (this.walk(pane, event.key)) event.stopPropagation();
      else if (["Enter", " "].includes(event.key)) open();
      else if (["Delete", "Backspace"].includes(event.key)) this.clearPane(pane);
      else return;
      event.preventDefault();
    });
    on(parts.input, "change", () => {
      this.give(pane, Array.from(parts.input.files, giftOfFile));
      parts.input.value = ""; // so that the same file can be chosen again
    });
    on(parts.image, "load", () => this.offerThumbnail(pane));
    on(parts.stage, "pointermove", (event) => this.point(pane, this.patchAt(pane, event)));
    on(parts.stage, "pointerleave", () => this.point(pane, null));
    on(parts.node, "blur", () => this.point(pane, null));
    on(parts.image, "dragstart", (event) => event.dataTransfer.setData(PANE_MIME, `${this.name} ${pane}`));
    on(parts.camera, "click", () => this.startCamera(pane));
    on(parts.video, "click", () => this.takePhoto(pane));
    if (navigator.mediaDevices?.getUserMedia) parts.camera.hidden = parts.camera.parentElement.hidden = false;
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
    if (![PANE_MIME, "Files", "text/uri-list"].some((type) => types.includes(type))) return;
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
    const [view, from] = event.dataTransfer?.getData(PANE_MIME).split(" ") ?? [];
    if (view === this.name) {
      if (from !== pane) this.send({ kind: "copy", pane: from, to: pane });
      return;
    }
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
