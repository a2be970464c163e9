import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from siamese_nb.errors import InputError
from siamese_nb.widgets.comparer.upload import CHUNK, LIMIT, Upload


def cut(data: bytes) -> list[bytes]:
    return [data[start : start + CHUNK] for start in range(0, len(data), CHUNK)]


@settings(max_examples=30, deadline=None)
@given(size=st.integers(0, 4 * CHUNK), random=st.randoms())
def test_chunks_in_any_order_and_repeated_make_the_file(size, random):
    data = np.random.default_rng(size).bytes(size)
    upload = Upload("a", "a.png", size)
    chunks = list(enumerate(cut(data)))
    for index, chunk in random.sample(chunks, len(chunks)) + chunks[:1]:
        assert upload.received < size or index == 0
        upload.add(index, memoryview(chunk))
    assert upload.complete
    assert upload.join() == data


def test_it_is_not_complete_before_the_last_chunk():
    upload = Upload("a", "a.png", CHUNK + 1)
    upload.add(1, b"x")
    assert (upload.complete, upload.received) == (False, 1)


@pytest.mark.parametrize(("index", "length"), [(0, CHUNK - 1), (1, 2), (2, 0), (-1, CHUNK), (1, 0), (3, 5)])
def test_a_chunk_that_is_not_the_files_is_refused(index, length):
    upload = Upload("a", "a.png", CHUNK + 1)
    with pytest.raises(InputError, match=r"a\.png changed while it was sent"):
        upload.add(index, bytes(length))


def test_the_cap_is_said_in_megabytes():
    assert Upload("a", "a.png", LIMIT).size == LIMIT
    with pytest.raises(InputError, match=r"big\.tif has 70\.5 MB; at most 64 MB"):
        Upload("a", "big.tif", 70_500_000)
