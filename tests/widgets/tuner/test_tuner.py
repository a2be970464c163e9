import base64
import contextlib
import io
import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor, wait

import numpy as np
import pytest
from bare_page import FakeComm, make_image, make_png
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from siamese_nb.errors import InputError
from siamese_nb.intervals import compare_models, figures_with_intervals
from siamese_nb.intervals.curves import REPLICATES
from siamese_nb.metrics import ScoreTable
from siamese_nb.thresholds import RULES, choose_band, choose_threshold
from siamese_nb.widgets import ThresholdTuner
from siamese_nb.widgets.tuner import widget as tuner_module
from siamese_nb.widgets.tuner.groups import MOST, Grouping
from siamese_nb.widgets.tuner.ranked import GRID, STEPS, RankedPairs
from siamese_nb.widgets.tuner.scoring import Scoring

SCORES = np.array([0.1, 0.3, 0.3, 0.45, 0.5, 0.5, 0.6, 0.8, 0.9, 1.0])
LABELS = np.array([0, 0, 1, 0, 0, 1, 1, 0, 1, 1])


def count_slowly(labels, scores, threshold):
    """Return the accepted impostor and genuine pairs, one by one."""
    accepted = [0, 0]
    for label, score in zip(labels, scores, strict=True):
        if score >= threshold:
            accepted[label] += 1
    return accepted


def draw_pairs(seed, n=400, n_identities=40):
    """Draw clustered pairs, half of whose scores lie exactly on the slider's grid."""
    random = np.random.default_rng(seed)
    labels = (random.random(n) < 0.4).astype(int)
    one = random.integers(0, n_identities, n)
    two = np.where(labels == 1, one, (one + random.integers(1, n_identities, n)) % n_identities)
    scores = 1 / (1 + np.exp(-random.normal(2.5 * labels - 1.2) - 0.7 * random.normal(size=n_identities)[one]))
    scores = np.where(random.random(n) < 0.5, np.round(scores * STEPS) / STEPS, scores)
    return labels, scores, one, two


def decode(reply, types):
    raw = [base64.b64decode(text) for text in reply["buffers"]]
    return [np.frombuffer(data, type) for data, type in zip(raw, types, strict=True)]


def test_the_browser_offers_every_rule():
    script = str(ThresholdTuner._esm)
    assert set(re.findall(r'rule: "(\w+)"', script)) == {*RULES, "band"}


class Browser:
    """A connection whose messages are the test's."""

    def __init__(self, tuner):
        self.pushed = []
        self.tuner = tuner
        tuner.comm = FakeComm(self.pushed.append)

    def ask(self, kind, **message):
        return self.tuner.comm.receive({"kind": kind, **message}, [])


@pytest.fixture
def saved():
    return []


@pytest.fixture
def browser(saved):
    def save(threshold, reason, **band):
        if reason == "disk full":
            raise InputError("the bundle cannot be written: the disk is full")
        saved.append((threshold, reason, *band.values()))

    tuner = ThresholdTuner(
        SCORES, LABELS, threshold=0.5, pictures=lambda index: (make_png(index), make_image(index)), save=save
    )
    return Browser(tuner)


# ---- counts


