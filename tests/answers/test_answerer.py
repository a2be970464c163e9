"""What the comparer says is what the verifier says, with how sure that is and what speaks against it."""

import io
import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from typer.testing import CliRunner

from siamese_nb.answers import Answerer, open_comparer
from siamese_nb.answers.validation import NEIGHBOURS, ValidationScores
from siamese_nb.calibration import fit_calibration
from siamese_nb.cli import app
from siamese_nb.errors import InputError
from siamese_nb.scored_pairs import ScoredPairs


def make_pairs(n, seed=0):
    rng = np.random.default_rng(seed)
    labels = (np.arange(n) % 4 == 0).astype(np.int64)
    scores = 1 / (1 + np.exp(-rng.normal(2.0 * labels - 1.5, 1.2)))
    one = rng.integers(0, n // 4, n)
    two = np.where(labels == 1, one, (one + rng.integers(1, n // 4, n)) % (n // 4))
    names = tuple(f"{row}.png" for row in range(n))
    return ScoredPairs(names, names, labels, 1 - labels, np.ones(n, bool), scores, one, two)


@pytest.fixture(scope="module")
def validation():
    pairs = make_pairs(1200)
    return ValidationScores.from_pairs(pairs, fit_calibration(pairs.labels, pairs.scores))


@pytest.fixture(scope="module")
def answerer(trained):
    return Answerer(trained.verifier, 0.5, trained.data)


@pytest.fixture(scope="module")
def files(trained):
    return [file.read_bytes() for file in sorted(trained.data.rglob("*.png"))]


def save(image, format, **options):
    stream = io.BytesIO()
    image.save(stream, format, **options)
    return stream.getvalue()


def test_the_neighbours_are_those_of_a_slow_search(validation):
    pairs = validation.pairs
    for score in (0.02, 0.5, 0.97):
        gaps = [abs(np.log(s / (1 - s)) - np.log(score / (1 - score))) for s in pairs.scores]
        assert set(validation.neighbours(score)) == set(np.argsort(gaps)[:NEIGHBOURS])


def test_the_interval_holds_the_probability_and_moves_with_the_prevalence(validation):
    rarer = ValidationScores(validation.pairs, validation.calibration, 0.01, validation.band, validation.spread)
    for score in np.linspace(0.01, 0.99, 15):
        chance, low, high = validation.probability(score)
        assert low < chance < high and high - low < 0.35
        assert rarer.probability(score)[2] < high
    ends = np.log([chance / (1 - chance) for chance in validation.probability(0.6)])
    assert ends[2] - ends[0] == pytest.approx(ends[0] - ends[1], rel=1e-6)


def test_fewer_things_make_a_wider_interval(validation):
    few = make_pairs(120)
    wide = ValidationScores.from_pairs(few, fit_calibration(few.labels, few.scores))
    assert wide.spread[100] > 2 * validation.spread[100]


def test_the_histogram_counts_shares_of_each_kind(validation):
    bars = validation.histogram()
    for name, label in (("genuine", 1), ("impostor", 0)):
        scores = validation.pairs.scores[validation.pairs.labels == label]
        slow = [np.mean((scores >= k / 40) & ((scores < (k + 1) / 40) | (k == 39))) for k in range(40)]
        assert bars[name] == pytest.approx(slow)


def test_the_answer_is_the_verifiers_own_to_the_bit_either_way_round(answerer, trained, files):
    for one, two in zip(files[:6], files[3:9], strict=True):
        first, second = answerer.read(one), answerer.read(two)
        answer = answerer.compare(first, second)
        asked = trained.verifier.compare(one, two)
        assert {name: answer[name] for name in ("score", "threshold", "verdict")} == {
            name: asked[name] for name in ("score", "threshold", "verdict")
        }
        assert answer["probability"] == pytest.approx(asked["probability"])
        assert answerer.compare(second, first)["score"] == answer["score"]
        assert answer["score"] <= answerer.compare(first, first)["score"]
        band = answerer.validation.band
        assert answer["sure"] is not (band.low <= answer["score"] < band.high)


def test_a_band_that_was_chosen_with_the_threshold_is_kept(trained):
    chosen = {**trained.verifier.about["threshold"], "low": 0.01}
    mine = replace(trained.verifier, about={**trained.verifier.about, "threshold": chosen})
    assert Answerer(mine).background()["band"] == [0.01, mine.threshold]


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6), width=st.integers(1, 90), height=st.integers(1, 90))
def test_any_two_pictures_score_alike_either_way_round_and_none_above_itself(answerer, seed, width, height):
    rng = np.random.default_rng(seed)
    one, two = (Image.fromarray(rng.integers(0, 256, (height, width, 3), np.uint8)) for _ in range(2))
    first, second = answerer.read(save(one, "PNG")), answerer.read(save(two, "PNG"))
    score = answerer.compare(first, second)["score"]
    assert score == answerer.compare(second, first)["score"] <= answerer.compare(first, first)["score"]
    assert answerer.scores(first, [second, first]).tolist() == [score, answerer.compare(first, first)["score"]]
    exif = Image.Exif()
    exif[0x0112] = 8
    turned = save(one.transpose(Image.Transpose.ROTATE_270), "PNG", exif=exif)
    for data in (turned, save(one.convert("RGBA"), "PNG"), save(one, "TIFF"), save(one, "BMP")):
        assert answerer.compare(answerer.read(data), second)["score"] == score


def test_it_scores_files_as_training_and_the_command_line_did(answerer, trained):
    pairs = trained.verifier.pairs["test"]
    for row in range(0, len(pairs.labels), max(1, len(pairs.labels) // 8)):
        files = [trained.data / pairs.one[row], trained.data / pairs.two[row]]
        score = answerer.compare(*(answerer.read(file.read_bytes()) for file in files))["score"]
        # In training, pictures go through the leg in batches: the last bits of float32 may differ.
        assert score == pytest.approx(pairs.scores[row], abs=1e-5)
        asked = CliRunner().invoke(app, ["compare", str(trained.out), *map(str, files), "--json"])
        assert json.loads(asked.stdout)["score"] == score


def test_many_scores_are_the_comparers_own_to_the_bit(answerer, files):
    read = [answerer.read(file) for file in files[:7]]
    for one in read:
        assert answerer.scores(one, read).tolist() == [answerer.compare(one, other)["score"] for other in read]


def test_the_same_picture_in_another_form_gets_the_same_score(answerer, files):
    image, other = Image.open(io.BytesIO(files[0])), answerer.read(files[5])
    expected = answerer.compare(answerer.read(files[0]), other)["score"]
    exif = Image.Exif()
    exif[0x0112] = 6
    opaque = image.copy()
    opaque.putalpha(255)
    turned = save(image.transpose(Image.Transpose.ROTATE_90), "PNG", exif=exif)
    for data in (save(image, "PNG"), save(opaque, "PNG"), save(image, "WEBP", lossless=True), turned):
        assert answerer.compare(answerer.read(data), other)["score"] == expected


def test_what_speaks_against_an_answer_is_said(answerer, files):
    frames = [Image.new("RGB", (32, 32), colour) for colour in ("red", "blue")]
    moving = save(frames[0], "GIF", save_all=True, append_images=frames[1:])
    tiny = save(Image.open(io.BytesIO(files[0])).resize((9, 9)), "PNG")
    first = answerer.read(files[0])
    assert "Both pictures are the same file." in answerer.compare(first, first)["remarks"]
    remarks = " ".join(answerer.compare(answerer.read(moving), answerer.read(tiny))["remarks"])
    assert "The first picture is blank: almost one colour." in remarks
    assert "The first picture is animated; its first frame was compared." in remarks
    assert "The second picture is small, 9 by 9 pixels, and was enlarged." in remarks
    assert not any("trained" in remark for remark in answerer.compare(first, answerer.read(files[1]))["remarks"])


def test_a_bundle_knows_what_it_was_trained_on(trained):
    from siamese_nb import Verifier

    known = Verifier.load(trained.path).known
    assert known is not None and known.colours is not None
    strange = -known.embeddings.vectors.astype(float).mean(axis=0, keepdims=True)
    assert known.are_novel(strange, known.colours.vectors[:1])[0]
    assert known.are_novel(known.embeddings.vectors[:1], np.eye(1, 64, 63))[0]
    assert not known.are_novel(known.embeddings.vectors, known.colours.vectors).any()


def test_pairs_like_this_one_are_shown_where_their_pictures_are(answerer, trained):
    found = answerer.neighbours(0.5)
    assert len(found) == 6
    assert all(Image.open(io.BytesIO(pair[side])).format == "JPEG" for pair in found for side in ("one", "two"))
    assert Answerer(trained.verifier).neighbours(0.5) == []


def test_a_comparer_is_opened_on_a_bundle(trained, files):
    comparer = open_comparer(trained.out, data=trained.data)
    comparer.set(files[0], files[1])
    assert comparer.score == trained.verifier.compare(files[0], files[1])["score"]
    assert len(comparer.background["genuine"]) == 40 and comparer.state["explains"]
    with pytest.raises(InputError, match="there is no folder"):
        open_comparer(trained.out, data=trained.data / "no")
    with pytest.raises(InputError, match="prevalence"):
        open_comparer(trained.out, prevalence=1.5)
