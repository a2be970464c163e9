"""The verifier: the same scores in a fresh process, each picture once, figures on pictures that it has not seen."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from siamese_nb import scored_pairs
from siamese_nb import verifier as verifier_module
from siamese_nb.errors import InputError
from siamese_nb.images import ImageError, read_image
from siamese_nb.intervals import figures_with_intervals
from siamese_nb.scanning import scan
from siamese_nb.verifier import Verifier

FRESH = """
import json, sys
from siamese_nb import Verifier

verifier = Verifier.load(sys.argv[1])
pairs = json.loads(sys.stdin.read())
compared = [verifier.compare(one, two) for one, two in pairs[:3]]
print(json.dumps({"scores": verifier.score(pairs).tolist(), "compared": compared}))
"""


@pytest.fixture(autouse=True)
def few_bootstraps(monkeypatch: pytest.MonkeyPatch) -> None:
    def figures(*given: object) -> dict[str, float]:
        return figures_with_intervals(*given, n_bootstrap=20)  # type: ignore[arg-type]

    monkeypatch.setattr(scored_pairs, "figures_with_intervals", figures)


@pytest.fixture(scope="module")
def loaded(trained) -> Verifier:
    """Load the trained bundle once; not to be changed."""
    return Verifier.load(trained.path)


@pytest.fixture
def copy(trained, tmp_path: Path) -> Path:
    """Give a copy of the trained bundle that may be changed."""
    return Path(shutil.copytree(trained.path, tmp_path / "models" / trained.path.name))


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Count the pictures that are read."""
    seen: list[object] = []

    def counting(source: object, size: tuple[int, int]) -> np.ndarray:
        seen.append(source)
        return read_image(source, size)  # type: ignore[arg-type]

    monkeypatch.setattr(verifier_module, "read_image", counting)
    return seen


def pairs_of(trained, part: str = "test") -> list[tuple[str, str]]:
    scored = trained.verifier.pairs[part]
    return [(str(trained.data / one), str(trained.data / two)) for one, two in zip(scored.one, scored.two, strict=True)]


def test_a_fresh_process_gives_the_same_scores(trained, loaded: Verifier) -> None:
    pairs = pairs_of(trained)
    command = [sys.executable, "-c", FRESH]
    fresh = subprocess.run(
        [*command, str(trained.path)], input=json.dumps(pairs), capture_output=True, text=True, check=True
    )
    answer = json.loads(fresh.stdout)
    saved = trained.verifier.pairs["test"].scores  # of the network as it was trained, and what test.csv says
    assert np.ptp(saved) > 0.2
    assert np.allclose(answer["scores"], saved, atol=1e-6)
    assert np.allclose(loaded.score(pairs), saved, atol=1e-6)
    assert np.allclose(loaded.pairs["test"].scores, saved, atol=0)
    for (one, two), compared in zip(pairs, answer["compared"], strict=False):
        assert compared["score"] == pytest.approx(loaded.compare(one, two)["score"], abs=1e-6)
        assert compared["score"] == pytest.approx(loaded.score([(one, two)])[0], abs=1e-6)


def test_the_saved_network_scores_as_the_verifier_does(trained, loaded: Verifier) -> None:
    pairs = pairs_of(trained)[:10]
    one, two = (np.stack([read_image(pair[side], (32, 32)) for pair in pairs]) for side in (0, 1))
    by_keras = loaded.model.predict_on_batch({"one": one, "two": two}).ravel()
    assert np.allclose(by_keras, loaded.score(pairs), atol=1e-6)


def test_comparing_is_symmetric_to_the_bit_and_nothing_beats_itself(trained, loaded: Verifier) -> None:
    for one, two in pairs_of(trained)[:12]:
        there, back, itself = loaded.compare(one, two), loaded.compare(two, one), loaded.compare(one, one)
        assert there == back
        assert there["score"] <= itself["score"]
        assert there["verdict"] == ("similar" if there["score"] >= loaded.threshold else "not similar")
        assert there["threshold"] == loaded.threshold
        assert there["probability"] == pytest.approx(float(loaded.calibration.probability(there["score"])))
    verdicts = {loaded.compare(one, two)["verdict"] for one, two in pairs_of(trained)}
    assert verdicts == {"similar", "not similar"}


def test_every_kind_of_source_is_the_same_picture(trained, loaded: Verifier) -> None:
    one, two = pairs_of(trained)[0]
    expected = loaded.compare(one, two)
    with Image.open(two) as opened:
        sources = [Path(two), Path(two).read_bytes(), np.asarray(opened), opened.copy()]
    for source in sources:
        assert loaded.compare(one, source) == expected


