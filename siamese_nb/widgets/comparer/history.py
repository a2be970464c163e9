"""What was compared so far: rows for a table, with small pictures."""

import os
from collections.abc import Iterable
from typing import Any

from siamese_nb.storage import write_rows

_KEPT = 50
_THUMBNAIL_BYTES = 60_000
COLUMNS = ("one", "two", "score", "threshold", "verdict", "probability")


class History:
    """Remember the last comparisons; memory stays flat, however many there are."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self._thumbnails: dict[str, bytes] = {}

    def add(self, ids: list[str], names: tuple[str, str], answer: dict[str, Any]) -> None:
        """Add a comparison, or bring its row up to date: a swap and another threshold make no new one."""
        values = {name: answer[name] for name in COLUMNS[2:]}
        row = {"ids": ids, "one": names[0], "two": names[1], **values}
        if self.rows and set(self.rows[-1]["ids"]) == set(ids):
            self.rows.pop()
        self.rows = [*self.rows, row][-_KEPT:]

    def keep_thumbnail(self, id: str, jpeg: bytes, shown: Iterable[str]) -> None:
        """Keep a small picture that the browser made, and forget those of neither a row nor a pane."""
        if len(jpeg) <= _THUMBNAIL_BYTES:
            self._thumbnails[id] = jpeg
        used = {id for row in self.rows for id in row["ids"]} | set(shown)
        self._thumbnails = {id: jpeg for id, jpeg in self._thumbnails.items() if id in used}

    def thumbnail(self, id: str) -> bytes | None:
        """Return a small JPEG of a picture, if there is one."""
        return self._thumbnails.get(id)

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write the rows as CSV."""
        write_rows(path, COLUMNS, ([row[name] for name in COLUMNS] for row in self.rows))
