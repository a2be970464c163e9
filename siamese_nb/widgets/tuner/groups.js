// The errors of each group of pairs: kinds of impostor pairs, and categories.

const FEW = 8; // rows that are shown at first

function buildBar(kind) {
  const fill = element("span", { className: "st-fill" });
  const words = element("span", { className: "st-share" });
  return { fill, words, node: element("td", { data: { kind } }, element("span", { className: "st-bar" }, fill), words) };
}

class Groups {
  constructor(view) {
    this.view = view;
    this.all = false;
    this.rows = [];
    this.node = element("div", { className: "st-groups" });
  }

  listen(on) {
    on(this.node, "click", (event) => {
      if (!event.target.closest("button")) return;
      this.all = !this.all;
      this.rank();
    });
  }

  open({ groupings }) {
    let group = 1;
    this.rows = [];
    this.node.replaceChildren(
      ...groupings.map(({ title, names }) => {
        const rows = names.map((name) => this.buildRow(title, name, group++)).filter(Boolean);
        this.rows.push(...rows);
        return this.buildTable(title, rows);
      }),
    );
    this.rank();
  }

  buildRow(title, name, group) {
    const totals = this.view.counted.accepted(group, 0);
    if (title === "kind" && !totals.impostor) return null;
    const bars = { impostor: buildBar("impostor"), genuine: title === "kind" ? null : buildBar("genuine") };
    const cells = Object.values(bars).filter(Boolean).map(({ node }) => node);
    const node = element("tr", {}, element("th", { scope: "row", textContent: name, title: name }), ...cells);
    return { title, group, totals, bars, node, shown: true };
  }

  buildTable(title, rows) {
    const heads = title === "kind" ? ["Impostors of", "false accepts"] : ["Category", "false accepts", "false rejects"];
    const columns = heads.map((textContent) => element("th", { scope: "col", textContent }));
    const body = element("tbody", {}, ...rows.map(({ node }) => node));
    const table = element("table", { data: { title } }, element("thead", {}, element("tr", {}, ...columns)), body);
    const more = element("button", { type: "button", className: "sc-pill st-more", hidden: rows.length <= FEW });
    return element("div", {}, table, more);
  }

  // The groups with the most errors first; only while nothing moves, so that no row runs away.
  rank() {
    for (const table of this.node.children) {
      const body = table.querySelector("tbody");
      const rows = this.rows.filter(({ node }) => node.parentElement === body);
      const ranked = rows.map((row) => ({ row, rate: row.title === "kind" ? 0 : this.errors(row) })).sort((a, b) => b.rate - a.rate);
      ranked.forEach(({ row }, place) => {
        row.shown = this.all || place < FEW;
        row.node.hidden = !row.shown;
        if (body.children[place] !== row.node) body.insertBefore(row.node, body.children[place]);
      });
      put(table.querySelector(".st-more"), this.all ? "Show fewer" : `Show all ${rows.length}`);
    }
    this.draw();
  }

  errors({ group, totals }) {
    const at = this.view.countsAt(group);
    const kept = this.view.keptAt(group);
    return at && kept ? ratio(at.impostor + totals.genuine - kept.genuine, totals.impostor + totals.genuine) : 0;
  }

  draw() {
    for (const { group, totals, bars, shown } of this.rows) {
      if (!shown) continue;
      this.drawBar(bars.impostor, this.view.countsAt(group)?.impostor, totals.impostor);
      const kept = this.view.keptAt(group);
      if (bars.genuine) this.drawBar(bars.genuine, kept && totals.genuine - kept.genuine, totals.genuine);
    }
  }

  drawBar({ fill, words }, errors, total) {
    const share = ratio(errors ?? 0, total);
    const text = errors == null ? "…" : total ? `${percent(share)} · ${whole(errors)} of ${whole(total)}` : "no pairs";
    if (words.textContent === text) return;
    words.textContent = text;
    fill.style.transform = `scaleX(${share || 0})`;
  }
}
