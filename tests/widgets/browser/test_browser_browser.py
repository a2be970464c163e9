"""What a user does to the pair browser, in a real browser and in real JupyterLab."""

from collections.abc import Iterator
from pathlib import Path

import nbformat
import numpy as np
import pytest
from bare_page import BarePage, cut_off, open_bare
from lab_server import LabPage
from playwright.sync_api import Locator, expect

from siamese_nb.review import read_review
from siamese_nb.scanning import scan
from siamese_nb.split import whole
from siamese_nb.suspects import Suspect
from siamese_nb.widgets import PairBrowser

SOURCE = """
import numpy as np
from siamese_nb import scan
from siamese_nb.split import whole
from siamese_nb.widgets import PairBrowser

dataset, bank = scan("../data").decode((16, 16))
PairBrowser(dataset, whole(dataset, bank.digests).draw(np.random.default_rng(0), 1))
"""


@pytest.fixture
def bare(browser) -> Iterator[BarePage]:
    with open_bare(browser, PairBrowser, 1000) as page:
        yield page


@pytest.fixture
def root(make_couples, tmp_path: Path) -> Path:
    return make_couples(tmp_path / "data", categories=2, couples=10, size=32)


@pytest.fixture
def card(bare: BarePage, root: Path) -> Locator:
    dataset = scan(root)
    pairs = whole(dataset, np.arange(len(dataset.paths), dtype=np.uint64)).draw(np.random.default_rng(0), 1)
    suspects = [Suspect(dataset.paths[0], dataset.paths[1], True, "its two pictures look least alike")]
    return bare.show(PairBrowser(dataset, pairs, suspects))


def names(card: Locator) -> Locator:
    return card.locator("figcaption").first


def test_pairs_are_paged_judged_and_undone_by_keys_and_clicks(bare, card, root):
    expect(card.locator(".sb-about")).to_have_text("genuine: its two pictures look least alike")
    card.get_by_role("button", name="Genuine 20").click()
    expect(card.locator(".sb-where")).to_have_text("1 to 12 of 20")
    card.locator(".sb-tile").nth(11).click()
    stage = card.locator(".sb-stage")
    stage.press("ArrowRight")
    expect(card.locator(".sb-where")).to_have_text("13 to 20 of 20")
    expect(names(card)).to_have_text("category1/item2_one.png")
    stage.press("ArrowLeft")
    expect(names(card)).to_have_text("category1/item1_one.png")
    expect(card.locator(".sb-tile").nth(11)).to_have_attribute("aria-pressed", "true")
    stage.press("x")
    expect(card.locator(".sb-tile").nth(11)).to_have_attribute("data-verdict", "exclude")
    card.get_by_role("button", name="Not the same thing").click()
    expect(card.locator(".sb-tile").nth(11)).to_have_attribute("data-verdict", "not the same thing")
    assert [line.verdict for line in read_review(root)] == ["exclude", "not the same thing"]
    stage.press("u")
    expect(card.locator(".sb-tile").nth(11)).to_have_attribute("data-verdict", "exclude")
    card.get_by_label("Category", exact=True).select_option("category0")
    expect(card.locator(".sb-where")).to_have_text("1 to 10 of 10")
    bare.model("gone = true")
    card.get_by_role("button", name="Impostors").click()
    expect(card.get_by_role("status")).to_contain_text("The kernel is gone")


def test_a_page_turn_that_a_busy_kernel_swallows_moves_nothing(bare, card, root):
    card.get_by_role("button", name="Genuine 20").click()
    expect(card.locator(".sb-where")).to_have_text("1 to 12 of 20")
    card.locator(".sb-tile").nth(3).click()
    bare.model("beBusy()")
    card.locator(".sb-stage").press("x")
    card.get_by_role("button", name="Next page").click()
    card.get_by_label("Category", exact=True).select_option("category0")
    expect(card.get_by_label("Category", exact=True)).to_have_value("")
    bare.model("beFree()")
    expect(card.locator(".sb-tile").nth(3)).to_have_attribute("data-verdict", "exclude")
    expect(card.locator(".sb-tile").nth(3)).to_have_attribute("aria-pressed", "true")
    expect(card.locator(".sb-where")).to_have_text("1 to 12 of 20")


def test_two_pictures_are_laid_over_each_other(bare, card):
    shown = "stage => [...stage.querySelectorAll('img')].every((image) => image.naturalWidth > 0)"
    bare.page.wait_for_function(shown, arg=card.locator(".sb-stage").element_handle())
    boxes = [card.locator(".sb-frame img").nth(side).bounding_box for side in (0, 1)]
    assert boxes[0]()["x"] + boxes[0]()["width"] < boxes[1]()["x"]
    card.get_by_role("button", name="Wipe").click()
    assert boxes[0]() == boxes[1]()
    card.locator(".sb-wipe").fill("80")
    clip = "image => getComputedStyle(image).clipPath"
    assert card.locator(".sb-frame img").nth(1).evaluate(clip) == "inset(0px 0px 0px 80%)"
    card.get_by_role("button", name="Difference").click()
    blend = "image => getComputedStyle(image).mixBlendMode"
    assert card.locator(".sb-frame img").nth(1).evaluate(blend) == "difference"
    assert boxes[0]() == boxes[1]()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_cut_off_at_any_width(bare, card, scheme):
    bare.page.emulate_media(color_scheme=scheme)
    colour = card.evaluate("card => getComputedStyle(card).color")
    assert colour == ("rgb(31, 35, 40)" if scheme == "light" else "rgb(230, 233, 237)")
    for _ in bare.at_widths(320, 700, 1600):
        expect(card.get_by_role("button", name="Exclude")).to_be_visible()
        assert cut_off(card.locator(".sb-top, .sb-tools, .sb-say, .sb-say button, .sc-switch, .sb-pager")) == []


def test_in_jupyterlab_keys_judge_pairs_and_leave_the_cells_alone(lab: LabPage, root: Path, tmp_path: Path):
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(SOURCE.strip())])
    book.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(book, tmp_path / "pairs.ipynb")
    with lab.showing(lab.server.add(tmp_path / "pairs.ipynb", data=root)):
        lab.run()
        card, cells = lab.page.locator(".jp-NotebookPanel:visible .siamese-browser"), lab.cells()
        stage = card.locator(".sb-stage")
        stage.focus()
        for key, verdict in (("x", "exclude"), ("s", "same thing"), ("n", "not the same thing")):
            stage.press(key)
            expect(card.locator(".sb-tile").first).to_have_attribute("data-verdict", verdict)
        card.get_by_role("button", name="Undo").click()
        expect(card.locator(".sb-tile").first).to_have_attribute("data-verdict", "same thing")
        written = lab.server.root / Path(lab.path).parents[1] / "data"
        assert [line.verdict for line in read_review(written)] == ["exclude", "same thing"]
        assert lab.cells() == cells
