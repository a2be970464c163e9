"""Widgets share styles, and a page holds several: the sheet that comes last must change nothing of the others."""

import numpy as np
import pytest
from bare_page import BarePage, make_png, open_bare

from siamese_nb.scanning import scan
from siamese_nb.split import whole
from siamese_nb.widgets import Comparer, PairBrowser, TensorBoardButton, ThresholdTuner, TrainingPanel
from siamese_nb.widgets.joined import join_styles

NAMES = [
    "display", "position", "width", "height", "margin", "padding", "gap", "borderWidth", "borderColor", "borderRadius",
    "backgroundColor", "color", "opacity", "fontSize", "fontWeight", "textAlign", "alignItems", "justifyContent",
    "flexWrap", "whiteSpace", "cursor", "visibility", "boxSizing",
]  # fmt: skip
LOOK = """(card, names) => [card, ...card.querySelectorAll("*")].map((node) => {
  const style = getComputedStyle(node);
  return [node.tagName + "." + node.getAttribute("class"), ...names.map((name) => `${name}: ${style[name]}`)];
})"""


def make_comparer() -> Comparer:
    answer = {"score": 0.9, "threshold": 0.5, "verdict": "similar", "probability": 0.8}
    background = {"threshold": 0.5, "genuine": [0, 1, 4], "impostor": [4, 1, 0], "band": [0.4, 0.6]}
    comparer = Comparer(
        lambda one, two: answer, scores=lambda one, others: np.full(len(others), 0.9), background=background
    )
    comparer.set(make_png(1))
    comparer.set_gallery([make_png(seed) for seed in range(2, 6)])
    return comparer


def make_tuner() -> ThresholdTuner:
    random = np.random.default_rng(0)
    labels, scores = random.integers(0, 2, 60), random.random(60)
    several = {"one": scores, "two": scores**2}
    given = {"categories": labels.astype(str), "pictures": lambda row: (make_png(row), make_png(row))}
    return ThresholdTuner(
        several, labels, threshold=0.5, low=0.2, **given, review=lambda row, wrong: None, save={"one": print}
    )


def make_browser(make_couples, folder) -> PairBrowser:
    dataset = scan(make_couples(folder, categories=2, couples=4, size=16))
    return PairBrowser(
        dataset, whole(dataset, np.arange(len(dataset.paths), dtype=np.uint64)).draw(np.random.default_rng(0), 1)
    )


def make_panel() -> TrainingPanel:
    panel = TrainingPanel()
    panel.history = {"loss": [0.9, 0.5], "val_loss": [0.9, 0.6]}
    panel.state = {"phase": "training", "stage": "leg", "epoch": 2, "epochs": 9, "best": 1, "device": "CPU"}
    return panel


@pytest.fixture(params=[Comparer, ThresholdTuner, PairBrowser, TrainingPanel, TensorBoardButton])
def kind(request) -> type:
    return request.param


@pytest.fixture
def widget(kind, make_couples, tmp_path):
    made = {
        Comparer: make_comparer, ThresholdTuner: make_tuner, TrainingPanel: make_panel,
        PairBrowser: lambda: make_browser(make_couples, tmp_path / "data"),
        TensorBoardButton: lambda: TensorBoardButton(tmp_path),
    }  # fmt: skip
    return made[kind]()


def look(page: BarePage, width: int) -> list[list[str]]:
    page.page.set_viewport_size({"width": width, "height": 900})
    page.page.wait_for_timeout(400)
    return page.page.locator(".siamese").evaluate(LOOK, NAMES)


def test_the_styles_that_are_shared_change_nothing_where_they_come_last(browser, kind, widget):
    with open_bare(browser, kind) as page:
        page.show(widget)
        page.page.emulate_media(reduced_motion="reduce")
        page.page.wait_for_timeout(600)
        before = {width: look(page, width) for width in (900, 320)}
        page.page.add_style_tag(content=str(join_styles()))
        for width, expected in before.items():
            found = look(page, width)
            assert [node[0] for node in found] == [node[0] for node in expected]
            changed = {
                f"{one[0]} {a} -> {b}"
                for one, two in zip(expected, found, strict=True)
                for a, b in zip(one, two, strict=True)
                if a != b
            }
            assert changed == set()
