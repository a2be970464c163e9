"""One browser for all tests of widgets, and pages to drive them in."""

import os
import shutil
from collections.abc import Iterator

import pytest
from bare_page import BarePage, open_bare
from lab_server import LabPage, LabServer

from siamese_nb.widgets import Comparer

ARGUMENTS = [
    "--no-sandbox",
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",  # a camera that shows a moving pattern
]


@pytest.fixture(scope="session")
def browser() -> Iterator:
    """Start the system's Chromium; without one, skip here and fail in continuous integration."""
    playwright = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium")
    if chromium is None:
        reason = "no chromium on the path: the widgets' browser tests need it"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    playwright.expect.set_options(timeout=20_000)  # a laden machine may take its time; a sound one waits for nothing
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def bare(browser) -> Iterator[BarePage]:
    with open_bare(browser, Comparer) as page:
        yield page


@pytest.fixture(scope="session")
def lab(browser, tmp_path_factory) -> Iterator[LabPage]:
    """Start JupyterLab once and open it in one page; each test opens its own notebook there."""
    server = LabServer(tmp_path_factory.mktemp("lab"))
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    try:
        yield LabPage(context.new_page(), server)
    finally:
        context.close()
        server.stop()
