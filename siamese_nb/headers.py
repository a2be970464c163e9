"""What a picture says about itself before it is decoded."""

from dataclasses import dataclass

from PIL import ExifTags, Image

_STANDARD_TABLE_SUM = 3688  # of ITU-T T.81, table K.1, which is libjpeg's quality 50


@dataclass(frozen=True)
class Header:
    """What a picture's first bytes say.

    Attributes
    ----------
    format, mode : str
        As Pillow names them.
    width, height : int
        In pixels, before any turn.
    orientation : int
        EXIF's: 1 is upright, 2 to 8 ask the viewer to turn or mirror the picture.
    animated : bool
        Whether there are several frames.
    transparent : bool
        Whether a colour, or colours of the palette, are to be seen through; an alpha channel shows in the mode.
    quality : int
        Of a JPEG, 1 to 100 on libjpeg's scale, estimated; 0 for other formats.
    """

    format: str
    mode: str
    width: int
    height: int
    orientation: int = 1
    animated: bool = False
    transparent: bool = False
    quality: int = 0


def describe(image: Image.Image) -> Header:
    """Collect what an opened picture says about itself, without decoding it."""
    return Header(
        image.format or "array",
        image.mode,
        *image.size,
        orientation=_orientation(image),
        animated=_is_animated(image),
        transparent="transparency" in image.info,
        quality=_quality(getattr(image, "quantization", None)),
    )


def _orientation(image: Image.Image) -> int:
    if image.format == "PNG" and "exif" not in image.info:  # Pillow would decode the picture to look behind it
        return 1
    try:
        value = int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except MemoryError:
        raise
    except Exception:  # the parser raises many kinds; a damaged EXIF says nothing
        return 1
    return value if 1 <= value <= 8 else 1


def _is_animated(image: Image.Image) -> bool:
    if image.format == "MPO":  # a photo with its preview or its depth, as phones write it
        return False
    try:
        return bool(getattr(image, "is_animated", False))
    except MemoryError:
        raise
    except Exception:  # the frames behind the first are damaged; the first one is all that is taken
        return False


def _quality(tables: dict[int, list[int]] | None) -> int:
    """Estimate a JPEG's quality from its luminance table, by the rule that libjpeg scales the standard's table with."""
    if not tables:
        return 0
    scale = 100 * sum(tables[min(tables)]) / _STANDARD_TABLE_SUM
    return round(min(max(5000 / scale if scale > 100 else (200 - scale) / 2, 1), 100))
