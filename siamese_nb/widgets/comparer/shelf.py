"""Hold the comparer's gallery, and serve what the browser asks of it."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from siamese_nb.errors import InputError
from siamese_nb.images import ImageSource
from siamese_nb.widgets.comparer.gallery import Gallery, Lighten, Scores
from siamese_nb.widgets.comparer.packing import Packed
from siamese_nb.widgets.comparer.pane import Pane, Read
from siamese_nb.widgets.trouble import tell_why_not

_OTHER = {"one": "two", "two": "one"}


class Shelf:
    """Take in a gallery, one at a time, and rank it by the picture in the other pane.

    Parameters
    ----------
    read : callable
        Makes of a file's bytes what is compared.
    scores : callable, optional
        Takes what was read of one picture and of several; without it there are no galleries.
    lighten : callable
        Makes of what was read of a picture what `scores` needs of it.
    send : callable
        Sends a message with buffers to the browser.
    show : callable
        Takes the panes' new contents by their names; it calls `follow` with them.
    """

    KINDS = ("gallery", "member", "stray", "leave", "smalls", "choose", "groups")

    def __init__(
        self,
        read: Read,
        scores: Scores | None,
        lighten: Lighten,
        send: Callable[..., None],
        show: Callable[[dict[str, Pane]], None],
    ) -> None:
        self._read, self._scores, self._lighten, self._send, self._show = read, scores, lighten, send, show
        self.gallery: Gallery | None = None

    @property
    def able(self) -> bool:
        """Whether there can be a gallery."""
        return self._scores is not None

    def describe(self) -> dict[str, Any]:
        """Return what the browser is told of the gallery; empty without one."""
        return {} if self.gallery is None else self.gallery.describe()

    def receive(self, message: dict[str, Any], buffers: Sequence[memoryview], threshold: float) -> None:
        """Do what a message asks, if it is of the gallery that is there."""
        if message["kind"] == "gallery":
            self.begin(message["id"], message["pane"], message["total"])
            return
        if self.gallery is None or self.gallery.id != message["id"]:
            if message["kind"] in ("member", "stray"):
                self._send({"kind": "dropped", "id": message["id"]})
            return
        gallery = self.gallery
        match message["kind"]:
            case "member":
                try:
                    gallery.take(message["name"], message["size"], message["index"], buffers[0], self._read)
                finally:  # interrupted too, or the browser would wait for ever to send the next
                    self._go_on(gallery)
            case "stray":
                gallery.refuse(message["name"], message["message"])
                self._go_on(gallery)
            case "leave":
                self.leave()
            case "smalls":
                found = [place for place in message["places"] if gallery.members[place].small]
                smalls = [gallery.members[place].small for place in found]
                self._send({"kind": "smalls", "id": gallery.id, "places": found}, smalls)
            case "choose":
                panes = message["panes"].items()
                self._show({pane: self._chosen(gallery, place) for pane, place in panes})
            case "groups":
                self._send_groups(gallery, threshold, message["matrix"])

    def begin(self, id: str, pane: str, total: int) -> None:
        """Await so many files in place of the gallery that is there."""
        gallery = self._new(id, pane, total)
        self._abandon(pane)
        self.gallery = gallery
        self._show({pane: Pane(id=id, status="sending", name=f"{total} pictures")})

    def fill(self, id: str, pane: str, sources: Sequence[ImageSource]) -> None:
        """Take pictures that are given in Python."""
        gallery = self._new(id, pane, len(sources))
        gallery.read(sources, self._read)
        self._abandon(pane)
        self.gallery = gallery
        self._finish(gallery)

    def leave(self) -> None:
        """Forget the gallery; what is in the panes stays."""
        gallery, self.gallery = self.gallery, None
        self._show({} if gallery is None or gallery.complete else {gallery.pane: Pane(id=gallery.id)})

    def swap(self) -> None:
        """Follow the panes' exchange."""
        if self.gallery is not None:
            self.gallery.pane = _OTHER[self.gallery.pane]

    def query(self, panes: dict[str, Pane]) -> Pane | None:
        """Return the picture that the gallery is ranked by, if there is one."""
        if self.gallery is None or not self.gallery.complete:
            return None
        query = panes[_OTHER[self.gallery.pane]]
        return query if query.status == "picture" else None

    def follow(self, contents: dict[str, Pane], panes: dict[str, Pane]) -> dict[str, Pane]:
        """Give what a gallery's pane shows after new contents of the panes: the best match of a new picture."""
        gallery, query = self.gallery, self.query(panes)
        if gallery is None or query is None or not gallery.pictures:
            return {}
        new = contents.get(gallery.pane)
        arrived = new is not None and new.id == gallery.id
        shown = panes[gallery.pane]
        free = shown.status != "picture" or shown.id.startswith(f"{gallery.id}/")
        if not free or not (arrived or (new is None and _OTHER[gallery.pane] in contents)):
            return {}
        best = gallery.pictures[int(np.argmax(gallery.rank(query)))]
        return {gallery.pane: self._chosen(gallery, best)}

    def interrupt(self, contents: dict[str, Pane]) -> None:
        """Drop a gallery that is on its way when something else is put in its place."""
        gallery = self.gallery
        if gallery is None or gallery.complete or gallery.pane not in contents:
            return
        if contents[gallery.pane].id != gallery.id:
            self.gallery = None
            self._send({"kind": "dropped", "id": gallery.id})

    def ranking(self, panes: dict[str, Pane], threshold: float) -> dict[str, Any]:
        """Return how the pictures rank, as the browser is told."""
        gallery, query = self.gallery, self.query(panes)
        if gallery is None or query is None:
            return {"query": "", "scores": [], "threshold": threshold}
        try:
            scores = gallery.rank(query).tolist()
        except Exception:  # `follow` meets it again, where it is told
            return {"query": "", "scores": [], "threshold": threshold}
        return {"query": query.id, "scores": scores, "threshold": threshold}

    def _new(self, id: str, pane: str, total: int) -> Gallery:
        if self._scores is None:
            raise InputError("this comparer was given no function that scores one picture with many")
        return Gallery(id, pane, total, self._scores, self._lighten)

    def _send_groups(self, gallery: Gallery, threshold: float, matrix: bool) -> None:
        try:
            described, packed = pack_groups(gallery, threshold, matrix)
        except (Exception, KeyboardInterrupt) as error:  # the pictures stay; the user is told why there is no map
            self._send({"kind": "groups", "id": gallery.id, "message": tell_why_not(error)})
            if not isinstance(error, InputError):
                raise
        else:
            self._send({"kind": "groups", "id": gallery.id, **described}, packed)

    def _abandon(self, pane: str) -> None:
        """Empty the other pane, if a gallery on its way to it is to be replaced."""
        old = self.gallery
        if old is not None and not old.complete and old.pane != pane:
            self._show({old.pane: Pane(id=old.id)})

    def _chosen(self, gallery: Gallery, place: int) -> Pane:
        try:
            return gallery.choose(place, self._read)
        except InputError as error:  # moved or deleted since
            member = gallery.members[place]
            return Pane.trouble(member.id, member.name, error)

    def _go_on(self, gallery: Gallery) -> None:
        self._send({"kind": "took", "id": gallery.id, "members": len(gallery.members)})
        if gallery.complete:
            self._finish(gallery)

    def _finish(self, gallery: Gallery) -> None:
        if gallery.pictures:
            self._show({gallery.pane: Pane(id=gallery.id)})
            return
        self.gallery = None
        first = next(member.message for member in gallery.members)
        message = f"There is no picture among {gallery.total} files; the first: {first}"
        self._show({gallery.pane: Pane.trouble(gallery.id, "", message)})


def pack_groups(gallery: Gallery, threshold: float, matrix: bool) -> Packed:
    """Pack the groups at a threshold, the order that puts like beside like, and, if asked for, all scores."""
    pictures = gallery.pictures
    order = gallery.clusters.order.tolist() if len(pictures) > 1 else [0] * len(pictures)
    described = {
        "order": [pictures[row] for row in order],
        "groups": gallery.groups(threshold),
        "threshold": threshold,
        "pictures": pictures,
    }
    return described, [gallery.matrix.astype("<f8").tobytes()] if matrix else []
