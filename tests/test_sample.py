import errno
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.metrics import roc_auc_score

from siamese_nb import sample
from siamese_nb.baselines import colour_histogram_baseline
from siamese_nb.errors import InputError
from siamese_nb.rendering import FAMILIES
from siamese_nb.sample import choose_data, write_sample

SMALL = {"couples": 13, "size": 32, "progress": False}


def contents(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def pictures(folder):
    return {name: data for name, data in contents(folder).items() if name.endswith(".png")}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return write_sample(tmp_path_factory.mktemp("small") / "sample", **SMALL)


@pytest.fixture
def copy(small, tmp_path):
    folder = tmp_path / "sample"
    for name, data in contents(small).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    folder = write_sample(tmp_path_factory.mktemp("many") / "sample", couples=120, size=48, progress=False)
    ones = sorted(folder.glob("*/*_one.png"))
    images = [np.asarray(Image.open(p)) for one in ones for p in (one, one.with_stem(one.stem[:-3] + "two"))]
    return np.stack(images), np.array([one.parent.name for one in ones])


def test_objects_are_couples_spread_over_the_categories(small):
    names = list(pictures(small))
    ids = Counter(name.rsplit("_", 1)[0] for name in names)
    assert set(ids.values()) == {2}
    assert {name.rsplit("_", 1)[1] for name in names} == {"one.png", "two.png"}
    per_category = Counter(name.split("/")[0] for name in ids)
    assert set(per_category) == set(FAMILIES)
    assert sum(per_category.values()) == 13
    assert max(per_category.values()) - min(per_category.values()) <= 1
    for name in names:
        with Image.open(small / name) as picture:
            assert (picture.mode, picture.size) == ("RGB", (32, 32))


def test_default_is_large_enough():
    assert len(FAMILIES) >= 8
    assert sample.KINDS["objects"] >= 96


def test_same_seed_same_bytes_other_seed_other_bytes(small, tmp_path):
    again = write_sample(tmp_path / "deep" / "er" / "again", **SMALL)
    assert contents(again) == contents(small)
    other = pictures(write_sample(tmp_path / "other", seed=1, **SMALL))
    assert other.keys() == pictures(small).keys()
    assert all(data != other[name] for name, data in pictures(small).items())


def test_more_couples_begin_with_the_same_ones(small, tmp_path):
    more = pictures(write_sample(tmp_path / "more", **SMALL | {"couples": 16}))
    assert len(more) == 32
    assert pictures(small).items() <= more.items()


def test_a_complete_sample_is_left_alone_with_a_users_files_beside_it(copy):
    (copy / "mug" / "mine_one.png").write_bytes(b"mine")
    before, stamp = contents(copy), (copy / "mug").stat().st_mtime_ns
    assert write_sample(copy, **SMALL) == copy
    assert contents(copy) == before
    assert (copy / "mug").stat().st_mtime_ns == stamp


def test_an_incomplete_sample_is_made_whole(small, copy):
    (copy / "mug" / "mug_001_two.png").unlink()
    write_sample(copy, **SMALL)
    assert contents(copy) == contents(small)
    assert [p.name for p in copy.parent.iterdir()] == ["sample"]


def test_a_sample_of_other_settings_is_replaced(copy):
    (copy / "mug" / ".DS_Store").write_bytes(b"")
    write_sample(copy, **SMALL | {"couples": 2})
    assert len(pictures(copy)) == 4
    assert json.loads((copy / ".sample.json").read_text())["couples"] == 2
    assert [p.name for p in copy.parent.iterdir()] == ["sample"]


@pytest.mark.parametrize("name", ["notes.txt", "mug/mine_one.png", ".hidden", "mug/mug_001_one.png", "new/deep.png"])
def test_a_users_files_are_never_deleted(copy, name):
    (copy / name).parent.mkdir(exist_ok=True)
    (copy / name).write_bytes(b"mine")
    before = contents(copy)
    with pytest.raises(InputError, match="not the sample, such as") as error:
        write_sample(copy, seed=1, **SMALL)
    assert name in str(error.value)
    assert contents(copy) == before


@pytest.mark.parametrize("marker", [None, "", "[]", '{"files": 3}'])
def test_a_folder_of_a_users_own_is_refused(tmp_path, marker):
    (tmp_path / "photo.jpg").write_bytes(b"mine")
    if marker is not None:
        (tmp_path / ".sample.json").write_text(marker)
    with pytest.raises(InputError, match=r"photo\.jpg"):
        write_sample(tmp_path, **SMALL)
    assert (tmp_path / "photo.jpg").read_bytes() == b"mine"


def test_an_empty_folder_is_filled(tmp_path):
    (tmp_path / "empty").mkdir()
    assert len(pictures(write_sample(tmp_path / "empty", **SMALL))) == 26


def test_a_relative_folder_and_a_link(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    write_sample("link", **SMALL | {"couples": 1})
    assert (tmp_path / "link").is_symlink()
    assert len(pictures(tmp_path / "real")) == 2


def test_a_file_in_the_way(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="is a file"):
        write_sample(tmp_path / "file", **SMALL)
    with pytest.raises(InputError, match=r"cannot write .*give a folder that you may write to"):
        write_sample(tmp_path / "file" / "sample", **SMALL)
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="permissions do not bind this user")
def test_a_folder_without_permission(tmp_path):
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(InputError, match="Permission denied"):
            write_sample(tmp_path / "sample", **SMALL)
    finally:
        tmp_path.chmod(0o700)


def test_a_full_disk_leaves_the_old_sample(copy, monkeypatch):
    before = contents(copy)

    def save(*args, **kwargs):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(Image.Image, "save", save)
    with pytest.raises(InputError, match="free some space"):
        write_sample(copy, seed=1, **SMALL)
    assert contents(copy) == before
    assert [p.name for p in copy.parent.iterdir()] == ["sample"]


def test_a_rename_that_fails_puts_the_old_sample_back(copy, monkeypatch):
    before, replace = contents(copy), sample.Path.replace

    def fail_on_fresh(self, target):
        if (self / ".sample.json").exists() and self.parent.name.startswith(".") and "-old-" not in self.parent.name:
            raise OSError(errno.EACCES, "no")
        return replace(self, target)

    monkeypatch.setattr(sample.Path, "replace", fail_on_fresh)
    with pytest.raises(InputError):
        write_sample(copy, seed=1, **SMALL)
    assert contents(copy) == before
    assert [p.name for p in copy.parent.iterdir()] == ["sample"]


def test_an_interrupt_leaves_nothing(tmp_path):
    script = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from siamese_nb.sample import choose_data, write_sample; write_sample(sys.argv[1], progress=False)"
    )
    with subprocess.Popen([sys.executable, "-c", script, tmp_path / "sample"], stderr=subprocess.PIPE) as process:
        deadline = time.monotonic() + 60
        while not list(tmp_path.rglob("*.png")):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        assert b"KeyboardInterrupt" in process.communicate(timeout=60)[1]
    assert process.returncode != 0
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "arguments",
    [
        {"kind": "cats"},
        {"seed": -1},
        {"seed": 0.5},
        {"couples": 0},
        {"couples": True},
        {"couples": "300"},
        {"size": 16},
        {"size": 4096},
    ],
)
def test_arguments_out_of_range(tmp_path, arguments):
    with pytest.raises(InputError) as error:
        write_sample(tmp_path / "sample", **arguments)
    assert str(next(iter(arguments.values()))) in str(error.value)
    assert "\n" not in str(error.value)
    assert not list(tmp_path.iterdir())


