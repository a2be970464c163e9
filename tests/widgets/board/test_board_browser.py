"""What a user sees of TensorBoard's button, in a real browser."""

from collections.abc import Iterator

import pytest
from bare_page import BarePage, open_bare
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
