// The histogram under the scale, with the cost of every threshold: what stays while the line moves.

const PIXELS = { left: 46, right: 16, top: 30, bars: 176, gap: 14, cost: 40, bottom: 24 };
const FLOOR = PIXELS.top + PIXELS.bars; // of the bars
const DEPTH = FLOOR + PIXELS.gap + PIXELS.cost; // of the costs
const MARKS = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1];

class Bars {
  constructor(view, width) {
    this.view = view;
    this.width = width;
    this.height = DEPTH + PIXELS.bottom;
    this.colours = view.colours;
    this.binned = view.counted.binned(width < 480);
    this.peak = Math.max(...this.binned.genuine, ...this.binned.impostor);
  }

  x(threshold) {
    return PIXELS.left + threshold * (this.width - PIXELS.left - PIXELS.right);
  }

  // Square roots: the few pairs that are decided wrongly would vanish beside the many at the ends.
  y(share) {
    return FLOOR - Math.sqrt(share / this.peak) * (PIXELS.bars - 8);
  }

  costY(cost) {
    return DEPTH - 3 - (cost / (this.view.costs.highest || 1)) * (PIXELS.cost - 8);
  }

  // As it looks where pairs are rejected, accepted, or left to a person: a move only cuts the three elsewhere.
  layer(side) {
    return layer(this.width, this.height, this.view.font, (pen) => {
      this.drawGrid(pen);
      // What is decided wrongly on this side is drawn last, over the rest.
      for (const kind of side === "rejected" ? ["impostor", "genuine"] : ["genuine", "impostor"]) {
        this.drawKind(pen, kind, side !== "unsure" && (side === "rejected") === (kind === "genuine"));
      }
      this.drawCosts(pen);
      this.drawAxis(pen);
      if (side === "unsure") this.shade(pen);
    });
  }

  drawKind(pen, kind, wrong) {
    const { bins, [kind]: shares } = this.binned;
    pen.beginPath();
    pen.moveTo(this.x(0), FLOOR);
    shares.forEach((share, bin) => {
      pen.lineTo(this.x(bin / bins), this.y(share));
      pen.lineTo(this.x((bin + 1) / bins), this.y(share));
    });
    pen.lineTo(this.x(1), FLOOR);
    pen.globalAlpha = wrong ? 0.82 : 0.2;
    pen.fillStyle = pen.strokeStyle = this.colours[kind];
    pen.fill();
    pen.globalAlpha = wrong ? 1 : 0.75;
    pen.lineWidth = 1.25;
    pen.stroke();
    pen.globalAlpha = 1;
  }

  // What is left to a person is hatched: neither right nor wrong.
  shade(pen) {
    const high = FLOOR - PIXELS.top;
    pen.save();
    pen.beginPath();
    pen.rect(this.x(0), PIXELS.top, this.x(1) - this.x(0), high);
    pen.clip();
    pen.strokeStyle = this.colours.soft;
    pen.globalAlpha = 0.35;
    pen.lineWidth = 1;
    for (let x = this.x(0) - high; x < this.x(1); x += 9) line(pen, [x, FLOOR], [x + high, PIXELS.top]);
    pen.restore();
  }

  drawGrid(pen) {
    Object.assign(pen, { fillStyle: this.colours.soft, strokeStyle: this.colours.line, textAlign: "right", textBaseline: "middle", lineWidth: 1 });
    let last = FLOOR;
    for (const share of MARKS) {
      if (share > this.peak || last - this.y(share) < 26) continue;
      last = this.y(share);
      pen.fillText(`${100 * share}%`, PIXELS.left - 8, last);
      pen.globalAlpha = 0.45;
      line(pen, [this.x(0), last], [this.x(1), last]);
      pen.globalAlpha = 1;
    }
  }

  drawAxis(pen) {
    Object.assign(pen, { fillStyle: this.colours.soft, strokeStyle: this.colours.line, textAlign: "center", textBaseline: "top", lineWidth: 1 });
    for (const y of [FLOOR, DEPTH]) line(pen, [this.x(0), y + 0.5], [this.x(1), y + 0.5]);
    for (let tick = 0; tick <= 10; tick += this.width < 480 ? 5 : 2) {
      pen.fillText(tick % 10 ? (tick / 10).toFixed(1) : String(tick / 10), this.x(tick / 10), DEPTH + 7);
    }
  }

  drawCosts(pen) {
    const { every, least } = this.view.costs;
    const { steps } = this.view.counted;
    Object.assign(pen, { fillStyle: this.colours.soft, strokeStyle: this.colours.soft, textAlign: "right", textBaseline: "middle", lineWidth: 1.5, lineJoin: "round" });
    line(pen, ...Array.from(every, (cost, step) => [this.x(step / steps), this.costY(cost)]));
    pen.fillText("cost", PIXELS.left - 8, FLOOR + PIXELS.gap + PIXELS.cost / 2 + 2);
    disc(pen, this.x(least / steps), this.costY(every[least]), 3);
  }
}
