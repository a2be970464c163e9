"""Many pictures at once, without a browser: ranked against one, and each with each."""

import base64
import csv
import json
import weakref

import numpy as np
import pytest
from bare_page import FakeComm, encode, make_image, make_png

from siamese_nb.errors import InputError
from siamese_nb.images import read_image
from siamese_nb.widgets import Comparer
from siamese_nb.widgets.comparer.gallery import MOST
from siamese_nb.widgets.comparer.upload import CHUNK

THRESHOLD = 0.8


class Colour:
    """What is read of a picture: its mean colour; alive as long as something holds it."""

    def __init__(self, data):
        self.mean = read_image(data).mean((0, 1)) / 255


def score(one, two):
    return float(1 - np.abs(one.mean - two.mean).max())


def compare(one, two):
    found = score(one, two)
    verdict = "similar" if found >= THRESHOLD else "not similar"
    return {"score": found, "threshold": THRESHOLD, "verdict": verdict, "probability": None}


class Reading:
    def __init__(self):
        self.read = []

    def __call__(self, data):
        self.read.append(weakref.ref(colour := Colour(data)))
        return colour


@pytest.fixture
def reading():
    return Reading()


@pytest.fixture
def comparer(reading):
    widget = Comparer(
        compare,
        read=reading,
        scores=lambda one, others: np.array([score(one, other) for other in others]),
        background={"threshold": THRESHOLD},
    )
    widget.comm = FakeComm(lambda message: None)
    return widget


def send(widget, kind, *buffers, **message):
    return [reply["custom"] for reply in widget.comm.receive({"kind": kind, **message}, buffers) if "custom" in reply]


