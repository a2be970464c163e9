"""Headers are read once, and read again where a file changed."""

import os
from pathlib import Path

import pytest

from siamese_nb import header_cache
from siamese_nb.images import read_header
from siamese_nb.scanning import scan


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """List the files whose headers are read."""
    seen: list[str] = []

    def counting(file: Path) -> object:
        seen.append(file.name)
        return read_header(file)

    monkeypatch.setattr(header_cache, "read_header", counting)
    return seen


def test_a_second_scan_opens_only_what_changed(
    make_couples, make_picture, tmp_path: Path, opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_couples(tmp_path / "data", categories=1, couples=3)
    first = scan(root)
    assert len(opened) == 6
    make_picture(root / "category0/item1_one.png", size=9)
    make_picture(root / "category0/new_one.png", size=7)
    (root / "category0/item2_two.png").unlink()
    monkeypatch.chdir(root)
    second = scan(".")
    assert sorted(opened[6:]) == ["item1_one.png", "new_one.png"]
    widths = {path: header.width for path, header in zip(second.paths, second.headers, strict=True)}
    assert widths["category0/item1_one.png"] == 9
    assert second.headers[0] == first.headers[0]
    assert {problem.kind for problem in second.problems} == {"missing_twin"}


def test_the_same_length_at_another_time_is_another_file(make_picture, tmp_path: Path, opened: list[str]) -> None:
    file = make_picture(tmp_path / "a/1.png")
    make_picture(tmp_path / "a/2.png")
    scan(tmp_path)
    os.utime(file, ns=(1, 1))
    scan(tmp_path)
    assert opened[2:] == ["1.png"]


def test_what_could_not_be_read_is_tried_again(make_picture, tmp_path: Path, opened: list[str]) -> None:
    make_picture(tmp_path / "a/1.png")
    (tmp_path / "a/2.png").write_bytes(b"no picture")
    for _ in range(2):
        assert [problem.kind for problem in scan(tmp_path).problems] == ["unreadable"]
    assert opened == ["1.png", "2.png", "2.png"]


def test_what_was_read_before_an_interrupt_is_kept(
    make_couples, tmp_path: Path, opened: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = make_couples(tmp_path / "data", categories=1, couples=4)
    counting = header_cache.read_header

    def interrupted(file: Path) -> object:
        if file.name == "item3_two.png":
            raise KeyboardInterrupt
        return counting(file)

    with monkeypatch.context() as patch:
        patch.setattr(header_cache, "read_header", interrupted)
        with pytest.raises(KeyboardInterrupt):
            scan(root)
    scan(root)
    assert len(opened) == 8


@pytest.mark.parametrize("content", ["", "[]", '{"a": '])
def test_a_damaged_cache_is_no_cache(make_couples, tmp_path: Path, cache: Path, content: str) -> None:
    root = make_couples(tmp_path / "data", categories=1, couples=2)
    first = scan(root)
    for file in cache.rglob("headers/*.json"):
        file.write_text(content)
    assert scan(root).headers == first.headers


def test_a_scan_needs_no_cache(make_couples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("SIAMESE_NB_CACHE", str(tmp_path / "file"))
    assert scan(make_couples(tmp_path / "data")).n_couples == 12
