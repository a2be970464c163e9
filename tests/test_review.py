"""The review: verdicts are kept, undone and honoured by every scan, and no picture is touched."""

import csv
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from siamese_nb.dataset import Dataset
from siamese_nb.errors import InputError
from siamese_nb.layouts import NOT_IN_USE
from siamese_nb.review import (
    VERDICTS,
    Verdict,
    add_verdict,
    confirmed_impostors,
    in_force,
    read_review,
    undo_verdict,
)
from siamese_nb.scanning import scan


def shown(dataset: Dataset) -> list[set[str]]:
    numbers = sorted(set(dataset.identity.tolist()) - {NOT_IN_USE})
    return [{dataset.paths[row] for row in np.flatnonzero(dataset.identity == number)} for number in numbers]


@pytest.fixture
def couples(make_couples, tmp_path: Path) -> Path:
    return make_couples(tmp_path / "data", categories=1, couples=4)


def couple(item: int) -> tuple[str, str]:
    return f"category0/item{item}_one.png", f"category0/item{item}_two.png"


def test_verdicts_are_kept_in_order_with_their_time_and_reason(couples: Path) -> None:
    add_verdict(couples, *couple(0), "exclude", 'blurred, "says" Ähre\nand more')
    add_verdict(couples, *couple(1), "not the same thing")
    found = read_review(couples)
    assert [(v.pictures, v.verdict) for v in found] == [
        (frozenset(couple(0)), "exclude"),
        (frozenset(couple(1)), "not the same thing"),
    ]
    assert found[0].reason == 'blurred, "says" Ähre\nand more'
    assert found[0].when.endswith("+00:00")
    with (couples / "review.csv").open(newline="", encoding="utf-8") as stream:
        assert next(csv.reader(stream)) == ["path_one", "path_two", "verdict", "when", "reason"]


def test_of_verdicts_from_many_threads_none_is_lost(couples: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda item: add_verdict(couples, *couple(item % 4), "exclude", str(item)), range(40)))
        undone = list(pool.map(lambda _: undo_verdict(couples), range(10)))
    left = [verdict.reason for verdict in (*read_review(couples), *undone) if verdict]
    assert sorted(left, key=int) == [str(item) for item in range(40)]


def test_undoing_takes_the_last_line(couples: Path) -> None:
    first = add_verdict(couples, *couple(0), "exclude")
    second = add_verdict(couples, *couple(1), "exclude")
    assert undo_verdict(couples) == second
    assert read_review(couples) == [first]
    assert undo_verdict(couples) == first
    assert undo_verdict(couples) is None
    assert len(shown(scan(couples))) == 4


def test_the_last_verdict_on_the_same_pictures_counts_in_any_order() -> None:
    lines = [Verdict("a", "b", "exclude"), Verdict("a", "", "exclude"), Verdict("b", "a", "same thing")]
    assert {v.pictures: v.verdict for v in in_force(lines)} == {
        frozenset("ab"): "same thing", frozenset("a"): "exclude",
    }  # fmt: skip


def test_what_is_not_the_same_thing_is_listed_by_place_until_that_is_taken_back(couples: Path) -> None:
    paths = scan(couples).paths
    assert confirmed_impostors(couples, paths).shape == (0, 2)
    one, two, three = (couple(item)[0] for item in range(3))
    add_verdict(couples, two, one, "not the same thing")
    add_verdict(couples, two, three, "not the same thing")
    add_verdict(couples, three, "gone.png", "not the same thing")
    add_verdict(couples, one, three, "same thing")
    places = [[paths.index(name) for name in pair] for pair in ((two, one), (two, three))]
    assert confirmed_impostors(couples, paths).tolist() == places
    add_verdict(couples, one, two, "same thing")
    assert confirmed_impostors(couples, paths).tolist() == places[1:]


@pytest.mark.parametrize("verdict", ["exclude", "not the same thing"])
def test_a_couple_goes_out_of_use(couples: Path, verdict: str) -> None:
    before = {file: file.read_bytes() for file in couples.rglob("*.png")}
    add_verdict(couples, *couple(2), verdict)
    dataset = scan(couples)
    assert shown(dataset) == [set(couple(item)) for item in (0, 1, 3)]
    assert dataset.problems == ()
    assert {file: file.read_bytes() for file in couples.rglob("*.png")} == before
    undo_verdict(couples)
    assert len(shown(scan(couples))) == 4


