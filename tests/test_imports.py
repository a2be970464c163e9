"""Imports run one way, and `import siamese_nb` costs next to nothing."""

import ast
import json
import re
import subprocess
import sys
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import siamese_nb

ROOT = Path(siamese_nb.__file__).parent

TABLE = re.search(
    r"^## The modules$(.*?)^## ", (ROOT.parent / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL
)[1]
# As in the README, from the ground up: each module imports from what stands before it, and from nothing after it.
ROOMS = [re.findall(r"`(\w+)`", row) for row in re.findall(r"^\|[^|]*\|([^|]*)\|", TABLE, re.MULTILINE)][2:]
ORDER = [module for room in ROOMS for module in room]
WITH_KERAS = {
    "fetch", "frames", "preprocessing", "scratch_legs", "legs", "blocks", "models", "views", "whitening",
    "local_scaling", "muon", "sources", "engines", "embeddings", "embedding_cache", "scoring", "losses",
    "augmentation", "mining", "batches", "distribution", "learners", "callbacks", "checkpoints", "board", "devices",
    "watching", "stages", "explain", "bundle", "verifier", "same_pairs", "provenance", "training_data", "run",
    "outcome", "training", "answers", "demo",
}  # fmt: skip
# What the rooms that anyone should be able to use alone may know of the others, beside `errors`.
KNOWS = {
    "metrics": set(),
    "intervals": {"metrics", "threads"},
    "thresholds": {"metrics"},
    "calibration": {"metrics"},
    "rendering": set(),
    "plots": {"intervals", "metrics", "palette"},
    "explain": {"embeddings", "intervals", "likeness", "models"},
    "clusters": {"metrics"},
    "widgets": {
        "clusters", "dataset", "images", "intervals", "metrics", "pairs", "palette", "progress", "review", "storage",
        "suspects", "thresholds", "thumbnails",
    },
}  # fmt: skip
BROWSER = {"anywidget", "ipywidgets", "IPython"}  # what widgets are made of
HEAVY = ["keras", "tensorflow", "jax", "torch", "matplotlib", "scipy", "sklearn", "pandas"]


def module_name(file: Path) -> str:
    parts = file.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


TREES = {module_name(file): ast.parse(file.read_text("utf-8")) for file in sorted(ROOT.rglob("*.py"))}


@cache
def imported(module: str) -> set[str]:
    """List what a module imports anywhere in it, functions too; of a package, the submodule where one is meant."""
    found = set()
    for node in ast.walk(TREES[module]):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module} imports relatively"
            for alias in node.names:
                lazy = siamese_nb._MODULES.get(alias.name) if node.module == "siamese_nb" else None
                inner = f"{node.module}.{lazy or alias.name}"
                found.add(inner if inner in TREES else node.module)
    return found


def top(module: str) -> str:
    """Return the name that stands in the table: the module's, or that of the package it lies in."""
    return module.split(".")[1]


def test_every_module_has_its_place() -> None:
    assert {top(module) for module in TREES if "." in module} == set(ORDER), (
        "give new modules their place in the README's table"
    )
    assert len(ORDER) == len(set(ORDER))


@pytest.mark.parametrize("module", [module for module in TREES if "." in module])
def test_a_module_imports_only_from_what_stands_before_it(module: str) -> None:
    others = {top(name) for name in imported(module) if name.startswith("siamese_nb.")} - {top(module)}
    assert others <= set(ORDER[: ORDER.index(top(module))])


def test_no_imports_go_round_in_a_circle() -> None:
    graph = {module: imported(module) & set(TREES) - {"siamese_nb"} for module in TREES if module != "siamese_nb"}
    assert len(list(TopologicalSorter(graph).static_order())) == len(TREES) - 1


def test_keras_is_imported_only_where_networks_are() -> None:
    users = {
        top(module)
        for module in TREES
        if "." in module and {name.split(".")[0] for name in imported(module)} & {"keras"}
    }
    assert users <= WITH_KERAS


