"""The comparer: drop two pictures, see both, the score, the threshold and the verdict."""

import itertools
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from siamese_nb.errors import InputError
from siamese_nb.images import ImageSource
from siamese_nb.widgets.pane import Pane
from siamese_nb.widgets.upload import Upload

PANES = ("one", "two")
VERDICTS = ("similar", "not similar")
NO_ANSWER = {"score": None, "threshold": None, "verdict": "", "probability": None}


class Comparer(anywidget.AnyWidget):  # type: ignore[misc]  # anywidget's types are not read
    """Compare two pictures that are dropped, pasted or chosen in the notebook.

    Parameters
    ----------
    compare : callable
        Takes the bytes of both files; returns a mapping with `score` in [0, 1], `threshold`, `verdict` ("similar" or
        "not similar") and `probability` (a float in [0, 1], or None). Called once for each new couple of pictures; an
        `InputError` that it raises is shown in place.

    Attributes
    ----------
    score, threshold, probability : float or None
        Of the pictures that are shown, None without a comparison. They can be observed, as can the next two.
    verdict : str
        "similar", "not similar", or "" without a comparison.
    error : str
        The messages that are shown, or "".
    """

    _esm = Path(__file__).with_suffix(".js")
    _css = Path(__file__).with_suffix(".css")

    # All that the browser draws, in one snapshot: an answer can never stand beside other pictures than its own.
    state = traitlets.Dict().tag(sync=True)

    score = traitlets.Float(None, allow_none=True)
    threshold = traitlets.Float(None, allow_none=True)
    probability = traitlets.Float(None, allow_none=True)
    verdict = traitlets.Unicode("")
    error = traitlets.Unicode("")

    def __init__(self, compare: Callable[[bytes, bytes], Mapping[str, Any]], **kwargs: Any) -> None:
        self._compare = compare
        self._panes = dict.fromkeys(PANES, Pane())
        self._uploads: dict[str, Upload] = {}
        self._ids = (f"kernel-{number}" for number in itertools.count())
        super().__init__(**kwargs)
        self._publish()
        self.on_msg(self._receive)

    def set(self, one: ImageSource | None = None, two: ImageSource | None = None) -> None:
        """Show pictures given in Python and compare; a pane that is left out keeps its own.

        Parameters
        ----------
        one, two : path, bytes, array or PIL image, optional

        Raises
        ------
        InputError
            If one of them is not a picture; both panes then stay as they are.
        """
        given = zip(PANES, (one, two), strict=True)
        self._show({pane: Pane.from_source(next(self._ids), source) for pane, source in given if source is not None})

    def swap(self) -> None:
        """Exchange the two pictures."""
        self._show({"one": self._panes["two"], "two": self._panes["one"]})

    def clear(self) -> None:
        """Empty both panes."""
        self._show({pane: Pane(id=next(self._ids)) for pane in PANES})

    def _receive(self, _: object, message: dict[str, Any], buffers: list[memoryview]) -> None:
        match message["kind"]:
            case "begin":
                self._begin(message["pane"], message["id"], message["name"], message["size"])
            case "chunk":
                self._add_chunk(message["id"], message["index"], buffers[0])
            case "refuse":
                self._refuse(message["pane"], message["id"], message["name"], message["message"])
            case "clear":
                self._show({message["pane"]: Pane(id=message["id"])})
            case "swap":
                self.swap()
            case "preview":
                self._send_preview(message["id"])
            case "ping":
                self.send({"kind": "pong"})

    def _begin(self, pane: str, id: str, name: str, size: int) -> None:
        try:
            upload = Upload(id, name, size)
        except InputError as error:
            self._refuse(pane, id, name, str(error))
            return
        self._show({pane: Pane(id=id, status="sending", name=name)})
        self._uploads[pane] = upload
        self._finish(pane)

    def _add_chunk(self, id: str, index: int, chunk: memoryview) -> None:
        pane = next((pane for pane, upload in self._uploads.items() if upload.id == id), None)
        if pane is None:
            self.send({"kind": "dropped", "id": id})
            return
        upload = self._uploads[pane]
        try:
            upload.add(index, chunk)
        except InputError as error:
            self._refuse(pane, id, upload.name, str(error))
            return
        self.send({"kind": "received", "id": id, "bytes": upload.received})
        self._finish(pane)

    def _finish(self, pane: str) -> None:
        upload = self._uploads[pane]
        if not upload.complete:
            return
        del self._uploads[pane]
        try:
            content = Pane.from_file(upload.id, upload.name, upload.join())
        except InputError as error:
            self._refuse(pane, upload.id, upload.name, str(error))
        else:
            self._show({pane: content})

    def _refuse(self, pane: str, id: str, name: str, message: str) -> None:
        self._show({pane: Pane(id=id, status="error", name=name, message=message)})

    def _drop_upload(self, pane: str) -> None:
        if upload := self._uploads.pop(pane, None):
            self.send({"kind": "dropped", "id": upload.id})

    def _send_preview(self, id: str) -> None:
        for pane in self._panes.values():
            if pane.id == id and pane.status == "picture":
                self.send({"kind": "preview", "id": id}, [pane.preview()])

    def _show(self, contents: dict[str, Pane]) -> None:
        """Show new contents at once, then what the comparison says of them."""
        for pane in contents:
            self._drop_upload(pane)
        self._panes |= contents
        self._publish()
        one, two = (self._panes[pane] for pane in PANES)
        if not one.status == two.status == "picture":
            return
        try:
            self._publish(answer=_check_answer(self._compare(one.data, two.data)))
        except InputError as error:
            self._publish(message=str(error))
        except Exception as error:
            self._publish(message=f"the comparison failed: {type(error).__name__}: {error}")
            raise

    def _publish(self, answer: dict[str, Any] | None = None, message: str = "") -> None:
        panes = {name: pane.describe() for name, pane in self._panes.items()}
        messages = [*(pane.message for pane in self._panes.values()), message]
        with self.hold_trait_notifications():
            self.state = {**panes, "answer": answer, "message": message}
            self.error = "; ".join(filter(None, messages))
            for name, value in (answer or NO_ANSWER).items():
                self.set_trait(name, value)


def _check_answer(result: Mapping[str, Any]) -> dict[str, Any]:
    """Take an answer's four values as plain Python ones, which JSON can carry."""
    score, threshold, probability = float(result["score"]), float(result["threshold"]), result["probability"]
    if not (math.isfinite(score) and math.isfinite(threshold)):
        raise InputError(f"no comparison: the score is {score}, the threshold {threshold}; train the model again")
    if result["verdict"] not in VERDICTS:
        raise InputError(f'no comparison: the verdict is "{result["verdict"]}"; it must be one of {VERDICTS}')
    probability = None if probability is None else float(probability)
    return {"score": score, "threshold": threshold, "verdict": str(result["verdict"]), "probability": probability}
