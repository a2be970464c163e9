"""The command line: one answer on stdout, one line and status 2 for bad input, never a traceback."""

import csv
import dataclasses
import inspect
import io
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from siamese_nb import TrainConfig, cli, sample, scored_pairs
from siamese_nb.cli import app
from siamese_nb.intervals import figures_with_intervals
from siamese_nb.verifier import Verifier

ESTIMATES = (
    "accuracy",
    "precision",
    "recall",
    "auc",
    "eer",
    "recall_at_precision_80",
    "recall_at_precision_90",
    "recall_at_precision_95",
)


@pytest.fixture(autouse=True)
def few_bootstraps(monkeypatch: pytest.MonkeyPatch) -> None:
    def figures(*given: object) -> dict[str, float]:
        return figures_with_intervals(*given, n_bootstrap=20)  # type: ignore[arg-type]

    monkeypatch.setattr(scored_pairs, "figures_with_intervals", figures)


def run(*words: object) -> Result:
    result = CliRunner().invoke(app, [str(word) for word in words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception  # a person would see a traceback
    return result


def answer_of(*words: object) -> dict:
    """Run a command with --json; return its answer, which must be all that stands on stdout."""
    result = run(*words, "--json")
    assert result.exit_code == 0, result.stderr
    answer = json.loads(result.stdout, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    assert isinstance(answer, dict)
    return answer


def line_of(*words: object) -> str:
    """Run a command that must fail; return its one line."""
    result = run(*words)
    assert result.exit_code == 2
    assert result.stdout == ""
    # A machine that is busy shows bars, which wipe themselves out: on a terminal one line is left.
    lines = [line for line in result.stderr.splitlines() if line.strip() and not re.search(r"\d+%\|", line)]
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("error: ")
    assert "Traceback" not in result.stderr
    return lines[0]


def write_bomb(path: Path, side: int = 20_000) -> Path:
    """Write a PNG of 20,000 x 20,000 pixels, as small as it can be."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    packer, rows = zlib.compressobj(9), []
    for _ in range(side):
        rows.append(packer.compress(bytes(1 + side // 8)))
    pixels = b"".join(rows) + packer.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b""))
    return path


@pytest.fixture
def couple(trained) -> tuple[Path, Path]:
    scored = trained.verifier.pairs["test"]
    return trained.data / scored.one[0], trained.data / scored.two[0]


@pytest.fixture
def spoilt(make_couples, tmp_path: Path) -> Path:
    """Give ten couples, and after them everything that can be wrong with a picture."""
    data = make_couples(tmp_path / "spoilt", categories=1, couples=10, size=32)
    folder = data / "category0"
    (folder / "item0_two.png").unlink()
    shutil.copy(folder / "item1_one.png", folder / "item1_one.bmp")
    (folder / "item2_one.png").write_bytes(b"")
    from PIL import Image

    jpeg = io.BytesIO()
    Image.open(folder / "item3_one.png").resize((128, 128)).save(jpeg, "JPEG")
    (folder / "item3_one.png").unlink()
    (folder / "item3_one.jpg").write_bytes(jpeg.getvalue()[:-300])
    write_bomb(folder / "item4_one.png")
    (folder / "notes.txt").write_text("hello")
    return data


def test_inspect_says_what_is_there(make_couples, tmp_path: Path) -> None:
    answer = answer_of("inspect", make_couples(tmp_path / "data", categories=2, couples=3))
    assert (answer["images"], answer["couples"], answer["categories"], answer["problems"]) == (12, 6, 2, [])


def test_inspect_names_what_leaks_from_another_dataset(make_couples, tmp_path: Path) -> None:
    train, test = (make_couples(tmp_path / name, categories=1, couples=3) for name in ("train", "test"))
    answer = answer_of("inspect", test, "--against", train)
    (leak,) = [finding for finding in answer["findings"] if finding["kind"].startswith("leak")]
    assert (leak["kind"], leak["severity"], leak["count"]) == ("leak_same_file", "error", 6)
    assert ["category0/item0_one.png", "../train/category0/item0_one.png"] in leak["groups"]


def test_inspect_names_every_problem_and_goes_on(spoilt: Path) -> None:
    answer = answer_of("inspect", spoilt)
    assert answer["couples"] == 5
    assert all(set(problem) == {"path", "kind", "message"} for problem in answer["problems"])
    kinds = {problem["path"].removeprefix("category0/"): problem["kind"] for problem in answer["problems"]}
    assert kinds["item0_one.png"] == "missing_twin"
    assert kinds["item1_one.png"] == kinds["item1_one.bmp"] == "two_twins"
    assert kinds["item3_one.jpg"] == "truncated"
    assert kinds["notes.txt"] == "stray_file"
    found = {(problem["path"].removeprefix("category0/"), problem["kind"]) for problem in answer["problems"]}
    assert {("item2_one.png", "empty"), ("item4_one.png", "too_large")} <= found


def test_inspect_writes_its_findings_as_a_page_too(make_couples, tmp_path: Path) -> None:
    data = make_couples(tmp_path / "data", categories=2, couples=6, size=40)
    one, two = (data / "category0" / f"item0_{side}.png" for side in ("one", "two"))
    two.write_bytes(one.read_bytes())
    answer = answer_of("inspect", data, "--html", tmp_path / "report.html")
    (copied,) = [found for found in answer["findings"] if found["kind"] == "same_file_within_thing"]
    assert copied["paths"] == ["category0/item0_one.png", "category0/item0_two.png"]
    assert copied["count"] == 1
    assert "category0/item0_two.png" in (tmp_path / "report.html").read_text("utf-8")


INTERRUPTED = """
import atexit, os, signal, sys
from siamese_nb import cli, decoding, header_cache
module, name = {"headers": (header_cache, "read_header"), "pictures": (decoding, "read_image")}[sys.argv.pop(1)]
read, last, calls = getattr(module, name), int(sys.argv.pop(1)), []
def interrupted(*given):
    calls.append(1)
    if len(calls) == last:
        os.kill(os.getpid(), signal.SIGINT)
    return read(*given)
setattr(module, name, interrupted)
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
atexit.register(lambda: print(len(calls), file=sys.stderr))
cli.main()
"""


@pytest.mark.parametrize("step", ["headers", "pictures"])
def test_inspect_goes_on_after_ctrl_c(make_couples, tmp_path: Path, cache: Path, step: str) -> None:
    """Stop it in the middle of a step by a real signal; the next run does what was left."""
    data = make_couples(tmp_path / "data", categories=2, couples=160)

    def inspect(last: int, *options: object) -> tuple[subprocess.CompletedProcess[str], int]:
        command = [sys.executable, "-c", INTERRUPTED, step, last, "inspect", data, *options]
        ended = subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=120, check=False)
        return ended, int(ended.stderr.split()[-1])

    stopped, before = inspect(100, "--html", tmp_path / "report.html")
    assert stopped.returncode == 130, stopped.stderr
    assert "stopped; nothing was left half-written" in stopped.stderr
    assert stopped.stdout == ""
    assert [file for file in (*cache.rglob(".*"), *tmp_path.rglob(".*")) if file.exists()] == []
    assert not (tmp_path / "report.html").exists()
    ended, after = inspect(0, "--json")
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["couples"] == 320
    assert 100 <= before < 640
    assert 640 - before <= after < 640, "what the threads had in hand may be read again"


def test_inspect_looks_by_a_bundle(trained) -> None:
    answer = answer_of("inspect", trained.data, "--bundle", trained.out)
    assert answer["decoded_to"] == "32 x 32"
    assert answer["couples"] == 40
    assert "give the bundle alone" in line_of("inspect", trained.data, "--bundle", trained.out, "--leg", "vgg16")
    assert "no bundle" in line_of("inspect", trained.data, "--bundle", trained.data)


def test_inspect_is_readable_without_json(spoilt: Path) -> None:
    result = run("inspect", spoilt)
    assert result.exit_code == 0
    assert "couples: 5\n" in result.stdout
    assert "missing_twin" in result.stdout


def test_train_takes_for_granted_what_a_configuration_does() -> None:
    known = {field.name: field.default for field in dataclasses.fields(TrainConfig)}
    taken = {name: option.default for name, option in inspect.signature(cli.train).parameters.items() if name in known}
    assert {"leg", "loss", "seed"} < set(taken)
    assert {name: value for name, value in taken.items() if value is not None} == {
        name: known[name] for name, value in taken.items() if value is not None
    }


def test_train_leaves_a_bundle_and_says_where(make_couples, tmp_path: Path) -> None:
    data = make_couples(tmp_path / "data", categories=2, couples=5, size=32)
    out, logs = tmp_path / "out", tmp_path / "logs"
    words = ("--image-size", 32, "--epochs", 1, "--neg-factor", 2, "--seed", 5, "--out", out, "--logs", logs)
    words += ("--loss", "binary_crossentropy", "--augment", "affine")
    for setting in ("optimizer=muon", "schedule=cosine", "averaged_views=2", "embedding=null", "mining=hard"):
        words += ("--set", setting)
    answer = answer_of("train", data, "--leg", "base_cnn", *words)
    assert {"bundle", "threshold", "validation", "test"} <= set(answer)
    verifier = Verifier.load(out)
    assert Path(answer["bundle"]) == verifier.path
    assert answer["threshold"] == verifier.threshold
    assert answer["test"]["pairs"] == 3 * 2
    config = verifier.about["config"]
    assert (config["image_size"], config["epochs"], config["neg_factor"], config["seed"]) == (32, 1, 2, 5)
    assert (config["loss"], config["augment"], config["mining"]) == ("binary_crossentropy", "affine", "hard")
    assert answer["suspects"] == verifier.about["suspects"]
    assert (config["optimizer"], config["schedule"], config["averaged_views"]) == ("muon", "cosine", 2)
    assert config["embedding"] is None
    assert list((logs / "fit").iterdir())


def test_evaluate_gives_every_figure_with_its_bounds(trained) -> None:
    answer = answer_of("evaluate", trained.out, trained.data)
    assert answer["threshold"] == trained.verifier.threshold
    assert answer["pairs"] == trained.verifier.about["test"]["pairs"]
    for name in ESTIMATES:
        for part in (answer, answer["across"], answer["within"]):
            assert {name, f"{name}_low", f"{name}_high"} <= set(part)
        low, value, high = answer[f"{name}_low"], answer[name], answer[f"{name}_high"]
        assert None in (low, high) or low <= value <= high


def test_evaluate_writes_a_report_where_asked(trained, tmp_path) -> None:
    found = answer_of("evaluate", trained.out, trained.data, "--html", tmp_path / "report.html")
    assert f"{found['auc']:.3f}" in (tmp_path / "report.html").read_text("utf-8")


def test_evaluate_is_readable_without_json(trained) -> None:
    result = run("evaluate", trained.path, trained.data)
    assert result.exit_code == 0
    assert "accuracy: " in result.stdout
    assert "within:" in result.stdout
    assert "_low" not in result.stdout


def test_compare_says_yes_or_no(trained, couple: tuple[Path, Path]) -> None:
    answer = answer_of("compare", trained.out, *couple)
    assert set(answer) == {"score", "threshold", "verdict", "probability"}
    assert answer["verdict"] == ("similar" if answer["score"] >= answer["threshold"] else "not similar")
    assert 0 < answer["probability"] < 1
    assert answer_of("compare", trained.out, *reversed(couple)) == answer
    result = run("compare", trained.out, *couple)
    assert f"verdict: {answer['verdict']}\n" in result.stdout


def write_pairs(file: Path, trained) -> list[tuple[str, str]]:
    scored = trained.verifier.pairs["test"]
    pairs = [
        (os.path.relpath(trained.data / one, file.parent), os.path.relpath(trained.data / two, file.parent))
        for one, two in zip(scored.one, scored.two, strict=True)
    ]
    with file.open("w", newline="") as stream:
        csv.writer(stream).writerows([("one", "two"), *pairs])
    return pairs


def test_score_gives_a_table(trained, tmp_path: Path) -> None:
    pairs = write_pairs(tmp_path / "pairs.csv", trained)
    result = run("score", trained.out, tmp_path / "pairs.csv")
    assert result.exit_code == 0
    rows = list(csv.reader(io.StringIO(result.stdout)))
    assert rows[0] == ["one", "two", "score"]
    assert [(one, two) for one, two, _ in rows[1:]] == pairs
    scores = [float(score) for *_, score in rows[1:]]
    assert np.allclose(scores, trained.verifier.pairs["test"].scores, atol=1e-6)
    answer = answer_of("score", trained.out, tmp_path / "pairs.csv")
    assert [(row["one"], row["two"]) for row in answer["pairs"]] == pairs
    assert [row["score"] for row in answer["pairs"]] == scores


def test_search_ranks_a_folder(trained, couple: tuple[Path, Path]) -> None:
    found = answer_of("search", trained.out, couple[0], trained.data, "-k", 3)["found"]
    assert [set(row) for row in found] == [{"path", "score", "verdict"}] * 3
    assert trained.data / found[0]["path"] == couple[0]


def test_sample_says_what_was_written_where(make_couples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple] = []

    def quick(folder: Path, *given: object) -> Path:
        asked.append(given)
        return make_couples(folder, categories=1, couples=3)

    monkeypatch.setattr(sample, "write_sample", quick)
    answer = answer_of("sample", tmp_path / "digits", "--kind", "digits", "--seed", 4)
    assert answer == {"data": str(tmp_path / "digits"), "images": 6}
    assert asked == [("digits", 4)]


def test_a_sample_of_an_unknown_kind_is_one_line(tmp_path: Path) -> None:
    assert "'faces'" in line_of("sample", tmp_path / "faces", "--kind", "faces")
    assert list(tmp_path.iterdir()) == []


DATA_COMMANDS = ("inspect", "train", "evaluate", "search")


def with_data(command: str, data: object, trained, couple: tuple[Path, Path], tmp_path: Path) -> tuple[object, ...]:
    return {
        "inspect": ("inspect", data),
        "train": ("train", data, "--out", tmp_path / "out", "--logs", tmp_path / "logs", "--image-size", 32),
        "evaluate": ("evaluate", trained.out, data),
        "search": ("search", trained.out, couple[0], data),
    }[command]


@pytest.mark.parametrize("command", DATA_COMMANDS)
def test_data_that_are_not_there_are_one_line(command: str, trained, couple, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "texts").mkdir()
    for number in range(3):
        (tmp_path / "texts" / f"{number}.txt").write_text("hello")
    for folder, words in (
        ("empty", "no pictures in"),
        ("texts", "holds 3 other files"),
        ("none", "there is no folder"),
    ):
        line = line_of(*with_data(command, tmp_path / folder, trained, couple, tmp_path))
        assert words in line
        assert str(tmp_path / folder) in line
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "texts"]  # nothing was written


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), "has 5 couples"),
        (("--leg", "vgg17"), "'vgg17' is not known"),
        (("--leg", "mobilenetv2", "--weights", "none.h5"), "no weights file none.h5"),
        (("--neg-factor", "0"), "neg_factor=0"),
        (("--set", "engine=quick"), "engine='quick'"),
        (("--loss", "hinge"), "loss='hinge' is not known; choose one of binary_crossentropy"),
        (("--negatives", "hard"), "negatives='hard'"),
        (("--epochs", "0"), "epochs=0"),
        (("--image-size", "7"), "image_size=7"),
        (("--seed", "-1"), "seed=-1"),
        (("--set", "views"), "'views' has no value"),
        (("--set", "view=5"), "the setting view is not known"),
        (("--layout", "heap"), "layout 'heap'"),
        (("--layout", "pairs"), "cannot read"),
    ],
)
def test_what_cannot_be_trained_is_one_line(
    words: tuple[str, ...], expected: str, spoilt: Path, tmp_path: Path
) -> None:
    out, logs = tmp_path / "out", tmp_path / "logs"
    assert expected in line_of("train", spoilt, "--image-size", 32, "--out", out, "--logs", logs, *words)
    assert [path for folder in (out, logs) for path in folder.rglob("*")] == []


def test_a_place_that_cannot_be_written_is_one_line(make_couples, tmp_path: Path) -> None:
    data = make_couples(tmp_path / "data", categories=1, couples=8)
    (tmp_path / "taken").write_text("mine")
    assert "cannot write" in line_of("train", data, "--out", tmp_path / "taken" / "out", "--logs", tmp_path / "logs")
    assert "cannot write" in line_of("train", data, "--out", tmp_path / "out", "--logs", tmp_path / "taken")
    assert "taken" in line_of("sample", tmp_path / "taken" / "sample", "--kind", "digits")
    assert (tmp_path / "taken").read_text() == "mine"


@pytest.mark.parametrize("command", ["compare", "score", "evaluate", "search"])
def test_a_bundle_that_cannot_be_used_is_one_line(command: str, trained, couple, tmp_path: Path) -> None:
    write_pairs(tmp_path / "pairs.csv", trained)
    words = {
        "compare": couple,
        "score": (tmp_path / "pairs.csv",),
        "evaluate": (trained.data,),
        "search": (couple[0], trained.data),
    }[command]
    assert "there is no bundle in" in line_of(command, tmp_path / "none", *words)
    newer = Path(shutil.copytree(trained.path, tmp_path / "newer"))
    about = json.loads((newer / "bundle.json").read_text())
    (newer / "bundle.json").write_text(json.dumps({**about, "format": 99}))
    assert "newer than this one" in line_of(command, newer, *words)
    damaged = Path(shutil.copytree(trained.path, tmp_path / "damaged"))
    (damaged / "model.keras").write_bytes((damaged / "model.keras").read_bytes()[:1000])
    assert "is damaged" in line_of(command, damaged, *words)


def test_a_picture_that_cannot_be_read_is_one_line(trained, couple, spoilt: Path) -> None:
    folder = spoilt / "category0"
    for name, words in (
        ("item2_one.png", "0 bytes"),
        ("item3_one.jpg", "truncated"),
        ("item4_one.png", "too large"),
        ("notes.txt", "not a picture"),
        ("none.png", "cannot open"),
    ):
        line = line_of("compare", trained.out, couple[0], folder / name)
        assert words in line
        assert name in line
        assert line_of("search", trained.out, folder / name, trained.data) == line


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("one,two,label\na.png,nan,1\n", "line 2: a path is missing or NaN"),
        ("one,two,label\na.png,b.png,nan\n", "line 2: the label is 'nan'"),
        ("one,two,label\n", "has no pairs"),
        ("left,right\na.png,b.png\n", "lacks the column one, two"),
        ("one,two,label\na.png,b.png,1\n", "none of the pictures"),
        ("", "lacks the column"),
    ],
)
def test_a_file_of_pairs_that_cannot_be_used_is_one_line(content: str, words: str, trained, tmp_path: Path) -> None:
    file = tmp_path / "pairs.csv"
    file.write_text(content)
    for command in ("evaluate", "train", "score"):
        if command == "score" and ("label is" in words or "none of" in words):
            continue  # it asks for no labels, and names the one picture that it cannot open
        bundle = () if command == "train" else (trained.out,)
        places = ("--out", tmp_path / "out", "--logs", tmp_path / "logs") if command == "train" else ()
        assert words in line_of(command, *bundle, file, *places)
    assert [path.name for path in tmp_path.iterdir()] == ["pairs.csv"]


def test_scoring_a_picture_that_is_not_there_is_one_line(trained, tmp_path: Path) -> None:
    (tmp_path / "pairs.csv").write_text("one,two\nnone.png,none.png\n")
    assert "none.png" in line_of("score", trained.out, tmp_path / "pairs.csv")
    assert "cannot read" in line_of("score", trained.out, tmp_path / "no.csv")
    assert "cannot read" in line_of("score", trained.out, tmp_path)


@pytest.mark.parametrize(
    "words",
    [
        ("inspect",),
        ("inspect", "data", "--colour", "red"),
        ("guess", "data"),
        ("train", "data", "--epochs", "many"),
        ("search", "models", "a.png", "data", "-k", "0"),
        ("compare", "models", "a.png"),
    ],
)
def test_a_wrong_use_is_told_without_a_traceback(words: tuple[str, ...]) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Usage" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("words", [("--help",), *[(command, "--help") for command in ("sample", *DATA_COMMANDS)]])
def test_help_is_there(words: tuple[str, ...]) -> None:
    result = run(*words)
    assert result.exit_code == 0
    assert "Usage" in result.stdout


def test_ctrl_c_is_one_line(trained, couple, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*given: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Verifier, "compare", interrupted)
    result = run("compare", trained.out, *couple)
    assert result.exit_code == 130
    assert result.stdout == ""
    assert result.stderr == "stopped; nothing was left half-written\n"


def test_what_a_library_prints_does_not_reach_stdout(trained, couple, monkeypatch: pytest.MonkeyPatch) -> None:
    compare = Verifier.compare

    def chatty(self: Verifier, *pictures: Path) -> dict:
        print("100% done")
        return compare(self, *pictures)

    monkeypatch.setattr(Verifier, "compare", chatty)
    assert answer_of("compare", trained.out, *couple)["verdict"]
    assert "100% done" in run("compare", trained.out, *couple).stderr


def fresh(*words: object) -> subprocess.CompletedProcess[str]:
    """Run the command line as a person does, with nothing set that would quieten a library."""
    quiet = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
    command = [sys.executable, "-m", "siamese_nb.cli", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, env=quiet, check=False)


def test_in_a_process_of_its_own_the_answer_stands_alone(trained, couple) -> None:
    result = fresh("compare", trained.out, *couple, "--json")
    assert result.returncode == 0
    assert result.stderr == ""
    answer = json.loads(result.stdout)
    assert answer["score"] == pytest.approx(Verifier.load(trained.out).compare(*couple)["score"], abs=1e-6)


def test_in_a_process_of_its_own_bad_input_is_one_line(tmp_path: Path) -> None:
    result = fresh("inspect", tmp_path)
    assert result.returncode == 2
    assert result.stdout == ""
    assert [line.split(":")[0] for line in result.stderr.splitlines()] == ["error"]
