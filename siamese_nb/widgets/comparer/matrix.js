// Each picture with each: all scores as a map, like beside like, with the groups that the threshold makes.

const LARGEST = 560; // pixels of the map's side
const CELL = 56; // pixels of a cell's side, at most

function buildMatrix() {
  const canvas = element("canvas", {
    tabIndex: 0,
    aria: { role: "application", label: "Scores of each picture with each; arrow keys choose a pair, Enter shows it above" },
  });
  const cross = [0, 1].map(() => element("div", { className: "sc-cross", aria: { hidden: "true" } }));
  const map = element("div", { className: "sc-map" }, canvas, ...cross);
  const images = [0, 1].map(() => element("img", { alt: "" }));
  const names = [0, 1].map(() => element("figcaption"));
  const couple = element("div", { className: "sc-couple" }, ...images.map((image, side) => element("figure", {}, image, names[side])));
  const words = element("p", { className: "sc-pair" });
  const legend = element("div", { className: "sc-legend", aria: { hidden: "true" } }, element("span"), element("i"), element("b"), element("span"));
  const hint = element("p", { className: "sc-note", textContent: "Point at a cell to see the pair, click it to see the reason above." });
  const beside = element("div", { className: "sc-beside" }, couple, words, hint, legend);
  const groups = element("div", { className: "sc-groups" });
  const trouble = element("p", { className: "sc-note" });
  const node = element("div", { className: "sc-each" }, trouble, element("div", { className: "sc-map-row" }, map, beside), groups);
  return { node, canvas, cross, map, images, names, couple, words, hint, legend, groups, trouble };
}

class Matrix {
  constructor(view, gallery) {
    this.view = view;
    this.gallery = gallery;
    this.found = null; // { id, order, groups, threshold, pictures, rows, scores }
    this.asked = "";
    this.failed = ""; // why there is no map
    this.spot = null; // [row, column] in the order shown
    Object.assign(this, buildMatrix());
  }

  listen(on) {
    const { canvas } = this;
    on(canvas, "pointermove", (event) => this.point(this.cellAt(event)));
    on(canvas, "click", (event) => {
      this.point(this.cellAt(event));
      this.choose();
    });
    on(canvas, "keydown", (event) => {
      const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
      if (step) this.walk(...step);
      else if (["Enter", " "].includes(event.key)) this.choose();
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    this.resizing = new ResizeObserver(() => this.paint());
    this.resizing.observe(this.node);
    // Lab's theme and the reader's preference change colours, which a canvas does not follow by itself.
    this.recolouring = new MutationObserver(() => this.paint());
    this.recolouring.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });
    on(matchMedia("(prefers-color-scheme: dark)"), "change", () => this.paint());
  }

  stop() {
    this.resizing.disconnect();
    this.recolouring.disconnect();
  }

  forget() {
    this.found = this.spot = null;
    this.asked = this.failed = "";
  }

  draw() {
    const { id, status } = this.gallery.given();
    const { threshold } = this.view.model.get("ranking");
    const known = this.found?.id === id;
    const key = `${id} ${threshold}`;
    if (status === "ready" && this.asked !== key && !this.view.kernel.gone) {
      this.asked = key;
      this.view.send({ kind: "groups", id, matrix: !known });
    }
    const trouble = this.failed && `The pictures cannot be compared each with each: ${this.failed}.`;
    put(this.trouble, known ? "" : trouble || "Comparing each picture with each");
    this.map.parentElement.hidden = this.groups.hidden = !known;
    if (!known || this.drawn === this.found) return;
    this.drawn = this.found;
    this.paint();
    this.drawGroups();
    this.show();
  }

  keep(message, buffers) {
    if (message.id !== this.gallery.given().id) return;
    this.failed = message.message ?? "";
    if (this.failed) return;
    const rows = new Map(message.pictures.map((place, row) => [place, row]));
    let scores = this.found?.id === message.id ? this.found.scores : null;
    if (buffers.length) {
      const { buffer, byteOffset, byteLength } = buffers[0];
      scores = new Float64Array(buffer.slice(byteOffset, byteOffset + byteLength));
    }
    if (scores) this.found = { ...message, rows, scores };
  }

  score(row, column) {
    const { order, rows, scores } = this.found;
    return scores[rows.get(order[row]) * rows.size + rows.get(order[column])];
  }

  // -- the map

  paint() {
    const { canvas, map, found } = this;
    if (!found || !this.node.clientWidth) return;
    const count = found.order.length;
    const room = Math.min(LARGEST, this.node.clientWidth);
    const ratio = window.devicePixelRatio || 1;
    const cell = Math.min(CELL * ratio, Math.max(1, Math.floor((room * ratio) / count)));
    canvas.width = canvas.height = cell * count;
    map.style.width = map.style.height = `${Math.min(room, (cell * count) / ratio)}px`;
    const style = getComputedStyle(this.node);
    const [same, other, line] = ["--sc-genuine", "--sc-soft", "--sc-text"].map((name) => style.getPropertyValue(name));
    const context = canvas.getContext("2d");
    const { threshold } = found;
    for (let row = 0; row < count; row += 1) {
      for (let column = 0; column < count; column += 1) {
        const score = this.score(row, column);
        const accepted = score >= threshold;
        context.fillStyle = accepted ? same : other;
        context.globalAlpha = this.strength(score, threshold, accepted);
        context.fillRect(column * cell, row * cell, cell, cell);
      }
    }
    context.globalAlpha = 1;
    this.frameGroups(context, cell, line, ratio);
    this.cross.forEach((band) => (band.hidden = !this.spot));
    if (this.spot) this.mark();
  }

