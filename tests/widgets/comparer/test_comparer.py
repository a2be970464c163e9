import base64
import io
import json
import tracemalloc
from concurrent.futures import ThreadPoolExecutor, wait
from types import SimpleNamespace

import numpy as np
import pytest
from bare_page import FakeComm, encode, make_image, make_png
from PIL import Image

from siamese_nb.errors import InputError
from siamese_nb.widgets import Comparer
from siamese_nb.widgets.comparer.snapshot import render_snapshot
from siamese_nb.widgets.comparer.upload import CHUNK, LIMIT


class Counting:
    """A comparison that remembers what it was asked."""

    def __init__(self):
        self.asked = []

    def __call__(self, one, two):
        self.asked.append((one, two))
        score = 1.0 if one == two else 0.25
        verdict = "similar" if score >= 0.5 else "not similar"
        return {"score": score, "threshold": 0.5, "verdict": verdict, "probability": np.float32(score)}


@pytest.fixture
def compare():
    return Counting()


@pytest.fixture
def comparer(compare):
    """Connect a comparer to a fake browser, whose messages are the test's."""
    widget = Comparer(compare)
    widget.comm = FakeComm(lambda message: None)
    return widget


def begin(widget, pane, id, data, name="a.png"):
    return begin_all(widget, (pane, id, data, name))


def begin_all(widget, *files):
    """Send the beginnings of files in one message, as of one drop."""
    told = [{"pane": pane, "id": id, "name": name, "size": len(data)} for pane, id, data, name in files]
    return widget.comm.receive({"kind": "begin", "files": told}, [data[:CHUNK] for _, _, data, _ in files])


def chunk(widget, id, data, index=0):
    part = data[index * CHUNK : (index + 1) * CHUNK]
    return widget.comm.receive({"kind": "chunk", "id": id, "index": index}, [part])


