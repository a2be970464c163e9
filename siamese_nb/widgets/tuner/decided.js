// What the thresholds decide: the counts of both kinds with their rates and intervals, and the figures that follow.

const SIDES = [["accepted", ""], ["not sure", "unsure"], ["rejected", ""]];
const CELLS = {
  genuine: [
    ["ta", "true", "Recall: genuine pairs that are accepted"],
    ["gu", "unsure", "Genuine pairs that are left to a person"],
    ["fr", "false", "False reject rate (FRR): genuine pairs that are rejected"],
  ],
  impostor: [
    ["fa", "false", "False accept rate (FAR): impostor pairs that are accepted"],
    ["iu", "unsure", "Impostor pairs that are left to a person"],
    ["tr", "true", "Impostor pairs that are rejected"],
  ],
};
const FIGURES = [
  ["precision", "Precision", "Share of the accepted pairs that are genuine, at the mix of these pairs", "both"],
  ["f1", "F1", "Harmonic mean of precision and recall", "one"],
  ["accuracy", "Accuracy", "Share of pairs decided rightly, at the mix of these pairs", "one"],
  ["balanced", "Balanced accuracy", "Mean of recall and 1 - FAR, whatever the mix of pairs", "one"],
  ["unsure", "Left to a person", "Share of pairs between the two thresholds, at the genuine share in use", "two"],
  ["wrong", "Wrong of the others", "Share of the pairs decided unseen that are decided wrongly, at the genuine share in use", "two"],
];
const UNKNOWN = { genuine: NaN, impostor: NaN };

class Decided {
  constructor(view) {
    this.view = view;
    this.cells = {};
    this.values = {};
    this.table = this.buildTable();
    this.figures = element("dl", { className: "st-figures" }, ...FIGURES.map((given) => this.buildFigure(given)));
    this.node = element("div", { className: "st-decided" }, this.table, this.figures);
  }

  buildTable() {
    const head = SIDES.map(([textContent, name]) => element("th", { scope: "col", textContent, data: { name } }));
    const rows = Object.entries(CELLS).map(([kind, cells]) => {
      const title = kind[0].toUpperCase() + kind.slice(1);
      const side = element("th", { scope: "row", data: { name: kind } }, element("span", { className: "st-dot" }), title);
      return element("tr", {}, side, ...cells.map((given) => this.buildCell(given)));
    });
    return element(
      "table",
      { className: "st-matrix" },
      element("caption", { textContent: "What the threshold decides", className: "st-title" }),
      element("thead", {}, element("tr", {}, element("td"), ...head)),
      element("tbody", {}, ...rows),
    );
  }

  buildCell([name, right, title]) {
    const [count, rate, bounds] = ["count", "rate", "bounds"].map((part) => element("span", { className: `st-${part}` }));
    this.cells[name] = { count, rate, bounds };
    return element("td", { data: { name, right }, title }, count, rate, bounds);
  }

  buildFigure([name, label, title, mode]) {
    this.values[name] = element("dd");
    return element("div", { title, data: { mode } }, element("dt", { textContent: label }), this.values[name]);
  }

  setMode(mode) {
    for (const node of this.table.querySelectorAll("[data-name=unsure], [data-name=gu], [data-name=iu]")) node.hidden = mode !== "two";
    for (const node of this.figures.children) node.hidden = !["both", mode].includes(node.dataset.mode);
  }

  draw(at, kept) {
    this.drawTable(at, kept);
    this.drawFigures(at, kept);
  }

  drawTable(at, kept) {
    const { genuine, impostor } = this.view.counted.totals;
    const [accepted, rest] = [at.counts ?? UNKNOWN, kept.counts ?? UNKNOWN];
    const rejected = (range) => range && [1 - range[1], 1 - range[0]];
    this.fill("ta", accepted.genuine, genuine, at.bounds?.recall);
    this.fill("fr", genuine - rest.genuine, genuine, rejected(kept.bounds?.recall));
    this.fill("fa", accepted.impostor, impostor, at.bounds?.far);
    this.fill("tr", impostor - rest.impostor, impostor, rejected(kept.bounds?.far));
    if (this.view.low === null) return;
    this.fill("gu", rest.genuine - accepted.genuine, genuine);
    this.fill("iu", rest.impostor - accepted.impostor, impostor);
  }

  fill(name, number, total, range) {
    const { count, rate, bounds } = this.cells[name];
    const known = !Number.isNaN(number);
    put(count, known ? whole(number) : "…");
    put(rate, known ? percent(ratio(number, total)) : "");
    put(bounds, known && range && total ? range.map(percent).join(" to ") : "");
  }

  drawFigures({ counts, rates }, kept) {
    const { totals } = this.view.counted;
    const right = counts ? counts.genuine + totals.impostor - counts.impostor : NaN;
    const { unsure, wrong } = this.view.costs.unsure(rates, kept.rates);
    const found = {
      precision: rates ? rates.precision : NaN,
      f1: counts ? (2 * counts.genuine) / (counts.genuine + counts.impostor + totals.genuine) : NaN,
      accuracy: right / (totals.genuine + totals.impostor),
      balanced: rates ? (rates.recall + 1 - rates.far) / 2 : NaN,
      unsure,
      wrong,
    };
    for (const [name, value] of Object.entries(found)) put(this.values[name], percent(value));
  }
}
