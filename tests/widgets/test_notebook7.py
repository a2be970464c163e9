"""The comparer in Notebook 7: real drops, its keys, a near miss, the saved notebook."""

from collections.abc import Iterator

import nbformat
import pytest
from lab_server import LabServer, Notebook7Page, drop_from_disk
from playwright.sync_api import expect
from test_lab import SOURCES, paint


@pytest.fixture
def notebook(browser, tmp_path) -> Iterator[Notebook7Page]:
    """Open and run a small notebook with two comparers; afterwards the console must hold no error."""
    server = LabServer(tmp_path, "notebook")
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    try:
        page = Notebook7Page(context.new_page(), server)
        book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source.strip()) for source in SOURCES])
        book.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(book, tmp_path / "comparers.ipynb")
        page.path = server.add(tmp_path / "comparers.ipynb")
        page.open(page.path)
        page.run()
        yield page
        # Notebook 7's own, of an empty notebook, too.
        assert [error for error in page.errors if "'schema'" not in error] == []
    finally:
        context.close()
        server.stop()


def test_files_from_the_disk_get_a_verdict_and_the_notebook_takes_neither_drop_nor_key(notebook, tmp_path):
    page, card = notebook.page, notebook.page.locator(".siamese-comparer").first
    red, crimson = paint(tmp_path, "red.png", (200, 30, 30)), paint(tmp_path, "crimson.jpg", (205, 35, 30))
    session = page.context.new_cdp_session(page)
    cells, address = notebook.cells(), page.url
    pane = card.locator(".sc-pane").first
    pane.scroll_into_view_if_needed()
    drop_from_disk(session, pane, red, crimson)
    expect(card.locator(".sc-result")).to_have_attribute("data-verdict", "similar")
    assert notebook.ask("comparer.verdict") == "similar"
    pane.focus()
    for key in ("x", "d", "d", "v", "a", "b", "m"):
        page.keyboard.press(key)
    expect(pane).to_be_focused()
    drop_from_disk(session, page.locator(".jp-InputPrompt").first, red)
    page.wait_for_timeout(300)
    opened = [url for url in notebook.opened if url != address]
    assert (notebook.cells(), page.url, opened) == (cells, address, [])
    text = notebook.save(notebook.path)
    assert "base64" not in text and "red.png" not in text
