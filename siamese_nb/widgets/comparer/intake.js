// Sending what was given: whatever was sent and is not answered yet is `pending`, by an id.

const CHUNK = 1 << 20; // bytes, as in upload.py: a Jupyter server drops the connection at 10 MiB a message
const AHEAD = 4; // chunks sent before the kernel has said that it took them: the progress shown stays true
const MOST = 500; // pictures of a gallery, as in gallery.py
const LIMIT = 64e6; // bytes of a file, as in upload.py, which refuses more by its size alone

class Intake {
  constructor(view) {
    this.view = view;
    this.pending = { one: null, two: null };
    this.files = new Map(); // of a gallery: id -> the file, so that the browser itself can show it
  }

  stop() {
    for (const pane of PANES) this.forget(pane);
    this.files.clear();
  }

  any() {
    return PANES.some((pane) => this.pending[pane]);
  }

  forget(pane) {
    const pending = this.pending[pane];
    this.pending[pane] = null;
    pending?.wake?.();
  }

  // Drops the files of galleries that were put away, but for those in the panes.
  dropOld() {
    const kept = [this.view.gallery.given().id, ...PANES.map((pane) => this.pending[pane]?.id)];
    const shown = PANES.map((pane) => this.view.held(pane).id);
    for (const id of this.files.keys()) if (!kept.includes(id.split("/")[0]) && !shown.includes(id)) this.files.delete(id);
  }

  start(pane, name) {
    this.forget(pane);
    this.view.camera.stop(pane);
    const pending = { pane, id: newId(), name, size: 0, received: 0 };
    this.pending[pane] = pending;
    return pending;
  }

  give(pane, gifts, folder = false) {
    const many = this.view.state.ranks && (folder || gifts.length > 2);
    const most = many ? MOST : 2;
    const taken = many ? `first ${MOST}` : "first two";
    this.view.note = gifts.length > most ? `Took the ${taken} of ${gifts.length} files.` : "";
    if (!gifts.length) this.refuse(pane, "", "There is no picture in what was given; drop an image file");
    else if (many) this.sendGallery(pane, gifts.slice(0, most));
    else this.upload(pane, gifts.slice(0, most));
    this.view.drawSoon();
  }

  refuse(pane, name, message) {
    const { id } = this.start(pane, name);
    this.view.send({ kind: "refuse", pane, id, name, message });
  }

  hear(message) {
    const pane = message.id && PANES.find((name) => this.pending[name]?.id === message.id);
    if (!pane) return;
    const pending = this.pending[pane];
    if (message.kind === "received") pending.received = message.bytes;
    if (message.kind === "took") Object.assign(pending, { received: message.members, heard: pending.heard + 1 });
    if (message.kind === "dropped") this.forget(pane);
    pending.wake?.();
  }

  // ---- a file for a pane, or one for each

  // All beginnings go in one message: of most pictures that is all. Of large ones the rest of one follows that of the
  // other, so that the kernel decodes the first while the second is on its way.
  async upload(pane, gifts) {
    const started = gifts.map(({ name }, index) => this.start(index ? OTHER[pane] : pane, name));
    const opened = await Promise.all(started.map((pending, index) => this.open(pending, gifts[index])));
    const files = opened.filter((file) => file && this.current(file.pending));
    const told = files.map(({ pending: { pane, id, name, size } }) => ({ pane, id, name, size }));
    if (told.length && this.view.send({ kind: "begin", files: told }, files.map(({ beginning }) => beginning)))
      for (const file of files) await this.sendRest(file);
  }

  async open(pending, gift) {
    try {
      if (gift.refusal) return this.refuse(pending.pane, gift.name, `${gift.name} ${gift.refusal}`);
      const file = await gift.open();
      const beginning = await (file.size > CHUNK ? file.slice(0, file.size > LIMIT ? 0 : CHUNK) : file).arrayBuffer();
      pending.size = file.size;
      this.view.previews.keepFile(pending.id, file);
      return { pending, file, beginning };
    } catch (error) {
      return this.fail(pending, error);
    }
  }

  async sendRest({ pending, file }) {
    try {
      for (let start = CHUNK; start < file.size; start += CHUNK) {
        await this.until(pending, () => start - pending.received < AHEAD * CHUNK);
        const buffer = await file.slice(start, start + CHUNK).arrayBuffer();
        if (!this.current(pending)) return; // refused by the kernel, or something newer was given
        if (!this.view.send({ kind: "chunk", id: pending.id, index: start / CHUNK }, [buffer])) return;
      }
    } catch (error) {
      this.fail(pending, error);
    }
  }

  fail(pending, error) {
    if (!this.current(pending)) return;
    this.refuse(pending.pane, pending.name, unreadable(pending, error));
    this.view.draw();
  }

  current(pending) {
    return this.pending[pending.pane] === pending;
  }

  async until(pending, ready) {
    while (this.current(pending) && !ready()) await new Promise((resolve) => (pending.wake = resolve));
  }

  // ---- many files, one after the other

  async sendGallery(pane, gifts) {
    const pending = this.start(pane, plural(gifts.length, "picture"));
    Object.assign(pending, { size: gifts.length, many: true, said: 0, heard: 0 });
    if (!this.view.send({ kind: "gallery", pane, id: pending.id, total: gifts.length })) return;
    for (const [place, gift] of gifts.entries()) {
      try {
        const file = gift.refusal ? null : await gift.open();
        if (file) await this.sendMember(pending, place, gift.name, file);
        else this.sayMember(pending, { kind: "stray", name: gift.name, message: `${gift.name} ${gift.refusal}` });
      } catch (error) {
        this.sayMember(pending, { kind: "stray", name: gift.name, message: unreadable(gift, error) });
      }
      if (!this.current(pending)) return;
    }
  }

  async sendMember(pending, place, name, file) {
    if (SHOWN_HERE.has(file.type)) this.files.set(`${pending.id}/${place}`, file);
    const end = file.size > LIMIT ? 1 : Math.max(1, file.size);
    for (let start = 0; start < end; start += CHUNK) {
      await this.until(pending, () => pending.said - pending.heard < AHEAD);
      const buffer = await file.slice(start, file.size > LIMIT ? 0 : start + CHUNK).arrayBuffer();
      this.sayMember(pending, { kind: "member", name, size: file.size, index: start / CHUNK }, [buffer]);
    }
  }

  sayMember(pending, message, buffers = []) {
    if (!this.current(pending)) return;
    pending.said += 1;
    this.view.send({ id: pending.id, ...message }, buffers);
  }
}

function unreadable({ name }, error) {
  return `${name} cannot be read (${error.message}); a folder or a moved file? Give the file itself`;
}
