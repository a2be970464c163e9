"""Datasets: each layout, and a named problem for whatever does not fit, never a shifted pair, never a crash."""

import json
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from siamese_nb import images
from siamese_nb.dataset import Dataset
from siamese_nb.errors import InputError
from siamese_nb.layouts import NOT_IN_USE
from siamese_nb.pairs_file import read_pairs
from siamese_nb.scanning import scan

SIZE = (8, 8)


def pictures(root: Path, *paths: str) -> Path:
    """Write a picture of its own at each path."""
    for path in paths:
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(list(path.encode())).integers(0, 256, (4, 4, 3), np.uint8)
        Image.fromarray(pixels).save(file, Image.registered_extensions()[file.suffix.lower()])
    return root


def together(dataset: Dataset) -> list[set[str]]:
    """List the pictures that show the same thing, by path."""
    numbers = sorted(set(dataset.identity.tolist()) - {NOT_IN_USE})
    return [{dataset.paths[row] for row in np.flatnonzero(dataset.identity == number)} for number in numbers]


def problems(dataset: Dataset) -> dict[str, str]:
    assert all("\n" not in problem.message for problem in dataset.problems)
    return {problem.path: problem.kind for problem in dataset.problems}


def category_of(dataset: Dataset, path: str) -> str:
    return dataset.categories[dataset.category[dataset.paths.index(path)]]


# Couples


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("a_one.png", "a_two.png"), ("7_one.png", "7_two.jpg"), ("x y  z_one.PNG", "x y  z_two.png"),
        ("ähre 花_one.png", "ähre 花_two.png"), ("v1.2.beta_one.png", "v1.2.beta_two.png"), ("a_One.png", "a_TWO.png"),
        ("a_one_one.png", "a_one_two.png"), ("a_two_one.webp", "a_two_two.bmp"), ("__one.png", "__two.png"),
        ("c/a_one.png", "c/a_two.png"), ("deep/er/a_one.png", "deep/er/a_two.png"), ("-_one.gif", "-_two.tiff"),
    ],
)  # fmt: skip
def test_twins_are_matched_by_their_whole_name(tmp_path: Path, one: str, two: str) -> None:
    dataset = scan(pictures(tmp_path, one, two))
    assert dataset.layout == "couples"
    assert together(dataset) == [{one, two}]
    assert dataset.problems == ()
    assert category_of(dataset, one) == category_of(dataset, two) == Path(one).parent.as_posix()


def test_names_that_begin_alike_are_not_confused(tmp_path: Path) -> None:
    names = ["1", "10", "100", "1_one", "one", "01", "1 ", "a.b", "a"]
    paths = [f"c/{name}_{side}.png" for name in names for side in ("one", "two")]
    dataset = scan(pictures(tmp_path, *paths))
    expected = [{f"c/{name}_one.png", f"c/{name}_two.png"} for name in names]
    assert sorted(together(dataset), key=sorted) == sorted(expected, key=sorted)


def test_the_same_id_in_two_categories_is_two_things(tmp_path: Path) -> None:
    dataset = scan(pictures(tmp_path, "x/1_one.png", "x/1_two.png", "y/1_one.png", "y/1_two.png", "x/y/1_one.png"))
    assert dataset.couples_per_category() == {"x": 1, "y": 1}
    assert problems(dataset) == {"x/y/1_one.png": "missing_twin"}


def test_a_missing_twin_is_named(tmp_path: Path) -> None:
    dataset = scan(pictures(tmp_path, "c/1_one.png", "c/2_one.png", "c/2_two.png", "c/3_two.png"))
    assert problems(dataset) == {"c/1_one.png": "missing_twin", "c/3_two.png": "missing_twin"}
    assert "there is no picture 1_two beside it" in dataset.problems[0].message
    assert "there is no picture 3_one beside it" in dataset.problems[1].message
    assert together(dataset) == [{"c/2_one.png", "c/2_two.png"}]


def test_two_twins_are_named_and_neither_is_used(tmp_path: Path) -> None:
    dataset = scan(pictures(tmp_path, "1_one.png", "1_one.jpg", "1_two.png", "2_one.png", "2_two.png"))
    assert problems(dataset) == dict.fromkeys(["1_one.png", "1_one.jpg", "1_two.png"], "two_twins")
    assert "2 pictures _one and 1 pictures _two" in dataset.problems[0].message
    assert dataset.n_couples == 1


