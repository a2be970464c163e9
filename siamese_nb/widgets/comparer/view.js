// The comparer's view. The kernel's `state` is the one truth: this file draws it; a state with older ids than what is
// pending never replaces that.

const INSTANT = 100; // milliseconds that nobody notices (Miller 1968)
const TRAITS = ["state", "background", "gallery", "ranking"];
const EMPTY = { id: "", status: "empty", name: "", width: 0, height: 0, message: "" };

// Of a file that another view began to send; where that view is gone, the rest never comes.
const ELSEWHERE = "A picture is on its way from another view; if none comes, give it again";

// Does what the answer does not need once it is on the screen: a frame later.
function afterPaint(work) {
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(work)));
}

class View extends Shown {
  constructor(model, root) {
    super(model, () => this.drawKernel());
    this.note = "";
    this.name = newId();
    this.panes = { one: buildPane("one"), two: buildPane("two") };
    this.build();
    root.append(this.card);
    this.listen();
    this.draw();
    this.send({ kind: "ping" }); // so that a view without its kernel says so before anything is dropped on it
  }

  build() {
    this.intake = new Intake(this);
    this.previews = new Previews(this);
    this.answer = new Answer(this);
    this.reason = new Reason(this);
    this.history = new History(this);
    this.gallery = new Gallery(this);
    this.camera = new Camera(this);
    this.drops = new Drops(this);
    this.swap = iconButton("swap", "Swap the pictures", "sc-tool sc-swap");
    this.live = element("div", { className: "sc-live", aria: { role: "status", live: "polite" } });
    this.card = element(
      "div",
      { className: "siamese siamese-card siamese-comparer", aria: { role: "group", label: "Compare two pictures" } },
      element("div", { className: "sc-panes" }, this.panes.one.node, this.reason.lines, this.swap, this.panes.two.node),
      this.reason.node,
      this.answer.node,
      this.gallery.node,
      this.history.node,
      this.live,
    );
  }

  stop() {
    super.stop();
    clearTimeout(this.drawing);
    for (const part of [this.intake, this.previews, this.answer, this.reason, this.history, this.gallery]) part.stop();
    for (const pane of PANES) this.camera.stop(pane);
  }

  // -- to and from the kernel

  send(message, buffers, answered) {
    return this.kernel.send(message, buffers, answered);
  }

  // Each word of it is followed by others as long as a file is on its way.
  hear() {
    this.kernel.hear();
    if (this.intake.any()) this.kernel.expect();
  }

  // After a restart no more comes of what was on its way; the files are still with the user, so nothing is lost.
  drawKernel() {
    if (this.kernel.gone) for (const pane of PANES) this.intake.forget(pane);
    this.draw();
  }

  receive(message, buffers) {
    const jpegs = () => buffers.map((buffer) => new Blob([buffer], { type: "image/jpeg" }));
    this.intake.hear(message);
    if (message.kind === "preview") this.previews.keep(message.id, jpegs()[0]);
    if (message.kind === "reason") this.reason.keep(message, buffers);
    if (message.kind === "neighbours") this.answer.keepPairs(message, jpegs());
    if (message.kind === "thumbnails") jpegs().forEach((jpeg, index) => this.history.keep(message.ids[index], jpeg));
    if (message.kind === "smalls") this.gallery.keepSmalls(message, jpegs());
    if (message.kind === "groups") this.gallery.matrix.keep(message, buffers);
    this.hear();
    this.drawSoon();
  }

  update() {
    const { id: gallery, status: filling } = this.model.get("gallery") ?? {};
    for (const pane of PANES) {
      const { id, status } = this.held(pane);
      const pending = this.intake.pending[pane]?.id;
      if ((pending === id && status !== "sending") || (pending && pending === gallery && filling === "ready")) this.intake.forget(pane);
    }
    this.hear();
    this.drawSoon();
  }

  // What the kernel has in a pane.
  held(pane) {
    return this.state[pane] ?? EMPTY;
  }

  background() {
    return this.model.get("background") ?? {};
  }

  // -- giving

  give(pane, gifts, folder) {
    this.intake.give(pane, gifts, folder);
  }

  refuse(pane, name, message) {
    this.intake.refuse(pane, name, message);
  }

  firstFree() {
    return PANES.find((pane) => !this.intake.pending[pane] && this.held(pane).status !== "picture") ?? "one";
  }

  // Puts a picture that the kernel has into panes: whatever was on its way to them was given before, and gives way.
  choose(panes, message) {
    for (const pane of panes) {
      this.intake.forget(pane);
      this.camera.stop(pane);
    }
    this.note = "";
    this.send(message);
  }

  clearPane(pane) {
    const { id } = this.intake.start(pane, "");
    this.note = "";
    this.send({ kind: "clear", pane, id });
    this.draw();
    this.panes[pane].node.focus();
  }