def test_each_picture_is_read_and_embedded_once(
    trained, loaded: Verifier, read: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verifier_module, "_IMAGES_AT_ONCE", 3)
    passed: list[int] = []
    predict = loaded.leg.predict_on_batch

    def counting(images: np.ndarray) -> np.ndarray:
        passed.append(len(images))
        return predict(images)

    monkeypatch.setattr(loaded.leg, "predict_on_batch", counting)
    names = [Path(path) for path in sorted({path for pair in pairs_of(trained) for path in pair})[:5]]
    array = read_image(names[0])
    pairs = [(one, two) for one in names for two in names] + [(names[0], array), (array, names[1])] * 3
    scores = loaded.score(pairs)
    assert len(read) == 6
    assert sum(passed) == 6
    assert max(passed) <= 3
    assert scores[0] == scores[6] == pytest.approx(scores[25], abs=1e-6)  # a picture and itself, as a file and an array
    table = scores[:25].reshape(5, 5)
    assert np.array_equal(table, table.T)


def test_no_pairs_have_no_scores(loaded: Verifier) -> None:
    assert loaded.score([]).shape == (0,)
    assert loaded.embed([]).shape == (0, 16)


def test_embeddings_have_unit_length(trained, loaded: Verifier) -> None:
    embeddings = loaded.embed([path for pair in pairs_of(trained)[:3] for path in pair])
    assert embeddings.dtype == np.float32
    assert np.allclose(np.linalg.norm(embeddings, axis=1), 1, atol=1e-5)


def test_a_picture_that_cannot_be_read_is_named(trained, loaded: Verifier, tmp_path: Path) -> None:
    good = pairs_of(trained)[0][0]
    (tmp_path / "broken.png").write_bytes(b"no picture")
    with pytest.raises(ImageError, match=r"broken\.png"):
        loaded.compare(good, tmp_path / "broken.png")
    with pytest.raises(ImageError, match="nowhere"):
        loaded.score([(good, tmp_path / "nowhere.png")])


def test_on_the_dataset_it_was_trained_on_it_is_judged_by_the_test_part(trained, loaded: Verifier) -> None:
    found = loaded.evaluate(trained.data)
    assert found.pop("left_out") == 64
    assert found.pop("seen_pairs") == 0
    expected = {**loaded.pairs["test"].figures_by_kind(loaded.threshold)}
    for kind in ("across", "within"):
        assert found.pop(kind) == pytest.approx(expected.pop(kind), abs=1e-6, nan_ok=True)
    assert found == pytest.approx(expected, abs=1e-6, nan_ok=True)
    by_training = {name: value for name, value in trained.verifier.about["test"].items() if not isinstance(value, dict)}
    for name in ("pairs", "threshold", "accuracy", "precision", "recall", "auc", "eer"):
        assert found[name] == pytest.approx(by_training[name], abs=1e-6)


def test_copies_of_what_was_seen_are_left_out_too(trained, loaded: Verifier, tmp_path: Path) -> None:
    for file in trained.data.rglob("*.png"):
        copy = tmp_path / file.relative_to(trained.data)
        copy.parent.mkdir(parents=True, exist_ok=True)
        Image.open(file).save(copy, compress_level=0)
    found = loaded.evaluate(tmp_path)
    assert found["left_out"] == 64
    assert found["auc"] == pytest.approx(loaded.evaluate(trained.data)["auc"], abs=1e-6)


def test_on_new_pictures_all_of_them_count(loaded: Verifier, make_couples, tmp_path: Path) -> None:
    data = make_couples(tmp_path / "new", categories=1, couples=30, size=33)
    found = loaded.evaluate(scan(data))
    assert found["left_out"] == 0
    assert found["pairs"] == found["within"]["pairs"] == 30 * 4


def test_of_a_file_of_pairs_all_count_and_seen_ones_are_told(trained, loaded: Verifier, tmp_path: Path) -> None:
    lines, seen = ["one,two,label"], 0
    for part, count in (("test", 10**6), ("validation", 5)):
        scored = trained.verifier.pairs[part]
        for one, two, label in list(zip(scored.one, scored.two, scored.labels, strict=True))[:count]:
            lines.append(f"{trained.data / one},{trained.data / two},{label}")
        seen = 5 if part == "validation" else 0
    (tmp_path / "pairs.csv").write_text("\n".join(lines))
    found = loaded.evaluate(tmp_path / "pairs.csv")
    assert found["pairs"] == len(lines) - 1
    assert (found["left_out"], found["seen_pairs"]) == (0, seen)


def test_without_both_kinds_of_pairs_nothing_is_judged(trained, loaded: Verifier, tmp_path: Path) -> None:
    one, two = pairs_of(trained)[0]
    (tmp_path / "pairs.csv").write_text(f"one,two,label\n{one},{two},1\n")
    with pytest.raises(InputError, match="no genuine and impostor pairs"):
        loaded.evaluate(tmp_path / "pairs.csv")


