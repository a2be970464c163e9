"""Leaks between two datasets are found, and nothing else is accused."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from siamese_nb.doctor import THUMBNAIL, find_leaks
from siamese_nb.scanning import scan


@pytest.fixture
def folders(make_couples, tmp_path: Path) -> tuple[Path, Path]:
    train = make_couples(tmp_path / "train", categories=1, couples=5, size=64)
    test = make_couples(tmp_path / "test", categories=3, couples=5, size=64)
    shutil.rmtree(test / "category0")  # which shows the same things
    return train, test


def leaks(train: Path, test: Path) -> dict[str, tuple[tuple[str, ...], ...]]:
    found = find_leaks(*scan(test).decode(THUMBNAIL), *scan(train).decode(THUMBNAIL))
    assert all(finding.severity == "error" for finding in found)
    return {finding.kind: finding.groups for finding in found}


def test_what_shares_nothing_is_not_accused(folders):
    assert leaks(*folders) == {}


def test_copies_are_named_with_where_they_lie(folders):
    train, test = folders
    shutil.copyfile(train / "category0/item1_one.png", test / "category1/item2_two.png")
    picture = Image.open(train / "category0/item3_two.png")
    picture.save(test / "category2/item0_one.jpg", quality=95)
    (test / "category2/item0_one.png").unlink()
    assert leaks(train, test) == {
        "leak_same_file": (("category1/item2_two.png", "../train/category0/item1_one.png"),),
        "leak_near_duplicate": (("category2/item0_one.jpg", "../train/category0/item3_two.png"),),
    }


def test_what_is_not_used_leaks_nothing(folders):
    train, test = folders
    shutil.copyfile(train / "category0/item1_one.png", test / "category1/lonely_one.png")
    (test / "category1/item0_one.png").write_bytes(b"no picture")
    assert leaks(train, test) == {}


def test_blank_sheets_are_no_copies_but_equal_files_are(folders):
    train, test = folders
    white = np.full((64, 64, 3), 255, np.uint8)
    Image.fromarray(white).save(train / "category0/item1_one.png")
    Image.fromarray(white).resize((70, 70)).save(test / "category1/item1_one.png")
    assert leaks(train, test) == {}
    shutil.copyfile(train / "category0/item1_one.png", test / "category1/item1_one.png")
    assert set(leaks(train, test)) == {"leak_same_file"}
