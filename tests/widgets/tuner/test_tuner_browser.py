"""What a user does to the threshold tuner, in a real browser: its real JavaScript against its real Python class."""

import re
from collections.abc import Iterator

import numpy as np
import pytest
from bare_page import BarePage, cut_off, make_image, make_png, open_bare
from playwright.sync_api import Locator, expect

from siamese_nb.errors import InputError
from siamese_nb.metrics import ScoreTable
from siamese_nb.thresholds import choose_band, choose_threshold
from siamese_nb.widgets import ThresholdTuner


@pytest.fixture
def bare(browser) -> Iterator[BarePage]:
    with open_bare(browser, ThresholdTuner, 1200) as page:
        yield page


def make_pairs(n: int = 600) -> dict:
    """Make pairs whose scores lie on the slider's grid, many of them tied, but for a few between."""
    random = np.random.default_rng(0)
    labels = (random.random(n) < 0.4).astype(int)
    one = random.integers(0, 50, n)
    scores = 1 / (1 + np.exp(-random.normal(3.0 * labels - 1.5, 1.2)))
    scores = np.where(random.random(n) < 0.9, np.round(scores, 2), scores)
    two = np.where(labels == 1, one, (one + random.integers(1, 50, n)) % 50)
    kinds = np.where(labels == 1, 0, 1 + one % 2)
    categories = np.array(["cups", "hats", "jars"])[one % 3]
    return {
        "scores": scores, "labels": labels, "kinds": kinds, "categories": categories,
        "one_identity": one, "two_identity": two,
    }  # fmt: skip


PAIRS = make_pairs()
TABLE = ScoreTable.from_scores(PAIRS["labels"], PAIRS["scores"])


def save(threshold: float, reason: str, low: float | None = None) -> None:
    if reason == "disk full":
        raise InputError("the bundle cannot be written: the disk is full")


def make_tuner(**changes) -> ThresholdTuner:
    pictures = {"pictures": lambda index: (make_png(index), make_image(index))}
    given = {"threshold": 0.5, **pictures, "save": save, "review": lambda index, wrong: None}
    return ThresholdTuner(**PAIRS | given | changes)


def show(bare: BarePage, tuner: ThresholdTuner) -> Locator:
    """Show a tuner and wait for its counts; return its card."""
    card = bare.show(tuner)
    expect(card.locator("[data-name=fa] .st-count")).not_to_be_empty()
    return card


@pytest.fixture
def tuner() -> ThresholdTuner:
    return make_tuner()


@pytest.fixture
def card(bare, tuner) -> Locator:
    return show(bare, tuner)


def settle(bare: BarePage) -> None:
    """Wait until the browser has told the kernel all, and has heard all answers."""
    bare.page.evaluate("""async () => {
      for (let quiet = 0; quiet < 3; ) {
        const before = models.map((model) => model.sent);
        await Promise.all(before);
        await new Promise((resolve) => setTimeout(resolve, 60));
        quiet = models.every((model, index) => model.sent === before[index]) ? quiet + 1 : 0;
      }
    }""")


def scale(card: Locator) -> Locator:
    return card.locator(".st-scale")


def type_threshold(card: Locator, text: str) -> None:
    field = card.get_by_role("spinbutton", name="Threshold")
    field.fill(text)
    field.press("Enter")


def counts(card: Locator) -> list[int]:
    cells = (card.locator(f"[data-name={name}] .st-count").inner_text() for name in ("ta", "fr", "fa", "tr"))
    return [int(text.replace(",", "")) for text in cells]


def expect_counts(card: Locator, threshold: float) -> None:
    """Wait until the matrix shows what `siamese_nb.metrics` counts."""
    expected = TABLE.counts(threshold)
    for name, count in zip(("ta", "fr", "fa", "tr"), vars(expected).values(), strict=True):
        expect(card.locator(f"[data-name={name}] .st-count")).to_have_text(str(count))


def drag(card: Locator, *shares: float) -> None:
    """Press the mouse on the scale and move it to each share of its width from 0 to 1."""
    box = scale(card).bounding_box()
    places = [box["x"] + 46 + share * (box["width"] - 46 - 16) for share in shares]
    mouse = card.page.mouse
    mouse.move(places[0], box["y"] + 100)
    mouse.down()
    for place in places[1:]:
        mouse.move(place, box["y"] + 100, steps=8)
    mouse.up()


