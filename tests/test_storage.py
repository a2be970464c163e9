"""Storage: written whole or not at all, whoever else writes; JSON without NaN."""

import json
import math
import os
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siamese_nb.errors import InputError
from siamese_nb.storage import cache_folder, check_writable, to_json, whole_file, whole_folder

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def write_folder(path: Path, text: str) -> None:
    with whole_folder(path) as temporary:
        (temporary / "a").write_text(text)


def write_file(path: Path, text: str) -> None:
    with whole_file(path) as temporary:
        temporary.write_text(text)


def everything_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_cache_lies_where_the_variable_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SIAMESE_NB_CACHE", str(tmp_path / "elsewhere"))
    assert cache_folder() == tmp_path / "elsewhere"


@pytest.mark.parametrize("value", [None, ""])
def test_the_cache_is_the_users_own_without_the_variable(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    monkeypatch.delenv("SIAMESE_NB_CACHE")
    if value is not None:
        monkeypatch.setenv("SIAMESE_NB_CACHE", value)
    assert cache_folder().is_absolute()
    assert "siamese_nb" in str(cache_folder())


@given(st.dictionaries(st.text(), values, max_size=4))
def test_json_is_strict_and_keeps_every_finite_value(given_values: dict) -> None:
    def refuse(word: str) -> None:
        pytest.fail(f"{word} is not JSON")

    def same(read: object, written: object) -> bool:
        if isinstance(written, float) and not math.isfinite(written):
            return read is None
        if isinstance(written, dict):
            return read.keys() == written.keys() and all(same(read[key], written[key]) for key in written)
        if isinstance(written, list):
            return len(read) == len(written) and all(map(same, read, written))
        return read == written

    assert same(json.loads(to_json(given_values), parse_constant=refuse), given_values)


def test_a_tuple_becomes_a_list() -> None:
    assert json.loads(to_json({"size": (3, float("inf"))})) == {"size": [3, None]}


@pytest.mark.parametrize("write", [write_file, write_folder])
def test_missing_parents_are_made_and_nothing_else_stays(write, tmp_path: Path) -> None:
    write(tmp_path / "deep" / "down" / "name", "text")
    assert everything_in(tmp_path / "deep" / "down") == ["name"]


@pytest.mark.parametrize("whole", [whole_file, whole_folder])
@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_block_that_fails_leaves_nothing(whole, error: type[BaseException], tmp_path: Path) -> None:
    with pytest.raises(error), whole(tmp_path / "name") as temporary:
        (temporary / "part" if temporary.is_dir() else temporary).write_text("half")
        assert not (tmp_path / "name").exists()
        raise error
    assert everything_in(tmp_path) == []


def test_a_file_is_replaced_only_when_the_block_ends_well(tmp_path: Path) -> None:
    write_file(tmp_path / "name", "old")
    with pytest.raises(RuntimeError), whole_file(tmp_path / "name") as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert (tmp_path / "name").read_text() == "old"
    write_file(tmp_path / "name", "new")
    assert (tmp_path / "name").read_text() == "new"


def test_a_folder_takes_the_place_of_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "name").mkdir()
    write_folder(tmp_path / "name", "text")
    assert (tmp_path / "name" / "a").read_text() == "text"


def test_a_folder_never_replaces_work(tmp_path: Path) -> None:
    write_folder(tmp_path / "name", "old")
    with pytest.raises(FileExistsError, match="exists already"):
        write_folder(tmp_path / "name", "new")
    assert (tmp_path / "name" / "a").read_text() == "old"
    assert everything_in(tmp_path) == ["name"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, None])
def test_a_folder_is_replaced_only_where_that_is_asked_and_only_as_a_whole(
    error: type[BaseException] | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_folder(tmp_path / "name", "old")
    with suppress(error or ()), whole_folder(tmp_path / "name", replace=True) as temporary:
        (temporary / "a").write_text("new")
        assert (tmp_path / "name" / "a").read_text() == "old"
        if error:
            monkeypatch.setattr(Path, "replace", fails_once(Path.replace, temporary, error))
    assert (tmp_path / "name" / "a").read_text() == ("old" if error else "new")
    assert everything_in(tmp_path) == ["name"]


def fails_once(replace, source: Path, error: type[BaseException]):
    """Make a `Path.replace` that fails for one path."""

    def stand_in(self: Path, target: Path) -> Path:
        if self == source:
            raise error
        return replace(self, target)

    return stand_in


def test_a_folder_never_replaces_a_file(tmp_path: Path) -> None:
    (tmp_path / "name").write_text("a file")
    with pytest.raises(FileExistsError):
        write_folder(tmp_path / "name", "new")
    assert (tmp_path / "name").read_text() == "a file"


def test_the_later_of_two_writers_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileExistsError), whole_folder(tmp_path / "name") as late:
        (late / "a").write_text("late")
        write_folder(tmp_path / "name", "early")
    assert (tmp_path / "name" / "a").read_text() == "early"


@pytest.mark.parametrize("write", [write_file, write_folder])
def test_a_place_that_cannot_be_written_is_named_in_one_line(write, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(InputError, match=r"cannot write .*give a folder that you may write to") as raised:
        write(tmp_path / "file" / "name", "text")
    assert "\n" not in str(raised.value)


def test_check_writable_leaves_no_trace(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    for place in (tmp_path / "new" / "deep", tmp_path / "old" / "deep", tmp_path / "old"):
        check_writable(place)
    assert everything_in(tmp_path) == ["old"]
    assert everything_in(tmp_path / "old") == []
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(InputError, match="cannot write"):
        check_writable(tmp_path / "file")


def test_what_is_written_can_be_read_by_others(tmp_path: Path) -> None:
    mask = os.umask(0o022)
    try:
        write_folder(tmp_path / "folder", "text")
    finally:
        os.umask(mask)
    assert (tmp_path / "folder").stat().st_mode & 0o777 == 0o755
