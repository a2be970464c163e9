// What the notebook calls to show a widget, and when its output goes.

function render({ model, el }) {
  const view = new View(model, el);
  return () => view.stop();
}

export default { render };
