// What the kernel counted once, at every step of the slider: all that moves is computed from it.

// Jupyter's buffers start anywhere in a message; typed arrays want whole words.
function numbers(type, view) {
  return new type(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
}

class Counts {
  // `about`: steps, model, models, groupings, and whether there are pictures, review, save and a band to come.
  constructor(about, [counts, ...points]) {
    Object.assign(this, about);
    this.counts = numbers(Uint32Array, counts);
    this.curves = points.map((view) => {
      const rates = numbers(Float32Array, view);
      const size = rates.length / 3;
      const part = (k) => rates.subarray(k * size, (k + 1) * size);
      return { far: part(0), recall: part(1), precision: part(2) };
    });
    this.totals = this.accepted(0, 0);
  }

  accepted(group, step) {
    const row = 2 * group * (this.steps + 1) + step;
    return { impostor: this.counts[row], genuine: this.counts[row + this.steps + 1] };
  }

  // Exact, or null where the kernel has yet to count: off the slider's steps it tells what it counted at one threshold.
  at(group, threshold, told, counted) {
    const step = Math.round(threshold * this.steps);
    if (step / this.steps === threshold) return this.accepted(group, step);
    if (told !== threshold) return null;
    const [impostor, genuine] = counted[group];
    return { impostor, genuine };
  }

  rates({ impostor, genuine }) {
    const { totals } = this;
    return { far: ratio(impostor, totals.impostor), recall: ratio(genuine, totals.genuine), precision: ratio(genuine, genuine + impostor) };
  }

  // The shares of pairs by their scores, in bins that hold enough of them.
  binned(narrow) {
    const rarer = Math.min(this.totals.genuine, this.totals.impostor);
    const bins = rarer < 200 ? 25 : rarer < 2000 || narrow ? 50 : 100;
    const share = (kind) =>
      Array.from({ length: bins }, (_, bin) => {
        const low = this.accepted(0, (bin * this.steps) / bins)[kind];
        const high = bin + 1 < bins ? this.accepted(0, ((bin + 1) * this.steps) / bins)[kind] : 0;
        return ratio(low - high, this.totals[kind]);
      });
    return { bins, impostor: share("impostor"), genuine: share("genuine") };
  }
}

// The 95% intervals of the three rates, along the curve: nine rows, of each rate its value, low and high.
class Band {
  constructor(view) {
    this.values = numbers(Float32Array, view);
    this.size = this.values.length / 9;
  }

  read(row, k) {
    return this.values[row * this.size + k];
  }

  // At a point of the curve, between the two thresholds that bound it.
  at({ far, recall, precision }) {
    const sum = (k) => this.read(0, k) + this.read(3, k);
    let after = 0;
    while (after < this.size - 1 && sum(after) < far + recall) after += 1;
    const before = Math.max(after - 1, 0);
    const span = sum(after) - sum(before);
    const weight = span > 0 ? Math.min(1, Math.max(0, (far + recall - sum(before)) / span)) : 1;
    const between = (row) => this.read(row, before) + weight * (this.read(row, after) - this.read(row, before));
    const bounds = (row, value) => [Math.min(between(row + 1), value), Math.max(between(row + 2), value)];
    return { far: bounds(0, far), recall: bounds(3, recall), precision: bounds(6, precision) };
  }

  corners() {
    const rate = (row, k) => [this.read(row + 1, k), this.read(row + 2, k)];
    return Array.from({ length: this.size }, (_, k) => ({ far: rate(0, k), recall: rate(3, k), precision: rate(6, k) }));
  }
}
