"""Frames: the same drawing anywhere and at any size gives the same picture, and what is no drawing does no harm."""

import keras
import numpy as np
import pytest
from PIL import Image, ImageDraw

from siamese_nb.frames import InkFrame, build_frame, frame_first

SIDE = 96


def drawn(*lines: tuple[float, float, float, float], width: int = 3) -> np.ndarray:
    """Draw lines, given in pixels, on white paper."""
    paper = Image.new("RGB", (SIDE, SIDE), "white")
    for line in lines:
        ImageDraw.Draw(paper).line(line, "black", width)
    return np.asarray(paper)


def hook(x: float, y: float, size: float) -> np.ndarray:
    return drawn((x, y, x, y + size), (x, y + size, x + size, y + size), width=max(2, round(size / 15)))


def framed(*pictures: np.ndarray, size: int = 32) -> np.ndarray:
    return np.asarray(build_frame(SIDE, size).predict_on_batch(np.stack(pictures)))


def ink_box(picture: np.ndarray) -> tuple[int, int]:
    """Return the width and the height of what is drawn."""
    dark = picture[:, :, 0] < 160
    across, down = np.flatnonzero(dark.any(axis=0)), np.flatnonzero(dark.any(axis=1))
    return int(np.ptp(across)) + 1, int(np.ptp(down)) + 1


def test_where_and_how_large_it_was_drawn_says_nothing() -> None:
    one, moved, larger, other = framed(hook(10, 12, 45), hook(40, 33, 45), hook(10, 12, 75), hook(10, 12, 45)[::-1])
    near = np.abs(one.astype(int) - moved).mean(), np.abs(one.astype(int) - larger).mean()
    assert max(near) < 0.15 * np.abs(one.astype(int) - other).mean()
    assert one.dtype == np.uint8 and one.shape == (32, 32, 3)


@pytest.mark.parametrize("size", [28, 40, 96])
def test_ink_fills_most_of_the_frame_and_stands_in_its_middle(size: int) -> None:
    (picture,) = framed(hook(30, 50, 30), size=size)
    assert ink_box(picture) == pytest.approx((0.8 * size, 0.8 * size), abs=2)
    dark = np.argwhere(picture[:, :, 0] < 160)
    assert (dark.min(axis=0) + dark.max(axis=0)) / 2 == pytest.approx((size - 1) / 2, abs=1)


def test_narrow_ink_is_stretched_half_way_and_a_single_stroke_stays_one() -> None:
    oblong = drawn((20, 20, 20, 80), (50, 20, 50, 80), (20, 50, 50, 50))
    narrow, stroke, dot = framed(oblong, drawn((48, 10, 48, 90)), drawn((48, 48, 49, 49)), size=64)
    width, height = ink_box(narrow)
    assert width / height == pytest.approx((33 / 61) ** 0.5, abs=0.06)
    assert ink_box(stroke)[0] < 8
    assert max(ink_box(dot)) < 0.6 * 64


def test_a_picture_without_ink_is_shown_as_a_whole() -> None:
    grey = np.full((SIDE, SIDE, 3), 220, np.uint8)
    grey[: SIDE // 2] = 250  # both are too light to be ink
    (picture,) = framed(grey)
    assert (picture[:15] == 250).all() and (picture[17:] == 220).all()


def test_pictures_do_not_depend_on_those_beside_them() -> None:
    one, two = hook(10, 12, 45), drawn((5, 5, 90, 20))
    assert np.array_equal(framed(one, two)[0], framed(one)[0])


def test_what_it_gives_is_called_pictures_before_any_is_framed() -> None:
    assert build_frame(SIDE, 32).output.dtype == "uint8"


def test_it_is_saved_with_the_leg(tmp_path) -> None:
    image = keras.Input((32, 32, 3), dtype="uint8")
    leg = keras.Model(image, keras.layers.Flatten()(keras.layers.Rescaling(1 / 255)(image)), name="leg")
    assert frame_first(leg, SIDE, None) is leg
    whole = frame_first(leg, SIDE, 32)
    assert whole.name == "leg" and whole.input_shape == (None, SIDE, SIDE, 3)
    whole.save(tmp_path / "leg.keras")
    again = keras.saving.load_model(tmp_path / "leg.keras", safe_mode=True)
    pictures = hook(10, 12, 45)[None]
    assert np.array_equal(again.predict_on_batch(pictures), whole.predict_on_batch(pictures))
    assert InkFrame.from_config(InkFrame(30).get_config()).size == 30
