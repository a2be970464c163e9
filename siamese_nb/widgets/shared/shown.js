// What every view is: a card in the notebook's output, with listeners that end when it goes, of a state that the kernel has.

class Shown {
  // `changed` is called when the kernel turns out to be busy or gone.
  constructor(model, changed) {
    this.model = model;
    this.stopping = new AbortController();
    this.kernel = new Kernel(model, changed, this.stopping.signal);
    this.on = (target, type, handler) => target.addEventListener(type, handler, { signal: this.stopping.signal });
  }

  get state() {
    return this.model.get("state");
  }

  get stopped() {
    return this.stopping.signal.aborted;
  }

  stop() {
    this.stopping.abort();
    this.card.remove();
  }
}

// What the notebook calls; what it gets back it calls when the output goes. `View` is the widget's own, in a later file.
function render({ model, el }) {
  const view = new View(model, el);
  return () => view.stop();
}

export default { render };
