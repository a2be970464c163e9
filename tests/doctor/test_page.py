"""The report as one HTML file: complete in itself, safe against names, and written whole."""

import base64
import io
import re
from pathlib import Path

import pytest
from PIL import Image

from siamese_nb.doctor import THUMBNAIL, examine
from siamese_nb.doctor.page import write_page
from siamese_nb.errors import InputError
from siamese_nb.scanning import scan


@pytest.fixture
def folder(make_couples, tmp_path: Path) -> Path:
    root = make_couples(tmp_path / "data", categories=1, couples=30, size=40)
    for item in range(30):
        Image.new("RGB", (40, 40), (item, 0, 0)).save(root / "category0" / f"item{item}_one.png")
    (root / "category0" / "<b>&_one.png").write_bytes(b"no picture")
    return root


def page(folder: Path) -> str:
    dataset, bank = scan(folder).decode(THUMBNAIL)
    write_page(folder.parent / "report.html", dataset, examine(dataset, bank))
    return (folder.parent / "report.html").read_text("utf-8")


def test_the_page_needs_nothing_else(folder: Path) -> None:
    text = page(folder)
    links = re.findall(r'href="#([^"]*)"', text)
    assert links and all(f'id="{link}"' in text for link in links)
    sources = re.findall(r'(?:src|href)="([^#"][^"]*)"', text)
    assert sources and all(source.startswith("data:image/jpeg;base64,") for source in sources)
    assert "http" not in text and "<script" not in text and "@import" not in text
    assert "color-scheme: light dark" in text and "light-dark(#" in text
    with Image.open(io.BytesIO(base64.b64decode(sources[0].split(",")[1]))) as image:
        assert image.format == "JPEG"


def test_every_finding_and_every_file_is_named_once_shown_or_listed(folder: Path) -> None:
    text = page(folder)
    blank = re.search(r"<section[^>]*><h2><b>error</b> blank: 30.*?</section>", text, re.DOTALL)
    assert blank
    assert re.search(r"<h1>.*?</h1><p>\d errors?[,:] ", text)
    assert blank[0].count("<img") == 24
    assert "6 more" in blank[0]
    assert sorted(re.findall(r"category0/item\d+_one\.png", blank[0])) == sorted(
        f"category0/item{item}_one.png" for item in range(30)
    )


def test_names_are_text(folder: Path) -> None:
    text = page(folder)
    assert "<b>&_one" not in text
    assert "&lt;b&gt;&amp;_one.png" in text


def test_a_sound_dataset_is_said_to_be_so(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    Image.new("RGB", (40, 40)).save(tmp_path / "data" / "a.png")
    write_page(tmp_path / "report.html", scan(tmp_path / "data"), [])
    assert "Nothing is wrong with it." in (tmp_path / "report.html").read_text("utf-8")


def test_a_place_that_cannot_be_written_is_told(folder: Path) -> None:
    (folder.parent / "file").write_text("")
    with pytest.raises(InputError, match="cannot write"):
        write_page(folder.parent / "file" / "report.html", scan(folder), [])
