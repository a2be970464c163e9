// Pictures of pairs: shown when they have come, the small in the place of the large, and asked for once.

const KEPT = 240; // pairs whose pictures the browser keeps

function buildPictures() {
  return [0, 1].map(() => element("img", { alt: "", draggable: false }));
}

class Pictures {
  constructor(kernel) {
    this.kernel = kernel;
    this.found = new Map(); // "index:size" -> { urls, message }; the last looked at is the last to be dropped
    this.asked = new Set();
    this.wanted = { small: [], large: [] };
  }

  // Gives the message why there are none, or "".
  show(images, index, size, names) {
    const key = `${index}:${size}`;
    const found = this.found.get(key);
    const urls = found?.urls ?? this.found.get(`${index}:small`)?.urls ?? [];
    images.forEach((image, side) => {
      if (urls[side] && image.src !== urls[side]) image.src = urls[side];
      if (!urls[side]) image.removeAttribute("src");
      image.alt = urls[side] ? names[side] : "";
    });
    if (found) {
      this.found.delete(key);
      this.found.set(key, found);
    } else if (!this.asked.has(key) && !this.kernel.gone) {
      this.asked.add(key);
      this.wanted[size].push(index);
    }
    return found?.message ?? "";
  }

  ask() {
    for (const [size, indices] of Object.entries(this.wanted)) {
      if (indices.length) this.kernel.send({ kind: "pictures", indices: indices.splice(0), size });
    }
  }

  keep({ size, pairs }, buffers) {
    const left = [...buffers];
    for (const { index, message } of pairs) {
      const both = message ? [] : left.splice(0, 2);
      this.asked.delete(`${index}:${size}`);
      this.found.set(`${index}:${size}`, { message, urls: both.map((buffer) => URL.createObjectURL(new Blob([buffer], { type: "image/jpeg" }))) });
    }
    for (const key of this.found.keys()) {
      if (this.found.size <= KEPT) break;
      this.drop(key);
    }
  }

  drop(key) {
    for (const url of this.found.get(key).urls) URL.revokeObjectURL(url);
    this.found.delete(key);
  }

  // What was asked of a kernel that is gone never comes.
  lose() {
    this.asked.clear();
  }

  stop() {
    for (const key of this.found.keys()) this.drop(key);
  }
}
