"""A file, bytes, array or PIL image -> RGB uint8, by one rule for training and comparing alike."""

import io
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, ImageOps

from siamese_nb.errors import InputError
from siamese_nb.headers import Header, describe

__all__ = ["READING_RULE", "THUMBNAIL", "Header", "ImageError", "ImageSource", "read_header", "read_image"]

ImageSource = str | os.PathLike[str] | bytes | bytearray | memoryview | NDArray[Any] | Image.Image

THUMBNAIL = (64, 64)  # height and width, in pixels, of what a report looks at
# Part of every cache key: a change of the pixels that read_image returns must change it.
READING_RULE = "rgb-white-bicubic-2"
_OVERSHOOT = 0.1  # bicubic resizing of floats leaves their range by less than this share of it


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


def read_header(source: ImageSource) -> Header:
    """Read what a picture says about itself without decoding it.

    Raises
    ------
    ImageError
        If it is empty, not a picture, or has more pixels than `PIL.Image.MAX_IMAGE_PIXELS`.
    """
    with _open(source) as image:
        return describe(image)


def read_image(source: ImageSource, size: tuple[int, int] | None = None) -> NDArray[np.uint8]:
    """Read a picture as RGB, upright, on white where it is transparent, resized to one size if that is given.

    Parameters
    ----------
    source : path, bytes, array or PIL image
        An array is `[h, w]`, `[h, w, 1]`, `[h, w, 3]` or `[h, w, 4]`: `bool`, `uint8`, `uint16` in [0, 65535], or other
        numbers, whose range is told by their maximum: floats in [0, 1] or [0, 255], integers in [0, 255] or
        [0, 65535]. Of an animation the first frame is taken.
    size : (height, width), optional
        In pixels. The picture is stretched to it, with anti-aliasing. Large JPEGs are decoded at a smaller scale of
        at least twice this size, which is several times faster.

    Returns
    -------
    ndarray of shape (height, width, 3), uint8

    Raises
    ------
    ImageError
        If it is empty, not a picture, truncated, has more pixels than `PIL.Image.MAX_IMAGE_PIXELS`, or values outside
        their range.
    """
    with _open(source) as image:
        try:
            if size is not None:
                # The turn by EXIF comes after the decoder's scaling, so ask for a square that serves both.
                image.draft(None, (2 * max(size), 2 * max(size)))
            image.load()
            _turn_upright(image)
            rgb = _to_rgb(image, _name(source))
        except (ImageError, MemoryError):
            raise
        except Exception as error:  # Pillow's decoders raise whatever a damaged file drives them to
            raise _damaged(source, error) from error
    if size is not None and rgb.size != (size[1], size[0]):
        rgb = rgb.resize((size[1], size[0]), Image.Resampling.BICUBIC, reducing_gap=2.0)
    return np.asarray(rgb)


def _open(source: ImageSource) -> Image.Image:
    if isinstance(source, np.ndarray):
        return Image.fromarray(_to_uint8(source, _name(source)))
    if isinstance(source, Image.Image):
        return _copy(source)
    image = _open_stream(source, _stream(source))
    if Image.MAX_IMAGE_PIXELS and image.width * image.height > Image.MAX_IMAGE_PIXELS:
        image.close()
        raise _too_large(source, f"{image.width} x {image.height} pixels")
    return image


def _copy(image: Image.Image) -> Image.Image:
    """Copy the caller's image, which stays open and as it is."""
    try:
        copied = image.copy()
    except Exception as error:  # a file opened by the caller is decoded only now
        raise _damaged(image, error) from error
    if 0 in copied.size:
        raise ImageError("empty", "the picture has no pixels; give one of at least 1 x 1")
    return copied