def test_the_counts_are_those_of_metrics_with_ties_on_the_threshold(card):
    tied = [value for value in np.unique(PAIRS["scores"]) if np.sum(PAIRS["scores"] == value) > 11]
    assert 3 < len(tied) < 9
    for threshold in (*tied, tied[0] + 0.001, 0.0, 1.0, 0.4567891, float(PAIRS["scores"].max())):
        type_threshold(card, repr(float(threshold)))
        expect_counts(card, threshold)
    assert counts(card)[0] > 0


def test_the_browser_counts_by_itself_while_the_kernel_is_busy(bare, card):
    settle(bare)
    bare.model("beBusy()")
    scale(card).focus()
    for key in ("Home", "PageUp", "ArrowRight"):
        card.page.keyboard.press(key)
    expect_counts(card, 0.051)
    expect(card.locator(".sc-notice")).to_contain_text("Waiting for the kernel")
    bare.model("beFree()")
    expect(card.locator(".sc-notice")).to_be_empty()


def test_a_drag_moves_the_line_and_python_follows_without_being_flooded(bare, card, tuner):
    seen = []
    tuner.observe(lambda change: seen.append(change["new"]), "threshold")
    bare.model("beBusy()")
    drag(card, 0.2, 0.9, 0.1, 0.7)
    expect(scale(card)).to_have_attribute("aria-valuenow", re.compile(r"0\.(7|699|701)$"))
    bare.model("beFree()")
    settle(bare)
    assert str(tuner.threshold) == scale(card).get_attribute("aria-valuenow")
    assert 1 <= len(seen) <= 2  # as long as a move is not answered no other is told: of 25, the first and the last
    expect_counts(card, tuner.threshold)


def test_the_line_is_drawn_where_the_threshold_is(card):
    type_threshold(card, "0.4")
    expect_counts(card, 0.4)
    faintest = """canvas => {
      const pen = canvas.getContext("2d");
      const { width } = canvas;
      const ink = (x, y) => { const [r, g, b, a] = pen.getImageData(x, y, 1, 1).data; return a - Math.min(r, g, b); };
      return [0.38, 0.4, 0.42].map((share) => Math.round(46 + share * (width - 62)))
        .map((x) => Math.min(...Array.from({ length: 150 }, (_, k) => ink(x, 40 + k))));
    }"""
    left, line, right = card.locator(".st-scale canvas").evaluate(faintest)
    assert line > 200 > 50 > max(left, right)


def test_a_typed_number_is_taken_whatever_lab_prevents_and_yields_to_a_click(bare, card, tuner):
    bare.page.evaluate("addEventListener('keydown', (event) => event.key === 'Enter' && event.preventDefault(), true)")
    type_threshold(card, "0.31")
    expect_counts(card, 0.31)
    drag(card, 0.8)
    expect(scale(card)).to_have_attribute("aria-valuenow", "0.8")
    card.get_by_role("spinbutton", name="Threshold").fill("0.31")
    drag(card, 0.6)
    expect(scale(card)).to_have_attribute("aria-valuenow", "0.6")
    settle(bare)
    assert tuner.threshold == 0.6


def test_the_keyboard_moves_it_and_what_is_said_is_true(bare, card, tuner):
    scale(card).focus()
    for key, expected in (("ArrowRight", 0.501), ("Shift+ArrowLeft", 0.491), ("PageUp", 0.541), ("End", 1.0)):
        card.page.keyboard.press(key)
        expect(scale(card)).to_have_attribute("aria-valuenow", re.compile(f"^{expected:g}"))
    type_threshold(card, "0.4567891")
    scale(card).focus()
    card.page.keyboard.press("ArrowLeft")
    expect(scale(card)).to_have_attribute("aria-valuenow", "0.456")
    at = TABLE.counts(0.456)
    said = f"0.456: {at.far:.1%} of impostor pairs accepted, {at.frr:.2%} of genuine pairs rejected"
    expect(scale(card)).to_have_attribute("aria-valuetext", said)
    settle(bare)
    tuner.threshold = 0.25
    expect(scale(card)).to_have_attribute("aria-valuenow", "0.25")
    expect_counts(card, 0.25)


