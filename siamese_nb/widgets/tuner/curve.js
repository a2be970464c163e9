// The curve of every threshold, of each model: ROC, PR or DET, with its band and the thresholds' points.

const CURVES = [
  { name: "roc", label: "ROC", title: "Recall against false accept rate" },
  { name: "pr", label: "PR", title: "Precision against recall" },
  { name: "det", label: "DET", title: "Both error rates, on normal-deviate axes" },
];
const DASHES = [[7, 4], [2, 3], [9, 3, 2, 3]]; // of the models that are not looked at
const FRAME = { left: 60, right: 18, top: 10, bottom: 42 };
const PLAIN = { low: 0, high: 1, ticks: [0, 0.2, 0.4, 0.6, 0.8, 1], at: (value) => value };
const BENT = { low: deviate(0.0005), high: deviate(0.995), ticks: [0.001, 0.01, 0.05, 0.2, 0.5, 0.8, 0.95], at: deviate };
const AXES = {
  roc: { ...PLAIN, x: "FAR", y: "Recall", point: ({ far, recall }) => [far, recall], bounds: (b) => [b.far, b.recall], better: [0, 1] },
  pr: { ...PLAIN, x: "Recall", y: "Precision", point: ({ recall, precision }) => [recall, precision], bounds: (b) => [b.recall, b.precision], better: [1, 1] },
  det: { ...BENT, x: "FAR", y: "FRR", point: ({ far, recall }) => [far, 1 - recall], bounds: (b) => [b.far, [1 - b.recall[1], 1 - b.recall[0]]], better: [0, 0] },
};

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

class Curve {
  constructor(view) {
    this.view = view;
    this.shown = "roc";
    this.choice = buildSwitch("Curve", CURVES);
    this.canvas = element("canvas", { className: "st-curve", aria: { role: "img" } });
    this.words = element("p", { className: "st-hint" });
    const head = element("div", { className: "sc-row sc-apart st-head" }, element("span", { className: "st-title", textContent: "Every threshold" }), this.choice);
    this.node = element("div", { className: "st-curves" }, head, this.canvas, this.words);
    this.turn(this.shown);
  }

  listen(on) {
    on(this.choice, "click", (event) => {
      const { name } = event.target.closest("button")?.dataset ?? {};
      if (!name) return;
      this.turn(name);
      this.view.drawStatic();
    });
  }

  turn(name) {
    this.shown = name;
    this.axes = AXES[name];
    press(this.choice, name);
    this.canvas.setAttribute("aria-label", `${CURVES.find((curve) => curve.name === name).title}, the threshold's point marked`);
  }

  // -- what stays while the line moves

  // False without a place to draw in.
  lay() {
    this.width = this.node.clientWidth;
    if (!this.width) return false;
    this.height = Math.min(this.width, 330);
    fit(this.canvas, this.width, this.height);
    this.layer = layer(this.width, this.height, this.view.font, (pen) => this.drawCurves(pen));
    return true;
  }

  place([x, y]) {
    const { low, high, at } = this.axes;
    const share = (value) => Math.min(1, Math.max(0, (at(value) - low) / (high - low)));
    return [FRAME.left + share(x) * (this.width - FRAME.left - FRAME.right), this.height - FRAME.bottom - share(y) * (this.height - FRAME.bottom - FRAME.top)];
  }

  // The model that is looked at is drawn last, over the others.
  drawCurves(pen) {
    const { band, colours, counted } = this.view;
    this.drawFrame(pen);
    if (band) this.drawBand(pen, band.corners().map(this.axes.bounds));
    const now = counted.models.indexOf(counted.model);
    pen.lineJoin = "round";
    counted.curves.forEach((curve, place) => {
      if (place === now) return;
      Object.assign(pen, { strokeStyle: colours.impostor, lineWidth: 1.75 });
      pen.setLineDash(DASHES[place % DASHES.length]);
      this.trace(pen, curve);
    });
    pen.setLineDash([]);
    Object.assign(pen, { strokeStyle: colours.genuine, lineWidth: 2 });
    this.trace(pen, counted.curves[now]);
  }