  strength(score, threshold, accepted) {
    if (accepted) return 0.45 + 0.55 * (threshold < 1 ? (score - threshold) / (1 - threshold) : 1);
    return 0.06 + 0.3 * (score / threshold);
  }

  frameGroups(context, cell, colour, ratio) {
    const { order, groups } = this.found;
    const places = new Map(order.map((place, at) => [place, at]));
    const width = Math.min(2 * ratio, Math.max(1, cell / 4));
    Object.assign(context, { strokeStyle: colour, lineWidth: width });
    for (const group of groups.filter((members) => members.length > 1)) {
      const first = Math.min(...group.map((place) => places.get(place)));
      const [start, side] = [first * cell, group.length * cell];
      context.strokeRect(start + width / 2, start + width / 2, side - width, side - width);
    }
  }

  // -- one pair of it

  cellAt(event) {
    const count = this.found?.order.length;
    const box = this.canvas.getBoundingClientRect();
    const at = [event.clientY - box.top, event.clientX - box.left].map((length) => Math.floor((length / box.width) * count));
    return at.every((place) => place >= 0 && place < count) ? at : null;
  }

  walk(down, right) {
    const last = this.found.order.length - 1;
    const [row, column] = this.spot ?? [-down, 1 - right];
    this.point([Math.max(0, Math.min(last, row + down)), Math.max(0, Math.min(last, column + right))]);
    put(this.view.live, this.describe());
  }

  point(spot) {
    if (!spot || spot.join() === this.spot?.join()) return;
    this.spot = spot;
    this.mark();
    this.show();
  }

  mark() {
    const part = 100 / this.found.order.length;
    this.cross.forEach((band, axis) => {
      const [start, length] = axis ? ["left", "width"] : ["top", "height"];
      Object.assign(band.style, { [start]: `${this.spot[axis] * part}%`, [length]: `${part}%` });
      band.hidden = false;
    });
  }

  show() {
    const shown = this.spot && this.found ? this.spot.map((at) => this.found.order[at]) : [];
    this.couple.hidden = this.words.hidden = !shown.length;
    const threshold = this.found?.threshold ?? 0;
    const ends = this.legend.querySelectorAll("span");
    put(ends[0], `below ${threshold.toFixed(2)}`);
    put(ends[1], "and above");
    this.gallery.want(shown);
    shown.forEach((place, side) => {
      const url = this.gallery.smalls.get(place);
      this.images[side].hidden = !url;
      if (url && this.images[side].src !== url) this.images[side].src = url;
      put(this.names[side], this.gallery.nameOf(place));
    });
    if (!shown.length) return;
    const verdict = this.verdict();
    this.words.dataset.verdict = verdict;
    this.words.replaceChildren(icon(verdict), element("span", { textContent: this.judgement() }));
  }

  verdict() {
    return this.score(...this.spot) >= this.found.threshold ? "similar" : "not similar";
  }

  judgement() {
    return `${VERDICT[this.verdict()]}, ${inWords(this.score(...this.spot), this.found.threshold)[0]}`;
  }

  describe() {
    const [one, two] = this.spot.map((at) => this.gallery.nameOf(this.found.order[at]));
    return `${one} and ${two}: ${this.judgement()}`;
  }

  choose() {
    if (!this.spot) return;
    const [one, two] = this.spot.map((at) => this.found.order[at]);
    this.gallery.choose({ one, two });
  }

  // -- the groups

  drawGroups() {
    const { groups } = this.found;
    const several = groups.filter((members) => members.length > 1);
    const alone = groups.filter((members) => members.length === 1).flat();
    const rows = several.map((members, number) => this.buildGroup(`Group ${number + 1}: ${plural(members.length, "picture")}`, members));
    if (alone.length) rows.push(this.buildGroup(several.length ? `On their own: ${plural(alone.length, "picture")}` : "No two of them form a group", alone));
    this.groups.replaceChildren(...rows);
    // One stop of the Tab key for all; the arrow keys go on from there.
    this.groups.querySelectorAll("button").forEach((tile, at) => (tile.tabIndex = at ? -1 : 0));
  }

  buildGroup(words, members) {
    const tiles = members.map((place) => this.gallery.buildTile(place));
    return element("section", { aria: { label: words } }, element("p", { textContent: words }), element("div", { className: "sc-tiles" }, ...tiles));
  }
}
