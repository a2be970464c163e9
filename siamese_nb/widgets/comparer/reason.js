// The reason: maps on both pictures, matches under the pointer, lines between the best of them.

const MODES = { none: "Pictures", alike: "Alike", apart: "Apart" };

function buildReason() {
  const modes = buildModes("Show on the pictures", MODES);
  const words = element("p", { className: "sc-words" });
  const node = element("div", { className: "sc-reason", hidden: true }, modes, words);
  return { node, modes, words };
}

function buildLines() {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.classList.add("sc-lines");
  svg.setAttribute("aria-hidden", "true");
  return svg;
}

class Reason {
  constructor(view) {
    this.view = view;
    this.why = null; // the shares of patches, once the kernel has sent them: { key, grid, method, maps, matches, lines }
    this.asked = ""; // the couple that the kernel was asked about
    this.mode = null; // the user's choice; without one it follows the verdict
    this.spot = null; // the patch that is pointed at: { pane, patch }
    this.lines = buildLines();
    Object.assign(this, buildReason());
  }

  listen(on) {
    on(this.modes, "change", (event) => {
      this.mode = event.target.value;
      this.view.draw();
    });
    this.resizing = new ResizeObserver(() => this.paint());
    for (const pane of PANES) {
      const { node, stage } = this.view.panes[pane];
      this.resizing.observe(stage);
      on(stage, "pointermove", (event) => this.point(pane, this.patchAt(pane, event)));
      on(stage, "pointerleave", () => this.point(pane, null));
      on(node, "blur", () => this.point(pane, null));
    }
  }

  stop() {
    this.resizing.disconnect();
  }

  keep(message, buffers) {
    if (message.ids.join(" ") !== this.view.key()) return;
    if (message.message) {
      this.why = { key: this.view.key(), trouble: message.message };
      return;
    }
    const { buffer, byteOffset, byteLength } = buffers[0];
    const values = new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
    const patches = message.grid[0] * message.grid[1];
    const part = (index) => values.subarray(index * patches, (index + 1) * patches);
    const maps = { alike: { one: part(0), two: part(1) }, apart: { one: part(2), two: part(3) } };
    this.why = { ...message, key: this.view.key(), maps, matches: values.subarray(4 * patches) };
  }

  draw(full) {
    const { answer, explains } = this.view.state;
    const wanted = Boolean(full && answer && explains);
    this.node.hidden = !wanted;
    const known = wanted && this.why?.key === this.view.key();
    if (wanted && !known && this.asked !== this.view.key() && !this.view.kernel.gone) {
      this.asked = this.view.key();
      afterPaint(() => this.ask());
    }
    if (!wanted) this.asked = "";
    if (!known) this.spot = null;
    this.shownMode = known && !this.why.trouble ? this.modeOf(answer) : "none";
    for (const input of this.modes.querySelectorAll("input")) {
      input.checked = input.value === this.shownMode;
      input.disabled = !known || Boolean(this.why.trouble);
    }
    this.paint();
  }

  ask() {
    if (this.asked !== this.view.key() || this.view.stopped) return;
    this.view.send({ kind: "reason", ids: PANES.map((pane) => this.view.held(pane).id) });
  }

  modeOf(answer) {
    return this.mode ?? (answer.verdict === "similar" ? "alike" : "apart");
  }

  paint() {
    for (const pane of PANES) this.paintPane(pane);
    this.paintLines();
    this.words.textContent = this.node.hidden ? "" : this.describe();
  }

  describe() {
    const { why } = this;
    if (why?.key !== this.view.key()) return "Looking for the reason";
    if (why.trouble) return `No reason: ${why.trouble}`;
    if (this.spot) {
      const { pane, patch } = this.spot;
      const share = why.maps.alike[pane][patch];
      const best = Math.max(...this.matchesOf(pane, patch));
      const apart = why.maps.apart[pane][patch];
      return `This patch adds ${signed(share)} to what is alike, ${signed(best)} of it with its best match, and ${signed(apart)} to what is apart.`;
    }
    const exact = { alike: "The shares of all pairs of patches sum to the score's log-odds.", apart: "Without what is bright they would be more alike." };
    const how = why.method === "exact" ? exact[this.shownMode] : "Found by covering patches.";
    return this.shownMode === "none" ? "Point at a patch to see its matches." : `Bright counts most. Point at a patch to see its matches. ${how}`;
  }

  // What a patch adds together with each patch of the other picture.
  matchesOf(pane, patch) {
    const { matches, grid } = this.why;
    const patches = grid[0] * grid[1];
    if (pane === "one") return matches.subarray(patch * patches, (patch + 1) * patches);
    return Float32Array.from({ length: patches }, (_, row) => matches[row * patches + patch]);
  }

  // Where the picture stands on its stage: it keeps its shape and fills the one side or the other.
  frame(pane) {
    const { stage, node } = this.view.panes[pane];
    const { width, height } = this.view.held(pane);
    const scale = Math.min(stage.clientWidth / width, stage.clientHeight / height);
    const [w, h] = [width * scale, height * scale];
    return { left: (stage.clientWidth - w) / 2, top: (stage.clientHeight - h) / 2, width: w, height: h, node };
  }

  valuesOf(pane) {
    if (this.shownMode === "none" && !this.spot) return null;
    if (!this.spot) return { values: this.why.maps[this.shownMode][pane], peak: this.peak() };
    if (this.spot.pane === pane) return { values: null, peak: 1 };
    const values = this.matchesOf(this.spot.pane, this.spot.patch);
    return { values, peak: Math.max(...values) };
  }

