"""The comparer: drop two pictures, see both, the score, the threshold, the verdict and the reason for it."""

import itertools
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import anywidget
import traitlets

from siamese_nb.errors import InputError
from siamese_nb.images import ImageSource
from siamese_nb.metrics import check_threshold
from siamese_nb.storage import write_rows
from siamese_nb.widgets.comparer.answer import FIELDS
from siamese_nb.widgets.comparer.asked import Asked, Explain, Neighbours
from siamese_nb.widgets.comparer.couple import Couple
from siamese_nb.widgets.comparer.gallery import Lighten, Scores, list_pictures
from siamese_nb.widgets.comparer.history import History
from siamese_nb.widgets.comparer.intake import Intake
from siamese_nb.widgets.comparer.pane import PANES, Pane, Read, keep_bytes
from siamese_nb.widgets.comparer.shelf import Shelf
from siamese_nb.widgets.comparer.snapshot import Snapshot
from siamese_nb.widgets.joined import join_scripts, join_styles
from siamese_nb.widgets.trouble import tell_why_not

_SCRIPTS = (
    "words", "gifts", "pane", "intake", "previews", "answer", "reason", "history", "camera", "matrix", "gallery",
    "drops", "view",
)  # fmt: skip
_STYLES = ("panes", "reason", "answer", "history", "gallery", "narrow")


