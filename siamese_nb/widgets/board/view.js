// The button that opens TensorBoard, and the frame that it opens in.

const WORDS = { starting: "Starting TensorBoard…", open: "Load TensorBoard anew" };

class View extends Shown {
  constructor(model, root) {
    super(model, () => this.drawGone());
    this.button = element("button", { type: "button", className: "sc-pill" });
    this.note = element("p", { aria: { role: "status" } });
    this.card = element("div", { className: "siamese siamese-board" }, this.button, this.note);
    root.append(this.card);
    this.on(this.button, "click", () => this.kernel.send({ kind: "open" }));
    this.kernel.listen({ "change:state": () => this.draw() });
    this.draw();
  }

  // On this machine the page's own host answers on TensorBoard's port; behind a hub the notebook's server passes it on.
  address({ path, port }) {
    const url = new URL(path || "/", window.location.href);
    if (!path) url.port = port;
    return url.href;
  }

  draw() {
    this.kernel.hear();
    const { status, message = "", ...where } = this.state;
    this.button.disabled = status === "starting";
    put(this.button, WORDS[status] ?? "Open TensorBoard");
    this.frame?.remove();
    put(this.note, message);
    if (status !== "open") return;
    const link = element("a", { href: this.address(where), target: "_blank", textContent: "In a tab of its own" });
    this.note.replaceChildren(link);
    this.frame = element("iframe", { src: link.href, title: "TensorBoard" });
    this.card.append(this.frame);
  }

  drawGone() {
    if (this.kernel.gone) put(this.note, "The kernel is gone: run the cell again.");
  }
}