def test_a_picture_that_is_excluded_takes_its_twin_along(couples: Path) -> None:
    add_verdict(couples, couple(3)[1], "", "exclude")
    assert shown(scan(couples)) == [set(couple(item)) for item in (0, 1, 2)]


def test_two_couples_of_the_same_thing_are_joined(couples: Path) -> None:
    add_verdict(couples, couple(0)[0], couple(2)[1], "same thing")
    add_verdict(couples, couple(2)[0], couple(3)[0], "same thing")
    found = shown(scan(couples))
    assert {frozenset(group) for group in found} == {
        frozenset(couple(0) + couple(2) + couple(3)), frozenset(couple(1)),
    }  # fmt: skip


def test_two_pictures_without_twins_become_a_couple(couples: Path) -> None:
    for item, side in ((0, 0), (1, 1)):
        (couples / couple(item)[side]).unlink()
    add_verdict(couples, couple(0)[1], couple(1)[0], "same thing")
    assert {couple(0)[1], couple(1)[0]} in shown(scan(couples))


def test_of_many_pictures_of_a_thing_only_the_second_named_goes(make_identities, tmp_path: Path) -> None:
    root = make_identities(tmp_path / "data", categories=1, things=2, pictures=3)
    add_verdict(root, "category0/thing0/0.png", "category0/thing0/2.png", "not the same thing")
    assert {"category0/thing0/0.png", "category0/thing0/1.png"} in shown(scan(root))
    assert "category0/thing0/2.png" not in set().union(*shown(scan(root)))


def test_not_the_same_thing_changes_nothing_where_that_is_known(couples: Path) -> None:
    add_verdict(couples, couple(0)[0], couple(1)[1], "not the same thing")
    assert len(shown(scan(couples))) == 4


def test_labels_of_a_pairs_file_are_mended(make_couples, tmp_path: Path) -> None:
    root = make_couples(tmp_path, categories=1, couples=4)
    lines = [(*couple(0), 1), (*couple(1), 0), (*couple(2), 1), (couple(0)[0], couple(1)[0], 0)]
    text = "one,two,label\n" + "".join(f"{one},{two},{label}\n" for one, two, label in lines)
    (root / "pairs.csv").write_text(text)
    add_verdict(root, *couple(0)[::-1], "not the same thing")
    add_verdict(root, *couple(1), "same thing")
    add_verdict(root, couple(2)[0], "", "exclude")
    dataset = scan(root / "pairs.csv")
    found = {(dataset.paths[one], dataset.paths[two]): label for one, two, label in dataset.labelled.tolist()}
    assert found == {couple(0): 0, couple(1): 1, (couple(0)[0], couple(1)[0]): 0}
    assert (root / "pairs.csv").read_text() == text


def test_a_verdict_on_what_is_gone_is_told(couples: Path) -> None:
    add_verdict(couples, "category0/away.png", "", "exclude")
    (problem,) = scan(couples).problems
    assert (problem.path, problem.kind) == ("review.csv", "stale_review")
    assert "category0/away.png" in problem.message


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("a,b,maybe,,", "line 2 is 'maybe'"), ("a,,same thing,,", "needs 2 pictures"),
        (",,exclude,,", "needs 1 picture"),
        ("a,a,same thing,,", "needs 2 pictures"),
    ],
)  # fmt: skip
def test_a_line_that_says_nothing_is_refused(couples: Path, line: str, message: str) -> None:
    (couples / "review.csv").write_text(f"path_one,path_two,verdict,when,reason\n{line}\n")
    with pytest.raises(InputError, match=message):
        scan(couples)


def test_a_file_without_its_columns_is_refused(couples: Path) -> None:
    (couples / "review.csv").write_text("path_one,verdict\na,exclude\n")
    with pytest.raises(InputError, match="lacks the column path_two, when, reason"):
        scan(couples)


def test_nothing_is_written_for_a_verdict_that_is_not_known(couples: Path) -> None:
    with pytest.raises(InputError, match="the verdict is 'delete'"):
        add_verdict(couples, *couple(0), "delete")
    assert not (couples / "review.csv").exists()
    assert VERDICTS == ("exclude", "not the same thing", "same thing")
