"""How each picture looks: measured once, found again by content, of the pictures made small."""

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from siamese_nb.bank import Bank
from siamese_nb.doctor import appearance, appearance_of, perceptual_hashes
from siamese_nb.doctor.statistics import Statistics
from siamese_nb.images import THUMBNAIL, read_image


@pytest.fixture
def files(make_picture, tmp_path: Path) -> list[Path]:
    return [make_picture(tmp_path / f"{row}.png", size=50 + 30 * row, seed=row, noise=20) for row in range(7)]


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count the pictures that are measured, in parts of two."""
    seen: list[int] = []
    measure = appearance._measure

    def counting(images: np.ndarray, digests: np.ndarray) -> np.ndarray:
        seen.extend(digests.tolist())
        return measure(images, digests)

    monkeypatch.setattr(appearance, "_measure", counting)
    monkeypatch.setattr(appearance, "_AT_ONCE", 2)
    return seen


@pytest.mark.parametrize("side", [40, 64, 96, 150])
def test_a_row_is_measured_on_its_picture_made_small(files: list[Path], side: int) -> None:
    bank = Bank.open(files, (side, side))
    found = appearance_of(bank)
    for row in range(len(files)):
        small = read_image(bank.images[row], (min(side, THUMBNAIL[0]),) * 2)[None]
        for name, values in vars(Statistics.of(small)).items():
            np.testing.assert_allclose(getattr(found.statistics, name)[row], values[0], rtol=1e-4, err_msg=name)
        np.testing.assert_array_equal(found.hashes[row], perceptual_hashes(small)[0])
    assert len(np.unique(found.pixels)) == len(files)


def test_equal_pixels_have_equal_digests_whatever_the_file(files: list[Path]) -> None:
    Image.open(files[3]).save(files[0], compress_level=1)
    assert files[0].read_bytes() != files[3].read_bytes()
    pixels = appearance_of(Bank.open(files, (96, 96))).pixels
    assert pixels[0] == pixels[3]
    assert len(np.unique(pixels)) == len(files) - 1


def test_each_picture_is_measured_once(files: list[Path], measured: list[int], make_picture) -> None:
    first = appearance_of(Bank.open(files, (96, 96)))
    again = appearance_of(Bank.open(files, (96, 96)))
    assert len(measured) == 7
    for name, values in vars(first.statistics).items():
        np.testing.assert_array_equal(getattr(again.statistics, name), values)
    make_picture(files[2], size=90, seed=99)
    changed = appearance_of(Bank.open(files[::-1], (96, 96)))
    assert len(measured) == 8, "one has changed, the others are found again in another order"
    np.testing.assert_array_equal(changed.hashes[::-1][3:], first.hashes[3:])
    appearance_of(Bank.open(files, (128, 128)))
    assert len(measured) == 15, "another size has other pixels"


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY nonsense", None])
def test_a_damaged_table_is_made_again(files: list[Path], measured: list[int], cache: Path, content) -> None:
    bank = Bank.open(files, (96, 96))
    expected = appearance_of(bank).hashes
    (table,) = (cache / "appearance").iterdir()
    table.write_bytes(table.read_bytes()[:-40] if content is None else content)
    np.testing.assert_array_equal(appearance_of(bank).hashes, expected)
    assert len(measured) == 14


def test_an_interrupt_leaves_no_table(files: list[Path], cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bank = Bank.open(files, (96, 96))

    def interrupted(*_: object) -> np.ndarray:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(appearance, "_measure", interrupted)
        with pytest.raises(KeyboardInterrupt):
            appearance_of(bank)
    assert not list((cache / "appearance").glob("*"))
    assert len(appearance_of(bank).hashes) == 7


def test_no_pictures_are_nothing_to_measure() -> None:
    found = appearance_of(Bank.open([], (96, 96)))
    assert found.hashes.shape == (0, 4)
    assert found.statistics.border.shape == (0, 3)


def test_files_that_vanished_are_looked_over(files: list[Path], measured: list[int], cache: Path) -> None:
    appearance_of(Bank.open(files, (96, 96)))
    (table,) = (cache / "appearance").iterdir()
    os.utime(table, (0, 0))
    files[6].unlink()
    found = appearance_of(Bank.open(files, (96, 96)))
    assert found.statistics.brightness[6] == 0
    assert len(measured) == 8
