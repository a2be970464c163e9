"""A file that arrives from the browser in chunks, put together by their index."""

from siamese_nb.errors import InputError

CHUNK = 1 << 20  # the browser cuts files at this; a Jupyter server drops the connection at 10 MiB a message
LIMIT = 64_000_000


class Upload:
    """Collect one file's chunks, in whatever order they arrive.

    Parameters
    ----------
    id : str
        The browser's name for this upload, so that what belongs to an earlier one is told apart.
    name : str
        The file's name, for messages.
    size : int
        In bytes.

    Raises
    ------
    InputError
        If the size is above `LIMIT`.
    """

    def __init__(self, id: str, name: str, size: int) -> None:
        if size > LIMIT:
            given = f"{size / 1e6:.1f} MB"
            raise InputError(f"{name} has {given}; at most {LIMIT / 1e6:.0f} MB can be sent: save it smaller")
        self.id = id
        self.name = name
        self.size = size
        self._chunks: dict[int, bytes] = {}

    def add(self, index: int, chunk: bytes | memoryview) -> None:
        """Keep the chunk that starts at byte `index * CHUNK`.

        Raises
        ------
        InputError
            If no chunk of this index and length belongs to the file.
        """
        expected = min(CHUNK, self.size - index * CHUNK)
        if index < 0 or len(chunk) != expected:
            raise InputError(f"{self.name} changed while it was sent (chunk {index}); give it again")
        self._chunks[index] = bytes(chunk)

    @property
    def received(self) -> int:
        """Count the bytes that have arrived."""
        return sum(map(len, self._chunks.values()))

    @property
    def complete(self) -> bool:
        """Say whether every chunk has arrived."""
        return self.received == self.size

    def join(self) -> bytes:
        """Return the whole file's bytes."""
        return b"".join(self._chunks[index] for index in sorted(self._chunks))
