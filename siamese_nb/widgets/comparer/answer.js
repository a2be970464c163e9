// The answer: verdict, figures, the score's scale with validation behind it, pairs like this one.

function buildResult() {
  const badge = element("div", { className: "sc-badge" });
  const chance = element("p", { className: "sc-chance" });
  const detail = element("p", { className: "sc-detail" });
  const remarks = element("ul", { className: "sc-remarks" });
  const told = element("span");
  const show = element("button", { type: "button", className: "sc-link", textContent: "Show some" });
  const like = element("p", { className: "sc-like" }, told, show);
  const pairs = element("div", { className: "sc-pairs" });
  const mark = element("div", { className: "sc-mark" }, element("span"));
  const tick = element("div", { className: "sc-tick" }, element("span"));
  const bars = element("div", { className: "sc-bars", aria: { hidden: "true" } });
  const band = element("div", { className: "sc-band", title: "Not sure: validation pairs of both kinds score here" });
  const slider = element("input", {
    type: "range",
    className: "sc-slider",
    min: 0,
    max: 1,
    step: 0.001,
    aria: { label: "Threshold" },
  });
  slider.dataset.lmSuppressShortcuts = "true";
  const back = element("button", { type: "button", className: "sc-link sc-back", hidden: true });
  const scale = element(
    "div",
    { className: "sc-scale" },
    bars,
    element("div", { className: "sc-track", aria: { role: "img" } }, element("div", { className: "sc-above" }), band),
    tick,
    mark,
    slider,
    element("span", { className: "sc-end sc-low", textContent: "0" }),
    element("span", { className: "sc-end sc-high", textContent: "1" }),
  );
  const node = element(
    "div",
    { className: "sc-result" },
    element("div", { className: "sc-verdict" }, badge, chance, detail, like),
    element("div", { className: "sc-measure" }, scale, back),
    remarks,
    pairs,
  );
  const track = scale.querySelector(".sc-track");
  return { node, badge, chance, detail, scale, track, mark, tick, bars, band, slider, back, remarks, like, told, show, pairs };
}

class Answer {
  constructor(view) {
    this.view = view;
    this.found = null; // validation pairs like this one: { key, pairs, urls }
    Object.assign(this, buildResult());
  }

  stop() {
    clearTimeout(this.trying);
    this.forgetPairs();
  }

  draw(full) {
    const { answer, message } = this.view.state;
    const busy = PANES.some((pane) => this.view.phase(pane) === "sending");
    const shown = full && answer && !this.view.kernel.gone ? answer : null; // else a drop would vanish beside an old verdict
    this.node.dataset.verdict = shown?.verdict ?? "";
    this.node.dataset.sure = String(shown?.sure ?? true);
    this.node.dataset.trouble = String(Boolean(this.view.kernel.gone || (full && message)));
    const [headline, detail, chance = ""] = shown ? this.describe(shown) : this.describeWaiting(full, busy, message);
    this.badge.replaceChildren(...(shown ? [icon(this.iconOf(shown))] : []), element("span", { textContent: headline }));
    this.chance.textContent = chance;
    this.detail.textContent = [detail, this.view.note].filter(Boolean).join(" ");
    const remarks = shown?.remarks ?? [];
    this.remarks.replaceChildren(...remarks.map((remark) => element("li", {}, icon("problem"), remark)));
    this.drawLike(shown);
    this.drawScale(shown);
    this.view.say([`${headline}.`, chance, detail, ...remarks, this.view.note, this.view.gallery.words()]);
  }

  describe(answer) {
    const [score, threshold] = inWords(answer.score, answer.threshold);
    const side = answer.score > answer.threshold ? "above" : answer.score < answer.threshold ? "below" : "at";
    const chance = answer.probability === null ? "" : inPercent(answer, this.view.background().prevalence);
    return [`${VERDICT[answer.verdict]}${(answer.sure ?? true) ? "" : ", but not sure"}`, `Score ${score}, ${side} the threshold ${threshold}.`, chance];
  }

  iconOf(answer) {
    if (answer.sure ?? true) return answer.verdict;
    return answer.verdict === "similar" ? "similarUnsure" : "differentUnsure";
  }

  describeWaiting(full, busy, message) {
    if (this.view.kernel.gone) return ["The kernel is gone", "Run the cell again to go on."];
    if (this.view.kernel.waiting) return ["Waiting for the kernel", "It is busy, or was restarted: then run the cell again."];
    if (full && message) return ["No answer", message];
    if (full) return ["Comparing", ""];
    if (busy) return ["Reading", ""];
    if (PANES.some((pane) => this.view.phase(pane) === "picture")) return ["One more picture", "Drop, paste or choose it above."];
    return ["Do these show the same thing?", "Drop two pictures to find out."];
  }

