"""The files of a gallery on the disk, where they take no memory."""

import tempfile
import weakref

from siamese_nb.errors import InputError


class Spool:
    """Keep the bytes of many files in one temporary file, which the system removes with this object."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115  # open as long as this object lives
        weakref.finalize(self, self._file.close)
        self._spans: dict[int, tuple[int, int]] = {}

    def add(self, number: int, data: bytes) -> None:
        """Keep a file's bytes.

        Raises
        ------
        InputError
            If the disk is full.
        """
        try:
            start = self._file.seek(0, 2)
            self._file.write(data)
            self._file.flush()
        except OSError as error:
            place = tempfile.gettempdir()
            raise InputError(
                f"no room for the pictures in {place} ({error.strerror}); give fewer, or set TMPDIR"
            ) from error
        self._spans[number] = (start, len(data))

    def read(self, number: int) -> bytes:
        """Return the bytes that were kept under a number."""
        start, length = self._spans[number]
        self._file.seek(start)
        return self._file.read(length)
