"""Take in what the browser sends: files in chunks, one on its way to each pane at most."""

from collections.abc import Callable
from typing import Any

from siamese_nb.errors import InputError
from siamese_nb.widgets.comparer.pane import Pane, Read
from siamese_nb.widgets.comparer.upload import Upload


class Intake:
    """Put files together and show them, or why they are no pictures.

    Parameters
    ----------
    read : callable
        Makes of a file's bytes what is compared.
    send : callable
        Sends a message to the browser.
    show : callable
        Takes the panes' new contents by their names; it calls `drop` for each of them.
    """

    def __init__(
        self, read: Read, send: Callable[[dict[str, Any]], None], show: Callable[[dict[str, Pane]], None]
    ) -> None:
        self._read, self._send, self._show = read, send, show
        self._uploads: dict[str, Upload] = {}

    def begin(self, pane: str, id: str, name: str, size: int) -> None:
        """Await a file in the place of whatever a pane holds or awaits."""
        try:
            upload = Upload(id, name, size)
        except InputError as error:
            self.refuse(pane, id, name, str(error))
            return
        self._show({pane: Pane(id=id, status="sending", name=name)})
        self._uploads[pane] = upload
        self._finish(pane)

    def add_chunk(self, id: str, index: int, chunk: memoryview) -> None:
        """Take one chunk; say how far the file has come, or that it is no longer wanted."""
        pane = next((pane for pane, upload in self._uploads.items() if upload.id == id), None)
        if pane is None:
            self._send({"kind": "dropped", "id": id})
            return
        upload = self._uploads[pane]
        try:
            upload.add(index, chunk)
        except InputError as error:
            self.refuse(pane, id, upload.name, str(error))
            return
        self._send({"kind": "received", "id": id, "bytes": upload.received})
        self._finish(pane)

    def refuse(self, pane: str, id: str, name: str, message: str) -> None:
        """Show in a pane why there is no picture."""
        self._show({pane: Pane(id=id, status="error", name=name, message=message)})

    def drop(self, pane: str) -> None:
        """Forget what is on its way to a pane, and say so."""
        if upload := self._uploads.pop(pane, None):
            self._send({"kind": "dropped", "id": upload.id})

    def _finish(self, pane: str) -> None:
        upload = self._uploads[pane]
        if not upload.complete:
            return
        del self._uploads[pane]
        try:
            content = Pane.from_file(upload.id, upload.name, upload.join(), self._read)
        except InputError as error:
            self.refuse(pane, upload.id, upload.name, str(error))
        else:
            self._show({pane: content})