def test_a_picture_without_a_side_is_named(tmp_path: Path) -> None:
    dataset = scan(pictures(tmp_path, "1_one.png", "1_two.png", "photo.png", "_one.png", "1_three.png"), "couples")
    assert problems(dataset) == dict.fromkeys(["photo.png", "_one.png", "1_three.png"], "stray_file")
    assert dataset.n_couples == 1
    assert dataset.n_images == 5


def test_files_that_are_no_pictures_are_named(tmp_path: Path) -> None:
    pictures(tmp_path, "c/1_one.png", "c/1_two.png")
    for name in ("notes.txt", "c/README.md", "c/2_one", "weights.h5", "table.csv", "c/pages.pdf"):
        (tmp_path / name).write_bytes(b"\x89HDF\r\n\x1a\n" + b"\0" * 99)
    (tmp_path / "c/3_one.png").touch()
    (tmp_path / "c/3_two.jpg").write_text("<svg/>")
    (tmp_path / "README.md").write_text("What lies here.")
    dataset = scan(tmp_path)
    found = problems(dataset)
    assert found.pop("weights.h5") in ("stray_file", "unreadable")
    assert found == {
        "notes.txt": "stray_file", "c/README.md": "stray_file", "c/2_one": "stray_file", "table.csv": "stray_file",
        "c/pages.pdf": "stray_file", "c/3_one.png": "empty", "c/3_two.jpg": "unreadable",
    }  # fmt: skip
    assert dataset.n_images == 2
    assert str(tmp_path) not in "".join(problem.message for problem in dataset.problems)


