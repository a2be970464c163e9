"""A finding: what is wrong with which pictures, why it matters, and what to do about it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from siamese_nb.files import Problem
from siamese_nb.tables import Table

SEVERITIES = ("error", "warning", "note")
"""In order: it spoils training or its figures; it may; good to know."""


@dataclass(frozen=True)
class Finding:
    """Something that is wrong with a dataset, wherever it occurs.

    Attributes
    ----------
    kind : str
        A word for programs, such as `"blank"`.
    severity : {"error", "warning", "note"}
    groups : tuple of tuple of str
        Each occurrence: the one picture, or the pictures that are copies of each other. Empty where it concerns the
        dataset as a whole.
    what, why, remedy : str
        One sentence each, for people: what was found, why it matters, what to do.
    """

    kind: str
    severity: str
    groups: tuple[tuple[str, ...], ...]
    what: str
    why: str
    remedy: str

    @property
    def count(self) -> int:
        """How often it occurs."""
        return max(len(self.groups), 1)

    @property
    def paths(self) -> tuple[str, ...]:
        """Each file that it concerns, once."""
        return tuple(dict.fromkeys(path for group in self.groups for path in group))

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values."""
        return {**vars(self), "count": self.count, "paths": self.paths}


_OF_PROBLEMS = {
    "missing_twin": ("error", "without its twin a picture is in no couple", "add the twin, or move the picture away"),
    "two_twins": ("error", "which two pictures belong together is not clear, so none is used", "keep one of each"),
    "contradiction": ("error", "one pair is called the same thing and not the same thing", "mend one of the labels"),
    "stray_file": ("warning", "it is not used", "rename or convert it, or move it away"),
    "missing_file": ("error", "pairs that name it are not used", "mend its path, or add the file"),
    "empty": ("error", "a file of 0 bytes is the trace of a copy cut short", "copy or export it again"),
    "unreadable": ("error", "it is not used, nor is its twin", "convert it to PNG or JPEG, or move it away"),
    "truncated": ("error", "it is not used, nor is its twin; other files may be cut short too", "copy it again"),
    "too_large": ("error", "it may be a file made to fill the memory, and is not used", "shrink it"),
    "stale_review": ("note", "a verdict on a file that is gone changes nothing", "remove the line from review.csv"),
}


def from_problems(problems: Iterable[Problem]) -> list[Finding]:
    """Gather a scan's problems into one finding of each kind."""
    gathered: dict[str, dict[str, str]] = defaultdict(dict)
    for problem in problems:
        gathered[problem.kind].setdefault(problem.path, problem.message)
    return [
        Finding(kind, severity, tuple((path,) for path in found), next(iter(found.values())), why, remedy)
        for kind, found in gathered.items()
        for severity, why, remedy in [_OF_PROBLEMS[kind]]
    ]


def findings_table(findings: Iterable[Finding]) -> Table:
    """Set findings one below the other, the gravest first."""
    rows = tuple((f.kind.replace("_", " "), f.severity, f"{f.count:,}", f.what, f.remedy) for f in findings)
    return Table(("finding", "severity", "count", "what", "what to do"), rows or (("none", "", "", "", ""),))
