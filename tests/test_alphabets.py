"""Made-up alphabets: as Omniglot is laid out, the same each time, each character its own and each hand too."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from siamese_nb.alphabets import choose_alphabets, write_alphabets
from siamese_nb.scanning import scan
from siamese_nb.sources import sources_from_names


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_alphabets(tmp_path_factory.mktemp("made") / "alphabets", 2, 4, 3)


def ink(file: Path) -> np.ndarray:
    return 1 - np.asarray(Image.open(file), np.float64)


def test_they_are_identities_of_characters_by_several_drawers(folder: Path) -> None:
    dataset = scan(folder)
    assert (dataset.layout, len(dataset.paths), len(np.unique(dataset.identity))) == ("identities", 24, 8)
    assert not dataset.report()["problems"]
    assert set(sources_from_names(dataset.paths).tolist()) == {"00", "01", "02"}


def test_they_are_drawn_in_black_on_white_and_no_two_are_equal(folder: Path) -> None:
    files = sorted(folder.rglob("*.png"))
    assert len({file.read_bytes() for file in files}) == 24
    assert all(0.005 < ink(file).mean() < 0.25 and ink(file).shape == (105, 105) for file in files)


def test_drawings_of_a_character_are_more_alike_than_those_of_two(folder: Path) -> None:
    drawn = np.stack([ink(file) for file in sorted(folder.rglob("*.png"))]).reshape(24, 21, 5, 21, 5).mean(axis=(2, 4))
    flat = drawn.reshape(24, -1) / np.linalg.norm(drawn.reshape(24, -1), axis=1, keepdims=True)
    likeness, character = flat @ flat.T, np.arange(24) // 3
    same = (character[:, None] == character) & ~np.eye(24, dtype=bool)
    assert likeness[same].mean() > likeness[character[:, None] != character].mean() + 0.1


def test_the_same_seed_draws_the_same(folder: Path, tmp_path: Path) -> None:
    again = write_alphabets(tmp_path / "again", 1, 2, 2)
    for file in again.rglob("*.png"):
        assert file.read_bytes() == (folder / file.relative_to(again)).read_bytes()
    with pytest.raises(FileExistsError):
        write_alphabets(again)


def test_omniglot_is_taken_where_it_is_and_else_they_are_made_once(tmp_path: Path, cache: Path) -> None:
    made = choose_alphabets(tmp_path / "omniglot")
    assert cache in made.parents and len(list(made.rglob("*.png"))) == 720
    assert choose_alphabets(tmp_path / "omniglot") == made
    (tmp_path / "omniglot").mkdir()
    assert choose_alphabets(tmp_path / "omniglot") == made  # some folder of that name is not Omniglot
    (tmp_path / "omniglot" / ".omniglot").touch()
    assert choose_alphabets(tmp_path / "omniglot") == tmp_path / "omniglot"
