// What a person says of the chosen pair, and takes back.

const VERDICTS = {
  "same thing": { label: "Same thing", key: "s", title: "Both pictures show the same thing" },
  "not the same thing": { label: "Not the same thing", key: "n", title: "They do not: of a couple neither is used, a pair stays an impostor" },
  exclude: { label: "Exclude", key: "x", title: "Use neither picture" },
};

class Judging {
  constructor(view) {
    this.view = view;
    this.about = element("p", { className: "sb-about" });
    this.buttons = Object.entries(VERDICTS).map(([verdict, { label, key, title }]) =>
      element("button", { type: "button", className: "sc-pill", textContent: label, title: `${title} (${key.toUpperCase()})`, data: { verdict } }),
    );
    this.undo = element("button", { type: "button", className: "sc-pill sb-undo" }, icon("undo"), element("span"));
    this.node = element("div", { className: "sc-row sb-say" }, ...this.buttons, this.undo);
  }

  listen(on) {
    for (const button of this.buttons) on(button, "click", () => this.say(button.dataset.verdict));
    on(this.undo, "click", () => this.view.tell({ kind: "undo" }));
  }

  say(verdict) {
    const { pair } = this.view;
    if (pair) this.view.tell({ kind: "verdict", index: pair.index, verdict });
  }

  // Whether the key is one of a verdict's, or of taking back.
  take(key) {
    const verdict = Object.keys(VERDICTS).find((name) => VERDICTS[name].key === key);
    if (verdict) this.say(verdict);
    else if (key === "u" && this.view.state.last) this.view.tell({ kind: "undo" });
    else return false;
    return true;
  }

  draw() {
    const { pair } = this.view;
    const { last } = this.view.state;
    put(this.about, pair ? [pair.words, pair.note].filter(Boolean).join(": ") : "");
    for (const button of this.buttons) {
      button.disabled = !pair;
      button.setAttribute("aria-pressed", String(pair?.verdict === button.dataset.verdict));
    }
    this.undo.hidden = !last;
    if (!last) return;
    put(this.undo.lastChild, `Undo “${last.verdict}”`);
    this.undo.title = `${last.pictures.filter(Boolean).join(", ")} (U)`;
  }
}
