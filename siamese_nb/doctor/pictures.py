"""Checks of each picture alone: too small, blank, dark, blurred, of an odd kind.

Limits on brightness and sharpness were set between what 4,159 photos and 19,280 line drawings have and what the same
pictures have when they are spoilt, so that none of these is accused; `benchmarks/doctor.py` measures both.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from siamese_nb.doctor.findings import Finding
from siamese_nb.doctor.measurements import Measurements
from siamese_nb.doctor.statistics import Statistics

_SMALLEST_SIDE = 32  # pixels: what the smallest of the pretrained legs takes
_ENLARGED = 4  # times: what is enlarged more has less than a sixteenth of the pixels that a leg takes
_MOST_STRETCHED = 2.5  # times wider or narrower than the dataset's median
_BLANK_SPREAD = 24  # of 255; sound pictures have 99 and more
_DARK, _BRIGHT = 60, 180  # a sound picture's brightest thousandth lies above the one, its darkest below the other
_BLURRED_SHARPNESS, _BLURRED_DETAIL = 0.06, 50  # sound pictures have 0.12 and 120 and more
_ODD_MODES = ("CMYK", "LAB", "HSV", "YCbCr", "F", "PA", "La", "RGBa")
_SAME_FORMAT = {"MPO": "JPEG", "APNG": "PNG"}  # a JPEG with a preview behind it is called JPEG by everyone


def wrong_suffix(measured: Measurements) -> Iterator[Finding]:
    """Find files whose content is of another format than their suffix says."""
    said = Image.registered_extensions()
    formats = [_SAME_FORMAT.get(header.format, header.format) for header in measured.dataset.headers]
    lies = [
        said.get("." + path.rpartition(".")[2].lower()) != format
        for path, format in zip(measured.dataset.paths, formats, strict=True)
    ]
    yield Finding(
        "wrong_suffix",
        "note",
        measured.paths(np.array(lies, bool)),
        "the file's name says another format than its content",
        "other programs may refuse it, and it was renamed where it should have been converted",
        "rename it to the suffix of its format",
    )


def odd_sizes(measured: Measurements) -> Iterator[Finding]:
    """Find pictures that are too small, or far wider or narrower than the others."""
    least = max(_SMALLEST_SIDE, measured.side // _ENLARGED)
    yield Finding(
        "too_small",
        "warning",
        measured.paths(measured.size.min(axis=1) < least),
        f"the shorter side has fewer than {least} pixels, and is looked at with {measured.side}",
        "enlarged to what a network takes it shows little but its pixels",
        "take it from the original at full size, or exclude it",
    )
    turned = np.array([header.orientation >= 5 for header in measured.dataset.headers])
    log_aspect = np.log(measured.size[:, 0] / measured.size[:, 1]) * np.where(turned, -1, 1)
    usual = np.median(log_aspect[measured.readable]) if measured.readable.any() else 0.0
    yield Finding(
        "extreme_aspect",
        "warning",
        measured.paths(np.abs(log_aspect - usual) > np.log(_MOST_STRETCHED)),
        f"it is {_MOST_STRETCHED} times wider or narrower than most of the pictures",
        "all pictures are stretched to one shape, which distorts this one most",
        "crop it to what it shows",
    )


def odd_light(measured: Measurements) -> Iterator[Finding]:
    """Find pictures that are blank, very dark, very bright or very blurred."""
    light = measured.statistics
    blank = is_blank(light)
    dark, bright = light.brightest < _DARK, light.darkest > _BRIGHT
    blurred = (light.sharpness < _BLURRED_SHARPNESS) & (light.detail < _BLURRED_DETAIL)
    nothing = "there is next to nothing to tell it by"
    yield _of_light(
        measured, "blank", "error", blank, "it is of one colour", "it shows nothing, so its pairs are noise"
    )
    yield _of_light(measured, "very_dark", "warning", dark & ~blank, "even its brightest spots are dark", nothing)
    yield _of_light(measured, "very_bright", "warning", bright & ~blank, "even its darkest spots are bright", nothing)
    blurred &= ~(blank | dark | bright)
    yield _of_light(measured, "very_blurred", "warning", blurred, "it has no detail, even made small", nothing)


def is_blank(statistics: Statistics) -> NDArray[np.bool_]:
    """Tell which pictures are of one colour, but for some grain."""
    return np.asarray(statistics.spread < _BLANK_SPREAD)


def odd_modes(measured: Measurements) -> Iterator[Finding]:
    """Find pictures of a kind that programs read differently, and those that the viewer is to turn."""
    headers = measured.dataset.headers
    odd = [
        header.animated
        or header.mode in _ODD_MODES
        or header.mode[0] == "I"
        or (header.mode == "P" and header.transparent)
        for header in headers
    ]
    yield Finding(
        "odd_mode",
        "note",
        measured.paths(np.array(odd, bool)),
        "it is CMYK, of 16 bits or more, a palette with transparency, or animated",
        "it is brought to RGB here (first frame, on white), and other programs may show it differently",
        "convert it to plain RGB if it looks different from its twin",
    )
    turned = np.array([header.orientation != 1 for header in headers], bool)
    yield Finding(
        "exif_rotation",
        "note",
        measured.paths(turned),
        "its EXIF data ask the viewer to turn it",
        "it is turned here, but a program that does not look there shows it lying",
        "nothing, or turn the pixels themselves before you use it elsewhere",
    )


def _of_light(
    measured: Measurements, kind: str, severity: str, mask: NDArray[np.bool_], what: str, why: str
) -> Finding:
    return Finding(kind, severity, measured.paths(mask), what, why, "take the picture again, or exclude it")
