"""The bank: every picture decoded once, found again, and never left half made."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from siamese_nb import bank as bank_module
from siamese_nb import decoding
from siamese_nb.bank import Bank
from siamese_nb.decoding import digest
from siamese_nb.errors import InputError
from siamese_nb.images import read_image

SIZE = (12, 10)


@pytest.fixture
def files(make_picture, tmp_path: Path) -> list[Path]:
    return [make_picture(tmp_path / f"{name}.png", size=16 + name, seed=name) for name in range(7)]


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count the pictures that are decoded."""
    seen: list[int] = []

    def counting(content: bytes, size: tuple[int, int]) -> np.ndarray:
        seen.append(len(content))
        return read_image(content, size)

    monkeypatch.setattr(decoding, "read_image", counting)
    return seen


def left_in(cache: Path) -> list[str]:
    return sorted(path.relative_to(cache).as_posix() for path in cache.rglob("*") if path.name != "banks")


def test_each_row_is_its_file(files: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "_PER_THREAD", 3)
    bank = Bank.open(files, SIZE)
    assert bank.images.shape == (7, *SIZE, 3)
    assert bank.images.dtype == np.uint8
    for row, file in enumerate(files):
        assert np.array_equal(bank.images[row], read_image(file, SIZE))
        assert bank.digests[row] == digest(file.read_bytes())
    assert bank.failures == ()