  // Both pictures share one scale, so that brightness can be compared between them.
  peak() {
    const { one, two } = this.why.maps[this.shownMode];
    return Math.max(...one, ...two);
  }

  paintPane(pane) {
    const { heat, stage } = this.view.panes[pane];
    const known = !this.node.hidden && this.why?.key === this.view.key() && !this.why.trouble;
    const shown = known ? this.valuesOf(pane) : null;
    heat.hidden = !shown;
    stage.classList.toggle("sc-explained", Boolean(known));
    if (!shown) return;
    const frame = this.frame(pane);
    const ratio = window.devicePixelRatio || 1;
    Object.assign(heat.style, { left: `${frame.left}px`, top: `${frame.top}px`, width: `${frame.width}px`, height: `${frame.height}px` });
    heat.width = Math.max(1, Math.round(frame.width * ratio));
    heat.height = Math.max(1, Math.round(frame.height * ratio));
    const context = heat.getContext("2d");
    if (shown.values) this.paintMap(context, shown);
    if (this.spot) this.outline(context, pane, shown.values);
  }

  // A veil that is lifted where the map is high: the picture itself stays to be seen there.
  paintMap(context, { values, peak }) {
    const [rows, columns] = this.why.grid;
    const small = element("canvas", { width: columns, height: rows });
    const pixels = new ImageData(columns, rows);
    const tint = this.shownMode === "apart" && !this.spot ? [255, 140, 60] : [64, 224, 200];
    values.forEach((value, patch) => {
      const level = peak > 0 ? Math.max(0, value) / peak : 0;
      const colour = tint.map((channel) => Math.round(8 + (channel - 8) * level));
      pixels.data.set([...colour, Math.round(255 * (0.6 - 0.5 * level))], 4 * patch);
    });
    small.getContext("2d").putImageData(pixels, 0, 0);
    context.imageSmoothingEnabled = !this.spot;
    context.imageSmoothingQuality = "high";
    context.drawImage(small, 0, 0, context.canvas.width, context.canvas.height);
  }

  outline(context, pane, values) {
    const [rows, columns] = this.why.grid;
    const patch = values ? values.indexOf(Math.max(...values)) : this.spot.patch;
    const [w, h] = [context.canvas.width / columns, context.canvas.height / rows];
    const inset = Math.max(2, Math.round(w / 28));
    const box = [(patch % columns) * w + inset, Math.floor(patch / columns) * h + inset, w - 2 * inset, h - 2 * inset];
    for (const [style, width] of [["rgb(0 0 0 / 70%)", 2 * inset], ["#fff", inset]]) {
      Object.assign(context, { strokeStyle: style, lineWidth: width });
      context.strokeRect(...box);
    }
  }

  paintLines() {
    const { lines } = this;
    lines.replaceChildren();
    if (this.shownMode !== "alike" || this.spot) return;
    const [rows, columns] = this.why.grid;
    const origin = lines.getBoundingClientRect();
    const centre = (pane, patch) => {
      const frame = this.frame(pane);
      const stage = this.view.panes[pane].stage.getBoundingClientRect();
      const left = stage.left + this.view.panes[pane].stage.clientLeft - origin.left;
      const top = stage.top + this.view.panes[pane].stage.clientTop - origin.top;
      return [left + frame.left + ((patch % columns) + 0.5) * (frame.width / columns),
        top + frame.top + (Math.floor(patch / columns) + 0.5) * (frame.height / rows)];
    };
    const draw = (tag, className, attributes) => {
      const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
      node.setAttribute("class", className);
      for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
      lines.append(node);
    };
    for (const [one, two] of this.why.lines) {
      const [[x1, y1], [x2, y2]] = [centre("one", one), centre("two", two)];
      for (const className of ["sc-halo", "sc-line"]) draw("line", className, { x1, y1, x2, y2 });
      for (const [cx, cy] of [[x1, y1], [x2, y2]]) draw("circle", "sc-end-dot", { cx, cy, r: 4 });
    }
  }

  point(pane, patch) {
    const next = patch === null ? null : { pane, patch };
    if (this.spot?.pane === next?.pane && this.spot?.patch === next?.patch) return;
    this.spot = next;
    this.paint();
  }

  patchAt(pane, event) {
    if (this.why?.key !== this.view.key() || this.why.trouble || this.node.hidden) return null;
    const box = this.view.panes[pane].stage.getBoundingClientRect();
    const frame = this.frame(pane);
    const [rows, columns] = this.why.grid;
    const column = Math.floor(((event.clientX - box.left - frame.left) / frame.width) * columns);
    const row = Math.floor(((event.clientY - box.top - frame.top) / frame.height) * rows);
    return column >= 0 && row >= 0 && column < columns && row < rows ? row * columns + column : null;
  }

  // With the arrow keys the patches can be walked through; Escape ends that.
  walk(pane, key) {
    if (this.why?.key !== this.view.key() || this.why.trouble || this.node.hidden) return false;
    const [rows, columns] = this.why.grid;
    const patch = this.spot?.pane === pane ? this.spot.patch : null;
    if (key === "Escape") {
      this.point(pane, null);
      return patch !== null;
    }
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[key];
    if (!step) return false;
    const [row, column] = patch === null ? [0, 0] : [Math.floor(patch / columns) + step[0], (patch % columns) + step[1]];
    if (row >= 0 && column >= 0 && row < rows && column < columns) this.point(pane, row * columns + column);
    if (this.spot) this.view.live.textContent = this.words.textContent;
    return true;
  }
}