@settings(max_examples=60, deadline=None)
@given(
    pairs=st.lists(
        st.tuples(
            st.sampled_from([0, 1]),
            st.one_of(st.integers(0, STEPS).map(lambda step: step / STEPS), st.floats(0, 1)),
            st.sampled_from("abc"),
        ),
        min_size=1,
        max_size=40,
    ),
    threshold=st.floats(0, 1),
)
def test_counts_on_and_off_the_grid_are_those_of_a_slow_loop(pairs, threshold):
    labels, scores, names = (np.array(column) for column in zip(*pairs, strict=True))
    grouping = Grouping.from_names("category", names, len(pairs))
    ranked = RankedPairs.from_pairs(labels, scores, [grouping])
    groups = [np.ones(len(pairs), bool), *(names == name for name in grouping.names)]
    for value in (threshold, *scores, np.nextafter(scores[0], 0), 0.0, 1.0):
        expected = [count_slowly(labels[group], scores[group], value) for group in groups]
        assert ranked.counts(value).tolist() == expected
    for step in {0, 1, STEPS // 2, STEPS, *np.round(scores * STEPS).astype(int)}:
        expected = [count_slowly(labels[group], scores[group], step / STEPS) for group in groups]
        assert ranked.grid_counts[:, :, step].tolist() == expected


def test_the_whole_grid_agrees_with_metrics_for_scores_on_it():
    labels, scores, *_ = draw_pairs(1)
    counts = ScoreTable.from_scores(labels, scores).counts(GRID)
    expected = np.stack([counts.false_accepts, counts.true_accepts])
    assert np.array_equal(RankedPairs.from_pairs(labels, scores).grid_counts[0], expected)


def test_the_strips_hold_the_nearest_and_the_worst():
    ranked = RankedPairs.from_pairs(LABELS, SCORES)
    assert SCORES[ranked.order[ranked.nearest(0.5, 4)]].tolist() == [0.3, 0.45, 0.5, 0.5]
    assert SCORES[ranked.order[ranked.worst_false_accepts(0.5, 3)]].tolist() == [0.8, 0.5]
    assert SCORES[ranked.order[ranked.worst_false_rejects(0.55, 9)]].tolist() == [0.3, 0.5]
    assert not ranked.worst_false_accepts(0.81, 3).size and not ranked.worst_false_rejects(0.3, 3).size
    assert SCORES[ranked.order[ranked.between(0.3, 0.6, 9)]].tolist() == [0.3, 0.3, 0.45, 0.5, 0.5]
    assert SCORES[ranked.order[ranked.between(0.3, 0.6, 3)]].tolist() == [0.3, 0.45, 0.5]
    assert not ranked.between(0.5, 0.5, 3).size
    assert ranked.nearest(1.0, 4).tolist() == [7, 8, 9] and ranked.nearest(0.0, 4).tolist() == [0, 1]


# ---- groups


def test_groups_stand_by_size_and_the_smallest_are_joined():
    names = np.repeat(np.arange(MOST + 5), np.arange(MOST + 5, 0, -1))
    grouping = Grouping.from_names("category", names, names.size)
    assert len(grouping.names) == MOST and grouping.names[0] == "0" and grouping.names[-1] == "6 more"
    assert np.array_equal(grouping.codes, np.minimum(names, MOST - 1))


def test_kinds_are_words_or_the_numbers_of_pairs():
    assert Grouping.from_kinds([2, 2, 2, 1, 1, 0], 6).names == ["the same category", "another category", "genuine"]
    assert Grouping.from_kinds(["twin", "twin", "far"], 3).names == ["twin", "far"]
    with pytest.raises(InputError, match=r"kinds \[7\] were given"):
        Grouping.from_kinds([1, 7], 2)
    with pytest.raises(InputError, match=r"category names of shape \(2,\) were given for 3 pairs"):
        Grouping.from_names("category", ["a", "b"], 3)


# ---- curves


def score_pairs(labels, scores, *identities):
    return Scoring("", RankedPairs.from_pairs(labels, scores), identities or None, 0.5, None)


def test_thinned_points_stray_nowhere_from_the_curve():
    labels, scores, *_ = draw_pairs(2, n=30_000)
    table = ScoreTable.from_scores(labels, scores)
    far, recall, precision = score_pairs(labels, scores).points
    assert far.size < 2500 < table.far.size
    assert (far[0], recall[0], precision[0], far[-1], recall[-1]) == (0, 0, 1, 1, 1)
    assert np.abs(np.interp(table.far + table.recall, far + recall, recall) - table.recall).max() < 2e-3


def test_the_band_is_that_of_the_figures_intervals():
    labels, scores, one, two = draw_pairs(3, n=1500)
    band = score_pairs(labels, scores, one, two).band
    assert ((band[1::3] <= band[::3] + 1e-6) & (band[::3] <= band[2::3] + 1e-6)).all()
    for threshold in (0.2, 0.5, 0.8):
        found = figures_with_intervals(labels, scores, threshold, one, two)
        near = np.abs(band[0] + band[3] - found["far"] - found["recall"]).argmin()
        for row, name in ((0, "far"), (3, "recall"), (6, "precision")):
            assert band[row, near] == pytest.approx(found[name], abs=0.01)
            width = found[f"{name}_high"] - found[f"{name}_low"]
            assert band[row + 1, near] == pytest.approx(found[f"{name}_low"], abs=0.25 * width + 0.01)
            assert band[row + 2, near] == pytest.approx(found[f"{name}_high"], abs=0.25 * width + 0.01)


def test_without_a_false_accept_the_band_still_says_what_cannot_be_ruled_out():
    labels, scores, one, two = draw_pairs(4)
    band = score_pairs(labels, np.where(labels == 1, 0.9, 0.1 * scores), one, two).band
    assert band[0, 0] == 0.0 and 3 / np.sum(labels == 0) < band[2, 0] < 0.2


# ---- the widget


def test_it_starts_where_balanced_accuracy_is_best_or_where_it_is_told():
    assert ThresholdTuner(SCORES, LABELS).threshold == choose_threshold(LABELS, SCORES).threshold
    assert ThresholdTuner(SCORES, LABELS, threshold=0.25).threshold == 0.25


def test_what_is_sent_once_decodes_to_the_counts_and_the_curve(browser):
    (reply,) = browser.ask("open")
    counts, points = decode(reply, ("<u4", "<f4"))
    assert reply["custom"]["steps"] == STEPS and not reply["custom"]["band"]
    for step in (0, 300, 301, 500, 1000):
        assert counts.reshape(1, 2, STEPS + 1)[0, :, step].tolist() == count_slowly(LABELS, SCORES, step / STEPS)
    assert points.reshape(3, -1)[:2, -1].tolist() == [1, 1]


def test_the_band_is_computed_once_and_only_with_identities():
    labels, scores, one, two = draw_pairs(5)
    browser = Browser(ThresholdTuner(scores, labels, one_identity=one, two_identity=two))
    first, second = browser.ask("band")[0], browser.ask("band")[0]
    assert first == second and decode(first, ("<f4",))[0].size % 9 == 0
    assert Browser(ThresholdTuner(scores, labels)).ask("band") == []


def test_a_move_is_answered_by_one_snapshot_that_belongs_together(browser):
    replies = browser.ask("threshold", threshold=0.61, id="a-1")
    assert len(replies) == 1
    state = replies[0]["update"]["state"]
    assert (state["threshold"], state["id"], state["counts"]) == (0.61, "a-1", [[1, 2]])
    assert [pair["score"] for pair in state["strips"]["accepts"]] == [0.8]
    assert [pair["index"] for pair in state["strips"]["rejects"]] == [2, 5, 6]
    assert browser.tuner.threshold == 0.61
    (again,) = browser.ask("threshold", threshold=0.61, id="a-2")
    assert again["update"]["state"]["id"] == "a-2"


def test_a_threshold_set_in_python_moves_the_line_and_is_checked(browser):
    browser.tuner.threshold = 0.123456789
    assert browser.pushed[-1]["update"]["state"]["threshold"] == 0.123456789
    for bad in (-0.1, 1.1, float("nan")):
        with pytest.raises(InputError, match="outside"):
            browser.tuner.threshold = bad
    assert browser.tuner.threshold == 0.123456789


def test_two_thresholds_leave_the_pairs_between_them_to_a_person(browser):
    (reply,) = browser.ask("threshold", threshold=0.61, low=0.31, id="a")
    state = reply["update"]["state"]
    assert (state["counts"], state["low_counts"]) == ([[1, 2]], [[3, 4]])
    assert {pair["score"] for pair in state["strips"]["nearest"]} == {0.45, 0.5, 0.6}
    assert [pair["score"] for pair in state["strips"]["rejects"]] == [0.3]
    assert (browser.tuner.threshold, browser.tuner.low) == (0.61, 0.31)
    browser.tuner.threshold = 0.2
    assert browser.tuner.low == 0.2 == browser.pushed[-1]["update"]["state"]["low"]
    with pytest.raises(InputError, match=r"low=0\.3 was given with the threshold 0\.2"):
        browser.tuner.low = 0.3
    browser.ask("threshold", threshold=0.9, low=None, id="b")
    assert browser.tuner.low is None


def test_the_band_that_is_chosen_is_that_of_thresholds(browser):
    asked = {"far_at_most": 0.2, "frr_at_most": 0.2, "prevalence": 0.1}
    expected = choose_band(LABELS, SCORES, **asked)
    (reply,) = browser.ask("choose", rule="band", parameters=asked, id="a")
    state = reply["update"]["state"]
    assert (state["threshold"], state["low"], state["rule"]) == (expected.high, expected.low, "band")


@pytest.mark.parametrize(
    ("rule", "parameters"),
    [("eer", {}), ("far", {"at_most": 0.2}), ("f_beta", {"beta": 2}), ("precision", {"at_least": 0.8}),
     ("recall", {"at_least": 0.7}), ("accuracy", {}), ("balanced_accuracy", {}),
     ("cost", {"false_accept": 9, "false_reject": 1, "prevalence": 0.2})],
)  # fmt: skip
def test_a_named_choice_is_that_of_thresholds(browser, rule, parameters):
    expected = choose_threshold(LABELS, SCORES, rule, **parameters).threshold
    (reply,) = browser.ask("choose", rule=rule, parameters=parameters, id="a")
    state = reply["update"]["state"]
    assert (state["threshold"], state["rule"], browser.tuner.threshold) == (expected, rule, expected)
    (reply,) = browser.ask("threshold", threshold=0.9999, id="b")
    assert reply["update"]["state"]["rule"] == ""


def test_a_far_that_so_few_pairs_say_nothing_of_is_kept_and_said(browser):
    (reply,) = browser.ask("choose", rule="far", parameters={"at_most": 0.2}, id="a")
    assert reply["update"]["state"]["message"].startswith("too few pairs for a FAR of 0.2: 5 impostor pairs")
    (reply,) = browser.ask("choose", rule="eer", parameters={}, id="b")
    assert reply["update"]["state"]["message"] == ""


def test_a_choice_that_cannot_be_met_is_said_and_the_line_stays():
    browser = Browser(ThresholdTuner(SCORES[:-2], LABELS[:-2], threshold=0.4))
    (reply,) = browser.ask("choose", rule="far", parameters={"at_most": 0.01}, id="a")
    state = reply["update"]["state"]
    assert (state["threshold"], state["id"]) == (0.4, "a")
    assert state["message"] == browser.tuner.error and "FAR of at most 0.01" in state["message"]
    browser.ask("threshold", threshold=0.5, id="b")
    assert browser.tuner.error == ""


def test_saving_calls_save_with_the_exact_threshold_and_a_reason(browser, saved):
    *_, reply = browser.ask("save", threshold=0.4567891, reason="  fewer false alarms ", id="a")
    assert saved == [(0.4567891, "fewer false alarms")]
    expected = {"threshold": 0.4567891, "low": None, "reason": "fewer false alarms"}
    assert reply["update"]["state"]["saved"] == expected
    browser.ask("save", threshold=0.5, low=0.4, reason="look at the rest", id="b")
    assert saved[-1] == (0.5, "look at the rest", 0.4)


def test_a_cell_that_moves_the_line_while_it_is_saved_waits():
    def save(threshold, reason):  # for the browser's message, on another thread than the cell's
        came.append(pool.submit(setattr, tuner, "threshold", 0.9))
        wait(came, timeout=0.3)
        saved.append(threshold)

    tuner = ThresholdTuner(SCORES, LABELS, save=save)
    came, saved = [], []
    with ThreadPoolExecutor(1) as pool:
        Browser(tuner).ask("save", threshold=0.4, reason="why not", id="a")
        came[0].result()
    assert saved == [0.4] == [tuner.state["saved"]["threshold"]]
    assert tuner.threshold == tuner.state["threshold"] == 0.9
    assert tuner.state["counts"][0] == count_slowly(LABELS, SCORES, 0.9)


def test_a_cell_is_told_that_a_line_is_nonsense_also_while_the_browser_moves_it(browser, monkeypatch):
    came, describe = [], tuner_module.describe_strips

    def describe_and_wait(*given):
        if not came:
            came.append(pool.submit(setattr, browser.tuner, "threshold", 7.0))
            wait(came, timeout=0.3)
        return describe(*given)

    monkeypatch.setattr(tuner_module, "describe_strips", describe_and_wait)
    with ThreadPoolExecutor(1) as pool:
        browser.ask("threshold", threshold=0.7, id="a")
    assert isinstance(came[0].exception(), InputError)
    assert browser.tuner.threshold == browser.tuner.state["threshold"] == 0.7


def test_two_tuners_that_move_each_other_on_two_threads_wait_for_no_one_for_ever():
    one, two = (ThresholdTuner(SCORES, LABELS) for _ in range(2))
    meeting = threading.Barrier(2, timeout=0.3)

    def move(other):
        def on(change):
            with contextlib.suppress(threading.BrokenBarrierError):
                meeting.wait()  # each thread is within its own tuner before it goes on to the other
            other.threshold = change["new"]

        return on

    one.observe(move(two), "threshold")
    two.observe(move(one), "threshold")
    moves = [(one, "threshold", 0.3), (two, "threshold", 0.4)]
    threads = [threading.Thread(target=setattr, args=move, daemon=True) for move in moves]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert not any(thread.is_alive() for thread in threads)
    assert one.threshold == two.threshold


def test_an_interrupted_save_is_said(browser, saved):
    def save(*_, **__):
        raise KeyboardInterrupt

    browser.tuner._saves[browser.tuner._model.name] = save
    with pytest.raises(KeyboardInterrupt):
        browser.ask("save", threshold=0.4, reason="why not", id="a")
    assert browser.tuner.error == "saving failed: it was interrupted; try again"


def test_what_keeps_it_from_being_saved_is_said(browser, saved):
    browser.ask("save", threshold=0.5, reason="  ", id="a")
    assert browser.tuner.error.startswith("a reason is needed")
    browser.ask("save", threshold=0.5, reason="disk full", id="b")
    assert "the disk is full" in browser.tuner.error
    assert saved == [] and browser.tuner.state["saved"] is None


def test_a_fault_of_the_save_function_is_shown_and_logged_with_its_traceback(caplog):
    browser = Browser(ThresholdTuner(SCORES, LABELS, save=lambda threshold, reason: 1 / 0))
    browser.ask("save", threshold=0.5, reason="why not", id="a")
    assert [record.exc_info[0] for record in caplog.records] == [ZeroDivisionError]
    assert browser.tuner.error == "saving failed: ZeroDivisionError: division by zero"


def test_models_take_turns_each_with_its_own_threshold_counts_and_curve():
    labels, scores, one, two = draw_pairs(7)
    other = np.clip(scores + 0.3 * (labels - 0.5), 0, 1)
    known = {"one_identity": one, "two_identity": two}
    saved = []
    tuner = ThresholdTuner(
        {"A": scores, "B": other}, labels, threshold={"A": 0.4}, **known,
        save={"B": lambda threshold, reason: saved.append(threshold)},
    )  # fmt: skip
    browser = Browser(tuner)
    (reply,) = browser.ask("open")
    counts, _, second = decode(reply, ("<u4", "<f4", "<f4"))
    assert reply["custom"]["models"] == ["A", "B"] and not reply["custom"]["save"]
    assert np.array_equal(second, score_pairs(labels, other).points.ravel())
    browser.ask("threshold", threshold=0.45, id="a")
    counted, *_, last = browser.ask("model", name="B", id="b")
    assert decode(counted, ("<u4", "<f4", "<f4"))[0][500] == np.sum(other[labels == 0] >= 0.5) != counts[500]
    state = last["update"]["state"]
    assert (state["model"], state["id"], state["threshold"]) == ("B", "b", choose_threshold(labels, other).threshold)
    assert [model["threshold"] for model in state["models"]] == [0.45, state["threshold"]]
    assert state["models"][0]["genuine"] == np.sum(scores[labels == 1] >= 0.45)
    browser.ask("save", threshold=0.5, reason="better", id="c")
    assert saved == [0.5]
    (band,) = browser.ask("band")
    assert band["custom"]["model"] == "B"
    (*_, reply) = browser.ask("compare", id="d")
    found = reply["update"]["state"]["compared"]
    expected = compare_models(
        labels, {"A": scores, "B": other}, {"A": 0.45, "B": 0.5}, one, two, n_bootstrap=REPLICATES
    )
    assert [model["verdict"] for model in found] == [model.verdict for model in expected]
    assert found[1]["error_gain"] == list(expected[1].error_gain)
    browser.ask("model", name="A", id="e")
    assert tuner.threshold == 0.45


def test_models_without_identities_cannot_be_compared():
    browser = Browser(ThresholdTuner({"A": SCORES, "B": SCORES}, LABELS))
    browser.ask("compare", id="a")
    assert browser.tuner.error.startswith("models cannot be compared: give the tuner one_identity")


def test_a_label_that_is_wrong_is_marked_and_the_mark_taken_back():
    told = []
    tuner = ThresholdTuner(SCORES, LABELS, threshold=0.5, review=lambda *mark: told.append(mark), marked=[7])
    browser = Browser(tuner)
    marks = lambda state: {pair["index"] for pair in state["strips"]["nearest"] if pair["marked"]}  # noqa: E731
    assert marks(tuner.state) == {7} and tuner.state["marked"] == 1
    (reply,) = browser.ask("review", index=3, wrong=True, id="a")
    assert marks(reply["update"]["state"]) == {3, 7} and reply["update"]["state"]["marked"] == 2
    (reply,) = browser.ask("review", index=3, wrong=False, id="b")
    assert marks(reply["update"]["state"]) == {7}
    assert told == [(3, True), (3, False)]


def test_a_mark_that_cannot_be_kept_is_said_and_not_shown():
    def review(index, wrong):
        raise InputError("cannot write review.csv: the disk is full")

    browser = Browser(ThresholdTuner(SCORES, LABELS, threshold=0.5, review=review))
    (reply,) = browser.ask("review", index=3, wrong=True, id="a")
    assert reply["update"]["state"]["message"] == "cannot write review.csv: the disk is full"
    assert reply["update"]["state"]["marked"] == 0


@pytest.mark.parametrize(("size", "side"), [("small", 160), ("large", 900)])
def test_pictures_of_a_pair_are_small_jpegs(size, side):
    pictures = make_image(1, (1200, 2400)), make_png(2)
    browser = Browser(ThresholdTuner(SCORES, LABELS, pictures=lambda index: pictures))
    (reply,) = browser.ask("pictures", indices=[3], size=size)
    images = [Image.open(io.BytesIO(base64.b64decode(text))) for text in reply["buffers"]]
    assert [image.format for image in images] == ["JPEG", "JPEG"]
    assert [image.size for image in images] == [(side, side // 2), (80, 60)]
    assert reply["custom"] == {"kind": "pictures", "size": size, "pairs": [{"index": 3, "message": ""}]}


def test_a_picture_that_cannot_be_read_is_said_in_its_place_and_the_others_come(caplog):
    known = {0: (b"", b""), 1: ("no/such.png",) * 2, 2: (make_png(1), make_png(2))}
    browser = Browser(ThresholdTuner(SCORES, LABELS, pictures=lambda index: known[index]))
    (reply,) = browser.ask("pictures", indices=[0, 1, 2, 3], size="small")
    messages = [pair["message"] for pair in reply["custom"]["pairs"]]
    assert (
        messages[0].startswith("the picture is empty")
        and "no/such" in messages[1]
        and messages[2:] == ["", "KeyError: 3"]
    )
    assert len(reply["buffers"]) == 2
    assert [record.exc_info[0] for record in caplog.records] == [KeyError]


def test_the_state_is_small_json_without_bytes():
    labels, scores, one, two = draw_pairs(6, n=5000)
    tuner = ThresholdTuner(
        scores, labels, kinds=np.where(labels, 0, 1), categories=one % 30, one_identity=one, two_identity=two
    )
    Browser(tuner).ask("band")
    text = json.dumps(tuner.get_state(tuner.keys)["state"])
    assert json.loads(text)["threshold"] == tuner.threshold and len(text) < 8000
    assert {"kind", "category"} <= json.loads(text)["strips"]["nearest"][0].keys()
    assert not any(isinstance(value, bytes) for value in tuner.get_state().values())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": [1] * 10}, "10 genuine and 0 impostor pairs"),
        ({"scores": SCORES * 3}, "must lie in"),
        ({"scores": {}}, "no scores were given"),
        ({"scores": {"A": SCORES}, "threshold": {"B": 0.5}}, "there are no scores of B"),
        ({"threshold": 1.5}, "outside"),
        ({"threshold": 0.5, "low": 0.6}, "not sure lies below"),
        ({"categories": ["a"]}, "category names of shape"),
        ({"one_identity": np.arange(10)}, "intervals need both"),
        ({"one_identity": np.arange(9), "two_identity": np.arange(10)}, "name both identities of every pair"),
    ],
)
def test_what_does_not_fit_is_refused_when_it_is_made(changes, message):
    with pytest.raises(InputError, match=message):
        ThresholdTuner(**{"scores": SCORES, "labels": LABELS} | changes)
