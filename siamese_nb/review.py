"""The review: what a person said about pictures and couples, in `review.csv` beside them; no picture is ever touched.

The file has the columns `path_one,path_two,verdict,when,reason`; paths are relative to its folder, and `path_two` is
empty in a verdict on one picture. Of several lines on the same pictures the last one counts. Verdicts:

- `exclude`: the pictures are not used.
- `not the same thing`: if they count as the same thing, the second picture is not used; of a couple then neither is.
- `same thing`: both pictures, and all that shows the same thing as either, show the same thing.

In a dataset from a pairs file the last two set the pair's label to 0 and 1.
"""

import csv
import datetime
import os
import threading
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from siamese_nb.components import tied
from siamese_nb.errors import InputError
from siamese_nb.files import REVIEW_FILE, Problem
from siamese_nb.layouts import NOT_IN_USE
from siamese_nb.storage import write_rows

EXCLUDE, NOT_THE_SAME, SAME = "exclude", "not the same thing", "same thing"
VERDICTS = (EXCLUDE, NOT_THE_SAME, SAME)
_ADDING = threading.Lock()  # two widgets of one notebook may write to the same review, each on a thread of its own


@dataclass(frozen=True)
class Verdict:
    """One line of a review."""

    path_one: str
    path_two: str
    verdict: str
    when: str = ""
    reason: str = ""

    @property
    def pictures(self) -> frozenset[str]:
        """What it is on: one picture or two, in any order."""
        return frozenset({self.path_one, self.path_two} - {""})


def read_review(folder: str | os.PathLike[str]) -> list[Verdict]:
    """Read every line of a folder's review; of a folder without one, none.

    Raises
    ------
    InputError
        If the file cannot be read, lacks a column, or a verdict is not known.
    """
    file = Path(folder) / REVIEW_FILE
    try:
        with file.open(newline="", encoding="utf-8-sig", errors="surrogateescape") as stream:
            reader = csv.DictReader(stream)
            missing = [name.name for name in fields(Verdict) if name.name not in (reader.fieldnames or [])]
            if missing:
                raise InputError(
                    f"{file} lacks the column {', '.join(missing)}; mend its first line, or remove the file"
                )
            return [_checked(row, f"{file}, line {reader.line_num}") for row in reader]
    except FileNotFoundError:
        return []
    except (OSError, csv.Error) as error:
        raise InputError(
            f"cannot read {file}: {getattr(error, 'strerror', None) or error}; mend or remove it"
        ) from error


def add_verdict(folder: str | os.PathLike[str], one: str, two: str, verdict: str, reason: str = "") -> Verdict:
    """Add a verdict to a folder's review, which is replaced as a whole.

    Parameters
    ----------
    folder : path
    one, two : str
        Paths relative to the folder; `two` may be empty.
    verdict : {"exclude", "not the same thing", "same thing"}
    reason : str

    Raises
    ------
    InputError
        If the verdict is not known, needs two pictures, or the file cannot be read or written.
    """
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    added = _checked(dict(zip(_columns(), (one, two, verdict, now, reason), strict=True)), "the verdict")
    with _ADDING:
        _write(folder, [*read_review(folder), added])
    return added


def undo_verdict(folder: str | os.PathLike[str], *pictures: str) -> Verdict | None:
    """Take the last line, or the last on the named pictures, out of a folder's review and return it.

    None if there is no such line.
    """
    with _ADDING:
        verdicts = read_review(folder)
        rows = [row for row, verdict in enumerate(verdicts) if not pictures or verdict.pictures == {*pictures}]
        if not rows:
            return None
        undone = verdicts.pop(rows[-1])
        _write(folder, verdicts)
        return undone


