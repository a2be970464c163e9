"""One progress bar for all that may take longer than two seconds; it leaves nothing behind."""

from collections.abc import Iterable
from typing import Any

from tqdm.auto import tqdm


def progress_bar(
    work: Iterable[Any] | None, what: str, unit: str, total: int | None = None, done: int = 0, shown: bool = True
) -> Any:
    """Return tqdm's bar, for a notebook or a terminal, which comes up after two seconds.

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
    """
    return tqdm(work, desc=what, unit=unit, total=total, initial=done, delay=2, leave=False, disable=not shown)
