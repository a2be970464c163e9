"""Headers: what a picture says about itself, read without decoding it."""

import io

import numpy as np
import pytest
from PIL import ExifTags, Image

from siamese_nb.headers import Header
from siamese_nb.images import read_header

PIXELS = np.random.default_rng(0).integers(0, 256, (40, 56, 3), np.uint8)


def header(image: Image.Image, format: str, **options: object) -> Header:
    stream = io.BytesIO()
    image.save(stream, format, **options)
    return read_header(stream.getvalue())


@pytest.mark.parametrize("quality", [30, 50, 51, 75, 90, 95, 99, 100])
def test_the_quality_of_a_jpeg_is_read_off_its_tables(quality: int) -> None:
    assert header(Image.fromarray(PIXELS), "JPEG", quality=quality).quality == pytest.approx(quality, abs=2)


@pytest.mark.parametrize("format", ["PNG", "WEBP", "BMP", "GIF", "TIFF"])
def test_other_formats_have_no_quality_and_nothing_odd(format: str) -> None:
    found = header(Image.fromarray(PIXELS), format)
    assert (found.format, found.width, found.height) == (format, 56, 40)
    assert (found.orientation, found.animated, found.transparent, found.quality) == (1, False, False, 0)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", [0, 1, 2, 6, 8, 9, 65535])
def test_the_turn_is_read_and_nonsense_is_upright(format: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    expected = orientation if 1 <= orientation <= 8 else 1
    assert header(Image.fromarray(PIXELS), format, exif=exif).orientation == expected


def test_a_damaged_exif_says_nothing() -> None:
    assert header(Image.fromarray(PIXELS), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff").orientation == 1


@pytest.mark.parametrize("format", ["GIF", "PNG", "WEBP", "TIFF"])
def test_several_frames_are_noticed(format: str) -> None:
    frames = [Image.fromarray(PIXELS + step) for step in range(3)]
    assert header(frames[0], format, save_all=True, append_images=frames[1:]).animated


def test_the_preview_in_a_phone_photo_is_no_animation() -> None:
    frames = [Image.fromarray(PIXELS), Image.fromarray(PIXELS[::2, ::2])]
    found = header(frames[0], "MPO", save_all=True, append_images=frames[1:])
    assert found.format == "MPO"
    assert not found.animated


def test_a_palette_to_be_seen_through_is_noticed() -> None:
    assert header(Image.fromarray(PIXELS).quantize(16), "PNG", transparency=3).transparent
    assert not header(Image.fromarray(PIXELS).quantize(16), "PNG").transparent