def give(widget, pane, id, data, name="a.png"):
    replies = begin(widget, pane, id, data, name)
    for index in range(1, -(-len(data) // CHUNK)):
        replies += chunk(widget, id, data, index)
    return replies


def test_two_pictures_get_an_answer_of_the_very_bytes(comparer, compare):
    one, two = make_png(1), make_png(2)
    give(comparer, "one", "a", one)
    assert (comparer.verdict, compare.asked) == ("", [])
    give(comparer, "two", "b", two)
    assert compare.asked == [(one, two)]
    read = (comparer.score, comparer.threshold, comparer.verdict, comparer.probability, comparer.error)
    assert read == (0.25, 0.5, "not similar", 0.25, "")


def test_the_state_is_plain_json_without_the_pictures_bytes(comparer):
    comparer.set(make_png(1, (200, 300)), make_png(1, (200, 300)))
    text = json.dumps(comparer.get_state(comparer.keys)["state"])
    assert json.loads(text)["one"] | {"id": ""} == {
        "id": "", "status": "picture", "name": "", "width": 300, "height": 200, "message": "",
    }  # fmt: skip
    assert len(text) < 600
    assert not any(isinstance(value, bytes) for value in comparer.get_state().values())


def test_no_snapshot_shows_an_answer_beside_other_pictures(comparer):
    snapshots = []
    comparer.observe(lambda change: snapshots.append(change["new"]), "state")
    for number in range(3):
        give(comparer, "one", f"one-{number}", make_png(number))
        give(comparer, "two", f"two-{number}", make_png(number))
    answered = [
        (state["one"]["id"], state["two"]["id"], state["answer"]["score"]) for state in snapshots if state["answer"]
    ]
    expected = {("one-0", "two-0"): 1.0, ("one-1", "two-0"): 0.25, ("one-1", "two-1"): 1.0}
    expected |= {("one-2", "two-1"): 0.25, ("one-2", "two-2"): 1.0}
    assert {(one, two): score for one, two, score in answered} == expected


def test_two_new_pictures_at_once_are_compared_once_in_one_round_trip(comparer, compare):
    comparer.set(make_png(1), make_png(2))
    one, two = make_png(3), make_png(4)
    replies = begin_all(comparer, ("one", "a", one, "a.png"), ("two", "b", two, "b.png"))
    assert compare.asked[1:] == [(one, two)]
    shown, answered, past = (reply["update"] for reply in replies)
    assert (shown["state"]["answer"], shown["state"]["one"]["id"], shown["state"]["two"]["id"]) == (None, "a", "b")
    assert answered["state"]["answer"]["score"] == 0.25 and [*past] == ["history"]  # what is waited for comes first


def large(seed):
    data = encode(make_image(seed, (900, 900)), "PNG")
    assert CHUNK < len(data) < 2 * CHUNK
    return data


def test_two_large_pictures_at_once_are_compared_once_both_are_whole(comparer, compare):
    comparer.set(make_png(1), make_png(2))
    one, two = large(3), large(4)
    replies = begin_all(comparer, ("one", "a", one, "a.png"), ("two", "b", two, "b.png"))
    received = [{"kind": "received", "id": id, "bytes": CHUNK} for id in "ab"]
    assert [reply["custom"] for reply in replies if "custom" in reply] == received
    chunk(comparer, "b", two, 1)
    assert comparer.verdict == ""
    chunk(comparer, "a", one, 1)
    assert compare.asked[1:] == [(one, two)]


def test_of_two_at_once_the_one_that_is_no_picture_leaves_the_other(comparer):
    begin_all(comparer, ("one", "a", b"hello", "a.txt"), ("two", "b", make_png(1), "b.png"))
    state = comparer.state
    assert (state["one"]["message"][:20], state["two"]["status"]) == ("a.txt is not a pictu", "picture")


def test_a_fault_in_reading_is_shown_and_logged(caplog):
    def read(data):
        raise MemoryError("no room")

    comparer = Comparer(lambda one, two: ANSWER, read=read)
    comparer.comm = FakeComm(lambda message: None)
    give(comparer, "one", "a", make_png(1))
    assert comparer.error == "reading a.png failed: MemoryError: no room"
    assert "no room" in caplog.text


def test_chunks_that_cross_are_put_together_by_index(comparer, compare):
    long = encode(make_image(1, (1200, 1200)), "PNG")
    assert len(long) > 2 * CHUNK
    begin(comparer, "one", "a", long)
    *chunks, last = range(1, -(-len(long) // CHUNK))
    (received,) = chunk(comparer, "a", long, last)
    assert received["custom"] == {"kind": "received", "id": "a", "bytes": CHUNK + len(long) - last * CHUNK}
    for index in chunks:
        chunk(comparer, "a", long, index)
    comparer.set(two=long)
    assert compare.asked == [(long, long)]


def test_a_newer_picture_ends_an_older_ones_upload(comparer):
    old, new = large(1), make_png(2)
    begin(comparer, "one", "old", old, "old.png")
    replies = begin(comparer, "one", "new", new, "new.png")
    assert {"kind": "dropped", "id": "old"} in [reply.get("custom") for reply in replies]
    (reply,) = chunk(comparer, "old", old, 1)
    assert reply["custom"] == {"kind": "dropped", "id": "old"}
    assert comparer.state["one"]["name"] == "new.png"


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("notes.txt", b"hello", "notes.txt is not a picture"),
        ("empty.png", b"", "empty.png is empty"),
        ("cut.jpg", encode(make_image(1, (300, 300)), "JPEG")[:9000], "cut.jpg is damaged"),
        ("evil.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>x</script></svg>", "evil.svg is not a picture"),
    ],
)
def test_a_bad_file_is_named_in_its_own_pane(comparer, compare, name, data, message):
    comparer.set(make_png(1), make_png(2))
    give(comparer, "two", "b", data, name)
    state = comparer.state
    assert state["two"]["status"] == "error" and state["two"]["message"].startswith(message)
    assert state["one"]["status"] == "picture" and state["answer"] is None
    assert (comparer.verdict, comparer.score, comparer.error) == ("", None, state["two"]["message"])
    give(comparer, "two", "c", make_png(3))
    assert (comparer.verdict, comparer.error) == ("not similar", "")


def test_a_file_above_the_cap_is_refused_before_its_bytes(comparer):
    file = {"pane": "one", "id": "a", "name": "big.tif", "size": LIMIT + 1_000_000}
    comparer.comm.receive({"kind": "begin", "files": [file]}, [b""])
    assert comparer.error.startswith("big.tif has 65.0 MB; at most 64 MB")


def test_swap_and_clear(comparer, compare):
    one, two = make_png(1), make_png(2)
    comparer.set(one, two)
    comparer.comm.receive({"kind": "swap"}, [])
    assert compare.asked[-1] == (two, one)
    comparer.comm.receive({"kind": "clear", "pane": "one", "id": "z"}, [])
    assert (comparer.verdict, comparer.state["one"]["status"], comparer.state["one"]["id"]) == ("", "empty", "z")
    comparer.clear()
    assert comparer.state["two"]["status"] == "empty"


def test_paths_arrays_and_pil_images_are_the_same_picture(comparer, tmp_path, compare):
    image = make_image(1)
    image.save(tmp_path / "a.png")
    for source in (tmp_path / "a.png", str(tmp_path / "a.png"), np.asarray(image), image):
        comparer.set(source, encode(image, "PNG"))
        one, _ = compare.asked[-1]
        assert np.array_equal(np.asarray(Image.open(io.BytesIO(one))), np.asarray(image))
    comparer.set(one=tmp_path / "a.png")
    assert comparer.state["one"]["name"] == "a.png"


@pytest.mark.parametrize("bad", ["no/such.png", b"hello", np.zeros((2, 2, 7), np.uint8)])
def test_what_is_no_picture_raises_in_python_and_changes_nothing(comparer, bad):
    comparer.set(make_png(1), make_png(1))
    before = comparer.state
    with pytest.raises(InputError):
        comparer.set(make_png(2), bad)
    assert comparer.state == before and comparer.verdict == "similar"


def test_a_preview_is_a_small_upright_jpeg(comparer):
    exif = Image.Exif()
    exif[0x0112] = 6
    comparer.set(encode(make_image(1, (900, 1800)), "TIFF", exif=exif))
    (reply,) = comparer.comm.receive({"kind": "preview", "id": comparer.state["one"]["id"]}, [])
    preview = Image.open(io.BytesIO(base64.b64decode(reply["buffers"][0])))
    assert (preview.format, preview.size) == ("JPEG", (400, 800))
    assert (comparer.state["one"]["width"], comparer.state["one"]["height"]) == (900, 1800)


def test_a_preview_of_what_is_no_longer_shown_is_not_sent(comparer):
    assert comparer.comm.receive({"kind": "preview", "id": "gone"}, []) == []


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({"score": float("nan"), "threshold": 0.5, "verdict": "similar", "probability": None}, "the score is nan"),
        ({"score": 0.5, "threshold": 0.5, "verdict": "maybe", "probability": None}, 'the verdict is "maybe"'),
        (InputError("the bundle is from a newer version; update siamese-nb"), "the bundle is from a newer version"),
    ],
)
def test_an_answer_that_cannot_be_shown_is_a_message(answer, message):
    def compare(one, two):
        if isinstance(answer, Exception):
            raise answer
        return answer

    comparer = Comparer(compare)
    comparer.set(make_png(1), make_png(2))
    assert message in comparer.error and comparer.state["message"] == comparer.error
    assert (comparer.verdict, comparer.state["answer"]) == ("", None)


