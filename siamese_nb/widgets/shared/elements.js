// Building blocks of all views: elements, icons, and names that no other view has.

const SESSION = Math.random().toString(36).slice(2);
let lastId = 0;

function newId() {
  return `${SESSION}-${(lastId += 1)}`;
}

const ICONS = {
  picture:
    '<rect x="3" y="4.5" width="18" height="15" rx="2.5"/><circle cx="8.5" cy="9.75" r="1.75"/><path d="m4 17 5-4.5 3.5 3 3.5-4 4.5 4.5"/>',
  similar: '<circle cx="12" cy="12" r="10" class="sc-solid"/><path d="m7.5 12.4 3.1 3.1 6-6.6" class="sc-cut"/>',
  "not similar":
    '<path d="M12 1.6 22.4 12 12 22.4 1.6 12Z" class="sc-solid"/><path d="m8.9 8.9 6.2 6.2m0-6.2-6.2 6.2" class="sc-cut"/>',
  problem: '<path d="M12 3.5 21.5 20h-19Z"/><path d="M12 10v4.5m0 2.6v.1"/>',
  swap: '<path d="M4 8.5h15m-4-4 4 4-4 4M20 15.5H5m4-4-4 4 4 4"/>',
  similarUnsure:
    '<circle cx="12" cy="12" r="9.4"/><path d="M7.6 14.6c1.5-2.2 2.9-2.2 4.4 0s2.9 2.2 4.4 0M7.6 9.9c1.5-2.2 2.9-2.2 4.4 0s2.9 2.2 4.4 0"/>',
  differentUnsure:
    '<path d="M12 1.8 22.2 12 12 22.2 1.8 12Z"/><path d="M9.6 9.6a2.5 2.5 0 1 1 3.6 2.2c-.8.4-1.2.9-1.2 1.8m0 2.6v.1"/>',
  back: '<path d="m14.5 5-7 7 7 7"/>',
  on: '<path d="m9.5 5 7 7-7 7"/>',
  undo: '<path d="M4.5 9.5h9a5 5 0 0 1 0 10h-5m-4-10 4.5-4.5m-4.5 4.5 4.5 4.5"/>',
  flag: '<path d="M6 21V4m0 1c4-2.5 7 2.5 12 0v9c-5 2.5-8-2.5-12 0"/>',
  clear: '<path d="m6.5 6.5 11 11m0-11-11 11"/>',
  camera: '<path d="M4 8h3.2l1.6-2.5h6.4L16.8 8H20a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V9a1 1 0 0 1 1-1Z"/><circle cx="12" cy="13" r="3.4"/>',
  replace: '<path d="M3.5 7.5a2 2 0 0 1 2-2h4l2 2.5h7a2 2 0 0 1 2 2v7a2 2 0 0 1-2 2h-13a2 2 0 0 1-2-2Z"/>',
};

function shape(tag, attributes = {}) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

function icon(name) {
  const svg = shape("svg", { viewBox: "0 0 24 24", "aria-hidden": "true", class: "sc-icon" });
  svg.innerHTML = ICONS[name];
  return svg;
}

function element(tag, properties = {}, ...children) {
  const { data = {}, aria = {}, ...rest } = properties;
  const node = Object.assign(document.createElement(tag), rest);
  Object.assign(node.dataset, data);
  for (const [name, value] of Object.entries(aria)) node.setAttribute(name === "role" ? name : `aria-${name}`, value);
  node.append(...children);
  // Lab looks for this on the focused element itself: without it, keys meant for a widget cut and delete cells.
  if (["button", "input", "select", "dialog"].includes(tag) || rest.tabIndex === 0) node.dataset.lmSuppressShortcuts = "true";
  return node;
}

function iconButton(name, label, className) {
  return element("button", { type: "button", className, title: label, aria: { label } }, icon(name));
}

function put(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// What the kernel says, with the mark of trouble; nothing where it says nothing.
function putNotice(node, message, trouble) {
  node.dataset.trouble = String(trouble);
  if (node.dataset.text === message) return;
  node.dataset.text = message;
  node.replaceChildren(...(message ? [icon("problem"), element("span", { textContent: message })] : []));
}

// Choices of which one is made, as buttons side by side; `press` says which.
function buildSwitch(label, options) {
  const buttons = options.map(({ name, label: textContent, title = "" }) => element("button", { type: "button", textContent, title, data: { name } }));
  return element("div", { className: "sc-switch", aria: { role: "group", label } }, ...buttons);
}

function press(node, chosen) {
  for (const button of node.children) button.setAttribute("aria-pressed", String(button.dataset.name === chosen));
}

// The same as radio buttons, for forms.
function buildModes(label, choices) {
  const name = `sc-mode-${newId()}`;
  const options = Object.entries(choices).map(([value, textContent]) =>
    element("label", {}, element("input", { type: "radio", name, value }), element("span", { textContent })),
  );
  return element("div", { className: "sc-modes", aria: { role: "radiogroup", label } }, ...options);
}