def test_named_thresholds_and_the_costs(card, tuner):
    card.get_by_role("button", name="Equal errors").click()
    expect(card.get_by_role("button", name="Equal errors")).to_have_attribute("aria-pressed", "true")
    assert tuner.threshold == choose_threshold(PAIRS["labels"], PAIRS["scores"], "eer").threshold
    expect_counts(card, tuner.threshold)
    card.get_by_label("False accept costs").fill("20")
    card.get_by_label("Genuine share in use").fill("0.1")
    costs = {"false_accept": 20, "false_reject": 1, "prevalence": 0.1}
    expected = choose_threshold(PAIRS["labels"], PAIRS["scores"], "cost", **costs)
    card.get_by_role("button", name="Least cost").click()
    expect(card.get_by_role("button", name="Least cost")).to_have_attribute("aria-pressed", "true")
    assert tuner.threshold == expected.threshold
    expect(card.locator(".st-paid")).to_contain_text(f"Costs {expected.value:.3g} per comparison; no step of the scale")
    type_threshold(card, "1")
    expect(card.locator(".st-paid")).to_contain_text("Costs 0.1 per comparison; the least is ")
    card.get_by_label("Genuine share in use").fill("2")
    expect(card.locator(".st-paid")).to_have_text("Genuine share in use: a number is needed, between 0 and 1.")


def test_a_wish_that_no_threshold_meets_is_said(bare):
    labels = np.array([1, 0, 1, 0])
    card = show(bare, ThresholdTuner([0.2, 0.9, 0.3, 0.4], labels))
    card.get_by_role("button", name="FAR ≤").click()
    expect(card.get_by_role("status")).to_contain_text("FAR of at most 0.01")
    scale(card).press("ArrowLeft")
    expect(card.get_by_role("status")).to_be_empty()


def test_every_rule_is_offered_with_its_parameter_typed(card, tuner):
    wishes = {
        "Balanced accuracy": ("balanced_accuracy", {}), "Accuracy": ("accuracy", {}),
        "F-beta, β": ("f_beta", {"Beta": ("beta", "2", 2.0)}),
        "FAR ≤": ("far", {"FAR at most": ("at_most", "5", 0.05)}),
        "Precision ≥": ("precision", {"Precision at least": ("at_least", "80", 0.8)}),
        "Recall ≥": ("recall", {"Recall at least": ("at_least", "70", 0.7)}),
    }  # fmt: skip
    for name, (rule, fields) in wishes.items():
        for label, (_, typed, _) in fields.items():
            card.get_by_label(label, exact=True).locator("visible=true").fill(typed)
            card.get_by_label(label, exact=True).locator("visible=true").press("Enter")
        button = card.get_by_role("button", name=name, exact=True)
        if not fields:
            button.click()
        expect(button).to_have_attribute("aria-pressed", "true")
        asked = {parameter: value for parameter, _, value in fields.values()}
        assert tuner.threshold == choose_threshold(PAIRS["labels"], PAIRS["scores"], rule, **asked).threshold
    card.get_by_label("Recall at least").fill("170")
    expect(button).to_have_attribute("aria-pressed", "false")
    button.click()
    expect(card.get_by_role("status")).to_have_text("Recall at least: a number is needed, from 0 to 100.")


def test_two_thresholds_by_mouse_keyboard_number_and_rule(bare, card, tuner):
    card.get_by_role("button", name="Two thresholds").click()
    low, high = card.get_by_role("slider", name="Reject below"), card.get_by_role("slider", name="Accept from")
    expect(low).to_have_attribute("aria-valuenow", "0.4")
    drag(card, 0.35, 0.2)
    expect(low).to_have_attribute("aria-valuenow", "0.2")
    drag(card, 0.45, 0.7)
    expect(high).to_have_attribute("aria-valuenow", "0.7")
    low.press("ArrowRight")
    expect(low).to_have_attribute("aria-valuenow", "0.201")
    card.get_by_role("spinbutton", name="Reject below").fill("0.2567891")
    card.get_by_role("spinbutton", name="Reject below").press("Enter")
    accepted, kept = TABLE.counts(0.7), TABLE.counts(0.2567891)
    for name, count in {
        "ta": accepted.true_accepts, "gu": kept.true_accepts - accepted.true_accepts, "fr": kept.false_rejects,
        "fa": accepted.false_accepts, "iu": kept.false_accepts - accepted.false_accepts, "tr": kept.true_rejects,
    }.items():  # fmt: skip
        expect(card.locator(f"[data-name={name}] .st-count")).to_have_text(str(count))
    unsure = (kept.recall - accepted.recall + kept.far - accepted.far) / 2
    expect(card.locator(".st-paid")).to_contain_text(f"In use, {unsure:.1%} is left to a person")
    high.press("Home")
    expect(low).to_have_attribute("aria-valuenow", "0")
    card.get_by_role("button", name="Band: FAR ≤").click()
    band = choose_band(PAIRS["labels"], PAIRS["scores"])
    expect(card.get_by_role("button", name="Band: FAR ≤")).to_have_attribute("aria-pressed", "true")
    assert (tuner.low, tuner.threshold) == (band.low, band.high)
    expect(card.locator(".st-tile:visible").first).to_contain_text("not sure")
    card.get_by_role("button", name="One threshold").click()
    expect(low).to_be_hidden()
    settle(bare)
    assert (tuner.low, tuner.threshold) == (None, band.high)


