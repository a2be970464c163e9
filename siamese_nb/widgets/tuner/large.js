// One pair of a strip, large, over the page.

class Large {
  constructor(view, strip) {
    Object.assign(this, { view, strip });
    this.place = null; // in the strip, while it is open
    this.images = buildPictures();
    this.words = element("p", { className: "st-words" });
    this.back = iconButton("back", "Previous pair", "sc-tool");
    this.on = iconButton("on", "Next pair", "sc-tool");
    this.closer = iconButton("clear", "Close", "sc-tool");
    this.wrong = element("button", { type: "button", className: "st-wrong", title: WRONG, aria: { pressed: "false" } }, icon("flag"), "Label is wrong");
    this.node = element(
      "dialog",
      { className: "st-large", tabIndex: -1, aria: { label: "A pair of pictures" } },
      element("div", { className: "sc-two" }, ...this.images),
      element("div", { className: "st-bar-of-tools" }, this.back, this.words, this.wrong, this.on, this.closer),
    );
  }

  listen(on) {
    on(this.wrong, "click", () => this.strip.mark(this.place));
    on(this.back, "click", () => this.turn(-1));
    on(this.on, "click", () => this.turn(1));
    on(this.closer, "click", () => this.node.close());
    on(this.node, "close", () => (this.place = null));
    on(this.node, "click", (event) => event.target === this.node && this.node.close());
    on(this.node, "keydown", (event) => {
      if (event.key === "ArrowLeft") this.turn(-1);
      if (event.key === "ArrowRight") this.turn(1);
      event.stopPropagation();
    });
  }

  open(place) {
    this.place = place;
    this.node.showModal();
    this.turn(0);
  }

  turn(by) {
    this.place += by;
    this.draw();
    this.view.pictures.ask();
  }

  draw() {
    if (this.place === null) return;
    const { pairs } = this.strip;
    if (!pairs.length) {
      this.node.close();
      return;
    }
    this.place = (this.place + pairs.length) % pairs.length;
    const pair = pairs[this.place];
    const { right, words } = this.strip.verdict(pair);
    const { groupings, review } = this.view.counted;
    const more = groupings.filter(({ title }) => title !== "kind" || !pair.genuine).map(({ title }) => pair[title]);
    put(this.words, [`Pair ${pair.index}`, `score ${pair.score.toFixed(4)}`, `${words}${right ? "" : " (wrong)"}`, ...more].join(" · "));
    this.node.dataset.right = String(right);
    this.wrong.hidden = !review;
    this.wrong.setAttribute("aria-pressed", String(pair.marked));
    this.strip.show(this.images, pair.index, "large");
  }
}
