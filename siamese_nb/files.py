"""Which files of a folder are pictures, by name and by header, and which do not fit."""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from siamese_nb.header_cache import cached_headers
from siamese_nb.images import Header, ImageError
from siamese_nb.progress import progress_bar
from siamese_nb.threads import in_threads

SAMPLE_MARKER = ".sample.json"  # lies in the embedded sample's folder; a scan of the folder above leaves that out
REVIEW_FILE = "review.csv"  # what a person said about the pictures, see `siamese_nb.review`
_BLOCK, _THREADS = 64, 8  # files that a thread reads at once; threads, most of which wait for the disk


@dataclass(frozen=True, order=True)
class Problem:
    """Something in a dataset that does not fit: where, what kind, and what to do about it.

    `kind` is one of missing_twin, two_twins, contradiction, stray_file, missing_file, empty, unreadable, truncated,
    too_large, stale_review.
    """

    path: str
    kind: str
    message: str


def find_pictures(root: Path, problems: list[Problem]) -> dict[str, Header]:
    """Find the readable pictures of a folder by relative path, sorted; add a problem for what is not one."""
    suffixes = {suffix for suffix, format in Image.registered_extensions().items() if format in Image.OPEN}
    named = []
    for path in _visible_files(root, problems):
        if path in ("README.md", REVIEW_FILE):  # the one explains the folder to people, the other is theirs to us
            continue
        if os.path.splitext(path)[1].lower() in suffixes:  # noqa: PTH122  (a Path for each of 100,000 takes seconds)
            named.append(path)
        else:
            message = "not a picture that can be read; convert it to PNG or JPEG, or move it away"
            problems.append(Problem(path, "stray_file", message))
    return headers_of(root, sorted(named), problems)


def headers_of(root: Path, paths: Sequence[str], problems: list[Problem]) -> dict[str, Header]:
    """Read the headers of files below a folder, in their order; add a problem for each that is no picture."""
    found = {}
    blocks = [paths[start : start + _BLOCK] for start in range(0, len(paths), _BLOCK)]
    bar = progress_bar(None, "Reading headers", "file", total=len(paths))
    # Reading a header is Python's work on a local disk, but mostly waiting on one that is far away.
    with (
        bar,
        cached_headers(root) as read,
        in_threads(lambda block: _read_block(read, block), blocks, _THREADS) as found_in,
    ):
        for block, results in zip(blocks, found_in, strict=True):
            for path, result in zip(block, results, strict=True):
                if isinstance(result, Header):
                    found[path] = result
                else:
                    problems.append(_problem(root, path, result))
            bar.update(len(block))
    return found


def _read_block(read: Callable[[str], Header], paths: Sequence[str]) -> list[Header | ImageError]:
    results: list[Header | ImageError] = []
    for path in paths:
        try:
            results.append(read(path))
        except ImageError as error:
            results.append(error)
    return results


def _problem(root: Path, path: str, error: ImageError) -> Problem:
    kind = "missing_file" if isinstance(error.__cause__, FileNotFoundError) else error.kind
    return Problem(path, kind, str(error).replace(str(root / path), "the file", 1))


def _visible_files(root: Path, problems: list[Problem]) -> Iterator[str]:
    """Yield the relative path of what is not hidden, nor in the embedded sample, folder by folder."""

    def cannot_open(error: OSError) -> None:
        path = Path(str(error.filename)).relative_to(root).as_posix()
        problems.append(Problem(path, "unreadable", f"the folder cannot be opened: {error.strerror}; make it readable"))

    walked = [root.resolve()]
    for parent, folders, names in os.walk(root, followlinks=True, onerror=cannot_open):
        visible = [Path(parent) / name for name in sorted(folders) if not name.startswith(".")]
        folders[:] = [
            path.name for path in visible if not (path / SAMPLE_MARKER).exists() and not _is_walked(path, walked)
        ]
        within = Path(parent).relative_to(root).as_posix()
        before = "" if within == "." else f"{within}/"
        yield from (before + name for name in sorted(names) if not name.startswith("."))


def _is_walked(folder: Path, walked: list[Path]) -> bool:
    """Tell whether a link leads to where the walk comes anyway, or round in a loop; if not, note where it leads."""
    if not folder.is_symlink():
        return False
    target = folder.resolve()
    if any(target.is_relative_to(other) or other.is_relative_to(target) for other in walked):
        return True
    walked.append(target)
    return False
