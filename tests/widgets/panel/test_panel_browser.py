"""What a user sees of a training that runs, and the button that ends it, in a real browser and in real JupyterLab."""

from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from bare_page import BarePage, cut_off, open_bare
from lab_server import LabPage
from playwright.sync_api import Locator, expect

from siamese_nb.widgets import TrainingPanel
from siamese_nb.widgets.panel import widget as panel

NAMES = ["loss", "binary_accuracy", "precision", "recall", "auc", *(f"recall_at_precision_{p}" for p in (80, 90, 95))]
SETTINGS = """
from siamese_nb import TrainConfig, train
from siamese_nb.widgets import TrainingPanel

CONFIG = TrainConfig(image_size=32, embedding=8, batch_images=16, epochs=100_000, patience=100_000)
"""
TRAIN = """
verifier = train("../data", CONFIG, out="../out", logs="../logs", panel=TrainingPanel())
"""


@pytest.fixture
def bare(browser, monkeypatch: pytest.MonkeyPatch) -> Iterator[BarePage]:
    monkeypatch.setattr(panel, "display", lambda *given, **options: None)
    with open_bare(browser, TrainingPanel) as page:
        yield page


def training(epochs: int, **facts: object) -> dict:
    """Give what a panel is told in the middle of a training."""
    history = {f"{kind}{name}": [0.9 - 0.1 * i for i in range(epochs)] for kind in ("", "val_") for name in NAMES}
    return {"phase": "training", "stage": "leg", "epochs": 30, "epoch": epochs, "batch": 12, "batches": 24} | {
        "seconds": 83.0, "seconds_left": 190.0, "memory": 1.43, "rate": 412.7, "device": "CPU, 2 cores, tensorflow",
        "history": history, "best": epochs - 1 if epochs else None, "stage_begins": 0, "resumed": 0, **facts,
    }  # fmt: skip


def show(bare: BarePage, **facts: object) -> tuple[TrainingPanel, Locator]:
    shown = TrainingPanel()
    card = bare.show(shown)
    shown.show(phase="preparing")
    shown.show(**facts)
    return shown, card


def facts_of(card: Locator) -> dict[str, str]:
    terms, said = (card.locator(f".sp-facts {tag}").all_text_contents() for tag in ("dt", "dd"))
    return dict(zip(terms, said, strict=True))


def test_progress_speed_and_figures_are_shown_as_they_come(bare):
    shown, card = show(bare, **training(3))
    assert facts_of(card) == {
        "epoch": "4 of 30", "batch": "12 of 24", "speed": "413 images/s", "elapsed": "1 min 23 s",
        "time left": "3 min 10 s at most", "memory": "1.4 GiB", "device": "CPU, 2 cores, tensorflow",
    }  # fmt: skip
    expect(card.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "12")
    assert card.locator(".sp-chart").evaluate_all("nodes => nodes.map((node) => node.dataset.name)") == NAMES
    loss = card.locator('[data-name="loss"]')
    expect(loss.locator("figcaption")).to_contain_text("0.7000.700")
    lines = loss.locator(".sp-line")
    assert lines.evaluate_all("nodes => nodes.map((n) => n.getAttribute('d').match(/[ML]/g).length)") == [3, 3]
    card.locator(".sp-grid").focus()
    card.locator(".sp-grid").press("ArrowLeft")
    expect(card.locator(".sp-which")).to_have_text("figures of epoch 2")
    expect(loss.locator("figcaption")).to_contain_text("0.800")
    shown.show(history={"loss": [0.5, float("nan"), 0.4], "val_loss": [0.6]}, best=0)
    assert lines.evaluate_all("nodes => nodes.map((n) => n.getAttribute('d').match(/[ML]/g).length)") == [2, 1]
    shown.show(phase="done", saved="out/<b>one</b>")
    expect(card.locator(".sp-note")).to_have_text("Epoch 1 was best and is saved in out/<b>one</b>.")
    expect(card.get_by_role("button")).to_have_count(0)


