// The threshold tuner's view. All that moves is computed here, from counts that the kernel sends once; the kernel follows
// with what hangs on the pairs themselves: exact counts off the slider's grid, the strips, named choices, saving.

const PAUSE = 50; // milliseconds between two thresholds that the kernel is told of
const MODES = [
  { name: "one", label: "One threshold", title: "Every pair is accepted or rejected" },
  { name: "two", label: "Two thresholds", title: "Pairs between two thresholds are left to a person" },
];
const DRAWN = ["text", "soft", "line", "surface", "genuine", "impostor"]; // colours of the canvases

class View extends Shown {
  constructor(model, root) {
    super(model, () => this.drawNote());
    ({ threshold: this.threshold, low: this.low } = this.state);
    this.counted = null; // what the kernel sends once
    this.bands = new Map(); // of each model's curve, which the kernel sends later
    this.wished = null; // the mode that was chosen before there were counts
    this.moved = false; // since the kernel was told last
    this.told = 0;
    this.pictures = new Pictures(this.kernel);
    this.build(root);
    this.listen();
    this.drawState();
    this.kernel.send({ kind: "open" });
  }

  build(root) {
    this.scale = new Scale(this);
    this.typing = new Typing(this);
    this.rules = new Rules(this);
    this.costs = new Costs(this);
    this.decided = new Decided(this);
    this.curve = new Curve(this);
    this.models = new Models(this);
    this.pairs = new Pairs(this);
    this.groups = new Groups(this);
    this.saving = new Saving(this);
    this.parts = [this.scale, this.typing, this.rules, this.costs, this.curve, this.models, this.pairs, this.groups, this.saving];
    this.modes = buildSwitch("Thresholds", MODES);
    this.legend = { impostor: element("span"), genuine: element("span") };
    this.note = element("p", { className: "sc-notice", aria: { role: "status", live: "polite" } });
    const key = (name) => element("span", { data: { name } }, element("span", { className: "st-dot" }), this.legend[name]);
    this.card = element(
      "div",
      { className: "siamese siamese-card siamese-tuner", aria: { role: "group", label: "Choose a threshold" } },
      this.models.bar,
      element("div", { className: "sc-row st-top" }, ...Object.keys(this.legend).map(key), element("div", { className: "sc-row st-types" }, this.modes, ...this.typing.nodes)),
      this.scale.node,
      this.rules.node,
      this.note,
      this.costs.node,
      element("div", { className: "st-body" }, this.decided.node, this.curve.node),
      this.models.node,
      this.pairs.node,
      this.groups.node,
      this.saving.node,
      this.pairs.large.node,
    );
    root.append(this.card);
    this.drawMode();
  }

  stop() {
    super.stop();
    cancelAnimationFrame(this.frame);
    clearTimeout(this.later);
    clearTimeout(this.settling);
    for (const watcher of this.watchers) watcher.disconnect();
    this.pictures.stop();
  }

  // -- to and from the kernel

  // What is answered by a state; until then no other state moves the lines.
  tell(message) {
    clearTimeout(this.later);
    this.later = undefined;
    this.moved = false;
    this.told = performance.now();
    this.kernel.tell(message);
  }

  tellLines() {
    this.tell({ kind: "threshold", threshold: this.threshold, low: this.low });
  }

  // What is asked beside the lines, of which the kernel must know where they are; its answer moves none.
  ask(message) {
    if (this.moved) this.tellLines();
    this.kernel.send({ ...message, id: this.kernel.inFlight ?? this.state.id });
  }

  turnTo(name) {
    if (this.moved) this.tellLines();
    this.tell({ kind: "model", name });
  }

  follow() {
    if (this.kernel.inFlight || this.kernel.gone || this.later !== undefined) return;
    const wait = Math.max(0, this.told + PAUSE - performance.now());
    this.later = setTimeout(() => this.tellLines(), wait);
  }

  update() {
    this.kernel.hear(this.state.id);
    if (this.moved) this.follow();
    else if (!this.kernel.inFlight) ({ threshold: this.threshold, low: this.low } = this.state);
    this.drawState();
  }

  receive(message, buffers) {
    this.kernel.hear();
    if (message.kind === "counts") this.open(message, buffers);
    if (message.kind === "band") {
      this.bands.set(message.model, new Band(buffers[0]));
      this.drawStatic();
    }
    if (message.kind === "pictures") {
      this.pictures.keep(message, buffers);
      this.pairs.draw();
    }
    this.drawNote();
  }

