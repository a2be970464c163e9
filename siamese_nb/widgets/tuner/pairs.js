// The very pairs to look at: those at the threshold, and the worst mistakes.

const STRIPS = [
  { name: "nearest", label: "Nearest pairs", none: "No pair is left to a person here." },
  { name: "accepts", label: "Worst false accepts", none: "No impostor pair is accepted here." },
  { name: "rejects", label: "Worst false rejects", none: "No genuine pair is rejected here." },
];
const WRONG = "Label is wrong: goes into the review; press again to take it back";

function buildTile({ pictures, review }) {
  const images = buildPictures();
  const score = element("span", { className: "st-score" });
  const words = element("span", { className: "st-words" });
  const trouble = element("span", { className: "st-trouble" });
  const open = element(
    "button",
    { type: "button", className: "st-open", disabled: !pictures },
    element("span", { className: "sc-two", hidden: !pictures }, ...images, trouble),
    element("span", { className: "st-caption" }, score, words),
  );
  const wrong = element("button", { type: "button", className: "st-wrong", hidden: !review, title: WRONG, aria: { pressed: "false", label: "Label is wrong" } }, icon("flag"));
  return { node: element("div", { className: "sc-choice st-tile" }, open, wrong), open, wrong, images, score, words, trouble };
}

class Pairs {
  constructor(view) {
    this.view = view;
    this.shown = "nearest";
    this.tiles = [];
    this.choice = buildSwitch("Pairs to look at", STRIPS);
    press(this.choice, this.shown);
    this.empty = element("p", { className: "st-hint" });
    this.strip = element("div", { className: "st-strip" }, this.empty);
    this.marked = element("p", { className: "st-hint", aria: { live: "polite" } });
    this.large = new Large(view, this);
    this.node = element("div", { className: "st-pairs" }, this.choice, this.strip, this.marked);
  }

  listen(on) {
    on(this.choice, "click", (event) => {
      const { name } = event.target.closest("button")?.dataset ?? {};
      if (!name) return;
      this.shown = name;
      press(this.choice, name);
      this.draw();
    });
    on(this.strip, "click", (event) => {
      const place = this.tiles.findIndex(({ node }) => node.contains(event.target));
      if (place < 0) return;
      if (this.tiles[place].wrong.contains(event.target)) this.mark(place);
      else if (this.view.counted.pictures) this.large.open(place);
    });
    this.large.listen(on);
  }

  setMode(mode) {
    put(this.choice.firstChild, mode === "two" ? "Not sure" : STRIPS[0].label);
  }

  get pairs() {
    return this.view.state.strips[this.shown];
  }

  mark(place) {
    const { index, marked } = this.pairs[place];
    this.view.ask({ kind: "review", index, wrong: !marked });
  }

  verdict({ score, genuine }) {
    const { threshold, low } = this.view.state;
    const kind = genuine ? "genuine" : "impostor";
    const accepted = score >= threshold;
    if (!accepted && low !== null && score >= low) return { right: true, words: `${kind}, not sure` };
    return { right: accepted === genuine, words: `${kind}, ${accepted ? "accepted" : "rejected"}` };
  }

  // Gives the message why there are no pictures, or "".
  show(images, index, size) {
    return this.view.counted.pictures ? this.view.pictures.show(images, index, size, [`Picture one of pair ${index}`, `Picture two of pair ${index}`]) : "";
  }

  draw() {
    if (!this.view.counted) return;
    const { pairs } = this;
    while (this.tiles.length < pairs.length) {
      const tile = buildTile(this.view.counted);
      this.tiles.push(tile);
      this.strip.insertBefore(tile.node, this.empty);
    }
    this.tiles.forEach((tile, place) => {
      tile.node.hidden = place >= pairs.length;
      if (pairs[place]) this.drawTile(tile, pairs[place]);
    });
    put(this.empty, pairs.length ? "" : STRIPS.find(({ name }) => name === this.shown).none);
    const { marked } = this.view.state;
    put(this.marked, marked ? `${whole(marked)} ${marked === 1 ? "label is" : "labels are"} marked as wrong. They count as they are until the pairs are drawn anew.` : "");
    this.large.draw();
    this.view.pictures.ask();
  }

  drawTile(tile, pair) {
    const { right, words } = this.verdict(pair);
    tile.node.dataset.right = String(right);
    tile.node.dataset.marked = String(pair.marked);
    put(tile.score, pair.score.toFixed(3));
    put(tile.words, words);
    tile.wrong.setAttribute("aria-pressed", String(pair.marked));
    tile.open.title = `Pair ${pair.index}, score ${pair.score}`;
    tile.open.setAttribute("aria-label", `Pair ${pair.index}, score ${pair.score.toFixed(3)}, ${words}${right ? "" : ": wrong"}`);
    put(tile.trouble, this.show(tile.images, pair.index, "small"));
  }
}
