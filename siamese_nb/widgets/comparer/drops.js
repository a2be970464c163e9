// Ways in by the mouse and the clipboard: drops from outside, from Lab and from the other pane, and pasting.

const PANE_MIME = "application/x-siamese-pane"; // a picture on its way from one pane to the other

// Places that make something of a dropped file themselves, and do not all say so by preventing the default.
const LEAVE_ALONE = ".cm-editor, input, textarea, [contenteditable='true'], .jp-FileBrowser, .jp-DirListing";

class Drops {
  constructor(view) {
    this.view = view;
  }

  listen(on) {
    const { card } = this.view;
    for (const type of ["dragenter", "dragover"]) on(card, type, (event) => this.hover(event));
    on(card, "dragleave", (event) => card.contains(event.relatedTarget) || this.mark(null));
    on(card, "drop", (event) => this.drop(event));
    for (const type of ["lm-dragenter", "lm-dragover"]) on(card, type, (event) => this.hoverLab(event));
    on(card, "lm-dragleave", () => this.mark(null));
    on(card, "lm-drop", (event) => event.mimeData.hasData(LAB_FILES) && this.take(event, giftsOfLab(event.mimeData)));
    on(document, "paste", (event) => this.paste(event));
    // A near miss must not open the file in place of the notebook.
    for (const type of ["dragover", "drop"]) on(window, type, guard);
    for (const pane of PANES) {
      const { image } = this.view.panes[pane];
      on(image, "dragstart", (event) => {
        if (this.view.phase(pane) === "picture") event.dataTransfer.setData(PANE_MIME, `${this.view.name} ${pane}`);
        else event.preventDefault(); // the kernel does not have it yet
      });
    }
  }

  paneOf(event) {
    return event.target.closest?.(".sc-pane")?.dataset.pane ?? this.view.firstFree();
  }

  mark(event, many = false) {
    const pane = event && this.paneOf(event);
    for (const name of PANES) this.view.panes[name].node.classList.toggle("sc-over", Boolean(pane) && (many || name === pane));
  }

  hover(event) {
    const { types, items } = event.dataTransfer;
    if (![PANE_MIME, "Files", "text/uri-list"].some((type) => types.includes(type))) return;
    event.preventDefault();
    event.stopPropagation();
    event.dataTransfer.dropEffect = "copy";
    const two = this.view.state.ranks ? items.length === 2 : items.length > 1;
    this.mark(event, two && types.includes("Files") && !types.includes(PANE_MIME));
  }

  hoverLab(event) {
    if (!event.mimeData.hasData(LAB_FILES)) return;
    event.preventDefault();
    event.stopPropagation();
    event.dropAction = event.proposedAction;
    this.mark(event, event.mimeData.getData(LAB_FILES).length === 2);
  }

  drop(event) {
    const [view, from] = event.dataTransfer?.getData(PANE_MIME).split(" ") ?? [];
    if (view === this.view.name) this.take(event, null, from);
    else this.take(event, entriesOf(event.dataTransfer) ?? giftsOfTransfer(event.dataTransfer));
  }

  // What was dropped: gifts, entries of which one is a folder, or the picture of a pane.
  take(event, given, from) {
    event.preventDefault();
    event.stopPropagation();
    this.mark(null);
    const pane = this.paneOf(event);
    if (from && from !== pane) this.view.choose([pane], { kind: "copy", pane: from, to: pane });
    if (from) return;
    if (given.some((one) => one.isDirectory)) this.open(pane, given);
    else this.view.give(pane, given);
    // At the next frame, which lays the page out anyway: the focus would have it laid out now.
    requestAnimationFrame(() => this.view.panes[pane].node.focus({ preventScroll: true, focusVisible: false }));
  }

  async open(pane, entries) {
    const { intake } = this.view;
    const listing = intake.start(pane, entries.find((entry) => entry.isDirectory).name);
    this.view.draw();
    try {
      const gifts = await giftsOfEntries(entries);
      if (intake.current(listing)) this.view.give(pane, gifts, true); // else something newer was given meanwhile
    } catch (error) {
      if (!intake.current(listing)) return;
      this.view.refuse(pane, "", `The folder cannot be read (${error.message}); give the files themselves`);
      this.view.draw();
    }
  }

  paste(event) {
    const pane = PANES.find((name) => this.view.panes[name].node.contains(document.activeElement));
    if (!pane) return;
    event.preventDefault();
    event.stopPropagation();
    this.view.give(pane, giftsOfTransfer(event.clipboardData));
  }
}

function guard(event) {
  if (event.defaultPrevented || !holdsFiles(event) || event.target.closest?.(LEAVE_ALONE)) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = "none";
}
