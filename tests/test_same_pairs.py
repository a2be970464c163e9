"""Verifiers are compared on pairs that none of them has seen, each with its own scores."""

from dataclasses import replace

import numpy as np
import pytest

from siamese_nb import Verifier, scan
from siamese_nb.errors import InputError
from siamese_nb.same_pairs import score_same_pairs


def test_both_score_the_same_unseen_pairs(trained):
    verifier = Verifier.load(trained.path)
    found = score_same_pairs({"A": verifier, "B": replace(verifier)}, trained.data)
    assert found["A"].one == found["B"].one and found["A"].two == found["B"].two
    assert found["A"].scores == pytest.approx(found["B"].scores, abs=1e-5)
    assert set(found["A"].one) <= {*verifier.pairs["test"].one, *verifier.pairs["test"].two}


def test_what_one_has_seen_is_left_out_for_all(trained):
    verifier = Verifier.load(trained.path)
    other = replace(verifier, seen=np.empty(0, np.uint64))
    found = score_same_pairs({"other": other, "one": verifier}, trained.data)
    alone, _ = other.scored_pairs(scan(trained.data))
    assert len(found["other"].labels) < len(alone.labels)
    assert set(found["other"].one) <= {*verifier.pairs["test"].one, *verifier.pairs["test"].two}
    with pytest.raises(InputError, match="no verifier was given"):
        score_same_pairs({}, trained.data)