def in_force(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Keep the last verdict on the same pictures."""
    return list({verdict.pictures: verdict for verdict in verdicts}.values())


def judged_pictures(folder: str | os.PathLike[str]) -> set[frozenset[str]]:
    """Return the pictures, or pairs of them, that a folder's review has a verdict on: these are asked about no more."""
    return {verdict.pictures for verdict in read_review(folder)}


def confirmed_impostors(folder: str | os.PathLike[str], paths: Sequence[str]) -> NDArray[np.int64]:
    """List the pairs of pictures that a folder's review calls not the same thing.

    Parameters
    ----------
    folder : path
    paths : sequence of n str
        Relative to the folder.

    Returns
    -------
    ndarray of shape (n_pairs, 2), int64
        Places in `paths`.

    Raises
    ------
    InputError
        If the review cannot be read.
    """
    verdicts = in_force(read_review(folder))
    row = {path: number for number, path in enumerate(paths)} if verdicts else {}
    said = [(one.path_one, one.path_two) for one in verdicts if one.verdict == NOT_THE_SAME]
    found = [(row[one], row[two]) for one, two in said if one in row and two in row]
    return np.array(found, np.int64).reshape(-1, 2)


def reviewed_identity(
    verdicts: Sequence[Verdict], paths: Sequence[str], identity: Sequence[int], problems: list[Problem]
) -> NDArray[np.int64]:
    """Apply a review to what pictures show; add a problem for each verdict on a picture that is not there."""
    index = {path: row for row, path in enumerate(paths)}
    known = []
    for verdict in in_force(verdicts):
        gone = sorted(verdict.pictures - index.keys())
        if gone:
            message = f"the verdict {verdict.verdict!r} is on {gone[0]}, which is not there; remove the line"
            problems.append(Problem(REVIEW_FILE, "stale_review", message))
        else:
            known.append(verdict)
    reviewed = np.array(identity, np.int64)
    same = np.array([(index[v.path_one], index[v.path_two]) for v in known if v.verdict == SAME], np.int64)
    if len(same):
        reviewed = _joined(reviewed, same)
    apart = np.array([(index[v.path_one], index[v.path_two]) for v in known if v.verdict == NOT_THE_SAME], np.int64)
    if len(apart):
        reviewed[apart[reviewed[apart[:, 0]] == reviewed[apart[:, 1]], 1]] = NOT_IN_USE
    reviewed[[index[path] for v in known if v.verdict == EXCLUDE for path in v.pictures]] = NOT_IN_USE
    return reviewed


def reviewed_pairs(verdicts: Sequence[Verdict], rows: Sequence[tuple[str, str, int]]) -> list[tuple[str, str, int]]:
    """Apply a review to the rows `one, two, label` of a pairs file."""
    by_pictures = {verdict.pictures: verdict.verdict for verdict in in_force(verdicts)}
    excluded = {pictures for pictures, verdict in by_pictures.items() if verdict == EXCLUDE}
    out = {path for pictures in excluded for path in pictures}
    labels = {pictures: int(verdict == SAME) for pictures, verdict in by_pictures.items() if verdict != EXCLUDE}
    kept = (row for row in rows if not out & {row[0], row[1]})
    return [(one, two, labels.get(frozenset({one, two}), label)) for one, two, label in kept]


def _joined(identity: NDArray[np.int64], same: NDArray[np.int64]) -> NDArray[np.int64]:
    """Join the identities of pairs of pictures; what had none gets one of its own first."""
    lone = np.unique(same[identity[same] == NOT_IN_USE])
    start = int(identity.max(initial=-1)) + 1
    identity[lone] = start + np.arange(len(lone))
    number = tied(identity[same], start + len(lone))
    return np.where(identity == NOT_IN_USE, NOT_IN_USE, number[identity])


def _columns() -> list[str]:
    return [column.name for column in fields(Verdict)]


def _checked(row: dict[str, str], where: str) -> Verdict:
    verdict = Verdict(*((row[name] or "").strip() for name in _columns()))
    if verdict.verdict not in VERDICTS:
        raise InputError(f"{where} is {verdict.verdict!r}; write one of: {', '.join(VERDICTS)}")
    needed = 1 if verdict.verdict == EXCLUDE else 2
    if not verdict.path_one or len(verdict.pictures) < needed:
        raise InputError(f"{where}: {verdict.verdict!r} needs {needed} picture{'s' * (needed > 1)}; name them by path")
    return verdict


def _write(folder: str | os.PathLike[str], verdicts: Sequence[Verdict]) -> None:
    write_rows(Path(folder) / REVIEW_FILE, _columns(), map(astuple, verdicts))
