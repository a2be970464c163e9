// The threshold tuner's view. All that moves is computed here, from counts that the kernel sends once; the kernel follows
// with what hangs on the pairs themselves: exact counts off the slider's grid, the strips, named choices, saving.

const PATIENCE = 1000; // milliseconds without an answer until the kernel is called busy
const PAUSE = 50; // milliseconds between two thresholds that the kernel is told of
const KEPT = 240; // pictures of pairs that the browser keeps
const SESSION = Math.random().toString(36).slice(2);
let lastId = 0;

const SHARE = { unit: "%", scale: 100, step: "any", fits: (value) => value >= 0 && value <= 100, need: "from 0 to 100" };
const BETA = { unit: "", scale: 1, step: "any", fits: (value) => value > 0, need: "above 0" };
const RULES = [
  { rule: "balanced_accuracy", label: "Balanced accuracy", title: "The highest mean of recall and 1 - FAR, whatever the mix of pairs" },
  { rule: "accuracy", label: "Accuracy", title: "The most pairs decided rightly, at the mix of these pairs" },
  { rule: "eer", label: "Equal errors", title: "Both error rates as nearly equal as the pairs allow" },
  { rule: "cost", label: "Least cost", title: "The least cost per comparison, at the costs below" },
  { rule: "f_beta", label: "F-beta, β", fields: [{ name: "beta", label: "Beta", value: 1, ...BETA }], title: "The highest mean of precision and recall (F-beta); a beta above 1 leans to recall" },
  { rule: "far", label: "FAR ≤", fields: [{ name: "at_most", label: "FAR at most", value: 1, ...SHARE }], title: "The most genuine pairs accepted with at most this share of the impostor pairs" },
  { rule: "precision", label: "Precision ≥", fields: [{ name: "at_least", label: "Precision at least", value: 95, ...SHARE }], title: "The most genuine pairs found with at least this share of the accepted pairs genuine" },
  { rule: "recall", label: "Recall ≥", fields: [{ name: "at_least", label: "Recall at least", value: 95, ...SHARE }], title: "The fewest impostor pairs accepted with at least this share of the genuine pairs" },
  {
    rule: "band",
    label: "Band: FAR ≤",
    fields: [
      { name: "far_at_most", label: "FAR at most", value: 1, ...SHARE },
      { name: "frr_at_most", label: "FRR at most", before: "\u2002FRR ≤", value: 1, ...SHARE },
    ],
    title: "The fewest pairs left to a person with both errors of the others within these bounds",
  },
];
const MODES = [
  { name: "one", label: "One threshold", title: "Every pair is accepted or rejected" },
  { name: "two", label: "Two thresholds", title: "Pairs between two thresholds are left to a person" },
];
const CURVES = [
  { name: "roc", label: "ROC", title: "Recall against false accept rate" },
  { name: "pr", label: "PR", title: "Precision against recall" },
  { name: "det", label: "DET", title: "Both error rates, on normal-deviate axes" },
];
const STRIPS = [
  { name: "nearest", label: "Nearest pairs", two: "Not sure", none: "No pair is left to a person here." },
  { name: "accepts", label: "Worst false accepts", none: "No impostor pair is accepted here." },
  { name: "rejects", label: "Worst false rejects", none: "No genuine pair is rejected here." },
];
const COSTS = [
  { name: "false_accept", label: "False accept costs", value: 1, step: "any", fits: (value) => value >= 0, need: "0 or more" },
  { name: "false_reject", label: "False reject costs", value: 1, step: "any", fits: (value) => value >= 0, need: "0 or more" },
  { name: "prevalence", label: "Genuine share in use", value: 0.5, step: "any", fits: (value) => value > 0 && value < 1, need: "between 0 and 1" },
];
const WRONG = "Label is wrong: goes into the review; press again to take it back";
const DASHES = [[7, 4], [2, 3], [9, 3, 2, 3]];
const COLOURS = ["text", "soft", "line", "surface", "genuine", "impostor"];
const FRAME = { left: 60, right: 18, top: 10, bottom: 42 };
const PIXELS = { left: 46, right: 16, top: 30, bars: 176, gap: 14, cost: 40, bottom: 24 };

const ICONS = {
  problem: '<path d="M12 3.5 21.5 20h-19Z"/><path d="M12 10v4.5m0 2.6v.1"/>',
  clear: '<path d="m6.5 6.5 11 11m0-11-11 11"/>',
  right: '<path d="m5.5 12.6 4.2 4.2 8.8-9.6"/>',
  back: '<path d="m14.5 5-7 7 7 7"/>',
  on: '<path d="m9.5 5 7 7-7 7"/>',
  flag: '<path d="M6 21V4m0 1c4-2.5 7 2.5 12 0v9c-5 2.5-8-2.5-12 0"/>',
};

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add("st-icon");
  svg.innerHTML = ICONS[name];
  return svg;
}

function element(tag, properties = {}, ...children) {
  const { data = {}, aria = {}, ...rest } = properties;
  const node = Object.assign(document.createElement(tag), rest);
  Object.assign(node.dataset, data);
  for (const [name, value] of Object.entries(aria)) node.setAttribute(name === "role" ? name : `aria-${name}`, value);
  node.append(...children);
  // Lab looks for this on the focused element itself: without it, keys meant for the tuner cut and delete cells.
  if (["button", "input", "dialog"].includes(tag) || rest.tabIndex === 0) node.dataset.lmSuppressShortcuts = "true";
  return node;
}

