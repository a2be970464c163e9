"""The five notebooks: short cells, a reason before each, outputs that can be seen; and all of them run, in order."""

import ast
import base64
import io
import json
import re
import shutil
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from PIL import Image

from siamese_nb.errors import InputError
from siamese_nb.notebooks import find_notebooks, run_notebook, write_notebook
from siamese_nb.sample import write_sample

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"
NAMES = ["01_inspect_dataset.ipynb", "02_train.ipynb", "03_thresholds.ipynb", "04_compare.ipynb"]
NAMES.append("05_reproduce_koch2015.ipynb")
WIDGET = "application/vnd.jupyter.widget-view+json"
# What a small sample asks for: less of what takes time.
QUICKER = {"epochs=10": "epochs=2", '"seed": 0,': '"seed": 0, "epochs": 2,'}


def read(name):
    return nbformat.read(FOLDER / name, as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def shows_something(cell):
    """Whether a cell is one that must end in something to look at: all but the imports and the settings."""
    return not all(isinstance(node, ast.Import | ast.ImportFrom | ast.Assign) for node in ast.parse(cell.source).body)


def is_visible(output):
    return output.output_type in ("display_data", "execute_result") or output.get("name") == "stdout"


def outputs_of(notebook):
    return [output for cell in code_cells(notebook) for output in cell.outputs]


def test_there_are_five():
    assert [file.name for file in find_notebooks(FOLDER)] == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_it_begins_with_what_the_reader_must_know(name):
    first = read(name).cells[0].source
    assert first.startswith(f"# {int(name[:2])} · ")
    for promise in ("You will learn", "It needs", "It makes", "It takes"):
        assert f"- **{promise}** " in first


@pytest.mark.parametrize("name", NAMES)
def test_cells_are_short_and_define_nothing(name):
    for cell in code_cells(read(name)):
        assert 1 <= len(cell.source.splitlines()) <= 10, cell.source
        defined = [ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef]
        assert not any(type(node) in defined for node in ast.walk(ast.parse(cell.source))), cell.source


@pytest.mark.parametrize("name", NAMES)
def test_words_stand_before_every_cell_and_after_every_plot(name):
    cells = read(name).cells
    for before, cell, after in zip(cells[:-1], cells[1:], [*cells[2:], None], strict=True):
        if cell.cell_type == "code":
            assert before.cell_type == "markdown", cell.source
            assert ".plot()" not in cell.source or after.cell_type == "markdown", cell.source


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_somewhere(name):
    text = "\n".join(cell.source for cell in read(name).cells if cell.cell_type == "markdown")
    links = re.findall(r"\]\((?!https?:)([^)]+)\)", text)
    assert links
    assert all((FOLDER / link).is_file() for link in links), links


@pytest.mark.parametrize("name", NAMES)
def test_outputs_are_committed_and_none_needs_a_kernel(name):
    notebook = read(name)
    nbformat.validate(notebook)
    assert "widgets" not in notebook.metadata
    assert all(is_visible(output) and WIDGET not in output.get("data", {}) for output in outputs_of(notebook))
    for cell in code_cells(notebook):
        is_widget = any(
            name in cell.source for name in ("ThresholdTuner(", "open_comparer(", "PairBrowser(", "TensorBoardButton(")
        )
        assert bool(cell.outputs) == (shows_something(cell) and not is_widget), cell.source


@pytest.mark.parametrize("name", NAMES)
def test_no_output_tells_where_it_was_made(name):
    for output in outputs_of(read(name)):
        text = output.get("text", "") + "".join(v for k, v in output.get("data", {}).items() if k.startswith("text"))
        assert not re.search(r"(?<![\w.])/(?:\w+/)+|[A-Z]:\\", text.replace("</", "<")), text


def test_all_are_small_enough_for_a_page():
    assert sum(file.stat().st_size for file in find_notebooks(FOLDER)) < 2_000_000


@pytest.mark.parametrize("name", NAMES)
def test_figures_are_dark_on_white_on_any_page(name):
    for output in outputs_of(read(name)):
        if "image/png" in output.get("data", {}):
            image = Image.open(io.BytesIO(base64.b64decode(output.data["image/png"])))
            assert "transparency" not in image.info
            corner = np.asarray(image.convert("RGB"))[:3, :3]
            assert (corner == 255).all()


@pytest.fixture(scope="module")
def project(tmp_path_factory, session_cache):
    """Run copies of the notebooks, made quicker, beside a small sample; return the folder and what ran."""
    folder = tmp_path_factory.mktemp("a project")
    write_sample(folder / "data" / "sample", couples=48, size=64, progress=False)
    (folder / "notebooks").mkdir()
    (folder / "benchmarks").mkdir()
    for measured in (FOLDER.parent / "benchmarks").glob("omniglot*.json"):
        shutil.copy(measured, folder / "benchmarks")
    ran = {}
    for name in NAMES:
        text = (FOLDER / name).read_text("utf-8")
        for slow, quick in QUICKER.items():
            text = text.replace(json.dumps(slow)[1:-1], json.dumps(quick)[1:-1])
        (folder / "notebooks" / name).write_text(text, "utf-8")
        ran[name] = run_notebook(folder / "notebooks" / name)
    return folder, ran


def test_the_settings_that_make_the_run_quicker_are_there():
    text = "".join(cell.source for name in NAMES for cell in code_cells(read(name)))
    assert [text.count(slow) for slow in QUICKER] == [1, 1]


@pytest.mark.parametrize("name", NAMES)
def test_every_cell_runs_and_shows_something(name, project):
    for cell in code_cells(project[1][name]):
        assert all(map(is_visible, cell.outputs)), (cell.source, cell.outputs)
        assert bool(cell.outputs) == shows_something(cell), cell.source


def test_they_say_which_pictures_they_take(project):
    shown = [output.get("text", "") for output in outputs_of(project[1]["01_inspect_dataset.ipynb"])]
    assert "pictures from ../data/sample\n" in shown


def test_training_leaves_a_bundle_and_logs(project):
    folder, _ = project
    (bundle,) = (file.parent for file in (folder / "saved_model").glob("*/bundle.json"))
    assert len(json.loads((bundle / "history.json").read_text("utf-8"))["val_auc"]) == 2
    kinds = {file.parent.name for file in (folder / "logs" / "fit" / bundle.name).rglob("events.out.tfevents.*")}
    assert kinds == {"train", "validation", "test", bundle.name}


def test_the_threshold_is_saved_with_its_reason(project):
    (about,) = (project[0] / "saved_model").glob("*/bundle.json")
    saved = json.loads(about.read_text("utf-8"))["threshold"]
    assert saved["reason"] == "At most 1 in 20 different things may pass for the same."
    shown = [output.get("text", "") for output in outputs_of(project[1]["04_compare.ipynb"])]
    assert any(f"threshold {saved['threshold']:.3f}" in text for text in shown)


def test_what_the_network_guarantees_is_shown(project):
    printed = "".join(output.get("text", "") for output in outputs_of(project[1]["04_compare.ipynb"]))
    scores = dict(re.findall(r"^(\w+, \w+) (\S+)$", printed, re.M))
    assert scores["one, two"] == scores["two, one"]
    assert float(scores["one, two"]) <= float(scores["one, one"])


def test_the_comparer_is_shown_with_its_answer(project):
    shown = outputs_of(project[1]["04_compare.ipynb"])
    assert any(WIDGET in output.get("data", {}) for output in shown)
    assert any(
        re.fullmatch(r"\(0\.\d+, '(not )?similar'\)", output.get("data", {}).get("text/plain", "")) for output in shown
    )


def notebook_of(file, *sources):
    nbformat.write(new_notebook(cells=[new_code_cell(source) for source in sources]), file)
    return file


def test_it_runs_in_its_own_folder_with_this_python_whatever_kernels_there_are(tmp_path, monkeypatch):
    kernel = tmp_path / "kernels" / "python3"
    kernel.mkdir(parents=True)
    argv = [sys.executable, "-c", "raise SystemExit(1)", "{connection_file}"]
    (kernel / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "another", "language": "python"}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "0")
    file = notebook_of(tmp_path / "where.ipynb", "import os, sys; print(sys.executable, os.getcwd(), sep='|')")
    before = file.read_bytes()
    (output,) = outputs_of(run_notebook(file))
    assert output.text.strip() == f"{sys.executable}|{tmp_path.resolve()}"
    assert file.read_bytes() == before