  trace(pen, { far, recall, precision }) {
    let last;
    pen.beginPath();
    for (let k = 0; k < far.length; k += 1) {
      const [x, y] = this.place(this.axes.point({ far: far[k], recall: recall[k], precision: precision[k] }));
      // Precision is not a straight line between two thresholds.
      if (this.shown === "pr" && k) pen.lineTo(x, last);
      pen.lineTo(x, y);
      last = y;
    }
    pen.stroke();
  }

  drawFrame(pen) {
    const { line: grid, soft } = this.view.colours;
    const [left, floor] = [FRAME.left, this.height - FRAME.bottom];
    Object.assign(pen, { fillStyle: soft, strokeStyle: grid, lineWidth: 1 });
    let [lastX, lastY] = [-Infinity, Infinity];
    for (const tick of this.axes.ticks) {
      const [x, y] = this.place([tick, tick]);
      pen.globalAlpha = 0.5;
      line(pen, [x, floor], [x, FRAME.top]);
      line(pen, [left, y], [this.width - FRAME.right, y]);
      pen.globalAlpha = 1;
      const text = `${Number((100 * tick).toPrecision(3))}%`;
      Object.assign(pen, { textAlign: "center", textBaseline: "top" });
      if (x - lastX > 38) pen.fillText(text, (lastX = x), floor + 6);
      Object.assign(pen, { textAlign: "right", textBaseline: "middle" });
      if (lastY - y > 15) pen.fillText(text, left - 6, (lastY = y));
    }
    pen.textBaseline = "bottom";
    pen.fillText(this.axes.x, this.width - FRAME.right, this.height - 2);
    pen.save();
    pen.translate(14, FRAME.top);
    pen.rotate(-Math.PI / 2);
    pen.fillText(this.axes.y, 0, 0);
    pen.restore();
  }

  drawBand(pen, corners) {
    const [x, y] = this.axes.better;
    pen.beginPath();
    for (const [across, up] of corners) pen.lineTo(...this.place([across[x], up[y]]));
    for (const [across, up] of corners.toReversed()) pen.lineTo(...this.place([across[1 - x], up[1 - y]]));
    pen.fillStyle = this.view.colours.genuine;
    pen.globalAlpha = 0.16;
    pen.fill();
    pen.globalAlpha = 1;
  }

  // -- what moves

  draw(at, kept) {
    const { counted, low, state } = this.view;
    const pen = penOf(this.canvas, this.view.font);
    pen.clearRect(0, 0, this.width, this.height);
    pen.drawImage(this.layer, 0, 0, this.width, this.height);
    for (const other of state.models) {
      if (other.name !== counted.model) this.drawPoint(pen, { rates: counted.rates(other) }, 4);
    }
    if (low !== null) this.drawPoint(pen, kept);
    this.drawPoint(pen, at);
  }

  drawPoint(pen, { rates, bounds }, radius = 6) {
    const [across, up] = rates ? this.axes.point(rates) : [NaN, NaN];
    if (Number.isNaN(across) || Number.isNaN(up)) return;
    const [x, y] = this.place([across, up]);
    Object.assign(pen, { strokeStyle: this.view.colours.text, fillStyle: this.view.colours.surface, lineWidth: 1.5 });
    if (bounds) {
      const [[left, right], [low, high]] = this.axes.bounds(bounds);
      line(pen, this.place([left, up]), this.place([right, up]));
      line(pen, this.place([across, low]), this.place([across, high]));
    }
    disc(pen, x, y, radius);
    pen.lineWidth = radius / 2.4;
    pen.stroke();
  }

  drawWords() {
    const words = this.view.band ? "Band and cross: 95% intervals, with shared identities taken into account." : "";
    put(this.words, this.view.computing ? "The intervals are being computed." : words);
  }
}
