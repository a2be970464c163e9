"""The widgets in real JupyterLab: real drops, Lab's own keys, the saved notebook."""

import hashlib
import os
import signal
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import nbformat
import numpy as np
import pytest
from bare_page import drop, make_image
from lab_server import LabPage, drop_from_disk
from PIL import Image
from playwright.sync_api import Locator, expect

SOURCES = [
    """
from siamese_nb.images import read_image
from siamese_nb.widgets import Comparer

def compare(one, two):
    apart = abs(read_image(one).mean((0, 1)) - read_image(two).mean((0, 1))).max() / 255
    score = 1 - apart
    verdict = "similar" if score >= 0.8 else "not similar"
    return {"score": score, "threshold": 0.8, "verdict": verdict, "probability": None}
""",
    "comparer = Comparer(compare)\ncomparer",
    "other = Comparer(compare, snapshot=True)\nother",
    """
import time

def take_time(one, two):
    time.sleep(0.7)
    return compare(one, two)

slow = Comparer(take_time)
slow
""",
]


def paint(folder: Path, name: str, colour: tuple[int, int, int]) -> Path:
    image = make_image(1)
    image.paste(colour, (0, 0, *image.size))
    path = folder / name
    image.save(path)
    return path


@pytest.fixture
def files(tmp_path) -> dict[str, Path]:
    """Two reds, a blue, and a text file, on the disk."""
    notes = tmp_path / "notes.txt"
    notes.write_text("not a picture")
    return {
        "red": paint(tmp_path, "red.png", (200, 30, 30)),
        "crimson": paint(tmp_path, "crimson.jpg", (205, 35, 30)),
        "blue": paint(tmp_path, "blue.png", (30, 30, 200)),
        "notes": notes,
    }


def showing(lab: LabPage, folder: Path) -> AbstractContextManager[LabPage]:
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source.strip()) for source in SOURCES])
    book.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(book, folder / "comparers.ipynb")
    return lab.showing(lab.server.add(folder / "comparers.ipynb"))


@pytest.fixture(scope="module")
def opened(lab, tmp_path_factory) -> Iterator[LabPage]:
    with showing(lab, tmp_path_factory.mktemp("comparers")):
        lab.run()
        yield lab


@pytest.fixture
def notebook(opened) -> Iterator[LabPage]:
    """Give a small notebook with three comparers, all empty; afterwards the console must hold no error."""
    opened.ask("[each.clear() for each in (comparer, other, slow)]")
    opened.errors.clear()
    yield opened
    assert opened.errors == []


@pytest.fixture
def own(lab, tmp_path) -> Iterator[LabPage]:
    """Give such a notebook to one test alone: to be saved, closed or restarted."""
    with showing(lab, tmp_path):
        lab.run()
        yield lab


def card(lab: LabPage, index: int = 0) -> Locator:
    return lab.page.locator(".jp-NotebookPanel:visible .siamese-comparer").nth(index)


def verdict(card: Locator) -> Locator:
    return card.locator(".sc-result")


def gift(path: Path) -> tuple[str, bytes, str]:
    types = {".png": "image/png", ".jpg": "image/jpeg", ".txt": "text/plain"}
    return path.name, path.read_bytes(), types[path.suffix]


def test_two_pictures_dropped_at_once_get_a_verdict_that_python_reads(notebook, files):
    panes = card(notebook).locator(".sc-pane")
    drop(panes.first, gift(files["red"]), gift(files["crimson"]))
    expect(verdict(card(notebook))).to_have_attribute("data-verdict", "similar")
    assert notebook.ask("comparer.verdict, other.verdict == ''") == "similar True"


def test_files_from_the_disk_and_the_text_file(notebook, files):
    page, target = notebook.page, card(notebook)
    session = page.context.new_cdp_session(page)
    cells, tabs = notebook.cells(), len(page.context.pages)
    one, two = target.locator(".sc-pane").all()
    one.scroll_into_view_if_needed()
    drop_from_disk(session, one, files["red"], files["blue"])
    expect(verdict(target)).to_have_attribute("data-verdict", "not similar")
    drop_from_disk(session, two, files["notes"])
    expect(two).to_contain_text("notes.txt is not a picture")
    expect(verdict(target)).to_have_attribute("data-verdict", "")
    assert notebook.ask("comparer.verdict == '', comparer.error").startswith("True notes.txt is not a picture")
    assert (notebook.cells(), len(page.context.pages)) == (cells, tabs)