def test_a_cell_that_fails_is_named(tmp_path):
    with pytest.raises(CellExecutionError, match="ZeroDivisionError") as failure:
        run_notebook(notebook_of(tmp_path / "fails.ipynb", "1 / 1", "wrong = 1 / 0"))
    assert "wrong = 1 / 0" in str(failure.value)
    assert failure.value.__notes__ == [f"in {tmp_path / 'fails.ipynb'}"]


def test_a_folder_without_notebooks_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match=r"no notebooks in .*; go to the folder"):
        find_notebooks(tmp_path)


def png(image):
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return base64.b64encode(stream.getvalue()).decode()


def test_what_is_written_holds_figures_in_few_bytes_and_nothing_dead(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (120, 120, 3)).astype(np.uint8)
    noise[:40] = 255
    kept = new_output("display_data", data={"image/png": png(Image.fromarray(noise)), "text/plain": "a figure"})
    view = new_output("display_data", data={WIDGET: {"model_id": "1"}, "text/plain": "a slider"})
    words = [new_output("stream", name=name, text="words") for name in ("stdout", "stderr")]
    cell = new_code_cell("draw()", outputs=[kept, view, *words], metadata={"execution": {"iopub.execute_input": "now"}})
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3"}, "widgets": {"state": {}}}
    big = len(kept.data["image/png"])
    write_notebook(new_notebook(cells=[new_markdown_cell("# A"), cell], metadata=metadata), tmp_path / "a" / "b.ipynb")
    written = nbformat.read(tmp_path / "a" / "b.ipynb", as_version=4)
    nbformat.validate(written)
    figure, words = outputs_of(written)
    assert words.name == "stdout" and "widgets" not in written.metadata and written.cells[1].metadata == {}
    assert len(figure.data["image/png"]) < big / 2
    image = np.asarray(Image.open(io.BytesIO(base64.b64decode(figure.data["image/png"]))).convert("RGB"))
    assert (image[:38] == 255).all()
    assert abs(image[40:].astype(float).mean() - noise[40:].mean()) < 3
