"""Images: every format and array to the same RGB, and one clear error for whatever is not a picture."""

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps, features

from siamese_nb.images import Header, ImageError, read_header, read_image

ORIENTATION = 0x0112
# EXIF orientation -> what was done to the upright picture when it was stored so.
STORED: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    1: lambda upright: upright,
    2: lambda upright: upright[:, ::-1],
    3: lambda upright: upright[::-1, ::-1],
    4: lambda upright: upright[::-1],
    5: lambda upright: upright.transpose(1, 0, 2),
    6: lambda upright: np.rot90(upright, 1),
    7: lambda upright: upright.transpose(1, 0, 2)[::-1, ::-1],
    8: lambda upright: np.rot90(upright, -1),
}


def photo(height: int = 40, width: int = 56, seed: int = 0) -> np.ndarray:
    """Draw something smooth without symmetry, so that lossy formats keep it and every turn shows."""
    y, x = np.mgrid[:height, :width] / max(height, width)
    waves = np.random.default_rng(seed).uniform(1, 5, (3, 2))
    grey = [np.sin(a * x + b * y * y) * 0.5 + 0.5 for a, b in waves]
    return np.rint(np.stack(grey, axis=-1) * 255).astype(np.uint8)


def encode(image: Image.Image | np.ndarray, format: str, **options: object) -> bytes:
    image = Image.fromarray(image) if isinstance(image, np.ndarray) else image
    stream = io.BytesIO()
    image.save(stream, format, **options)
    return stream.getvalue()