def _stream(source: str | os.PathLike[str] | bytes | bytearray | memoryview) -> io.BytesIO | Path:
    """Return what Pillow can open, if there is anything in it."""
    stream: io.BytesIO | Path
    if isinstance(source, bytes | bytearray | memoryview):
        content = bytes(source)
        stream, empty = io.BytesIO(content), not content
    else:
        stream = Path(source)
        try:
            empty = stream.stat().st_size == 0
        except (OSError, ValueError) as error:  # ValueError: a NUL in the name
            reason = getattr(error, "strerror", None) or error
            raise ImageError("unreadable", f"cannot open {source}: {reason}; give the path of a picture") from error
    if empty:
        raise ImageError("empty", f"{_name(source)} is empty (0 bytes); export it again or remove it")
    return stream


def _open_stream(source: ImageSource, stream: io.BytesIO | Path) -> Image.Image:
    try:
        image = Image.open(stream)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large(source, str(error)) from error
    except MemoryError:
        raise
    except Exception as error:  # any kind, whatever the plugin met
        raise _no_picture(source) from error
    if isinstance(image, ImageFile.StubImageFile):  # HDF5 and others: Pillow knows the name, but no decoder
        image.close()
        raise _no_picture(source)
    return image


def _no_picture(source: ImageSource) -> ImageError:
    return ImageError("unreadable", f"{_name(source)} is not a picture that can be read; use PNG or JPEG")


def _damaged(source: ImageSource, error: Exception) -> ImageError:
    kind = "truncated" if "truncated" in str(error).lower() else "unreadable"
    reason = " ".join(str(error).split()) or type(error).__name__
    return ImageError(kind, f"{_name(source)} is damaged ({reason}); export it again or remove it")


def _too_large(source: ImageSource, what: str) -> ImageError:
    return ImageError(
        "too_large",
        f"{_name(source)} is too large ({what}); shrink it, or raise PIL.Image.MAX_IMAGE_PIXELS if you trust it",
    )


def _name(source: ImageSource) -> str:
    return str(source) if isinstance(source, str | os.PathLike) else "the picture"


def _turn_upright(image: Image.Image) -> None:
    """Turn a picture as its EXIF says, in place; a damaged EXIF says nothing."""
    try:
        ImageOps.exif_transpose(image, in_place=True)
    except MemoryError:
        raise
    except Exception:  # the parser raises many kinds; the pixels are decoded and sound
        return


def _to_rgb(image: Image.Image, name: str) -> Image.Image:
    if image.mode.startswith("I") or image.mode == "F":
        # convert("RGB") would saturate everything above 255 to white.
        image = Image.fromarray(_to_uint8(np.asarray(image), name))
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    return image if image.mode == "RGB" else image.convert("RGB")


def _to_uint8(pixels: NDArray[Any], name: str) -> NDArray[np.uint8]:
    """Scale an array of any depth to uint8."""
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[:, :, 0]
    if pixels.ndim not in (2, 3) or (pixels.ndim == 3 and pixels.shape[2] not in (3, 4)) or pixels.size == 0:
        raise ImageError("unreadable", f"an array of shape {pixels.shape} is not a picture; give [h, w] or [h, w, 3]")
    if pixels.dtype == np.uint8:
        return pixels
    if pixels.dtype.kind not in "buif":
        raise ImageError("unreadable", f"an array of {pixels.dtype} is not a picture; give uint8, or floats in [0, 1]")
    full, low, high = _full_scale(pixels), float(pixels.min()), float(pixels.max())
    slack = _OVERSHOOT * full if pixels.dtype.kind == "f" else 0.0
    if not (-slack <= low and high <= full + slack):  # so written that NaN fails
        what = f"values from {low:g} to {high:g}" if np.isfinite([low, high]).all() else "NaN or infinite values"
        raise ImageError("unreadable", f"{name} has {what}; give uint8, uint16, or floats in [0, 1]")
    return np.clip(np.rint(pixels.astype(np.float64) * (255.0 / full)), 0, 255).astype(np.uint8)


def _full_scale(pixels: NDArray[Any]) -> float:
    """Tell which value is white."""
    kind, high = pixels.dtype.kind, pixels.max()
    if kind == "b":
        return 1.0
    if kind == "f":
        return 1.0 if high < 2 else 255.0
    return 255.0 if high <= 255 and (kind, pixels.dtype.itemsize) != ("u", 2) else 65535.0