def test_a_fault_of_the_comparison_is_shown_and_not_swallowed():
    comparer = Comparer(lambda one, two: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        comparer.set(make_png(1), make_png(2))
    assert comparer.error == "the comparison failed: ZeroDivisionError: division by zero"


def test_a_drop_while_a_cell_compares_waits_and_no_answer_stands_beside_other_pictures():
    pictures = {name: make_png(number) for number, name in enumerate(("first", "second", "dropped"))}
    names = {data: name for name, data in pictures.items()}
    came, shown = [], []

    def compare(one, two):
        if not came:  # within the cell's comparison another thread, as a kernel's subshell is, takes a drop in
            came.append(pool.submit(give, comparer, "two", "drop", pictures["dropped"]))
            wait(came, timeout=0.3)
        return {**ANSWER, "remarks": [names[two]]}

    comparer = Comparer(compare)
    comparer.comm = FakeComm(lambda message: None)
    comparer.observe(lambda change: shown.append(change["new"]), "state")
    with ThreadPoolExecutor(1) as pool:
        comparer.set(pictures["first"], pictures["second"])
        came[0].result()
    answered = [(state["two"]["id"] == "drop", state["answer"]["remarks"]) for state in shown if state["answer"]]
    assert answered == [(False, ["second"]), (True, ["dropped"])]
    assert [row["ids"][1] == "drop" for row in comparer.history] == [False, True]


@pytest.mark.parametrize("pictures", [[1, 2], [2]], ids=["of two", "of one"])
def test_a_comparison_that_is_interrupted_is_said_and_can_be_asked_again(pictures):
    troubles = [KeyboardInterrupt()]

    def compare(one, two):
        if troubles:
            raise troubles.pop()
        return ANSWER

    comparer = Comparer(compare)
    given = dict(zip(("two", "one"), map(make_png, reversed(pictures)), strict=False))
    if len(given) == 1:
        comparer.set(make_png(1))
    with pytest.raises(KeyboardInterrupt):
        comparer.set(**given)
    assert comparer.error == "the comparison failed: it was interrupted; try again"
    assert comparer.state["message"] == comparer.error
    comparer.try_threshold(0.6)
    assert comparer.state["message"], "the view would say that it compares"
    comparer.set(two=make_png(3))
    assert (comparer.verdict, comparer.error) == ("similar", "")


@pytest.mark.parametrize("size", [1, 800], ids=["in one piece", "in chunks"])
def test_a_file_whose_reading_is_interrupted_is_said_and_awaited_no_more(size):
    def read(data):
        raise KeyboardInterrupt

    comparer = Comparer(lambda one, two: ANSWER, read=read)
    comparer.comm = FakeComm(lambda message: None)
    data = make_png(1) if size == 1 else encode(make_image(1, (size, size)), "BMP")
    assert (len(data) > CHUNK) == (size > 1)
    with pytest.raises(KeyboardInterrupt):
        give(comparer, "one", "a", data)
    assert (comparer.state["one"]["id"], comparer.state["one"]["status"]) == ("a", "error")
    assert comparer.error == "reading a.png failed: it was interrupted; try again"


def test_a_picture_that_came_in_chunks_stays_where_its_comparison_is_interrupted():
    def compare(one, two):
        raise KeyboardInterrupt

    comparer = Comparer(compare)
    comparer.comm = FakeComm(lambda message: None)
    give(comparer, "one", "a", make_png(1))
    with pytest.raises(KeyboardInterrupt):
        give(comparer, "two", "b", encode(make_image(1, (800, 800)), "BMP"))
    assert [comparer.state[pane]["status"] for pane in ("one", "two")] == ["picture", "picture"]
    assert comparer.error == "the comparison failed: it was interrupted; try again"


def test_a_ping_is_answered(comparer):
    assert comparer.comm.receive({"kind": "ping"}, [])[0]["custom"] == {"kind": "pong"}


def test_each_file_is_read_once_and_what_was_read_is_compared():
    read, asked = [], []

    def keep(data):
        read.append(data)
        return len(read)

    comparer = Comparer(lambda one, two: asked.append((one, two)) or ANSWER, read=keep)
    comparer.set(make_png(1), make_png(2))
    comparer.set(two=make_png(3))
    comparer.swap()
    assert len(read) == 3 and asked == [(1, 2), (1, 3), (3, 1)]


ANSWER = {"score": 0.7, "threshold": 0.5, "verdict": "similar", "probability": 0.8}


def test_another_threshold_is_tried_and_put_back():
    comparer = Comparer(lambda one, two: ANSWER)
    comparer.set(make_png(1), make_png(2))
    comparer.comm = FakeComm(lambda message: None)
    comparer.comm.receive({"kind": "threshold", "value": 0.7}, [])
    assert (comparer.verdict, comparer.threshold) == ("similar", 0.7)
    comparer.try_threshold(0.71)
    assert (comparer.verdict, comparer.state["answer"]["saved_threshold"]) == ("not similar", 0.5)
    comparer.try_threshold(None)
    assert (comparer.verdict, comparer.threshold) == ("similar", 0.5)
    with pytest.raises(InputError):
        comparer.try_threshold(1.2)


def test_the_history_is_short_and_a_swap_makes_no_new_row(tmp_path):
    comparer = Comparer(lambda one, two: ANSWER)
    for number in range(60):
        comparer.set(make_png(number), make_png(number + 1))
        comparer.swap()
    assert len(comparer.history) == 50 and comparer.history is not comparer._past
    comparer.save_history(tmp_path / "h.csv")
    lines = (tmp_path / "h.csv").read_text().splitlines()
    assert lines[0] == "one,two,score,threshold,verdict,probability" and lines[1] == ",,0.7,0.5,similar,0.8"
    assert len(lines) == 51


def test_fifty_drops_leave_no_more_in_memory_than_five():
    comparer = Comparer(lambda one, two: ANSWER)
    comparer.comm = FakeComm(lambda message: None)
    files = [encode(make_image(number, (320, 320)), "PNG") for number in range(50)]
    tracemalloc.start()
    try:
        for number, data in enumerate(files):
            give(comparer, ("one", "two")[number % 2], f"id-{number}", data)
            if number == 4:
                before = tracemalloc.get_traced_memory()[0]
        assert tracemalloc.get_traced_memory()[0] - before < len(files[0]), "a picture was kept"
    finally:
        tracemalloc.stop()


def test_a_reason_is_sent_of_what_is_shown_alone():
    shares = np.arange(4.0)
    maps = {"alike_one": shares, "alike_two": -shares, "apart_one": 10 * shares, "apart_two": 20 * shares}
    matches = np.arange(16.0).reshape(4, 4)
    reason = SimpleNamespace(method="exact", grid=(2, 2), matches=matches, lines=((1, 2),), **maps)
    comparer = Comparer(lambda one, two: ANSWER, explain=lambda one, two: reason)
    comparer.set(make_png(1), make_png(2))
    comparer.comm = FakeComm(lambda message: None)
    ids = [comparer.state[pane]["id"] for pane in ("one", "two")]
    (reply,) = comparer.comm.receive({"kind": "reason", "ids": ids}, [])
    assert reply["custom"] == {"kind": "reason", "ids": ids, "method": "exact", "grid": [2, 2], "lines": [[1, 2]]}
    values = np.frombuffer(base64.b64decode(reply["buffers"][0]), "<f4")
    assert values[:16].tolist() == [*shares, *-shares, *10 * shares, *20 * shares]
    assert values[16:].tolist() == list(range(16))
    assert comparer.comm.receive({"kind": "reason", "ids": ids[::-1]}, []) == []


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (InputError("no leg"), "no leg"),
        (KeyError("a"), "KeyError: 'a'"),
        (KeyboardInterrupt(), "it was interrupted; try again"),
    ],
)
def test_why_there_is_no_reason_is_told(error, told):
    def explain(one, two):
        raise error

    comparer = Comparer(lambda one, two: ANSWER, explain=explain)
    comparer.set(make_png(1), make_png(2))
    sent = []
    comparer.comm = FakeComm(sent.append)
    ids = [comparer.state[pane]["id"] for pane in ("one", "two")]
    with pytest.raises(type(error)):
        comparer._receive(comparer, {"kind": "reason", "ids": ids}, [])
    assert [message["custom"] for message in sent] == [{"kind": "reason", "ids": ids, "message": told}]


def test_a_snapshot_keeps_small_pictures_and_the_verdict_in_html():
    html = render_snapshot(("<b>.png", "two.png"), (b"one", b"two"), ANSWER | {"sure": False})
    assert "Similar, but not sure" in html and "&lt;b&gt;.png" in html and "<b>.png" not in html
    assert base64.b64encode(b"two").decode() in html and "score 0.700, threshold 0.500" in html