def test_the_button_asks_python_to_stop_and_says_what_happens(bare):
    shown, card = show(bare, **training(0))
    card.get_by_role("button", name="Stop and save").click()
    expect(card.locator(".sp-note")).to_contain_text("Stopping after the first epoch")
    expect(card.get_by_role("button", name="Stopping…")).to_be_disabled()
    bare.page.wait_for_function("models[0].traits.state.stopping")
    assert shown.stop_asked
    shown.show(**training(1))
    expect(card.locator(".sp-note")).to_have_text("Stopping: the best epoch so far is kept.")
    shown.show(phase="stopped", saved="out/one")
    card.get_by_role("button", name="Continue").click()  # where there is no notebook around it
    expect(card.locator(".sp-note")).to_contain_text("Run the cell again")
    shown.show(phase="preparing")
    assert not shown.stop_asked


def test_a_kernel_that_does_not_listen_is_interrupted_once_there_is_something_to_keep(bare):
    shown, card = show(bare, **training(0))
    bare.page.evaluate("window.interrupts = 0")
    bare.model("widget_manager = { kernel: { interrupt: () => { window.interrupts += 1; } } }")
    bare.model("beBusy()")
    bare.page.clock.install()
    card.get_by_role("button", name="Stop and save").click()
    bare.page.clock.run_for(10_000)
    assert bare.page.evaluate("window.interrupts") == 0
    shown.show(**training(1))
    assert bare.page.evaluate("window.interrupts") == 1
    shown.show(**training(1, batch=13))
    assert bare.page.evaluate("window.interrupts") == 1


def test_a_kernel_that_is_gone_is_told(bare):
    _, card = show(bare, **training(2))
    bare.model("gone = true")
    card.get_by_role("button", name="Stop and save").click()
    expect(card.locator(".sp-title")).to_have_text("The kernel is gone")
    expect(card.locator(".sp-note")).to_contain_text("training goes on after the last whole epoch")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_cut_off_at_any_width(bare, scheme):
    bare.page.emulate_media(color_scheme=scheme)
    _, card = show(bare, **training(2))
    colour = card.evaluate("card => getComputedStyle(card).color")
    assert colour == ("rgb(31, 35, 40)" if scheme == "light" else "rgb(230, 233, 237)")
    for _ in bare.at_widths(320, 760, 1600):
        assert cut_off(card.locator(".sp-top, .sp-facts dd, .sp-legend, figcaption span:first-child")) == []


def test_in_jupyterlab_stop_ends_the_busy_cell_and_continue_goes_on(lab: LabPage, make_couples, tmp_path: Path):
    make_couples(tmp_path / "data", categories=2, couples=10, size=32)
    cells = [nbformat.v4.new_code_cell(source.strip()) for source in (SETTINGS, TRAIN)]
    book = nbformat.v4.new_notebook(cells=cells)
    book.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(book, tmp_path / "train.ipynb")
    with lab.showing(lab.server.add(tmp_path / "train.ipynb", data=tmp_path / "data")):
        lab.page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")
        card = lab.page.locator(".jp-NotebookPanel:visible .siamese-training")
        expect(card.locator(".sp-which")).to_be_visible(timeout=120_000)  # the kernel imports Keras first
        card.get_by_role("button", name="Stop and save").click()
        expect(card.locator(".sp-title")).to_have_text("Stopped", timeout=60_000)
        lab.wait_until_idle()
        epochs = int(lab.ask("len(verifier.history['loss'])"))
        assert epochs >= 1
        card.get_by_role("button", name="Continue").click()
        expect(card.locator(".sp-facts")).to_contain_text(f"after {epochs} epoch", timeout=60_000)
        card.get_by_role("button", name="Stop and save").click()
        expect(card.locator(".sp-title")).to_have_text("Stopped", timeout=60_000)
        lab.wait_until_idle()
        assert int(lab.ask("len(verifier.history['loss'])")) >= epochs
        assert lab.ask("len(list(verifier.path.parent.iterdir()))") == "2"
        saved = lab.save(lab.path)
        assert "siamese-trained" in saved
        expect(lab.page.locator(".siamese-trained")).to_be_hidden()
