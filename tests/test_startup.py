"""TensorFlow's start-up notes are held back, and nothing else is."""

import os
import subprocess
import sys

import pytest

SCRIPT = """
import os
from siamese_nb.startup import without_notes
with without_notes():
    os.write(2, b"WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\\n")
    os.write(2, b"I0000 00:00:1700000000.1 1 cudart_stub.cc:31] Could not find cuda drivers\\n")
    os.write(2, b"E0000 00:00:1700000000.1 1 disk.cc:1] the disk is full\\n")
    os.write(2, b"a line of somebody else\\n")
    FAIL
os.write(2, b"afterwards\\n")
"""


def stderr_of(script, **environment):
    inherited = {name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"}
    done = subprocess.run([sys.executable, "-c", script], env=inherited | environment, capture_output=True, text=True)
    return done.stderr.splitlines()


def test_notes_are_held_back_and_errors_pass():
    lines = stderr_of(SCRIPT.replace("FAIL", ""))
    assert [line.split()[-1] for line in lines] == ["full", "else", "afterwards"]


def test_what_was_held_back_is_not_lost_when_the_import_fails():
    lines = stderr_of(SCRIPT.replace("FAIL", "raise ImportError('no such backend')"))
    assert lines[0].endswith("the disk is full") and lines[-1] == "ImportError: no such backend"


def test_all_is_shown_to_whoever_asks_for_it():
    assert len(stderr_of(SCRIPT.replace("FAIL", ""), TF_CPP_MIN_LOG_LEVEL="0")) == 5


def test_a_program_without_standard_error_starts_too():
    script = "import os; os.close(2)\nfrom siamese_nb.startup import without_notes\nwith without_notes(): print('in')"
    done = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert done.stdout == "in\n"


def test_a_gpu_is_shared_unless_its_owner_says_otherwise():
    asked = "import os, siamese_nb; siamese_nb.InputError; print(os.environ['TF_FORCE_GPU_ALLOW_GROWTH'])"
    for given in ({}, {"TF_FORCE_GPU_ALLOW_GROWTH": "false"}):
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("TF_FORCE")}
        done = subprocess.run([sys.executable, "-c", asked], env=inherited | given, capture_output=True, text=True)
        assert done.stdout.strip() == given.get("TF_FORCE_GPU_ALLOW_GROWTH", "true")


@pytest.mark.parametrize(
    "door", ["import siamese_nb; siamese_nb.Verifier", "import siamese_nb.answers", "import siamese_nb.app"]
)
def test_keras_starts_without_a_word(door):
    assert stderr_of(door) == []
