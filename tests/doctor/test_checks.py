"""The examination: every kind of fault is found where it is, and sound pictures are left in peace."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image, ImageFilter

from siamese_nb.doctor import THUMBNAIL, Finding, examine, findings_table
from siamese_nb.doctor.measurements import measure
from siamese_nb.doctor.shortcuts import shortcut_scores
from siamese_nb.errors import InputError
from siamese_nb.scanning import scan

SIDE = 80


def scene(*seed: int, side: int = SIDE) -> Image.Image:
    rng = np.random.default_rng(seed)
    pixels = np.zeros((side, side, 3))
    for cells in (3, 6, 12, 24, 48):
        noise = Image.fromarray(rng.integers(0, 256, (cells, cells, 3), np.uint8))
        pixels += (np.asarray(noise.resize((side, side), Image.Resampling.BICUBIC), float) - 128) / cells**0.5
    return Image.fromarray(np.clip(pixels + 128, 0, 255).astype(np.uint8))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Write 3 categories of 6 sound couples."""
    for category in range(3):
        (tmp_path / f"c{category}").mkdir()
        for item in range(6):
            for side in range(2):
                scene(category, item, side).save(tmp_path / f"c{category}" / f"{item}_{('one', 'two')[side]}.png")
    return tmp_path


def findings(folder: Path) -> dict[str, Finding]:
    return {finding.kind: finding for finding in examine(*scan(folder).decode(THUMBNAIL))}


def test_nothing_is_found_where_nothing_is_wrong(folder: Path) -> None:
    assert findings(folder) == {}


def _exif(image: Image.Image, file: Path) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    image.save(file, exif=exif)


