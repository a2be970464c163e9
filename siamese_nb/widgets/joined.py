"""Join files of one role each to the script, or the style sheet, that a widget takes: without a build step."""

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from siamese_nb.palette import write_palette

_WIDGETS = Path(__file__).parent
_FIRST = ("shared/elements.js", "shared/kernel.js", "shared/shown.js")


def join_scripts(*names: str) -> Any:
    """Put scripts of this folder after what all views share; each sees what stands in those before it.

    Returns
    -------
    str, or anywidget's VirtualFileContents
        The latter with ANYWIDGET_HMR=1: open notebooks follow the files as they are saved.
    """
    return _followed(lambda: _read((*_FIRST, *names)))


def join_styles(*names: str) -> Any:
    """Put style sheets of this folder after the palette and what all widgets share, as `join_scripts` does."""
    return _followed(lambda: write_palette(".siamese") + _read(("shared/card.css", *names)))


def _read(names: tuple[str, ...]) -> str:
    return "\n".join((_WIDGETS / name).read_text(encoding="utf-8") for name in names)


def _followed(read: Callable[[], str]) -> Any:
    if os.environ.get("ANYWIDGET_HMR") != "1":
        return read()
    from anywidget._file_contents import VirtualFileContents

    joined = VirtualFileContents(read())
    threading.Thread(target=_follow, args=(joined, read), daemon=True).start()
    return joined


def _follow(joined: Any, read: Callable[[], str]) -> None:
    from watchfiles import watch

    for _ in watch(_WIDGETS):
        if (now := read()) != joined.contents:
            joined.contents = now
