"""Public datasets: laid out as identities, checked, and never half there."""

import io
import tarfile
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from siamese_nb import fetch, scan
from siamese_nb.errors import InputError
from siamese_nb.fetch import fetch_dataset

PNG = io.BytesIO()
Image.new("L", (8, 8), 255).save(PNG, "PNG")
JPEG = io.BytesIO()
Image.new("RGB", (8, 8)).save(JPEG, "JPEG")


@pytest.fixture
def drawings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An archive of 2 alphabets of 2 characters by 2 drawers, and something that belongs elsewhere."""
    monkeypatch.setattr(fetch, "_OMNIGLOT_PICTURES", 8)
    archive = tmp_path / "images_background.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        for number in range(8):
            name = f"images_background/Alphabet{number // 4}/character{number // 2 % 2}/{number:04d}_01.png"
            opened.writestr(name, PNG.getvalue())
        opened.writestr("images_background/../../../outside.png", PNG.getvalue())
        opened.writestr("__MACOSX/notes.txt", "not a picture")
    return archive


def test_drawings_become_identities_and_alphabets_categories(drawings: Path, tmp_path: Path) -> None:
    folder = fetch_dataset("omniglot", tmp_path / "new" / "omniglot", drawings)
    dataset = scan(folder)
    assert (dataset.layout, dataset.n_identities, len(dataset.paths)) == ("identities", 4, 8)
    assert dataset.categories == ("Alphabet0", "Alphabet1")
    assert dataset.problems == ()
    assert not list(tmp_path.rglob("outside.png"))


def test_what_lies_there_is_left_alone(drawings: Path, tmp_path: Path) -> None:
    folder = fetch_dataset("omniglot", tmp_path / "omniglot", drawings)
    (folder / "mine.txt").write_text("a note")
    assert fetch_dataset("omniglot", folder) == folder  # no archive and no network needed
    assert (folder / "mine.txt").exists()
    with pytest.raises(InputError, match="exists already and is not olivetti"):
        savemat(tmp_path / "faces.mat", {"faces": np.zeros((4096, 400), np.uint8)})
        fetch_dataset("olivetti", folder, tmp_path / "faces.mat")


@pytest.mark.parametrize("damage", ["cut", "flipped", "few", "text"])
def test_a_damaged_archive_leaves_nothing(
    drawings: Path, tmp_path: Path, damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = bytearray(drawings.read_bytes())
    if damage == "few":
        monkeypatch.setattr(fetch, "_OMNIGLOT_PICTURES", 9)
    elif damage == "flipped":
        content[content.index(b".png") + 10] ^= 0xFF
    drawings.write_bytes({"cut": content[:-40], "text": b"no archive"}.get(damage, content))
    with pytest.raises(InputError, match=r"is damaged|8 pictures where 9"):
        fetch_dataset("omniglot", tmp_path / "omniglot", drawings)
    assert {path.name for path in tmp_path.iterdir()} == {drawings.name}


def test_without_a_network_it_says_where_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_network(**arguments: object) -> str:
        assert arguments["file_hash"]
        raise Exception("URL fetch failure")

    monkeypatch.setattr(keras.utils, "get_file", no_network)
    with pytest.raises(InputError, match=r"https://.*images_background\.zip.*get omniglot --from FILE"):
        fetch_dataset("omniglot", tmp_path / "omniglot")
    assert not list(tmp_path.iterdir())


def test_a_download_is_unpacked(drawings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras.utils, "get_file", lambda **_: str(drawings))
    assert scan(fetch_dataset("omniglot", tmp_path / "omniglot")).n_identities == 4


def test_faces_stand_upright(tmp_path: Path) -> None:
    faces = np.zeros((400, 64, 64), np.uint8)
    faces[:, :8] = 200  # a bright band at the top
    faces[:, 60, 60] = np.arange(400) // 10
    savemat(tmp_path / "olivettifaces.mat", {"faces": faces.transpose(0, 2, 1).reshape(400, 4096).T})
    folder = fetch_dataset("olivetti", tmp_path / "olivetti", tmp_path / "olivettifaces.mat")
    assert scan(folder).n_identities == 40
    image = np.asarray(Image.open(folder / "person07" / "3.png"))
    assert (image == faces[73]).all()


def test_people_become_identities(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetch, "_LFW_PICTURES", 4)
    archive = tmp_path / "lfw-funneled.tgz"
    with tarfile.open(archive, "w:gz") as opened:
        for number in range(4):
            member = tarfile.TarInfo(f"lfw_funneled/Person_{number // 2}/Person_{number // 2}_{number:04d}.jpg")
            member.size = len(JPEG.getvalue())
            opened.addfile(member, io.BytesIO(JPEG.getvalue()))
    assert scan(fetch_dataset("lfw", tmp_path / "lfw", archive)).n_identities == 2
    archive.write_bytes(archive.read_bytes()[:60])
    with pytest.raises(InputError, match="is damaged"):
        fetch_dataset("lfw", tmp_path / "again", archive)


def test_what_is_not_known_or_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="choose one of omniglot, olivetti, lfw"):
        fetch_dataset("mnist", tmp_path / "mnist")
    with pytest.raises(InputError, match="there is no file"):
        fetch_dataset("lfw", tmp_path / "lfw", tmp_path / "none.tgz")
