// The connection to the kernel: what it was told and has not answered yet, and whether it is busy or gone.

const PATIENCE = 1000; // milliseconds without an answer until the kernel is called busy
const WAITING = "Waiting for the kernel: it is busy, or was restarted; then run the cell again.";

class Kernel {
  // `changed` is called when it turns out to be busy or gone; `signal` ends the listening.
  constructor(model, changed, signal) {
    Object.assign(this, { model, changed, signal });
    this.inFlight = null; // the id of what was told last
    this.waiting = this.gone = false;
  }

  // Without an answer to come, its silence says nothing.
  send(message, buffers = [], answered = true) {
    try {
      this.model.send(message, undefined, buffers);
    } catch (error) {
      // After a restart the connection throws here.
      console.debug("siamese_nb: the kernel is gone", error);
      this.hear();
      this.gone = true;
      this.inFlight = null;
      this.changed();
      return false;
    }
    if (answered) this.expect();
    return true;
  }

  // From now on a word of it is waited for.
  expect() {
    this.timer ??= setTimeout(() => {
      this.waiting = true;
      this.changed();
    }, PATIENCE);
  }

  // What a state answers that bears the same id.
  tell(message) {
    this.inFlight = newId();
    if (!this.send({ ...message, id: this.inFlight })) this.inFlight = null;
  }

  // Whether it is the answer to what was told last.
  hear(id) {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.waiting = this.gone = false;
    if (!id || id !== this.inFlight) return false;
    this.inFlight = null;
    return true;
  }

  listen(handlers) {
    for (const [name, handler] of Object.entries(handlers)) {
      this.model.on(name, handler);
      this.signal.addEventListener("abort", () => this.model.off(name, handler));
    }
    this.signal.addEventListener("abort", () => clearTimeout(this.timer));
  }
}