FAULTS: dict[str, Callable[[Image.Image, Path], object]] = {
    "wrong_suffix": lambda image, file: image.save(file, "JPEG"),
    "too_small": lambda image, file: image.resize((31, 60)).save(file),
    "extreme_aspect": lambda image, file: image.resize((240, 80)).save(file),
    "blank": lambda image, file: Image.new("RGB", image.size, (90, 120, 30)).save(file),
    "very_dark": lambda image, file: image.point(lambda value: value * 0.2).save(file),
    "very_bright": lambda image, file: image.point(lambda value: 215 + value * 0.15).save(file),
    "very_blurred": lambda image, file: image.filter(ImageFilter.GaussianBlur(SIDE * 0.05)).save(file),
    "odd_mode": lambda image, file: image.quantize(16).save(file, transparency=0),
    "exif_rotation": _exif,
    "truncated": lambda image, file: file.write_bytes(file.read_bytes()[:-3000]),
    "empty": lambda image, file: file.write_bytes(b""),
    "unreadable": lambda image, file: file.write_bytes(b"no picture"),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_is_found_where_it_is(folder: Path, kind: str) -> None:
    file = folder / "c1" / "3_one.png"
    FAULTS[kind](Image.open(file).convert("RGB"), file)
    found = findings(folder)
    assert found[kind].paths == ("c1/3_one.png",)
    assert set(found) - {kind} <= {"missing_twin"}


@pytest.mark.parametrize(("side", "least"), [(64, 32), (96, 32), (224, 56)])
def test_what_is_too_small_depends_on_what_the_leg_takes(folder: Path, side: int, least: int) -> None:
    for number, short in enumerate((least - 1, least)):
        scene(5, number).resize((short, 70)).save(folder / "c1" / f"{number}_one.png")
    found = {finding.kind: finding for finding in examine(*scan(folder).decode((side, side)))}
    assert found["too_small"].paths == ("c1/0_one.png",)
    assert f"{least} pixels" in found["too_small"].what


@pytest.mark.parametrize("mode", ["CMYK", "I;16", "GIF"])
def test_other_odd_modes_are_found(folder: Path, mode: str) -> None:
    (folder / "c0" / "0_two.png").unlink()
    image, file = scene(9), folder / "c0" / "0_two.tiff"
    if mode == "GIF":
        file = file.with_suffix(".gif")
        image.save(file, save_all=True, append_images=[scene(8)])
    else:
        grey = np.asarray(image.convert("L")).astype(np.uint16) * 256
        (Image.fromarray(grey) if mode == "I;16" else image.convert(mode)).save(file)
    assert findings(folder)["odd_mode"].paths == (f"c0/{file.name}",)


PLACES = {
    "within_thing": ("c0/1_one.png", "c0/1_two.png"),
    "across_things": ("c0/1_one.png", "c0/2_two.png"),
    "across_categories": ("c0/1_one.png", "c1/1_one.png"),
}


@pytest.mark.parametrize("where", PLACES)
@pytest.mark.parametrize("how", ["same_file", "same_pixels", "near_duplicate"])
def test_copies_are_found_once_by_the_strictest_sort(folder: Path, how: str, where: str) -> None:
    one, two = (folder / path for path in PLACES[where])
    if how == "same_file":
        two.write_bytes(one.read_bytes())
    elif how == "same_pixels":
        Image.open(one).save(two, compress_level=1)
    else:
        Image.open(one).resize((70, 70)).save(two)
    found = findings(folder)
    assert found[f"{how}_{where}"].groups == (PLACES[where],)
    assert set(found) == {f"{how}_{where}"}


def test_blank_pictures_are_no_copies_of_each_other(folder: Path) -> None:
    for path, grey in (("c0/1_one.png", 10), ("c1/2_one.png", 128), ("c2/2_two.png", 250)):
        Image.new("RGB", (SIDE, SIDE), (grey,) * 3).save(folder / path)
    assert set(findings(folder)) == {"blank"}


def test_equal_files_of_one_colour_are_blank_and_no_copies(folder: Path) -> None:
    for path in ("c0/1_one.png", "c0/1_two.png", "c2/2_two.png"):
        Image.new("RGB", (SIDE, SIDE), "white").save(folder / path)
    assert set(findings(folder)) == {"blank"}


@pytest.mark.parametrize("side", [96, 224])
def test_a_larger_bank_shows_the_same(folder: Path, side: int) -> None:
    for number, kind in enumerate(("blank", "very_dark", "very_bright", "very_blurred")):
        file = folder / "c2" / f"{number}_two.png"
        FAULTS[kind](Image.open(file).convert("RGB"), file)
    (folder / "c1" / "4_two.png").write_bytes((folder / "c0" / "4_two.png").read_bytes())
    Image.open(folder / "c1" / "5_one.png").resize((70, 70)).save(folder / "c1" / "5_two.png")
    expected = {kind: finding.groups for kind, finding in findings(folder).items()}
    assert len(expected) == 6
    found = examine(*scan(folder).decode((side, side)))
    assert {finding.kind: finding.groups for finding in found} == expected


def test_small_and_large_categories_are_found(tmp_path: Path) -> None:
    for category, couples in enumerate((55, 5, 4)):
        (tmp_path / f"c{category}").mkdir()
        for item in range(couples):
            for side in ("one", "two"):
                scene(category, item, len(side + str(side))).resize((32, 32)).save(
                    tmp_path / f"c{category}/{item}_{side}.png"
                )
    found = findings(tmp_path)
    assert found["few_couples"].what == "c2 has 4 couples"
    assert found["imbalance"].what == "c0 has 55 couples, the median category 5"


@pytest.mark.parametrize("shortcut", ["background_colour", "jpeg_quality", "image_size", "file_type"])
def test_a_shortcut_is_shouted_about(tmp_path: Path, shortcut: str) -> None:
    rng = np.random.default_rng(0)
    for item in range(40):
        colour, quality, side = tuple(rng.integers(0, 256, 3).tolist()), 30 + item, 64 + 2 * item
        suffix = (".jpg", ".bmp", ".png", ".gif", ".webp")[item % 5] if shortcut == "file_type" else ".jpg"
        for number, name in enumerate(("one", "two")):
            image = scene(item, number, side=side if shortcut == "image_size" else 64)
            if shortcut == "background_colour":
                image.paste(colour, (0, 0, 64, 8))
                image.paste(colour, (0, 0, 8, 64))
                image.paste(colour, (56, 0, 64, 64))
            options = {"quality": quality if shortcut == "jpeg_quality" else 80}
            image.save(tmp_path / f"{item}_{name}{suffix}", **(options if suffix == ".jpg" else {}))
    found = findings(tmp_path)[f"shortcut_{shortcut}"]
    # Impostors share one of five file types by chance in a fifth of the cases.
    assert found.severity == ("warning" if shortcut == "file_type" else "error")
    scores = shortcut_scores(measure(*scan(tmp_path).decode(THUMBNAIL)))
    auc, low, high = scores[shortcut]
    assert low <= auc <= high
    assert auc == pytest.approx(0.9 if shortcut == "file_type" else 1, abs=0.06)
    assert abs(scores["brightness"][0] - 0.5) < 0.25 or shortcut == "background_colour"


def test_what_never_varies_is_no_shortcut(folder: Path) -> None:
    scores = shortcut_scores(measure(*scan(folder).decode(THUMBNAIL)))
    assert set(scores) == {"brightness", "background_colour", "bytes_per_pixel"}


def test_pictures_of_one_thing_alone_can_be_examined(tmp_path: Path) -> None:
    scene(1).save(tmp_path / "a.png")
    assert set(findings(tmp_path)) <= {"few_couples"}


def test_findings_are_sorted_by_gravity_and_plain(folder: Path) -> None:
    for kind, name in (("exif_rotation", "1_one"), ("blank", "2_one"), ("very_dark", "3_one")):
        FAULTS[kind](scene(7), folder / "c0" / f"{name}.png")
    found = examine(*scan(folder).decode(THUMBNAIL))
    assert [finding.severity for finding in found] == ["error", "warning", "note"]
    for finding in found:
        plain = json.loads(json.dumps(finding.to_dict()))
        assert plain["count"] == 1 and plain["paths"] == [finding.groups[0][0]] and plain["why"] and plain["remedy"]
    assert [row[0] for row in findings_table(found).rows] == ["blank", "very dark", "exif rotation"]
    assert findings_table([]).rows[0][0] == "none"


def test_what_does_not_belong_together_is_refused(folder: Path) -> None:
    dataset, bank = scan(folder).decode(THUMBNAIL)
    (folder / "c0" / "0_one.png").unlink()
    with pytest.raises(InputError, match="belong together"):
        examine(scan(folder), bank)
    assert dataset.n_images == 36
