"""Marks on labels end up in the review, can be taken back, and are honoured by the next scan."""

from pathlib import Path

import numpy as np
import pytest

from siamese_nb.errors import InputError
from siamese_nb.label_review import LabelReview
from siamese_nb.layouts import NOT_IN_USE
from siamese_nb.review import add_verdict, read_review
from siamese_nb.scanning import scan


@pytest.fixture
def review(make_couples, tmp_path: Path) -> LabelReview:
    folder = make_couples(tmp_path / "data", categories=1, couples=4)
    name = "category0/item{}_{}.png"
    one = [name.format(item, "one") for item in (0, 1, 2)]
    two = [name.format(item, "two") for item in (0, 1, 3)]
    return LabelReview(folder, one, two, [1, 1, 0])


def test_a_mark_is_the_verdict_against_the_label_and_the_next_scan_honours_it(review: LabelReview) -> None:
    review(1, True)
    review(2, True)
    found = [(verdict.path_one, verdict.path_two, verdict.verdict) for verdict in read_review(review.folder)]
    assert found == [
        (review.one[1], review.two[1], "not the same thing"),
        (review.one[2], review.two[2], "same thing"),
    ]
    assert review.marked.tolist() == [1, 2]
    dataset = scan(review.folder)
    shown = dict(zip(dataset.paths, dataset.identity.tolist(), strict=True))
    assert shown[review.two[1]] == NOT_IN_USE
    assert shown[review.one[2]] == shown[review.two[2]] != shown[review.one[0]]


def test_taking_a_mark_back_leaves_all_other_verdicts(review: LabelReview) -> None:
    add_verdict(review.folder, review.two[2], review.one[2], "exclude")
    review(2, True)
    review(0, True)
    review(2, False)
    assert [verdict.verdict for verdict in read_review(review.folder)] == ["exclude", "not the same thing"]
    assert review.marked.tolist() == [0]
    review(0, False)
    review(0, False)
    assert review.marked.size == 0 and len(read_review(review.folder)) == 1


def test_pairs_that_do_not_fit_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="2 and 1 paths and 2 labels"):
        LabelReview(tmp_path, ["a", "b"], ["c"], np.array([1, 0]))