  drawScale(answer) {
    const { scale, track, mark, tick, slider, back } = this;
    scale.dataset.known = String(Boolean(answer));
    this.drawBackground();
    slider.disabled = !answer;
    back.hidden = !answer || answer.threshold === (answer.saved_threshold ?? answer.threshold);
    if (!answer) return track.setAttribute("aria-label", "The score's scale, from 0 to 1");
    if (!this.sliding) slider.value = answer.threshold;
    back.textContent = `Back to the saved threshold ${(answer.saved_threshold ?? 0).toFixed(3)}`;
    const [score, threshold] = inWords(answer.score, answer.threshold);
    scale.style.setProperty("--score", Math.min(1, Math.max(0, answer.score)));
    scale.style.setProperty("--threshold", Math.min(1, Math.max(0, answer.threshold)));
    mark.firstChild.textContent = score;
    tick.firstChild.textContent = `threshold ${threshold}`;
    return track.setAttribute("aria-label", `Score ${score} on a scale from 0 to 1, threshold ${threshold}`);
  }

  drawBackground() {
    const { genuine, impostor, band } = this.view.background();
    const { bars, band: stripe } = this;
    stripe.hidden = !band || band[1] <= band[0];
    if (band) Object.assign(stripe.style, { left: `${100 * band[0]}%`, width: `${100 * (band[1] - band[0])}%` });
    if (!genuine || bars.childElementCount) return;
    const highest = Math.sqrt(Math.max(...genuine, ...impostor));
    for (const [kind, shares] of Object.entries({ impostor, genuine })) {
      const row = element("div", { className: `sc-bar-row sc-${kind}` });
      row.append(...shares.map((share) => {
        const bar = element("i");
        bar.style.height = `${(100 * Math.sqrt(share)) / highest}%`; // the square root shows the rare ones, too
        return bar;
      }));
      bars.append(row);
    }
  }

  // -- pairs like this one

  drawLike(answer) {
    const { like, told, show, pairs } = this;
    const known = answer?.of > 0;
    const open = this.found?.key === this.view.key();
    put(told, known ? `Of the ${answer.of} validation pairs that scored most like this, ${answer.same} showed the same thing. ` : "");
    show.hidden = !known || open || !this.view.background().pictures;
    like.hidden = !known;
    if (!known) return pairs.replaceChildren();
    if (!open) return pairs.replaceChildren();
    if (pairs.dataset.key === this.found.key && pairs.childElementCount) return undefined;
    pairs.dataset.key = this.found.key;
    const cards = this.found.pairs.map(({ same, score }, index) => {
      const words = `${same ? "same" : "different"}, ${score.toFixed(2)}`;
      const images = [0, 1].map((side) => element("img", { src: this.found.urls[2 * index + side], alt: "" }));
      return element("figure", { data: { same } }, ...images, element("figcaption", { textContent: words }));
    });
    return pairs.replaceChildren(...(cards.length ? cards : ["Their pictures are no longer there."]));
  }

  keepPairs(message, jpegs) {
    if (message.ids.join(" ") !== this.view.key()) return;
    this.forgetPairs();
    const urls = jpegs.map((jpeg) => URL.createObjectURL(jpeg));
    this.found = { key: this.view.key(), pairs: message.pairs ?? [], urls };
  }

  forgetPairs() {
    for (const url of this.found?.urls ?? []) URL.revokeObjectURL(url);
    this.found = null;
  }

  listen(on) {
    const { slider, back, scale } = this;
    on(slider, "input", () => {
      this.sliding = true;
      scale.style.setProperty("--threshold", slider.value); // at once; the kernel's word follows
      this.lastTried = Number(slider.value);
      this.trying ??= setTimeout(() => {
        this.trying = undefined;
        this.view.send({ kind: "threshold", value: this.lastTried });
      }, 60);
    });
    on(slider, "change", () => {
      this.sliding = false;
      clearTimeout(this.trying);
      this.trying = undefined;
      this.view.send({ kind: "threshold", value: Number(slider.value) });
    });
    on(this.show, "click", () => this.view.send({ kind: "neighbours", ids: PANES.map((pane) => this.view.held(pane).id) }));
    on(back, "click", () => {
      this.view.send({ kind: "threshold", value: null });
      slider.focus();
    });
  }
}