def test_two_thresholds_chosen_before_there_are_counts_come_with_them(bare, tuner):
    bare.page.evaluate("() => { const { show } = window; window.show = (it) => { show(it); models[0].delay(); }; }")
    card = bare.show(tuner)
    card.get_by_role("button", name="Two thresholds").click()
    expect(card).to_have_attribute("data-mode", "one")
    bare.model("deliver()")
    low = card.get_by_role("slider", name="Reject below")
    expect(low).to_have_attribute("aria-valuenow", "0.4")
    settle(bare)
    assert (tuner.low, tuner.threshold) == (0.4, 0.5)


def test_models_are_overlaid_turned_to_and_compared(bare):
    better = np.clip(PAIRS["scores"] + 0.25 * (PAIRS["labels"] - 0.5), 0, 1)
    tuner = make_tuner(scores={"A": PAIRS["scores"], "B": better})
    card = show(bare, tuner)
    expect(card.locator(".st-curves")).to_contain_text("95% intervals")
    alone = show(bare, make_tuner())
    expect(alone.locator(".st-compared")).to_be_hidden()
    expect(alone.locator(".st-curves")).to_contain_text("95% intervals")
    drawn = [one.locator("canvas.st-curve").evaluate("canvas => canvas.toDataURL()") for one in (card, alone)]
    assert drawn[0] != drawn[1], "the other model's curve is not drawn"
    card.get_by_role("button", name="Compare at these thresholds").click()
    verdict = card.locator(".st-verdict")
    expect(verdict).to_have_text(re.compile(r"^B is better than A by [\d.]+ points \[[\d.]+, [\d.]+\]\.$"))
    card.get_by_role("button", name="B", exact=True).click()
    expect(card.get_by_role("button", name="B", exact=True)).to_have_attribute("aria-pressed", "true")
    at = ScoreTable.from_scores(PAIRS["labels"], better).counts(0.5)
    expect(card.locator("[data-name=ta] .st-count")).to_have_text(str(at.true_accepts))
    expect(verdict).to_contain_text("B is better")
    scale(card).press("ArrowRight")
    expect(verdict).to_have_text("Compared at other thresholds: compare again.")
    expect(card.get_by_role("button", name="Compare at these thresholds")).to_be_visible()


def test_a_wrong_label_is_marked_on_its_tile_and_taken_back_where_it_is_large(bare, card, tuner):
    flag = card.locator(".st-tile").nth(2).get_by_role("button", name="Label is wrong")
    flag.click()
    expect(flag).to_have_attribute("aria-pressed", "true")
    expect(card.locator(".st-pairs")).to_contain_text("1 label is marked as wrong")
    card.locator(".st-open").nth(2).click()
    large = card.get_by_role("dialog").get_by_role("button", name="Label is wrong")
    expect(large).to_have_attribute("aria-pressed", "true")
    large.click()
    expect(large).to_have_attribute("aria-pressed", "false")
    card.page.keyboard.press("Escape")
    expect(flag).to_have_attribute("aria-pressed", "false")


def test_the_pairs_beside_the_line_are_seen_small_and_large(card, tuner):
    tile = card.locator(".st-tile").nth(5)
    loaded = "tile => [...tile.querySelectorAll('img')].every((image) => image.complete && image.naturalWidth > 0)"
    card.page.wait_for_function(loaded, arg=tile.element_handle())
    nearest = tuner.state["strips"]["nearest"]
    expect(tile.locator(".st-open")).to_have_attribute(
        "title", f"Pair {nearest[5]['index']}, score {nearest[5]['score']}"
    )
    tile.locator(".st-open").click()
    large = card.get_by_role("dialog")
    expect(large.locator(".st-words")).to_contain_text(f"Pair {nearest[5]['index']} ")
    card.page.keyboard.press("ArrowRight")
    expect(large.locator(".st-words")).to_contain_text(f"Pair {nearest[6]['index']} ")
    card.page.keyboard.press("Escape")
    expect(large).to_be_hidden()
    card.get_by_role("button", name="Worst false accepts").click()
    expect(card.locator(".st-tile:visible").first).to_contain_text("impostor, accepted")
    type_threshold(card, "1")
    expect(card.locator(".st-strip")).to_contain_text("No impostor pair is accepted here.")


