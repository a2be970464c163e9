"""What all tests share: a cache of their own, small folders of made-up pictures, and which files took long."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

_SLOWEST = 12  # files that are named at the end of a run

MakePicture = Callable[..., Path]
MakeFolder = Callable[..., Path]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which files took longest, set-up of what they share included."""
    seconds: Counter[str] = Counter()
    for report in (report for reports in terminalreporter.stats.values() for report in reports):
        if isinstance(report, pytest.TestReport):
            seconds[report.nodeid.split("::")[0]] += report.duration
    if len(seconds) > 1:
        terminalreporter.write_sep("=", f"slowest files, of {sum(seconds.values()):.0f} s in all")
        for name, spent in seconds.most_common(_SLOWEST):
            terminalreporter.write_line(f"{spent:7.1f} s  {name}")


@pytest.fixture(scope="session", autouse=True)
def session_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keep fixtures of a whole module or session out of the user's cache."""
    cache = tmp_path_factory.mktemp("session_cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIAMESE_NB_CACHE", str(cache))
        yield cache


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give each test an empty cache of its own, outside its `tmp_path`."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("SIAMESE_NB_CACHE", str(folder))
    return folder


@pytest.fixture(scope="session")
def make_picture() -> MakePicture:
    """Give `make_picture(path, size=16, seed=0, noise=0)`: write a blotchy RGB picture and return its path.

    The seed decides what it shows; noise, in grey levels, makes another photo of the same thing.
    """
    return write_picture


@pytest.fixture(scope="session")
def make_couples() -> MakeFolder:
    """Give `make_couples(folder, categories=2, couples=6, size=16)`: write so many couples in each category.

    They are named `category0/item0_one.png`, `category0/item0_two.png` and so on; returns the folder. No two files are
    equal, and the two of a couple look more alike than those of two couples.
    """

    def make(folder: Path, categories: int = 2, couples: int = 6, size: int = 16) -> Path:
        for category in range(categories):
            for item in range(couples):
                for number, side in enumerate(("one", "two")):
                    path = folder / f"category{category}" / f"item{item}_{side}.png"
                    write_picture(path, size, seed=category * couples + item, noise=10 + number)
        return folder

    return make


@pytest.fixture(scope="session")
def make_identities() -> MakeFolder:
    """Give `make_identities(folder, categories=2, things=4, pictures=3, size=16)`, for the layout of that name.

    They are named `category0/thing0/0.png` and so on; returns the folder.
    """

    def make(folder: Path, categories: int = 2, things: int = 4, pictures: int = 3, size: int = 16) -> Path:
        for category in range(categories):
            for thing in range(things):
                for picture in range(pictures):
                    path = folder / f"category{category}" / f"thing{thing}" / f"{picture}.png"
                    write_picture(path, size, seed=category * things + thing, noise=10 + picture)
        return folder

    return make


@dataclass(frozen=True)
class Trained:
    """A small trained bundle: the pictures' folder, the folders given to `train`, and the verifier as it came out."""

    data: Path
    out: Path
    logs: Path
    verifier: Any

    @property
    def path(self) -> Path:
        """The bundle's own folder."""
        return self.verifier.path


@pytest.fixture(scope="session")
def trained(make_couples: MakeFolder, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Train one network on 40 couples of 32 pixels, for all who need a bundle; copy it before changing it."""
    from siamese_nb import TrainConfig, train

    folder = tmp_path_factory.mktemp("trained")
    data = make_couples(folder / "data", categories=2, couples=20, size=32)
    config = TrainConfig(image_size=32, embedding=16, epochs=4, batch_images=16)
    verifier = train(data, config, out=folder / "saved_model", logs=folder / "logs")
    return Trained(data, folder / "saved_model", folder / "logs", verifier)


@pytest.fixture
def passed(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], list[np.ndarray]]:
    """Give `passed(leg)`: a list that every image that goes through the leg is put into."""

    def watch(leg: Any) -> list[np.ndarray]:
        seen: list[np.ndarray] = []
        predict = leg.predict_on_batch

        def counting(images: np.ndarray) -> np.ndarray:
            seen.extend(images)
            return predict(images)

        monkeypatch.setattr(leg, "predict_on_batch", counting)
        return seen

    return watch


def write_picture(path: Path, size: int = 16, seed: int = 0, noise: int = 0) -> Path:
    blotches = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), np.uint8)
    pixels = np.asarray(Image.fromarray(blotches).resize((size, size), Image.Resampling.BICUBIC), np.int64)
    pixels = pixels + np.random.default_rng([seed, noise]).integers(-noise, noise + 1, pixels.shape)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(path)
    return path
