// The training panel's view. The kernel's `state` and `history` are the truth; which epoch is looked at is the view's own.

const DEAF = 5000; // milliseconds without an answer to "stop" until the kernel is interrupted instead
const ENDED = ["done", "stopped", "failed"];
const STAGES = { head: "Training the head; the leg is frozen", block: "Training the leg's last block", leg: "Training the leg" };
const PHASES = {
  preparing: "Preparing: pictures, split, network",
  measuring: "Choosing the threshold, measuring on test pairs",
  done: "Done",
  stopped: "Stopped",
  failed: "Ended without a result",
};

function duration(seconds) {
  if (seconds < 60) return `${Math.round(seconds)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
}

class View extends Shown {
  constructor(model, root) {
    super(model, () => this.draw());
    this.looked = null; // the epoch under the pointer
    this.asked = null; // the run that was asked to stop
    this.charts = [];
    this.build(root);
    this.listen();
    this.draw();
  }

  build(root) {
    this.title = element("strong", { className: "sp-title", aria: { role: "status", live: "polite" } });
    this.button = element("button", { type: "button", className: "sc-pill" });
    this.note = element("p", { className: "sp-note" });
    this.bar = element("div", { className: "sp-bar", aria: { role: "progressbar", label: "Epochs", valuemin: 0, valuemax: 100 } }, element("div"));
    this.facts = element("dl", { className: "sp-facts" });
    this.legend = element(
      "p",
      { className: "sp-legend" },
      ...Object.keys(KINDS).map((kind) => element("span", { textContent: kind, data: { kind } })),
      (this.best = element("span", { data: { kind: "best" } })),
      (this.which = element("span", { className: "sp-which" })),
    );
    this.grid = element("div", { className: "sp-grid", tabIndex: 0, aria: { role: "group", label: "Curves; left and right look at an epoch" } });
    this.card = element(
      "div",
      { className: "siamese siamese-card siamese-training", aria: { role: "group", label: "Training" } },
      element("div", { className: "sc-row sc-apart sp-top" }, this.title, this.button),
      this.bar,
      this.note,
      this.facts,
      this.legend,
      this.grid,
    );
    root.append(this.card);
  }

  listen() {
    const { on } = this;
    on(this.button, "click", () => (this.phase === "stopped" ? this.goOn() : this.askToStop()));
    on(this.grid, "pointermove", (event) => this.point(event));
    on(this.grid, "pointerleave", () => this.look(null));
    on(this.grid, "blur", () => this.look(null));
    on(this.grid, "keydown", (event) => this.key(event));
    this.kernel.listen({
      "change:state": () => this.update(),
      "change:history": () => this.update(),
      comm_live_update: () => this.knock(),
    });
  }

  stop() {
    super.stop();
    clearTimeout(this.timer);
  }

  get history() {
    return this.model.get("history");
  }

  get phase() {
    return this.state.phase ?? "preparing";
  }

  // A panel whose training has ended needs no kernel.
  get gone() {
    return this.kernel.gone && !ENDED.includes(this.phase);
  }

  get epochs() {
    return this.history.loss?.length ?? 0;
  }

  // -- to the kernel

  update() {
    this.kernel.hear();
    this.draw();
  }

  // A kernel that was started anew knows nothing of this panel: what is sent to it throws.
  knock() {
    this.kernel.send({ kind: "knock" });
    this.draw();
  }

  askToStop() {
    this.asked = this.state.run;
    this.kernel.send({ kind: "stop", run: this.asked });
    this.ring(this.asked).catch((error) => console.debug("training: no way beside the cell", error));
    this.timer = setTimeout(() => {
      this.late = true;
      this.draw();
    }, DEAF);
    this.draw();
  }

  // A message to the panel waits until the cell ends: ipykernel sends it to where the panel last spoke from. A connection
  // that the page opens by itself goes to a subshell, which answers while the cell runs.
  async ring(run) {
    const comm = this.model.widget_manager?.kernel?.createComm?.("siamese_nb.stop");
    await comm?.subshellStarted;
    comm?.open({ run });
  }

  // Where messages wait until the cell ends, an interrupt does the same; before the first epoch it would keep nothing.
  interrupt() {
    const kernel = this.model.widget_manager?.kernel;
    this.late = false;
    if (kernel?.interrupt) kernel.interrupt();
    else this.helpless = true;
  }

  // Run this very cell again: training goes on from its checkpoint.
  goOn() {
    const cell = this.card.closest(".jp-Cell");
    const run = cell?.closest(".jp-NotebookPanel")?.querySelector('[data-command="notebook:run-cell-and-select-next"]');
    if (!run) return put(this.note, "Run the cell again: training goes on where it stopped.");
    cell.dispatchEvent(new MouseEvent("mousedown", { bubbles: true, cancelable: true, button: 0 }));
    cell.dispatchEvent(new MouseEvent("mouseup", { bubbles: true, cancelable: true, button: 0 }));
    run.dispatchEvent(new MouseEvent("mousedown", { bubbles: true, cancelable: true, button: 0 }));
    return run;
  }

  // -- what is looked at

  point(event) {
    const plot = event.target.closest(".sp-chart")?.querySelector("svg");
    if (!plot || !this.epochs) return this.look(null);
    const { left, width } = plot.getBoundingClientRect();
    const share = Math.min(Math.max((event.clientX - left) / width, 0), 1);
    return this.look(Math.round(share * Math.max(1, this.epochs - 1)));
  }

  key(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step || !this.epochs) return;
    event.preventDefault();
    event.stopPropagation();
    this.look((this.looked ?? this.epochs - 1) + step);
  }

  look(epoch) {
    this.looked = epoch === null ? null : Math.min(Math.max(epoch, 0), Math.max(this.epochs - 1, 0));
    this.drawCharts();
  }

  // -- drawing

  draw() {
    const stopping = Boolean(this.state.stopping);
    const late = this.late && this.asked === this.state.run;
    if (late && !stopping && this.phase === "training" && this.epochs) this.interrupt();
    this.card.dataset.phase = this.gone ? "failed" : this.phase;
    put(this.title, this.gone ? "The kernel is gone" : (PHASES[this.phase] ?? STAGES[this.state.stage] ?? "Training"));
    put(this.note, this.words(stopping));
    this.note.hidden = !this.note.textContent;
    this.drawButton(stopping);
    this.drawBar();
    this.drawFacts();
    this.drawCharts();
  }

  words(stopping) {
    const { saved, best, message } = this.state;
    if (this.gone) return "Run the cell again: training goes on after the last whole epoch.";
    if (this.phase === "failed") return message ?? "";
    if (saved && this.phase === "stopped") return `Epoch ${best + 1} was best and is saved in ${saved}. To go on where it stopped, continue, or run the cell again.`;
    if (saved) return `Epoch ${best + 1} was best and is saved in ${saved}.`;
    if (this.helpless && this.phase === "training") return "The kernel does not hear this button: interrupt it with the notebook's own stop button, which does the same.";
    if ((!stopping && this.asked !== this.state.run) || this.phase !== "training") return "";
    return this.epochs ? "Stopping: the best epoch so far is kept." : "Stopping after the first epoch: before it there is nothing to keep. To end at once, interrupt the kernel.";
  }

  drawButton(stopping) {
    const asked = stopping || this.asked === this.state.run;
    put(this.button, this.phase === "stopped" ? "Continue" : asked ? "Stopping…" : "Stop and save");
    this.button.title = this.phase === "stopped" ? "Run this cell again: training goes on where it stopped" : "End at the best epoch so far and save it";
    this.button.hidden = this.gone || ["done", "failed", "measuring"].includes(this.phase);
    this.button.disabled = this.phase === "preparing" || (asked && this.phase !== "stopped");
  }

  drawBar() {
    const { epoch = 0, epochs = 1, batch = 0, batches = 1 } = this.state;
    const share = this.phase === "done" ? 1 : Math.min(1, (epoch + batch / batches) / epochs);
    this.bar.firstChild.style.width = `${100 * share}%`;
    this.bar.setAttribute("aria-valuenow", String(Math.round(100 * share)));
  }

  drawFacts() {
    const { epoch, epochs, batch, batches, rate, seconds, seconds_left: left, memory, device, batch_loss: loss, resumed } = this.state;
    const running = this.phase === "training";
    const facts = {
      epoch: known(epoch) && `${Math.min(epoch + (running ? 1 : 0), epochs)} of ${epochs}${running ? "" : " at most"}`,
      batch: running && known(batch) && `${batch} of ${batches}`,
      "batch loss": running && known(loss) && figure(loss),
      speed: known(rate) && `${rate < 10 ? rate.toFixed(1) : Math.round(rate).toLocaleString("en")} images/s`,
      elapsed: known(seconds) && duration(seconds),
      "time left": running && (known(left) ? `${duration(left)} at most` : known(epoch) && "not known yet"),
      memory: known(memory) && `${memory.toFixed(1)} GiB`,
      device,
      resumed: resumed > 0 && `after ${resumed} ${resumed === 1 ? "epoch" : "epochs"}`,
    };
    const wanted = Object.entries(facts).filter(([, text]) => text);
    while (this.facts.children.length > wanted.length) this.facts.lastChild.remove();
    while (this.facts.children.length < wanted.length) this.facts.append(element("div", {}, element("dt"), element("dd")));
    wanted.forEach(([name, text], place) => {
      const [term, said] = this.facts.children[place].children;
      put(term, name);
      put(said, text);
    });
  }

  drawCharts() {
    const names = Object.keys(this.history).filter((name) => !name.startsWith("val_"));
    names.sort((one, two) => (two === "loss") - (one === "loss"));
    if (this.charts.map((chart) => chart.name).join() !== names.join()) {
      this.charts = names.map((name) => new Chart(name));
      this.grid.replaceChildren(...this.charts.map((chart) => chart.node));
    }
    const { best, stage_begins: stage } = this.state;
    const at = this.looked ?? this.epochs - 1;
    for (const chart of this.charts) chart.draw(this.history, { at, best, stage });
    this.legend.hidden = this.grid.hidden = !this.epochs;
    this.best.hidden = !known(best);
    put(this.best, known(best) ? `best: epoch ${best + 1}` : "");
    put(this.which, `figures of epoch ${at + 1}`);
  }
}
