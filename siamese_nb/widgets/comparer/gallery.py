"""Many pictures at once: ranked against one, or each against each."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from siamese_nb.clusters import Clusters
from siamese_nb.errors import InputError
from siamese_nb.images import ImageSource
from siamese_nb.metrics import verdict
from siamese_nb.progress import progress_bar
from siamese_nb.widgets.comparer.pane import Pane, Read
from siamese_nb.widgets.comparer.spool import Spool
from siamese_nb.widgets.comparer.upload import Upload
from siamese_nb.widgets.trouble import tell_why_not

MOST = 500  # pictures: a matrix of more cannot be read
SMALL = 320  # longest side, in pixels, of what is kept of a picture to be looked at

Scores = Callable[[Any, Sequence[Any]], NDArray[np.float64]]
Lighten = Callable[[Any], Any]


class Gallery:
    """Pictures that were given together. In memory stays what scores them and a small JPEG; files wait on the disk.

    Parameters
    ----------
    id : str
    pane : str
        The pane that they were given to; the other pane's picture is what they are ranked by.
    total : int
        How many files will come, those that turn out to be no pictures included.
    scores : callable
        Takes what was read of one picture and of several; returns the score of the one with each.
    lighten : callable
        Makes of what was read of a picture what `scores` needs of it.
    """

    def __init__(self, id: str, pane: str, total: int, scores: Scores, lighten: Lighten) -> None:
        self.id, self.pane, self.total = id, pane, total
        self.members: list[Pane] = []
        self.sources: Sequence[ImageSource] = ()
        self._scores, self._lighten = scores, lighten
        self._spool = Spool()
        self._upload: Upload | None = None
        self._ranked: tuple[str, NDArray[np.float64]] | None = None

    @property
    def complete(self) -> bool:
        """Say whether all files have come."""
        return len(self.members) >= self.total

    @property
    def pictures(self) -> list[int]:
        """List the places of the members that are pictures."""
        return [place for place, member in enumerate(self.members) if member.status == "picture"]

    def take(self, name: str, size: int, index: int, chunk: memoryview, read: Read) -> None:
        """Take a chunk of the next file; the last one makes it a member, or a message why it is none."""
        try:
            self._upload = self._upload or Upload(self._next_id(), name, size)
            self._upload.add(index, chunk)
            if not self._upload.complete:
                return
            picture = Pane.from_upload(self._upload, lambda data: self._lighten(read(data)))
            if picture.status == "picture":
                self._spool.add(len(self.members), picture.data)
                self._add(picture)
            else:
                self.members.append(picture)
        except (InputError, KeyboardInterrupt) as error:
            self.refuse(name, tell_why_not(error))
            if isinstance(error, KeyboardInterrupt):
                raise
        self._upload = None

    def refuse(self, name: str, message: str) -> None:
        """Count a file that is no picture."""
        self._upload = None
        self.members.append(Pane.trouble(self._next_id(), name, message))

    def read(self, sources: Sequence[ImageSource], read: Read) -> None:
        """Read pictures that are given in Python."""
        self.sources = sources
        bar = progress_bar(sources, "Reading", "picture")
        for source, name in zip(bar, _names(sources), strict=True):
            try:
                picture = Pane.from_source(self._next_id(), source, lambda data: self._lighten(read(data)))
                self._add(replace(picture, name=name))
            except InputError as error:
                self.refuse(name, str(error))

    def choose(self, place: int, read: Read) -> Pane:
        """Read a member anew, to be shown in a pane."""
        member = self.members[place]
        if not self.sources:
            return Pane.from_file(member.id, member.name, self._spool.read(place), read)
        return replace(Pane.from_source(member.id, self.sources[place], read), name=member.name)

    def rank(self, query: Pane) -> NDArray[np.float64]:
        """Score each picture with one that is in a pane.

        Returns
        -------
        ndarray of shape (n_pictures,), float64
            In the order of `pictures`.

        Raises
        ------
        InputError
            If a score is not a number.
        """
        if self._ranked is None or self._ranked[0] != query.id:
            contents = [self.members[place].content for place in self.pictures]
            self._ranked = (query.id, _finite(self._scores(query.content, contents)))
        return self._ranked[1]

    @cached_property
    def matrix(self) -> NDArray[np.float64]:
        """Score each picture with each, of shape (n_pictures, n_pictures).

        Raises
        ------
        InputError
            If a score is not a number.
        """
        contents = [self.members[place].content for place in self.pictures]
        scores = np.empty((len(contents), len(contents)))
        for row in progress_bar(range(len(contents)), "Scoring", "picture"):
            scores[row, row:] = scores[row:, row] = _finite(self._scores(contents[row], contents[row:]))
        return scores

    @cached_property
    def clusters(self) -> Clusters:
        """Order the pictures so that like stands beside like."""
        return Clusters.from_scores(self.matrix)

    def groups(self, threshold: float) -> list[list[int]]:
        """List the members of each group at a threshold, the largest group first."""
        if len(self.pictures) < 2:
            return [[place] for place in self.pictures]
        numbers = self.clusters.groups(threshold)
        found: list[list[int]] = [[] for _ in range(numbers.max() + 1)]
        for row in self.clusters.order:
            found[numbers[row]].append(self.pictures[row])
        return sorted(found, key=len, reverse=True)

    def rows(self, query: Pane, threshold: float) -> Iterator[dict[str, Any]]:
        """Give each picture's name, score and verdict, best first."""
        scores = self.rank(query)
        for rank, row in enumerate(np.argsort(-scores, kind="stable"), 1):
            name, score = self.members[self.pictures[row]].name, float(scores[row])
            yield {"rank": rank, "name": name, "score": score, "verdict": verdict(score, threshold)}

    def describe(self) -> dict[str, Any]:
        """Return what the browser is told: everything but the pictures."""
        told = ("name", "width", "height", "message")
        members = [{name: getattr(member, name) for name in told} for member in self.members]
        status = "ready" if self.complete else "sending"
        return {"id": self.id, "pane": self.pane, "total": self.total, "status": status, "members": members}

    def _next_id(self) -> str:
        return f"{self.id}/{len(self.members)}"

    def _add(self, picture: Pane) -> None:
        self.members.append(replace(picture, data=b"", small=picture.preview(SMALL)))