def test_a_bomb_is_named_by_its_header(tmp_path: Path) -> None:
    pictures(tmp_path, "1_one.png", "1_two.png", "2_one.png")
    header = b"IHDR" + struct.pack(">IIBBBBB", 20_000, 20_000, 1, 0, 0, 0, 0)
    chunk = struct.pack(">I", 13) + header + struct.pack(">I", zlib.crc32(header))
    (tmp_path / "2_two.png").write_bytes(b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", 0) + b"IDAT" + b"\0" * 4)
    dataset = scan(tmp_path)
    assert problems(dataset) == {"2_one.png": "missing_twin", "2_two.png": "too_large"}


def test_hidden_files_and_folders_are_ignored(tmp_path: Path) -> None:
    pictures(tmp_path, "c/1_one.png", "c/1_two.png", ".git/2_one.png", "c/.3_one.png", "c/.ipynb_checkpoints/1_one.png")
    (tmp_path / ".DS_Store").write_bytes(b"x")
    dataset = scan(tmp_path)
    assert dataset.paths == ("c/1_one.png", "c/1_two.png")
    assert dataset.problems == ()


def test_a_hidden_folder_that_is_named_is_scanned(tmp_path: Path) -> None:
    assert scan(pictures(tmp_path / ".mine", "1_one.png", "1_two.png")).n_couples == 1


def test_the_embedded_sample_is_left_out_unless_it_is_named(tmp_path: Path) -> None:
    pictures(tmp_path, "c/1_one.png", "c/1_two.png", "sample/d/2_one.png", "sample/d/2_two.png")
    (tmp_path / "sample" / ".sample.json").write_text("{}")
    assert scan(tmp_path).paths == ("c/1_one.png", "c/1_two.png")
    assert scan(tmp_path / "sample").paths == ("d/2_one.png", "d/2_two.png")
    (tmp_path / "sample" / ".sample.json").unlink()
    assert scan(tmp_path).n_couples == 2


def test_a_folder_with_the_sample_alone_holds_no_pictures(tmp_path: Path) -> None:
    pictures(tmp_path, "sample/2_one.png", "sample/2_two.png")
    (tmp_path / "sample" / ".sample.json").write_text("{}")
    with pytest.raises(InputError, match="no pictures in"):
        scan(tmp_path)


sides = st.sampled_from(["one", "two"])
damages = st.sampled_from(["sound", "sound", "sound", "missing", "empty", "text", "truncated", "doubled"])


@given(st.lists(st.tuples(st.sampled_from("xyz"), damages, sides), min_size=1, max_size=12))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_one_bad_couple_never_shifts_another(
    tmp_path_factory: pytest.TempPathFactory, couples: list[tuple[str, str, str]]
) -> None:
    root = tmp_path_factory.mktemp("couples")
    sound = []
    for number, (category, damage, side) in enumerate(couples):
        name = f"{category}/{number}"
        pictures(root, f"{name}_one.png", f"{name}_two.png")
        bad = root / f"{name}_{side}.png"
        content = bad.read_bytes()
        if damage == "missing":
            bad.unlink()
        elif damage == "doubled":
            pictures(root, f"{name}_{side}.bmp")
        elif damage != "sound":
            bad.write_bytes({"empty": b"", "text": b"some words", "truncated": content[:-30]}[damage])
        else:
            sound.append({f"{name}_one.png", f"{name}_two.png"})
    dataset, bank = scan(root, "couples").decode(SIZE)
    assert sorted(together(dataset), key=sorted) == sorted(sound, key=sorted)
    assert dataset.n_couples == len(sound)
    assert {Path(path).stem.split("_")[0] for path in problems(dataset)} == {
        str(number) for number, (_, damage, _) in enumerate(couples) if damage != "sound"
    }
    for row, path in enumerate(dataset.paths):
        if dataset.identity[row] != NOT_IN_USE:
            assert np.array_equal(bank.images[row], images.read_image(root / path, SIZE))


# The bank's failures


def test_what_cannot_be_decoded_is_a_problem_and_its_twin_is_not_used(tmp_path: Path) -> None:
    pictures(tmp_path, *(f"c/{number}_{side}.png" for number in range(3) for side in ("one", "two")))
    bad = tmp_path / "c/1_two.png"
    bad.write_bytes(bad.read_bytes()[:-30])
    scanned = scan(tmp_path)
    assert scanned.problems == ()
    dataset, bank = scanned.decode(SIZE)
    assert problems(dataset) == {"c/1_two.png": "truncated"}
    assert dataset.problems[0].message.startswith("the file is damaged")
    assert together(dataset) == [{f"c/{n}_one.png", f"c/{n}_two.png"} for n in (0, 2)]
    assert len(bank.images) == len(dataset.paths) == 6
    assert (dataset.n_images, dataset.n_couples) == (5, 2)
    assert scanned.n_couples == 3, "the scanned dataset was changed"


def test_a_second_bank_names_no_problem_twice(tmp_path: Path) -> None:
    pictures(tmp_path, "1_one.png", "1_two.png", "2_one.png", "2_two.png")
    (tmp_path / "1_one.png").write_bytes((tmp_path / "1_one.png").read_bytes()[:-30])
    dataset = scan(tmp_path).decode(SIZE)[0].decode((9, 9))[0]
    assert problems(dataset) == {"1_one.png": "truncated"}
    assert len(dataset.problems) == 1


def test_identities_lose_only_the_picture_that_cannot_be_decoded(tmp_path: Path) -> None:
    pictures(tmp_path, "a/1.png", "a/2.png", "a/3.png", "b/1.png")
    (tmp_path / "a/1.png").write_bytes((tmp_path / "a/1.png").read_bytes()[:-30])
    dataset, _ = scan(tmp_path).decode(SIZE)
    assert together(dataset) == [{"a/2.png", "a/3.png"}, {"b/1.png"}]


def test_pairs_with_a_picture_that_cannot_be_decoded_are_dropped(tmp_path: Path) -> None:
    pictures(tmp_path, "a.png", "b.png", "c.png")
    (tmp_path / "b.png").write_bytes((tmp_path / "b.png").read_bytes()[:-30])
    (tmp_path / "p.csv").write_text("one,two,label\na.png,b.png,1\na.png,c.png,0\n")
    dataset, _ = scan(tmp_path / "p.csv").decode(SIZE)
    assert dataset.labelled.tolist() == [[0, 2, 0]]
    assert problems(dataset) == {"b.png": "truncated"}


# Identities


def test_every_picture_of_a_leaf_folder_shows_the_same_thing(tmp_path: Path) -> None:
    dataset = scan(pictures(tmp_path, "fruit/apple/1.png", "fruit/apple/2.jpg", "fruit/pear/1.png", "root/beet/x.png"))
    assert dataset.layout == "identities"
    assert together(dataset) == [{"fruit/apple/1.png", "fruit/apple/2.jpg"}, {"fruit/pear/1.png"}, {"root/beet/x.png"}]
    assert [category_of(dataset, path) for path in dataset.paths] == ["fruit", "fruit", "fruit", "root"]
    assert (dataset.n_identities, dataset.n_couples) == (3, 1)
    assert dataset.couples_per_category() == {"fruit": 1, "root": 0}


def test_identities_without_categories_share_one(tmp_path: Path) -> None:
    dataset = scan(pictures(tmp_path, "apple/1.png", "apple/2.png", "pear/1.png", "pear/2.png"))
    assert len(dataset.categories) == 1
    assert (dataset.n_identities, dataset.n_couples) == (2, 2)


def test_folders_of_one_name_in_two_categories_are_two_things(tmp_path: Path) -> None:
    dataset = scan(pictures(tmp_path, "latin/a/1.png", "latin/a/2.png", "greek/a/1.png", "greek/a/2.png"))
    assert dataset.n_identities == 2
    assert set(dataset.categories) == {"latin", "greek"}


def test_pictures_beside_folders_of_pictures_are_named(tmp_path: Path) -> None:
    dataset = scan(pictures(tmp_path, "a/1.png", "a/2.png", "loose.png", "b/stray.png", "b/c/1.png"))
    assert problems(dataset) == {"loose.png": "stray_file", "b/stray.png": "stray_file"}
    assert together(dataset) == [{"a/1.png", "a/2.png"}, {"b/c/1.png"}]


def test_couples_are_counted_as_all_that_pictures_can_form(tmp_path: Path) -> None:
    pictures(tmp_path, *(f"x/a/{n}.png" for n in range(5)), *(f"x/b/{n}.png" for n in range(3)), "y/c/1.png")
    dataset = scan(tmp_path)
    assert dataset.couples_per_category() == {"x": 5 * 4 // 2 + 3, "y": 0}
    assert dataset.n_couples == 13


# Which layout


def test_the_layout_is_told_by_half_of_the_names(tmp_path: Path) -> None:
    pictures(tmp_path, "c/1_one.png", "c/1_two.png", "c/a.png", "c/b.png")
    assert scan(tmp_path).layout == "couples"
    pictures(tmp_path, "c/c.png")
    assert scan(tmp_path).layout == "identities"


def test_a_layout_that_is_named_is_taken(tmp_path: Path) -> None:
    pictures(tmp_path, "c/1_one.png", "c/1_two.png", "c/2_one.png", "c/2_two.png")
    assert scan(tmp_path, "couples").n_identities == 2
    assert scan(tmp_path, "identities").n_identities == 1
    with pytest.raises(InputError, match="layout 'triplets' is not known; choose one of couples, identities, pairs"):
        scan(tmp_path, "triplets")


# Links, big folders, nothing


def test_links_that_go_round_in_a_loop_do_not_hang(tmp_path: Path) -> None:
    pictures(tmp_path / "data", "c/1_one.png", "c/1_two.png")
    (tmp_path / "data/c/loop").symlink_to(tmp_path / "data")
    (tmp_path / "data/self").symlink_to("self")
    (tmp_path / "data/up").symlink_to(tmp_path)
    (tmp_path / "data/again").symlink_to("c")
    (tmp_path / "data/gone_one.png").symlink_to("nowhere.png")
    dataset = scan(tmp_path / "data")
    assert dataset.paths == ("c/1_one.png", "c/1_two.png")
    assert problems(dataset) == {"gone_one.png": "missing_file", "self": "stray_file"}


def test_links_to_folders_elsewhere_are_followed_once(tmp_path: Path) -> None:
    pictures(tmp_path / "disk", "1_one.png", "1_two.png", "deep/2_one.png", "deep/2_two.png")
    (tmp_path / "disk/back").symlink_to(tmp_path / "disk")
    (tmp_path / "data").mkdir()
    for name in ("x", "y"):
        (tmp_path / "data" / name).symlink_to(tmp_path / "disk")
    assert scan(tmp_path / "data").paths == (
        "x/1_one.png", "x/1_two.png", "x/deep/2_one.png", "x/deep/2_two.png",
    )  # fmt: skip
    (tmp_path / "link").symlink_to(tmp_path / "data")
    assert scan(tmp_path / "link").n_couples == 2


def test_a_folder_that_cannot_be_opened_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures(tmp_path, "a/1_one.png", "a/1_two.png", "locked/2_one.png")
    listing = os.scandir

    def refusing(path: str | int) -> object:  # a number where a temporary folder is cleared away
        if Path(str(path)).name == "locked":
            raise PermissionError(13, "Permission denied", str(path))
        return listing(path)

    monkeypatch.setattr(os, "scandir", refusing)
    dataset = scan(tmp_path)
    assert problems(dataset) == {"locked": "unreadable"}
    assert dataset.n_couples == 1


def test_five_thousand_pictures_are_scanned(tmp_path: Path) -> None:
    content = (pictures(tmp_path, "0/0_one.png") / "0/0_one.png").read_bytes()
    for number in range(2500):
        folder = tmp_path / str(number % 25)
        folder.mkdir(exist_ok=True)
        for side in ("one", "two"):
            (folder / f"{number}_{side}.png").write_bytes(content)
    dataset = scan(tmp_path)
    assert (dataset.n_images, dataset.n_couples) == (5000, 2500)
    assert set(dataset.couples_per_category().values()) == {100}
    assert list(dataset.paths) == sorted(dataset.paths)


def test_scanning_decodes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures(tmp_path, "1_one.png", "1_two.jpg", "2_one.gif", "2_two.webp")
    (tmp_path / "p.csv").write_text("one,two,label\n1_one.png,1_two.jpg,1\n")
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("decoded"))
    assert scan(tmp_path).n_couples == 2
    assert scan(tmp_path / "p.csv").n_couples == 1


@pytest.mark.parametrize("name", ["none", "x" * 300, "file/below"])
def test_no_such_folder_is_said(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"there is no folder .*; give a folder of pictures or a CSV file of pairs"):
        scan(tmp_path / name)


def test_folders_without_pictures_are_said(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"no pictures in .*empty; put couples there as"):
        scan(tmp_path / "empty")
    (tmp_path / "texts").mkdir()
    for number in range(3):
        (tmp_path / "texts" / f"{number}.txt").write_text("words")
    with pytest.raises(InputError, match=r"no pictures in .*texts \(it holds 3 other files\); put"):
        scan(tmp_path / "texts")
    with pytest.raises(InputError, match=r"0\.txt is not a folder"):
        scan(tmp_path / "texts" / "0.txt")


def test_the_report_is_plain_json(tmp_path: Path) -> None:
    pictures(tmp_path, "x/1_one.png", "x/1_two.png", "x/2_one.png", "y/1_one.png", "y/1_two.png")
    assert json.loads(json.dumps(scan(tmp_path).report())) == {
        "layout": "couples",
        "images": 5,
        "identities": 2,
        "couples": 2,
        "categories": 2,
        "couples_per_category": {"x": 1, "y": 1},
        "problems": [
            {
                "path": "x/2_one.png",
                "kind": "missing_twin",
                "message": "there is no picture 2_two beside it; add it, or move this one away",
            }
        ],
    }


# Files of pairs


@pytest.fixture
def pairs_file(tmp_path: Path):
    pictures(tmp_path, "x/a.png", "x/b.png", "y/c.png", "y/d.png", "e.png")

    def write(text: str | bytes) -> Path:
        file = tmp_path / "pairs.csv"
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        return file

    return write


def test_genuine_pairs_tie_what_they_name(pairs_file) -> None:
    rows = "x/a.png,x/b.png,1\nx/b.png,y/c.png,1.0\ny/d.png,e.png,0\nx/a.png,e.png,0.0\n"
    dataset = scan(pairs_file("one,two,label\n" + rows))
    assert dataset.layout == "pairs"
    assert sorted(map(sorted, together(dataset))) == [["e.png"], ["x/a.png", "x/b.png", "y/c.png"], ["y/d.png"]]
    named = [(dataset.paths[one], dataset.paths[two], label) for one, two, label in dataset.labelled.tolist()]
    assert named == [
        ("x/a.png", "x/b.png", 1), ("x/b.png", "y/c.png", 1), ("y/d.png", "e.png", 0), ("x/a.png", "e.png", 0),
    ]  # fmt: skip
    assert dataset.couples_per_category() == {".": 0, "x": 2, "y": 0}
    assert dataset.n_couples == 2
    assert dataset.problems == ()


def test_a_missing_picture_costs_only_its_pairs(pairs_file) -> None:
    too_long = "x" * 300
    rows = f"x/a.png,x/b.png,1\nx/a.png,gone.png,0\n{too_long},y/c.png,1\nx/b.png,y/c.png,0\ne.png,n\0l.png,0\n"
    dataset = scan(pairs_file("one,two,label\n" + rows))
    assert dataset.labelled.tolist() == [[1, 2, 1], [2, 3, 0]]
    assert problems(dataset) == {"gone.png": "missing_file", too_long: "unreadable", "n\0l.png": "unreadable"}
    assert dataset.n_images == 4


def test_a_label_that_contradicts_the_others_is_named_and_dropped(pairs_file) -> None:
    rows = "x/a.png,x/b.png,1\nx/b.png,y/c.png,1\ny/c.png,x/a.png,0\ne.png,e.png,0\ne.png,x/a.png,0\n"
    dataset = scan(pairs_file("one,two,label\n" + rows))
    assert problems(dataset) == {"y/c.png": "contradiction", "e.png": "contradiction"}
    assert dataset.labelled[:, 2].tolist() == [1, 1, 0]
    assert dataset.n_images == 4


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffone,two,label\nx/a.png,x/b.png,1\n", "one,two,label\r\nx/a.png,x/b.png,1\r\n\r\n",
        'label,note,two,one\n1,"a, b",x/b.png,x/a.png\n', "one,two,label\n x/a.png , x/b.png , 1 ",
        'one,two,label\n"x/a.png","x/b.png","1"\n',
    ],
)  # fmt: skip
def test_pairs_are_read_as_people_and_programs_write_them(pairs_file, text: str) -> None:
    assert read_pairs(pairs_file(text), labels=True) == [("x/a.png", "x/b.png", 1)]