@pytest.mark.parametrize("module", TREES)
def test_only_what_shares_work_out_and_names_devices_knows_a_backend(module: str) -> None:
    roots = {name.split(".")[0] for name in imported(module)}
    assert not roots & {"tensorflow", "jax", "torch"} or module in (
        "siamese_nb.distribution.replicas",
        "siamese_nb.devices",
    )
    named = {node.attr for node in ast.walk(TREES[module]) if isinstance(node, ast.Attribute)}
    assert "TensorBoard" not in named  # Keras's own callback needs TensorFlow
    texts = {node.value for node in ast.walk(TREES[module]) if isinstance(node, ast.Constant)}
    assert "tensorflow" not in texts


def test_there_is_one_progress_bar() -> None:
    assert [module for module in TREES if {name.split(".")[0] for name in imported(module)} & {"tqdm"}] == [
        "siamese_nb.progress"
    ]


@pytest.mark.parametrize("room", KNOWS)
def test_a_room_knows_no_others_than_these(room: str) -> None:
    ours = set().union(*(imported(module) for module in TREES if f"{module}.".startswith(f"siamese_nb.{room}.")))
    assert {top(name) for name in ours if name.startswith("siamese_nb.")} <= {*KNOWS[room], "errors", room}


def reached(module: str) -> set[str]:
    """List everything that a module imports, and what that imports, and so on."""
    found, todo = set(), {module}
    while todo:
        name = todo.pop()
        # With a module, Python runs the `__init__` of the packages that it lies in.
        packages = {name.rsplit(".", depth)[0] for depth in range(1, name.count("."))}
        found |= {name, *packages}
        todo |= set().union(*(imported(known) for known in {name, *packages} & set(TREES))) - found - {"siamese_nb"}
    return {name.split(".")[0] if name not in TREES else name for name in found}


def test_only_what_opens_the_comparer_knows_both_the_network_and_the_browser() -> None:
    both = {
        top(module) for module in TREES if "." in module and "keras" in (known := reached(module)) and known & BROWSER
    }
    assert both == {"answers"}


def test_widgets_know_no_network() -> None:
    known = set().union(*(reached(module) for module in TREES if module.startswith("siamese_nb.widgets")))
    assert not known & {"keras", "tensorflow", "jax", "torch", "matplotlib", "pandas"}


def loaded_by(statement: str) -> set[str]:
    """List the modules that a fresh process holds after a statement and did not hold before it."""
    script = (
        f"import json, sys; before = set(sys.modules); {statement}; print(json.dumps([*set(sys.modules) - before]))"
    )
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=True)
    return set(json.loads(answer.stdout))


def test_importing_the_package_loads_nothing_else() -> None:
    loaded = loaded_by("import siamese_nb")
    assert {name for name in loaded if name.startswith("siamese_nb")} <= {"siamese_nb", "siamese_nb.startup"}
    assert not {name.split(".")[0] for name in loaded} & {*HEAVY, "numpy", "PIL", "tqdm", "typer"}


def test_scanning_and_the_command_line_start_light() -> None:
    loaded = {
        name.split(".")[0] for name in loaded_by("from siamese_nb import scan, InputError; import siamese_nb.cli")
    }
    assert not loaded & set(HEAVY)


def test_what_needs_no_network_loads_no_keras() -> None:
    plain = [module for module in TREES if "." in module and top(module) not in WITH_KERAS]
    loaded = {name.split(".")[0] for name in loaded_by("import " + ", ".join(plain))}
    assert not loaded & {"keras", "tensorflow", "jax", "torch"}
    assert "matplotlib" in loaded, "the plots were not imported: the test says nothing"


def test_only_plots_load_matplotlib() -> None:
    others = [module for module in TREES if "." in module and top(module) not in {*WITH_KERAS, "plots"}]
    loaded = {name.split(".")[0] for name in loaded_by("import " + ", ".join(others))}
    assert not loaded & {"matplotlib"}
