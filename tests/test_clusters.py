import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siamese_nb.clusters import Clusters
from siamese_nb.errors import InputError


def symmetric(n, seed=0):
    scores = np.random.default_rng(seed).uniform(0.01, 0.99, (n, n))
    scores = np.triu(scores, 1)
    return scores + scores.T + np.eye(n)


def slow_groups(scores, threshold):
    """Join the two groups whose lowest score is highest until that is below the threshold."""
    groups = [[row] for row in range(len(scores))]
    while len(groups) > 1:
        lowest = {
            (a, b): min(scores[i, j] for i in groups[a] for j in groups[b])
            for a in range(len(groups))
            for b in range(a)
        }
        a, b = max(lowest, key=lowest.get)
        if lowest[a, b] < threshold:
            break
        groups[b] += groups.pop(a)
    return {frozenset(group) for group in groups}


def as_sets(labels):
    return {frozenset(np.flatnonzero(labels == label).tolist()) for label in np.unique(labels)}


@pytest.mark.parametrize("threshold", [0.2, 0.5, 0.8])
def test_the_groups_are_those_of_slow_complete_linkage(threshold):
    for seed in range(5):
        scores = symmetric(12, seed)
        assert as_sets(Clusters.from_scores(scores).groups(threshold)) == slow_groups(scores, threshold)


@settings(max_examples=25, deadline=None)
@given(n=st.integers(2, 25), seed=st.integers(0, 99), threshold=st.floats(0.0, 1.0))
def test_a_group_is_a_run_of_the_order_and_no_order_of_the_pictures_matters(n, seed, threshold):
    scores = symmetric(n, seed)
    found = Clusters.from_scores(scores)
    labels = found.groups(threshold)
    assert sorted(found.order) == list(range(n))
    assert np.isin(np.diff(labels[found.order]), (0, 1)).all() and labels[found.order][0] == 0
    together = labels[:, None] == labels
    assert (scores[together] >= threshold - 1e-15).all()
    shuffled = np.random.default_rng(seed).permutation(n)
    again = Clusters.from_scores(scores[np.ix_(shuffled, shuffled)]).groups(threshold)
    assert as_sets(again) == {frozenset(np.flatnonzero(np.isin(shuffled, list(group)))) for group in as_sets(labels)}


def test_a_pair_at_the_threshold_is_a_group_as_it_is_accepted():
    scores = np.array([[1.0, 0.6], [0.6, 1.0]])
    assert Clusters.from_scores(scores).groups(0.6).tolist() == [0, 0]
    assert len(set(Clusters.from_scores(scores).groups(0.6 + 1e-12).tolist())) == 2


def test_like_stands_beside_like():
    blocks = np.kron(np.eye(3), np.ones((4, 4))) * 0.8 + 0.1
    mixed = np.random.default_rng(0).permutation(12)
    found = Clusters.from_scores(blocks[np.ix_(mixed, mixed)])
    assert np.abs(np.diff(mixed[found.order] // 4)).astype(bool).sum() == 2
    assert np.bincount(found.groups(0.5)).tolist() == [4, 4, 4]


@pytest.mark.parametrize(
    "scores", [np.ones((1, 1)), np.ones((2, 3)), [[1, 0.2], [0.3, 1]], [[1, 2], [2, 1]], [[1, np.nan], [np.nan, 1]]]
)
def test_what_are_no_scores_of_all_pairs_is_refused(scores):
    with pytest.raises(InputError):
        Clusters.from_scores(scores)