def _finite(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    values = np.asarray(scores, np.float64)
    if not np.isfinite(values).all():
        raise InputError(f"a score is {values[~np.isfinite(values)][0]}; train the model again")
    return values


def _names(sources: Sequence[ImageSource]) -> list[str]:
    """Name files by their path below the folder that holds them all; what is no file has no name."""
    files = [Path(source).absolute() if isinstance(source, str | os.PathLike) else None for source in sources]
    try:
        top = os.path.commonpath([file.parent for file in files if file])
    except ValueError:  # no files, or files on two drives
        return [file.name if file else "" for file in files]
    return [file.relative_to(top).as_posix() if file else "" for file in files]


def list_pictures(given: Iterable[ImageSource] | str | os.PathLike[str]) -> list[ImageSource]:
    """List the files of a folder and of the folders in it by name, hidden ones left out, or what was given.

    Raises
    ------
    InputError
        If there is nothing, or more than `MOST`.
    """
    if isinstance(given, str | os.PathLike):
        folder = Path(given)
        if not folder.is_dir():
            raise InputError(f"there is no folder {folder}; give a folder, or a list of pictures")
        inside = (file for file in sorted(folder.rglob("*")) if file.is_file())
        given = [file for file in inside if not any(part.startswith(".") for part in file.relative_to(folder).parts)]
    sources = list(given)
    if not 0 < len(sources) <= MOST:
        more = "Verifier.search ranks any number" if sources else "give some pictures"
        raise InputError(f"{len(sources)} pictures were given; from 1 to {MOST} can be looked at together: {more}")
    return sources
