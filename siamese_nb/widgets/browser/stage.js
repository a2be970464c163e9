// The chosen pair, large: side by side, one wiped over the other, or their difference.

const LOOKS = [
  { name: "side", label: "Side by side" },
  { name: "wipe", label: "Wipe" },
  { name: "difference", label: "Difference" },
];

class Stage {
  constructor(view) {
    this.view = view;
    this.looked = "side";
    this.images = buildPictures();
    this.names = [0, 1].map(() => element("figcaption"));
    this.frame = element("div", { className: "sb-frame" }, ...this.images.map((image, side) => element("figure", {}, image, this.names[side])));
    this.trouble = element("p", { className: "sb-trouble" });
    this.wipe = element("input", { type: "range", min: 0, max: 100, value: 50, className: "sb-wipe", aria: { label: "Where the second picture begins" } });
    this.looks = buildSwitch("View", LOOKS);
    this.back = iconButton("back", "Previous pair", "sc-tool");
    this.on = iconButton("on", "Next pair", "sc-tool");
    this.node = element("div", { className: "sb-stage", tabIndex: 0, aria: { role: "group", label: "The chosen pair; arrow keys choose another" } }, this.frame, this.trouble);
    this.tools = element("div", { className: "sb-tools" }, this.back, this.looks, this.on);
  }

  listen(on) {
    on(this.looks, "click", (event) => this.look(event.target.closest("button")?.dataset.name));
    on(this.wipe, "input", () => this.draw());
    on(this.back, "click", () => this.view.move(-1));
    on(this.on, "click", () => this.view.move(1));
    for (const image of this.images) on(image, "load", () => this.shape());
  }

  look(name) {
    this.looked = name ?? this.looked;
    this.view.draw();
  }

  draw() {
    const { pair, place, pictures } = this.view;
    const { page, pages, pairs } = this.view.state;
    press(this.looks, this.looked);
    this.back.disabled = page === 0 && place === 0;
    this.on.disabled = page >= pages - 1 && place >= pairs.length - 1;
    this.node.dataset.view = this.looked;
    this.node.hidden = !pair;
    this.wipe.hidden = this.looked !== "wipe" || !pair;
    if (!pair) return;
    put(this.trouble, pictures.show(this.images, pair.index, "large", pair.paths));
    pair.paths.forEach((path, side) => put(this.names[side], path));
    this.frame.style.setProperty("--wipe", `${this.wipe.value}%`);
    this.shape();
  }

  // Laid over each other both take one shape, as they do for a network.
  shape() {
    const { naturalWidth, naturalHeight } = this.images[0];
    this.frame.style.setProperty("--ratio", naturalHeight ? naturalWidth / naturalHeight : 1);
  }
}
