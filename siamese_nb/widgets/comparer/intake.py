"""Take in what the browser sends: files in chunks, one on its way to each pane at most."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from siamese_nb.errors import InputError
from siamese_nb.widgets.comparer.pane import PANES, Pane, Read
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

    def begin(self, files: Sequence[dict[str, Any]], beginnings: Sequence[memoryview]) -> None:
        """Take the first chunks of files, in the place of whatever their panes hold or await.

        Of most pictures that is all; two are read side by side, for decoders leave the interpreter's lock to others.
        """
        contents: dict[str, Pane] = {}
        uploads: dict[str, Upload] = {}
        for file, beginning in zip(files, beginnings, strict=True):
            pane, id, name = file["pane"], file["id"], file["name"]
            try:
                uploads[pane] = Upload(id, name, file["size"])
                uploads[pane].add(0, beginning)
                contents[pane] = Pane(id=id, status="sending", name=name)
            except InputError as error:
                uploads.pop(pane, None)
                contents[pane] = Pane.trouble(id, name, error)
        whole = {pane: uploads.pop(pane) for pane in [*uploads] if uploads[pane].complete}
        try:
            with ThreadPoolExecutor(len(PANES)) as pool:
                read = pool.map(partial(Pane.from_upload, read=self._read), whole.values())
                contents |= zip(whole, read, strict=True)
        except KeyboardInterrupt as error:
            contents |= {pane: Pane.unread(upload, error) for pane, upload in whole.items()}
            raise
        finally:  # interrupted too: whoever waits for an answer must not wait for ever
            self._show(contents)
            self._uploads |= uploads
            for upload in uploads.values():
                self._acknowledge(upload)

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
        if upload.complete:
            del self._uploads[pane]
            try:
                read = Pane.from_upload(upload, self._read)
            except KeyboardInterrupt as error:
                self._show({pane: Pane.unread(upload, error)})
                raise
            self._show({pane: read})
        else:
            self._acknowledge(upload)

    def refuse(self, pane: str, id: str, name: str, message: str) -> None:
        """Show in a pane why there is no picture."""
        self._show({pane: Pane.trouble(id, name, message)})

    def drop(self, pane: str) -> None:
        """Forget what is on its way to a pane, and say so."""
        if upload := self._uploads.pop(pane, None):
            self._send({"kind": "dropped", "id": upload.id})

    def _acknowledge(self, upload: Upload) -> None:
        self._send({"kind": "received", "id": upload.id, "bytes": upload.received})
