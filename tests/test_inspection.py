"""Inspecting a dataset: decoded once for all later steps, by a leg, by a bundle, beside another dataset."""

from pathlib import Path
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from PIL import Image

from siamese_nb import decoding, legs
from siamese_nb.config import TrainConfig
from siamese_nb.doctor import appearance, certified_split, examine
from siamese_nb.errors import InputError
from siamese_nb.inspection import inspect_dataset, inspect_labels
from siamese_nb.legs import default_size
from siamese_nb.scanning import scan
from siamese_nb.settings import BASE_SIZE
from siamese_nb.verifier import Verifier


def colours(side: int) -> keras.Model:
    """Build a network that sees the colours of sixteen cells."""
    image = keras.Input((side, side, 3), dtype="uint8")
    cells = keras.layers.AveragePooling2D(side // 4)(keras.layers.Rescaling(1 / 127.5, -1)(image))
    return keras.Model(image, keras.layers.Flatten()(cells), name="leg")


@pytest.fixture
def data(make_couples, tmp_path: Path) -> Path:
    return make_couples(tmp_path / "data", categories=2, couples=6, size=40)


@pytest.fixture
def nothing_more(monkeypatch: pytest.MonkeyPatch):
    """Give a function after whose call nothing may be decoded or measured."""

    def never(*_: object) -> None:
        raise AssertionError("a picture was decoded or measured twice")

    def forbid() -> None:
        monkeypatch.setattr(decoding, "read_image", never)
        monkeypatch.setattr(appearance, "_measure", never)

    return forbid


@pytest.mark.parametrize("image_size", [None, 80])
def test_training_decodes_and_measures_nothing_again(data: Path, nothing_more, image_size: int | None) -> None:
    inspection = inspect_dataset(data, image_size=image_size)
    nothing_more()
    size = image_size or default_size("base_cnn")
    dataset, bank = scan(data).decode((size, size))
    assert np.array_equal(bank.images, inspection.bank.images)
    assert certified_split(dataset, bank)[1].holds
    assert inspection.report()["decoded_to"] == f"{size} x {size}"


def test_a_leg_decides_the_size(data: Path, nothing_more, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(legs, "build_leg", lambda *given: asked.append(given) or colours(given[1]))
    for image_size, side in ((None, 224), (72, 72)):
        inspection = inspect_dataset(data, leg="mobilenetv2", weights="some.h5", image_size=image_size)
        assert inspection.bank.images.shape[1:3] == (side, side)
    assert asked == [("mobilenetv2", 224, "some.h5"), ("mobilenetv2", 72, "some.h5")]
    nothing_more()
    scan(data).decode((default_size("mobilenetv2"),) * 2)
    assert default_size("base_cnn") == BASE_SIZE


@pytest.mark.parametrize("way", [{"leg": "base_cnn"}, {"leg": "stroke_cnn"}, {"leg": "mobilenetv2", "weights": "none"}])
def test_a_leg_that_has_learned_nothing_is_refused(data: Path, way: dict) -> None:
    with pytest.raises(InputError, match="knows nothing yet"):
        inspect_dataset(data, **way)


def test_below_the_size_of_a_thumbnail_pictures_are_examined_at_that(data: Path) -> None:
    inspection = inspect_dataset(data, image_size=32)
    assert inspection.bank.images.shape[1:3] == (32, 32)
    assert [finding.kind for finding in inspection.findings] == []
    with pytest.raises(InputError, match="32 x 32 pixels is too small to examine"):
        examine(inspection.dataset, inspection.bank)


@pytest.mark.parametrize("way", [{"leg": "mobilenetv2"}, {"image_size": 96}])
def test_a_bundle_is_given_alone(data: Path, way: dict) -> None:
    with pytest.raises(InputError, match="give the bundle alone"):
        inspect_dataset(data, bundle="saved_model", **way)


def test_a_size_that_cannot_be_trained_with_is_refused(data: Path) -> None:
    with pytest.raises(InputError, match="image_size=8 is out of range"):
        inspect_dataset(data, image_size=8)
    with pytest.raises(InputError):
        TrainConfig(image_size=8)


def test_a_bundle_finds_pictures_under_a_wrong_name(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a network that knows colours: the first pictures of two things are swapped."""
    monkeypatch.setattr(Verifier, "load", lambda _: SimpleNamespace(leg=colours(64)))
    assert not [found for found in inspect_dataset(data, bundle="any").findings if "suspected" in found.kind]
    one, two = data / "category0/item0_one.png", data / "category1/item3_one.png"
    one.rename(data / "aside")
    two.rename(one)
    (data / "aside").rename(two)
    inspection = inspect_dataset(data, bundle="any")
    found = {finding.kind: {frozenset(group) for group in finding.groups} for finding in inspection.findings}
    swapped = ({"category0/item0_one.png", "category1/item3_two.png"},)
    assert {frozenset(group) for group in swapped} <= found["suspected_impostor"]
    assert frozenset({"category0/item0_one.png", "category0/item0_two.png"}) in found["suspected_genuine"]
    assert "lookalike_within_thing" not in found


def test_a_real_bundle_is_taken_at_its_size(trained) -> None:
    inspection = inspect_dataset(trained.data, bundle=trained.out)
    assert inspection.bank.images.shape[1:3] == trained.verifier.image_size


def test_blank_pictures_are_not_suspected(make_identities, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = make_identities(tmp_path / "things", categories=1, things=3, pictures=4, size=40)
    for name in ("thing0/0.png", "thing1/2.png"):
        Image.new("RGB", (40, 40), "grey").save(root / "category0" / name)
    monkeypatch.setattr(Verifier, "load", lambda _: SimpleNamespace(leg=colours(64), image_size=(64, 64)))
    dataset, bank = scan(root).decode((64, 64))
    for bundle in (None, "saved_model"):
        assert inspect_labels(dataset, bank, bundle) == []
    kinds = {finding.kind for finding in inspect_dataset(root, bundle="saved_model").findings}
    assert "blank" in kinds
    assert not {kind for kind in kinds if kind.startswith("suspected")}


def test_labels_are_suspected_by_looks_or_by_a_bundle(make_identities, tmp_path: Path, monkeypatch) -> None:
    root = make_identities(tmp_path / "things", categories=2, things=3, pictures=4, size=40)
    wrong = root / "category0/thing0/0.png"
    wrong.write_bytes((root / "category1/thing2/3.png").read_bytes() + b"!")
    dataset, bank = scan(root).decode((96, 96))
    monkeypatch.setattr(Verifier, "load", lambda _: SimpleNamespace(leg=colours(64), image_size=(64, 64)))
    for bundle in (None, "saved_model"):
        suspects = inspect_labels(dataset, bank, bundle)
        assert {suspect.one for suspect in suspects[:2]} == {"category0/thing0/0.png"}
        assert suspects[1].two.startswith("category1/thing2/")
