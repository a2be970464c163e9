"""Work in threads that Ctrl-C ends soon."""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

Part = TypeVar("Part")
Result = TypeVar("Result")


@contextmanager
def in_threads(
    work: Callable[[Part], Result], parts: Iterable[Part], threads: int | None = None
) -> Iterator[Iterator[Result]]:
    """Yield the results of parts of some work, in their order, while threads do the others.

    When the block ends, by Ctrl-C too, what has not begun is called off, and what has begun is waited for.

    Parameters
    ----------
    work : callable
        That mostly waits, or lets go of the interpreter's lock as Pillow's and NumPy's loops do.
    parts : iterable
    threads : int, optional
        As many as there are processors when not given.
    """
    pool = ThreadPoolExecutor(threads or os.cpu_count())
    try:
        yield pool.map(work, parts)
    finally:
        pool.shutdown(cancel_futures=True)