def test_without_labels_none_is_needed(pairs_file) -> None:
    assert read_pairs(pairs_file("one,two\na,b\n"), labels=False) == [("a", "b", 0)]
    assert read_pairs(pairs_file("one,two,label\na,b,?\n"), labels=False) == [("a", "b", 0)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("one,two,label\na,b,1\nx/a.png,NaN,1\n", "line 3: a path is missing or NaN"),
        ("one,two,label\n,b,1\n", "line 2: a path is missing or NaN"),
        ("one,two,label\na\n", "line 2: a path is missing or NaN"),
        ("one,two,label\na,b,nan\n", "line 2: the label is 'nan'; write 1"),
        ("one,two,label\na,b,\n", "line 2: the label is 'missing'; write 1"),
        ("one,two,label\na,b\n", "line 2: the label is 'missing'; write 1"),
        ("one,two,label\na,b,2\n", "line 2: the label is '2'; write 1"),
        ("one,two,label\na,b,-1\n", "line 2: the label is '-1'; write 1"),
        ("one,two\na,b\n", "lacks the column label; its first line must be one,two,label"),
        ("a,b,1\n", "lacks the column one, two, label"),
        ("one;two;label\na;b;1\n", "lacks the column one, two, label"),
        ("", "lacks the column one, two, label"),
        ("one,two,label\n", "has no pairs; write one pair a line"),
        ("one,two,label\n\n\n", "has no pairs; write one pair a line"),
        ("one,two,label\nnone.png,gone.png,1\n", "none of the pictures that .* names can be read"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "cannot read .*; give a CSV file"),
        ("one,two,label\na,b,1\n".encode("utf-16"), "cannot read .*; give a CSV file"),
        ("one,two,label\n" + "x" * 200_000 + ",b,1\n", "cannot read .*; give a CSV file"),
    ],
)
def test_a_bad_file_of_pairs_is_said_in_one_line(pairs_file, text: str | bytes, message: str) -> None:
    with pytest.raises(InputError, match=message) as raised:
        scan(pairs_file(text))
    assert "\n" not in str(raised.value)


def test_a_folder_is_no_file_of_pairs(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot read .*; give a CSV file"):
        scan(tmp_path, "pairs")
    with pytest.raises(InputError, match=r"cannot read .*none\.csv: No such file"):
        read_pairs(tmp_path / "none.csv", labels=False)
