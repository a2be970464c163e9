// Many pictures at once: ranked against the one in the other pane, or each with each.

const TABS = { ranked: "Ranked", each: "Each with each" };

function buildGallery() {
  const title = element("strong");
  const tabs = buildModes("Look at these pictures", TABS);
  const save = element("button", { type: "button", className: "sc-pill", textContent: "Save as CSV" });
  const leave = iconButton("clear", "Put these pictures away", "sc-tool");
  const head = element("div", { className: "sc-gallery-head" }, title, tabs, element("span", { className: "sc-gap" }), save, leave);
  const words = element("p", { className: "sc-note" });
  const list = element("ol", { className: "sc-ranked" });
  const strays = element("details", { className: "sc-strays" }, element("summary"), element("ul"));
  strays.firstChild.dataset.lmSuppressShortcuts = "true";
  const node = element("section", { className: "sc-gallery", hidden: true, aria: { label: "Many pictures" } }, head, words, list, strays);
  return { node, title, tabs, saver: save, leaver: leave, about: words, list, strays };
}

class Gallery {
  constructor(view) {
    this.view = view;
    this.smalls = new Map(); // place -> object URL
    this.asked = new Set(); // places that the kernel was asked for
    this.wanted = new Set(); // places that it will be asked for at the next frame
    this.tab = null; // the user's choice; without one it follows what is there
    this.built = ""; // what the list was built of
    Object.assign(this, buildGallery());
    this.matrix = new Matrix(view, this);
    this.node.insertBefore(this.matrix.node, this.strays);
  }

  listen(on) {
    on(this.tabs, "change", (event) => {
      this.tab = event.target.value;
      this.view.draw();
    });
    on(this.saver, "click", () => (this.shown === "ranked" ? this.saveRanking() : this.saveGroups()));
    on(this.leaver, "click", () => this.view.send({ kind: "leave", id: this.given().id }));
    on(this.list, "click", (event) => this.chooseRow(event.target.closest("button")));
    on(this.list, "keydown", (event) => this.walk(event, this.list));
    on(this.matrix.groups, "keydown", (event) => this.walk(event, this.matrix.groups));
    on(this.matrix.groups, "click", (event) => this.chooseRow(event.target.closest("button")));
    this.watching = new IntersectionObserver((seen) => this.see(seen), { scrollMargin: "200px" });
    this.matrix.listen(on);
  }

  stop() {
    this.watching.disconnect();
    this.matrix.stop();
    this.forget();
  }

  forget() {
    for (const url of this.smalls.values()) URL.revokeObjectURL(url);
    for (const places of [this.smalls, this.asked, this.wanted]) places.clear();
    this.matrix.forget();
    this.built = "";
    this.tab = null;
  }

  given() {
    return this.view.model.get("gallery") ?? {};
  }

  nameOf(place) {
    return this.given().members[place]?.name || `picture ${place + 1}`;
  }

  // Places of the members that are pictures: the scores are in this order.
  pictures() {
    return this.given().members.flatMap((member, place) => (member.message ? [] : [place]));
  }

  choose(panes) {
    this.view.choose(Object.keys(panes), { kind: "choose", id: this.given().id, panes });
  }

  chooseRow(button) {
    if (button) this.choose({ [this.given().pane]: Number(button.dataset.place) });
  }

  // -- drawing

  draw() {
    const { id, status, members = [] } = this.given();
    if (this.id !== id) this.forget();
    this.id = id;
    this.node.hidden = status !== "ready";
    if (this.node.hidden) return;
    const { query } = this.view.model.get("ranking");
    const pictures = this.pictures();
    this.shown = pictures.length < 2 ? "ranked" : this.tab ?? (query ? "ranked" : "each");
    put(this.title, plural(pictures.length, "picture"));
    for (const input of this.tabs.querySelectorAll("input")) {
      input.checked = input.value === this.shown;
      input.disabled = input.value === "each" && pictures.length < 2;
    }
    put(this.about, this.words());
    this.saver.hidden = this.shown === "ranked" && !query;
    this.list.hidden = this.shown !== "ranked" || !query;
    this.matrix.node.hidden = this.shown !== "each";
    if (this.shown === "each") this.matrix.draw();
    else this.drawList();
    this.drawStrays(members.filter((member) => member.message));
    this.markShown();
  }

  words() {
    const { status, pane } = this.given();
    if (status !== "ready") return "";
    const { query, scores, threshold } = this.view.model.get("ranking");
    const other = OTHER[pane];
    if (this.shown === "each") return `Each pair of ${plural(this.pictures().length, "picture")}, like beside like. In a group, every two reach the threshold ${threshold.toFixed(2)}.`;
    if (!query) return `Put a picture into the ${other === "one" ? "first" : "second"} pane to rank these by it.`;
    const reach = scores.filter((score) => score >= threshold).length;
    const name = this.view.held(other).name || "the picture given in Python";
    return `Ranked by their score with ${name}: ${reach} of ${scores.length} reach the threshold ${threshold.toFixed(2)}.`;
  }

