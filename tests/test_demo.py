"""The demo: the whole job in a folder of its own, what it says, and what it says when something is wrong."""

import re

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from siamese_nb import TrainConfig, Verifier, demo
from siamese_nb.sample import write_sample


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with a small sample and one short notebook, and a training that ends soon."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(demo, "CONFIG", TrainConfig(epochs=1, image_size=32))
    write_sample(tmp_path / "data" / "sample", couples=96, size=32, progress=False)
    put_notebook(tmp_path, "print(6 * 7)")
    return tmp_path


def put_notebook(folder, source):
    (folder / "notebooks").mkdir(exist_ok=True)
    nbformat.write(new_notebook(cells=[new_code_cell(source)]), folder / "notebooks" / "01_short.ipynb")


def test_the_whole_job(folder, capsys):
    before = (folder / "notebooks" / "01_short.ipynb").read_bytes()
    demo.main()
    said = capsys.readouterr().out
    steps = [line for line in said.splitlines() if line.startswith("[")]
    assert [line.split("]")[0] for line in steps] == [f"[{number}" for number in range(1, 7)]
    assert "Inspect data/sample" in steps[1] and "01_short.ipynb" in steps[5]

    verifier = Verifier.load(folder / "saved_model")
    assert f"saved_model/{verifier.path.name}" in said and "logs/fit" in said and "logs/notebooks" in said
    assert "make lab" in said
    for name in ("within", "across"):
        assert f"{verifier.about['test'][name]['auc']:.3f} [" in said
        assert f"{verifier.about['baselines']['colour_histogram'][name]:.3f}" in said
    assert said.count("similar, score 0.") == 2

    executed = nbformat.read(folder / "logs" / "notebooks" / "01_short.ipynb", as_version=4)
    assert executed.cells[0].outputs[0].text == "42\n"
    assert (folder / "notebooks" / "01_short.ipynb").read_bytes() == before


def test_a_notebook_that_fails_ends_it_and_shows_the_cell(folder, capsys):
    put_notebook(folder, "wrong = 1 / 0")
    with pytest.raises(SystemExit) as end:
        demo.main()
    said = capsys.readouterr().err
    assert end.value.code == 1
    assert "wrong = 1 / 0" in said and "ZeroDivisionError" in said and "01_short.ipynb" in said
    assert not (folder / "logs" / "notebooks" / "01_short.ipynb").exists()


def test_pictures_of_the_users_own_are_taken_before_the_sample(folder, make_couples, capsys):
    make_couples(folder / "data", categories=2, couples=8, size=32)
    demo.main()
    said = capsys.readouterr().out
    assert "Inspect data ..." in said
    assert re.search(r"^couples +16$", said, re.M)
    assert "category0/item" in said or "category1/item" in said


def test_too_few_pictures_are_one_line(folder, make_couples, capsys):
    make_couples(folder / "data", categories=1, couples=2)
    with pytest.raises(SystemExit, match="2"):
        demo.main()
    assert re.search(r"^error: .*couples", capsys.readouterr().err, re.MULTILINE)


def test_the_wrong_folder_is_one_line_and_nothing_is_made(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match="2"):
        demo.main()
    assert capsys.readouterr().err.startswith("error: there are no notebooks in notebooks; go to the folder")
    with pytest.raises(SystemExit, match="0"):
        demo.main(["--help"])
    assert "the whole job on the sample" in capsys.readouterr().out.lower()
    assert list(tmp_path.iterdir()) == []
