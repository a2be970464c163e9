"""The report of an evaluation: complete in itself, true to the figures, and written whole."""

import base64
import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from siamese_nb import Verifier, scan
from siamese_nb.errors import InputError
from siamese_nb.tables import interval


@pytest.fixture(scope="module")
def report(trained, tmp_path_factory):
    file = tmp_path_factory.mktemp("report") / "report.html"
    verifier = Verifier.load(trained.path)
    verifier.about["threshold"]["reason"] = "less than <b>5%</b>"
    return verifier, verifier.evaluate(trained.data, file), file.read_text("utf-8")


def test_the_page_needs_nothing_else_and_suits_a_dark_screen(report):
    _, _, page = report
    sources = re.findall(r'(?:src|href|srcset)="([^"]*)"', page)
    assert all(source.startswith("data:image/") for source in sources)
    assert "http" not in page and "<script" not in page
    pictures = re.findall(r"<picture>.*?</picture>", page)
    assert len(pictures) == 7
    for one in pictures:
        dark, light = re.findall(r'"data:image/png;base64,([^"]*)"', one)
        assert dark != light
        assert Image.open(io.BytesIO(base64.b64decode(dark))).width > 300


def test_figures_and_reason_are_those_of_the_evaluation(report):
    verifier, found, page = report
    assert (
        f"Threshold {verifier.threshold:.4f}, chosen by the rule &#x27;balanced_accuracy&#x27;: less than &lt;b&gt;5%"
        in page
    )
    for name in ("auc", "far", "recall", "mcc"):
        assert f"<td>{interval(found, name)}</td>" in page
    assert f"<td>{interval(found['within'], 'auc')}</td>" in page
    assert f"<td>{interval(verifier.about['validation'], 'auc')}</td>" in page
    assert "too few pairs for a FAR of 0.001" in page


def test_the_worst_pairs_are_shown_worst_first(report, trained):
    verifier, _, page = report
    scored, _ = verifier.scored_pairs(scan(trained.data))
    main = scored.main
    wrong = np.flatnonzero((main.labels == 0) & (main.scores >= verifier.threshold))
    expected = [f"{score:.3f}, impostor" for score in sorted(main.scores[wrong], reverse=True)[:8]]
    section = re.search(r"<h2>Worst false accepts</h2>(.*?)<h2>", page, re.DOTALL)[1]
    assert re.findall(r"<p>([^<]*, impostor)</p>", section) == expected
    nearest = page.split("<h2>Nearest the threshold</h2>")[1]
    assert nearest.count("<img") == 16


def test_a_place_that_cannot_be_written_is_told_and_nothing_is_left(trained, tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write"):
        Verifier.load(trained.path).evaluate(trained.data, tmp_path / "file" / "report.html")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
