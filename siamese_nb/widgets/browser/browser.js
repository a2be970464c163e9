// The pair browser's view. The kernel's `state` is the one truth: a page of pairs with their verdicts. What is chosen on
// the page, how it is looked at, and the pictures that have arrived are the view's own.

const PATIENCE = 1000; // milliseconds without an answer until the kernel is called busy
const KEPT = 240; // pictures of pairs that the browser keeps
const SESSION = Math.random().toString(36).slice(2);
let lastId = 0;

const GROUPS = { genuine: "Genuine", impostor: "Impostors", suspect: "Suspects" };
const VIEWS = { side: "Side by side", wipe: "Wipe", difference: "Difference" };
const VERDICTS = {
  "same thing": { label: "Same thing", key: "s", title: "Both pictures show the same thing" },
  "not the same thing": { label: "Not the same thing", key: "n", title: "They do not: of a couple neither is used, a pair stays an impostor" },
  exclude: { label: "Exclude", key: "x", title: "Use neither picture" },
};

const ICONS = {
  problem: '<path d="M12 3.5 21.5 20h-19Z"/><path d="M12 10v4.5m0 2.6v.1"/>',
  back: '<path d="m14.5 5-7 7 7 7"/>',
  on: '<path d="m9.5 5 7 7-7 7"/>',
  undo: '<path d="M4.5 9.5h9a5 5 0 0 1 0 10h-5m-4-10 4.5-4.5m-4.5 4.5 4.5 4.5"/>',
};

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.classList.add("sb-icon");
  svg.innerHTML = ICONS[name];
  return svg;
}

function element(tag, properties = {}, ...children) {
  const { data = {}, aria = {}, ...rest } = properties;
  const node = Object.assign(document.createElement(tag), rest);
  Object.assign(node.dataset, data);
  for (const [name, value] of Object.entries(aria)) node.setAttribute(name === "role" ? name : `aria-${name}`, value);
  node.append(...children);
  // Lab looks for this on the focused element itself: without it, keys meant for the browser cut and delete cells.
  if (["button", "input", "select"].includes(tag) || rest.tabIndex === 0) node.dataset.lmSuppressShortcuts = "true";
  return node;
}