def test_a_photo_of_50_megapixels_and_60_megabytes_arrive_whole_and_70_megabytes_are_refused(notebook, tmp_path):
    grain = np.random.default_rng(0).integers(0, 256, (577, 866, 3), np.uint8)
    Image.fromarray(grain).resize((8660, 5774)).save(tmp_path / "photo.jpg", quality=99, subsampling=0)
    Image.fromarray(grain).resize((4470, 4470)).save(tmp_path / "scan.tif")
    sizes = [(tmp_path / name).stat().st_size / 1e6 for name in ("photo.jpg", "scan.tif")]
    assert sizes[0] > 25 and 59 < sizes[1] < 64, sizes
    target = card(notebook)
    session = notebook.page.context.new_cdp_session(notebook.page)
    target.locator(".sc-pane").first.scroll_into_view_if_needed()
    drop_from_disk(session, target.locator(".sc-pane").first, tmp_path / "photo.jpg", tmp_path / "scan.tif")
    expect(target.locator(".sc-pane").first).to_contain_text("8660 \N{MULTIPLICATION SIGN} 5774", timeout=60_000)
    expect(target.locator(".sc-pane").nth(1)).to_contain_text("4470 \N{MULTIPLICATION SIGN} 4470", timeout=60_000)
    expect(verdict(target)).to_have_attribute("data-verdict", "similar", timeout=60_000)
    digest = "[__import__('hashlib').md5(comparer._couple.panes[p].data).hexdigest() for p in ('one', 'two')]"
    whole = [hashlib.md5((tmp_path / name).read_bytes()).hexdigest() for name in ("photo.jpg", "scan.tif")]
    assert notebook.ask(digest) == str(whole)
    for image in target.locator(".sc-image").all():  # the TIFF comes back as a small picture
        expect(image).to_be_visible(timeout=60_000)
    with (tmp_path / "huge.tif").open("wb") as stream:
        stream.truncate(70_000_000)
    drop_from_disk(session, target.locator(".sc-pane").first, tmp_path / "huge.tif")
    message = "huge.tif has 70.0 MB; at most 64 MB can be sent: save it smaller"
    expect(target.locator(".sc-pane").first).to_contain_text(message)
    assert notebook.ask("comparer.error, comparer.state['two']['status']") == f"{message} picture"


def test_a_drop_during_a_computation_is_what_is_answered_in_the_end(notebook, files):
    target = card(notebook, 2)
    panes = target.locator(".sc-pane")
    drop(panes.first, gift(files["red"]), gift(files["blue"]))
    expect(panes.nth(1)).to_contain_text("blue.png")
    drop(panes.nth(1), gift(files["crimson"]))
    drop(panes.nth(1), gift(files["blue"]))
    drop(panes.nth(1), gift(files["crimson"]))
    expect(verdict(target)).to_have_attribute("data-verdict", "similar")
    expect(panes.nth(1)).to_contain_text("crimson.jpg")
    assert notebook.ask("slow.verdict, slow.state['two']['name']") == "similar crimson.jpg"


def test_a_notebook_that_is_closed_and_opened_again_shows_what_its_kernel_holds(own, files):
    drop(card(own).locator(".sc-pane").first, gift(files["red"]), gift(files["crimson"]))
    expect(verdict(card(own))).to_have_attribute("data-verdict", "similar")
    own.page.evaluate("async () => { await panel.context.save(); panel.dispose(); }")
    own.open(own.path)
    expect(verdict(card(own))).to_have_attribute("data-verdict", "similar")
    drop(card(own).locator(".sc-pane").first, gift(files["red"]), gift(files["blue"]))
    expect(verdict(card(own))).to_have_attribute("data-verdict", "not similar")


def test_a_near_miss_opens_nothing(notebook, files):
    page, target = notebook.page, card(notebook)
    session = page.context.new_cdp_session(page)
    address = page.url
    drop_from_disk(session, target.locator(".sc-result"), files["red"])
    expect(target.locator(".sc-pane").first).to_contain_text("red.png")
    drop_from_disk(session, page.locator(".jp-NotebookPanel:visible .jp-InputPrompt").first, files["blue"])
    page.wait_for_timeout(500)
    assert (notebook.opened, page.url) == ([], address)
    expect(target.locator(".sc-pane").nth(1)).to_contain_text("Drop a picture here")


def test_keys_on_a_focused_pane_stay_out_of_the_notebook(notebook):
    cells = notebook.cells()
    for place in (".sc-pane", ".sc-pill"):
        target = card(notebook).locator(place).first
        target.focus()
        for key in ("x", "d", "d", "v", "a", "b", "m", "Escape", "d", "d"):
            notebook.page.keyboard.press(key)
        expect(target).to_be_focused()
        assert notebook.cells() == cells


def test_a_click_on_a_pane_focuses_it_for_pasting(notebook):
    pane, cells = card(notebook).locator(".sc-pane").first, notebook.cells()
    pane.click(position={"x": 10, "y": 10})
    expect(pane).to_be_focused()
    notebook.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    notebook.page.evaluate("""async () => {
      const canvas = new OffscreenCanvas(70, 50);
      canvas.getContext("2d").fillRect(0, 0, 9, 9);
      await navigator.clipboard.write([new ClipboardItem({ "image/png": await canvas.convertToBlob() })]);
    }""")
    notebook.page.keyboard.press("Control+v")
    expect(pane).to_contain_text("70 \N{MULTIPLICATION SIGN} 50")
    assert notebook.cells() == cells