  ranking() {
    const { scores, threshold } = this.view.model.get("ranking");
    const rows = this.pictures().map((place, row) => ({ place, name: this.nameOf(place), score: scores[row], threshold }));
    rows.sort((a, b) => b.score - a.score || a.place - b.place);
    return rows.map((row, at) => ({ rank: at + 1, ...row, verdict: row.score >= threshold ? "similar" : "not similar" }));
  }

  drawList() {
    const { query, threshold } = this.view.model.get("ranking");
    const key = `${this.id} ${query} ${threshold}`;
    if (!query || this.built === key) return;
    this.built = key;
    for (const tile of this.list.querySelectorAll("button")) this.watching.unobserve(tile);
    this.list.replaceChildren(...this.ranking().map((row) => this.buildRow(row)));
    const first = this.list.querySelector("button");
    if (first) first.tabIndex = 0;
  }

  buildRow({ rank, place, name, score, threshold, verdict }) {
    const tile = this.buildTile(place);
    tile.tabIndex = -1; // one stop of the Tab key for all rows; the arrow keys go on from there
    const words = element("span", { className: "sc-row-score" }, icon(verdict), inWords(score, threshold)[0]);
    tile.prepend(element("span", { className: "sc-rank", textContent: rank }));
    tile.append(element("span", { className: "sc-row-name" }, element("span", { textContent: name }), words));
    tile.setAttribute("aria-label", `${rank}: ${name}, ${VERDICT[verdict]}, ${score.toFixed(3)}`);
    return element("li", { data: { verdict } }, tile);
  }

  // A member as a button; its picture comes when it is about to be seen.
  buildTile(place) {
    const url = this.smalls.get(place);
    const image = element("img", { alt: "", draggable: false, hidden: !url });
    if (url) image.src = url;
    const name = this.nameOf(place);
    const tile = element("button", { type: "button", className: "sc-tile", title: name, data: { place }, aria: { label: name } }, element("span", { className: "sc-small" }, image));
    this.watching.observe(tile);
    return tile;
  }

  markShown() {
    const { id, pane } = this.given();
    const shown = this.view.held(pane).id;
    for (const tile of this.node.querySelectorAll(".sc-tile")) {
      const current = shown === `${id}/${tile.dataset.place}`;
      if (current) tile.setAttribute("aria-current", "true");
      else tile.removeAttribute("aria-current");
    }
  }

  drawStrays(strays) {
    this.strays.hidden = !strays.length;
    if (this.strays.hidden) return;
    put(this.strays.firstChild, `${plural(strays.length, "file was", "files were")} left out`);
    const lines = strays.map(({ message }) => element("li", { textContent: message }));
    this.strays.lastChild.replaceChildren(...lines);
  }

  walk(event, list) {
    const buttons = [...list.querySelectorAll("button")];
    const at = buttons.indexOf(event.target);
    const columns = list === this.list ? Math.max(1, getComputedStyle(list).gridTemplateColumns.split(" ").length) : 1;
    const step = { ArrowDown: columns, ArrowUp: -columns, ArrowRight: 1, ArrowLeft: -1, Home: -at, End: buttons.length - 1 - at }[event.key];
    if (at < 0 || step === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const next = buttons[Math.max(0, Math.min(buttons.length - 1, at + step))];
    buttons[at].tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }

  // -- small pictures

  see(seen) {
    this.want(seen.filter((entry) => entry.isIntersecting).map((entry) => Number(entry.target.dataset.place)));
  }

  want(places) {
    const id = this.given().id;
    for (const place of places) if (!this.asked.has(place)) this.wanted.add(place);
    if (!this.wanted.size || this.asking) return;
    this.asking = true;
    requestAnimationFrame(() => {
      this.asking = false;
      if (this.view.stopped || this.view.kernel.gone || id !== this.given().id) return this.wanted.clear();
      const all = [...this.wanted];
      this.wanted.clear();
      for (const place of all) this.asked.add(place);
      return this.view.send({ kind: "smalls", id, places: all });
    });
  }

  keepSmalls({ id, places }, jpegs) {
    if (id !== this.given().id) return;
    places.forEach((place, index) => {
      if (!this.smalls.has(place)) this.smalls.set(place, URL.createObjectURL(jpegs[index]));
      for (const image of this.node.querySelectorAll(`[data-place="${place}"] img`)) {
        image.src = this.smalls.get(place);
        image.hidden = false;
      }
    });
    if (this.shown === "each") this.matrix.show();
  }

  // -- tables

  saveRanking() {
    save("ranking.csv", toCsv(["rank", "name", "score", "threshold", "verdict"], this.ranking()));
  }

  saveGroups() {
    const rows = (this.matrix.found?.groups ?? []).flatMap((group, number) => group.map((place) => ({ group: number + 1, name: this.nameOf(place) })));
    save("groups.csv", toCsv(["group", "name"], rows));
  }
}
