// The scale of scores with the lines that are moved: by mouse, finger or key.

const KEYS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -50, PageUp: 50 };

class Scale {
  constructor(view) {
    this.view = view;
    this.canvas = element("canvas", { aria: { hidden: "true" } });
    const slider = (className, label) =>
      element("div", { className, tabIndex: 0, aria: { role: "slider", label, valuemin: 0, valuemax: 1, orientation: "horizontal" } });
    this.slider = slider("st-scale", "Threshold");
    this.slider.append(this.canvas);
    // Beside the other slider, not in it: what is in a slider is not told to a screen reader.
    this.low = slider("st-low", "Reject below");
    this.node = element("div", { className: "st-both" }, this.slider, this.low);
  }

  // -- moving

  listen(on) {
    const { slider, low, view } = this;
    let left = 0; // measured once a drag: asking again would lay the page out twice a frame
    let moved = "threshold";
    const share = (event) => Math.min(1, Math.max(0, (event.clientX - left - PIXELS.left) / (this.width - PIXELS.left - PIXELS.right)));
    const drag = (event) => view.counted && view.move(Math.round(share(event) * view.counted.steps) / view.counted.steps, moved);
    on(slider, "pointerdown", (event) => {
      if (event.button) return;
      ({ left } = slider.getBoundingClientRect());
      const nearLow = view.low !== null && 2 * share(event) < view.low + view.threshold;
      moved = nearLow ? "low" : "threshold";
      (nearLow ? low : slider).focus({ preventScroll: true, focusVisible: false }); // a number still being typed is taken first, not last
      slider.setPointerCapture(event.pointerId);
      drag(event);
    });
    on(slider, "pointermove", (event) => slider.hasPointerCapture(event.pointerId) && drag(event));
    on(slider, "keydown", (event) => this.takeKey(event, "threshold"));
    on(low, "keydown", (event) => this.takeKey(event, "low"));
  }

  takeKey(event, moved) {
    if (!this.view.counted || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key in KEYS) this.view.step(KEYS[event.key] * (event.shiftKey ? 10 : 1), moved);
    else if (event.key === "Home" || event.key === "End") this.view.move(event.key === "Home" ? 0 : 1, moved);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  // -- drawing

  // False without a place to draw in.
  lay() {
    this.width = this.slider.clientWidth;
    if (!this.width) return false;
    this.bars = new Bars(this.view, this.width);
    fit(this.canvas, this.width, this.bars.height);
    this.sides = { rejected: null, accepted: null, unsure: null };
    for (const side of Object.keys(this.sides)) this.sides[side] = this.bars.layer(side);
    return true;
  }

  draw(rates) {
    const { threshold, low, costs } = this.view;
    const pen = penOf(this.canvas, this.view.font);
    const lines = low === null ? [threshold] : [low, threshold];
    this.drawSides(pen, lines);
    Object.assign(pen, { strokeStyle: this.view.colours.text, fillStyle: this.view.colours.text, lineWidth: 2 });
    for (const at of lines) line(pen, [this.bars.x(at), PIXELS.top - 6], [this.bars.x(at), DEPTH]);
    this.drawLabels(pen, lines);
    if (rates && low === null) disc(pen, this.bars.x(threshold), this.bars.costY(costs.of(rates)), 4.5);
    for (const at of lines) this.drawGrip(pen, this.bars.x(at));
    if (low !== null) this.low.style.transform = `translateX(${this.bars.x(low)}px)`;
  }

  drawSides(pen, lines) {
    const { height } = this.bars;
    const scale = this.canvas.width / this.width;
    const cuts = [0, ...lines.map((at) => Math.round(this.bars.x(at) * scale)), this.canvas.width];
    const sides = lines.length > 1 ? ["rejected", "unsure", "accepted"] : ["rejected", "accepted"];
    pen.clearRect(0, 0, this.width, height);
    sides.forEach((side, place) => {
      const [from, wide] = [cuts[place], cuts[place + 1] - cuts[place]];
      if (wide > 0) pen.drawImage(this.sides[side], from, 0, wide, this.canvas.height, from / scale, 0, wide / scale, height);
    });
  }

  drawGrip(pen, x) {
    disc(pen, x, FLOOR, 8);
    pen.lineWidth = 3;
    pen.strokeStyle = this.view.colours.surface;
    pen.stroke();
  }

  // The thresholds stand over their lines, what is done on both sides beside them; all stay within the picture.
  drawLabels(pen, lines) {
    const { font, colours } = this.view;
    pen.font = font.replace("12px", "600 15px");
    pen.textBaseline = "alphabetic";
    const texts = lines.map(inWords);
    const halves = texts.map((text) => pen.measureText(text).width / 2);
    const middles = this.middles(lines, halves);
    const last = lines.length - 1;
    pen.textAlign = "center";
    texts.forEach((text, k) => pen.fillText(text, middles[k], 17));
    pen.font = font;
    pen.fillStyle = colours.soft;
    const room = last ? middles[1] - halves[1] - middles[0] - halves[0] : 0;
    if (room > 70) pen.fillText("not sure", middles[0] + halves[0] + room / 2, 16);
    pen.textAlign = "right";
    if (middles[0] - halves[0] > 76) pen.fillText("reject ←", middles[0] - halves[0] - 10, 16);
    pen.textAlign = "left";
    if (middles[last] + halves[last] < this.width - 76) pen.fillText("→ accept", middles[last] + halves[last] + 10, 16);
    pen.fillStyle = colours.text;
  }

  // Two numbers stand side by side where their lines are too near for both.
  middles(lines, halves) {
    const middles = lines.map((at, k) => Math.min(this.width - 4 - halves[k], Math.max(4 + halves[k], this.bars.x(at))));
    if (lines.length < 2) return middles;
    const missing = Math.max(0, halves[0] + halves[1] + 12 - (middles[1] - middles[0]));
    const left = Math.min(missing / 2, middles[0] - halves[0] - 4);
    const right = Math.min(missing - left, this.width - 4 - halves[1] - middles[1]);
    return [middles[0] - (missing - right), middles[1] + right];
  }
}
