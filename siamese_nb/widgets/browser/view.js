// The pair browser's view. The kernel's `state` is the one truth: a page of pairs with their verdicts. What is chosen on
// the page, how it is looked at, and the pictures that have arrived are the view's own.

const GROUPS = { genuine: "Genuine", impostor: "Impostors", suspect: "Suspects" };
const MOVES = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 };
const TURNS = { PageUp: -1, PageDown: 1 };

class View extends Shown {
  constructor(model, root) {
    super(model, () => this.drawNote());
    this.place = 0; // of the chosen pair on its page
    this.ending = false; // whether the next page is entered from behind
    this.pictures = new Pictures(this.kernel);
    this.build(root);
    this.listen();
    this.draw();
  }

  build(root) {
    this.stage = new Stage(this);
    this.judging = new Judging(this);
    this.page = new Page(this);
    this.groups = buildSwitch("Pairs", Object.entries(GROUPS).map(([name, label]) => ({ name, label })));
    this.category = element("select", { className: "sb-category", aria: { label: "Category" } });
    this.note = element("p", { className: "sc-notice", aria: { role: "status", live: "polite" } });
    this.card = element(
      "div",
      { className: "siamese siamese-card siamese-browser", aria: { role: "group", label: "Look at pairs" } },
      element("div", { className: "sc-row sc-apart sb-top" }, this.groups, this.category),
      this.stage.node,
      this.stage.wipe,
      this.stage.tools,
      this.judging.about,
      this.judging.node,
      this.note,
      this.page.node,
      this.page.pager,
    );
    root.append(this.card);
  }

  stop() {
    super.stop();
    this.pictures.stop();
  }

  get pair() {
    return this.state.pairs[this.place];
  }

  // -- to and from the kernel

  // One at a time, so that no key press is taken for a pair that is not yet to be seen; gives whether it was told.
  tell(message) {
    if (this.kernel.inFlight) return false;
    this.kernel.tell(message);
    return true;
  }

  show(changes, ending = false) {
    const { group, category, page } = this.state;
    if (this.tell({ kind: "show", group, category, page, ...changes })) Object.assign(this, { ending, turning: true });
    else this.drawCategories(); // a choice that was not told is taken back
  }

  update() {
    if (this.kernel.hear(this.state.id)) {
      if (this.turning) this.place = this.ending ? this.state.pairs.length - 1 : 0;
      this.turning = false;
    }
    this.choose(Math.min(this.place, Math.max(this.state.pairs.length - 1, 0)));
  }

  keep(message, buffers) {
    this.kernel.hear();
    this.pictures.keep(message, buffers);
    this.draw();
  }

  // -- moving

  choose(place) {
    this.place = place;
    this.draw();
  }

  move(by) {
    const { pairs, page, pages } = this.state;
    const place = this.place + by;
    if (place < 0) return page > 0 ? this.show({ page: page - 1 }, true) : undefined;
    if (place >= pairs.length) return page < pages - 1 ? this.show({ page: page + 1 }) : undefined;
    return this.choose(place);
  }

  // -- drawing

  draw() {
    this.drawGroups();
    this.drawCategories();
    this.stage.draw();
    this.judging.draw();
    this.page.draw();
    this.drawNote();
    this.pictures.ask();
  }

  drawGroups() {
    const { group, counts } = this.state;
    press(this.groups, group);
    for (const button of this.groups.children) {
      const { name } = button.dataset;
      put(button, `${GROUPS[name]} ${counts[name].toLocaleString("en-US")}`);
      button.hidden = name === "suspect" && !counts.suspect && group !== "suspect";
    }
  }

  drawCategories() {
    const { categories, category } = this.state;
    const names = ["", ...categories];
    this.category.hidden = categories.length < 2;
    if (this.category.options.length !== names.length) {
      this.category.replaceChildren(...names.map((name) => element("option", { value: name, textContent: name || "All categories" })));
    }
    this.category.value = category;
  }

  drawNote() {
    const { gone, waiting, inFlight } = this.kernel;
    if (gone) this.pictures.lose();
    const message = gone
      ? "The kernel is gone: run the cell again."
      : waiting && (inFlight || this.pictures.asked.size)
        ? WAITING
        : this.state.message;
    putNotice(this.note, message, Boolean(message) && !waiting);
  }

  // -- listening

  listen() {
    const { on } = this;
    for (const part of [this.stage, this.judging, this.page]) part.listen(on);
    on(this.groups, "click", (event) => {
      const { name: group } = event.target.closest("button")?.dataset ?? {};
      if (group) this.show({ group, page: 0 });
    });
    on(this.category, "change", () => this.show({ category: this.category.value, page: 0 }));
    on(this.card, "keydown", (event) => this.take(event));
    this.kernel.listen({
      "change:state": () => this.update(),
      "msg:custom": (message, buffers) => this.keep(message, buffers),
      comm_live_update: () => this.draw(),
    });
  }

  take(event) {
    if (["INPUT", "SELECT"].includes(event.target.tagName) || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key in MOVES) this.move(MOVES[event.key]);
    else if (event.key in TURNS) this.page.turn(TURNS[event.key]);
    else if (!this.judging.take(event.key.toLowerCase())) return;
    event.preventDefault();
    event.stopPropagation();
  }
}
