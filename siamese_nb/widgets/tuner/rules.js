// Named thresholds: the kernel chooses by a rule of `siamese_nb.thresholds`.

const SHARE = { value: 1, unit: "%", scale: 100, fits: (value) => value >= 0 && value <= 100, need: "from 0 to 100" };
const BETA = { value: 1, unit: "", scale: 1, fits: (value) => value > 0, need: "above 0" };
const RULES = [
  { rule: "balanced_accuracy", label: "Balanced accuracy", title: "The highest mean of recall and 1 - FAR, whatever the mix of pairs" },
  { rule: "accuracy", label: "Accuracy", title: "The most pairs decided rightly, at the mix of these pairs" },
  { rule: "eer", label: "Equal errors", title: "Both error rates as nearly equal as the pairs allow" },
  { rule: "cost", label: "Least cost", title: "The least cost per comparison, at the costs below" },
  { rule: "f_beta", label: "F-beta, β", fields: [{ ...BETA, name: "beta", label: "Beta" }], title: "The highest mean of precision and recall (F-beta); a beta above 1 leans to recall" },
  { rule: "far", label: "FAR ≤", fields: [{ ...SHARE, name: "at_most", label: "FAR at most" }], title: "The most genuine pairs accepted with at most this share of the impostor pairs" },
  { rule: "precision", label: "Precision ≥", fields: [{ ...SHARE, name: "at_least", label: "Precision at least", value: 95 }], title: "The most genuine pairs found with at least this share of the accepted pairs genuine" },
  { rule: "recall", label: "Recall ≥", fields: [{ ...SHARE, name: "at_least", label: "Recall at least", value: 95 }], title: "The fewest impostor pairs accepted with at least this share of the genuine pairs" },
  {
    rule: "band",
    label: "Band: FAR ≤",
    fields: [
      { ...SHARE, name: "far_at_most", label: "FAR at most" },
      { ...SHARE, name: "frr_at_most", label: "FRR at most", before: "\u2002FRR ≤" },
    ],
    title: "The fewest pairs left to a person with both errors of the others within these bounds",
  },
];

function buildRule({ rule, label, title, fields = [] }) {
  const button = element("button", { type: "button", textContent: label, title, data: { rule }, aria: { pressed: "false" } });
  const inputs = fields.map(({ label: name, value }) => element("input", { type: "number", value, step: "any", min: 0, aria: { label: name } }));
  const parts = fields.flatMap(({ before = "", unit }, place) => [element("span", { textContent: before }), inputs[place], element("span", { textContent: unit })]);
  return { rule, fields, button, inputs, node: element("span", { className: "st-rule", title }, button, ...parts) };
}

class Rules {
  constructor(view) {
    this.view = view;
    this.rules = RULES.map(buildRule);
    this.node = element("div", { className: "sc-row st-rules", aria: { role: "group", label: "Named thresholds" } }, ...this.rules.map(({ node }) => node));
  }

  listen(on) {
    for (const rule of this.rules) {
      on(rule.button, "click", () => this.choose(rule));
      for (const input of rule.inputs) {
        on(input, "keydown", (event) => event.key === "Enter" && this.choose(rule));
        on(input, "input", () => {
          this.edited = rule.rule;
          this.view.schedule();
        });
      }
    }
  }

  setMode(mode) {
    for (const { rule, node } of this.rules) node.hidden = (rule === "band") !== (mode === "two");
  }

  choose({ rule, fields, inputs }) {
    const { values } = this.view.costs;
    const parameters = rule === "cost" ? { ...values } : rule === "band" ? { prevalence: values.prevalence } : {};
    const read = fields.map((field, place) => readNumber(inputs[place], field));
    fields.forEach(({ name, scale }, place) => (parameters[name] = read[place].value / scale));
    this.wrong = read.find(({ message }) => message)?.message;
    this.edited = undefined;
    if (this.wrong) this.view.drawNote();
    else this.view.tell({ kind: "choose", rule, parameters });
  }

  draw() {
    const { state, threshold, low } = this.view;
    const still = state.threshold === threshold && state.low === low;
    for (const { rule, button } of this.rules) {
      button.setAttribute("aria-pressed", String(still && state.rule === rule && this.edited !== rule));
    }
  }
}