def test_digits_are_the_real_handwriting(tmp_path):
    folder = write_sample(tmp_path / "digits", "digits", progress=False)
    digits = load_digits()
    assert {p.name for p in folder.iterdir() if p.is_dir()} == set("0123456789")
    for digit in range(10):
        files = sorted((folder / str(digit)).glob("*.png"))
        originals = digits.images[digits.target == digit]
        assert len(files) == len(originals)
        with Image.open(files[7]) as picture:
            assert (picture.mode, picture.size) == ("L", (64, 64))
            small = np.asarray(picture.resize((8, 8), Image.Resampling.BOX), dtype=float)
        assert np.corrcoef(small.ravel(), originals[7].ravel())[0, 1] > 0.98
    before = contents(folder)
    write_sample(folder, "digits", seed=5, couples=3, progress=False)  # neither matters to digits
    assert contents(folder) == before


def test_progress_never_reaches_standard_output(tmp_path, capsys):
    write_sample(tmp_path / "sample", couples=2, size=32)
    assert capsys.readouterr().out == ""


def aucs(images, categories, score):
    """Genuine against impostor pairs, across and within categories."""
    one, two = (axis.ravel() for axis in np.indices((len(categories), len(categories))))
    genuine, same = one == two, categories[one] == categories[two]
    scores = score(images, 2 * one, 2 * two + 1)
    return [roc_auc_score(genuine[chosen], scores[chosen]) for chosen in (genuine | ~same, same)]


def test_colour_helps_but_does_not_solve_it(many):
    for auc in aucs(*many, colour_histogram_baseline):
        assert 0.57 < auc < 0.8


@pytest.mark.parametrize(
    "statistic",
    [
        pytest.param(lambda images: images.mean(axis=(1, 2, 3))[:, None], id="brightness"),
        pytest.param(lambda images: images[:, :6].mean(axis=(1, 2)), id="wall"),
        pytest.param(lambda images: images[:, -6:].mean(axis=(1, 2)), id="table"),
    ],
)
def test_brightness_and_background_give_nothing_away(many, statistic):
    def score(images, one, two):
        values = statistic(images.astype(float))
        return -np.linalg.norm(values[one] - values[two], axis=1)

    for auc in aucs(*many, score):
        assert 0.4 < auc < 0.62


def test_the_users_own_pictures_come_before_the_sample(tmp_path, copy, make_picture):
    assert copy == tmp_path / "sample"
    make_picture(tmp_path / "cups" / "1_one.png")
    assert choose_data(tmp_path) == tmp_path


def test_a_sample_that_is_there_is_taken_as_it_is(tmp_path, copy):
    before = contents(copy)
    (tmp_path / "README.md").write_text("Put your images here")
    (tmp_path / "notes.txt").write_text("not a picture")
    assert choose_data(str(tmp_path)) == tmp_path / "sample"
    assert contents(copy) == before


def test_a_sample_that_is_missing_is_made(tmp_path, monkeypatch):
    made = []
    monkeypatch.setattr(sample, "write_sample", lambda folder: made.append(folder) or folder)
    assert choose_data(tmp_path / "data") == tmp_path / "data" / "sample"
    assert made == [tmp_path / "data" / "sample"]


def test_a_file_is_the_users_choice_even_if_it_cannot_be_read_as_pairs(tmp_path):
    (tmp_path / "pairs.csv").write_text("left,right\n")
    assert choose_data(tmp_path / "pairs.csv") == tmp_path / "pairs.csv"
