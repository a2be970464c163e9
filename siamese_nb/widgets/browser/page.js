// The page of pairs to choose from, small, and the way to other pages.

function buildTile() {
  const images = buildPictures();
  const verdict = element("span", { className: "sb-verdict" });
  const words = element("span", { className: "sb-words" });
  const node = element("button", { type: "button", className: "sc-choice sb-tile" }, element("span", { className: "sc-two" }, ...images), words, verdict);
  return { node, images, verdict, words };
}

class Page {
  constructor(view) {
    this.view = view;
    this.tiles = [];
    this.node = element("div", { className: "sb-strip" });
    this.back = iconButton("back", "Previous page", "sc-tool");
    this.on = iconButton("on", "Next page", "sc-tool");
    this.where = element("span", { className: "sb-where" });
    this.kept = element("p", { className: "sb-hint" });
    this.pager = element("div", { className: "sc-row sb-pager" }, this.back, this.where, this.on, this.kept);
  }

  listen(on) {
    on(this.back, "click", () => this.turn(-1));
    on(this.on, "click", () => this.turn(1));
    on(this.node, "click", (event) => {
      const place = this.tiles.findIndex(({ node }) => node.contains(event.target));
      if (place >= 0) this.view.choose(place);
    });
  }

  turn(by) {
    const { page, pages } = this.view.state;
    if (page + by >= 0 && page + by < pages) this.view.show({ page: page + by });
  }

  draw() {
    const { first, page, pages, pairs, total, verdicts } = this.view.state;
    while (this.tiles.length < pairs.length) {
      const tile = buildTile();
      this.tiles.push(tile);
      this.node.append(tile.node);
    }
    this.tiles.forEach((tile, place) => {
      tile.node.hidden = place >= pairs.length;
      if (pairs[place]) this.drawTile(tile, pairs[place], place === this.view.place);
    });
    put(this.where, total ? `${first + 1} to ${first + pairs.length} of ${total.toLocaleString("en-US")}` : "No such pairs");
    this.back.disabled = page === 0;
    this.on.disabled = page >= pages - 1;
    put(this.kept, verdicts ? `${verdicts} in review.csv; the next scan honours ${verdicts === 1 ? "it" : "them"}` : "");
  }

  drawTile({ node, images, verdict, words }, pair, chosen) {
    node.setAttribute("aria-pressed", String(chosen));
    node.dataset.verdict = pair.verdict;
    node.title = pair.paths.join("\n");
    node.setAttribute("aria-label", `${pair.paths.join(" and ")}, ${pair.words}${pair.verdict ? `, said to be: ${pair.verdict}` : ""}`);
    put(words, pair.paths[0].split("/").slice(0, -1).join("/") || pair.paths[0]);
    put(verdict, pair.verdict);
    this.view.pictures.show(images, pair.index, "small", pair.paths);
  }
}