  // -- drawing

  // What an answer will replace in a moment is not drawn: that would hold up the file's way, and the answer itself.
  drawSoon() {
    if (this.answering()) this.drawing ??= setTimeout(() => this.draw(), INSTANT);
    else this.draw();
  }

  draw() {
    clearTimeout(this.drawing);
    this.drawing = undefined;
    if (this.stopped) return;
    for (const part of [this.intake, this.previews]) part.dropOld();
    for (const pane of PANES) this.drawPane(pane);
    const full = PANES.every((pane) => this.phase(pane) === "picture");
    this.swap.disabled = this.intake.any() || !PANES.some((pane) => this.phase(pane) === "picture");
    this.answer.draw(full);
    this.reason.draw(full);
    this.gallery.draw();
    this.history.draw();
  }

  // Names the couple that is shown: whatever arrives for another one is not drawn.
  key() {
    return PANES.map((pane) => this.held(pane).id).join(" ");
  }

  // Whether a file is on its way, or the kernel compares.
  answering() {
    const { answer, message } = this.state;
    return this.intake.any() || (!answer && !message && PANES.every((pane) => this.held(pane).status === "picture"));
  }

  phase(pane) {
    const pending = this.intake.pending[pane];
    if (pending) return pending.name ? "sending" : "empty";
    const { status } = this.held(pane);
    return status === "sending" ? "error" : status;
  }

  trouble(pane) {
    const { status, message } = this.held(pane);
    return status === "sending" ? ELSEWHERE : message;
  }

  drawPane(pane) {
    const parts = this.panes[pane];
    const pending = this.intake.pending[pane];
    const shown = pending ?? this.held(pane);
    const phase = this.phase(pane);
    const url = phase === "error" ? undefined : this.previews.find(shown.id, phase === "picture")?.url;
    parts.node.dataset.phase = phase;
    parts.node.dataset.seen = String(Boolean(url));
    if (url && parts.image.src !== url) parts.image.src = url;
    if (!url) parts.image.removeAttribute("src");
    parts.image.alt = url ? `${TITLES[pane]}: ${shown.name || "given in Python"}` : "";
    parts.problem.textContent = phase === "error" ? this.trouble(pane) : "";
    parts.name.textContent = parts.name.title = shown.name;
    parts.size.textContent = phase === "picture" ? `${shown.width} × ${shown.height}` : "";
    if (phase === "sending") this.drawProgress(parts, pending);
    if (url) this.history.offer(pane);
  }

  drawProgress(parts, { received, size, many }) {
    parts.progress.value = size ? received / size : 0;
    const bytes = size > CHUNK ? `${megabytes(received)} of ${megabytes(size)}` : "Sending";
    const amount = many ? `${received} of ${plural(size, "picture")} read` : bytes;
    parts.sending.textContent = this.kernel.waiting ? "Waiting for the kernel" : amount;
  }

  // Only what changed is said again; a pane's own trouble comes first.
  say(parts) {
    const troubles = PANES.filter((pane) => this.phase(pane) === "error").map((pane) => `${TITLES[pane]}: ${this.trouble(pane)}.`);
    put(this.live, [...troubles, ...parts].filter(Boolean).join(" "));
  }

  // -- listening

  listen() {
    const { on } = this;
    for (const pane of PANES) this.listenToPane(pane, on);
    for (const part of [this.answer, this.reason, this.history, this.gallery, this.camera, this.drops]) part.listen(on);
    on(this.swap, "click", () => this.send({ kind: "swap" }));
    const heard = {
      "msg:custom": (message, buffers) => this.receive(message, buffers),
      "change:history": () => afterPaint(() => this.draw()),
      comm_live_update: () => this.send({ kind: "ping" }),
    };
    for (const name of TRAITS) heard[`change:${name}`] = () => this.update();
    this.kernel.listen(heard);
  }

  listenToPane(pane, on) {
    const parts = this.panes[pane];
    const open = () => parts.input.click();
    for (const button of [parts.choose, parts.again, parts.replace]) on(button, "click", open);
    on(parts.clear, "click", () => this.clearPane(pane));
    on(parts.node, "keydown", (event) => {
      if (event.target !== parts.node) return;
      if (this.reason.walk(pane, event.key)) event.stopPropagation();
      else if (["Enter", " "].includes(event.key)) open();
      else if (["Delete", "Backspace"].includes(event.key)) this.clearPane(pane);
      else return;
      event.preventDefault();
    });
    on(parts.input, "change", () => {
      this.give(pane, Array.from(parts.input.files, giftOfFile));
      parts.input.value = ""; // so that the same file can be chosen again
    });
    on(parts.image, "error", () => this.previews.lose((this.intake.pending[pane] ?? this.held(pane)).id));
  }
}
