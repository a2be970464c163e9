// What was compared so far, with small pictures.

const THUMBNAIL = 96; // longest side, in pixels, of a picture in the history
const COLUMNS = ["one", "two", "score", "threshold", "verdict", "probability"];

function buildHistory() {
  const summary = element("summary");
  summary.dataset.lmSuppressShortcuts = "true";
  const list = element("ol", { className: "sc-rows" });
  const button = element("button", { type: "button", className: "sc-pill", textContent: "Save as CSV" });
  const node = element("details", { className: "sc-history", hidden: true }, summary, list, button);
  return { node, summary, list, button };
}

class History {
  constructor(view) {
    this.view = view;
    this.thumbnails = new Map(); // id -> object URL
    this.making = new Set(); // ids whose thumbnail is being made
    this.offered = new Set(); // ids whose thumbnail was sent to the kernel, or asked of it
    Object.assign(this, buildHistory());
  }

  listen(on) {
    on(this.node, "toggle", () => this.draw());
    on(this.button, "click", () => save("comparisons.csv", toCsv(COLUMNS, this.view.model.get("history") ?? [])));
  }

  stop() {
    for (const url of this.thumbnails.values()) URL.revokeObjectURL(url);
    this.thumbnails.clear();
  }

  draw() {
    const rows = this.view.model.get("history") ?? [];
    const { node, summary, list } = this;
    node.hidden = rows.length < 1;
    summary.textContent = rows.length === 1 ? "1 comparison so far" : `${rows.length} comparisons so far`;
    this.dropOld(rows);
    if (!node.open) return;
    const missing = [...new Set(rows.flatMap((row) => row.ids))].filter((id) => !this.thumbnails.has(id) && !this.offered.has(id));
    if (missing.length && !this.view.kernel.gone) {
      for (const id of missing) this.offered.add(id);
      this.view.send({ kind: "thumbnails", ids: missing });
    }
    list.replaceChildren(...rows.map((row) => this.buildRow(row)).reverse());
  }

  buildRow(row) {
    const pictures = row.ids.map((id, index) => {
      const name = [row.one, row.two][index] || "given in Python";
      const url = this.thumbnails.get(id);
      return url ? element("img", { src: url, alt: name, title: name }) : element("span", { className: "sc-blank", title: name });
    });
    const words = element("span", {}, icon(row.verdict), `${VERDICT[row.verdict]}, ${row.score.toFixed(3)}`);
    return element("li", { data: { verdict: row.verdict } }, ...pictures, words);
  }

  dropOld(rows) {
    const used = new Set([...rows.flatMap((row) => row.ids), ...PANES.map((pane) => this.view.held(pane).id)]);
    for (const [id, url] of this.thumbnails) {
      if (used.has(id)) continue;
      URL.revokeObjectURL(url);
      this.thumbnails.delete(id);
    }
    for (const id of this.offered) if (!used.has(id)) this.offered.delete(id);
  }

  keep(id, blob) {
    if (!this.thumbnails.has(id)) this.thumbnails.set(id, URL.createObjectURL(blob));
  }

  // The browser makes it of what it shows: the kernel need not decode the picture again. Not by drawing the image that
  // is seen, which would decode it in this thread.
  async offer(pane) {
    const { id, status, width, height } = this.view.held(pane);
    const blob = this.view.previews.shown.get(id)?.blob;
    if (this.view.intake.pending[pane] || status !== "picture" || !blob) return;
    if (this.thumbnails.has(id) || this.making.has(id)) return;
    this.making.add(id);
    const small = await makeThumbnail(blob, width, height).catch(() => null); // the kernel is asked for another blob then
    this.making.delete(id);
    if (!small || this.view.stopped || this.thumbnails.has(id)) return;
    this.keep(id, small);
    this.offered.add(id);
    this.view.send({ kind: "thumbnail", id }, [await small.arrayBuffer()], false);
    this.view.draw();
  }
}

async function makeThumbnail(blob, width, height) {
  const scale = Math.min(1, THUMBNAIL / Math.max(width, height));
  const side = (length) => Math.max(1, Math.round(length * scale));
  const [resizeWidth, resizeHeight] = [side(width), side(height)];
  const bitmap = await createImageBitmap(blob, { resizeWidth, resizeHeight, resizeQuality: "medium" });
  const small = new OffscreenCanvas(resizeWidth, resizeHeight);
  const context = small.getContext("2d");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, resizeWidth, resizeHeight);
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return small.convertToBlob({ type: "image/jpeg", quality: 0.8 });
}
