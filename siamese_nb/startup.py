"""Keep TensorFlow's start-up notes, which no setting of its own silences, out of notebooks and terminals."""

import os
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

_NOTE = re.compile(rb"WARNING: All log messages before absl::|I\d{4} \d\d:\d\d:\d\d")


def prepare_keras() -> None:
    """Have Keras start without notes, whichever module imports it first, and share a GPU with other programs."""
    # A GPU is shared with other notebooks only by programs that take no more of its memory than they need.
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    # 3 silences what comes later, such as the complaint that there is no GPU; whoever wants to see all sets it to 0.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.meta_path.insert(0, _QuietKeras())


class _QuietKeras(MetaPathFinder):
    """Find Keras as Python does, but hold back the notes of its backend, which it starts, while it is imported."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path, target) if fullname == "keras" else None
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def quietly(module: ModuleType) -> None:
                with without_notes():
                    execute(module)

            loader: Any = spec.loader
            loader.exec_module = quietly
        return spec


@contextmanager
def without_notes() -> Iterator[None]:
    """Hold back what compiled code writes to standard error within a block; then pass on all but notes."""
    try:
        screen = None if os.environ.get("TF_CPP_MIN_LOG_LEVEL") == "0" else os.dup(2)
    except OSError:  # a program without standard error
        screen = None
    if screen is None:
        yield
        return
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            if sys.stderr is not None:
                sys.stderr.flush()
            os.dup2(screen, 2)
            held.seek(0)
            for line in held:
                if not _NOTE.match(line):
                    os.write(screen, line)
            os.close(screen)
