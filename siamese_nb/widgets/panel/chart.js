// One chart of the training panel: a figure after each epoch, of training and of validation.

const WIDTH = 240; // of a chart's own units, which are stretched to its place
const HEIGHT = 100;
const KINDS = { training: "", validation: "val_" };

const known = (value) => value !== null && value !== undefined;
const figure = (value) => (known(value) ? value.toFixed(3) : "–");

class Chart {
  constructor(name) {
    this.name = name;
    this.values = Object.fromEntries(Object.keys(KINDS).map((kind) => [kind, element("span", { data: { kind } })]));
    this.most = element("span", { className: "sp-most" });
    this.least = element("span", { className: "sp-least" });
    this.svg = shape("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" });
    this.node = element(
      "figure",
      { className: "sp-chart", data: { name } },
      element("figcaption", {}, element("span", { textContent: name.replaceAll("_", " ") }), ...Object.values(this.values)),
      element("div", { className: "sp-plot" }, this.svg, this.most, this.least),
    );
  }

  draw(history, { at, best, stage }) {
    const series = Object.entries(KINDS).map(([kind, prefix]) => [kind, history[prefix + this.name] ?? []]);
    for (const [kind, values] of series) put(this.values[kind], figure(values[at]));
    const found = series.flatMap(([, values]) => values).filter(known);
    const [least, most] = found.length ? [Math.min(...found), Math.max(...found)] : [0, 1];
    put(this.most, figure(most));
    put(this.least, most > least ? figure(least) : "");
    const span = most - least || 1;
    const last = Math.max(1, ...series.map(([, values]) => values.length - 1));
    const x = (epoch) => (epoch / last) * (WIDTH - 8) + 4;
    const y = (value) => (most > least ? HEIGHT - 8 - ((value - least) / span) * (HEIGHT - 16) : 8);
    const rule = (epoch, role) => shape("path", { d: `M${x(epoch)} 0V${HEIGHT}`, class: `sp-rule sp-${role}` });
    const lines = series.flatMap(([kind, values]) => {
      let pen = "M";
      const d = values.map((value, epoch) => {
        const step = known(value) ? `${pen}${x(epoch).toFixed(1)} ${y(value).toFixed(1)}` : "";
        pen = known(value) ? "L" : "M";
        return step;
      });
      // A line of one point has no length: a round cap makes a dot of it.
      return [shape("path", { d: d.join("") + (values.length === 1 ? "h0.01" : ""), class: "sp-line", "data-kind": kind })];
    });
    const rules = [];
    if (stage > 0 && stage <= last) rules.push(rule(stage, "stage"));
    if (known(best)) rules.push(rule(best, "best"));
    if (known(at) && at !== best) rules.push(rule(at, "at"));
    this.svg.replaceChildren(...rules, ...lines);
  }
}
