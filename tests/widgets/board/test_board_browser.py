"""What a user sees of TensorBoard's button, in a real browser, and of TensorBoard itself in real JupyterLab."""

import os
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from bare_page import BarePage, open_bare
from lab_server import LabPage
from playwright.sync_api import expect

from siamese_nb.widgets import TensorBoardButton


@pytest.fixture
def bare(browser) -> Iterator[BarePage]:
    with open_bare(browser, TensorBoardButton) as page:
        yield page


def test_it_opens_a_frame_where_the_browser_can_reach_it_and_says_what_went_wrong(bare, tmp_path):
    shown = TensorBoardButton(tmp_path)
    card = bare.show(shown)
    expect(card.get_by_role("button")).to_have_text("Open TensorBoard")
    shown.state = {"status": "starting"}
    expect(card.get_by_role("button", name="Starting TensorBoard…")).to_be_disabled()
    for path, address in (
        ("", "http://localhost:6006/"),
        ("/user/me/proxy/6006/", "http://localhost:1/user/me/proxy/6006/"),
    ):
        shown.state = {"status": "open", "path": path, "port": 6006}
        expect(card.get_by_role("link", name="In a tab of its own")).to_have_attribute("href", address)
        expect(card.locator("iframe")).to_have_attribute("src", address)
    shown.state = {"status": "error", "message": "TensorBoard did not start"}
    expect(card.get_by_role("status")).to_have_text("TensorBoard did not start")
    expect(card.locator("iframe")).to_have_count(0)
    bare.model("gone = true")
    card.get_by_role("button").click()
    expect(card.get_by_role("status")).to_contain_text("run the cell again")


def test_in_jupyterlab_a_click_shows_the_runs_in_tensorboard_itself(lab: LabPage, trained, tmp_path: Path) -> None:
    notebook = tmp_path / "board.ipynb"
    code = 'from siamese_nb.widgets import TensorBoardButton\nTensorBoardButton("../logs")'
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    book.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(book, notebook)
    lab.open(lab.server.add(notebook, logs=trained.logs))
    lab.run()
    card = lab.page.locator(".siamese-board")
    card.get_by_role("button", name="Open TensorBoard").click()
    board = lab.page.frame_locator("iframe[title=TensorBoard]")
    expect(board.get_by_text("TimeSeries").or_(board.get_by_text("Time Series")).first).to_be_visible(timeout=90_000)
    expect(board.get_by_text(f"{trained.path.name}/validation").first).to_be_visible(timeout=60_000)
    expect(board.get_by_text("epoch_auc").first).to_be_visible(timeout=60_000)
    expect(card.get_by_role("button")).to_have_text("Load TensorBoard anew")
    if folder := os.environ.get("SCREENSHOTS"):
        lab.page.screenshot(path=Path(folder) / "board.png")
    lab.errors.clear()  # TensorBoard's own page writes some
    lab.close()
