// Several models on the same pairs: which one is looked at, and which is better at the thresholds they stand at.

const HEADS = ["Model", "AUC", "Error at its threshold", "AUC gain", "Error gain"];
const HINT = "Error: the mean of FAR and FRR. Gains on the first model, in points. Brackets: 95% intervals, from the same draws for both models.";

class Models {
  constructor(view) {
    this.view = view;
    this.choice = buildSwitch("Model", []);
    this.bar = element("div", { className: "sc-row st-models", hidden: true }, element("span", { textContent: "Model" }), this.choice);
    this.table = element("table", {}, element("thead", {}, element("tr", {}, ...HEADS.map((textContent) => element("th", { scope: "col", textContent })))), element("tbody"));
    this.button = element("button", { type: "button", className: "sc-pill", textContent: "Compare at these thresholds" });
    this.words = element("p", { className: "st-verdict", aria: { role: "status", live: "polite" } });
    const head = element("div", { className: "sc-row sc-apart st-head" }, element("span", { className: "st-title", textContent: "Which model is better" }), this.button);
    const hint = element("p", { className: "st-hint", textContent: HINT });
    this.node = element("div", { className: "st-compared", hidden: true }, head, element("div", { className: "st-wide" }, this.table), this.words, hint);
  }

  listen(on) {
    on(this.choice, "click", (event) => {
      const { name } = event.target.closest("button")?.dataset ?? {};
      if (name && name !== this.view.counted.model) this.view.turnTo(name);
    });
    on(this.button, "click", () => this.view.ask({ kind: "compare" }));
  }

  open({ models, model }) {
    this.bar.hidden = this.node.hidden = models.length < 2;
    const buttons = models.map((name, place) => {
      const dash = element("span", { className: "st-dash", data: { place: name === model ? "now" : String(place % DASHES.length) } });
      return element("button", { type: "button", data: { name } }, dash, name);
    });
    this.choice.replaceChildren(...buttons);
    press(this.choice, model);
  }

  // Where the models' thresholds stand now; what was compared at others is shown as such.
  get standing() {
    const { state, counted, threshold: moved } = this.view;
    return state.models.map(({ name, threshold }) => (name === counted.model ? moved : threshold));
  }

  draw() {
    if (this.node.hidden) return;
    const { compared } = this.view.state;
    const fits = Boolean(compared) && this.standing.every((threshold, place) => threshold === compared[place].threshold);
    if (this.fits === fits && this.compared === compared) return;
    Object.assign(this, { fits, compared });
    this.node.dataset.fits = String(fits);
    this.button.hidden = fits;
    this.table.hidden = !compared;
    const sentences = () => `${compared.slice(1).map(({ verdict }) => verdict).join("; ")}.`;
    put(this.words, !compared ? "" : fits ? sentences() : "Compared at other thresholds: compare again.");
    if (compared) this.table.tBodies[0].replaceChildren(...compared.map((row, place) => this.buildRow(row, place)));
  }

  buildRow({ name, auc, error, auc_gain: aucGain, error_gain: errorGain }, place) {
    const estimate = ([value, low, high], write) => (value === null ? "–" : `${write(value)}${low === null ? "" : ` [${write(low)}, ${write(high)}]`}`);
    const points = (value) => `${value > 0 ? "+" : ""}${(100 * value).toFixed(1)}`;
    const gains = [aucGain, errorGain].map((gain) => (place ? estimate(gain, points) : ""));
    const cells = [estimate(auc, (value) => value.toFixed(3)), estimate(error, percent), ...gains];
    return element("tr", {}, element("th", { scope: "row", textContent: name }), ...cells.map((textContent) => element("td", { textContent })));
  }
}
