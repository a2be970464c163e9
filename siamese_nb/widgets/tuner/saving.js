// The choice, its reason, and what was saved last.

class Saving {
  constructor(view) {
    this.view = view;
    this.reason = element("input", { type: "text", className: "st-reason", placeholder: "Why this threshold?", aria: { label: "Reason for this threshold" } });
    this.button = element("button", { type: "submit", className: "sc-pill st-save-button" });
    this.saved = element("p", { className: "st-saved" });
    this.node = element("form", { className: "sc-row st-save", noValidate: true }, this.reason, this.button, this.saved);
  }

  listen(on) {
    // Lab prevents what Enter does by default, which would be the submit.
    on(this.reason, "keydown", (event) => event.key === "Enter" && this.save(event));
    on(this.node, "submit", (event) => this.save(event));
  }

  open({ save }) {
    this.node.hidden = !save;
  }

  save(event) {
    event.preventDefault();
    const { threshold, low } = this.view;
    this.view.tell({ kind: "save", threshold, low, reason: this.reason.value });
  }

  words({ threshold, low }) {
    return low === null ? inWords(threshold) : `${inWords(low)} and ${inWords(threshold)}`;
  }

  draw() {
    put(this.button, `Save ${this.words(this.view)}`);
  }

  drawSaved() {
    const { saved } = this.view.state;
    put(this.saved, saved ? `Saved ${this.words(saved)}: ${saved.reason}` : "");
  }
}
