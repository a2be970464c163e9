"""The pair browser's Python half: which pairs are shown, and what a verdict does."""

from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import numpy as np
import pytest
from bare_page import FakeComm

from siamese_nb import review
from siamese_nb.dataset import Dataset
from siamese_nb.errors import InputError
from siamese_nb.pairs import Pairs
from siamese_nb.review import read_review
from siamese_nb.scanning import scan
from siamese_nb.split import whole
from siamese_nb.suspects import Suspect
from siamese_nb.widgets import PairBrowser
from siamese_nb.widgets.browser.browsed import BrowsedPairs


@pytest.fixture
def root(make_couples, tmp_path: Path) -> Path:
    return make_couples(tmp_path / "data", categories=3, couples=6)


@pytest.fixture
def dataset(root: Path) -> Dataset:
    return scan(root)


@pytest.fixture
def pairs(dataset: Dataset) -> Pairs:
    part = whole(dataset, np.arange(len(dataset.paths), dtype=np.uint64))
    return part.draw(np.random.default_rng(0), 1, "mixed")


@pytest.fixture
def suspects(dataset: Dataset) -> list[Suspect]:
    one, two, other = "category1/item2_one.png", "category1/item2_two.png", "category0/item0_one.png"
    return [Suspect(one, two, True, "least alike"), Suspect(one, other, False, "most alike")]


@pytest.fixture
def browser(dataset: Dataset, pairs: Pairs, suspects: list[Suspect]) -> PairBrowser:
    browser = PairBrowser(dataset, pairs, suspects)
    browser.comm = FakeComm(lambda message: None)
    return browser


def ask(browser: PairBrowser, kind: str, **message) -> list[dict]:
    return browser.comm.receive({"kind": kind, "id": "1", **message}, [])


def show(browser: PairBrowser, group: str, category: str = "", page: int = 0) -> dict:
    ask(browser, "show", group=group, category=category, page=page)
    return browser.state


def test_every_pair_is_on_one_page_of_its_group(browser, dataset, pairs):
    for group, label in (("genuine", 1), ("impostor", 0)):
        seen = []
        for page in range(show(browser, group)["pages"]):
            seen += [tuple(pair["paths"]) for pair in show(browser, group, page=page)["pairs"]]
        rows = np.flatnonzero(pairs.label == label)
        expected = {(dataset.paths[pairs.one[row]], dataset.paths[pairs.two[row]]) for row in rows}
        assert len(seen) == len(rows) == browser.state["total"]
        assert set(seen) == expected
        assert [path.split("/")[0] for path, _ in seen] == sorted(path.split("/")[0] for path, _ in seen)


def test_a_category_holds_each_pair_with_a_picture_in_it(browser, dataset, pairs):
    state = show(browser, "impostor", "category1")
    number = dataset.categories.index("category1")
    inside = [
        number in (dataset.category[one], dataset.category[two]) for one, two in zip(pairs.one, pairs.two, strict=True)
    ]
    assert state["total"] == state["counts"]["impostor"] == int((np.array(inside) & (pairs.label == 0)).sum())
    assert state["counts"]["genuine"] == 6
    assert all("category1/" in "".join(pair["paths"]) for pair in state["pairs"])


def test_suspects_come_first_in_their_order_with_their_reason(browser, suspects):
    assert browser.state["group"] == "suspect"
    shown = [(pair["paths"], pair["words"], pair["note"]) for pair in browser.state["pairs"]]
    assert shown == [
        ([suspects[0].one, suspects[0].two], "genuine", "least alike"),
        ([suspects[1].one, suspects[1].two], "impostor, two categories", "most alike"),
    ]


def test_verdicts_are_written_shown_undone_and_honoured(browser, root):
    before = {file: file.read_bytes() for file in root.rglob("*.png")}
    index = browser.state["pairs"][0]["index"]
    ask(browser, "verdict", index=index, verdict="exclude")
    (line,) = read_review(root)
    assert (line.path_one, line.path_two, line.verdict) == (*browser.state["pairs"][0]["paths"], "exclude")
    assert browser.state["pairs"][0]["verdict"] == "exclude"
    assert scan(root).n_couples == 17
    ask(browser, "verdict", index=index, verdict="same thing")
    assert browser.state["pairs"][0]["verdict"] == "same thing"
    assert browser.state["last"]["verdict"] == "same thing"
    ask(browser, "undo")
    assert browser.state["pairs"][0]["verdict"] == "exclude"
    ask(browser, "undo")
    assert (browser.state["pairs"][0]["verdict"], browser.state["last"]) == ("", None)
    assert scan(root).n_couples == 18
    assert {file: file.read_bytes() for file in root.rglob("*.png")} == before


def test_of_two_verdicts_on_two_threads_none_is_lost(browser, root, monkeypatch):
    first, second = (pair["index"] for pair in browser.state["pairs"])
    came, read = [], review.read_review

    def read_and_wait(folder):
        found = read(folder)
        if not came:  # between what the first verdict reads and what it writes comes the second
            came.append(pool.submit(ask, browser, "verdict", index=second, verdict="exclude"))
            wait(came, timeout=0.3)
        return found

    monkeypatch.setattr(review, "read_review", read_and_wait)
    with ThreadPoolExecutor(1) as pool:
        ask(browser, "verdict", index=first, verdict="exclude")
        came[0].result()
    assert len(read_review(root)) == browser.state["verdicts"] == 2


def test_an_interrupted_verdict_is_said(browser, root, monkeypatch):
    def interrupted(folder):
        raise KeyboardInterrupt

    monkeypatch.setattr(review, "read_review", interrupted)
    with pytest.raises(KeyboardInterrupt):
        ask(browser, "verdict", index=0, verdict="exclude")
    assert browser.error == "the browser failed: it was interrupted; try again"


def test_a_verdict_on_one_picture_shows_on_its_pairs(browser, root):
    (root / "review.csv").write_text("path_one,path_two,verdict,when,reason\ncategory0/item0_one.png,,exclude,,\n")
    assert [pair["verdict"] for pair in show(browser, "suspect")["pairs"]] == ["", "exclude"]


def test_what_goes_wrong_is_said_and_the_widget_stays_alive(browser, root):
    (root / "review.csv").write_text("nonsense\n")
    ask(browser, "verdict", index=0, verdict="exclude")
    assert "lacks the column" in browser.error
    assert browser.state["message"] == browser.error
    (root / "review.csv").unlink()
    assert show(browser, "genuine", page=99)["page"] == 1
    assert browser.error == ""


def test_pictures_that_are_gone_are_named(browser, root):
    (root / "category1/item2_one.png").unlink()
    index = browser.state["pairs"][0]["index"]
    (reply,) = ask(browser, "pictures", indices=[index, 0], size="small")
    assert "item2_one.png" in reply["custom"]["pairs"][0]["message"]
    assert len(reply["buffers"]) == 2


def test_pairs_must_be_the_datasets(dataset, pairs):
    with pytest.raises(InputError, match=r"gone\.png is not in"):
        BrowsedPairs.from_pairs(dataset, pairs, [Suspect("gone.png", dataset.paths[0], True, "")])
    with pytest.raises(InputError, match="no pairs to look at"):
        PairBrowser(dataset, pairs.take(np.array([], int)))
