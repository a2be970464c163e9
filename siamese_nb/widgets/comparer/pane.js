// One pane: the picture, or the invitation, the progress or the message in its place.

const PANES = ["one", "two"];
const TITLES = { one: "First picture", two: "Second picture" };
const OTHER = { one: "two", two: "one" };

function buildPane(pane) {
  const title = TITLES[pane];
  const image = element("img", { className: "sc-image", alt: "", draggable: true });
  const heat = element("canvas", { className: "sc-heat", aria: { hidden: "true" } });
  const video = element("video", {
    className: "sc-video",
    muted: true,
    playsInline: true,
    tabIndex: 0,
    title: "Click, or press Enter, to take the photo",
    aria: { role: "button", label: "Take the photo; Escape ends the camera" },
  });
  const camera = element("button", { type: "button", className: "sc-link sc-camera", textContent: "take a photo", hidden: true });
  const choose = element("button", { type: "button", className: "sc-pill", textContent: "Choose a file" });
  const again = element("button", { type: "button", className: "sc-pill", textContent: "Try another" });
  const problem = element("p", { className: "sc-message" });
  const progress = element("progress", { max: 1, aria: { label: `Sending the ${title.toLowerCase()}` } });
  const sending = element("span", { className: "sc-sending" });
  const replace = iconButton("replace", `Replace the ${title.toLowerCase()}`, "sc-tool");
  const clear = iconButton("clear", `Clear the ${title.toLowerCase()}`, "sc-tool");
  const name = element("span", { className: "sc-name" });
  const size = element("span", { className: "sc-size" });
  const input = element("input", { type: "file", accept: "image/*", multiple: true, hidden: true });
  const stage = element(
    "div",
    { className: "sc-stage" },
    image,
    heat,
    video,
    element(
      "div",
      { className: "sc-invite" },
      icon("picture"),
      element("p", { className: "sc-drop", textContent: "Drop a picture here" }),
      choose,
      element("p", { className: "sc-hint" }, "or paste one", element("span", { hidden: true }, ", or ", camera)),
    ),
    element("div", { className: "sc-problem" }, icon("problem"), problem, again),
    element("div", { className: "sc-progress" }, progress, sending),
  );
  const node = element(
    "div",
    {
      className: "sc-pane",
      tabIndex: 0,
      data: { pane },
      aria: { role: "group", label: `${title}: drop, paste, or press Enter to choose a file` },
    },
    stage,
    element("div", { className: "sc-caption" }, element("div", { className: "sc-file" }, name, size), replace, clear),
    input,
  );
  return { node, stage, image, heat, video, camera, choose, again, problem, progress, sending, replace, clear, name, size, input };
}
