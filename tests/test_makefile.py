"""The set-up keeps its promises: any folder name, a clear line without Python, no half-made environment passed off."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TARGETS = ("demo", "lab", "test", "lint", "docs", "bench", "lock", "clean")

# Stands in for Python: `-m venv` copies it into .venv, `-m pip install` succeeds while the file `network` exists.
STAND_IN = """#!/bin/sh
echo "$*" >> calls
case "$*" in
  "-m venv --clear .venv") rm -rf .venv; mkdir -p .venv/bin; cp stand-in .venv/bin/python ;;
  "-m pip install"*) echo "  Downloading big-1.0.whl (9.9 MB)"; test -e network ;;
esac
"""

pytestmark = pytest.mark.skipif(shutil.which("make") is None or os.name == "nt", reason="needs make")


@pytest.fixture
def checkout(tmp_path):
    """A folder with a space in its name that holds what the set-up reads."""
    folder = tmp_path / "a folder with space"
    folder.mkdir()
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    stand_in = folder / "stand-in"
    stand_in.write_text(STAND_IN)
    stand_in.chmod(0o755)
    return folder


def make(folder, *arguments):
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "PYTHON"))}
    return subprocess.run(["make", *arguments], cwd=folder, env=inherited, capture_output=True, text=True)


def set_up(folder):
    return make(folder, "PYTHON=./stand-in", ".venv/.installed")


@pytest.mark.parametrize("target", TARGETS)
def test_target_is_there_and_uses_relative_paths_and_modules_only(checkout, target):
    commands = make(checkout, "-n", target)
    assert commands.returncode == 0, commands.stderr
    assert str(checkout) not in commands.stdout
    assert ".venv/bin/" not in commands.stdout.replace(".venv/bin/python", "")


@pytest.mark.parametrize("text", ["README.md", "CONTRIBUTING.md", "Makefile"])
def test_every_target_that_is_spoken_of_is_there(text):
    spoken = set(
        re.findall(
            r"(?:^|`|&& |\becho \")(?:\w+=\S+ )?make (?:PYTHON=\S+ )?([a-z]+)", (ROOT / text).read_text("utf-8"), re.M
        )
    )
    assert spoken and spoken <= set(TARGETS)


def test_unsuitable_python_is_one_clear_line(checkout):
    refused = make(checkout, "test", "PYTHON=false")
    assert refused.returncode == 2
    first, *rest = refused.stderr.splitlines()
    assert "3.11, 3.12 or 3.13" in first and "make PYTHON=" in first
    assert all(line.startswith("make") for line in rest)
    assert not (checkout / ".venv").exists()


def test_set_up_runs_once_and_shows_large_downloads(checkout):
    (checkout / "network").touch()
    first = set_up(checkout)
    assert first.returncode == 0, first.stderr
    assert "  Downloading big-1.0.whl (9.9 MB)\n" in first.stdout
    calls = (checkout / "calls").read_text()
    assert "install --no-deps --require-hashes -r requirements.lock\n" in calls
    assert set_up(checkout).returncode == 0
    assert (checkout / "calls").read_text() == calls


def test_failed_set_up_is_made_anew_from_nothing(checkout):
    assert set_up(checkout).returncode == 2
    assert not (checkout / ".venv/.installed").exists()
    (checkout / ".venv/half-installed").touch()
    (checkout / "network").touch()
    assert set_up(checkout).returncode == 0
    assert (checkout / ".venv/.installed").exists()
    assert not (checkout / ".venv/half-installed").exists()
    assert not (checkout / ".venv/.unfinished").exists()


def test_changed_lock_updates_the_environment_in_place(checkout):
    (checkout / "network").touch()
    set_up(checkout)
    (checkout / ".venv/installed-by-the-user").touch()
    later = (checkout / ".venv/.installed").stat().st_mtime + 5
    os.utime(checkout / "requirements.lock", (later, later))
    calls = (checkout / "calls").read_text()
    assert set_up(checkout).returncode == 0
    assert (checkout / ".venv/installed-by-the-user").exists()
    assert "pip install" in (checkout / "calls").read_text()[len(calls) :]
