"""One progress bar for all that may take longer than two seconds, and what is said beside it."""

import sys
from collections.abc import Iterable, Iterator
from typing import Any

from tqdm.auto import tqdm


def progress_bar(
    work: Iterable[Any] | None,
    what: str,
    unit: str,
    total: int | None = None,
    done: int = 0,
    shown: bool = True,
    after: float = 2.0,
) -> Any:
    """Return tqdm's bar, for a notebook or a terminal.

    Parameters
    ----------
    work : iterable or None
        What to go through; None where the caller moves the bar on by `update`.
    what : str
        Stands before the bar.
    unit : str
        What is counted, in the singular.
    total : int, optional
        How many there are, where `work` does not say it.
    done : int
        How many were done by an earlier run.
    shown : bool
    after : float
        Seconds until it comes up.
    """
    return tqdm(work, desc=what, unit=unit, total=total, initial=done, delay=after, leave=False, disable=not shown)


def say(words: str) -> None:
    """Write a line to standard error, above a bar if there is one."""
    tqdm.write(words, file=sys.stderr)


def in_slices(total: int, size: int, what: str) -> Iterator[slice]:
    """Yield slices of rows, `size` at a time, with a bar where there are several."""
    if 0 < total <= size:
        yield slice(0, total)  # a bar with one step shows nothing, and in a notebook it takes longer than two pictures
        return
    with progress_bar(None, what, "", total=total) as bar:
        for start in range(0, total, size):
            stop = min(start + size, total)
            yield slice(start, stop)
            bar.update(stop - start)
