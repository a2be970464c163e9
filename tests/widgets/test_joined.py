"""Scripts and style sheets in files of one role each, joined to what a widget takes."""

import re
import shutil
import time
from pathlib import Path

import pytest

from siamese_nb import widgets
from siamese_nb.review import VERDICTS
from siamese_nb.settings import DEPTHS
from siamese_nb.widgets import Comparer, PairBrowser, TrainingPanel, joined
from siamese_nb.widgets.browser.browsed import GROUPS
from siamese_nb.widgets.comparer.gallery import MOST
from siamese_nb.widgets.comparer.history import COLUMNS
from siamese_nb.widgets.comparer.pane import PANES
from siamese_nb.widgets.comparer.upload import CHUNK, LIMIT

FOLDER = Path(joined.__file__).parent
ALL = [getattr(widgets, name) for name in widgets.__all__]


@pytest.mark.parametrize("widget", ALL)
def test_a_widgets_folder_holds_nothing_that_it_does_not_take(widget):
    folder = FOLDER / widget.__module__.split(".")[-2]
    for suffix, taken in ((".js", str(widget._esm)), (".css", str(widget._css))):
        files = [*folder.glob(f"*{suffix}")]
        assert files and all(file.read_text("utf-8") in taken for file in files)


def test_what_is_shared_is_taken_by_more_than_one():
    for file in (FOLDER / "shared").iterdir():
        users = [widget for widget in ALL if file.read_text("utf-8") in str(widget._esm) + str(widget._css)]
        assert len(users) > 1, file.name


@pytest.mark.parametrize("widget", ALL)
def test_no_two_files_of_a_script_give_the_same_name(widget):
    names = re.findall(r"^(?:async )?(?:function|class|const|let) (\w+)", str(widget._esm), re.M)
    assert len(names) > 5 and len(names) == len(set(names))


def constant_of(widget, name):
    (written,) = re.findall(rf"^const {name} = (.*?);(?: //|$)", str(widget._esm), re.M | re.S)
    return written


@pytest.mark.parametrize(
    ("name", "known"),
    [("CHUNK", CHUNK), ("LIMIT", LIMIT), ("MOST", MOST), ("PANES", [*PANES]), ("COLUMNS", [*COLUMNS])],
)
def test_what_python_and_the_comparers_script_both_know_is_the_same(name, known):
    assert eval(constant_of(Comparer, name)) == known  # such numbers and lists are written alike in both


@pytest.mark.parametrize(
    ("widget", "name", "known"),
    [
        (PairBrowser, "GROUPS", GROUPS),
        (PairBrowser, "VERDICTS", VERDICTS),
        (TrainingPanel, "STAGES", ("head", *DEPTHS)),
    ],
)
def test_a_script_has_words_for_each_thing_that_python_names(widget, name, known):
    keys = re.findall(r'(?:^\{|, |\n) *"?([\w ]+)"?: ["{]', re.sub(r"\{ label.*\}", '""', constant_of(widget, name)))
    assert sorted(keys) == sorted(known)


def test_while_developing_a_widget_follows_its_files(tmp_path, monkeypatch):
    monkeypatch.setenv("ANYWIDGET_HMR", "1")
    monkeypatch.setattr(joined, "_WIDGETS", tmp_path)
    shutil.copytree(FOLDER / "shared", tmp_path / "shared")
    (tmp_path / "one.js").write_text("const one = 1;", "utf-8")
    (tmp_path / "two.js").write_text("const two = 2;", "utf-8")
    script = joined.join_scripts("one.js", "two.js")
    heard = []
    script.changed.connect(heard.append)
    deadline = time.monotonic() + 20
    while not heard and time.monotonic() < deadline:  # again and again: the watch may not have begun yet
        (tmp_path / "two.js").write_text(f"const two = {time.monotonic()};", "utf-8")
        time.sleep(0.2)
    assert str(script) == heard[-1]
    assert "const one = 1;\nconst two = " in heard[-1] and "const two = 2;" not in heard[-1]
