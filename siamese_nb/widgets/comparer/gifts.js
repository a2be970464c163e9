// What the user gives: a gift is a name and a way to its bytes, which may be refused later.

const LAB_FILES = "application/x-jupyter-icontents";
const LEVELS = 12; // of folders in a folder that are looked into

function holdsFiles(event) {
  return Boolean(event.dataTransfer?.types.includes("Files"));
}

function labUrl(path) {
  const settings = document.getElementById("jupyter-config-data")?.textContent;
  const base = (settings && JSON.parse(settings).baseUrl) || document.body.dataset.baseUrl || "/";
  return `${base}files/${path.split("/").map(encodeURIComponent).join("/")}`;
}

function giftOfFile(file) {
  return { name: file.name || "pasted picture", open: async () => file };
}

function giftOfUrl(url, name) {
  const open = async () => {
    const response = await fetch(url, { credentials: "same-origin" });
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    return response.blob();
  };
  return { name, open };
}

function giftsOfTransfer(transfer) {
  if (transfer.files.length) return Array.from(transfer.files, giftOfFile);
  // A picture that is a link gives the link's address; its own stands in the HTML, which is parsed and never shown.
  const html = new DOMParser().parseFromString(transfer.getData("text/html"), "text/html");
  const picture = html.querySelector("img[src]")?.getAttribute("src");
  const listed = transfer.getData("text/uri-list").split(/\r?\n/).find((line) => line && !line.startsWith("#"));
  const addresses = [picture, listed].filter(Boolean).map((url) => URL.parse(url, location.href)).filter(Boolean);
  const here = addresses.find(({ protocol, origin }) => ["data:", "blob:"].includes(protocol) || origin === location.origin);
  if (here) return [giftOfUrl(here.href, nameOf(here) || "picture")];
  if (!addresses.length) return [];
  const refusal = "is on another site, which the browser does not read from; save the picture, then drop the file";
  return [{ name: nameOf(addresses[0]) || addresses[0].host, refusal }];
}

function nameOf({ protocol, pathname }) {
  return protocol.startsWith("http") ? decodeURIComponent(pathname.split("/").pop()) : "";
}

function giftsOfLab(mimeData) {
  return (mimeData.getData(LAB_FILES) ?? []).map((path) => giftOfUrl(labUrl(path), path.split("/").pop()));
}

// What a drop holds, if a folder is among it, else null; to be called before the drop's event ends.
function entriesOf(transfer) {
  const entries = Array.from(transfer?.items ?? [], (item) => item.webkitGetAsEntry?.()).filter(Boolean);
  return entries.some((entry) => entry.isDirectory) ? entries : null;
}

// The files in folders, by name; hidden ones and those in hidden folders are left out.
async function giftsOfEntries(entries, level = 0) {
  const found = [];
  for (const entry of entries.toSorted((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }))) {
    if (entry.name.startsWith(".")) continue;
    if (entry.isFile) found.push({ name: entry.fullPath.slice(1), open: () => new Promise((...ways) => entry.file(...ways)) });
    else if (level < LEVELS) found.push(...(await giftsOfEntries(await listOf(entry), level + 1)));
  }
  return found;
}

// A reader gives a hundred entries at a time, and none at the end.
async function listOf(folder) {
  const reader = folder.createReader();
  const all = [];
  for (;;) {
    const some = await new Promise((...ways) => reader.readEntries(...ways));
    if (!some.length) return all;
    all.push(...some);
  }
}
