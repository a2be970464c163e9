"""The papers agree with each other: pyproject.toml, environment.yml, requirements.lock, the wheel, the repository."""

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
ENVIRONMENT = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
LOCKED = [Requirement(line.rstrip(" \\")) for line in LOCK.splitlines() if line and line[0] not in " #"]

MACHINE_PATH = re.compile(r"(?<![\w.:/])/(?:work|tmp|root|home|Users|opt|mnt)/\w|\b[A-Z]:\\Users\\")
INDEX_HOST = re.compile(r"pypi\.org|pythonhosted\.org|artifactory|devpi|/simple\b|--(?:extra-)?index-url[ =]\S*:", re.I)


def pins(requirements):
    """Map each requirement's name to its version clause."""
    return {requirement.name: str(requirement.specifier) for requirement in requirements}


def tracked_files():
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if listing.returncode:
        pytest.skip("not a git checkout")
    return [name for name in listing.stdout.split("\0") if (ROOT / name).is_file()]


def test_every_direct_dependency_is_pinned_to_one_version():
    groups = [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()]
    for requirement in map(Requirement, [line for group in groups for line in group]):
        assert re.fullmatch(r"==[\w.]+", str(requirement.specifier)), requirement


def test_environment_yml_lists_the_dependencies_of_pyproject_and_no_others():
    conda = [line for line in ENVIRONMENT["dependencies"] if isinstance(line, str)]
    (from_pip,) = [line["pip"] for line in ENVIRONMENT["dependencies"] if isinstance(line, dict)]
    assert from_pip[-1] == "--editable ."
    assert pins(map(Requirement, from_pip[:-1])) == pins(map(Requirement, PROJECT["dependencies"]))
    python, pip = map(Requirement, conda)
    assert (python.name, pip.name) == ("python", "pip")
    assert python.specifier == SpecifierSet(PROJECT["requires-python"])


def test_extras():
    assert set(PROJECT["optional-dependencies"]) == {"fast", "gpu", "test", "dev"}
    (gpu,) = map(Requirement, PROJECT["optional-dependencies"]["gpu"])
    assert (gpu.name, gpu.extras) == ("tensorflow", {"and-cuda"})
    assert str(gpu.specifier) == pins(map(Requirement, PROJECT["dependencies"]))["tensorflow"]


def test_lock_holds_the_versions_of_pyproject():
    extras = PROJECT["optional-dependencies"]
    locked = pins(LOCKED)
    for name, version in pins(map(Requirement, PROJECT["dependencies"] + extras["test"] + extras["dev"])).items():
        assert locked[name] == version


def test_lock_gives_each_python_and_system_exactly_one_version():
    python = ("3.11.0", "3.11.9", "3.12.4", "3.13.1")
    systems = (("linux", "posix"), ("darwin", "posix"), ("win32", "nt"))
    for full in python:
        for sys_platform, os_name in systems:
            environment = {"python_full_version": full, "python_version": full[:4]}
            environment |= {"sys_platform": sys_platform, "os_name": os_name}
            names = [locked.name for locked in LOCKED if not locked.marker or locked.marker.evaluate(environment)]
            assert len(names) == len(set(names)) > 100, (full, sys_platform)


def test_lock_has_hashes_for_all_and_names_no_index_path_or_torch():
    blocks = re.findall(r"^[^\s#].*(?:\n    --hash=sha256:[0-9a-f]{64}(?: \\)?)+$", LOCK, re.M)
    assert len(blocks) == len(LOCKED)
    assert all(locked.url is None and locked.name != "torch" for locked in LOCKED)
    assert "://" not in LOCK
    assert not re.search(r"^--", LOCK, re.M)
    assert "make lock" in "".join(LOCK.splitlines()[:2])


def test_licence_is_mit():
    assert PROJECT["license"] == "MIT"
    assert (ROOT / "LICENSE").read_text(encoding="utf-8").startswith("MIT License\n\nCopyright (c) ")


def test_wheel_carries_every_module_script_and_style_sheet(tmp_path):
    source, out = tmp_path / "source", tmp_path / "out"
    ignored = shutil.ignore_patterns("__pycache__", "*.pyc", ".*")
    shutil.copytree(ROOT / "siamese_nb", source / "siamese_nb", ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    build = ["wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", out, source]
    subprocess.run([sys.executable, "-m", "pip", *build], check=True)
    (wheel,) = out.glob("siamese_nb-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if name.startswith("siamese_nb/")}
        (metadata,) = [archive.read(name).decode() for name in archive.namelist() if name.endswith("/METADATA")]
        (scripts,) = [archive.read(name).decode() for name in archive.namelist() if name.endswith("/entry_points.txt")]
    files = [path for path in (source / "siamese_nb").rglob("*") if path.is_file()]
    assert packed == {path.relative_to(source).as_posix() for path in files}
    assert "License-Expression: MIT" in metadata and "License-File: LICENSE" in metadata
    assert "siamese-nb = siamese_nb.cli:main" in scripts


@pytest.mark.parametrize("name", ["data/cups/1_one.png", "data/sample/cups/1_one.png", "saved_model/run/model.keras"])
def test_git_leaves_out_what_is_the_users(name):
    tracked_files()
    assert subprocess.run(["git", "check-ignore", "-q", name], cwd=ROOT).returncode == 0


def test_git_keeps_the_note_in_data():
    assert "data/README.md" in tracked_files()


def test_no_tracked_file_names_a_machine_path_or_a_package_index():
    offences = []
    for name in tracked_files():
        content = (ROOT / name).read_bytes()
        if b"\0" not in content and name != "tests/test_packaging.py":
            for line in content.decode("utf-8").splitlines():
                offences += [(name, line[:120])] if MACHINE_PATH.search(line) or INDEX_HOST.search(line) else []
    assert not offences
