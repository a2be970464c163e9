// The pictures in the panes. To decode one for the eye takes the processor, which a quick answer needs more: it comes a
// frame after that.

// What the browser can show by itself. Not SVG: it is never a picture to compare, and may hold a script.
const SHOWN_HERE = new Set(["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp"]);

class Previews {
  constructor(view) {
    this.view = view;
    this.files = new Map(); // id -> what the user gave, where the browser can show it
    this.shown = new Map(); // id -> { blob, url }
    this.asked = new Set(); // ids whose preview the kernel was asked for
  }

  stop() {
    for (const { url } of this.shown.values()) URL.revokeObjectURL(url);
    this.shown.clear();
    this.files.clear();
  }

  keepFile(id, file) {
    if (SHOWN_HERE.has(file.type)) this.files.set(id, file);
  }

  keep(id, blob) {
    this.asked.delete(id);
    if (this.shown.has(id)) URL.revokeObjectURL(this.shown.get(id).url);
    this.shown.set(id, { blob, url: URL.createObjectURL(blob) });
  }

  // Of a picture that is to be seen, if it is there yet.
  find(id, read) {
    if (this.fileOf(id) && !this.shown.has(id)) this.open(id);
    else if (read && !this.shown.has(id) && !this.asked.has(id) && !this.view.kernel.gone) {
      this.asked.add(id);
      this.view.send({ kind: "preview", id });
    }
    return this.shown.get(id);
  }

  open(id) {
    if (this.view.answering()) return this.keep(id, this.fileOf(id)); // the answer takes its time
    if (!this.coming) afterPaint(() => this.openAll());
    this.coming = true;
  }

  openAll() {
    this.coming = false;
    if (this.view.stopped) return;
    for (const id of this.used()) if (this.fileOf(id) && !this.shown.has(id)) this.keep(id, this.fileOf(id));
    this.view.draw();
  }

  fileOf(id) {
    return this.files.get(id) ?? this.view.intake.files.get(id);
  }

  used() {
    return PANES.flatMap((pane) => [this.view.held(pane).id, this.view.intake.pending[pane]?.id]).filter(Boolean);
  }

  dropOld() {
    const used = new Set(this.used());
    for (const [id, { url }] of this.shown) {
      if (used.has(id)) continue;
      URL.revokeObjectURL(url);
      this.shown.delete(id);
    }
    for (const id of this.files.keys()) if (!used.has(id)) this.files.delete(id);
  }

  // What the browser said that it could show, it could not: the kernel is asked.
  lose(id) {
    URL.revokeObjectURL(this.shown.get(id)?.url);
    this.shown.delete(id);
    this.files.delete(id);
    this.view.intake.files.delete(id);
    this.view.draw();
  }
}
