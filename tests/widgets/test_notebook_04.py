"""The fourth notebook in real JupyterLab: two pictures dropped get the verdict of a trained network."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from bare_page import drop
from lab_server import LabPage
from playwright.sync_api import Locator, expect

from siamese_nb import TrainConfig, Verifier, scan, train
from siamese_nb.sample import write_sample

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def project(tmp_path_factory, session_cache) -> Path:
    """Make a small sample and a bundle that was trained on it for a moment."""
    folder = tmp_path_factory.mktemp("project")
    data = write_sample(folder / "data" / "sample", couples=36, size=32, progress=False)
    config = TrainConfig(epochs=1, image_size=32)
    train(scan(data), config, out=folder / "saved_model", logs=folder / "logs")
    return folder


@pytest.fixture
def notebook(lab: LabPage, project: Path) -> Iterator[LabPage]:
    """Open the notebook beside the pictures and the bundle, and run it; afterwards the console must hold no error."""
    source = ROOT / "notebooks" / "04_compare.ipynb"
    folders = {name: project / name for name in ("data", "saved_model")}
    with lab.showing(lab.server.add(source, **folders, docs=ROOT / "docs")):
        lab.run()
        yield lab


def card(lab: LabPage) -> Locator:
    return lab.page.locator(".jp-NotebookPanel:visible .siamese-comparer").first


def gift(path: Path) -> tuple[str, bytes, str]:
    return path.name, path.read_bytes(), "image/png" if path.suffix == ".png" else "text/plain"


def test_two_pictures_dropped_get_the_networks_verdict_and_a_text_file_a_message(notebook, project, tmp_path):
    one, two = sorted((project / "data" / "sample" / "lamp").glob("*_one.png"))[:2]
    answer = Verifier.load(project / "saved_model").compare(one, two)
    cells, result = notebook.cells(), card(notebook).locator(".sc-result")
    panes = card(notebook).locator(".sc-pane")
    panes.first.scroll_into_view_if_needed()

    drop(panes.first, gift(one), gift(two))
    expect(panes.first).to_contain_text(one.name)
    expect(panes.nth(1)).to_contain_text(two.name)
    expect(result).to_have_attribute("data-verdict", answer["verdict"])
    expect(result).to_contain_text(f"{answer['score']:.2f}")
    assert notebook.ask("comparer.verdict") == answer["verdict"]
    assert float(notebook.ask("comparer.score")) == pytest.approx(answer["score"], abs=1e-6)

    notes = tmp_path / "notes.txt"
    notes.write_text("not a picture")
    drop(panes.nth(1), gift(notes))
    expect(panes.nth(1)).to_contain_text("notes.txt is not a picture that can be read")
    expect(result).to_have_attribute("data-verdict", "")
    assert notebook.ask("comparer.error, comparer.verdict == ''").startswith("notes.txt is not a picture")
    assert notebook.cells() == cells


def test_the_saved_notebook_holds_no_dropped_picture(notebook, project):
    one = sorted((project / "data" / "sample" / "mug").glob("*_one.png"))[0]
    drop(card(notebook).locator(".sc-pane").first, gift(one))
    expect(card(notebook).locator(".sc-pane").first).to_contain_text(one.name)
    text = notebook.save(notebook.path)
    assert one.name not in text
    assert '"state"' not in text
