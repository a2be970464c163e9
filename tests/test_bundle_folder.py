"""Which bundle is meant by a folder of them."""

import os
from pathlib import Path

from siamese_nb.bundle_folder import ABOUT, MODEL, newest_bundle


def make_fake(folder: Path, time: float, *files: str) -> Path:
    folder.mkdir(parents=True)
    for name in files or (ABOUT, MODEL):
        (folder / name).write_text("{}")
        os.utime(folder / name, (time, time))
    return folder


def test_of_a_folder_of_bundles_the_newest_is_taken(tmp_path: Path) -> None:
    make_fake(tmp_path / "c", 100)
    newest = make_fake(tmp_path / "a", 300)
    old = make_fake(tmp_path / "b", 200)
    os.utime(old / ABOUT, (999, 999))  # its threshold was changed later
    assert newest_bundle(tmp_path) == newest
    assert newest_bundle(old) == old


def test_of_copies_of_one_time_the_last_by_name_is_taken(tmp_path: Path) -> None:
    for name in ("20260102-000000", "20260103-000000", "20260101-000000"):
        make_fake(tmp_path / name, 100)
    assert newest_bundle(tmp_path).name == "20260103-000000"


def test_what_is_half_written_is_left_alone(tmp_path: Path) -> None:
    whole = make_fake(tmp_path / "whole", 100)
    make_fake(tmp_path / ".later-x8f", 900)
    make_fake(tmp_path / ".hidden-abc" / "later", 900)
    make_fake(tmp_path / "no-model", 900, ABOUT)
    make_fake(tmp_path / "no-about", 900, MODEL)
    (tmp_path / "a file").write_text("")
    assert newest_bundle(tmp_path) == whole