def test_a_file_dragged_from_labs_own_browser(notebook, files):
    page, target = notebook.page, card(notebook)
    folder = (notebook.server.root / notebook.path).parent
    (folder / "a red one.png").write_bytes(files["red"].read_bytes())
    page.evaluate(
        "path => jupyterapp.commands.execute('filebrowser:open-path', { path })", str(Path(notebook.path).parent)
    )
    page.evaluate("() => jupyterapp.commands.execute('filebrowser:refresh')")
    item = page.locator(".jp-DirListing-item", has_text="a red one.png")
    expect(item).to_be_visible()
    pane = target.locator(".sc-pane").first
    pane.scroll_into_view_if_needed()
    start, end = item.bounding_box(), pane.bounding_box()
    page.mouse.move(start["x"] + 40, start["y"] + 8)
    page.mouse.down()
    page.mouse.move(start["x"] + 80, start["y"] + 30, steps=4)
    page.mouse.move(end["x"] + 60, end["y"] + 60, steps=8)
    page.mouse.up()
    expect(pane).to_contain_text("a red one.png")


def test_the_saved_notebook_holds_no_bytes(own, files):
    drop(card(own).locator(".sc-pane").first, gift(files["red"]), gift(files["crimson"]))
    expect(verdict(card(own))).to_have_attribute("data-verdict", "similar")
    text = own.save(own.path)
    assert len(text) < 6000 and "base64" not in text and "red.png" not in text


def test_a_restarted_kernel_is_said_and_running_the_cells_again_mends_it(own, files):
    page = own.page
    page.evaluate("() => panel.sessionContext.restartKernel()")
    own.wait_until_idle()
    expect(card(own)).to_contain_text("Run the cell again")
    drop(card(own).locator(".sc-pane").first, gift(files["red"]))
    expect(card(own)).to_contain_text("The kernel is gone")
    own.run()
    drop(card(own).locator(".sc-pane").first, gift(files["red"]), gift(files["blue"]))
    expect(verdict(card(own))).to_have_attribute("data-verdict", "not similar")
    # Lab's own, of its requests that the restart cut off.
    own.errors[:] = [error for error in own.errors if "Canceled future" not in error]


def test_the_tuner_keeps_its_keys_from_the_notebook_and_python_follows(lab, tmp_path):
    source = """
import numpy as np
from siamese_nb.widgets import ThresholdTuner
labels = np.arange(400) % 4 == 0
scores = np.clip(np.random.default_rng(0).normal(0.35 + 0.3 * labels, 0.15), 0, 1)
marks = []
tuner = ThresholdTuner(scores, labels.astype(int), threshold=0.5, review=lambda *mark: marks.append(mark))
tuner"""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source.strip()), nbformat.v4.new_code_cell("1")])
    book.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(book, tmp_path / "tuner.ipynb")
    with lab.showing(lab.server.add(tmp_path / "tuner.ipynb")):
        lab.run()
        cells, card = lab.cells(), lab.page.locator(".jp-NotebookPanel:visible .siamese-tuner")
        card.get_by_role("button", name="Two thresholds").click()
        for name in ("Reject below", "Accept from"):
            slider = card.get_by_role("slider", name=name)
            slider.focus()
            for key in ("x", "d", "d", "v", "a", "b", "m", "d", "d", "ArrowRight"):
                lab.page.keyboard.press(key)
            expect(slider).to_be_focused()
        expect(card.get_by_role("slider", name="Reject below")).to_have_attribute("aria-valuenow", "0.401")
        field = card.get_by_label("FRR at most")
        field.fill("5")
        field.press("Enter")
        expect(card.get_by_role("button", name="Band: FAR ≤")).to_have_attribute("aria-pressed", "true")
        card.get_by_role("button", name="Label is wrong").first.click()
        expect(card.locator(".st-pairs")).to_contain_text("1 label is marked as wrong")
        assert lab.cells() == cells
        assert lab.ask("0 < tuner.low < tuner.threshold < 1, len(marks)") == "True 1"


def test_a_kernel_that_does_not_answer_is_waited_for(notebook, files):
    kernel = int(notebook.ask("__import__('os').getpid()"))
    # Stopped whole: beside a busy cell, a subshell of the kernel may or may not answer.
    os.kill(kernel, signal.SIGSTOP)
    try:
        drop(card(notebook).locator(".sc-pane").first, gift(files["red"]), gift(files["crimson"]))
        expect(card(notebook)).to_contain_text("Waiting for the kernel")
    finally:
        os.kill(kernel, signal.SIGCONT)
    expect(verdict(card(notebook))).to_have_attribute("data-verdict", "similar")


def test_a_snapshot_is_saved_where_it_was_asked_for_and_hidden_while_the_comparer_lives(own, files):
    target = card(own, 1)
    drop(target.locator(".sc-pane").first, gift(files["red"]), gift(files["blue"]))
    expect(verdict(target)).to_have_attribute("data-verdict", "not similar")
    kept = own.page.locator(".jp-NotebookPanel:visible .siamese-snapshot")
    expect(kept).to_have_count(1)
    expect(kept).to_be_hidden()
    text = own.save(own.path)
    assert "Not similar" in text and text.count("data:image/jpeg;base64,") == 2 and "blue.png" in text
