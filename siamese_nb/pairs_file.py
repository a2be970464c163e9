"""Read a CSV file of pairs, as people and other programs write it."""

import csv
import os
from pathlib import Path

from siamese_nb.errors import InputError


def read_pairs(file: str | os.PathLike[str], *, labels: bool) -> list[tuple[str, str, int]]:
    """Read a CSV file with the columns `one,two` and, if `labels`, `label` (1 the same thing, 0 not).

    Returns
    -------
    list of (one, two, label)
        Paths as they stand in the file; the label is 0 where none was asked for.

    Raises
    ------
    InputError
        If the file cannot be read, lacks a column, has no rows, or a cell is empty, NaN or not 0 or 1.
    """
    needed = ["one", "two", "label"] if labels else ["one", "two"]
    try:
        with Path(file).open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.DictReader(stream)
            missing = [name for name in needed if name not in (reader.fieldnames or [])]
            if missing:
                raise InputError(f"{file} lacks the column {', '.join(missing)}; its first line must be one,two,label")
            rows = [_checked_row(row, reader.line_num, file, labels) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"cannot read {file}: {getattr(error, 'strerror', None) or error}; give a CSV file") from error
    if not rows:
        raise InputError(f"{file} has no pairs; write one pair a line below one,two,label")
    return rows


def _checked_row(row: dict[str, str], line: int, file: str | os.PathLike[str], labels: bool) -> tuple[str, str, int]:
    one, two = ((row[side] or "").strip() for side in ("one", "two"))
    if not one or not two or "nan" in (one.lower(), two.lower()):
        raise InputError(f"{file}, line {line}: a path is missing or NaN; give two pictures in every line")
    if not labels:
        return one, two, 0
    label = (row["label"] or "").strip()
    if label not in ("0", "1", "0.0", "1.0"):
        raise InputError(f"{file}, line {line}: the label is {label or 'missing'!r}; write 1 (the same thing) or 0")
    return one, two, int(float(label))