def test_groups_count_as_metrics_do(card):
    type_threshold(card, "0.31")
    expect_counts(card, 0.31)
    rows = PAIRS["categories"] == "hats"
    at = ScoreTable.from_scores(PAIRS["labels"][rows], PAIRS["scores"][rows]).counts(0.31)
    row = card.locator("[data-title=category] tbody tr", has_text="hats")
    expect(row).to_contain_text(f"{at.false_accepts} of {at.impostor}")
    expect(row).to_contain_text(f"{at.false_rejects} of {at.genuine}")
    alike = PAIRS["kinds"] == 2
    expect(card.locator("[data-title=kind] tbody tr", has_text="the same category")).to_contain_text(
        f"{np.sum(PAIRS['scores'][alike] >= 0.31)} of {alike.sum()}"
    )


def test_curves_and_intervals(card):
    expect(card.locator(".st-curves")).to_contain_text("95% intervals")
    expect(card.locator("[data-name=fa] .st-bounds")).to_have_text(re.compile(r"^[\d.]+% to [\d.]+%$"))
    pictures = set()
    for name in ("ROC", "PR", "DET"):
        card.get_by_role("button", name=name, exact=True).click()
        pictures.add(card.locator("canvas.st-curve").evaluate("canvas => canvas.toDataURL()"))
    assert len(pictures) == 3


def test_saving_needs_a_reason_and_says_what_happened(card, tuner):
    type_threshold(card, "0.4567891")
    button = card.get_by_role("button", name=re.compile("^Save"))
    for reason, said in (("", "a reason is needed"), ("disk full", "the disk is full")):
        card.get_by_label("Reason for this threshold").fill(reason)
        button.click()
        expect(card.get_by_role("status")).to_contain_text(said)
    card.get_by_label("Reason for this threshold").fill("fewer false alarms")
    button.click()
    expect(card.locator(".st-saved")).to_have_text("Saved 0.45679: fewer false alarms")
    assert tuner.state["saved"]["threshold"] == 0.4567891


def test_a_kernel_that_is_gone_is_said_and_the_line_still_moves(bare, card):
    settle(bare)
    bare.model("gone = true")
    bare.model("trigger('comm_live_update')")
    expect(card.get_by_role("status")).to_contain_text("The kernel is gone")
    scale(card).press("Home")
    expect_counts(card, 0.0)


def test_several_tuners_keep_apart_and_a_removed_one_leaves_nothing(bare):
    bare.count_urls()
    tuners = [make_tuner(), make_tuner(threshold=0.3)]
    cards = [show(bare, tuner) for tuner in tuners]
    scale(cards[1]).press("ArrowRight")
    expect_counts(cards[1], 0.301)
    expect_counts(cards[0], 0.5)
    bare.page.wait_for_function("urls.size >= 48")
    settle(bare)
    assert [tuner.threshold for tuner in tuners] == [0.5, 0.301]
    for index in (0, 1):
        bare.model("remove()", index)
        assert bare.page.evaluate(f"models[{index}].handlers.length") == 0
    assert bare.page.evaluate("urls.size") == 0


# What JupyterLab says of lists in outputs.
LAB = """.jp-OutputArea-output dt { font-weight: bold; float: left; width: 20%; padding: 0; margin: 0 }
.jp-OutputArea-output dd { float: left; width: 80%; padding: 0; margin: 0 }"""


def test_labs_lists_lay_no_figure_over_its_name(bare, card):
    bare.page.evaluate("document.body.classList.add('jp-OutputArea-output')")
    bare.page.add_style_tag(content=LAB)
    pairs = zip(card.locator(".st-figures dt").all(), card.locator(".st-figures dd").all(), strict=True)
    shown = [(name.bounding_box(), value.bounding_box()) for name, value in pairs if name.is_visible()]
    assert shown
    assert all(value["y"] >= name["y"] + name["height"] for name, value in shown)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_cut_off_at_any_width(bare, card, scheme):
    bare.page.emulate_media(color_scheme=scheme)
    ink = card.locator(".st-scale canvas").evaluate
    colour = "canvas => getComputedStyle(canvas).color"
    assert ink(colour) == ("rgb(31, 35, 40)" if scheme == "light" else "rgb(230, 233, 237)")
    for width in bare.at_widths(320, 700, 1600):
        expect(card.locator("[data-name=ta] .st-count")).to_be_visible()
        for mode in ("One threshold", "Two thresholds"):
            card.get_by_role("button", name=mode).click()
            assert cut_off(card.locator("td, .st-tile, .st-rules, .st-rule, .st-fields label, .sc-switch")) == []
            assert bare.page.evaluate("document.documentElement.scrollWidth") <= width
