"""Keep TensorFlow's start-up notes, which no setting of its own silences, out of notebooks and terminals."""

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

_NOTE = re.compile(rb"WARNING: All log messages before absl::|I\d{4} \d\d:\d\d:\d\d")


@contextmanager
def without_notes() -> Iterator[None]:
    """Hold back what compiled code writes to standard error while a block imports Keras; then pass on all but notes."""
    # A GPU is shared with other notebooks only by programs that take no more of its memory than they need.
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    # 3 silences what comes later, such as the complaint that there is no GPU; whoever wants to see all sets it to 0.
    wanted = os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3") == "0"
    try:
        screen = None if wanted else os.dup(2)
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