def png(width: int, height: int, depth: int, colour: int, rows: bytes, *chunks: tuple[bytes, bytes]) -> bytes:
    """Write a PNG by hand: kinds that Pillow reads but does not write."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    parts = [(b"IHDR", header), *chunks, (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in parts
    )


def on_white(rgba: np.ndarray) -> np.ndarray:
    alpha = rgba[..., 3:] / 255.0
    return rgba[..., :3] * alpha + 255.0 * (1.0 - alpha)


def furthest(one: np.ndarray, two: np.ndarray) -> int:
    return int(np.abs(one.astype(int) - two.astype(int)).max())


def kind_of(source: object, size: tuple[int, int] | None = None) -> str:
    with pytest.raises(ImageError) as raised:
        read_image(source, size)
    assert "\n" not in str(raised.value)
    assert ";" in str(raised.value), "no word on how to mend it"
    return raised.value.kind


@pytest.mark.parametrize("shape", [(40, 56), (1, 1), (1, 500), (500, 1), (3, 2)])
@pytest.mark.parametrize("format", ["PNG", "BMP", "TIFF", "PPM", "TGA", "QOI"])
def test_lossless_formats_of_any_shape_keep_every_pixel(format: str, shape: tuple[int, int]) -> None:
    assert np.array_equal(read_image(encode(photo(*shape), format)), photo(*shape))


@pytest.mark.parametrize("format", ["JPEG", "WEBP", "AVIF", "JPEG2000"])
def test_lossy_formats_keep_the_picture(format: str) -> None:
    if format == "AVIF" and not features.check("avif"):
        pytest.skip("this Pillow has no AVIF")
    found = read_image(encode(photo(), format, quality=95) if format != "JPEG2000" else encode(photo(), format))
    assert found.dtype == np.uint8
    assert np.abs(found.astype(int) - photo()).mean() < 3


def test_lossless_webp_keeps_every_pixel() -> None:
    assert np.array_equal(read_image(encode(photo(), "WEBP", lossless=True)), photo())


@pytest.mark.parametrize("format", ["PNG", "TIFF", "BMP"])
def test_bilevel_pictures_are_black_and_white(format: str) -> None:
    bits = photo()[..., 0] > 128
    found = read_image(encode(Image.fromarray(bits), format))
    assert np.array_equal(found, np.repeat(np.where(bits, 255, 0)[..., None], 3, axis=-1))


@pytest.mark.parametrize("format", ["PNG", "TIFF", "BMP", "GIF"])
def test_grey_pictures_have_three_equal_channels(format: str) -> None:
    grey = photo()[..., 0]
    assert np.array_equal(read_image(encode(Image.fromarray(grey), format)), np.repeat(grey[..., None], 3, axis=-1))


@pytest.mark.parametrize("format", ["PNG", "GIF", "BMP", "TIFF"])
def test_palettes_are_resolved(format: str) -> None:
    image = Image.fromarray(photo()).quantize(32)
    assert np.array_equal(read_image(encode(image, format)), np.asarray(image.convert("RGB")))


@pytest.mark.parametrize("format", ["PNG", "WEBP", "TIFF"])
def test_what_is_transparent_lies_on_white(format: str) -> None:
    alpha = np.linspace(0, 255, 40 * 56).reshape(40, 56, 1).astype(np.uint8)
    rgba = np.concatenate([photo(), alpha], axis=-1)
    options = {"lossless": True, "exact": True} if format == "WEBP" else {}
    assert furthest(read_image(encode(rgba, format, **options)), on_white(rgba)) <= 1


def test_grey_with_transparency_lies_on_white() -> None:
    image = Image.fromarray(np.stack([photo()[..., 0], photo()[..., 1]], axis=-1), "LA")
    assert furthest(read_image(encode(image, "PNG")), on_white(np.asarray(image.convert("RGBA")))) <= 1


@pytest.mark.parametrize("format", ["PNG", "GIF"])
def test_a_transparent_palette_entry_is_white(format: str) -> None:
    image = Image.fromarray(np.array([[0, 1], [1, 0]], np.uint8), "P")
    image.putpalette([200, 0, 0, 0, 0, 200])
    found = read_image(encode(image, format, transparency=0))
    assert found.tolist() == [[[255, 255, 255], [0, 0, 200]], [[0, 0, 200], [255, 255, 255]]]


def test_a_palette_with_many_alphas_lies_on_white() -> None:
    image = Image.fromarray(np.array([[0, 1, 2]], np.uint8), "P")
    image.putpalette([200, 0, 0] * 3)
    found = read_image(encode(image, "PNG", transparency=bytes([0, 128, 255])))
    assert furthest(found, np.array([[[255, 255, 255], [227, 127, 127], [200, 0, 0]]])) <= 1


@pytest.mark.parametrize("colour", ["L", "RGB"])
def test_a_transparent_colour_is_white(colour: str) -> None:
    image = Image.new(colour, (2, 1), 7 if colour == "L" else (7, 8, 9))
    image.putpixel((1, 0), 90 if colour == "L" else (90, 90, 90))
    found = read_image(encode(image, "PNG", transparency=7 if colour == "L" else (7, 8, 9)))
    assert found.tolist() == [[[255] * 3, [90] * 3]]


@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_16_bits_are_scaled_not_saturated(format: str) -> None:
    deep = np.linspace(0, 65535, 40 * 56).reshape(40, 56).astype(np.uint16)
    found = read_image(encode(Image.fromarray(deep), format))
    assert np.array_equal(found[..., 0], np.rint(deep / 257.0).astype(np.uint8))
    assert len(np.unique(found)) == 256


def test_a_dark_16_bit_picture_stays_dark() -> None:
    assert read_image(encode(Image.fromarray(np.full((4, 4), 200, np.uint16)), "PNG")).max() == 1


@pytest.mark.parametrize("colour", [2, 6])
def test_16_bit_colour_keeps_the_high_bytes(colour: int) -> None:
    pixel = {2: (0, 30_000, 65_535), 6: (0, 30_000, 65_535, 65_535)}[colour]
    found = read_image(png(1, 1, 16, colour, b"\0" + struct.pack(f">{len(pixel)}H", *pixel)))
    assert furthest(found, np.array([[[0, 117, 255]]])) <= 1


def test_float_tiff_in_the_unit_range_is_scaled() -> None:
    grey = np.linspace(0, 1, 40 * 56).reshape(40, 56).astype(np.float32)
    found = read_image(encode(Image.fromarray(grey), "TIFF"))
    assert np.array_equal(found[..., 1], np.rint(grey.astype(float) * 255))


@pytest.mark.parametrize("values", [[0.0, np.nan], [0.0, np.inf], [-1.0, 1.0], [0.0, 4096.0]])
def test_float_tiff_out_of_range_is_refused_by_name(values: list[float], tmp_path: Path) -> None:
    Image.fromarray(np.array([values], np.float32)).save(tmp_path / "odd.tiff")
    assert kind_of(tmp_path / "odd.tiff") == "unreadable"
    with pytest.raises(ImageError, match=r"odd\.tiff has (values from|NaN or infinite)"):
        read_image(tmp_path / "odd.tiff")


def test_cmyk_and_grey_jpeg_are_read() -> None:
    cmyk = read_image(encode(Image.fromarray(photo()).convert("CMYK"), "JPEG", quality=95))
    assert np.abs(cmyk.astype(int) - photo()).mean() < 4
    grey = read_image(encode(Image.fromarray(photo()[..., 0]), "JPEG", quality=95))
    assert np.abs(grey.astype(int) - photo()[..., :1]).mean() < 3


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("size", [None, (24, 20)])
def test_a_picture_turned_by_exif_is_upright(format: str, orientation: int, size: tuple[int, int] | None) -> None:
    if format == "AVIF" and not features.check("avif"):
        pytest.skip("this Pillow has no AVIF")
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    lossless = {"lossless": True} if format == "WEBP" else {"quality": 95} if format in ("JPEG", "AVIF") else {}
    stored = encode(np.ascontiguousarray(STORED[orientation](photo())), format, exif=exif, **lossless)
    found, upright = read_image(stored, size), read_image(photo(), size)
    assert found.shape == upright.shape
    tolerance = 4 if format in ("JPEG", "AVIF") else 1  # mean grey levels; an unturned picture is off by 30 and more
    assert np.abs(found.astype(int) - upright).mean() < tolerance
    assert np.array_equal(read_image(Image.open(io.BytesIO(stored)), size), found)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_a_damaged_exif_does_not_cost_the_picture() -> None:
    sound = b"Exif\0\0MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0"
    for format in ("PNG", "JPEG", "WEBP"):
        assert read_image(encode(photo(), format, exif=sound)).shape == (56, 40, 3)
        for junk in (sound[:-20], sound.replace(b"*", b"C"), sound[:14] + b"\xff\xff" + sound[16:]):
            assert read_image(encode(photo(), format, exif=junk)).shape in ((40, 56, 3), (56, 40, 3))


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG", "TIFF"])
def test_of_an_animation_the_first_frame_is_taken(format: str) -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("#c80000", "#00c800", "#0000c8")]
    options = {"lossless": True} if format == "WEBP" else {}
    found = read_image(encode(frames[0], format, save_all=True, append_images=frames[1:], **options))
    assert np.array_equal(found, np.asarray(frames[0]))


def test_path_text_bytes_views_and_pillow_give_the_same_pixels(tmp_path: Path) -> None:
    for format in ("PNG", "JPEG", "GIF"):
        content = encode(photo(), format)
        file = tmp_path / f"ünï cödé {format}"
        file.write_bytes(content)
        expected = read_image(content, (17, 23))
        with Image.open(file) as opened:
            sources = [
                file,
                str(file),
                bytearray(content),
                memoryview(content),
                memoryview(content * 2)[: len(content)],
            ]
            for source in sources:
                assert np.array_equal(read_image(source, (17, 23)), expected)
            # Without the JPEG decoder's own scaling.
            assert furthest(read_image(opened, (17, 23)), expected) <= (12 if format == "JPEG" else 0)


@pytest.mark.parametrize(
    ("dtype", "white"),
    [
        ("uint8", 255), ("uint16", 65535), (">u2", 65535), ("bool", 1), ("float16", 1), ("float32", 1), ("float64", 1),
        ("float32", 255), ("float64", 255), ("int16", 255), ("int32", 255), ("int64", 255), ("uint32", 65535),
        ("int64", 65535),
    ],
)  # fmt: skip
@pytest.mark.parametrize("channels", [(), (1,), (3,), (4,)])
def test_arrays_of_every_kind_are_scaled_to_their_white(dtype: str, white: int, channels: tuple[int, ...]) -> None:
    share = np.linspace(0, 1, 6 * 5).reshape(6, 5)
    share = share.round() if dtype == "bool" else share
    pixels = np.broadcast_to(share.reshape(6, 5, *[1] * len(channels)), (6, 5, *channels)) * white
    pixels = pixels.astype(dtype)
    if channels == (4,):
        pixels[..., 3] = white
    before = pixels.copy()
    found = read_image(pixels)
    assert found.shape == (6, 5, 3)
    assert furthest(found, np.rint(share * 255)[..., None]) <= 1
    assert found.min() == 0
    assert found.max() == 255
    assert np.array_equal(pixels, before)


def test_an_overshoot_of_resizing_is_clipped() -> None:
    assert read_image(np.array([[-0.04, 1.05]])).tolist() == [[[0] * 3, [255] * 3]]


def test_array_slices_and_turned_views_are_read() -> None:
    assert np.array_equal(read_image(photo()[::2, ::-3]), photo()[::2, ::-3])
    assert np.array_equal(read_image(photo().transpose(1, 0, 2)), photo().transpose(1, 0, 2))


@pytest.mark.parametrize(
    "array",
    [
        np.zeros(5), np.zeros((2, 2, 2)), np.zeros((2, 2, 5)), np.zeros((0, 4)), np.zeros((2, 2, 3, 1)), np.array(1),
        np.array([[np.nan]]), np.array([[-np.inf, 0]]), np.array([[-1.0, 1.0]]), np.array([[1.5]]), np.array([[-3]]),
        np.array([[70_000]]), np.array([[1j]]), np.array([["a"]]), np.array([[None]]),
    ],
)  # fmt: skip
def test_arrays_that_are_no_pictures_are_refused(array: np.ndarray) -> None:
    assert kind_of(array) == "unreadable"


@pytest.mark.parametrize("source", [b"", bytearray(), memoryview(b"")])
def test_no_bytes_are_empty(source: object) -> None:
    assert kind_of(source) == "empty"


@pytest.mark.parametrize(
    "content",
    [
        b"just some words", b"<svg xmlns='http://www.w3.org/2000/svg'><rect width='9' height='9'/></svg>", b"\x89PNG",
        b"\xff\xd8\xff", b"GIF89a", b"\0" * 100, b"%PDF-1.4", b"\x89HDF\r\n\x1a\n" + b"\0" * 200, b"one,two,label\n",
    ],
)  # fmt: skip
def test_what_is_no_picture_is_unreadable(content: bytes, tmp_path: Path) -> None:
    assert kind_of(content) == "unreadable"
    (tmp_path / "photo.png").write_bytes(content)
    with pytest.raises(ImageError, match=r"photo\.png is not a picture that can be read; use PNG or JPEG"):
        read_header(tmp_path / "photo.png")


def test_an_empty_file_a_folder_and_no_file_are_named(tmp_path: Path) -> None:
    (tmp_path / "nothing.png").touch()
    assert kind_of(tmp_path / "nothing.png") == "empty"
    for path in (tmp_path, tmp_path / "none.png", "a\0b", tmp_path / ("x" * 300)):
        assert kind_of(path) == "unreadable"
    with pytest.raises(ImageError, match=r"cannot open .*none\.png: No such file"):
        read_image(tmp_path / "none.png")


@pytest.mark.parametrize("format", ["PNG", "JPEG"])
@pytest.mark.parametrize("size", [None, (8, 8)])
def test_wherever_a_file_is_cut_off_it_is_refused(format: str, size: tuple[int, int] | None) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (40, 56, 3), np.uint8)  # fills the file with pixels
    content = encode(noise, format)
    kinds = [kind_of(content[:cut], size) for cut in range(len(content) // 2, len(content) - 20, len(content) // 40)]
    assert set(kinds) == {"truncated"}
    assert kind_of(content[:20], size) in ("truncated", "unreadable")


def test_pillow_images_of_cut_off_files_are_refused() -> None:
    content = encode(photo(), "PNG")
    assert kind_of(Image.open(io.BytesIO(content[: len(content) // 2]))) == "truncated"
    closed = Image.open(io.BytesIO(content))
    closed.close()
    assert kind_of(closed) == "unreadable"
    assert kind_of(Image.new("RGB", (0, 4))) == "empty"


def test_a_bomb_is_refused_before_it_is_decoded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bomb = png(20_000, 20_000, 1, 0, bytes(20_000 * 2_501))
    assert len(bomb) < 100_000
    (tmp_path / "bomb.png").write_bytes(bomb)
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("decoded"))
    for source in (bomb, tmp_path / "bomb.png"):
        assert kind_of(source) == "too_large"
        assert kind_of(source, (96, 96)) == "too_large"
    with pytest.raises(ImageError, match=r"bomb\.png is too large .*; shrink it"):
        read_header(tmp_path / "bomb.png")


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_the_limit_is_pillows_own(monkeypatch: pytest.MonkeyPatch) -> None:
    content = encode(photo(10, 10), "PNG")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    assert read_image(content).shape == (10, 10, 3)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 99)
    assert kind_of(content) == "too_large"
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
    assert read_image(content).shape == (10, 10, 3)


@pytest.mark.filterwarnings("error::PIL.Image.DecompressionBombWarning")
def test_a_warning_made_an_error_names_the_same_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 99)
    assert kind_of(encode(photo(10, 10), "PNG")) == "too_large"


@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 60), st.integers(1, 60), st.sampled_from(["PNG", "JPEG"]))
@settings(max_examples=40, deadline=None)
def test_the_result_has_the_size_that_was_asked_for(h: int, w: int, height: int, width: int, format: str) -> None:
    found = read_image(encode(photo(h, w), format), (height, width))
    assert found.shape == (height, width, 3)
    assert found.dtype == np.uint8


def test_resizing_is_antialiased_and_keeps_the_mean() -> None:
    stripes = np.tile(np.uint8([[[0], [255]]]), (64, 32, 3))
    found = read_image(stripes, (16, 16))
    assert furthest(found, np.full_like(found, 128)) <= 1
    assert abs(read_image(photo(), (10, 14)).mean() - photo().mean()) < 1


@pytest.mark.parametrize("format", ["JPEG", "PNG", "GIF", "WEBP"])
def test_saved_again_as_png_nothing_changes(format: str) -> None:
    content = encode(photo(), format)
    first = read_image(content)
    again = encode(first, "PNG")
    assert np.array_equal(read_image(again), first)
    if format != "JPEG":  # whose decoder scales by itself
        assert np.array_equal(read_image(again, (20, 30)), read_image(content, (20, 30)))


@pytest.mark.parametrize("side", [480, 481, 1013, 1600])
def test_large_jpegs_decoded_small_look_the_same(side: int) -> None:
    content = encode(photo(side, side * 3 // 2), "JPEG", quality=92)
    drafted, full = read_image(content, (96, 96)), read_image(read_image(content), (96, 96))
    difference = np.abs(drafted.astype(int) - full)
    assert difference.mean() < 1  # grey levels
    assert difference.max() <= 12


def test_large_jpegs_are_decoded_at_twice_the_size_at_least(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    turn = ImageOps.exif_transpose
    monkeypatch.setattr(ImageOps, "exif_transpose", lambda image, **k: seen.append(image.size) or turn(image, **k))
    for shape in ((1600, 1600), (1600, 800), (800, 1600)):
        read_image(encode(photo(*shape), "JPEG"), (96, 64))
    assert all(192 <= min(size) < 400 for size in seen)


def test_the_callers_image_is_not_changed() -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    image = Image.open(io.BytesIO(encode(photo(), "JPEG", exif=exif)))
    read_image(image, (8, 8))
    read_header(image)
    assert image.size == (56, 40)
    assert image.getexif()[ORIENTATION] == 6
    assert np.asarray(image).shape == (40, 56, 3)
    animation = Image.open(io.BytesIO(encode(photo(), "GIF", save_all=True, append_images=[Image.new("L", (56, 40))])))
    animation.seek(1)
    read_image(animation)
    assert animation.tell() == 1


def test_the_header_is_read_without_decoding(monkeypatch: pytest.MonkeyPatch) -> None:
    content = encode(photo(), "PNG")
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("decoded"))
    assert read_header(content[:60]) == Header("PNG", "RGB", 56, 40)


def test_headers_of_arrays_and_pillow_images() -> None:
    assert read_header(photo()) == Header("array", "RGB", 56, 40)
    assert read_header(Image.new("LA", (3, 2))) == Header("array", "LA", 3, 2)


seeds = [
    encode(photo(9, 11), "PNG"),
    encode(photo(24, 24), "JPEG"),
    encode(Image.fromarray(photo(9, 11)).quantize(8), "GIF"),
    encode(photo(9, 11), "WEBP"),
    encode(photo(9, 11), "BMP"),
    encode(photo(9, 11), "TIFF"),
    encode(Image.fromarray(photo(9, 11)).quantize(8), "PNG", transparency=bytes([0, 99])),
    png(1, 1, 16, 2, b"\0" + b"\x01\x02" * 3, (b"tRNS", b"\xff\xff" * 3)),
]
changes = st.lists(
    st.tuples(st.integers(0, 5000), st.integers(0, 255), st.sampled_from(["set", "cut", "insert"])), max_size=6
)


@given(st.sampled_from(seeds), changes)
@settings(max_examples=600, deadline=None, suppress_health_check=list(HealthCheck))
@pytest.mark.filterwarnings("ignore")
def test_hostile_bytes_are_read_or_refused_and_nothing_else(content: bytes, edits: list[tuple[int, int, str]]) -> None:
    damaged = bytearray(content)
    for place, value, how in edits:
        place %= len(damaged) + 1
        if how == "set" and place < len(damaged):
            damaged[place] = value
        elif how == "cut":
            del damaged[place : place + value]
        else:
            damaged.insert(place, value)
    for size in (None, (8, 8)):
        try:
            found = read_image(bytes(damaged), size)
        except ImageError as error:
            assert error.kind in ("empty", "unreadable", "truncated", "too_large")
            assert "\n" not in str(error)
        else:
            assert found.dtype == np.uint8
            assert found.shape[2:] == (3,)
            assert size is None or found.shape == (8, 8, 3)
