// What wrong decisions cost in use, at every threshold.

const COSTS = [
  { name: "false_accept", label: "False accept costs", value: 1, fits: (value) => value >= 0, need: "0 or more" },
  { name: "false_reject", label: "False reject costs", value: 1, fits: (value) => value >= 0, need: "0 or more" },
  { name: "prevalence", label: "Genuine share in use", value: 0.5, fits: (value) => value > 0 && value < 1, need: "between 0 and 1" },
];

class Costs {
  constructor(view) {
    this.view = view;
    this.values = Object.fromEntries(COSTS.map(({ name, value }) => [name, value]));
    this.inputs = COSTS.map(({ name, value }) => element("input", { type: "number", value, step: "any", min: 0, data: { name } }));
    const fields = COSTS.map(({ label }, place) => element("label", {}, element("span", { textContent: label }), this.inputs[place]));
    this.words = element("p", { className: "st-paid" });
    this.node = element("div", { className: "sc-row st-costs" }, element("div", { className: "sc-row st-fields" }, ...fields), this.words);
  }

  listen(on) {
    for (const input of this.inputs) on(input, "input", () => this.take());
  }

  take() {
    const read = COSTS.map((cost, place) => readNumber(this.inputs[place], cost));
    const values = Object.fromEntries(COSTS.map(({ name }, place) => [name, read[place].value]));
    this.wrong = read.find(({ message }) => message)?.message;
    if (!this.wrong && !values.false_accept && !values.false_reject) this.wrong = "One of the two errors must cost more than 0.";
    if (!this.wrong) this.values = values;
    this.view.drawStatic();
  }

  of({ far, recall }) {
    const { false_accept, false_reject, prevalence } = this.values;
    return false_accept * (1 - prevalence) * far + false_reject * prevalence * (1 - recall);
  }

  compute() {
    const { counted } = this.view;
    this.every = Float64Array.from({ length: counted.steps + 1 }, (_, step) => this.of(counted.rates(counted.accepted(0, step))));
    const least = this.every.reduce((best, value, step) => (value < this.every[best] ? step : best), 0);
    let last = least; // the middle of the best stretch
    while (last < counted.steps && this.every[last + 1] === this.every[least]) last += 1;
    this.least = Math.round((least + last) / 2);
    this.highest = Math.max(...this.every);
  }

  // At the genuine share in use: what is left to a person, and what of the rest is wrong.
  unsure(rates, kept) {
    if (!rates || !kept) return { unsure: NaN, wrong: NaN };
    const { prevalence } = this.values;
    const unsure = prevalence * (kept.recall - rates.recall) + (1 - prevalence) * (kept.far - rates.far);
    const wrong = prevalence * (1 - kept.recall) + (1 - prevalence) * rates.far;
    return { unsure, wrong: ratio(wrong, 1 - unsure) };
  }

  draw({ rates }, { rates: kept }) {
    if (rates && kept) put(this.words, this.wrong ?? (this.view.low === null ? this.ofOne(rates) : this.ofTwo(rates, kept)));
  }

  ofOne(rates) {
    const { prevalence } = this.values;
    const accepted = prevalence * rates.recall + (1 - prevalence) * rates.far;
    const genuine = accepted ? ` In use, ${percent((prevalence * rates.recall) / accepted)} of what is accepted is genuine.` : "";
    return `Costs ${figure(this.of(rates))} per comparison; ${this.compared(rates)}.${genuine}`;
  }

  // The line may lie between two steps of the scale, at a cost that none of these has.
  compared(rates) {
    const least = this.every[this.least];
    if (this.of(rates) <= least) return "no step of the scale costs less";
    return `the least is ${figure(least)}, near ${inWords(this.least / this.view.counted.steps)}`;
  }

  ofTwo(rates, kept) {
    const { unsure, wrong } = this.unsure(rates, kept);
    const cost = figure(this.of({ far: rates.far, recall: kept.recall }));
    return `In use, ${percent(unsure)} is left to a person; ${percent(wrong)} of the rest is decided wrongly, which costs ${cost} per comparison.`;
  }
}