def give(widget, files, id="g", pane="two"):
    send(widget, "gallery", id=id, pane=pane, total=len(files))
    for name, data in files.items():
        for index in range(max(1, -(-len(data) // CHUNK))):
            part = data[index * CHUNK : (index + 1) * CHUNK]
            send(widget, "member", part, id=id, name=name, size=len(data), index=index)


FILES = {f"{seed}.png": make_png(seed) for seed in range(1, 7)}


def slow_ranking(query, files):
    found = {name: score(Colour(query), Colour(data)) for name, data in files.items()}
    return sorted(found, key=found.get, reverse=True), found


def test_each_file_is_read_once_and_ranked_as_it_would_be_compared(comparer, reading):
    comparer.set(one=make_png(3))
    give(comparer, FILES)
    assert len(reading.read) == 1 + len(FILES) + 1  # the best is read again, to be shown
    names, scores = slow_ranking(make_png(3), FILES)
    assert [row["name"] for row in comparer.ranked] == names and names[0] == "3.png"
    assert [row["rank"] for row in comparer.ranked] == [1, 2, 3, 4, 5, 6]
    for row in comparer.ranked:
        assert row["score"] == scores[row["name"]]
        assert row["verdict"] == ("similar" if row["score"] >= THRESHOLD else "not similar")
    for place, name in enumerate(FILES):
        send(comparer, "choose", id="g", panes={"two": place})
        assert (comparer.state["two"]["name"], comparer.score) == (name, scores[name])


def test_the_best_match_is_shown_and_a_new_picture_in_the_other_pane_brings_its_own(comparer):
    give(comparer, FILES)
    assert comparer.state["two"]["status"] == "empty" and comparer.ranked == []
    comparer.set(one=make_png(5))
    assert (comparer.state["two"]["name"], comparer.score) == ("5.png", 1.0)
    comparer.set(one=make_png(2))
    assert comparer.state["two"]["name"] == "2.png"
    comparer.set(two=make_png(9))  # the user's own choice stays
    comparer.set(one=make_png(4))
    assert comparer.state["two"]["name"] == "" and comparer.ranked[0]["name"] == "4.png"


def test_a_swap_takes_the_gallery_along(comparer):
    comparer.set(one=make_png(3))
    give(comparer, FILES)
    comparer.swap()
    assert comparer.gallery["pane"] == "one" and comparer.state["one"]["name"] == "3.png"
    comparer.set(two=make_png(6))
    assert comparer.state["one"]["name"] == "6.png"


def test_what_is_no_picture_is_named_and_left_out(comparer):
    comparer.set(one=make_png(3))
    send(comparer, "gallery", id="g", pane="two", total=5)
    send(comparer, "member", b"hello", id="g", name="notes.txt", size=5, index=0)
    send(comparer, "member", b"", id="g", name="empty.png", size=0, index=0)
    send(comparer, "member", b"", id="g", name="huge.tif", size=70_000_000, index=0)
    send(comparer, "stray", id="g", name="gone.png", message="gone.png cannot be read")
    send(comparer, "member", FILES["2.png"], id="g", name="2.png", size=len(FILES["2.png"]), index=0)
    messages = [member["message"] for member in comparer.gallery["members"]]
    starts = ("notes.txt is not", "empty.png is empty", "huge.tif has 70.0 MB", "gone.png cannot", "")
    assert all(message.startswith(start) for message, start in zip(messages, starts, strict=True)) and not messages[-1]
    assert [row["name"] for row in comparer.ranked] == ["2.png"]
    give(comparer, {"notes.txt": b"hello"}, id="h")
    assert comparer.error.startswith("There is no picture among 1 files; the first: notes.txt is not a picture")
    assert comparer.gallery == {}


def test_a_file_whose_reading_fails_leaves_the_others_theirs(reading):
    def scores(one, others):
        return np.array([score(one, other) for other in others])

    def faulty(data):
        if data == FILES["2.png"]:
            raise RuntimeError("out of memory")
        return reading(data)

    widget = Comparer(compare, read=faulty, scores=scores, background={"threshold": THRESHOLD})
    widget.comm = FakeComm(lambda message: None)
    widget.set(one=make_png(3))
    give(widget, {name: FILES[name] for name in ("1.png", "2.png", "3.png")})
    messages = [member["message"] for member in widget.gallery["members"]]
    assert messages == ["", "reading 2.png failed: RuntimeError: out of memory", ""]
    assert sorted(row["name"] for row in widget.ranked) == ["1.png", "3.png"]


def test_after_one_that_was_interrupted_the_other_files_come_in_whole(comparer, reading):
    def read(data):
        if data == FILES["2.png"]:
            raise KeyboardInterrupt
        return reading(data)

    comparer._shelf._read = read
    send(comparer, "gallery", id="g", pane="two", total=3)
    for name in ("1.png", "2.png", "3.png"):
        about = {"id": "g", "name": name, "size": len(FILES[name]), "index": 0}
        if name == "2.png":
            with pytest.raises(KeyboardInterrupt):
                send(comparer, "member", FILES[name], **about)
        else:
            assert send(comparer, "member", FILES[name], **about)  # the browser sends the next one then
    members = comparer.gallery["members"]
    assert [(member["name"], member["message"]) for member in members] == [
        ("1.png", ""),
        ("2.png", "it was interrupted; try again"),
        ("3.png", ""),
    ]
    assert comparer.gallery["status"] == "ready"


def test_files_of_several_chunks_are_put_together(comparer):
    large = encode(make_image(1, (900, 900)), "PNG")
    assert len(large) > CHUNK
    give(comparer, {"large.png": large, **FILES})
    assert [member["name"] for member in comparer.gallery["members"]][:2] == ["large.png", "1.png"]
    assert (comparer.gallery["members"][0]["width"], comparer.gallery["status"]) == (900, "ready")


def test_something_else_in_its_place_ends_a_gallery_on_its_way(comparer):
    send(comparer, "gallery", id="g", pane="two", total=3)
    replies = send(comparer, "clear", pane="two", id="z")
    assert {"kind": "dropped", "id": "g"} in replies and comparer.gallery == {}
    (reply,) = send(comparer, "member", FILES["1.png"], id="g", name="1.png", size=9, index=0)
    assert reply == {"kind": "dropped", "id": "g"}


def test_a_gallery_that_is_put_away_leaves_the_pictures_and_its_memory(comparer, reading):
    comparer.set(one=make_png(3))
    give(comparer, FILES)
    send(comparer, "leave", id="g")
    assert comparer.gallery == {} and comparer.verdict == "similar"
    comparer.clear()
    assert [ref() for ref in reading.read] == [None] * 8


def test_of_a_gallery_stays_what_scores_it_and_the_files_come_back_from_the_disk(reading):
    class Light:
        def __init__(self, colour):
            self.mean = colour.mean

    def scores(one, others):
        assert {type(other) for other in others} == {Light}
        return np.array([score(one, other) for other in others])

    widget = Comparer(compare, read=reading, scores=scores, lighten=Light, background={"threshold": THRESHOLD})
    widget.comm = FakeComm(lambda message: None)
    give(widget, FILES)
    assert [ref() for ref in reading.read] == [None] * 6
    assert not any(member.data for member in widget._shelf.gallery.members)
    for place, data in enumerate(FILES.values()):
        send(widget, "choose", id="g", panes={"one": place, "two": place})
        assert [pane.data for pane in widget._couple.panes.values()] == [data] * 2 and widget.score == 1.0


def test_a_score_that_is_no_number_is_said_and_the_pictures_stay(reading):
    def scores(one, others):
        return np.where(np.arange(len(others)) == 1, np.nan, 0.5)

    widget = Comparer(compare, read=reading, scores=scores, background={"threshold": THRESHOLD})
    widget.comm = FakeComm(lambda message: None)
    give(widget, FILES)
    (told,) = send(widget, "groups", id="g", matrix=True)
    assert told == {"kind": "groups", "id": "g", "message": "a score is nan; train the model again"}
    widget.set(one=make_png(3))
    assert widget.error == "a score is nan; train the model again" and widget.ranking["scores"] == []
    assert len(widget.gallery["members"]) == 6 and json.loads(json.dumps(widget.ranking, allow_nan=False))


def test_fifty_drops_hold_no_more_than_what_is_shown(comparer, reading):
    for number in range(50):
        comparer.set(make_png(number), make_png(number + 1))
    assert sum(ref() is not None for ref in reading.read) == 2


def test_the_groups_are_sent_with_all_scores_in_order(comparer):
    files = {
        f"{seed}{copy}.png": encode(make_image(seed).crop((copy, 0, 70, 60)), "PNG")
        for seed in (1, 2, 3)
        for copy in (0, 1)
    }
    comparer.set_gallery(files.values())
    replies = comparer.comm.receive({"kind": "groups", "id": comparer.gallery["id"], "matrix": True}, [])
    told = replies[-1]["custom"]
    matrix = np.frombuffer(base64.b64decode(replies[-1]["buffers"][0]), "<f8").reshape(6, 6)
    colours = [Colour(data) for data in files.values()]
    assert np.array_equal(matrix, [[score(one, two) for two in colours] for one in colours])
    assert sorted(map(sorted, told["groups"])) == [[0, 1], [2, 3], [4, 5]]
    assert sorted(told["order"]) == list(range(6)) and told["threshold"] == THRESHOLD
    assert comparer.comm.receive({"kind": "groups", "id": "gone", "matrix": True}, []) == []


def test_another_threshold_judges_the_ranking_and_the_groups_anew(comparer):
    comparer.set(one=make_png(3))
    give(comparer, FILES)
    comparer.try_threshold(0.0)
    assert {row["verdict"] for row in comparer.ranked} == {"similar"} and len(comparer.groups) == 1
    comparer.try_threshold(1.0)
    assert [row["verdict"] for row in comparer.ranked] == ["similar"] + ["not similar"] * 5
    assert sorted(map(len, comparer.groups)) == [1] * 6 and comparer.ranking["threshold"] == 1.0


def test_a_folder_given_in_python_is_read_by_name_with_the_hidden_left_out(comparer, tmp_path):
    for name in ("b/2.png", "a.png", ".hidden/x.png", ".y.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(make_png(len(name)))
    comparer.set(one=tmp_path / "a.png")
    comparer.set_gallery(tmp_path)
    assert [member["name"] for member in comparer.gallery["members"]] == ["a.png", "b/2.png"]
    comparer.save_ranking(tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert (rows[0]["rank"], rows[0]["name"], rows[0]["verdict"]) == ("1", "a.png", "similar")
    id = comparer.state["two"]["id"]
    (preview,) = send(comparer, "preview", id=id)
    assert preview["id"] == id


def test_a_gallery_for_the_other_pane_leaves_none_waiting(comparer):
    send(comparer, "gallery", id="first", pane="two", total=3)
    give(comparer, FILES, id="second", pane="one")
    assert comparer.gallery["id"] == "second" and comparer.gallery["status"] == "ready"
    assert comparer.state["two"]["status"] == "empty"
    comparer.set(two=make_png(3))
    assert len(comparer.ranked) == len(FILES)


def test_files_of_one_name_are_told_apart_and_one_that_has_gone_is_said(comparer, tmp_path):
    for number, folder in enumerate(("cups", "lamps"), 1):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "1_one.png").write_bytes(make_png(number))
    comparer.set(one=make_png(1))
    comparer.set_gallery(tmp_path)
    assert [row["name"] for row in comparer.ranked] == ["cups/1_one.png", "lamps/1_one.png"]
    (tmp_path / "lamps" / "1_one.png").unlink()
    send(comparer, "choose", id=comparer.gallery["id"], panes={"two": 1})
    assert comparer.state["two"]["status"] == "error" and "lamps/1_one.png" in comparer.error


def test_scores_that_fail_are_told(reading):
    def scores(one, others):
        raise OSError("the disk is gone")

    widget = Comparer(compare, read=reading, scores=scores, background={"threshold": THRESHOLD})
    widget.set(one=make_png(1))
    with pytest.raises(OSError, match="the disk"):
        widget.set_gallery([make_png(1), make_png(2)])
    assert "the disk is gone" in widget.error


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([], "0 pictures were given"),
        ([b"x"] * (MOST + 1), "from 1 to 500"),
        ("no/such", "there is no folder"),
        ([b"x"], "no picture among 1"),
    ],
)
def test_what_cannot_be_a_gallery_is_refused(comparer, given, message):
    with pytest.raises(InputError, match=message):
        comparer.set_gallery(given)


def test_without_a_function_there_are_no_galleries():
    comparer = Comparer(compare)
    assert comparer.state["ranks"] is False
    with pytest.raises(InputError, match="was given no function"):
        comparer.set_gallery([make_png(1)])
    with pytest.raises(InputError, match="without a threshold"):
        Comparer(compare, scores=lambda one, others: np.zeros(len(others)))
    assert comparer.groups == [] and comparer.ranked == []
