"""Files on the disk, in one that has no name and goes with the object."""

import gc
import io

import pytest

from siamese_nb.errors import InputError
from siamese_nb.widgets.comparer.spool import Spool


def test_files_come_back_whole_in_any_order():
    spool, files = Spool(), {7: b"seven" * 1000, 2: b"", 5: bytes(range(256))}
    for number, data in files.items():
        spool.add(number, data)
    assert {number: spool.read(number) for number in (5, 7, 2)} == {5: files[5], 7: files[7], 2: b""}


def test_the_disks_file_is_closed_with_the_object():
    spool = Spool()
    spool.add(0, b"x")
    file = spool._file
    del spool
    gc.collect()
    assert file.closed


def test_a_full_disk_is_said():
    class Full(io.BytesIO):
        def write(self, data):
            raise OSError(28, "No space left on device")

    spool = Spool()
    spool._file = Full()
    with pytest.raises(InputError, match=r"No space left on device.*give fewer"):
        spool.add(0, b"x")