function put(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function tool(name, label) {
  return element("button", { type: "button", className: "sb-tool", title: label, aria: { label } }, icon(name));
}

function buildSwitch(label, names) {
  const buttons = Object.entries(names).map(([name, text]) => element("button", { type: "button", textContent: text, data: { name } }));
  return element("div", { className: "sb-switch", aria: { role: "group", label } }, ...buttons);
}

function press(node, chosen) {
  for (const button of node.children) button.setAttribute("aria-pressed", String(button.dataset.name === chosen));
}

function buildStage() {
  const images = [0, 1].map(() => element("img", { alt: "", draggable: false }));
  const names = [0, 1].map(() => element("figcaption"));
  const frame = element("div", { className: "sb-frame" }, ...images.map((image, side) => element("figure", {}, image, names[side])));
  const wipe = element("input", { type: "range", min: 0, max: 100, value: 50, className: "sb-wipe", aria: { label: "Where the second picture begins" } });
  const trouble = element("p", { className: "sb-trouble" });
  const node = element("div", { className: "sb-stage", tabIndex: 0, aria: { role: "group", label: "The chosen pair; arrow keys choose another" } }, frame, trouble);
  return { node, frame, images, names, wipe, trouble };
}

function buildTile() {
  const images = [0, 1].map(() => element("img", { alt: "", draggable: false }));
  const verdict = element("span", { className: "sb-verdict" });
  const words = element("span", { className: "sb-words" });
  const node = element("button", { type: "button", className: "sb-tile" }, element("span", { className: "sb-two" }, ...images), words, verdict);
  return { node, images, verdict, words };
}

class View {
  constructor(model, root) {
    this.model = model;
    this.stopping = new AbortController();
    this.place = 0; // of the chosen pair on its page
    this.ending = false; // whether the next page is entered from behind
    this.view = "side";
    this.inFlight = null; // the id of what the kernel was told and has not answered yet
    this.waiting = this.gone = false;
    this.pictures = new Map(); // "index:size" -> { urls, message }
    this.asked = new Set();
    this.wanted = { small: [], large: [] };
    this.tiles = [];
    this.build(root);
    this.listen();
    this.draw();
  }

  build(root) {
    this.stage = buildStage();
    this.groups = buildSwitch("Pairs", GROUPS);
    this.views = buildSwitch("View", VIEWS);
    this.category = element("select", { className: "sb-category", aria: { label: "Category" } });
    this.words = element("p", { className: "sb-about" });
    this.buttons = Object.entries(VERDICTS).map(([verdict, { label, key, title }]) =>
      element("button", { type: "button", textContent: label, title: `${title} (${key.toUpperCase()})`, data: { verdict } }),
    );
    this.undo = element("button", { type: "button", className: "sb-undo" }, icon("undo"), element("span"));
    this.back = tool("back", "Previous pair");
    this.on = tool("on", "Next pair");
    this.strip = element("div", { className: "sb-strip" });
    this.pageBack = tool("back", "Previous page");
    this.pageOn = tool("on", "Next page");
    this.where = element("span", { className: "sb-where" });
    this.kept = element("p", { className: "sb-hint" });
    this.note = element("p", { className: "sb-note", aria: { role: "status", live: "polite" } });
    const tools = element("div", { className: "sb-tools" }, this.back, this.views, this.on);
    this.card = element(
      "div",
      { className: "siamese-browser", aria: { role: "group", label: "Look at pairs" } },
      element("div", { className: "sb-top" }, this.groups, this.category),
      this.stage.node,
      this.stage.wipe,
      tools,
      this.words,
      element("div", { className: "sb-say" }, ...this.buttons, this.undo),
      this.note,
      this.strip,
      element("div", { className: "sb-pager" }, this.pageBack, this.where, this.pageOn, this.kept),
    );
    root.append(this.card);
  }

  stop() {
    this.stopping.abort();
    clearTimeout(this.timer);
    for (const { urls } of this.pictures.values()) urls.forEach((url) => URL.revokeObjectURL(url));
    this.pictures.clear();
    this.card.remove();
  }

  get state() {
    return this.model.get("state");
  }

  get pair() {
    return this.state.pairs[this.place];
  }

  // -- to and from the kernel

  send(message) {
    try {
      this.model.send(message, undefined, []);
    } catch (error) {
      console.debug("browser: the kernel is gone", error);
      this.hear();
      this.gone = true;
      this.inFlight = null;
      this.asked.clear();
      this.drawNote();
      return false;
    }
    this.timer ??= setTimeout(() => {
      this.waiting = true;
      this.drawNote();
    }, PATIENCE);
    return true;
  }

  // What is answered by a state; one at a time, so that no key press is taken for a pair that is not yet to be seen.
  tell(message) {
    if (this.inFlight) return;
    this.inFlight = `${SESSION}-${(lastId += 1)}`;
    if (!this.send({ ...message, id: this.inFlight })) this.inFlight = null;
  }

  show(changes, ending = false) {
    const { group, category, page } = this.state;
    this.ending = ending;
    this.turning = true;
    this.tell({ kind: "show", group, category, page, ...changes });
  }

  say(verdict) {
    if (this.pair) this.tell({ kind: "verdict", index: this.pair.index, verdict });
  }

  hear() {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.waiting = this.gone = false;
  }

  update() {
    this.hear();
    if (this.inFlight === this.state.id) {
      this.inFlight = null;
      if (this.turning) this.place = this.ending ? this.state.pairs.length - 1 : 0;
      this.turning = false;
    }
    this.place = Math.min(this.place, Math.max(this.state.pairs.length - 1, 0));
    this.draw();
  }

  // -- moving

  move(by) {
    const { pairs, page, pages } = this.state;
    const place = this.place + by;
    if (place < 0) return page > 0 ? this.show({ page: page - 1 }, true) : undefined;
    if (place >= pairs.length) return page < pages - 1 ? this.show({ page: page + 1 }) : undefined;
    this.place = place;
    return this.draw();
  }

  // -- drawing

  draw() {
    const { group, category, categories, counts, first, page, pages, pairs, total } = this.state;
    press(this.groups, group);
    press(this.views, this.view);
    for (const button of this.groups.children) {
      const { name } = button.dataset;
      put(button, `${GROUPS[name]} ${counts[name].toLocaleString("en-US")}`);
      button.hidden = name === "suspect" && !counts.suspect && group !== "suspect";
    }
    this.drawCategories(categories, category);
    this.drawStage();
    this.drawSay();
    while (this.tiles.length < pairs.length) this.addTile();
    this.tiles.forEach((tile, place) => {
      tile.node.hidden = place >= pairs.length;
      if (pairs[place]) this.drawTile(tile, pairs[place], place);
    });
    put(this.where, total ? `${first + 1} to ${first + pairs.length} of ${total.toLocaleString("en-US")}` : "No such pairs");
    this.pageBack.disabled = page === 0;
    this.pageOn.disabled = page >= pages - 1;
    this.back.disabled = page === 0 && this.place === 0;
    this.on.disabled = page >= pages - 1 && this.place >= pairs.length - 1;
    this.drawNote();
    this.askForPictures();
  }

  drawCategories(categories, category) {
    const names = ["", ...categories];
    this.category.hidden = categories.length < 2;
    if (this.category.options.length !== names.length) {
      this.category.replaceChildren(...names.map((name) => element("option", { value: name, textContent: name || "All categories" })));
    }
    this.category.value = category;
  }

  drawStage() {
    const { frame, images, names, node, trouble, wipe } = this.stage;
    node.dataset.view = this.view;
    node.hidden = !this.pair;
    wipe.hidden = this.view !== "wipe" || !this.pair;
    if (!this.pair) return;
    const message = this.showPictures(images, this.pair, "large");
    put(trouble, message);
    this.pair.paths.forEach((path, side) => put(names[side], path));
    frame.style.setProperty("--wipe", `${wipe.value}%`);
    const { naturalWidth, naturalHeight } = images[0];
    // Laid over each other they take one shape, as they do for a network.
    frame.style.setProperty("--ratio", naturalHeight ? naturalWidth / naturalHeight : 1);
    if (!naturalHeight) images[0].addEventListener("load", () => this.drawStage(), { once: true, signal: this.stopping.signal });
  }

  drawSay() {
    const { last, verdicts } = this.state;
    const about = this.pair ? [this.pair.words, this.pair.note].filter(Boolean).join(": ") : "";
    put(this.words, about);
    for (const button of this.buttons) {
      button.disabled = !this.pair;
      button.setAttribute("aria-pressed", String(this.pair?.verdict === button.dataset.verdict));
    }
    this.undo.hidden = !last;
    if (last) {
      put(this.undo.lastChild, `Undo “${last.verdict}”`);
      this.undo.title = `${last.pictures.filter(Boolean).join(", ")} (U)`;
    }
    put(this.kept, verdicts ? `${verdicts} in review.csv; the next scan honours ${verdicts === 1 ? "it" : "them"}` : "");
  }

  addTile() {
    const tile = buildTile();
    const place = this.tiles.push(tile) - 1;
    tile.node.addEventListener("click", () => {
      this.place = place;
      this.draw();
    });
    this.strip.append(tile.node);
  }

  drawTile(tile, pair, place) {
    const chosen = place === this.place;
    tile.node.setAttribute("aria-pressed", String(chosen));
    tile.node.dataset.verdict = pair.verdict;
    tile.node.title = pair.paths.join("\n");
    tile.node.setAttribute("aria-label", `${pair.paths.join(" and ")}, ${pair.words}${pair.verdict ? `, said to be: ${pair.verdict}` : ""}`);
    put(tile.words, pair.paths[0].split("/").slice(0, -1).join("/") || pair.paths[0]);
    put(tile.verdict, pair.verdict);
    this.showPictures(tile.images, pair, "small");
  }

  drawNote() {
    const message = this.gone
      ? "The kernel is gone: run the cell again."
      : this.waiting && (this.inFlight || this.asked.size)
        ? "Waiting for the kernel: it is busy, or was restarted; then run the cell again."
        : this.state.message;
    this.note.dataset.trouble = String(Boolean(message) && !this.waiting);
    if (this.note.dataset.text !== message) {
      this.note.dataset.text = message;
      this.note.replaceChildren(...(message ? [icon("problem"), element("span", { textContent: message })] : []));
    }
  }

  // -- pictures

  showPictures(images, { index, paths }, size) {
    const key = `${index}:${size}`;
    const found = this.pictures.get(key);
    const urls = found?.urls ?? this.pictures.get(`${index}:small`)?.urls ?? [];
    images.forEach((image, side) => {
      if (urls[side] && image.src !== urls[side]) image.src = urls[side];
      if (!urls[side]) image.removeAttribute("src");
      image.alt = urls[side] ? paths[side] : "";
    });
    if (found) {
      this.pictures.delete(key); // the last looked at is the last to be dropped
      this.pictures.set(key, found);
    } else if (!this.asked.has(key) && !this.gone) {
      this.asked.add(key);
      this.wanted[size].push(index);
    }
    return found?.message ?? "";
  }

  askForPictures() {
    for (const [size, indices] of Object.entries(this.wanted)) {
      if (indices.length) this.send({ kind: "pictures", indices: indices.splice(0), size });
    }
  }

  keepPictures({ size, pairs }, buffers) {
    this.hear();
    const left = [...buffers];
    for (const { index, message } of pairs) {
      const both = message ? [] : left.splice(0, 2);
      this.asked.delete(`${index}:${size}`);
      this.pictures.set(`${index}:${size}`, { message, urls: both.map((buffer) => URL.createObjectURL(new Blob([buffer], { type: "image/jpeg" }))) });
    }
    for (const [old, { urls }] of this.pictures) {
      if (this.pictures.size <= KEPT) break;
      urls.forEach((url) => URL.revokeObjectURL(url));
      this.pictures.delete(old);
    }
    this.draw();
  }

  // -- listening

  listen() {
    const { signal } = this.stopping;
    const on = (target, type, handler) => target.addEventListener(type, handler, { signal });
    on(this.groups, "click", (event) => this.choose(event, (group) => this.show({ group, page: 0 })));
    on(this.views, "click", (event) => this.choose(event, (view) => this.look(view)));
    on(this.category, "change", () => this.show({ category: this.category.value, page: 0 }));
    on(this.stage.wipe, "input", () => this.drawStage());
    for (const button of this.buttons) on(button, "click", () => this.say(button.dataset.verdict));
    on(this.undo, "click", () => this.tell({ kind: "undo" }));
    on(this.back, "click", () => this.move(-1));
    on(this.on, "click", () => this.move(1));
    on(this.pageBack, "click", () => this.show({ page: this.state.page - 1 }));
    on(this.pageOn, "click", () => this.show({ page: this.state.page + 1 }));
    on(this.card, "keydown", (event) => this.key(event));
    const handlers = {
      "change:state": () => this.update(),
      "msg:custom": (message, buffers) => this.keepPictures(message, buffers),
      comm_live_update: () => this.draw(),
    };
    for (const [name, handler] of Object.entries(handlers)) this.model.on(name, handler);
    signal.addEventListener("abort", () => {
      for (const [name, handler] of Object.entries(handlers)) this.model.off(name, handler);
    });
  }

  choose(event, then) {
    const { name } = event.target.closest("button")?.dataset ?? {};
    if (name) then(name);
  }

  look(view) {
    this.view = view;
    this.draw();
  }

  key(event) {
    if (["INPUT", "SELECT"].includes(event.target.tagName) || event.altKey || event.ctrlKey || event.metaKey) return;
    const verdict = Object.keys(VERDICTS).find((name) => VERDICTS[name].key === event.key.toLowerCase());
    const moves = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 };
    const pages = { PageUp: -1, PageDown: 1 };
    if (event.key in moves) this.move(moves[event.key]);
    else if (event.key in pages) this.turnPage(pages[event.key]);
    else if (verdict) this.say(verdict);
    else if (event.key.toLowerCase() === "u" && this.state.last) this.tell({ kind: "undo" });
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  turnPage(by) {
    const page = this.state.page + by;
    if (page >= 0 && page < this.state.pages) this.show({ page });
  }
}

function render({ model, el }) {
  const view = new View(model, el);
  return () => view.stop();
}

export default { render };