function put(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// ---- numbers and words ---------------------------------------------------------------------------------------------

function ratio(part, whole) {
  return whole ? part / whole : NaN;
}

// A rate is shown as 0% or 100% only if it is.
function percent(share) {
  if (Number.isNaN(share)) return "–";
  if (share === 0 || share === 1) return `${100 * share}%`;
  if (share < 0.00005) return "under 0.01%";
  if (share > 0.99995) return "over 99.99%";
  return `${(100 * share).toFixed(share < 0.0995 || share > 0.9995 ? 2 : 1)}%`;
}

const GROUPED = new Intl.NumberFormat("en-US"); // made once: toLocaleString makes one a call, and shows in a drag

function whole(count) {
  return GROUPED.format(count);
}

function inWords(threshold) {
  const rounded = Number(threshold.toFixed(5));
  return rounded === threshold || (rounded > 0 && rounded < 1) ? rounded.toFixed(Math.max(3, String(rounded).length - 2)) : String(threshold);
}

function figure(value) {
  if (!Number.isFinite(value)) return "–";
  return value === 0 ? "0" : value.toPrecision(3).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");
}

// The normal deviate of a rate, for DET axes; P. J. Acklam's rational approximation, to 1e-9 of its value.
function deviate(rate) {
  const p = Math.min(1 - 1e-6, Math.max(1e-6, rate));
  const over = (coefficients, x) => coefficients.reduce((sum, coefficient) => sum * x + coefficient, 0);
  const tail = (q) =>
    over([-7.784894002430293e-3, -3.223964580411365e-1, -2.400758277161838, -2.549732539343734, 4.374664141464968, 2.938163982698783], q) /
    over([7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416, 1], q);
  if (p < 0.02425) return tail(Math.sqrt(-2 * Math.log(p)));
  if (p > 1 - 0.02425) return -tail(Math.sqrt(-2 * Math.log(1 - p)));
  const q = p - 0.5;
  const r = q * q;
  return (
    (q * over([-3.969683028665376e1, 2.209460984245205e2, -2.759285104469687e2, 1.38357751867269e2, -3.066479806614716e1, 2.506628277459239], r)) /
    over([-5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2, 6.680131188771972e1, -1.328068155288572e1, 1], r)
  );
}

// Jupyter's buffers start anywhere in a message; typed arrays want whole words.
function numbers(type, view) {
  return new type(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
}

// ---- the parts of the picture --------------------------------------------------------------------------------------

function buildSwitch(label, options, chosen) {
  const buttons = options.map(({ name, label: text, title = "" }) =>
    element("button", { type: "button", textContent: text, title, data: { name }, aria: { pressed: String(name === chosen) } }),
  );
  return element("div", { className: "st-switch", aria: { role: "group", label } }, ...buttons);
}

function buildScale() {
  const canvas = element("canvas", { aria: { hidden: "true" } });
  const slider = (className, label) =>
    element("div", { className, tabIndex: 0, aria: { role: "slider", label, valuemin: 0, valuemax: 1, orientation: "horizontal" } });
  const node = slider("st-scale", "Threshold");
  node.append(canvas);
  // Beside the other slider, not in it: what is in a slider is not told to a screen reader.
  const low = slider("st-low", "Reject below");
  return { node, canvas, low, both: element("div", { className: "st-both" }, node, low) };
}

function buildRule({ rule, label, title, fields = [] }) {
  const button = element("button", { type: "button", textContent: label, title, data: { rule }, aria: { pressed: "false" } });
  const inputs = fields.map(({ label: name, value, step }) => element("input", { type: "number", value, step, min: 0, aria: { label: name } }));
  const parts = fields.flatMap(({ before = "", unit }, place) => [element("span", { textContent: before }), inputs[place], element("span", { textContent: unit })]);
  return { rule, fields, button, inputs, node: element("span", { className: "st-rule", title }, button, ...parts) };
}

function buildMatrix() {
  const cells = {};
  const cell = (name, right, title) => {
    const count = element("span", { className: "st-count" });
    const rate = element("span", { className: "st-rate" });
    const bounds = element("span", { className: "st-bounds" });
    cells[name] = { count, rate, bounds };
    return element("td", { data: { name, right: String(right) }, title }, count, rate, bounds);
  };
  const head = (text, name = "") => element("th", { scope: "col", textContent: text, data: { name } });
  const side = (text, name) => element("th", { scope: "row", data: { name } }, element("span", { className: "st-dot" }), text);
  const node = element(
    "table",
    { className: "st-matrix" },
    element("caption", { textContent: "What the threshold decides", className: "st-title" }),
    element("thead", {}, element("tr", {}, element("td"), head("accepted"), head("not sure", "unsure"), head("rejected"))),
    element(
      "tbody",
      {},
      element("tr", {}, side("Genuine", "genuine"), cell("ta", true, "Recall: genuine pairs that are accepted"), cell("gu", "unsure", "Genuine pairs that are left to a person"), cell("fr", false, "False reject rate (FRR): genuine pairs that are rejected")),
      element("tr", {}, side("Impostor", "impostor"), cell("fa", false, "False accept rate (FAR): impostor pairs that are accepted"), cell("iu", "unsure", "Impostor pairs that are left to a person"), cell("tr", true, "Impostor pairs that are rejected")),
    ),
  );
  const unsure = [...node.querySelectorAll("[data-name=unsure], [data-name=gu], [data-name=iu]")];
  return { node, cells, unsure };
}

function buildFigures() {
  const values = {};
  const entry = ([name, label, title, mode]) => {
    values[name] = element("dd");
    return element("div", { title, data: { mode } }, element("dt", { textContent: label }), values[name]);
  };
  const entries = [
    ["precision", "Precision", "Share of the accepted pairs that are genuine, at the mix of these pairs", "both"],
    ["f1", "F1", "Harmonic mean of precision and recall", "one"],
    ["accuracy", "Accuracy", "Share of pairs decided rightly, at the mix of these pairs", "one"],
    ["balanced", "Balanced accuracy", "Mean of recall and 1 - FAR, whatever the mix of pairs", "one"],
    ["unsure", "Left to a person", "Share of pairs between the two thresholds, at the genuine share in use", "two"],
    ["wrong", "Wrong of the others", "Share of the pairs decided unseen that are decided wrongly, at the genuine share in use", "two"],
  ];
  return { node: element("dl", { className: "st-figures" }, ...entries.map(entry)), values };
}

function buildCosts() {
  const inputs = {};
  const field = ({ name, label, value, step }) => {
    inputs[name] = element("input", { type: "number", value, step, min: 0, data: { name } });
    return element("label", {}, element("span", { textContent: label }), inputs[name]);
  };
  const words = element("p", { className: "st-paid" });
  const node = element("div", { className: "st-costs" }, element("div", { className: "st-fields" }, ...COSTS.map(field)), words);
  return { node, inputs, words };
}

function buildCompared() {
  const heads = ["Model", "AUC", "Error at its threshold", "AUC gain", "Error gain"];
  const columns = heads.map((textContent) => element("th", { scope: "col", textContent }));
  const table = element("table", {}, element("thead", {}, element("tr", {}, ...columns)), element("tbody"));
  const button = element("button", { type: "button", className: "st-more", textContent: "Compare at these thresholds" });
  const words = element("p", { className: "st-verdict", aria: { role: "status", live: "polite" } });
  const title = element("span", { className: "st-title", textContent: "Which model is better" });
  const head = element("div", { className: "st-head" }, title, button);
  const hint = "Error: the mean of FAR and FRR. Gains on the first model, in points. Brackets: 95% intervals, from the same draws for both models.";
  const node = element("div", { className: "st-compared" }, head, element("div", { className: "st-wide" }, table), words, element("p", { className: "st-hint", textContent: hint }));
  return { node, table, button, words };
}

function buildSave() {
  const reason = element("input", { type: "text", className: "st-reason", placeholder: "Why this threshold?", aria: { label: "Reason for this threshold" } });
  const button = element("button", { type: "submit", className: "st-save-button" });
  const saved = element("p", { className: "st-saved" });
  const node = element("form", { className: "st-save", noValidate: true }, reason, button, saved);
  return { node, reason, button, saved };
}

function buildLarge() {
  const images = [0, 1].map(() => element("img", { alt: "", draggable: false }));
  const words = element("p", { className: "st-words" });
  const tool = (name, label) => element("button", { type: "button", className: "st-tool", title: label, aria: { label } }, icon(name));
  const back = tool("back", "Previous pair");
  const on = tool("on", "Next pair");
  const close = tool("clear", "Close");
  const wrong = element("button", { type: "button", className: "st-wrong", title: WRONG, aria: { pressed: "false" } }, icon("flag"), "Label is wrong");
  const node = element(
    "dialog",
    { className: "st-large", tabIndex: -1, aria: { label: "A pair of pictures" } },
    element("div", { className: "st-two" }, ...images),
    element("div", { className: "st-bar-of-tools" }, back, words, wrong, on, close),
  );
  return { node, images, words, wrong, back, on, close };
}

function buildTile(pictures, review) {
  const images = [0, 1].map(() => element("img", { alt: "", draggable: false }));
  const score = element("span", { className: "st-score" });
  const words = element("span", { className: "st-words" });
  const trouble = element("span", { className: "st-trouble" });
  const open = element(
    "button",
    { type: "button", className: "st-open", disabled: !pictures },
    element("span", { className: "st-two", hidden: !pictures }, ...images, trouble),
    element("span", { className: "st-caption" }, score, words),
  );
  const wrong = element("button", { type: "button", className: "st-wrong", hidden: !review, title: WRONG, aria: { pressed: "false", label: "Label is wrong" } }, icon("flag"));
  return { node: element("div", { className: "st-tile" }, open, wrong), open, wrong, images, score, words, trouble };
}

// ---- the view ------------------------------------------------------------------------------------------------------

class View {
  constructor(model, root) {
    this.model = model;
    this.stopping = new AbortController();
    ({ threshold: this.threshold, low: this.low } = model.get("state"));
    this.data = null; // what the kernel sends once: counts, points of the curves, and later their band
    this.bands = new Map(); // of each model's curve
    this.inFlight = null; // the id of what the kernel was told and has not answered yet
    this.moved = false; // since the kernel was told last
    this.told = 0;
    this.waiting = this.gone = false;
    this.shown = { curve: "roc", strip: "nearest", large: null, all: false };
    this.costs = Object.fromEntries(COSTS.map(({ name, value }) => [name, value]));
    this.pictures = new Map(); // "index:size" -> { urls, message }
    this.asked = new Set();
    this.wanted = { small: [], large: [] };
    this.tiles = [];
    this.build(root);
    this.listen();
    this.drawState();
    this.send({ kind: "open" });
  }

  build(root) {
    this.scale = buildScale();
    this.matrix = buildMatrix();
    this.figures = buildFigures();
    this.cost = buildCosts();
    this.saving = buildSave();
    this.compared = buildCompared();
    this.modelSwitch = buildSwitch("Model", [], "");
    this.modelBar = element("div", { className: "st-models", hidden: true }, element("span", { textContent: "Model" }), this.modelSwitch);
    this.large = buildLarge();
    this.legend = { genuine: element("span"), impostor: element("span") };
    this.typed = element("input", { type: "number", className: "st-typed", min: 0, max: 1, step: "any", aria: { label: "Threshold" } });
    this.typedLow = element("input", { type: "number", className: "st-typed", min: 0, max: 1, step: "any", aria: { label: "Reject below" } });
    this.modeSwitch = buildSwitch("Thresholds", MODES, "one");
    this.rules = RULES.map(buildRule);
    this.curveSwitch = buildSwitch("Curve", CURVES, "roc");
    this.curve = element("canvas", { className: "st-curve", aria: { role: "img" } });
    this.curveWords = element("p", { className: "st-hint" });
    this.stripSwitch = buildSwitch("Pairs to look at", STRIPS, "nearest");
    this.strip = element("div", { className: "st-strip" });
    this.marked = element("p", { className: "st-hint", aria: { live: "polite" } });
    this.groups = element("div", { className: "st-groups" });
    this.note = element("p", { className: "st-note", aria: { role: "status", live: "polite" } });
    const key = (name) => element("span", { className: "st-key", data: { name } }, element("span", { className: "st-dot" }), this.legend[name]);
    const field = (text, input) => element("label", { className: "st-type" }, element("span", { textContent: text }), input);
    [this.typeLow, this.type] = [field("Reject below", this.typedLow), field("Threshold", this.typed)];
    this.card = element(
      "div",
      { className: "siamese-tuner", aria: { role: "group", label: "Choose a threshold" } },
      this.modelBar,
      element("div", { className: "st-top" }, key("impostor"), key("genuine"), element("div", { className: "st-types" }, this.modeSwitch, this.typeLow, this.type)),
      this.scale.both,
      element("div", { className: "st-rules", aria: { role: "group", label: "Named thresholds" } }, ...this.rules.map(({ node }) => node)),
      this.note,
      this.cost.node,
      element(
        "div",
        { className: "st-body" },
        element("div", { className: "st-decided" }, this.matrix.node, this.figures.node),
        element("div", { className: "st-curves" }, element("div", { className: "st-head" }, element("span", { className: "st-title", textContent: "Every threshold" }), this.curveSwitch), this.curve, this.curveWords),
      ),
      this.compared.node,
      element("div", { className: "st-pairs" }, this.stripSwitch, this.strip, this.marked),
      this.groups,
      this.saving.node,
      this.large.node,
    );
    root.append(this.card);
    this.drawMode();
  }

  stop() {
    this.stopping.abort();
    cancelAnimationFrame(this.frame);
    for (const timer of [this.timer, this.later, this.settling]) clearTimeout(timer);
    for (const { urls } of this.pictures.values()) urls.forEach((url) => URL.revokeObjectURL(url));
    this.pictures.clear();
    this.card.remove();
  }

  get state() {
    return this.model.get("state");
  }

  // -- to and from the kernel

  send(message) {
    try {
      this.model.send(message, undefined, []);
    } catch (error) {
      console.debug("tuner: the kernel is gone", error);
      this.lose();
      return false;
    }
    this.timer ??= setTimeout(() => {
      this.waiting = true;
      this.drawNote();
    }, PATIENCE);
    return true;
  }

  // What is asked of the kernel and answered by a state; until then no other state moves the line.
  tell(message) {
    clearTimeout(this.later);
    this.later = undefined;
    this.moved = false;
    this.told = performance.now();
    this.inFlight = `${SESSION}-${(lastId += 1)}`;
    if (!this.send({ ...message, id: this.inFlight })) this.inFlight = null;
  }

  // The kernel must know where the lines are before it is asked for more.
  flush() {
    if (this.moved) this.tell({ kind: "threshold", threshold: this.threshold, low: this.low });
  }

  // What is asked beside the lines: its answer moves none.
  ask(message) {
    this.flush();
    this.send({ ...message, id: this.inFlight ?? this.state.id });
  }

  follow() {
    if (this.inFlight || this.gone || this.later !== undefined) return;
    const wait = Math.max(0, this.told + PAUSE - performance.now());
    this.later = setTimeout(() => this.tell({ kind: "threshold", threshold: this.threshold, low: this.low }), wait);
  }

  hear() {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.waiting = this.gone = false;
  }

  get band() {
    return this.bands.get(this.data?.model);
  }

  // The band takes the kernel a while: no reason to speak of waiting as long as nothing else is asked.
  get computing() {
    return Boolean(this.data?.band) && !this.band;
  }

  lose() {
    this.hear();
    this.gone = true;
    this.inFlight = null;
    this.asked.clear();
    this.drawNote();
  }

  receive(message, buffers) {
    this.hear();
    if (message.kind === "counts") this.open(message, buffers);
    if (message.kind === "band") {
      this.bands.set(message.model, numbers(Float32Array, buffers[0]));
      this.drawStatic();
    }
    if (message.kind === "pictures") this.keepPictures(message, buffers);
    this.drawNote();
  }

  update() {
    this.hear();
    if (this.inFlight === this.state.id) this.inFlight = null;
    if (this.moved) this.follow();
    else if (!this.inFlight) ({ threshold: this.threshold, low: this.low } = this.state);
    this.drawState();
  }

  open(about, [counts, ...points]) {
    const curves = points.map((view) => {
      const rates = numbers(Float32Array, view);
      const size = rates.length / 3;
      const part = (k) => rates.subarray(k * size, (k + 1) * size);
      return { far: part(0), recall: part(1), precision: part(2) };
    });
    this.data = { ...about, counts: numbers(Uint32Array, counts), curves };
    this.totals = this.accepted(0, 0);
    put(this.legend.genuine, `${whole(this.totals.genuine)} genuine pairs`);
    put(this.legend.impostor, `${whole(this.totals.impostor)} impostor pairs`);
    this.saving.node.hidden = !about.save;
    this.buildModels();
    this.buildGroups();
    this.drawStatic();
    this.drawState();
    if (about.band && !this.band) this.send({ kind: "band" });
  }

  // -- counts

  accepted(group, step) {
    const { counts, steps } = this.data;
    const row = 2 * group * (steps + 1) + step;
    return { impostor: counts[row], genuine: counts[row + steps + 1] };
  }

  // Exact, or null while the kernel has yet to count at a threshold that is not one of the slider's.
  countsAt(group, line = "threshold") {
    const threshold = this[line];
    const step = Math.round(threshold * this.data.steps);
    if (step / this.data.steps === threshold) return this.accepted(group, step);
    if (this.state[line] !== threshold) return null;
    const [impostor, genuine] = this.state[line === "low" ? "low_counts" : "counts"][group];
    return { impostor, genuine };
  }

  // What is not rejected: all that is accepted, and with two thresholds what lies between them.
  keptAt(group) {
    return this.countsAt(group, this.low === null ? "threshold" : "low");
  }

  ratesOf({ impostor, genuine }) {
    return { far: ratio(impostor, this.totals.impostor), recall: ratio(genuine, this.totals.genuine), precision: ratio(genuine, genuine + impostor) };
  }

  costOf({ far, recall }) {
    const { false_accept, false_reject, prevalence } = this.costs;
    return false_accept * (1 - prevalence) * far + false_reject * prevalence * (1 - recall);
  }

  // The bounds of the three rates at a point of the curve, between the two thresholds that bound it.
  boundsAt({ far, recall }) {
    if (!this.band) return null;
    const n = this.band.length / 9;
    const at = (row, k) => this.band[row * n + k];
    let after = 0;
    while (after < n - 1 && at(0, after) + at(3, after) < far + recall) after += 1;
    const before = Math.max(after - 1, 0);
    const span = at(0, after) + at(3, after) - at(0, before) - at(3, before);
    const weight = span > 0 ? Math.min(1, Math.max(0, (far + recall - at(0, before) - at(3, before)) / span)) : 1;
    const between = (row) => at(row, before) + weight * (at(row, after) - at(row, before));
    const bounds = (row, value) => [Math.min(between(row + 1), value), Math.max(between(row + 2), value)];
    return (rates) => ({ far: bounds(0, rates.far), recall: bounds(3, rates.recall), precision: bounds(6, rates.precision) });
  }

  // -- moving

  // The line that moves takes the other along: not sure never stands above the threshold.
  move(threshold, line = "threshold") {
    this[line] = Math.min(1, Math.max(0, threshold));
    if (this.low !== null && this.low > this.threshold) this[line === "low" ? "threshold" : "low"] = this[line];
    this.moved = true;
    this.schedule();
    this.follow();
  }

  step(by, line) {
    const place = this[line] * this.data.steps;
    const near = Math.round(place);
    const from = near / this.data.steps === this[line] ? near : by > 0 ? Math.floor(place) : Math.ceil(place);
    this.move((from + by) / this.data.steps, line);
  }

  setMode(mode) {
    if (!this.data || (mode === "two") === (this.low !== null)) return;
    this.low = null;
    const { steps } = this.data;
    if (mode === "two") this.move(Math.round(Math.max(0, this.threshold - 0.1) * steps) / steps, "low");
    else this.move(this.threshold);
  }

  schedule() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      this.drawMoving();
    });
  }

  // -- drawing: what stays while the line moves

  drawStatic() {
    if (!this.data || this.stopping.signal.aborted) return;
    const style = getComputedStyle(this.card);
    this.font = `12px ${style.fontFamily}`;
    this.colours = Object.fromEntries(COLOURS.map((name) => [name, style.getPropertyValue(`--st-${name}`).trim()]));
    this.width = this.scale.node.clientWidth;
    this.curveWidth = this.curve.parentElement.clientWidth;
    if (!this.width || !this.curveWidth) return;
    const { top, bars, gap, cost, bottom } = PIXELS;
    this.height = top + bars + gap + cost + bottom;
    this.fit(this.scale.canvas, this.width, this.height);
    const side = Math.min(this.curveWidth, 330);
    this.fit(this.curve, this.curveWidth, side);
    this.curveHeight = side;
    this.costLine = this.computeCosts();
    // The picture as it looks left of the line, and right of it: a move only cuts them elsewhere.
    this.sides = ["rejected", "accepted", "unsure"].map((side) => this.layer(this.width, this.height, (pen) => this.drawBars(pen, side)));
    this.curveLayer = this.layer(this.curveWidth, side, (pen) => this.drawCurve(pen));
    this.drawMoving();
  }

  fit(canvas, width, height) {
    const ratio = window.devicePixelRatio || 1;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.height = `${height}px`;
  }

  layer(width, height, draw) {
    const canvas = document.createElement("canvas");
    this.fit(canvas, width, height);
    draw(this.pen(canvas));
    return canvas;
  }

  pen(canvas) {
    const pen = canvas.getContext("2d");
    const ratio = window.devicePixelRatio || 1;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.font = this.font;
    return pen;
  }

  x(threshold) {
    return PIXELS.left + threshold * (this.width - PIXELS.left - PIXELS.right);
  }

  binned() {
    const rarer = Math.min(this.totals.genuine, this.totals.impostor);
    const bins = rarer < 200 ? 25 : rarer < 2000 || this.width < 480 ? 50 : 100;
    const { steps } = this.data;
    const share = (kind) =>
      Array.from({ length: bins }, (_, bin) => {
        const low = this.accepted(0, (bin * steps) / bins)[kind];
        const high = bin + 1 < bins ? this.accepted(0, ((bin + 1) * steps) / bins)[kind] : 0;
        return ratio(low - high, this.totals[kind]);
      });
    return { bins, impostor: share("impostor"), genuine: share("genuine") };
  }

  drawBars(pen, side) {
    const { bins, ...kinds } = this.binned();
    const peak = Math.max(...kinds.genuine, ...kinds.impostor);
    const floor = PIXELS.top + PIXELS.bars;
    // Square roots: the few pairs that are decided wrongly would vanish beside the many at the ends.
    const y = (share) => floor - Math.sqrt(share / peak) * (PIXELS.bars - 8);
    this.drawGrid(pen, y, peak, floor);
    // What is decided wrongly on this side is drawn last, over the rest.
    for (const kind of side === "rejected" ? ["impostor", "genuine"] : ["genuine", "impostor"]) {
      const wrong = side !== "unsure" && (side === "rejected") === (kind === "genuine");
      pen.beginPath();
      pen.moveTo(this.x(0), floor);
      kinds[kind].forEach((share, bin) => {
        pen.lineTo(this.x(bin / bins), y(share));
        pen.lineTo(this.x((bin + 1) / bins), y(share));
      });
      pen.lineTo(this.x(1), floor);
      pen.globalAlpha = wrong ? 0.82 : 0.2;
      pen.fillStyle = pen.strokeStyle = this.colours[kind];
      pen.fill();
      pen.globalAlpha = wrong ? 1 : 0.75;
      pen.lineWidth = 1.25;
      pen.stroke();
    }
    pen.globalAlpha = 1;
    this.drawCostLine(pen);
    this.drawAxis(pen, floor);
    if (side === "unsure") this.shade(pen, floor);
  }

  // What is left to a person is hatched: neither right nor wrong.
  shade(pen, floor) {
    const high = floor - PIXELS.top;
    pen.save();
    pen.beginPath();
    pen.rect(this.x(0), PIXELS.top, this.x(1) - this.x(0), high);
    pen.clip();
    pen.strokeStyle = this.colours.soft;
    pen.globalAlpha = 0.35;
    pen.lineWidth = 1;
    pen.beginPath();
    for (let x = this.x(0) - high; x < this.x(1); x += 9) {
      pen.moveTo(x, floor);
      pen.lineTo(x + high, PIXELS.top);
    }
    pen.stroke();
    pen.restore();
  }

  drawGrid(pen, y, peak, floor) {
    pen.fillStyle = this.colours.soft;
    pen.strokeStyle = this.colours.line;
    pen.textAlign = "right";
    pen.textBaseline = "middle";
    pen.lineWidth = 1;
    let last = floor;
    for (const share of [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1]) {
      if (share > peak || last - y(share) < 26) continue;
      last = y(share);
      pen.fillText(`${100 * share}%`, PIXELS.left - 8, last);
      pen.globalAlpha = 0.45;
      pen.beginPath();
      pen.moveTo(this.x(0), last);
      pen.lineTo(this.x(1), last);
      pen.stroke();
      pen.globalAlpha = 1;
    }
  }

  drawAxis(pen, floor) {
    pen.strokeStyle = this.colours.line;
    pen.fillStyle = this.colours.soft;
    pen.lineWidth = 1;
    for (const y of [floor, floor + PIXELS.gap + PIXELS.cost]) {
      pen.beginPath();
      pen.moveTo(this.x(0), y + 0.5);
      pen.lineTo(this.x(1), y + 0.5);
      pen.stroke();
    }
    pen.textAlign = "center";
    pen.textBaseline = "top";
    for (let tick = 0; tick <= 10; tick += this.width < 480 ? 5 : 2) {
      pen.fillText(tick % 10 ? (tick / 10).toFixed(1) : String(tick / 10), this.x(tick / 10), floor + PIXELS.gap + PIXELS.cost + 7);
    }
  }

  // -- costs

  computeCosts() {
    const { steps } = this.data;
    const values = Float64Array.from({ length: steps + 1 }, (_, step) => this.costOf(this.ratesOf(this.accepted(0, step))));
    const least = values.reduce((best, value, step) => (value < values[best] ? step : best), 0);
    let last = least; // the middle of the best stretch
    while (last < steps && values[last + 1] === values[least]) last += 1;
    return { values, least: Math.round((least + last) / 2), highest: Math.max(...values) };
  }

  costY(value) {
    const floor = PIXELS.top + PIXELS.bars + PIXELS.gap + PIXELS.cost;
    return floor - 3 - (value / (this.costLine.highest || 1)) * (PIXELS.cost - 8);
  }

  drawCostLine(pen) {
    const { values, least } = this.costLine;
    const { steps } = this.data;
    pen.strokeStyle = this.colours.soft;
    pen.lineWidth = 1.5;
    pen.lineJoin = "round";
    pen.beginPath();
    values.forEach((value, step) => pen.lineTo(this.x(step / steps), this.costY(value)));
    pen.stroke();
    pen.fillStyle = this.colours.soft;
    pen.textAlign = "right";
    pen.textBaseline = "middle";
    pen.fillText("cost", PIXELS.left - 8, PIXELS.top + PIXELS.bars + PIXELS.gap + PIXELS.cost / 2 + 2);
    pen.beginPath();
    pen.arc(this.x(least / steps), this.costY(values[least]), 3, 0, 2 * Math.PI);
    pen.fill();
  }

  // -- curves

  axes() {
    const { curve } = this.shown;
    const plain = { low: 0, high: 1, ticks: [0, 0.2, 0.4, 0.6, 0.8, 1], at: (value) => value };
    if (curve === "det") {
      const ticks = [0.001, 0.01, 0.05, 0.2, 0.5, 0.8, 0.95];
      const bent = { low: deviate(0.0005), high: deviate(0.995), ticks, at: deviate };
      return { ...bent, x: "FAR", y: "FRR", point: ({ far, recall }) => [far, 1 - recall], bounds: (b) => [b.far, [1 - b.recall[1], 1 - b.recall[0]]], better: [0, 0] };
    }
    if (curve === "pr") {
      return { ...plain, x: "Recall", y: "Precision", point: ({ recall, precision }) => [recall, precision], bounds: (b) => [b.recall, b.precision], better: [1, 1] };
    }
    return { ...plain, x: "FAR", y: "Recall", point: ({ far, recall }) => [far, recall], bounds: (b) => [b.far, b.recall], better: [0, 1] };
  }

  place([x, y], axes) {
    const share = (value) => Math.min(1, Math.max(0, (axes.at(value) - axes.low) / (axes.high - axes.low)));
    const { curveWidth: width, curveHeight: height } = this;
    return [FRAME.left + share(x) * (width - FRAME.left - FRAME.right), height - FRAME.bottom - share(y) * (height - FRAME.bottom - FRAME.top)];
  }

  // The model that is looked at is drawn last, over the others.
  drawCurve(pen) {
    const axes = this.axes();
    this.drawFrame(pen, axes);
    if (this.band) this.drawBand(pen, axes);
    const { models, model, curves } = this.data;
    const now = models.indexOf(model);
    pen.lineJoin = "round";
    curves.forEach((curve, place) => {
      if (place === now) return;
      pen.strokeStyle = this.colours.impostor;
      pen.lineWidth = 1.75;
      pen.setLineDash(DASHES[place % DASHES.length]);
      this.traceCurve(pen, axes, curve);
    });
    pen.setLineDash([]);
    pen.strokeStyle = this.colours.genuine;
    pen.lineWidth = 2;
    this.traceCurve(pen, axes, curves[now]);
  }

  traceCurve(pen, axes, { far, recall, precision }) {
    pen.beginPath();
    for (let k = 0; k < far.length; k += 1) {
      const [x, y] = this.place(axes.point({ far: far[k], recall: recall[k], precision: precision[k] }), axes);
      // Precision is not a straight line between two thresholds.
      if (this.shown.curve === "pr" && k) pen.lineTo(x, this.lastY);
      pen.lineTo(x, y);
      this.lastY = y;
    }
    pen.stroke();
  }

  drawFrame(pen, axes) {
    const { line, soft } = this.colours;
    pen.lineWidth = 1;
    pen.fillStyle = soft;
    let lastX = -Infinity;
    let lastY = Infinity;
    for (const tick of axes.ticks) {
      const [x, y] = this.place([tick, tick], axes);
      const [left, floor] = [FRAME.left, this.curveHeight - FRAME.bottom];
      pen.strokeStyle = line;
      pen.globalAlpha = 0.5;
      pen.beginPath();
      pen.moveTo(x, floor);
      pen.lineTo(x, FRAME.top);
      pen.moveTo(left, y);
      pen.lineTo(this.curveWidth - FRAME.right, y);
      pen.stroke();
      pen.globalAlpha = 1;
      const text = `${Number((100 * tick).toPrecision(3))}%`;
      pen.textAlign = "center";
      pen.textBaseline = "top";
      if (x - lastX > 38) pen.fillText(text, (lastX = x), floor + 6);
      pen.textAlign = "right";
      pen.textBaseline = "middle";
      if (lastY - y > 15) pen.fillText(text, left - 6, (lastY = y));
    }
    pen.textAlign = "right";
    pen.textBaseline = "bottom";
    pen.fillText(axes.x, this.curveWidth - FRAME.right, this.curveHeight - 2);
    pen.save();
    pen.translate(14, FRAME.top);
    pen.rotate(-Math.PI / 2);
    pen.fillText(axes.y, 0, 0);
    pen.restore();
  }

  drawBand(pen, axes) {
    const n = this.band.length / 9;
    const read = (row, k) => this.band[row * n + k];
    const corners = Array.from({ length: n }, (_, k) => {
      const rate = (row) => [read(row + 1, k), read(row + 2, k)];
      return axes.bounds({ far: rate(0), recall: rate(3), precision: rate(6) });
    });
    const [x, y] = axes.better;
    pen.beginPath();
    for (const [across, up] of corners) pen.lineTo(...this.place([across[x], up[y]], axes));
    for (const [across, up] of corners.toReversed()) pen.lineTo(...this.place([across[1 - x], up[1 - y]], axes));
    pen.fillStyle = this.colours.genuine;
    pen.globalAlpha = 0.16;
    pen.fill();
    pen.globalAlpha = 1;
  }

  // -- drawing: what moves

  drawMoving() {
    if (!this.data || !this.sides || this.stopping.signal.aborted) return;
    const counts = this.countsAt(0);
    const rates = counts && this.ratesOf(counts);
    const bounds = rates && this.boundsAt(rates)?.(rates);
    const kept = this.keptAt(0);
    const keptRates = kept && this.ratesOf(kept);
    const keptBounds = keptRates && this.boundsAt(keptRates)?.(keptRates);
    this.drawMode();
    this.drawScale(rates);
    this.drawPoints(rates, bounds, keptRates, keptBounds);
    this.drawMatrix(counts, kept, bounds, keptBounds);
    this.drawFigures(counts, rates, keptRates);
    this.drawPaid(rates, keptRates);
    this.drawGroups();
    this.drawThreshold(rates, keptRates);
    this.drawCompared();
  }

  // All that two thresholds need and one does not, or the other way round.
  drawMode() {
    const mode = this.low === null ? "one" : "two";
    if (this.card.dataset.mode === mode) return;
    this.card.dataset.mode = mode;
    const two = mode === "two";
    for (const button of this.modeSwitch.children) button.setAttribute("aria-pressed", String(button.dataset.name === mode));
    this.typeLow.hidden = this.scale.low.hidden = !two;
    for (const node of this.matrix.unsure) node.hidden = !two;
    for (const { rule, node } of this.rules) node.hidden = (rule === "band") !== two;
    for (const node of this.figures.node.children) node.hidden = !["both", mode].includes(node.dataset.mode);
    const name = two ? "Accept from" : "Threshold";
    put(this.type.firstChild, name);
    for (const node of [this.typed, this.scale.node]) node.setAttribute("aria-label", name);
    const { label, two: label2 } = STRIPS[0];
    put(this.stripSwitch.firstChild, two ? label2 : label);
  }

  drawScale(rates) {
    const { canvas } = this.scale;
    const pen = this.pen(canvas);
    const lines = this.low === null ? [this.threshold] : [this.low, this.threshold];
    const scale = canvas.width / this.width;
    const cuts = [0, ...lines.map((line) => Math.round(this.x(line) * scale)), canvas.width];
    const parts = this.low === null ? [0, 1] : [0, 2, 1];
    pen.clearRect(0, 0, this.width, this.height);
    parts.forEach((side, place) => {
      const [from, wide] = [cuts[place], cuts[place + 1] - cuts[place]];
      if (wide > 0) pen.drawImage(this.sides[side], from, 0, wide, canvas.height, from / scale, 0, wide / scale, this.height);
    });
    for (const line of lines) this.drawLine(pen, this.x(line));
    this.drawLabels(pen, lines);
    if (rates && this.low === null) {
      pen.beginPath();
      pen.arc(this.x(this.threshold), this.costY(this.costOf(rates)), 4.5, 0, 2 * Math.PI);
      pen.fill();
    }
    for (const line of lines) this.drawGrip(pen, this.x(line));
    if (this.low !== null) this.scale.low.style.transform = `translateX(${this.x(this.low)}px)`;
  }

  drawLine(pen, x) {
    pen.strokeStyle = pen.fillStyle = this.colours.text;
    pen.lineWidth = 2;
    pen.beginPath();
    pen.moveTo(x, PIXELS.top - 6);
    pen.lineTo(x, PIXELS.top + PIXELS.bars + PIXELS.gap + PIXELS.cost);
    pen.stroke();
  }

  drawGrip(pen, x) {
    pen.beginPath();
    pen.arc(x, PIXELS.top + PIXELS.bars, 8, 0, 2 * Math.PI);
    pen.fill();
    pen.lineWidth = 3;
    pen.strokeStyle = this.colours.surface;
    pen.stroke();
  }

  // The thresholds stand over their lines, what is done on both sides beside them; all stay within the picture.
  drawLabels(pen, lines) {
    pen.font = this.font.replace("12px", "600 15px");
    pen.textBaseline = "alphabetic";
    const texts = lines.map(inWords);
    const halves = texts.map((text) => pen.measureText(text).width / 2);
    const middles = lines.map((line, k) => Math.min(this.width - 4 - halves[k], Math.max(4 + halves[k], this.x(line))));
    const last = lines.length - 1;
    if (last) { // two numbers side by side, where their lines are too near for both
      const missing = Math.max(0, halves[0] + halves[1] + 12 - (middles[1] - middles[0]));
      const left = Math.min(missing / 2, middles[0] - halves[0] - 4);
      const right = Math.min(missing - left, this.width - 4 - halves[1] - middles[1]);
      middles[0] -= missing - right;
      middles[1] += right;
    }
    pen.textAlign = "center";
    texts.forEach((text, k) => pen.fillText(text, middles[k], 17));
    pen.font = this.font;
    pen.fillStyle = this.colours.soft;
    const room = last ? middles[1] - halves[1] - middles[0] - halves[0] : 0;
    if (room > 70) pen.fillText("not sure", middles[0] + halves[0] + room / 2, 16);
    pen.textAlign = "right";
    if (middles[0] - halves[0] > 76) pen.fillText("reject ←", middles[0] - halves[0] - 10, 16);
    pen.textAlign = "left";
    if (middles[last] + halves[last] < this.width - 76) pen.fillText("→ accept", middles[last] + halves[last] + 10, 16);
    pen.fillStyle = this.colours.text;
  }

  drawPoints(rates, bounds, keptRates, keptBounds) {
    const pen = this.pen(this.curve);
    pen.clearRect(0, 0, this.curveWidth, this.curveHeight);
    pen.drawImage(this.curveLayer, 0, 0, this.curveWidth, this.curveHeight);
    for (const other of this.state.models) {
      if (other.name !== this.data.model) this.drawPoint(pen, this.ratesOf(other), null, 4);
    }
    if (this.low !== null) this.drawPoint(pen, keptRates, keptBounds);
    this.drawPoint(pen, rates, bounds);
  }

  drawPoint(pen, rates, bounds, radius = 6) {
    const axes = this.axes();
    const [across, up] = rates ? axes.point(rates) : [NaN, NaN];
    if (Number.isNaN(across) || Number.isNaN(up)) return;
    const [x, y] = this.place([across, up], axes);
    pen.strokeStyle = this.colours.text;
    pen.lineWidth = 1.5;
    if (bounds) {
      const [[left, right], [low, high]] = axes.bounds(bounds);
      pen.beginPath();
      pen.moveTo(this.place([left, up], axes)[0], y);
      pen.lineTo(this.place([right, up], axes)[0], y);
      pen.moveTo(x, this.place([across, low], axes)[1]);
      pen.lineTo(x, this.place([across, high], axes)[1]);
      pen.stroke();
    }
    pen.beginPath();
    pen.arc(x, y, radius, 0, 2 * Math.PI);
    pen.fillStyle = this.colours.surface;
    pen.fill();
    pen.lineWidth = radius / 2.4;
    pen.stroke();
  }

  drawMatrix(counts, kept, bounds, keptBounds) {
    const { genuine, impostor } = this.totals;
    const fill = (name, count, total, range, low) => {
      const { count: number, rate, bounds: words } = this.matrix.cells[name];
      const known = !Number.isNaN(count);
      put(number, known ? whole(count) : "…");
      put(rate, known ? percent(ratio(count, total)) : "");
      put(words, known && range && total ? `${percent(low ? 1 - range[1] : range[0])} to ${percent(low ? 1 - range[0] : range[1])}` : "");
    };
    const unknown = { genuine: NaN, impostor: NaN };
    const [at, below] = [counts ?? unknown, kept ?? unknown];
    fill("ta", at.genuine, genuine, bounds?.recall, false);
    fill("fr", genuine - below.genuine, genuine, keptBounds?.recall, true);
    fill("fa", at.impostor, impostor, bounds?.far, false);
    fill("tr", impostor - below.impostor, impostor, keptBounds?.far, true);
    if (this.low === null) return;
    fill("gu", below.genuine - at.genuine, genuine, null, false);
    fill("iu", below.impostor - at.impostor, impostor, null, false);
  }

  // At the genuine share in use: what is left to a person, and what of the rest is wrong.
  unsureAt(rates, kept) {
    const { prevalence } = this.costs;
    const unsure = prevalence * (kept.recall - rates.recall) + (1 - prevalence) * (kept.far - rates.far);
    const wrong = prevalence * (1 - kept.recall) + (1 - prevalence) * rates.far;
    return { unsure, wrong: ratio(wrong, 1 - unsure) };
  }

  drawFigures(counts, rates, kept) {
    const { values } = this.figures;
    const total = this.totals.genuine + this.totals.impostor;
    const right = counts ? counts.genuine + this.totals.impostor - counts.impostor : NaN;
    put(values.precision, percent(rates ? rates.precision : NaN));
    put(values.f1, percent(counts ? (2 * counts.genuine) / (counts.genuine + counts.impostor + this.totals.genuine) : NaN));
    put(values.accuracy, percent(right / total));
    put(values.balanced, percent(rates ? (rates.recall + 1 - rates.far) / 2 : NaN));
    const { unsure, wrong } = rates && kept ? this.unsureAt(rates, kept) : { unsure: NaN, wrong: NaN };
    put(values.unsure, percent(unsure));
    put(values.wrong, percent(wrong));
  }

  drawPaid(rates, kept) {
    if (!rates || !kept) return;
    if (this.low !== null) {
      const { unsure, wrong } = this.unsureAt(rates, kept);
      const cost = figure(this.costOf({ far: rates.far, recall: kept.recall }));
      const words = `In use, ${percent(unsure)} is left to a person; ${percent(wrong)} of the rest is decided wrongly, which costs ${cost} per comparison.`;
      put(this.cost.words, this.wrongCost ?? words);
      return;
    }
    const { least, values } = this.costLine;
    const { prevalence } = this.costs;
    const best = inWords(least / this.data.steps);
    const accepted = prevalence * rates.recall + (1 - prevalence) * rates.far;
    const genuine = accepted ? ` In use, ${percent((prevalence * rates.recall) / accepted)} of what is accepted is genuine.` : "";
    const paid = `Costs ${figure(this.costOf(rates))} per comparison; the least is ${figure(values[least])}, near ${best}.`;
    put(this.cost.words, this.wrongCost ?? `${paid}${genuine}`);
  }

  drawThreshold(rates, kept) {
    const { node, low } = this.scale;
    const text = inWords(this.threshold);
    if (document.activeElement !== this.typed) this.typed.value = text;
    node.setAttribute("aria-valuenow", this.threshold);
    const accepted = rates ? `${percent(rates.far)} of impostor pairs accepted` : "";
    const rejected = kept ? `${percent(1 - kept.recall)} of genuine pairs rejected` : "";
    const said = this.low === null ? [accepted, rejected] : [accepted];
    node.setAttribute("aria-valuetext", [text, said.filter(Boolean).join(", ")].filter(Boolean).join(": "));
    if (this.low !== null) {
      const lowText = inWords(this.low);
      if (document.activeElement !== this.typedLow) this.typedLow.value = lowText;
      low.setAttribute("aria-valuenow", this.low);
      low.setAttribute("aria-valuetext", [lowText, rejected].filter(Boolean).join(": "));
    }
    this.curve.setAttribute("aria-label", `${CURVES.find(({ name }) => name === this.shown.curve).title}, the threshold's point marked`);
    put(this.saving.button, this.low === null ? `Save ${text}` : `Save ${inWords(this.low)} and ${text}`);
    const still = this.state.threshold === this.threshold && this.state.low === this.low;
    for (const { rule, button } of this.rules) {
      button.setAttribute("aria-pressed", String(still && this.state.rule === rule && this.edited !== rule));
    }
  }

  // -- models

  buildModels() {
    const { models, model } = this.data;
    const several = models.length > 1;
    this.modelBar.hidden = this.compared.node.hidden = !several;
    if (!several) return;
    const lines = models.map((name, place) => {
      const line = element("span", { className: "st-dash", data: { place: name === model ? "now" : String(place % DASHES.length) } });
      return element("button", { type: "button", data: { name }, aria: { pressed: String(name === model) } }, line, name);
    });
    this.modelSwitch.replaceChildren(...lines);
  }

  turnTo(name) {
    if (!name || name === this.data?.model) return;
    this.flush();
    this.tell({ kind: "model", name });
  }

  // Where the models' thresholds stand now; what was compared at others is not shown.
  get standing() {
    return this.state.models.map(({ name, threshold }) => (name === this.data.model ? this.threshold : threshold));
  }

  drawCompared() {
    const { models } = this.data;
    if (models.length < 2) return;
    const { node, table, words, button } = this.compared;
    const found = this.state.compared;
    const fits = Boolean(found) && this.standing.every((threshold, place) => threshold === found[place].threshold);
    if (this.fitting === fits && this.shownCompared === found) return;
    [this.fitting, this.shownCompared] = [fits, found];
    node.dataset.fits = String(fits);
    button.hidden = fits;
    table.hidden = !found;
    const sentences = () => `${found.slice(1).map(({ verdict }) => verdict).join("; ")}.`;
    put(words, !found ? "" : fits ? sentences() : "Compared at other thresholds: compare again.");
    if (!found) return;
    const estimate = ([value, low, high], write) => (value === null ? "–" : `${write(value)}${low === null ? "" : ` [${write(low)}, ${write(high)}]`}`);
    const points = (value) => `${value > 0 ? "+" : ""}${(100 * value).toFixed(1)}`;
    const rows = found.map(({ name, auc, error, auc_gain: aucGain, error_gain: errorGain }, place) => {
      const gains = [aucGain, errorGain].map((gain) => (place ? estimate(gain, points) : ""));
      const cells = [estimate(auc, (value) => value.toFixed(3)), estimate(error, percent), ...gains];
      return element("tr", {}, element("th", { scope: "row", textContent: name }), ...cells.map((textContent) => element("td", { textContent })));
    });
    table.tBodies[0].replaceChildren(...rows);
  }

  // -- groups

  buildGroups() {
    let group = 1;
    this.rows = [];
    this.groups.replaceChildren(
      ...this.data.groupings.map(({ title, names }) => {
        const rows = names.map((name) => this.buildRow(title, name, group++)).filter(Boolean);
        this.rows.push(...rows);
        return this.buildTable(title, rows);
      }),
    );
    this.rank();
  }

  buildRow(title, name, group) {
    const totals = this.accepted(group, 0);
    if (title === "kind" && !totals.impostor) return null;
    const bar = (kind) => {
      const fill = element("span", { className: "st-fill" });
      const words = element("span", { className: "st-share" });
      return { fill, words, node: element("td", { data: { kind } }, element("span", { className: "st-bar" }, fill), words) };
    };
    const bars = { impostor: bar("impostor"), genuine: title === "kind" ? null : bar("genuine") };
    const node = element("tr", {}, element("th", { scope: "row", textContent: name, title: name }), bars.impostor.node, ...(bars.genuine ? [bars.genuine.node] : []));
    return { title, group, totals, bars, node, shown: true };
  }

  buildTable(title, rows) {
    const heads = title === "kind" ? ["Impostors of", "false accepts"] : ["Category", "false accepts", "false rejects"];
    const body = element("tbody", {}, ...rows.map(({ node }) => node));
    const more = element("button", { type: "button", className: "st-more", hidden: rows.length <= 8 });
    more.addEventListener("click", () => {
      this.shown.all = !this.shown.all;
      this.rank();
    });
    const columns = heads.map((text) => element("th", { scope: "col", textContent: text }));
    const table = element("table", { data: { title } }, element("thead", {}, element("tr", {}, ...columns)), body);
    return element("div", {}, table, more);
  }

  // The groups with the most errors first; only while nothing moves, so that no row runs away.
  rank() {
    const errors = ({ group, totals }) => {
      const at = this.countsAt(group);
      const kept = this.keptAt(group);
      return at && kept ? ratio(at.impostor + totals.genuine - kept.genuine, totals.impostor + totals.genuine) : 0;
    };
    for (const { title } of this.data.groupings) {
      const rows = this.rows.filter((row) => row.title === title);
      const sorted = rows.map((row) => ({ row, rate: title === "kind" ? 0 : errors(row) })).sort((a, b) => b.rate - a.rate);
      const body = rows[0]?.node.parentElement;
      sorted.forEach(({ row }, place) => {
        row.shown = this.shown.all || place < 8;
        row.node.hidden = !row.shown;
        if (body.children[place] !== row.node) body.insertBefore(row.node, body.children[place]);
      });
      const more = body?.closest("div").querySelector(".st-more");
      if (more) put(more, this.shown.all ? "Show fewer" : `Show all ${rows.length}`);
    }
    this.drawGroups();
  }

  drawGroups() {
    for (const { group, totals, bars, shown } of this.rows) {
      if (!shown) continue;
      const at = this.countsAt(group);
      this.drawBar(bars.impostor, at?.impostor, totals.impostor);
      const kept = this.keptAt(group);
      if (bars.genuine) this.drawBar(bars.genuine, kept && totals.genuine - kept.genuine, totals.genuine);
    }
  }

  drawBar({ fill, words }, errors, total) {
    const share = ratio(errors ?? 0, total);
    const text = errors == null ? "…" : total ? `${percent(share)} · ${whole(errors)} of ${whole(total)}` : "no pairs";
    if (words.textContent === text) return;
    words.textContent = text;
    fill.style.transform = `scaleX(${share || 0})`;
  }

  // -- pairs

  drawStrip() {
    if (!this.data) return;
    const { name, none } = STRIPS.find((strip) => strip.name === this.shown.strip);
    const pairs = this.state.strips[name];
    while (this.tiles.length < pairs.length) this.addTile();
    this.tiles.forEach((tile, place) => {
      tile.node.hidden = place >= pairs.length;
      if (pairs[place]) this.drawTile(tile, pairs[place]);
    });
    this.empty ??= this.strip.appendChild(element("p", { className: "st-hint" }));
    put(this.empty, pairs.length ? "" : none);
    const { marked } = this.state;
    put(this.marked, marked ? `${whole(marked)} ${marked === 1 ? "label is" : "labels are"} marked as wrong. They count as they are until the pairs are drawn anew.` : "");
    if (this.shown.large !== null) this.drawLarge();
    this.askForPictures();
  }

  addTile() {
    const tile = buildTile(this.data.pictures, this.data.review);
    const place = this.tiles.push(tile) - 1;
    tile.wrong.addEventListener("click", () => this.mark(place));
    tile.open.addEventListener("click", () => {
      this.shown.large = place;
      this.large.node.showModal();
      this.drawLarge();
    });
    this.strip.insertBefore(tile.node, this.empty ?? null);
  }

  verdict({ score, genuine }) {
    const { threshold, low } = this.state;
    const kind = genuine ? "genuine" : "impostor";
    const accepted = score >= threshold;
    if (!accepted && low !== null && score >= low) return { right: true, words: `${kind}, not sure` };
    return { right: accepted === genuine, words: `${kind}, ${accepted ? "accepted" : "rejected"}` };
  }

  mark(place) {
    const { index, marked } = this.state.strips[this.shown.strip][place];
    this.ask({ kind: "review", index, wrong: !marked });
  }

  drawTile(tile, pair) {
    const { right, words } = this.verdict(pair);
    tile.node.dataset.right = String(right);
    put(tile.score, pair.score.toFixed(3));
    put(tile.words, words);
    tile.node.dataset.marked = String(pair.marked);
    tile.wrong.setAttribute("aria-pressed", String(pair.marked));
    tile.open.title = `Pair ${pair.index}, score ${pair.score}`;
    tile.open.setAttribute("aria-label", `Pair ${pair.index}, score ${pair.score.toFixed(3)}, ${words}${right ? "" : ": wrong"}`);
    this.showPictures(tile.images, pair.index, "small", tile.trouble);
  }

  drawLarge() {
    const pairs = this.state.strips[this.shown.strip];
    if (!pairs.length) return this.large.node.close();
    this.shown.large = (this.shown.large + pairs.length) % pairs.length;
    const pair = pairs[this.shown.large];
    const { right, words } = this.verdict(pair);
    const more = this.data.groupings.filter(({ title }) => title !== "kind" || !pair.genuine).map(({ title }) => pair[title]);
    put(this.large.words, [`Pair ${pair.index}`, `score ${pair.score.toFixed(4)}`, `${words}${right ? "" : " (wrong)"}`, ...more].join(" · "));
    this.large.node.dataset.right = String(right);
    this.large.wrong.hidden = !this.data.review;
    this.large.wrong.setAttribute("aria-pressed", String(pair.marked));
    this.showPictures(this.large.images, pair.index, "large", null);
    return this.askForPictures();
  }

  showPictures(images, index, size, trouble) {
    if (!this.data.pictures) return;
    const key = `${index}:${size}`;
    const found = this.pictures.get(key);
    const urls = found?.urls ?? this.pictures.get(`${index}:small`)?.urls ?? [];
    images.forEach((image, side) => {
      if (urls[side] && image.src !== urls[side]) image.src = urls[side];
      if (!urls[side]) image.removeAttribute("src");
      image.alt = urls[side] ? `Picture ${side ? "two" : "one"} of pair ${index}` : "";
    });
    if (trouble) put(trouble, found?.message ?? "");
    if (found) {
      this.pictures.delete(key); // the last looked at is the last to be dropped
      this.pictures.set(key, found);
    } else if (!this.asked.has(key) && !this.gone) {
      this.asked.add(key);
      this.wanted[size].push(index);
    }
  }

  askForPictures() {
    for (const [size, indices] of Object.entries(this.wanted)) {
      if (indices.length) this.send({ kind: "pictures", indices: indices.splice(0), size });
    }
  }

  keepPictures({ size, pairs }, buffers) {
    const left = [...buffers];
    for (const { index, message } of pairs) {
      const both = message ? [] : left.splice(0, 2);
      this.asked.delete(`${index}:${size}`);
      this.pictures.set(`${index}:${size}`, { message, urls: both.map((buffer) => URL.createObjectURL(new Blob([buffer], { type: "image/jpeg" }))) });
    }
    for (const [old, { urls }] of this.pictures) {
      if (this.pictures.size <= KEPT) break;
      urls.forEach((url) => URL.revokeObjectURL(url));
      this.pictures.delete(old);
    }
    this.drawStrip();
  }

  // -- what the kernel says

  drawState() {
    this.drawMoving();
    this.drawStrip();
    this.drawNote();
    const { saved } = this.state;
    const band = saved && saved.low !== null ? `${inWords(saved.low)} and ` : "";
    put(this.saving.saved, saved ? `Saved ${band}${inWords(saved.threshold)}: ${saved.reason}` : "");
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.data && !this.moved && this.rank(), 400);
  }

  drawNote() {
    const message = this.gone
      ? "The kernel is gone: the line still moves, but run the cell again to see other pairs, choose by a rule or save."
      : this.waiting && (this.inFlight || !this.computing)
        ? "Waiting for the kernel: it is busy, or was restarted; then run the cell again."
        : this.wrongRule ?? this.state.message;
    this.note.dataset.trouble = String(Boolean(message) && !this.waiting);
    if (this.note.dataset.text !== message) {
      this.note.dataset.text = message;
      this.note.replaceChildren(...(message ? [icon("problem"), element("span", { textContent: message })] : []));
    }
    const words = this.band ? "Band and cross: 95% intervals, with shared identities taken into account." : "";
    put(this.curveWords, this.computing ? "The intervals are being computed." : words);
  }

  // -- listening

  listen() {
    const { signal } = this.stopping;
    const on = (target, type, handler) => target.addEventListener(type, handler, { signal });
    this.listenToScale(on);
    // Lab prevents what Enter does by default, which would be the change, and the submit.
    for (const [input, line] of [[this.typed, "threshold"], [this.typedLow, "low"]]) {
      on(input, "change", () => this.takeTyped(input, line));
      on(input, "keydown", (event) => event.key === "Enter" && this.takeTyped(input, line));
      on(input, "blur", () => this.schedule());
      on(input, "input", () => (this.taken = undefined));
    }
    on(this.saving.reason, "keydown", (event) => event.key === "Enter" && this.save(event));
    for (const rule of this.rules) {
      on(rule.button, "click", () => this.choose(rule));
      for (const input of rule.inputs) {
        on(input, "keydown", (event) => event.key === "Enter" && this.choose(rule));
        on(input, "input", () => {
          this.edited = rule.rule;
          this.schedule();
        });
      }
    }
    on(this.modelSwitch, "click", (event) => this.turnTo(event.target.closest("button")?.dataset.name));
    on(this.compared.button, "click", () => this.ask({ kind: "compare" }));
    on(this.modeSwitch, "click", (event) => this.setMode(event.target.closest("button")?.dataset.name ?? ""));
    for (const input of Object.values(this.cost.inputs)) on(input, "input", () => this.takeCosts());
    on(this.saving.node, "submit", (event) => this.save(event));
    for (const [node, part] of [[this.curveSwitch, "curve"], [this.stripSwitch, "strip"]]) on(node, "click", (event) => this.turn(node, part, event));
    this.listenToLarge(on);
    const watchers = [new ResizeObserver(() => this.drawStatic()), new MutationObserver(() => requestAnimationFrame(() => this.drawStatic()))];
    watchers[0].observe(this.card);
    // Lab names its theme on the body: what is drawn must be drawn anew in its colours.
    watchers[1].observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light", "data-jp-theme-name", "class"] });
    on(matchMedia("(prefers-color-scheme: dark)"), "change", () => this.drawStatic());
    const handlers = {
      "change:state": () => this.update(),
      "msg:custom": (message, buffers) => this.receive(message, buffers),
      comm_live_update: () => this.send({ kind: "open" }),
    };
    for (const [name, handler] of Object.entries(handlers)) this.model.on(name, handler);
    signal.addEventListener("abort", () => {
      for (const watcher of watchers) watcher.disconnect();
      for (const [name, handler] of Object.entries(handlers)) this.model.off(name, handler);
    });
  }

  listenToScale(on) {
    const { node, low } = this.scale;
    let left = 0; // measured once a drag: asking again would lay the page out twice a frame
    let line = "threshold";
    const share = (event) => Math.min(1, Math.max(0, (event.clientX - left - PIXELS.left) / (this.width - PIXELS.left - PIXELS.right)));
    const drag = (event) => this.data && this.move(Math.round(share(event) * this.data.steps) / this.data.steps, line);
    on(node, "pointerdown", (event) => {
      if (event.button) return;
      ({ left } = node.getBoundingClientRect());
      const nearLow = this.low !== null && 2 * share(event) < this.low + this.threshold;
      line = nearLow ? "low" : "threshold";
      (nearLow ? low : node).focus({ preventScroll: true, focusVisible: false }); // a number still being typed is taken first, not last
      node.setPointerCapture(event.pointerId);
      drag(event);
    });
    on(node, "pointermove", (event) => node.hasPointerCapture(event.pointerId) && drag(event));
    on(node, "keydown", (event) => this.takeKey(event, "threshold"));
    on(low, "keydown", (event) => this.takeKey(event, "low"));
  }

  takeKey(event, line) {
    const steps = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -50, PageUp: 50 };
    if (!this.data || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key in steps) this.step(steps[event.key] * (event.shiftKey ? 10 : 1), line);
    else if (event.key === "Home" || event.key === "End") this.move(event.key === "Home" ? 0 : 1, line);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  listenToLarge(on) {
    const { node, wrong, back, on: next, close } = this.large;
    on(wrong, "click", () => this.mark(this.shown.large));
    const turn = (by) => {
      this.shown.large += by;
      this.drawLarge();
    };
    on(back, "click", () => turn(-1));
    on(next, "click", () => turn(1));
    on(close, "click", () => node.close());
    on(node, "close", () => (this.shown.large = null));
    on(node, "click", (event) => event.target === node && node.close());
    on(node, "keydown", (event) => {
      if (event.key === "ArrowLeft") turn(-1);
      if (event.key === "ArrowRight") turn(1);
      event.stopPropagation();
    });
  }

  takeTyped(input, line) {
    if (input.value === this.taken) return; // by Enter, before the change
    this.taken = input.value;
    const value = input.value === "" ? NaN : Number(input.value);
    if (value >= 0 && value <= 1) this.move(value, line);
    else input.value = inWords(this[line]);
  }

  takeCosts() {
    const values = {};
    this.wrongCost = undefined;
    for (const { name, label, fits, need } of COSTS) {
      const input = this.cost.inputs[name];
      values[name] = Number(input.value);
      const good = input.value !== "" && Number.isFinite(values[name]) && fits(values[name]);
      input.setAttribute("aria-invalid", String(!good));
      if (!good) this.wrongCost ??= `${label}: a number is needed, ${need}.`;
    }
    if (!this.wrongCost && !values.false_accept && !values.false_reject) this.wrongCost = "One of the two errors must cost more than 0.";
    if (!this.wrongCost) this.costs = values;
    this.drawStatic();
  }

  choose({ rule, fields, inputs }) {
    const parameters = rule === "cost" ? { ...this.costs } : rule === "band" ? { prevalence: this.costs.prevalence } : {};
    this.wrongRule = undefined;
    fields.forEach(({ name, label, scale, fits, need }, place) => {
      const value = inputs[place].value === "" ? NaN : Number(inputs[place].value);
      const good = Number.isFinite(value) && fits(value);
      inputs[place].setAttribute("aria-invalid", String(!good));
      if (!good) this.wrongRule ??= `${label}: a number is needed, ${need}.`;
      parameters[name] = value / scale;
    });
    this.edited = undefined;
    if (this.wrongRule) this.drawNote();
    else this.tell({ kind: "choose", rule, parameters });
  }

  save(event) {
    event.preventDefault();
    this.tell({ kind: "save", threshold: this.threshold, low: this.low, reason: this.saving.reason.value });
  }

  turn(node, part, event) {
    const { name } = event.target.closest("button")?.dataset ?? {};
    if (!name) return;
    this.shown[part] = name;
    for (const button of node.children) button.setAttribute("aria-pressed", String(button.dataset.name === name));
    if (part === "curve") this.drawStatic();
    else this.drawStrip();
  }
}

function render({ model, el }) {
  const view = new View(model, el);
  return () => view.stop();
}

export default { render };
