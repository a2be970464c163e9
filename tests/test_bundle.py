"""The bundle: written whole, read in safe mode, and one clear line where it cannot be."""

import json
import math
import shutil
from pathlib import Path

import keras
import numpy as np
import pytest

from siamese_nb import bundle as bundle_module
from siamese_nb.bundle import FORMAT, read_bundle, rewrite_about, write_bundle
from siamese_nb.bundle_folder import ABOUT
from siamese_nb.errors import InputError

FILES = {
    "bundle.json",
    "history.json",
    "known.npz",
    "looks.npy",
    "model.keras",
    "seen.npy",
    "test.csv",
    "validation.csv",
}


@pytest.fixture
def copy(trained, tmp_path: Path) -> Path:
    """Give a copy of the trained bundle that may be spoilt."""
    return Path(shutil.copytree(trained.path, tmp_path / "models" / "20260101-000000-base_cnn"))


def edit(folder: Path, **changed: object) -> None:
    about = json.loads((folder / ABOUT).read_text("utf-8"))
    (folder / ABOUT).write_text(json.dumps({**about, **changed}), "utf-8")


def test_what_is_written_is_read(trained) -> None:
    folder, bundle = read_bundle(trained.path)
    verifier = trained.verifier
    assert folder == trained.path
    assert {path.name for path in folder.iterdir()} == FILES
    for mine, loaded in zip(verifier.model.get_weights(), bundle.model.get_weights(), strict=True):
        assert np.array_equal(mine, loaded)
    assert bundle.history.keys() == verifier.history.keys()
    for name, column in bundle.history.items():
        assert column == pytest.approx(verifier.history[name], nan_ok=True, abs=0)
    assert np.array_equal(bundle.seen, verifier.seen)
    for part in ("validation", "test"):
        assert np.array_equal(bundle.pairs[part].scores, verifier.pairs[part].scores)


def test_a_bundle_from_before_looks_were_kept_is_read(trained, tmp_path: Path) -> None:
    shutil.copytree(trained.path, tmp_path / "bundle")
    assert len(read_bundle(tmp_path / "bundle")[1].looks) == len(trained.verifier.looks) == 64
    (tmp_path / "bundle" / "looks.npy").unlink()
    assert read_bundle(tmp_path / "bundle")[1].looks.shape == (0, 4)


def test_its_json_is_json(trained) -> None:
    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    for name in (ABOUT, "history.json"):
        json.loads((trained.path / name).read_text("utf-8"), parse_constant=refuse)


def test_figures_that_are_not_numbers_become_null_and_in_the_history_nan_again(trained, tmp_path: Path) -> None:
    _, bundle = read_bundle(trained.path)
    about = {**bundle.about, "test": {"precision": math.nan, "within": {"auc": -math.inf}}}
    spoilt = type(bundle)(bundle.model, about, {"precision": [math.nan, 0.5]}, bundle.pairs, bundle.seen)
    write_bundle(tmp_path / "bundle", spoilt)
    _, again = read_bundle(tmp_path / "bundle")
    assert again.about["test"] == {"precision": None, "within": {"auc": None}}
    assert again.history == {"precision": [pytest.approx(math.nan, nan_ok=True), 0.5]}


def test_what_is_said_about_it_tells_where_it_comes_from(trained) -> None:
    about = json.loads((trained.path / ABOUT).read_text("utf-8"))
    assert about["format"] == FORMAT
    assert {"threshold", "calibration", "validation", "test", "config", "dataset", "versions", "baselines"} <= set(
        about
    )
    assert about["dataset"]["couples"] == 40
    assert about["dataset"]["parts"] == {"train": 24, "validation": 8, "test": 8}
    assert len(about["dataset"]["fingerprint"]) == 32
    assert about["versions"]["keras"] == keras.__version__
    assert str(trained.data) not in (trained.path / ABOUT).read_text("utf-8")  # no path of the maker's machine


def test_it_is_read_in_safe_mode(trained, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict] = []
    load = keras.saving.load_model

    def remembered(*given: object, **options: object) -> keras.Model:
        asked.append(options)
        return load(*given, **options)

    monkeypatch.setattr(bundle_module.keras.saving, "load_model", remembered)
    read_bundle(trained.path)
    assert asked[0]["safe_mode"] is True


