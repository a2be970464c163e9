"""The files of a gallery on the disk, where they take no memory."""

import tempfile
import weakref
from typing import BinaryIO

from siamese_nb.errors import InputError


class Spool:
    """Keep the bytes of many files in one temporary file, which the system removes with this object."""

    def __init__(self) -> None:
        self._file: BinaryIO | None = None
        self._spans: dict[int, tuple[int, int]] = {}

    def add(self, number: int, data: bytes) -> None:
        """Keep a file's bytes.

        Raises
        ------
        InputError
            If the disk is full, or there is no place for temporary files.
        """
        try:
            if self._file is None:  # unbuffered: what did not fit must not come back with the next file
                self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115  # open as long as this object lives
                weakref.finalize(self, self._file.close)
            start = rest = self._file.seek(0, 2)
            while rest < start + len(data):
                rest += self._file.write(data[rest - start :])
        except OSError as error:
            place = tempfile.tempdir or "the folder for temporary files"
            raise InputError(
                f"no room for the pictures in {place} ({error.strerror}); give fewer, or set TMPDIR"
            ) from error
        self._spans[number] = (start, len(data))

    def read(self, number: int) -> bytes:
        """Return the bytes that were kept under a number."""
        start, length = self._spans[number]
        assert self._file is not None  # something was kept
        self._file.seek(start)
        return self._file.read(length)
