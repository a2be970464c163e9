// The thresholds as numbers, to be read and typed.

function buildField(name) {
  const input = element("input", { type: "number", className: "st-typed", min: 0, max: 1, step: "any", aria: { label: name } });
  return { input, node: element("label", { className: "st-type" }, element("span", { textContent: name }), input) };
}

class Typing {
  constructor(view) {
    this.view = view;
    this.fields = { low: buildField("Reject below"), threshold: buildField("Threshold") };
    this.nodes = Object.values(this.fields).map(({ node }) => node);
  }

  listen(on) {
    // Lab prevents what Enter does by default, which would be the change.
    for (const [line, { input }] of Object.entries(this.fields)) {
      on(input, "change", () => this.take(input, line));
      on(input, "keydown", (event) => event.key === "Enter" && this.take(input, line));
      on(input, "blur", () => this.view.schedule());
      on(input, "input", () => (this.taken = undefined));
    }
  }

  take(input, line) {
    if (input.value === this.taken) return; // by Enter, before the change
    this.taken = input.value;
    const value = input.value === "" ? NaN : Number(input.value);
    if (value >= 0 && value <= 1) this.view.move(value, line);
    else input.value = inWords(this.view[line]);
  }

  setMode(mode) {
    const { scale } = this.view;
    const name = mode === "two" ? "Accept from" : "Threshold";
    this.fields.low.node.hidden = scale.low.hidden = mode !== "two";
    put(this.fields.threshold.node.firstChild, name);
    for (const node of [this.fields.threshold.input, scale.slider]) node.setAttribute("aria-label", name);
  }

  draw({ rates }, { rates: kept }) {
    const { scale, threshold, low } = this.view;
    const accepted = rates ? `${percent(rates.far)} of impostor pairs accepted` : "";
    const rejected = kept ? `${percent(1 - kept.recall)} of genuine pairs rejected` : "";
    this.say("threshold", scale.slider, threshold, low === null ? [accepted, rejected] : [accepted]);
    if (low !== null) this.say("low", scale.low, low, [rejected]);
  }

  say(line, slider, value, words) {
    const text = inWords(value);
    const { input } = this.fields[line];
    if (document.activeElement !== input) input.value = text;
    slider.setAttribute("aria-valuenow", value);
    slider.setAttribute("aria-valuetext", [text, words.filter(Boolean).join(", ")].filter(Boolean).join(": "));
  }
}