def test_a_bundle_that_would_run_code_is_refused(copy: Path) -> None:
    inputs = keras.Input((2,))
    keras.Model(inputs, keras.layers.Lambda(lambda x: x)(inputs)).save(copy / "model.keras")
    with pytest.raises(InputError, match=r"damaged.*Lambda"):
        read_bundle(copy)


def test_one_of_a_newer_version_says_so(copy: Path) -> None:
    edit(copy, format=FORMAT + 1, versions={"siamese_nb": "9.9"})
    (copy / "model.keras").unlink()  # a newer one may hold other files
    with pytest.raises(InputError, match=r"siamese_nb 9\.9, which is newer.*update"):
        read_bundle(copy)
    edit(copy, versions={})
    with pytest.raises(InputError, match="newer"):
        read_bundle(copy)


def test_a_bundle_of_an_earlier_version_knows_nothing_of_novelty(copy: Path) -> None:
    (copy / "known.npz").unlink()
    assert read_bundle(copy)[1].known is None


DAMAGES = {(name, damage) for name in FILES - {ABOUT} for damage in ("missing", "truncated", "garbage")}
NOT_NEEDED = {("looks.npy", "missing"), ("known.npz", "missing")}  # bundles of earlier versions have neither


@pytest.mark.parametrize(("name", "damage"), sorted(DAMAGES - NOT_NEEDED))
def test_damage_is_one_line(name: str, damage: str, copy: Path) -> None:
    file = copy / name
    if damage == "missing":
        file.unlink()
    elif damage == "truncated":
        content = file.read_bytes()
        file.write_bytes(content[: len(content) // 2] if name != "history.json" else content[:-5])
    else:
        file.write_bytes(b"\x00garbage,\n" * 5)
    if (name, damage) in {("test.csv", "truncated"), ("validation.csv", "truncated")}:
        # Cut within a line; what is cut between lines cannot be told from a shorter file.
        file.write_bytes(file.read_bytes().rsplit(b",", 2)[0])
    with pytest.raises(InputError, match=r"is damaged \(.*train it again") as caught:
        read_bundle(copy)
    assert "\n" not in str(caught.value)
    assert str(copy) in str(caught.value)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"format": "new"}', '{"format": 1}'])
def test_damage_of_what_is_said_about_it_is_one_line(content: str, copy: Path) -> None:
    (copy / ABOUT).write_text(content)
    with pytest.raises(InputError, match="is damaged"):
        read_bundle(copy)


def test_a_model_of_another_kind_is_damage(copy: Path) -> None:
    inputs = keras.Input((2,))
    keras.Model(inputs, keras.layers.Dense(1)(inputs)).save(copy / "model.keras")
    with pytest.raises(InputError, match="is damaged"):
        read_bundle(copy)


def test_where_there_is_none_the_way_to_one_is_named(tmp_path: Path) -> None:
    for place in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(InputError, match=rf"no bundle in {place}; train one with: siamese-nb train"):
            read_bundle(place)


def test_a_place_that_is_taken_is_left_alone(trained, copy: Path) -> None:
    _, bundle = read_bundle(trained.path)
    (copy / "mine.txt").write_text("mine")
    with pytest.raises(InputError, match="exists already"):
        write_bundle(copy, bundle)
    assert (copy / "mine.txt").read_text() == "mine"
    assert [path.name for path in copy.parent.iterdir()] == [copy.name]


def test_a_failure_on_the_way_leaves_nothing(trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, bundle = read_bundle(trained.path)

    def interrupted(*given: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(bundle_module.np, "save", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_bundle(tmp_path / "models" / "new", bundle)
    assert list((tmp_path / "models").iterdir()) == []


def test_rewriting_what_is_said_leaves_the_network(copy: Path) -> None:
    before = (copy / "model.keras").read_bytes()
    _, bundle = read_bundle(copy)
    rewrite_about(copy, {**bundle.about, "note": "new"})
    assert read_bundle(copy)[1].about == {**bundle.about, "note": "new"}
    assert (copy / "model.keras").read_bytes() == before
    assert {path.name for path in copy.iterdir()} == FILES
