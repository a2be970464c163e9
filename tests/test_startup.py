"""TensorFlow's start-up notes are held back, whichever module brings Keras in, and nothing else is."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

KERAS = """
import os
os.write(2, b"WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\\n")
os.write(2, b"I0000 00:00:1700000000.1 1 cudart_stub.cc:31] Could not find cuda drivers\\n")
os.write(2, b"E0000 00:00:1700000000.1 1 disk.cc:1] the disk is full\\n")
os.write(2, b"a line of somebody else\\n")
"""
SCRIPT = """
import os
import siamese_nb.errors
import keras
os.write(2, b"afterwards\\n")
"""


def start(script: str, folder: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a script with nothing set that would quieten a library, and with a folder's modules before all others."""
    kept = {
        name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL" and name[:8] != "TF_FORCE"
    }
    script = f"import sys; sys.path.insert(0, {str(folder)!r})\n{script}" if folder else script
    return subprocess.run(
        [sys.executable, "-c", script], env=kept | environment, capture_output=True, text=True, timeout=120
    )


@pytest.fixture
def talkative(tmp_path: Path) -> Path:
    """Make a Keras that says what TensorFlow says, and more."""
    (tmp_path / "keras.py").write_text(KERAS)
    return tmp_path


def test_notes_are_held_back_and_errors_pass(talkative: Path) -> None:
    lines = start(SCRIPT, talkative).stderr.splitlines()
    assert [line.split()[-1] for line in lines] == ["full", "else", "afterwards"]


def test_what_was_held_back_is_not_lost_when_the_import_fails(talkative: Path) -> None:
    (talkative / "keras.py").write_text(f"{KERAS}raise ImportError('no such backend')")
    lines = start(SCRIPT, talkative).stderr.splitlines()
    assert lines[0].endswith("the disk is full")
    assert lines[-1] == "ImportError: no such backend"


def test_all_is_shown_to_whoever_asks_for_it(talkative: Path) -> None:
    assert len(start(SCRIPT, talkative, TF_CPP_MIN_LOG_LEVEL="0").stderr.splitlines()) == 5


def test_a_program_without_standard_error_starts_too(talkative: Path) -> None:
    (talkative / "keras.py").write_text("")
    script = "import os; os.close(2)\nimport siamese_nb\nimport keras\nprint('in')"
    assert start(script, talkative).stdout == "in\n"


def test_a_gpu_is_shared_unless_its_owner_says_otherwise() -> None:
    asked = "import os, siamese_nb; print(os.environ['TF_FORCE_GPU_ALLOW_GROWTH'])"
    assert start(asked).stdout.strip() == "true"
    assert start(asked, TF_FORCE_GPU_ALLOW_GROWTH="false").stdout.strip() == "false"


def test_keras_starts_without_a_word() -> None:
    done = start("import sys, siamese_nb.explain; print(bool(sys.modules['keras'].Model))")  # a room of its own
    assert (done.stdout, done.stderr) == ("True\n", "")
