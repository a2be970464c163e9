"""Colours that everyone can read and tell apart, and that are written down once."""

import re
from pathlib import Path

import numpy as np
import pytest

import siamese_nb
from siamese_nb.palette import COLOURS, write_palette
from siamese_nb.plots.style import GENUINE_COLOUR, IMPOSTOR_COLOUR

PACKAGE = Path(siamese_nb.__file__).parent
GROUNDS = {"light": 0, "dark": 1}
# Of linear RGB as it is seen without one of the three cones; Machado, Oliveira & Fernandes (2009), severity 1.
SEEN = {
    "all cones": np.eye(3),
    "protanopia": [[0.1523, 1.0526, -0.2049], [0.1145, 0.7863, 0.0992], [-0.0039, -0.0481, 1.0520]],
    "deuteranopia": [[0.3673, 0.8606, -0.2280], [0.2801, 0.6725, 0.0474], [-0.0118, 0.0429, 0.9689]],
    "tritanopia": [[1.2555, -0.0767, -0.1788], [-0.0784, 0.9309, 0.1476], [0.0047, 0.6914, 0.3039]],
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def linear(colour):
    values = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def contrast(one, two):
    """Divide the brighter's luminance by the darker's, as WCAG 2.2 does."""
    low, high = sorted(linear(colour) @ [0.2126, 0.7152, 0.0722] for colour in (one, two))
    return (high + 0.05) / (low + 0.05)


def lab(rgb):
    x, y, z = np.cbrt(TO_XYZ @ np.clip(rgb, 0, 1) / [0.9505, 1, 1.089])
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize(
    ("words", "under"),
    [
        ("text", "surface"), ("text", "deep"), ("soft", "surface"), ("link", "surface"), ("error", "surface"),
        ("warning", "surface"), ("genuine", "surface"), ("genuine", "genuine-tint"), ("impostor", "surface"),
        ("impostor", "impostor-tint"), ("text", "genuine-tint"), ("text", "impostor-tint"), ("on-solid", "genuine"),
        ("on-solid", "impostor"),
    ],
)  # fmt: skip
def test_words_can_be_read(words, under, ground):
    assert contrast(COLOURS[words][GROUNDS[ground]], COLOURS[under][GROUNDS[ground]]) >= 4.5


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("eyes", SEEN)
def test_genuine_and_impostor_are_told_apart(eyes, ground):
    one, two = (lab(np.array(SEEN[eyes]) @ linear(COLOURS[name][GROUNDS[ground]])) for name in ("genuine", "impostor"))
    assert np.linalg.norm(one - two) > 60  # the tenth of it is seen side by side; a teal and a brown reach 35


def test_plots_draw_in_the_same_pair():
    assert (COLOURS["genuine"][0], COLOURS["impostor"][0]) == (GENUINE_COLOUR, IMPOSTOR_COLOUR)


def test_no_widget_and_no_report_has_a_colour_of_its_own():
    files = [*(path for path in PACKAGE.glob("widgets/*/*") if path.suffix in (".js", ".css")), PACKAGE / "page.py"]
    assert len(files) > 40
    assert [file.name for file in files if re.search(r"#[0-9a-fA-F]{6}\b", file.read_text("utf-8"))] == []
    known = {*COLOURS, "sunken"}.union(*(re.findall(r"--sc-([\w-]+):", file.read_text("utf-8")) for file in files))
    used = {name for file in files for name in re.findall(r"var\(--sc-([\w-]+)", file.read_text("utf-8"))}
    assert set(COLOURS) - {"deep"} <= used <= known


def test_every_colour_is_declared_once_for_both_grounds():
    sheet = write_palette(".card")
    assert sheet.count("@property") == len(COLOURS)
    assert ".card {\n  color-scheme: light dark;" in sheet
    for name, (light, dark) in COLOURS.items():
        assert f"  --sc-{name}: light-dark({light}, {dark});" in sheet
