"""Public datasets, downloaded or taken from an archive, checked, and laid out as identities."""

import os
import shutil
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image

from siamese_nb.errors import InputError
from siamese_nb.progress import progress_bar
from siamese_nb.storage import cache_folder, whole_folder

_OMNIGLOT = "https://raw.githubusercontent.com/brendenlake/omniglot/master/python/images_background.zip"
_OMNIGLOT_MD5 = "68d2efa1b9178cc56df9314c21c6e718"  # as torchvision states it
_OMNIGLOT_PICTURES, _LFW_PICTURES = 964 * 20, 13_233


def fetch_dataset(name: str, folder: str | os.PathLike[str], source: str | os.PathLike[str] | None = None) -> Path:
    """Lay out a public dataset as identities, whole or not at all; where it lies already, it is left as it is.

    Parameters
    ----------
    name : {"omniglot", "olivetti", "lfw"}
        Omniglot: `<alphabet>/<character>/*.png`, the 30 background alphabets, 19,280 drawings of 105 px. Olivetti:
        `<person>/*.png`, 40 people, 400 photos of 64 px. LFW: `<person>/*.jpg`, 13,233 photos of 250 px.
    folder : path
        Where to.
    source : path, optional
        The archive, for machines without a network: Omniglot's `images_background.zip`, `olivettifaces.mat`, or LFW's
        `lfw-funneled.tgz`. What is downloaded is checked against a known hash; of an archive that is given, the
        checksums in it and the number of pictures.

    Raises
    ------
    InputError
        If the name is not known, the folder is taken, or the archive cannot be had or is damaged.

    References
    ----------
    Lake, Salakhutdinov & Tenenbaum (2015), Science 350, 1332-1338. Samaria & Harter (1994), IEEE Workshop on
    Applications of Computer Vision, 138-142. Huang et al. (2007), University of Massachusetts Amherst, report 07-49.
    """
    if name not in _DATASETS:
        raise InputError(f"no public dataset is called {name!r}; choose one of {', '.join(_DATASETS)}")
    folder, archive = Path(folder), None if source is None else Path(source)
    if archive is not None and not archive.is_file():
        raise InputError(f"there is no file {archive}; give the archive of {name}")
    marker = folder / f".{name}"
    if not marker.exists():
        try:
            with whole_folder(folder) as temporary:
                _DATASETS[name](temporary, archive)
                (temporary / marker.name).touch()
        except FileExistsError as error:
            raise InputError(f"{folder} exists already and is not {name}; name a new folder") from error
    return folder


def _omniglot(folder: Path, archive: Path | None) -> None:
    archive = archive or _download_omniglot()
    try:
        with zipfile.ZipFile(archive) as opened:
            names = [name for name in opened.namelist() if _inside(name, ".png")]
            _expect(archive, len(names), _OMNIGLOT_PICTURES)
            for name in progress_bar(names, "Unpacking", "file"):
                _write(folder.joinpath(*PurePosixPath(name).parts[-3:]), opened.read(name))
    except (zipfile.BadZipFile, EOFError) as error:  # also where a checksum in it is wrong
        raise InputError(f"{archive} is damaged ({error}); copy or download it again") from error


def _download_omniglot() -> Path:
    import keras

    place = {"cache_dir": cache_folder(), "cache_subdir": "downloads"}
    try:
        return Path(keras.utils.get_file(origin=_OMNIGLOT, file_hash=_OMNIGLOT_MD5, **place))
    except Exception as error:  # Keras raises a bare Exception where there is no network
        raise _unreachable("omniglot", _OMNIGLOT) from error


def _olivetti(folder: Path, archive: Path | None) -> None:
    if archive is None:
        from sklearn.datasets import fetch_olivetti_faces

        try:
            faces = fetch_olivetti_faces(data_home=cache_folder() / "downloads").images
        except OSError as error:
            raise _unreachable("olivetti", "https://cs.nyu.edu/~roweis/data/olivettifaces.mat") from error
    else:
        from scipy.io import loadmat

        try:
            faces = loadmat(archive)["faces"].T.reshape(-1, 64, 64).transpose(0, 2, 1) / 255
        except (ValueError, TypeError, KeyError, OSError) as error:
            raise InputError(f"{archive} is not olivettifaces.mat or is damaged; download it again") from error
    _expect(archive or folder, len(faces), 400)
    for number, face in enumerate(np.rint(np.asarray(faces) * 255).astype(np.uint8)):
        place = folder / f"person{number // 10:02d}" / f"{number % 10}.png"
        place.parent.mkdir(exist_ok=True)
        Image.fromarray(face).save(place)


def _lfw(folder: Path, archive: Path | None) -> None:
    if archive is None:
        from sklearn.datasets import fetch_lfw_people

        downloads = cache_folder() / "downloads"
        try:
            fetch_lfw_people(data_home=downloads, min_faces_per_person=500)  # all are downloaded, few are decoded
        except OSError as error:
            raise _unreachable("lfw", "https://ndownloader.figshare.com/files/5976015") from error
        shutil.copytree(downloads / "lfw_home" / "lfw_funneled", folder, dirs_exist_ok=True)
        return
    try:
        with tarfile.open(archive) as opened:
            members = [member for member in opened if member.isfile() and _inside(member.name, ".jpg")]
            _expect(archive, len(members), _LFW_PICTURES)
            for member in progress_bar(members, "Unpacking", "file"):
                content = opened.extractfile(member)
                assert content is not None  # it is a file
                _write(folder.joinpath(*PurePosixPath(member.name).parts[-2:]), content.read())
    except (tarfile.TarError, EOFError, OSError) as error:
        raise InputError(f"{archive} is damaged ({error}); copy or download it again") from error


_DATASETS: dict[str, Callable[[Path, Path | None], None]] = {"omniglot": _omniglot, "olivetti": _olivetti, "lfw": _lfw}


def _inside(name: str, suffix: str) -> bool:
    """Tell whether an archive's member is a picture in folders, none of which leads out of the archive."""
    parts = PurePosixPath(name).parts
    return name.endswith(suffix) and len(parts) >= 3 and ".." not in parts


def _write(place: Path, content: bytes) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)


def _expect(archive: Path, found: int, expected: int) -> None:
    if found != expected:
        raise InputError(f"{archive} holds {found:,} pictures where {expected:,} are needed; give the original archive")


def _unreachable(name: str, address: str) -> InputError:
    return InputError(
        f"{name} cannot be downloaded; get {address} on a machine with a network and give it here: "
        f"siamese-nb get {name} --from FILE"
    )
