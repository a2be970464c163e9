// The button that opens TensorBoard, and the frame that it opens in.

function render({ model, el }) {
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.lmSuppressShortcuts = "true";
  const note = document.createElement("p");
  note.setAttribute("role", "status");
  const card = document.createElement("div");
  card.className = "siamese-board";
  card.append(button, note);
  el.append(card);

  // On this machine the page's own host answers on TensorBoard's port; behind a hub the notebook's server passes it on.
  const address = ({ path, port }) => {
    const url = new URL(path || "/", window.location.href);
    if (!path) url.port = port;
    return url.href;
  };

  const draw = () => {
    const { status, message = "", ...where } = model.get("state");
    button.disabled = status === "starting";
    button.textContent = { starting: "Starting TensorBoard…", open: "Load TensorBoard anew" }[status] ?? "Open TensorBoard";
    card.querySelector("iframe")?.remove();
    note.textContent = message;
    if (status !== "open") return;
    const link = Object.assign(document.createElement("a"), { href: address(where), target: "_blank", textContent: "In a tab of its own" });
    note.replaceChildren(link);
    card.append(Object.assign(document.createElement("iframe"), { src: link.href, title: "TensorBoard" }));
  };

  const open = () => {
    try {
      model.send({ kind: "open" }, undefined, []);
    } catch (error) {
      console.debug("board: the kernel is gone", error);
      note.textContent = "The kernel is gone: run the cell again.";
    }
  };

  button.addEventListener("click", open);
  model.on("change:state", draw);
  draw();
  return () => {
    model.off("change:state", draw);
    card.remove();
  };
}

export default { render };
