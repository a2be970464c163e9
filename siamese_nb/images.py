"""A file, bytes, array or PIL image -> RGB uint8, by one rule for training and comparing alike."""

import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from siamese_nb.errors import InputError

ImageSource = str | os.PathLike[str] | bytes | bytearray | memoryview | NDArray[Any] | Image.Image

# Part of every cache key: a change of the pixels that read_image returns must change it.
THUMBNAIL = (64, 64)  # height and width, in pixels, of what a report looks at
READING_RULE = "rgb-white-bicubic-1"


class ImageError(InputError):
    """Report a picture that cannot be used.

    Attributes
    ----------
    kind : str
        `"empty"`, `"unreadable"`, `"truncated"` or `"too_large"`.
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True)
class Header:
    """What a picture's first bytes say: its format as Pillow names it, mode, width and height in pixels."""

    format: str
    mode: str
    width: int
    height: int


def read_header(source: ImageSource) -> Header:
    """Read a picture's format, mode and size without decoding it.

    Raises
    ------
    ImageError
        If it is empty, not a picture, or has more pixels than `PIL.Image.MAX_IMAGE_PIXELS`.
    """
    with _open(source) as image:
        return Header(image.format or "array", image.mode, *image.size)


def read_image(source: ImageSource, size: tuple[int, int] | None = None) -> NDArray[np.uint8]:
    """Read a picture as RGB, upright, on white where it is transparent, resized to one size if that is given.

    Parameters
    ----------
    source : path, bytes, array or PIL image
        An array is `[h, w]`, `[h, w, 1]`, `[h, w, 3]` or `[h, w, 4]`; `uint8` in [0, 255], `uint16` in [0, 65535],
        `bool`, or floats in [0, 1]. Of an animation the first frame is taken.
    size : (height, width), optional
        In pixels. The picture is stretched to it, with anti-aliasing. Large JPEGs are decoded at a smaller scale of
        at least twice this size, which is several times faster.

    Returns
    -------
    ndarray of shape (height, width, 3), uint8

    Raises
    ------
    ImageError
        If it is empty, not a picture, truncated, or has more pixels than `PIL.Image.MAX_IMAGE_PIXELS`.
    """
    with _open(source) as image:
        try:
            if size is not None:
                # The turn by EXIF comes after the decoder's scaling, so ask for a square that serves both.
                image.draft(None, (2 * max(size), 2 * max(size)))
            rgb = _to_rgb(ImageOps.exif_transpose(image))
        except MemoryError:
            raise
        except Exception as error:  # Pillow's decoders raise whatever a damaged file drives them to
            kind = "truncated" if "truncated" in str(error) else "unreadable"
            raise ImageError(kind, f"{_name(source)} is damaged ({error}); export it again or remove it") from error
    if size is not None and rgb.size != (size[1], size[0]):
        rgb = rgb.resize((size[1], size[0]), Image.Resampling.BICUBIC, reducing_gap=2.0)
    return np.asarray(rgb)


def _open(source: ImageSource) -> Image.Image:
    if isinstance(source, np.ndarray):
        return Image.fromarray(_to_uint8(source))
    if isinstance(source, Image.Image):
        return source.copy()  # the caller's image stays open and as it is
    if isinstance(source, bytes | bytearray | memoryview):
        stream: Any = io.BytesIO(source)
        empty = len(source) == 0
    else:
        stream = Path(source)
        try:
            empty = stream.stat().st_size == 0
        except OSError as error:
            raise ImageError("unreadable", f"cannot open {source}: {error.strerror}") from error
    if empty:
        raise ImageError("empty", f"{_name(source)} is empty (0 bytes); export it again or remove it")
    try:
        image = Image.open(stream)
    except Image.DecompressionBombError as error:
        raise _too_large(source, str(error)) from error
    except Exception as error:  # as above: any kind, whatever the plugin met
        raise ImageError("unreadable", f"{_name(source)} is not a picture that can be read; use PNG or JPEG") from error
    if Image.MAX_IMAGE_PIXELS and image.width * image.height > Image.MAX_IMAGE_PIXELS:
        image.close()
        raise _too_large(source, f"{image.width} x {image.height} pixels")
    return image


def _too_large(source: ImageSource, what: str) -> ImageError:
    return ImageError(
        "too_large",
        f"{_name(source)} is too large ({what}); shrink it, or raise PIL.Image.MAX_IMAGE_PIXELS if you trust it",
    )


def _name(source: ImageSource) -> str:
    return str(source) if isinstance(source, str | os.PathLike) else "the picture"


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I") or image.mode == "F":
        # convert("RGB") would saturate everything above 255 to white.
        image = Image.fromarray(_to_uint8(np.asarray(image)))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    return image if image.mode == "RGB" else image.convert("RGB")


def _to_uint8(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    """Scale an array of any depth to uint8: 16-bit by its full range, floats in [0, 1] by 255."""
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[:, :, 0]
    if pixels.ndim not in (2, 3) or (pixels.ndim == 3 and pixels.shape[2] not in (3, 4)) or pixels.size == 0:
        raise ImageError("unreadable", f"an array of shape {pixels.shape} is not a picture; give [h, w] or [h, w, 3]")
    if pixels.dtype == np.uint8:
        return pixels
    if pixels.dtype == np.bool_:
        return np.where(pixels, 255, 0).astype(np.uint8)
    values = pixels.astype(np.float64)
    if not np.isfinite(values).all():
        raise ImageError("unreadable", "the picture has NaN or infinite pixels; give values in [0, 1] or uint8")
    if np.issubdtype(pixels.dtype, np.floating):
        factor = 255.0 if values.max() <= 1.0 else 1.0
    else:
        factor = 255.0 / 65535.0 if values.max() > 255 or pixels.dtype.itemsize == 2 else 1.0
    return np.clip(np.rint(values * factor), 0, 255).astype(np.uint8)