class Comparer(anywidget.AnyWidget):  # type: ignore[misc]  # anywidget's types are not read
    """Compare two pictures that are dropped, pasted or chosen in the notebook.

    Parameters
    ----------
    compare : callable
        Takes what `read` made of both files; returns a mapping with `score` in [0, 1], `threshold`, `verdict`
        ("similar" or "not similar") and `probability` (a float in [0, 1], or None), and as far as it knows them
        `probability_low` and `_high`, `sure` (bool), `same` and `of` (how many of the pairs like this one were
        genuine) and `remarks` (sentences). Called once for each new couple of pictures; an `InputError` that it
        raises is shown in place.
    read : callable, optional
        Makes of a file's bytes, once, what is compared; without it that is the bytes themselves. Of two files that are
        dropped at once, each is read in a thread of its own.
    scores : callable, optional
        Takes what was read of one picture and of several; returns the score of the one with each. With it, several
        files or a folder can be dropped: they are ranked against one picture, and compared each with each.
    lighten : callable, optional
        Makes of what was read of a picture what `scores` needs of it: all that is kept of each of several hundred.
    explain : callable, optional
        Takes the same two; returns the shares of patches in the score, see `siamese_nb.explain.Reason`.
    neighbours : callable, optional
        Takes a score; returns pairs like it, each with `same`, `score`, and `one` and `two` as small JPEGs.
    background : mapping, optional
        What stands behind each answer: `genuine` and `impostor` (histograms over [0, 1]), `band` (low, high),
        `prevalence`, and `threshold`, which `scores` needs.
    snapshot : bool
        Keep small pictures and the verdict in the saved notebook.

    Attributes
    ----------
    score, threshold, probability : float or None
        Of the pictures that are shown, None without a comparison. They can be observed, as can the next two.
    verdict : str
        "similar", "not similar", or "" without a comparison.
    error : str
        The messages that are shown, or "".
    history : list of dict
        The last comparisons, oldest first.
    """

    _esm = join_scripts(*(f"comparer/{script}.js" for script in _SCRIPTS))
    _css = join_styles(*(f"comparer/{style}.css" for style in _STYLES))

    # All that the browser draws, in one snapshot: an answer can never stand beside other pictures than its own.
    state = traitlets.Dict().tag(sync=True)
    background = traitlets.Dict().tag(sync=True)
    history = traitlets.List().tag(sync=True)
    gallery = traitlets.Dict().tag(sync=True)
    ranking = traitlets.Dict().tag(sync=True)

    score = traitlets.Float(None, allow_none=True)
    threshold = traitlets.Float(None, allow_none=True)
    probability = traitlets.Float(None, allow_none=True)
    verdict = traitlets.Unicode("")
    error = traitlets.Unicode("")

    def __init__(
        self,
        compare: Callable[[Any, Any], Mapping[str, Any]],
        *,
        read: Read = keep_bytes,
        scores: Scores | None = None,
        lighten: Lighten = lambda content: content,
        explain: Explain | None = None,
        neighbours: Neighbours | None = None,
        background: Mapping[str, Any] | None = None,
        snapshot: bool = False,
    ) -> None:
        self._changing = threading.RLock()  # the browser's messages may come in on another thread than a cell's calls
        known = dict(background or {})
        if scores is not None and "threshold" not in known:
            raise InputError("scores were given without a threshold to judge them by: add it to the background")
        self._compare, self._read = compare, read
        self._couple = Couple(check_threshold(known.get("threshold", 0.5)))  # without scores it judges nothing
        self._past = History()
        self._intake = Intake(read, self.send, self._show)
        self._shelf = Shelf(read, scores, lighten, self.send, self._show)
        self._asked = Asked(self._couple, self._past, explain, neighbours, self.send)
        self._ids = (f"kernel-{number}" for number in itertools.count())
        self._snapshot = Snapshot() if snapshot else None
        super().__init__(background=known)
        self._publish()
        self.on_msg(self._receive)

    def _repr_mimebundle_(self, **options: Any) -> Any:
        if self._snapshot is not None:
            self._snapshot.place()
        return super()._repr_mimebundle_(**options)

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
        given = [(pane, source) for pane, source in zip(PANES, (one, two), strict=True) if source is not None]
        with self._changing:
            self._show({pane: Pane.from_source(next(self._ids), source, self._read) for pane, source in given})

    def set_gallery(self, pictures: Iterable[ImageSource] | str | os.PathLike[str], pane: str = "two") -> None:
        """Show many pictures: ranked by the picture in the other pane, and each compared with each.

        Parameters
        ----------
        pictures : path of a folder, or iterable of paths, bytes, arrays or PIL images
            At most 500; a file that is no picture is named and left out.
        pane : {"one", "two"}
            Where the best match goes.

        Raises
        ------
        InputError
            If there is no picture among them, there are too many, or this comparer was not given `scores`.
        """
        if pane not in PANES:
            raise InputError(f'the pane "{pane}" was given; it is "one" or "two"')
        with self._changing:
            self._shelf.fill(next(self._ids), pane, list_pictures(pictures))
            if self._shelf.gallery is None:
                raise InputError(self._couple.panes[pane].message)

    @property
    def ranked(self) -> list[dict[str, Any]]:
        """The gallery by its scores with the other pane's picture, best first: `rank`, `name`, `score`, `verdict`."""
        with self._changing:
            gallery, query = self._shelf.gallery, self._shelf.query(self._couple.panes)
            return [] if gallery is None or query is None else list(gallery.rows(query, self._couple.threshold))

    @property
    def groups(self) -> list[list[str]]:
        """The names of the gallery's pictures, by groups that show the same thing, the largest first."""
        with self._changing:
            gallery = self._shelf.gallery
            if gallery is None or not gallery.complete:
                return []
            found = gallery.groups(self._couple.threshold)
            return [[gallery.members[place].name for place in group] for group in found]

    def save_ranking(self, path: str | os.PathLike[str]) -> None:
        """Write `ranked` as CSV."""
        write_rows(path, ("rank", "name", "score", "verdict"), (row.values() for row in self.ranked))

    def swap(self) -> None:
        """Exchange the two pictures."""
        with self._changing:
            self._shelf.swap()
            self._show({"one": self._couple.panes["two"], "two": self._couple.panes["one"]})

    def clear(self) -> None:
        """Empty both panes and forget the gallery."""
        with self._changing:
            self._shelf.gallery = None
            self._show({pane: Pane(id=next(self._ids)) for pane in PANES})

    def try_threshold(self, threshold: float | None) -> None:
        """Judge by another threshold than the saved one; None goes back to that.

        Raises
        ------
        InputError
            If it is outside [0, 1].
        """
        tried = None if threshold is None else check_threshold(threshold)
        with self._changing:
            self._couple.tried = tried
            self._conclude()

    def save_history(self, path: str | os.PathLike[str]) -> None:
        """Write the last comparisons as CSV."""
        with self._changing:
            self._past.write(path)

    def _receive(self, _: object, message: dict[str, Any], buffers: list[memoryview]) -> None:
        with self._changing:
            self._take(message, buffers)

    def _take(self, message: dict[str, Any], buffers: list[memoryview]) -> None:
        match message["kind"]:
            case "begin":
                self._intake.begin(message["files"], buffers)
            case "chunk":
                self._intake.add_chunk(message["id"], message["index"], buffers[0])
            case "refuse":
                self._intake.refuse(message["pane"], message["id"], message["name"], message["message"])
            case "clear":
                self._show({message["pane"]: Pane(id=message["id"])})
            case "swap":
                self.swap()
            case "copy":
                self._show({message["to"]: self._couple.panes[message["pane"]]})
            case "threshold":
                self.try_threshold(message["value"])
            case "ping":
                self.send({"kind": "pong"})
            case "thumbnail":
                self._past.keep_thumbnail(message["id"], bytes(buffers[0]), self._couple.ids)
                self._keep_snapshot()
            case kind if kind in Shelf.KINDS:
                self._shelf.receive(message, buffers, self._couple.threshold)
            case kind if kind in Asked.KINDS:
                self._asked.receive(message)

    def _show(self, contents: dict[str, Pane]) -> None:
        """Show new contents at once, then what the comparison says of them."""
        for pane in contents:
            self._intake.drop(pane)
        self._shelf.interrupt(contents)
        self._couple.put(contents)
        try:
            self._publish()
            if best := self._shelf.follow(contents, self._couple.panes):
                self._couple.put(best)
                self._publish()
            if not self._couple.full:
                return
            self._couple.take(self._compare(*self._couple.contents))
        except InputError as error:
            self._publish(message=str(error))
        except (Exception, KeyboardInterrupt) as error:
            self._publish(message=f"the comparison failed: {tell_why_not(error)}")
            raise
        else:
            self._conclude()

    def _conclude(self) -> None:
        """Judge the answer by the threshold in use, show it, and remember it."""
        answer = self._couple.answer
        if answer is not None:
            self._past.add(self._couple.ids, self._couple.names, answer)
        self._publish(answer, "" if answer else self.state["message"])
        self.history = self._past.rows  # after the answer, which is what the user waits for
        self._keep_snapshot()

    def _publish(self, answer: dict[str, Any] | None = None, message: str = "") -> None:
        panes = {name: pane.describe() for name, pane in self._couple.panes.items()}
        messages = [*(pane.message for pane in self._couple.panes.values()), message]
        with self.hold_trait_notifications():
            able = {"explains": self._asked.explains, "ranks": self._shelf.able}
            self.state = {**panes, "answer": answer, "message": message, **able}
            self.gallery = self._shelf.describe()
            self.ranking = self._shelf.ranking(self._couple.panes, self._couple.threshold)
            self.error = "; ".join(filter(None, messages))
            for name in FIELDS:
                self.set_trait(name, answer[name] if answer else "" if name == "verdict" else None)

    def _keep_snapshot(self) -> None:
        answer = self._couple.answer
        one, two = (self._past.thumbnail(id) for id in self._couple.ids)
        if self._snapshot is not None and answer is not None and one and two:
            self._snapshot.keep(self._couple.names, (one, two), answer)