  open(about, buffers) {
    this.counted = new Counts(about, buffers);
    for (const [kind, node] of Object.entries(this.legend)) put(node, `${whole(this.counted.totals[kind])} ${kind} pairs`);
    for (const part of [this.saving, this.models, this.groups]) part.open(this.counted);
    this.drawStatic();
    this.drawState();
    if (this.wished) this.setMode(this.wished);
    if (about.band && !this.band) this.kernel.send({ kind: "band" });
  }

  get band() {
    return this.bands.get(this.counted?.model);
  }

  // The band takes the kernel a while: no reason to speak of waiting as long as nothing else is asked.
  get computing() {
    return Boolean(this.counted?.band) && !this.band;
  }

  // -- counts

  countsAt(group, line = "threshold") {
    const { [line]: told, counts, low_counts: lowCounts } = this.state;
    return this.counted.at(group, this[line], told, line === "low" ? lowCounts : counts);
  }

  // What is not rejected: all that is accepted, and with two thresholds what lies between them.
  keptAt(group) {
    return this.countsAt(group, this.low === null ? "threshold" : "low");
  }

  withRates(counts) {
    const rates = counts && this.counted.rates(counts);
    return { counts, rates, bounds: rates && this.band?.at(rates) };
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
    const { steps } = this.counted;
    const place = this[line] * steps;
    const near = Math.round(place);
    const from = near / steps === this[line] ? near : by > 0 ? Math.floor(place) : Math.ceil(place);
    this.move((from + by) / steps, line);
  }

  setMode(mode) {
    this.wished = this.counted ? null : mode;
    if (!this.counted || (mode === "two") === (this.low !== null)) return;
    this.low = null;
    const { steps } = this.counted;
    if (mode === "two") this.move(Math.round(Math.max(0, this.threshold - 0.1) * steps) / steps, "low");
    else this.move(this.threshold);
  }

  // -- drawing

  schedule() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      this.drawMoving();
    });
  }

  // What stays while the line moves.
  drawStatic() {
    if (!this.counted || this.stopped) return;
    const style = getComputedStyle(this.card);
    this.font = `12px ${style.fontFamily}`;
    this.colours = Object.fromEntries(DRAWN.map((name) => [name, style.getPropertyValue(`--sc-${name}`)]));
    this.costs.compute();
    this.laid = this.scale.lay() && this.curve.lay();
    this.drawMoving();
  }

  drawMoving() {
    if (!this.laid || this.stopped) return;
    const at = this.withRates(this.countsAt(0));
    const kept = this.withRates(this.keptAt(0));
    this.drawMode();
    this.scale.draw(at.rates);
    for (const part of [this.curve, this.decided, this.costs, this.typing]) part.draw(at, kept);
    for (const part of [this.rules, this.groups, this.models, this.saving]) part.draw();
  }

  // All that two thresholds need and one does not, or the other way round.
  drawMode() {
    const mode = this.low === null ? "one" : "two";
    if (this.card.dataset.mode === mode) return;
    this.card.dataset.mode = mode;
    press(this.modes, mode);
    for (const part of [this.typing, this.rules, this.decided, this.pairs]) part.setMode(mode);
  }

  drawState() {
    this.drawMoving();
    this.pairs.draw();
    this.drawNote();
    this.saving.drawSaved();
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.counted && !this.moved && this.groups.rank(), 400);
  }

  drawNote() {
    const { gone, waiting, inFlight } = this.kernel;
    if (gone) this.pictures.lose();
    const message = gone
      ? "The kernel is gone: the line still moves, but run the cell again to see other pairs, choose by a rule or save."
      : waiting && (inFlight || !this.computing)
        ? WAITING
        : this.rules.wrong ?? this.state.message;
    putNotice(this.note, message, Boolean(message) && !waiting);
    this.curve.drawWords();
  }

  // -- listening

  listen() {
    const { on } = this;
    for (const part of this.parts) part.listen(on);
    on(this.modes, "click", (event) => this.setMode(event.target.closest("button")?.dataset.name ?? ""));
    this.watchers = [new ResizeObserver(() => this.drawStatic()), new MutationObserver(() => requestAnimationFrame(() => this.drawStatic()))];
    this.watchers[0].observe(this.card);
    // Lab names its theme on the body: what is drawn must be drawn anew in its colours.
    this.watchers[1].observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light", "data-jp-theme-name", "class"] });
    on(matchMedia("(prefers-color-scheme: dark)"), "change", () => this.drawStatic());
    this.kernel.listen({
      "change:state": () => this.update(),
      "msg:custom": (message, buffers) => this.receive(message, buffers),
      comm_live_update: () => this.kernel.send({ kind: "open" }),
    });
  }
}