def test_the_images_stay_on_disk_and_cannot_be_changed(files: list[Path]) -> None:
    images = Bank.open(files, SIZE).images
    assert isinstance(images, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        images[0] = 0


def test_the_second_time_nothing_is_decoded(files: list[Path], decoded: list[int]) -> None:
    first = Bank.open(files, SIZE)
    assert len(decoded) == 7
    again = Bank.open(files, SIZE)
    assert len(decoded) == 7
    assert np.array_equal(first.images, again.images)
    assert np.array_equal(first.digests, again.digests)


def test_it_is_found_from_another_working_folder(
    files: list[Path], decoded: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    Bank.open(files, SIZE)
    monkeypatch.chdir(files[0].parent)
    Bank.open([Path(file.name) for file in files], SIZE)
    assert len(decoded) == 7


def test_what_decides_the_pixels_makes_another_bank(
    files: list[Path], decoded: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    Bank.open(files, SIZE)
    assert Bank.open(files, SIZE[::-1]).images.shape == (7, 10, 12, 3)
    assert len(decoded) == 7 * 2
    monkeypatch.setattr(bank_module, "READING_RULE", "another rule")
    Bank.open(files, SIZE)
    assert len(decoded) == 7 * 3


def test_what_another_bank_holds_is_not_decoded_again(
    files: list[Path], decoded: list[int], make_picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decoding, "_COPIED", 2 * 12 * 10 * 3)
    first = Bank.open(files, SIZE)
    make_picture(files[1], size=18, seed=50)
    added = make_picture(files[0].with_name("added.png"), seed=51)
    files[4].write_bytes(b"no picture")
    for chosen in (files[::-1], files[2:4], [files[3], added, *files[:3], files[3]]):
        bank = Bank.open(chosen, SIZE)
        failed = {failure.row for failure in bank.failures}
        assert {chosen[row] for row in failed} == {files[4]} & set(chosen)
        for row, file in enumerate(chosen):
            assert bank.digests[row] == digest(file.read_bytes())
            if row not in failed:
                assert np.array_equal(bank.images[row], read_image(file, SIZE))
    assert len(decoded) == 7 + 3, "the one that changed, the one that is damaged, the one that is new"
    assert np.array_equal(first.images[0], read_image(files[0], SIZE))


def test_a_mended_file_leaves_no_second_bank_behind(
    files: list[Path], decoded: list[int], cache: Path, make_picture
) -> None:
    files = [make_picture(file.with_name(f"more{row}.png"), seed=row) for row, file in enumerate([*files, *files])]
    rest = [*files[:7], make_picture(files[0].with_name("other.png"), seed=70)]
    Bank.open(rest, SIZE)
    for number in range(3):
        for about in (cache / "banks").glob("*/bank.json"):
            os.utime(about, (0, 0))  # not opened for long; what was opened lately may be in use
        make_picture(files[number], seed=80 + number)
        held = Bank.open(files, SIZE)
        assert len(list((cache / "banks").iterdir())) == 2, "the last one, and the one with another file in it"
    assert np.array_equal(held.images[13], read_image(files[13], SIZE))
    before = len(decoded)
    Bank.open(files[:12], SIZE)
    assert len(decoded) == before
    make_picture(files[5], seed=90)
    Bank.open(files, SIZE)
    assert len(list((cache / "banks").iterdir())) == 4, "those opened today stay"


def test_a_changed_file_is_decoded_anew(files: list[Path], make_picture) -> None:
    Bank.open(files, SIZE)
    make_picture(files[2], size=16, seed=99)
    assert np.array_equal(Bank.open(files, SIZE).images[2], read_image(files[2], SIZE))
    # The same length, another time: as when one picture is copied over another.
    pixels = np.asarray(Image.open(files[3])) ^ 255
    for number, picture in enumerate((pixels, pixels ^ 255)):
        Image.fromarray(picture).save(files[3], compress_level=0)
        os.utime(files[3], ns=(number, number))
        assert np.array_equal(Bank.open(files, SIZE).images[3], read_image(files[3], SIZE))


def test_failures_are_named_and_the_others_stay_in_their_rows(files: list[Path]) -> None:
    content = files[1].read_bytes()
    files[1].write_bytes(content[: len(content) // 2])
    files[3].write_bytes(b"")
    files[4].write_text("some words")
    files[6].unlink()
    for _ in range(2):  # fresh, and read from the cache
        bank = Bank.open(files, SIZE)
        assert {failure.row: failure.kind for failure in bank.failures} == {
            1: "truncated", 3: "empty", 4: "unreadable", 6: "unreadable",
        }  # fmt: skip
        assert "No such file" in bank.failures[3].message
        for row in (0, 2, 5):
            assert np.array_equal(bank.images[row], read_image(files[row], SIZE))
        assert not bank.images[[1, 3, 4, 6]].any()


def test_a_file_that_comes_back_is_decoded(files: list[Path]) -> None:
    content = files[6].read_bytes()
    files[6].unlink()
    assert len(Bank.open(files, SIZE).failures) == 1
    files[6].write_bytes(content)
    assert Bank.open(files, SIZE).failures == ()


def test_no_files_make_an_empty_bank() -> None:
    bank = Bank.open([], SIZE)
    assert bank.images.shape == (0, *SIZE, 3)
    assert bank.digests.shape == (0,)
    assert bank.digests.dtype == np.uint64


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_digests_are_equal_if_and_only_if_the_bytes_are(one: bytes, two: bytes) -> None:
    assert (digest(one) == digest(two)) == (one == two)
    assert 0 <= digest(one) < 2**64


def test_copies_have_equal_digests(files: list[Path], tmp_path: Path) -> None:
    copy = tmp_path / "copy.png"
    copy.write_bytes(files[2].read_bytes())
    digests = Bank.open([*files, copy], SIZE).digests
    assert digests[7] == digests[2]
    assert len(np.unique(digests)) == 7


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_after_an_interrupt_it_goes_on_where_it_was(
    files: list[Path], decoded: list[int], monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    monkeypatch.setattr(decoding, "_PER_THREAD", 2)
    sixth = files[5].read_bytes()

    def interrupted(content: bytes, size: tuple[int, int]) -> np.ndarray:
        if content == sixth:
            raise error
        return read_image(content, size)

    with monkeypatch.context() as patch:
        patch.setattr(decoding, "read_image", interrupted)
        with pytest.raises(error):
            Bank.open(files, SIZE)
    bank = Bank.open(files, SIZE)
    assert len(decoded) in (2, 3), "the two that the interrupt took with it, and the last if it had not begun"
    assert bank.failures == ()
    for row, file in enumerate(files):
        assert np.array_equal(bank.images[row], read_image(file, SIZE))
        assert bank.digests[row] == digest(file.read_bytes())


def test_a_process_that_is_killed_loses_little(files: list[Path], decoded: list[int]) -> None:
    script = """
import os, signal, sys
from pathlib import Path
from siamese_nb import decoding
from siamese_nb.bank import Bank
decoding._PER_THREAD = 2
os.cpu_count = lambda: 1
read = decoding.read_image
last = Path(sys.argv[-1]).read_bytes()
def killed(content, size):
    return os.kill(os.getpid(), signal.SIGKILL) if content == last else read(content, size)
decoding.read_image = killed
Bank.open([Path(file) for file in sys.argv[1:]], (12, 10))
"""
    killed = subprocess.run([sys.executable, "-c", script, *map(str, files)], check=False, timeout=120)
    assert killed.returncode < 0
    bank = Bank.open(files, SIZE)
    assert len(decoded) == 1
    assert all(np.array_equal(bank.images[row], read_image(file, SIZE)) for row, file in enumerate(files))


def test_a_cache_that_cannot_be_written_is_named(
    files: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("SIAMESE_NB_CACHE", str(tmp_path / "file"))
    with pytest.raises(InputError, match=r"cannot write .*file"):
        Bank.open(files, SIZE)


def test_a_disk_that_is_too_full_is_named_before_anything_is_written(
    files: list[Path], cache: Path, monkeypatch: pytest.MonkeyPatch, decoded: list[int]
) -> None:
    needed = 7 * 12 * 10 * 3
    usage = type("Usage", (), {"free": needed - 1})
    monkeypatch.setattr(decoding.shutil, "disk_usage", lambda path: usage)
    with pytest.raises(InputError, match="SIAMESE_NB_CACHE to a folder on another disk"):
        Bank.open(files, SIZE)
    assert decoded == []
    assert left_in(cache) == []
    usage.free = needed
    assert len(Bank.open(files, SIZE).images) == 7


@pytest.mark.parametrize("name", ["bank.json", "images.npy", "rows.npy"])
@pytest.mark.parametrize("damage", ["gone", "empty", "half"])
def test_a_damaged_bank_is_made_again(files: list[Path], cache: Path, name: str, damage: str) -> None:
    expected = np.array(Bank.open(files, SIZE).images)
    (place,) = cache.rglob(name)
    content = place.read_bytes()
    if damage == "gone":
        place.unlink()
    else:
        place.write_bytes(content[: 0 if damage == "empty" else len(content) // 2])
    bank = Bank.open(files, SIZE)
    assert np.array_equal(bank.images, expected)
    assert len(bank.digests) == 7


def test_what_another_process_decodes_meanwhile_is_taken(
    files: list[Path], decoded: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    decode = decoding._decode

    def overtaken(*arguments: object) -> list:
        monkeypatch.setattr(decoding, "_decode", decode)
        Bank.open(files, SIZE)
        return decode(*arguments)

    monkeypatch.setattr(decoding, "_decode", overtaken)
    bank = Bank.open(files, SIZE)
    assert len(decoded) == 7
    assert np.array_equal(bank.images[3], read_image(files[3], SIZE))


def test_processes_that_race_get_the_same_bank(files: list[Path], cache: Path) -> None:
    script = """
import json, sys, time
from pathlib import Path
from siamese_nb.bank import Bank
time.sleep(max(0, float(sys.argv[1]) - time.time()))
bank = Bank.open([Path(file) for file in sys.argv[2:]], (12, 10))
print(json.dumps([int(bank.images.astype(int).sum()), bank.digests.tolist(), str(bank.images.filename)]))
"""
    start = str(float(subprocess.check_output([sys.executable, "-c", "import time; print(time.time() + 2)"])))
    command = [sys.executable, "-c", script, start, *map(str, files)]
    racers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    answers = [racer.communicate(timeout=120)[0] for racer in racers]
    assert [racer.returncode for racer in racers] == [0, 0, 0]
    assert len(set(answers)) == 1
    expected = sum(int(read_image(file, SIZE).astype(int).sum()) for file in files)
    assert json.loads(answers[0])[0] == expected
    assert len(list((cache / "banks").iterdir())) == 1
