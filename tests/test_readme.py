"""Every command and example of the README works, in the order in which it stands, on a small sample.

A command is run for real unless `NOT_RUN` says how it is checked instead; one that is neither fails here. What
a process of its own adds is tested by the first `train` and test_cli: most others are run in this process.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from typer.testing import CliRunner

from siamese_nb import TrainConfig
from siamese_nb.cli import app
from siamese_nb.rendering import FAMILIES
from siamese_nb.sample import write_sample
from siamese_nb.settings import read_settings

ROOT = Path(__file__).resolve().parents[1]
COUPLES_PER_CATEGORY = 3
SECONDS = 300
HERE = r"siamese-nb ((inspect|evaluate|compare|score|search) .*|train .* --distribution .*)"
SHELLS = ("bash", "console", "powershell")
# What a reader is taken to have: these pictures, pairs.csv, and couples of their own in data/.
PICTURES = ("one.jpg", "two.jpg", "query.jpg")


def fences():
    """List the README's fenced blocks as (language, body)."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return re.findall(r"^```(\w*)\n(.*?)^```$", text, re.M | re.S)


def commands(language, body):
    """List a block's commands: prompts, comments, shown output and line continuations are not part of them."""
    lines = re.sub(r"\s*\\\n\s*", " ", body).splitlines()
    if language == "console":
        lines = [line[2:] for line in lines if line.startswith("$ ")]
    bare = [re.sub(r"(^|\s+)#.*", "", line).strip() for line in lines]
    return [re.sub(r"(^|\s)\.venv[/\\](?:bin|Scripts)[/\\]", r"\1", line) for line in bare if line]


SHELL_STEPS = [line for language, body in fences() if language in SHELLS for line in commands(language, body)]
STEPS = [
    step
    for language, body in fences()
    if language in (*SHELLS, "python")
    for step in ([body] if language == "python" else commands(language, body))
]


def run(command, folder):
    """Run a command line as a reader with the environment's programs on the path."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    environment |= {"MPLBACKEND": "Agg", "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(
        ["sh", "-c", command], cwd=folder, env=environment, capture_output=True, text=True, timeout=SECONDS
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}"


def make_would_run(match, folder):
    run(f"make -n {match[1]}", ROOT)


def makefile_says_the_same(match, folder):
    recipe = re.sub(r"\s*\\\n\s*", " ", (ROOT / "Makefile").read_text(encoding="utf-8"))
    assert match[1] in recipe


def extra_is_declared(match, folder):
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert set(match[1].split(",")) <= set(declared)


def conda_environment_is_named(match, folder):
    assert match[1] in ("environment.yml", yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))["name"])


def logs_are_readable(match, folder):
    assert (Path(sys.executable).parent / "tensorboard").exists()
    runs = [EventAccumulator(str(file)).Reload() for file in (folder / match[1]).rglob("events.out.tfevents.*")]
    assert any("epoch_auc" in read.Tags()["tensors"] for read in runs)


def help_is_there(match, folder):
    run(f"{match[1]} --help", folder)


def settings_fit(match, folder):
    TrainConfig.from_dict({"leg": match[1], **read_settings([match[2]])})


def nothing(match, folder):
    """Leave it: it only moves the reader's shell."""


NOT_RUN = {
    r"git clone \S+|cd \S+|(?:source )?\S*activate": nothing,
    r"make (\w+)": make_would_run,  # they call this suite, or what other tests of it run
    r"(?:py -3\.1[123]|python3?) -m venv \.venv": nothing,
    r"python -m (pip install (?:.*--require-hashes|--no-deps).*|siamese_nb\.demo|pytest)": makefile_says_the_same,
    r"(?:python -m )?pip install (?:-e|--editable) [\"']?\.\[([\w,]+)\][\"']?": extra_is_declared,
    r"conda (?:env create -f|activate) (\S+)": conda_environment_is_named,
    r"(?:python -m )?tensorboard(?:\.main)? --logdir (\S+)": logs_are_readable,  # a server
    r"((?:\w+=\w+ )?(?:python -m jupyterlab|jupyter lab)\b).*": help_is_there,  # a server
    r"(siamese-nb app)\b.*": help_is_there,  # a server
    r"siamese-nb train \S+ --leg (\S+) --set (\S+)": settings_fit,  # weights from the network
}


def shortened(command):
    """Train for one epoch, and from nothing: the README's defaults are for a reader with time and a network."""
    if not command.startswith("siamese-nb train "):
        return command
    command = re.sub(r" --epochs \d+", "", command) + " --epochs 1"
    return re.sub(r" --weights \S+", "", command) + " --weights none" if "--leg " in command else command


def ask(command, folder, monkeypatch):
    """Run a command in this process, in a reader's folder."""
    monkeypatch.chdir(folder)
    result = CliRunner().invoke(app, shlex.split(command)[1:])
    assert result.exit_code == 0, f"{command}\n{result.output[-4000:]}"


def follow(example, folder, monkeypatch):
    """Run a Python block in this process, in a reader's folder."""
    monkeypatch.chdir(folder)
    exec(compile(example, "README.md", "exec"), {})


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    """Make a reader's folder: a small sample, the same couples as the reader's own, pictures and pairs."""
    folder = tmp_path_factory.mktemp("reader")
    write_sample(folder / "data/sample", couples=COUPLES_PER_CATEGORY * len(FAMILIES), progress=False)
    shutil.copytree(folder / "data/sample", folder / "data", dirs_exist_ok=True)
    couples = sorted((folder / "data/sample").rglob("*_one.*"))
    for name, couple in zip(PICTURES, couples, strict=False):
        Image.open(couple).convert("RGB").save(folder / name)
    rows = [f"{name},two.jpg,{label}\n" for name, label in (("one.jpg", 0), ("two.jpg", 1), ("query.jpg", 0))]
    (folder / "pairs.csv").write_text("one,two,label\n" + "".join(rows))
    return folder


def test_every_fence_says_what_it_is():
    assert {language for language, _ in fences()} <= {*SHELLS, "python", "text"}


def test_the_commands_that_matter_stand_in_the_readme():
    assert {"make demo", "make lab", "make test"} <= set(SHELL_STEPS)


@pytest.mark.skipif(os.name == "nt", reason="the README's commands are for a POSIX shell; Windows has its own block")
@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.splitlines()[0] if step else "")
def test_step(step, reader, monkeypatch):
    for pattern, check in NOT_RUN.items():
        if match := re.fullmatch(pattern, step):
            return check(match, reader)
    assert "\n" in step or step.startswith("siamese-nb "), f"neither run nor in NOT_RUN: {step}"
    if "\n" in step:
        return follow(step, reader, monkeypatch)
    if re.fullmatch(HERE, step):
        return ask(shortened(step), reader, monkeypatch)
    return run(shortened(step), reader)