def test_a_network_that_tells_nothing_apart_is_not_judged(trained) -> None:
    dead = Verifier.load(trained.path)
    w, b = dead.head.get_weights()
    dead.head.set_weights([np.zeros_like(w), b])
    with pytest.raises(InputError, match="every pair gets the same score"):
        dead.evaluate(trained.data)


def test_a_threshold_that_is_set_is_kept_with_its_figures(copy: Path) -> None:
    verifier = Verifier.load(copy)
    before = verifier.about
    verifier.set_threshold(0.25, "few false rejects")
    again = Verifier.load(copy)
    assert again.threshold == verifier.threshold == 0.25
    assert again.about["threshold"] == {"threshold": 0.25, "rule": "by hand", "reason": "few false rejects"}
    for part in ("validation", "test"):
        expected = again.pairs[part].figures_by_kind(0.25)
        assert again.about[part]["far"] == pytest.approx(expected["far"])
        assert again.about[part]["threshold"] == 0.25
        assert again.about[part]["within"]["frr"] == pytest.approx(expected["within"]["frr"])
    assert again.about["calibration"] == before["calibration"]
    verifier.set_threshold(0.5, "the rest is looked at", low=0.2)
    assert Verifier.load(copy).about["threshold"]["low"] == 0.2
    with pytest.raises(InputError, match=r"low=0\.6 was given with the threshold 0\.5"):
        verifier.set_threshold(0.5, "a slip", low=0.6)
    verifier.set_threshold(1.0, "accept nothing")
    assert "low" not in Verifier.load(copy).about["threshold"]
    assert Verifier.load(copy).about["test"]["recall"] == 0.0


@pytest.mark.parametrize("threshold", [-0.1, 1.1, float("nan")])
def test_a_threshold_out_of_range_changes_nothing(threshold: float, copy: Path) -> None:
    verifier = Verifier.load(copy)
    before = (copy / "bundle.json").read_bytes()
    with pytest.raises(InputError, match="threshold"):
        verifier.set_threshold(threshold, "a slip")
    assert (copy / "bundle.json").read_bytes() == before


def test_a_threshold_that_cannot_be_saved_is_not_taken(copy: Path) -> None:
    verifier = Verifier.load(copy)
    before = verifier.threshold
    shutil.rmtree(copy)
    copy.write_text("in the way")
    with pytest.raises(InputError, match="cannot write"):
        verifier.set_threshold(0.25, "too late")
    assert verifier.threshold == before


def test_saving_where_something_stands_leaves_both_as_they_are(copy: Path) -> None:
    verifier = Verifier.load(copy)
    taken = copy.parent / "taken"
    taken.mkdir()
    (taken / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="exists already"):
        verifier.save(taken)
    assert verifier.path == copy
    assert verifier.save(copy.parent / "second") == verifier.path == copy.parent / "second"


def test_searching_finds_the_picture_itself_first(trained, loaded: Verifier) -> None:
    dataset = scan(trained.data)
    query = dataset.files[5]
    found = loaded.search(query, dataset, k=80)
    assert found[0]["path"] == dataset.paths[5]
    assert found[0]["verdict"] == "similar"
    scores = [row["score"] for row in found]
    assert scores == sorted(scores, reverse=True)
    assert {row["path"] for row in found} == set(dataset.paths)
    by_score = dict(zip(dataset.paths, loaded.score([(query, file) for file in dataset.files]), strict=True))
    for row in found:
        assert row["score"] == pytest.approx(by_score[row["path"]], abs=1e-6)
        assert row["verdict"] == ("similar" if row["score"] >= loaded.threshold else "not similar")


def test_searching_twice_embeds_the_folder_once_and_leaves_out_what_is_broken(
    trained, loaded: Verifier, make_couples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = make_couples(tmp_path / "data", categories=1, couples=3, size=32)
    broken = data / "category0" / "item1_two.png"
    broken.write_bytes(broken.read_bytes()[:-200])
    query = data / "category0" / "item0_one.png"
    first = loaded.search(query, scan(data), k=3)
    passed: list[int] = []
    predict = loaded.leg.predict_on_batch
    monkeypatch.setattr(loaded.leg, "predict_on_batch", lambda images: passed.append(len(images)) or predict(images))
    assert loaded.search(query, scan(data), k=3) == first
    assert passed == [1]
    assert len(first) == 3
    everything = loaded.search(query, scan(data), k=10)
    assert "category0/item1_two.png" not in {row["path"] for row in everything}
    assert len(everything) == 5
